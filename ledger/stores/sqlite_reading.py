"""The ledger in a SQLite file as it is read: every question on a connection that is lent for it and cannot write.

Rows never change and a size bounds what is read, so several statements need no common view of the data.

`tests/ledger/stores/test_contract.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from eventsourcing.sqlite import SQLiteApplicationRecorder

from ledger.envelope import SealedPart
from ledger.lender import Lender
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import Tile
from ledger.stores import cold
from ledger.stores.append import Reservation
from ledger.stores.errors import Unreadable
from ledger.stores.names import Held, in_order
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from ledger.stores.sqlite_cold import FileRows
from ledger.stores.sqlite_file import LedgerDatastore
from ledger.stores.sqlite_rows import Tree, marks, portions, size_of, time_at
from ledger.stores.tree import read_frontier, read_tile


class _Reading:
    """A connection for as long as one question is asked.

    No generator: to enter and leave one costs 0.6 µs more, of the 20 in which a short stream is read and folded.
    """

    __slots__ = ("_connection", "_give_back", "_path", "_take")

    def __init__(
        self, take: Callable[[], sqlite3.Connection], give_back: Callable[[sqlite3.Connection], None], path: str
    ) -> None:
        self._take, self._give_back, self._path = take, give_back, path

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = self._take()
        except sqlite3.Error as error:
            raise Unreadable(Path(self._path), error) from error
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: object) -> None:
        self._give_back(self._connection)
        if isinstance(error, sqlite3.Error):
            raise Unreadable(Path(self._path), error) from error


class SQLiteReading(AppendingRecorder, SQLiteApplicationRecorder):
    """What is asked of the ledger in one SQLite file."""

    datastore: LedgerDatastore

    def __init__(self, datastore: LedgerDatastore, events_table_name: str = "events") -> None:
        super().__init__(datastore, events_table_name)
        self._lender = Lender(datastore.pool.connect)
        self._closed = False

    def _reading(self) -> _Reading:
        """Lend a connection; what goes wrong with it is said clearly."""
        return _Reading(self._take, self._lender.give_back, self.datastore.pool.db_name)

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("the store is closed")
        return self._lender.take()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()

    def _rows_one_by_one(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with self._reading() as connection, closing(connection.execute(query, values)) as rows:
            yield from rows

    def size(self) -> int:
        with self._reading() as connection:
            return size_of(connection)

    def last_recorded_at(self) -> int:
        """The time of the last event; 0 where there is none."""
        with self._reading() as connection:
            return time_at(connection, size_of(connection))

    def leaves(self, after: int, limit: int) -> list[bytes]:
        with self._reading() as connection:
            return Tree(connection).leaves(after + 1, after + limit)

    def sealed(self, position: int) -> SealedPart | None:
        return self.sealed_at([position]).get(position)

    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        def ask() -> list[Any]:
            return connection.execute(
                "SELECT e.position, e.leaf FROM streams s JOIN events e ON e.position = s.position "
                "WHERE s.stream = ? AND s.version > ? ORDER BY s.version", (stream, after)).fetchall()

        with self._reading() as connection:
            return cold.whole(FileRows(connection), ask)

    def streams(self, streams: Sequence[str]) -> dict[str, list[tuple[int, bytes]]]:
        found: dict[str, list[tuple[int, bytes]]] = {stream: [] for stream in streams}

        def ask(some: list[str]) -> list[Any]:
            return connection.execute(
                "SELECT s.stream, e.position, e.leaf FROM streams s JOIN events e ON e.position = s.position "
                f"WHERE s.stream IN ({marks(some)}) ORDER BY s.stream, s.version", some).fetchall()

        with self._reading() as connection:
            for some in portions(list(found)):
                for stream, position, leaf in cold.whole(FileRows(connection), partial(ask, some), at=1):
                    found[stream].append((position, leaf))
        return found

    def sealed_at(self, positions: Sequence[int]) -> dict[int, SealedPart]:
        found: dict[int, SealedPart] = {}

        def ask(some: list[int]) -> list[Any]:
            query = f"{cold.PARTS} WHERE position IN ({marks(some)}) AND {cold.HAS_PART}"
            return connection.execute(query, some).fetchall()

        with self._reading() as connection:
            for some in portions(list(positions)):
                found |= cold.parts_of(cold.whole(FileRows(connection), partial(ask, some)))
        return found

    def version(self, stream: str) -> int:
        return self._rows("SELECT max(version) FROM streams WHERE stream = ?", (stream,))[0][0] or 0

    def position_at(self, recorded_at: int) -> int:
        with self._reading() as connection:
            low, high = 0, size_of(connection)
            while low < high:  # Times only grow with the position, so no index is needed to find one.
                middle = (low + high + 1) // 2
                low, high = (middle, high) if time_at(connection, middle) < recorded_at else (low, middle - 1)
        return low

    def holder(self, name: bytes) -> Reservation | None:
        rows = self._rows("SELECT name, kind, holder, owner, act FROM names WHERE name = ?", (name,))
        return Reservation(*rows[0]) if rows else None

    def holders(self, names: Sequence[bytes]) -> dict[bytes, Reservation]:
        query = "SELECT name, kind, holder, owner, act FROM names WHERE name IN"
        return {row[0]: Reservation(*row) for some in portions(list(names))
                for row in self._rows(f"{query} ({marks(some)})", some)}

    def held(self, names: Sequence[bytes]) -> list[Held]:
        found = [row for some in portions(list(names))
                 for row in self._rows(f"SELECT * FROM names WHERE name IN ({marks(some)})", some)]
        return sorted((Held(Reservation(*reservation), position, freed_by)
                       for *reservation, position, freed_by in found), key=in_order)

    def names(self) -> Iterator[Held]:
        for *reservation, position, freed_by in self._rows_one_by_one("SELECT * FROM names ORDER BY position, name"):
            yield Held(Reservation(*reservation), position, freed_by)

    def read_tile(self, tile: Tile) -> bytes:
        with self._reading() as connection:
            return read_tile(Tree(connection), tile)

    def frontier(self, size: int | None = None) -> Frontier:
        with self._reading() as connection:
            return read_frontier(Tree(connection), size_of(connection) if size is None else size)

    def max_notification_id(self) -> int:  # The library promises an int here and int | None above: 0 says both.
        return self.size()

    def archives(self) -> list[cold.Place]:
        with self._reading() as connection:
            return FileRows(connection).archives()

    def checkpoints(self) -> list[StoredCheckpoint]:
        return [StoredCheckpoint(*row) for row in self._rows("SELECT size, note FROM checkpoints ORDER BY serial")]

    def last_checkpoint(self) -> StoredCheckpoint | None:
        rows = self._rows("SELECT size, note FROM checkpoints ORDER BY serial DESC LIMIT 1")
        return StoredCheckpoint(*rows[0]) if rows else None
