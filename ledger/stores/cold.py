"""Events whose bodies lie in a year's archive: what stays of them in the file, and how they are read again.

Of an event that was moved out a stub stays in its row: one zero byte, which no leaf begins with, and its time, by which
positions are found. Hashes, tiles, streams and names stay whole. The table `archives` says which folder has which
positions, and the digest of its manifest; the manifest has the digest of each file, so what is read is what was moved.

Every reader of the file goes through here, so that nobody has to know. Streams that are read all the time, or before
an archive could be asked for, never move. `tests/ledger/test_moved_year.py` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from ledger.envelope import SealedPart
from ledger.errors import LedgerError

STUB_BYTES: Final = 9
STAYING: Final = ("log_", "rul_", "act_", "per_", "unt_", "acr_")
"""Kinds of streams that never move: they are few, and almost every act and every start reads some of them."""
_ROWS_AT_ONCE: Final = 2_048
_GROUPS_KEPT: Final = 8  # Of some 5 MB each: whoever reads on, or follows a person through a year, meets the same.
_TRIES: Final = 3        # What is brought back between two questions stands in its row at the second.


class Place(NamedTuple):
    """An archive that holds bodies of this ledger's events."""

    first: int
    last: int
    year: int
    folder: str
    manifest: str  # SHA-256 of archive.json, in hex.


class Body(NamedTuple):
    """What was moved of an event."""

    leaf: bytes
    part: SealedPart | None


class ArchiveAway(LedgerError):
    """A body lies in an archive that is not where it was, or not what it was."""

    code: ClassVar[str] = "archive_away"

    def __init__(self, place: Place, position: int, because: str) -> None:
        self.place, self.position = place, position
        super().__init__(
            f"事件 {position} 的正文已移入 {place.year} 年的归档 {place.folder}"
            f"（第 {place.first:,} 至 {place.last:,} 个事件），而那里{because}。"
            "账本、证明和登记不受影响；请把整个归档文件夹放回原处，或放在别处后运行 xueshi archive relocate，再重试。")


def stub(recorded_at: int) -> bytes:
    """What stays in the row of an event that moved."""
    return b"\0" + recorded_at.to_bytes(STUB_BYTES - 1, "big")


def is_stub(leaf: Any) -> bool:
    """Say whether a row holds a stub; a leaf begins with a bracket."""
    return type(leaf) is bytes and len(leaf) == STUB_BYTES and leaf[0] == 0


def time_of(leaf: bytes) -> int:
    """The time that a stub keeps."""
    return int.from_bytes(leaf[1:], "big")


def places(connection: sqlite3.Connection) -> list[Place]:
    """The archives that hold bodies, by position; none where nothing ever moved."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'archives'").fetchone():
        return []
    return [Place(*row) for row in connection.execute(
        "SELECT first, last, year, folder, manifest FROM archives ORDER BY first")]


def places_in(file: Path) -> list[Place]:
    """The same of a file that is not open here; none where there is no such file."""
    if not file.is_file():
        return []
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return places(connection)


# Reading rows that may have moved

Row = tuple[Any, ...]  # Of a query whose columns are a position and a leaf, and perhaps what is sealed.


def whole(connection: sqlite3.Connection, ask: Callable[[], list[Any]], *, at: int = 0) -> list[Any]:
    """The rows of a question with every stub replaced by its leaf; the column after the position's holds the leaf."""
    for attempt in range(_TRIES):
        rows = ask()
        moved = [row[at] for row in rows if is_stub(row[at + 1])]
        if not moved:
            return rows
        found = bodies(places(connection), moved)
        if len(found) == len(moved) or attempt == _TRIES - 1:
            return [row if row[at] not in found else (*row[:at + 1], found[row[at]].leaf, *row[at + 2:])
                    for row in rows]
    raise AssertionError("the last attempt returns")


def sealed(connection: sqlite3.Connection, positions: Sequence[int]) -> dict[int, SealedPart]:
    """Sealed parts of events, among these positions, that have none in the file because they moved."""
    known = places(connection)
    found: dict[int, SealedPart] = {}
    for position in positions:
        if _place(known, position) is None:
            continue
        (leaf,) = connection.execute("SELECT leaf FROM events WHERE position = ?", (position,)).fetchone()
        if is_stub(leaf):
            part = bodies(known, [position])[position].part
        else:  # It stayed, or was brought back since it was asked for.
            row = connection.execute("SELECT salt, ciphertext FROM sealed WHERE position = ?", (position,)).fetchone()
            part = None if row is None else SealedPart(*row)
        if part is not None:
            found[position] = part
    return found


def streamed(connection: sqlite3.Connection, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of position, leaf and perhaps salt and ciphertext, however many, each as if it had never moved."""
    known = places(connection)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        found = bodies(known, [row[0] for row in some if is_stub(row[1])])
        for row in some:
            body = found.get(row[0]) if is_stub(row[1]) else None
            if body is None:
                yield row
            else:
                yield (row[0], body.leaf) if len(row) == 2 else (
                    row[0], body.leaf, *((None, None) if body.part is None else body.part))


def streamed_parts(connection: sqlite3.Connection, after: int, last: int) -> Iterator[Row]:
    """Position, salt and ciphertext of what is sealed beside events that moved, in order."""
    known = [place for place in places(connection) if place.first <= last and place.last > after]
    for place in known:
        moved = (position for (position,) in connection.execute(
            "SELECT position FROM events WHERE position BETWEEN ? AND ? AND length(leaf) = ? ORDER BY position",
            (max(place.first, after + 1), min(place.last, last), STUB_BYTES)))
        while some := list(islice(moved, _ROWS_AT_ONCE)):
            for position, body in bodies([place], some).items():
                if body.part is not None:
                    yield (position, *body.part)


# The archives themselves


def _place(known: Iterable[Place], position: int) -> Place | None:
    return next((place for place in known if place.first <= position <= place.last), None)


def bodies(known: Sequence[Place], positions: Sequence[int]) -> dict[int, Body]:
    """The bodies at positions that an archive holds, in the order asked; raises ArchiveAway."""
    found: dict[int, Body] = {}
    for position in positions:
        if (place := _place(known, position)) is not None:
            first, group = SHELF.group(place, position)
            found[position] = group[position - first]
    return found


class _Shelf:
    """Groups of events that were read last, for all readers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: OrderedDict[tuple[str, int], tuple[int, list[Body]]] = OrderedDict()
        self._seen: dict[Path, tuple[int, int]] = {}  # Files whose digest held, by their size and time.

    def group(self, place: Place, position: int) -> tuple[int, list[Body]]:
        """The first position of a group, and its bodies."""
        from ledger.archive import EVENTS_A_FILE, GROUP

        within = (position - place.first) % EVENTS_A_FILE
        first = position - within % GROUP
        with self._lock:
            key = (place.manifest, first)
            found = self._groups.get(key)
            if found is None:
                found = self._groups[key] = (first, self._read(place, position, position - within, within // GROUP))
                while len(self._groups) > _GROUPS_KEPT:
                    self._groups.popitem(last=False)
            else:
                self._groups.move_to_end(key)
            return found

    def _read(self, place: Place, position: int, file: int, group: int) -> list[Body]:
        from ledger.archive import MANIFEST, Archive, BadArchive, digest, name_of

        folder = Path(place.folder)
        try:
            if digest(folder / MANIFEST) != place.manifest:
                raise ArchiveAway(place, position, f"的 {MANIFEST} 不是当初的")
            archive = Archive(folder)
            path = folder / name_of(file)
            stat = path.stat()
            if self._seen.get(path) != (stat.st_size, stat.st_mtime_ns):
                archive.demand(name_of(file))
                self._seen[path] = (stat.st_size, stat.st_mtime_ns)
            return [Body(leaf, None if salt is None or ciphertext is None else SealedPart(salt, ciphertext))
                    for leaf, salt, ciphertext in archive.bodies(name_of(file), group)]
        except FileNotFoundError as error:
            raise ArchiveAway(place, position, f"没有文件 {Path(error.filename or folder).name}") from error
        except (BadArchive, OSError) as error:
            raise ArchiveAway(place, position, f"的文件不能读（{str(error).rstrip('。')}）") from error

    def forget(self) -> None:
        """Keep nothing of what was read."""
        with self._lock:
            self._groups.clear()
            self._seen.clear()


SHELF: Final = _Shelf()
