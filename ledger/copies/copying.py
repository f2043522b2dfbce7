"""Copying a log, row by row, between an SQLite file and a schema of PostgreSQL: every byte of it, and nothing else.

Each table is copied in the order of its key, a portion a transaction, so a copy that was stopped goes on after the last
row that stands. A target whose rows are not the source's is refused. At the end every table is read again on both sides
(`sides.py`), in the same order, into one digest.

Of events whose bodies lie in archives the stubs are copied, and which archive has them is said in the target before the
first row stands there: a program that knows of no archives opens neither. The archives stay where they are.

The source must rest: nobody may write to it meanwhile. `tests/ledger/test_copying.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ledger.copies.sides import TABLES, Digest, Side, Table
from ledger.errors import LedgerError

PORTION: Final = 4_096
Progress = Callable[[int, int], None]


class OtherContent(LedgerError):
    """The target holds rows that the source does not."""

    code = "target_holds_other"

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"目标的 {table} 表中有来源没有的行：那里已有另一本账，或在复制中途被写入。未作改动；请换一个空的数据库。")


class CopyDiffers(LedgerError):
    """What was written is not what was read."""

    code = "copy_differs"

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"复制之后，{table} 表在两边的内容不同。来源没有改动；请保留两边作为证据，检查磁盘和数据库服务器。")


def copy(source: Side, target: Side, progress: Progress = lambda done, total: None) -> dict[str, Digest]:
    """Copy what the target does not have yet, then compare every table whole; gives what each comes to."""
    totals = {table.name: source.count(table) for table in TABLES}
    done, total = 0, 2 * sum(totals.values())  # Each row is written once, and read again.
    lasts = {table.name: _goes_on(source, target, table) for table in TABLES}
    known, there = source.archives(), target.archives()
    if not set(there) <= set(known):
        raise OtherContent("archives")
    for place in known:
        if place not in there:
            target.enter(place)
    for table in TABLES:
        last, standing = lasts[table.name]
        done += standing
        portion: list[tuple[Any, ...]] = []
        for row in source.rows(table, last) if standing < totals[table.name] else ():
            portion.append(row)
            if len(portion) == PORTION:
                target.write(table, portion)
                done, portion = done + len(portion), []
                progress(done, total)
        if portion:
            target.write(table, portion)
            done += len(portion)
        progress(done, total)
    digests = {}
    for table in TABLES:
        digests[table.name] = source.digest(table)
        if target.digest(table) != digests[table.name]:
            raise CopyDiffers(table.name)
        done += totals[table.name]
        progress(done, total)
    return digests


def _goes_on(source: Side, target: Side, table: Table) -> tuple[tuple[Any, ...] | None, int]:
    """The row after which a copy goes on, and how many stand; raises OtherContent."""
    last = target.last(table)
    if last is None:
        return None, 0
    standing = target.count(table)
    if source.upto(table, last) != (standing, True):
        raise OtherContent(table.name)
    return last, standing
