"""What stands in the place of a file that is being made: of an older version, or of this one; and how the two differ.

A version is raised because rows were wrong or not enough. So nobody answers from an older file by a newer program: it
would give another answer than the same basis gives afterwards, and nobody could follow the log for it. It goes on
answering by the program that made it, and the new one is made beside it; before that takes its place, both are compared
as of the position at which the old one stands.

Equal are the tables that hold the same rows in the columns that both have. Of others it is said how many rows are gone,
have come, or say something else under the same key, which columns only one has, and the first few of them.

    <name>.<version>.db             a file that answers, of the program whose version it is
    <name>.<version>.building.db    what a follower makes
    <name>.<version>.prepared.db    what `xueshi rebuild` makes of a newer version while an older program follows
    <name>.<version>.compare.db     what `xueshi rebuild --compare` makes

`tests/projections/test_former.py` shows it.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from projections.files.batch import Log
from projections.files.places import discard
from projections.files.projection import Projection
from projections.files.reached import Reached

SHOWN_MOST: Final = 5
_AT_ONCE: Final = 500  # Rows of each side.
_OF_FILES: Final = frozenset({"projection"})

_Row = tuple[Any, ...]


class Former(NamedTuple):
    """A file that stands, up to where it speaks, and the root of the log up to there."""

    name: str
    path: Path
    version: int
    position: int
    root: str


class Incomparable(NamedTuple):
    """A file that stands and says nothing that another could be held against."""

    name: str
    version: int
    because: str    # `damaged`, `torn`, `other_version`, `ahead_of_log`, `other_log`.


class Leaves(Protocol):
    """As much of a log as tells whether a file follows it."""

    def size(self) -> int:
        """How many events there are."""

    def leaves(self, after: int, limit: int, /) -> Sequence[bytes]:
        """Some of them."""


class Stands(NamedTuple):
    """What a file says of itself: up to where its rows speak, upon which leaf, and up to where readers are told so."""

    position: int
    leaf_sha256: str
    told: int

    def astray(self, log: Leaves) -> str | None:
        """Why it does not follow a log that was looked at after it, if it does not: `ahead_of_log`, `other_log`."""
        if self.told > log.size():
            return "ahead_of_log"
        if self.position and hashlib.sha256(log.leaves(self.position - 1, 1)[0]).hexdigest() != self.leaf_sha256:
            return "other_log"
        return None


class TableChange(NamedTuple):
    """How one table differs; rows are those that the columns of both tell apart."""

    table: str
    before: int
    after: int
    gone: int
    come: int
    other: int
    columns_gone: tuple[str, ...]
    columns_come: tuple[str, ...]
    shown: tuple[tuple[_Row | None, _Row | None], ...]

    @property
    def is_same(self) -> bool:
        """Say whether both say the same, in the columns that both have."""
        return not (self.gone or self.come or self.other)


class Changes(NamedTuple):
    """How what was made differs from what stood, as of one position."""

    name: str
    before: int
    after: int
    position: int
    root: str
    tables: tuple[TableChange, ...]

    @property
    def are_none(self) -> bool:
        """Say whether everything is the same, columns too."""
        return all(one.is_same and not one.columns_gone and not one.columns_come for one in self.tables)


def others(folder: Path, projection: Projection) -> dict[int, Path]:
    """Files of other versions that stand, by version."""
    pattern = re.compile(re.escape(projection.name) + r"\.(0|[1-9][0-9]*)\.db")
    found = {int(named[1]): path for path in folder.glob(f"{projection.name}.*.db")
             if (named := pattern.fullmatch(path.name))}
    found.pop(projection.version, None)
    return found


def remove_older(folder: Path, projection: Projection) -> list[str]:
    """Take away what older versions left, once a file of this one stands; a newer program's is its own."""
    pattern = re.compile(re.escape(projection.name) + r"\.(0|[1-9][0-9]*)(\.[a-z]+)?\.db")
    removed = []
    for path in sorted(folder.glob(f"{projection.name}.*.db")):
        if (named := pattern.fullmatch(path.name)) and int(named[1]) < projection.version:
            discard(path)
            removed.append(path.name)
    return removed


def former_of(folder: Path, projection: Projection, path: Path, ledger: Log) -> Former | Incomparable | None:
    """What a file at a path is to be held against: what stands there, or the newest older version; None of none."""
    older = {version: one for version, one in others(folder, projection).items() if version < projection.version}
    version = projection.version if path.exists() else max(older, default=None)
    if version is None:
        return None
    stands = path if version == projection.version else older[version]
    found = what_stands(stands, projection.name, version)
    if isinstance(found, str):
        return Incomparable(projection.name, version, found)
    if (astray := found.astray(ledger.store)) is not None:
        return Incomparable(projection.name, version, astray)
    root = ledger.store.frontier(found.told).root().hex()
    return Former(projection.name, stands, version, found.told, root)


def what_stands(path: Path, name: str, version: int) -> Stands | str:
    """What a file says of itself, or why it says nothing that is of use: `damaged`, `other_version`, `torn`."""
    try:
        told = Reached(path).position(path.stat().st_ino)
        with closing(_opened(path)) as connection:
            named, own, position, sha256 = connection.execute(
                "SELECT name, version, position, leaf_sha256 FROM projection").fetchone()
    except (sqlite3.Error, TypeError, ValueError):
        return "damaged"
    if (named, own) != (name, version):
        return "other_version"
    return "torn" if position < 0 else Stands(position, sha256, max(position, told))


def changes(former: Former, made: sqlite3.Connection, version: int) -> Changes | Incomparable:
    """How a file that was made up to the position of what stands differs from it."""
    try:
        with closing(_opened(former.path)) as stands:
            stands.execute("BEGIN")
            before, after = _tables(stands), _tables(made)
            found = tuple(_change(name, stands, before.get(name, {}), made, after.get(name, {}))
                          for name in sorted({*before, *after}))
    except sqlite3.Error:
        return Incomparable(former.name, former.version, "damaged")
    return Changes(former.name, former.version, version, former.position, former.root, found)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, isolation_level=None)


_Columns = dict[str, tuple[str, int]]
"""Of each column its type, and its place in the key, or 0."""


def _tables(connection: sqlite3.Connection) -> dict[str, _Columns]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return {name: {row[1]: (row[2], row[5]) for row in connection.execute(f"PRAGMA table_info({name})")}
            for (name,) in connection.execute(query).fetchall() if name not in _OF_FILES}


def _change(
    name: str, stands: sqlite3.Connection, before: _Columns, made: sqlite3.Connection, after: _Columns
) -> TableChange:
    # A column of another type is another column.
    both = [column for column, (kind, _) in after.items() if before.get(column, ("", 0))[0] == kind]
    columns = tuple(column for column in before if column not in both), tuple(
        column for column in after if column not in both)
    if not both:
        one, two = (_count(connection, name) if there else 0 for connection, there in ((stands, before), (made, after)))
        return TableChange(name, one, two, one, two, 0, *columns, ())
    keys = [sorted((place, column) for column, (_, place) in of.items() if place) for of in (before, after)]
    key = [column for _, column in keys[1]]
    if keys[0] != keys[1] or not set(key) <= set(both) or not key:
        key = both
    listed = [*key, *(column for column in both if column not in key)]
    query = f"SELECT {', '.join(listed)} FROM {name}"
    if (same := _same_as_entered(stands.execute(query), made.execute(query))) is not None:
        return TableChange(name, same, same, 0, 0, 0, *columns, ())
    query += f" ORDER BY {', '.join(key)}"
    rows = gone = come = other = 0
    shown: list[tuple[_Row | None, _Row | None]] = []
    for stood, stands_now in _side_by_side(stands.execute(query), made.execute(query), len(key)):
        rows += stood is not None
        if stood == stands_now:
            continue
        gone += stands_now is None
        come += stood is None
        other += stood is not None and stands_now is not None
        if len(shown) < SHOWN_MOST:
            shown.append((stood, stands_now))
    return TableChange(name, rows, rows - gone + come, gone, come, other, *columns, tuple(shown))


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _same_as_entered(before: sqlite3.Cursor, after: sqlite3.Cursor) -> int | None:
    """How many rows there are, where both have the same in the same order: they mostly do, and none is sorted."""
    rows = 0
    while (one := before.fetchmany(_AT_ONCE)) == after.fetchmany(_AT_ONCE):
        if not one:
            return rows
        rows += len(one)
    return None


def _side_by_side(
    before: Iterator[_Row], after: Iterator[_Row], width: int
) -> Iterator[tuple[_Row | None, _Row | None]]:
    """Rows of one key together; both are in the order of the key, its first so many columns."""
    one, two = next(before, None), next(after, None)
    while one is not None or two is not None:
        if one == two:
            yield one, two
            one, two = next(before, None), next(after, None)
            continue
        first = -1 if two is None else 1 if one is None else _order(one[:width], two[:width])
        yield one if first <= 0 else None, two if first >= 0 else None
        if first <= 0:
            one = next(before, None)
        if first >= 0:
            two = next(after, None)


def _order(one: _Row, two: _Row) -> int:
    """As SQLite orders: nothing comes first, texts by their bytes, which is the order of code points."""
    first, second = ([(value is not None, 0 if value is None else value) for value in key] for key in (one, two))
    return -1 if first < second else 1 if second < first else 0
