"""The checker's look at the index of streams: what it lists, and where that differs from the events.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from ledger.envelope import Malformed, check_canonical
from ledger.fsck.problem import PROBLEMS_MAX, Problem, shown
from ledger.fsck.source import Source, View


def read_index(source: Source, size: int) -> tuple[int, list[Problem]]:
    """Go through the index of streams in its order: each version one more than the last, and later.

    Index and events are compared by a sum over their rows, since their orders differ. It is a sum of squares: the hash
    of a tuple is so nearly linear in its last item that sums of hashes stay the same when two rows swap positions.
    """
    total, problems, before = 0, [], ("", 0, 0)
    with source.opened() as view:
        try:
            for row in view.index(size):
                stream, version, position = row
                follows = stream == before[0]
                if type(version) is not int or type(position) is not int:
                    total -= 1  # No sum of events will be that of this index: it is searched through by position.
                    continue
                if version != (before[1] + 1 if follows else 1) or (follows and position <= before[2]):
                    words = f"流 {shown(stream)} 的版本 {version} 没有接在前一版本之后。"
                    problems.append(Problem(position, "version_gap", words))
                place = hash(row)
                total += place * place
                before = row
        except source.damage as error:
            return -1, [Problem(None, "index_unreadable", f"流索引读不出（{error}）：数据库文件损坏。")]
    return total, problems[:PROBLEMS_MAX]


def locate_in_index(view: View, size: int) -> list[Problem]:
    """Find where index and events differ, both in the order of positions; slower, and done only once they differ."""
    problems: list[Problem] = []
    rows = chain(view.index_by_position(size), [(size + 1, None, None)])
    row = next(rows)
    for position, leaf in view.events(0):
        listed = []
        while row[0] <= position:
            listed.append(row[1:])
            row = next(rows)
        if (place := _place_of(leaf)) is not None and listed != [place]:
            words = f"流索引应列 {shown(place[0])} 的版本 {place[1]}，所列为：{_listing(listed)}。"
            problems.append(Problem(position, "index_mismatch", words))
            if len(problems) == PROBLEMS_MAX:
                break
    return problems


def _place_of(leaf: Any) -> tuple[str, int] | None:
    try:
        envelope = check_canonical(leaf)
    except (Malformed, TypeError):
        return None
    return envelope.stream, envelope.version


def _listing(listed: list[tuple[Any, Any]]) -> str:
    return "、".join(f"{shown(stream)} 的版本 {shown(version)}" for stream, version in listed) or "无"
