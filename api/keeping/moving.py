"""Moving a register from SQLite to PostgreSQL: both logs, byte for byte, and not before all is compared is it moved.

Keys, rulebooks, tokens and answers stay where they are, in the data folder, and so do archives that hold bodies of
closed years: that they are whole is seen first. What marks the files as moved is a file beside them (`moved.json`) and
no event: where bytes lie is no fact of the register, and an event would have made the copy and its source two different
logs. The source stays as it was; it is just not opened as the ledger any more.

While it is under way `moving.json` lies there and nobody opens the target. Stopped at any point, the same command goes
on. `tests/api/test_move_command.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from api.keeping.restore import having
from api.register.folder import folder_of
from api.register.register import SCHEMAS, demand_whole, open_stores
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.copies.archive_moving import demand_there
from ledger.copies.copying import copy
from ledger.copies.sides import Digest, in_file, in_postgres
from ledger.durable import write_durably
from ledger.proof.text import encode_base64
from ledger.stores.postgres_schema import migrate
from ledger.stores.postgres_target import Target
from projections.answers import projections
from projections.files.places import path_of
from projections.files.rebuilding import Comparison, compare, rebuild

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


class Moved(NamedTuple):
    """What was moved, and how it compares."""

    place: str
    sizes: dict[str, int]
    roots: dict[str, str]
    digests: dict[str, dict[str, Digest]]
    projections: list[Comparison]

    @property
    def rows(self) -> int:
        """How many rows were compared."""
        return sum(digest.rows for one in self.digests.values() for digest in one.values())


def move(settings: Settings, conninfo: str, bar: Bar) -> Moved:
    """Copy both logs, compare everything, and mark the files as moved; raises what stops it with nothing marked."""
    folder = folder_of(settings)
    target = Target(conninfo, SCHEMAS[0])
    with having(folder):
        source = replace(settings, database="")
        demand_whole(source)
        if not folder.ledger.exists():
            cure = f"请用 --data 指定数据文件夹（当前查找 {folder.root}）"
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", cure)
        mark = {"to": target.shown, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        _demand_archives(folder.ledger, bar)  # Before anything is written: what is away would be missed at the end.
        write_durably(folder.moving, msgspec.json.encode(mark), mode=0o600)
        digests = {}
        for schema, path in zip(SCHEMAS, (folder.ledger, folder.access), strict=True):
            migrate(conninfo, schema)
            with bar(f"复制 {path.name}") as progress, in_file(path) as here, in_postgres(
                conninfo, schema, writing=True
            ) as there:
                digests[schema] = copy(here, there, progress)
        found = _compared(source, replace(settings, database=conninfo), bar)
        moved = Moved(target.shown, *found[:2], digests, found[2])
        if all(one.holds for one in moved.projections):
            mark |= {"size": str(moved.sizes["ledger"]), "root": moved.roots["ledger"]}
            write_durably(folder.moved, msgspec.json.encode(mark), mode=0o600)
            folder.moving.unlink()
        return moved


def _demand_archives(path: Path, bar: Bar) -> None:
    """See that the archives of years whose bodies moved can be read here; they stay where they are."""
    with in_file(path) as here:
        places = here.archives()
    for place in places:
        with bar(f"核对 {place.year} 年的归档") as progress:
            demand_there(place, progress)


def _compared(
    source: Settings, target: Settings, bar: Bar
) -> tuple[dict[str, int], dict[str, str], list[Comparison]]:
    """Open both as ledgers and see that they say the same: size, root, and every answer made anew from the target."""
    folder = folder_of(source)
    here, there = open_stores(source), open_stores(target)
    try:
        sizes, roots = {}, {}
        for schema in SCHEMAS:
            one, other = getattr(here, schema).store, getattr(there, schema).store
            sizes[schema], roots[schema] = one.size(), encode_base64(one.frontier().root())
            if (other.size(), encode_base64(other.frontier().root())) != (sizes[schema], roots[schema]):
                cure = "来源没有改动；请保留两边作为证据，检查磁盘和数据库服务器"
                raise Stop(Exit.REFUSED, "copy_differs", f"{schema} 在两边的大小或根不同", cure)
        compared = []
        for projection in projections():
            with bar(f"比较 {projection.name}") as progress:
                if not path_of(folder.projections, projection).exists():
                    rebuild(here.ledger, folder.projections, projection, progress)
                compared.append(compare(there.ledger, folder.projections, projection, progress))
        return sizes, roots, compared
    finally:
        here.close()
        there.close()
