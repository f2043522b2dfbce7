"""The store in memory, for tests and for trying things out: the same contract, gone when the process ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from eventsourcing.popo import POPOFactory

from ledger.envelope import SealedPart, decode
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import Tile
from ledger.stores.admission import LATER_MAX, Admission, Later, Seen, Standing, answer, wanted
from ledger.stores.append import Append, Receipt, RequestKey, Reservation
from ledger.stores.names import Held, NameBook, in_order
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from ledger.stores.tree import read_frontier, read_tile


class MemoryRecorder(AppendingRecorder):
    """The ledger in dictionaries. A lock stands where a database has its transaction."""

    def __init__(self, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._leaves: list[bytes] = []
        self._sealed: dict[int, SealedPart] = {}
        self._streams: dict[str, list[int]] = {}
        self._tiles: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self._names: dict[bytes, Held] = {}
        self._requests: dict[bytes, Seen] = {}
        self._checkpoints: list[StoredCheckpoint] = []
        self._frontier = Frontier()
        self._last_recorded_at = 0

    def append(self, append: Append) -> Receipt:
        with self._lock:
            asked = wanted([append])
            standing = Standing(
                versions={stream: len(self._streams.get(stream, ())) for stream in asked.streams},
                seen={key: self._requests[key] for key in asked.requests if key in self._requests},
                names=NameBook(self._names.values()),
                later=Later() if asked.after is None else Later(asked.after, self.leaves(asked.after, LATER_MAX)),
            )
            admission = Admission(
                standing, size=len(self._leaves), last_recorded_at=self._last_recorded_at, now=self.clock() // 1000
            )
            outcome = admission.admit(append)
            if not isinstance(outcome, Receipt):
                raise outcome
            self._write(admission, standing)
            self._committed()
            return outcome

    def _write(self, admission: Admission, standing: Standing) -> None:
        self._frontier, rows = admission.complete(self._frontier), admission.rows
        self._last_recorded_at = admission.last_recorded_at
        self._leaves += [leaf for _, leaf in rows.leaves]
        for stream, _, position in rows.streams:
            self._streams.setdefault(stream, []).append(position)
        self._sealed.update({position: SealedPart(*part) for position, *part in rows.sealed})
        self._tiles.update({(tile.level, tile.index): (tile.root, tile.hashes) for tile in rows.tiles})
        self._requests.update(rows.requests)
        for name in standing.names.gone():
            del self._names[name]
        self._names.update({held.reservation.name: held for held in standing.names.new()})

    def answered(self, request: RequestKey) -> Receipt | None:
        return answer(request, self._requests)

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        with self._lock:
            if checkpoint not in self._checkpoints:
                self._checkpoints.append(checkpoint)

    def close(self) -> None:
        """Nothing to let go of."""

    def size(self) -> int:
        return len(self._leaves)

    def last_recorded_at(self) -> int:
        return self._last_recorded_at

    def leaves(self, after: int, limit: int) -> list[bytes]:
        return self._leaves[after:after + limit]

    def sealed(self, position: int) -> SealedPart | None:
        return self._sealed.get(position)

    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        with self._lock:
            return [(position, self._leaves[position - 1]) for position in self._streams.get(stream, ())[after:]]

    def version(self, stream: str) -> int:
        return len(self._streams.get(stream, ()))

    def position_at(self, recorded_at: int) -> int:
        return next((position for position in range(len(self._leaves), 0, -1)
                     if decode(self._leaves[position - 1]).recorded_at < recorded_at), 0)

    def holder(self, name: bytes) -> Reservation | None:
        held = self._names.get(name)
        return None if held is None else held.reservation

    def names(self) -> Iterator[Held]:
        return iter(sorted(self._names.values(), key=in_order))

    def read_tile(self, tile: Tile) -> bytes:
        with self._lock:
            return read_tile(_Tree(self), tile)

    def frontier(self, size: int | None = None) -> Frontier:
        with self._lock:
            return read_frontier(_Tree(self), len(self._leaves) if size is None else size)

    def checkpoints(self) -> list[StoredCheckpoint]:
        return list(self._checkpoints)

    def last_checkpoint(self) -> StoredCheckpoint | None:
        return self._checkpoints[-1] if self._checkpoints else None


class _Tree:
    """Reads what the tree is made of."""

    def __init__(self, recorder: MemoryRecorder) -> None:
        self._recorder = recorder

    def leaves(self, first: int, last: int) -> list[bytes]:
        return self._recorder._leaves[first - 1:last]

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]:
        tiles = self._recorder._tiles
        return [tiles[level, number][0] for number in range(first, last + 1) if (level, number) in tiles]

    def full_tile(self, level: int, number: int) -> bytes | None:
        found = self._recorder._tiles.get((level, number))
        return None if found is None else found[1]


class MemoryFactory(POPOFactory):
    """The library's factory for a ledger in memory."""

    def application_recorder(self) -> Any:
        return MemoryRecorder()

