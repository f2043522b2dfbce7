"""The bodies of a year's events moved out of the live store into its archive, and brought back.

A body leaves only when the archive holds the very bytes, a portion a transaction: what is killed between two portions
left every event either here or there, and the same command goes on. What stays (`ledger.stores.cold`) is all that
appends, proofs and the map of streams need; everything else reads from the archive. Events that fill no tile yet stay,
since the edge of the tree is made of them.

For SQLite. In PostgreSQL a year is better kept as a partition of its own; here moving is refused.
`tests/ledger/test_moved_year.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from ledger.archive import MANIFEST, Archive, BadArchive, Progress, digest
from ledger.envelope import SealedPart, decode
from ledger.errors import LedgerError
from ledger.proof.merkle import HASH_SIZE, hash_leaf
from ledger.proof.tiles import TILE_WIDTH
from ledger.stores import cold
from ledger.stores.cold import Body, Place
from ledger.stores.recorder import AppendingRecorder
from ledger.stores.sqlite import SQLiteRecorder
from ledger.stores.sqlite_file import SCHEMA_VERSION, SCHEMA_WITH_ARCHIVES

PORTION: Final = 2_048
_TABLE: Final = """CREATE TABLE archives (  -- Which folder has the bodies of which positions.
    first    INTEGER PRIMARY KEY,
    last     INTEGER NOT NULL,
    year     INTEGER NOT NULL,
    folder   TEXT NOT NULL,
    manifest TEXT NOT NULL                  -- Its digest: the folder may be put elsewhere, and not be another.
)"""
_MEANWHILE: Final = (
    "另一个命令同时在移出、取回同一年或更改归档的位置，本命令已停下，没有事件丢失。"
    "请等它结束，用 xueshi archive list 核对后再运行。")
_FORBIDDING: Final = ("events_stay_as_they_are", "sealed_stays")


class CannotMove(LedgerError):
    """This store keeps its bodies."""

    code: ClassVar[str] = "archive_move_unsupported"

    def __init__(self) -> None:
        super().__init__(
            "账本在 PostgreSQL 中，正文不能移出：只有 SQLite 的账本能移。归档照样可写、可核验，但数据库不会变小；"
            "要省空间，请把数据库的表空间放到较大较慢的磁盘上。")


class OtherArchive(LedgerError):
    """The year's bodies lie in another archive, or in none."""

    code: ClassVar[str] = "archive_other"


class MovedDiffers(LedgerError):
    """The archive is not the ledger's; nothing of the portion was moved."""

    code: ClassVar[str] = "archive_differs"

    def __init__(self, position: int, folder: Path) -> None:
        self.position = position
        super().__init__(
            f"归档 {folder} 的事件 {position} 与账本中的不同，该事件没有移动。"
            "请保留这份归档作为证据，运行 xueshi fsck，再从账本重新归档。")


class Moved(NamedTuple):
    """What a run came to."""

    place: Place
    events: int   # Whose bodies were moved by this run.
    bytes: int    # Of leaves and sealed parts.


def moved(store: AppendingRecorder) -> list[Place]:
    """The archives that hold bodies of this ledger."""
    return store.archives() if isinstance(store, SQLiteRecorder) else []


def move(store: AppendingRecorder, archive: Archive, progress: Progress = lambda done, total: None) -> Moved:
    """Move the bodies that an archive holds, or go on with it; raises CannotMove, OtherArchive or MovedDiffers."""
    store = _demand_file(store)
    told = archive.manifest
    for name in told.files:
        archive.demand(name)
    place = Place(told.first, told.last, told.year, str(archive.folder.resolve()), digest(archive.folder / MANIFEST))
    if told.size > store.size() or store.frontier(told.size).root().hex() != told.root:
        raise OtherArchive(f"归档 {archive.folder} 的检查点不是本账本的：这是另一本账的归档，没有移动任何事件。")
    last = min(told.last, store.size() // TILE_WIDTH * TILE_WIDTH)
    with store.maintaining() as connection:
        _enter(connection, place)
    events = room = 0
    for begin in range(told.first, last + 1, PORTION):
        progress(begin - told.first, told.last - told.first + 1)
        with store.maintaining() as connection:
            done = _move_portion(connection, place, begin, min(begin + PORTION - 1, last))
        events, room = events + done[0], room + done[1]
    progress(told.last - told.first + 1, told.last - told.first + 1)
    return Moved(place, events, room)


def bring_back(store: AppendingRecorder, year: int, progress: Progress = lambda done, total: None) -> Moved:
    """Put the bodies of a year into their rows again, or go on with it; raises OtherArchive or ArchiveAway."""
    store = _demand_file(store)
    place = next((one for one in moved(store) if one.year == year), None)
    if place is None:
        raise OtherArchive(f"{year} 年的事件没有移入归档，无可取回。已移出的年份见 xueshi archive list。")
    events = room = 0
    for begin in range(place.first, place.last + 1, PORTION):
        progress(begin - place.first, place.last - place.first + 1)
        with store.maintaining() as connection:
            done = _bring_portion(connection, place, begin, min(begin + PORTION - 1, place.last))
        events, room = events + done[0], room + done[1]
    with store.maintaining() as connection:
        left = connection.execute("SELECT 1 FROM events WHERE position BETWEEN ? AND ? AND length(leaf) = ? LIMIT 1",
                                  (place.first, place.last, cold.STUB_BYTES)).fetchone()
        if left is not None:  # Without its place nobody would find it.
            raise OtherArchive(_MEANWHILE)
        connection.execute("DELETE FROM archives WHERE first = ?", (place.first,))
        if not cold.places(connection):
            connection.execute("DROP TABLE archives")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    progress(1, 1)
    return Moved(place, events, room)


def relocate(store: AppendingRecorder, archive: Archive) -> Place:
    """Say that an archive lies elsewhere now; raises OtherArchive where it is not the one that holds the bodies."""
    store = _demand_file(store)
    for name in archive.manifest.files:
        archive.demand(name)
    whole = digest(archive.folder / MANIFEST)
    with store.maintaining() as connection:
        for place in cold.places(connection):
            if place.manifest == whole:
                folder = str(archive.folder.resolve())
                connection.execute("UPDATE archives SET folder = ? WHERE first = ?", (folder, place.first))
                return place._replace(folder=folder)
    raise OtherArchive(f"{archive.folder} 不是本账本移出正文的那份归档，没有改动。请用 xueshi archive list 核对。")


def compact(store: AppendingRecorder) -> None:
    """Give the room that bodies took back to the disk; whoever writes meanwhile waits."""
    with _demand_file(store).rewriting() as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _demand_file(store: AppendingRecorder) -> SQLiteRecorder:
    if not isinstance(store, SQLiteRecorder):
        raise CannotMove
    return store


def _enter(connection: sqlite3.Connection, place: Place) -> None:
    """Say where bodies will lie before the first one goes."""
    known = cold.places(connection)
    if not known:
        connection.execute("DROP TABLE IF EXISTS archives")
        connection.execute(_TABLE)
    for one in known:
        if one.first == place.first and one.manifest != place.manifest:
            raise OtherArchive(
                f"{one.year} 年的正文已移入另一份归档 {one.folder}。"
                f"请继续用那一份，或先取回：xueshi archive bring-back {one.year}。")
    connection.execute("INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?, ?)", place)
    connection.execute(f"PRAGMA user_version={SCHEMA_WITH_ARCHIVES}")


def _move_portion(connection: sqlite3.Connection, place: Place, first: int, last: int) -> tuple[int, int]:
    if place not in cold.places(connection):
        raise OtherArchive(_MEANWHILE)
    rows = connection.execute(
        "SELECT position, leaf, salt, ciphertext FROM events LEFT JOIN sealed USING (position) "
        "WHERE position BETWEEN ? AND ? ORDER BY position", (first, last)).fetchall()
    there = cold.bodies([place], [row[0] for row in rows])
    stubs, room = [], 0
    for position, leaf, salt, ciphertext in rows:
        if cold.is_stub(leaf):
            continue
        if there[position] != Body(leaf, None if salt is None else SealedPart(salt, ciphertext)):
            raise MovedDiffers(position, Path(place.folder))
        envelope = decode(leaf)
        if envelope.stream.startswith(cold.STAYING):
            continue
        stubs.append((cold.stub(envelope.recorded_at), position))
        room += len(leaf) + (0 if salt is None else len(salt) + len(ciphertext))
    if stubs:
        with _allowing(connection):
            connection.executemany("UPDATE events SET leaf = ? WHERE position = ?", stubs)
            connection.executemany("DELETE FROM sealed WHERE position = ?", [(position,) for _, position in stubs])
    return len(stubs), room


def _bring_portion(connection: sqlite3.Connection, place: Place, first: int, last: int) -> tuple[int, int]:
    rows: Sequence[tuple[int, bytes]] = connection.execute(
        "SELECT position, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position", (first, last)).fetchall()
    there = cold.bodies([place], [position for position, leaf in rows if cold.is_stub(leaf)])
    for position, body in there.items():
        number, at = divmod(position - 1, TILE_WIDTH)
        (hashes,) = connection.execute("SELECT hashes FROM tiles WHERE level = 0 AND number = ?", (number,)).fetchone()
        if hashes[at * HASH_SIZE:(at + 1) * HASH_SIZE] != hash_leaf(body.leaf):
            raise BadArchive(Path(place.folder), f"事件 {position} 的哈希与账本的瓦片不符")
    parts = [(position, *body.part) for position, body in there.items() if body.part is not None]
    if there:
        with _allowing(connection):
            connection.executemany("UPDATE events SET leaf = ? WHERE position = ?",
                                   [(body.leaf, position) for position, body in there.items()])
            connection.executemany("INSERT INTO sealed VALUES (?, ?, ?)", parts)
    return len(there), sum(len(body.leaf) + sum(map(len, body.part or ())) for body in there.values())


@contextmanager
def _allowing(connection: sqlite3.Connection) -> Iterator[None]:
    """Take the triggers that forbid it away and put them back, in one transaction: nobody sees the file without."""
    marks = ", ".join("?" * len(_FORBIDDING))
    found = connection.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN ({marks})", _FORBIDDING).fetchall()
    for name, _ in found:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in found:
        connection.execute(sql)
