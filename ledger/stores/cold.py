"""Events whose bodies lie in a year's archive: what stays of them in the store, and how they are read again.

Of an event that was moved out a stub stays in its row: one zero byte, which no leaf begins with, and its time, by which
positions are found. Hashes, tiles, streams and names stay whole. The table `archives` says which folder has which
positions, and the digest of its manifest; the manifest has the digest of each file, so what is read is what was moved.

Every reader of a store goes through here, so that nobody has to know: whichever store it is, it gives its rows
(`Rows`), and what is missing in them is put in. Streams that are read all the time, or before an archive could be asked
for, never move. `tests/ledger/test_moved_year.py` shows it, for every store that can.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from ledger.envelope import SealedPart, decode
from ledger.errors import LedgerError

STUB_BYTES: Final = 9
STAYING: Final = ("log_", "rul_", "act_", "per_", "unt_", "acr_")
"""Kinds of streams that never move: they are few, and almost every act and every start reads some of them."""
HERE: Final = "LEDGER_ARCHIVES"
"""The variable that says where this host has archives, each under its own name: a process has it from its parent."""
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
            "账本、证明和登记不受影响；请把整个归档文件夹放回原处，或放在别处后运行 xueshi archive relocate，再重试。"
            f"若别的主机读得到，问题只在本机（{socket.gethostname()}）：请挂载那个文件夹，或用设置 archive_folder "
            "指明归档在本机何处。")
        self.told = (f"事件 {position} 的正文已移入 {place.year} 年的归档，现在取不到；账本、证明和登记不受影响。"
                     "请稍后重试；一直如此的，请管理员查看服务日志，运行 xueshi doctor。")


class BodyUnplaced(LedgerError):
    """A row says that its body was moved, and no archive is said to have it."""

    code: ClassVar[str] = "archive_unplaced"

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"事件 {position} 的正文不在账本中，账本也没有记下它移入了哪份归档：账本被改动过，"
            "或恢复时遗漏了归档表（archives）。请保留现状作为证据，运行 xueshi fsck，并从备份恢复。")


def stub(recorded_at: int) -> bytes:
    """What stays in the row of an event that moved."""
    return b"\0" + recorded_at.to_bytes(STUB_BYTES - 1, "big")


def is_stub(leaf: Any) -> bool:
    """Say whether a row holds a stub; a leaf begins with a bracket."""
    return type(leaf) is bytes and len(leaf) == STUB_BYTES and leaf[0] == 0


def time_of(leaf: bytes) -> int:
    """The time that a stub keeps."""
    return int.from_bytes(leaf[1:], "big")


def recorded_at(leaf: bytes) -> int:
    """The time of an event by what stands in its row, wherever its body is."""
    return time_of(leaf) if is_stub(leaf) else decode(leaf).recorded_at


# Reading rows that may have moved

Row = tuple[Any, ...]  # Of a query whose columns are a position and a leaf, and perhaps what is sealed.


class Rows(Protocol):
    """What a store keeps of its events, in one connection's view, asked in the SQL of `ledger.stores.portable`."""

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        """The rows of a query, as they come; `?` stands for a value."""

    def archives(self) -> list[Place]:
        """The archives that hold bodies, by position; none where nothing ever moved."""


PLACES: Final = "SELECT first, last, year, folder, manifest FROM archives ORDER BY first"
PARTS: Final = (
    f"SELECT position, CASE WHEN length(leaf) = {STUB_BYTES} THEN leaf END AS stub, salt, ciphertext "
    "FROM events LEFT JOIN sealed USING (position)")
"""What is sealed beside events, and of those whose bodies moved the stub: in one view, whatever moves meanwhile."""
HAS_PART: Final = f"(salt IS NOT NULL OR length(leaf) = {STUB_BYTES})"


def whole(rows: Rows, ask: Callable[[], list[Any]], *, at: int = 0) -> list[Any]:
    """The rows of a question with every stub replaced by its body; the column after the position's holds the leaf."""
    leaf = at + 1  # Nearly every one is told by its length, without a call.
    for _ in range(_TRIES):
        found = ask()
        moved = [row[at] for row in found if row[leaf] and len(row[leaf]) == STUB_BYTES and is_stub(row[leaf])]
        if not moved:
            return found
        there = bodies(rows.archives(), moved)
        if len(there) == len(moved):
            return [_filled(row, there[row[at]], at) if is_stub(row[at + 1]) else row for row in found]
    raise BodyUnplaced(next(position for position in moved if position not in there))


def parts_of(rows: Iterable[Row]) -> dict[int, SealedPart]:
    """The sealed parts among whole rows of `PARTS`, by position."""
    return {row[0]: SealedPart(row[2], row[3]) for row in rows if row[2] is not None}


def _filled(row: Row, body: Body, at: int = 0) -> Row:
    """A row with the body in it, which is as wide as it was."""
    return (*row[:at + 1], body.leaf, *(body.part or (None, None)))[:len(row)]


def streamed(rows: Rows, some_rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of position, leaf and perhaps salt and ciphertext, however many, each as if it had never moved.

    A stub that no archive is said to have is given as it is: whoever checks the log says so.
    """
    known = rows.archives()
    while some := list(islice(some_rows, _ROWS_AT_ONCE)):
        there = bodies(known, [row[0] for row in some if is_stub(row[1])])
        for row in some:
            yield _filled(row, there[row[0]]) if row[0] in there else row


def streamed_parts(rows: Rows, after: int, last: int) -> Iterator[Row]:
    """Position, salt and ciphertext of what is sealed beside events that moved, in order."""
    for place in [place for place in rows.archives() if place.first <= last and place.last > after]:
        moved = (position for (position,) in rows.rows(
            "SELECT position FROM events WHERE position BETWEEN ? AND ? AND length(leaf) = ? ORDER BY position",
            max(place.first, after + 1), min(place.last, last), STUB_BYTES))
        while some := list(islice(moved, _ROWS_AT_ONCE)):
            for position, body in bodies([place], some).items():
                if body.part is not None:
                    yield (position, *body.part)


# Changing them


class Change(Rows, Protocol):
    """One transaction in which rows are put otherwise; whoever writes meanwhile waits, and nobody sees half of it."""

    def enter(self, place: Place) -> None:
        """Say where bodies lie, or lie now. A program that knows of no archives opens the store no more."""

    def leave(self, place: Place) -> None:
        """Say that an archive holds no bodies of this ledger any more."""

    def move_out(self, stubs: Sequence[tuple[int, bytes]]) -> None:
        """Put stubs in the place of leaves, and let what was sealed beside them go."""

    def bring_in(self, leaves: Sequence[tuple[int, bytes]], parts: Sequence[tuple[int, bytes, bytes]]) -> None:
        """Put leaves in the place of stubs, and what is sealed beside them."""

    def cut(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        """Put other leaves in the place of those whose time is over, which nobody is to read any more."""


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


def found_here(place: Place) -> Path:
    """The folder of an archive on this host: under its name where this host has archives, else where it was put."""
    told = Path(place.folder)
    here = Path(os.environ.get(HERE, "")) / told.name
    return here if os.environ.get(HERE) and here.is_dir() else told


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
        from ledger.archive import MANIFEST, Archive, BadArchive, name_of
        from ledger.file_digest import sha256_of

        folder = found_here(place)
        place = place._replace(folder=str(folder))
        try:
            if sha256_of(folder / MANIFEST) != place.manifest:
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
