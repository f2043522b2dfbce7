"""The bodies of a year's events moved out of the live store into its archive, and brought back.

A body leaves only when the archive holds the very bytes, a portion a transaction: what is killed between two portions
left every event either here or there, and the same command goes on. What stays (`ledger.stores.cold`) is all that
appends, proofs and the map of streams need; everything else reads from the archive. Events that fill no tile yet stay,
since the edge of the tree is made of them.

What a store does with its rows is the store's (`ledger.stores.sqlite_cold`, `ledger.stores.postgres_cold`).
`tests/ledger/test_moved_year.py` shows it for both.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from ledger.archive import MANIFEST, Archive, BadArchive, Progress
from ledger.envelope import SealedPart, decode
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.proof.merkle import HASH_SIZE, hash_leaf
from ledger.proof.tiles import TILE_WIDTH
from ledger.stores import cold
from ledger.stores.cold import Body, Change, Place
from ledger.stores.recorder import AppendingRecorder

PORTION: Final = 2_048
_MEANWHILE: Final = (
    "另一个命令同时在移出、取回同一年或更改归档的位置，本命令已停下，没有事件丢失。"
    "请等它结束，用 xueshi archive list 核对后再运行。")

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
    edge: int = 0  # Which the archive holds and which stay: they fill no tile yet.


def move(store: AppendingRecorder, archive: Archive, progress: Progress = lambda done, total: None) -> Moved:
    """Move the bodies that an archive holds, or go on with it; raises CannotMove, OtherArchive or
    MovedDiffers."""
    told = archive.manifest
    for name in told.files:
        archive.demand(name)
    place = Place(told.first, told.last, told.year, str(archive.folder.resolve()), sha256_of(archive.folder / MANIFEST))
    if told.size > store.size() or store.frontier(told.size).root().hex() != told.root:
        raise OtherArchive(f"归档 {archive.folder} 的检查点不是本账本的：这是另一本账的归档，没有移动任何事件。")
    last = min(told.last, store.size() // TILE_WIDTH * TILE_WIDTH)
    with store.changing() as change:
        _enter(change, place)
    events = room = 0
    for begin in range(told.first, last + 1, PORTION):
        progress(begin - told.first, told.last - told.first + 1)
        end = min(begin + PORTION - 1, last)
        cold.bodies([place], [begin, end])  # Read before the lock is taken: whoever writes waits for no slow folder.
        with store.changing() as change:
            done = _move_portion(change, place, begin, end)
        events, room = events + done[0], room + done[1]
    progress(told.last - told.first + 1, told.last - told.first + 1)
    return Moved(place, events, room, told.last - max(last, told.first - 1))


def bring_back(store: AppendingRecorder, year: int, progress: Progress = lambda done, total: None) -> Moved:
    """Put the bodies of a year into their rows again, or go on with it; raises OtherArchive or ArchiveAway."""
    place = next((one for one in store.archives() if one.year == year), None)
    if place is None:
        raise OtherArchive(f"{year} 年的事件没有移入归档，无可取回。已移出的年份见 xueshi archive list。")
    events = room = 0
    for begin in range(place.first, place.last + 1, PORTION):
        progress(begin - place.first, place.last - place.first + 1)
        end = min(begin + PORTION - 1, place.last)
        with suppress(cold.ArchiveAway):  # Where nothing is left to bring back it need not be there.
            cold.bodies([place], [begin, end])
        with store.changing() as change:
            done = _bring_portion(change, place, begin, end)
        events, room = events + done[0], room + done[1]
    with store.changing() as change:
        left = change.rows("SELECT 1 FROM events WHERE position BETWEEN ? AND ? AND length(leaf) = ? LIMIT 1",
                           place.first, place.last, cold.STUB_BYTES)
        if list(left):  # Without its place nobody would find it.
            raise OtherArchive(_MEANWHILE)
        change.leave(place)
    progress(1, 1)
    return Moved(place, events, room)


def demand_there(place: Place, progress: Progress = lambda done, total: None) -> None:
    """See that an archive that holds bodies is here and is what it was, to the byte; raises ArchiveAway."""
    folder = cold.found_here(place)
    try:
        if sha256_of(folder / MANIFEST) != place.manifest:
            raise cold.ArchiveAway(place, place.first, f"的 {MANIFEST} 不是当初的")
        archive = Archive(folder)
        for done, name in enumerate(archive.manifest.files):
            progress(done, len(archive.manifest.files))
            archive.demand(name)
    except FileNotFoundError as error:
        raise cold.ArchiveAway(place, place.first, f"没有文件 {Path(error.filename or folder).name}") from error
    except (BadArchive, OSError) as error:
        raise cold.ArchiveAway(place, place.first, f"的文件不能读（{str(error).rstrip('。')}）") from error
    progress(1, 1)


def relocate(store: AppendingRecorder, archive: Archive) -> Place:
    """Say that an archive lies elsewhere now; raises OtherArchive where it is not the one that holds the bodies."""
    for name in archive.manifest.files:
        archive.demand(name)
    whole = sha256_of(archive.folder / MANIFEST)
    with store.changing() as change:
        for place in change.archives():
            if place.manifest == whole:
                there = place._replace(folder=str(archive.folder.resolve()))
                change.enter(there)
                return there
    raise OtherArchive(f"{archive.folder} 不是本账本移出正文的那份归档，没有改动。请用 xueshi archive list 核对。")


def _enter(change: Change, place: Place) -> None:
    """Say where bodies will lie before the first one goes."""
    for one in change.archives():
        if one.first == place.first and one.manifest != place.manifest:
            raise OtherArchive(
                f"{one.year} 年的正文已移入另一份归档 {one.folder}。"
                f"请继续用那一份，或先取回：xueshi archive bring-back {one.year}。")
    change.enter(place)


def _move_portion(change: Change, place: Place, first: int, last: int) -> tuple[int, int]:
    if place not in change.archives():
        raise OtherArchive(_MEANWHILE)
    rows = list(change.rows(
        "SELECT position, leaf, salt, ciphertext FROM events LEFT JOIN sealed USING (position) "
        "WHERE position BETWEEN ? AND ? ORDER BY position", first, last))
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
        stubs.append((position, cold.stub(envelope.recorded_at)))
        room += len(leaf) + (0 if salt is None else len(salt) + len(ciphertext))
    if stubs:
        change.move_out(stubs)
    return len(stubs), room


def _bring_portion(change: Change, place: Place, first: int, last: int) -> tuple[int, int]:
    asked = "SELECT position, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
    rows = change.rows(asked, first, last)
    there = cold.bodies([place], [position for position, leaf in rows if cold.is_stub(leaf)])
    for position, body in there.items():
        number, at = divmod(position - 1, TILE_WIDTH)
        ((hashes,),) = change.rows("SELECT hashes FROM tiles WHERE level = 0 AND number = ?", number)
        if hashes[at * HASH_SIZE:(at + 1) * HASH_SIZE] != hash_leaf(body.leaf):
            raise BadArchive(Path(place.folder), f"事件 {position} 的哈希与账本的瓦片不符")
    if there:
        change.bring_in([(position, body.leaf) for position, body in there.items()],
                        [(position, *body.part) for position, body in there.items() if body.part is not None])
    return len(there), sum(len(body.leaf) + sum(map(len, body.part or ())) for body in there.values())
