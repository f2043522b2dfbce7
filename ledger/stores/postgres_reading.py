"""The ledger in PostgreSQL as it is read: every question on one of a few shared connections, one statement mostly.

Rows never change and a size bounds what is read, so several statements need no common view of the data.

`tests/ledger/stores/test_contract.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from ledger.envelope import SealedPart
from ledger.proof.frontier import Frontier
from ledger.proof.text import NUMBER_MAX
from ledger.proof.tiles import Tile
from ledger.stores import cold
from ledger.stores.append import Reservation
from ledger.stores.names import Held, in_order
from ledger.stores.postgres_arrays import Bigint, Bigints, Bytes, Packed, Texts
from ledger.stores.postgres_cold import SchemaRows
from ledger.stores.postgres_connections import Connection, Readers
from ledger.stores.postgres_rows import Tree, recorded_at
from ledger.stores.postgres_schema import demand_name
from ledger.stores.postgres_target import Target
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from ledger.stores.tree import read_frontier, read_tile

CONFIRMING: Final = (  # Who of them confirms is told to those who may see it (pg_read_all_stats); to others, how many.
    "(SELECT CASE WHEN count(sync_state) < count(*) THEN count(*) "
    "ELSE count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) END FROM pg_stat_replication)"
)
"""How many standbys are connected that the server waits for."""
_WAITS: Final = (  # One that is connected and stands still is seen by whoever waits for it.
    f"SELECT current_setting('synchronous_standby_names') <> '' AND ({CONFIRMING} = 0 OR EXISTS (SELECT FROM "
    "pg_stat_activity WHERE wait_event = 'SyncRep' AND query_start < clock_timestamp() - interval '5 seconds'))"
)


class LedgerPostgresDatastore(PostgresDatastore):
    """The library's datastore around a ledger's connections."""

    def __init__(self, conninfo: str, *, schema: str, vault: str = "") -> None:
        self.target = Target(conninfo, demand_name(schema))
        self.vault = vault  # Which vault what is written is sealed under; "": whoever writes has none.
        self.readers = Readers(self.target)
        self.schema = schema
        self.single_row_tracking = True
        self.originator_id_type: Literal["uuid", "text"] = "text"
        self.lock_timeout = 0
        self.enable_db_functions = False
        self.db_type_names: set[str] = set()
        self.psycopg_type_adapters = {}
        self.psycopg_python_types = {}

    def register_type_adapters(self) -> None:
        """None: columns go as arrays of their own, no composite type is made."""

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        with self.readers.borrowed() as connection:
            yield connection

    def close(self) -> None:
        if hasattr(self, "readers"):  # The library closes from `__del__`, too.
            self.readers.close()


class PostgresReading(AppendingRecorder, PostgresApplicationRecorder):
    """What is asked of the ledger in one schema of a PostgreSQL database."""

    datastore: LedgerPostgresDatastore

    def __init__(self, datastore: LedgerPostgresDatastore, *, events_table_name: str) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self._target, self._schema = datastore.target, datastore.schema
        self._read = datastore.readers.read

    def _rows(self, query: str, *values: Packed | bytes) -> list[Any]:
        """Rows of a query in which `{}` stands for the schema."""
        text = query.replace("{}", self._schema).encode()
        return self._read(lambda connection: connection.execute(text, values, binary=True).fetchall())

    def _whole(self, query: str, *values: Packed | bytes, at: int = 0) -> list[Any]:
        """The same of rows of events, wherever their bodies are; the column after `at` holds the leaf."""
        text = query.replace("{}", self._schema).encode()
        return self._read(lambda connection: cold.whole(
            SchemaRows(connection), lambda: connection.execute(text, values, binary=True).fetchall(), at=at))

    def _recorded_at_end(self, connection: Connection) -> int:
        row = connection.execute(f"SELECT max(position) FROM {self._schema}.events".encode()).fetchone()
        return recorded_at(connection, self._schema, (row and row[0]) or 0)

    def waits_for_standby(self) -> bool:
        return bool(self._rows(_WAITS)[0][0])

    def size(self) -> int:
        return self._rows("SELECT max(position) FROM {}.events")[0][0] or 0

    def last_recorded_at(self) -> int:
        """The time of the last event; 0 where there is none."""
        return self._read(self._recorded_at_end)

    def leaves(self, after: int, limit: int) -> list[bytes]:
        first, last = min(after + 1, NUMBER_MAX), min(after + limit, NUMBER_MAX)
        return self._read(lambda connection: Tree(connection, self._schema).leaves(first, last))

    def sealed(self, position: int) -> SealedPart | None:
        return self.sealed_at([position]).get(position)

    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        if "\0" in stream:  # No text in PostgreSQL holds one, so no stream is called that; SQLite just finds none.
            return []
        return self._whole(
            "SELECT e.position, e.leaf FROM {}.streams s JOIN {}.events e ON e.position = s.position "
            "WHERE s.stream = ($1::text[])[1] AND s.version > $2 ORDER BY s.version", Texts([stream]), Bigint(after))

    def streams(self, streams: Sequence[str]) -> dict[str, list[tuple[int, bytes]]]:
        found: dict[str, list[tuple[int, bytes]]] = {stream: [] for stream in streams}
        for stream, position, leaf in self._whole(
            "SELECT s.stream, e.position, e.leaf FROM {}.streams s JOIN {}.events e ON e.position = s.position "
            "WHERE s.stream = ANY($1) ORDER BY s.stream, s.version", Texts([one for one in found if "\0" not in one]),
            at=1,
        ):
            found[stream].append((position, leaf))
        return found

    def sealed_at(self, positions: Sequence[int]) -> dict[int, SealedPart]:
        return cold.parts_of(self._whole(
            f"{cold.PARTS} WHERE position = ANY($1) AND {cold.HAS_PART}", Bigints(positions)))

    def version(self, stream: str) -> int:
        if "\0" in stream:
            return 0
        rows = self._rows("SELECT max(version) FROM {}.streams WHERE stream = ($1::text[])[1]", Texts([stream]))
        return rows[0][0] or 0

    def position_at(self, recorded_before: int) -> int:
        size = self.size()

        def search(connection: Connection) -> int:
            low, high = 0, size
            while low < high:  # Times only grow with the position, so no index is needed to find one.
                middle = (low + high + 1) // 2
                is_before = recorded_at(connection, self._schema, middle) < recorded_before
                low, high = (middle, high) if is_before else (low, middle - 1)
            return low

        return self._read(search)

    def holder(self, name: bytes) -> Reservation | None:
        rows = self._rows("SELECT name, kind, holder, owner, act FROM {}.names WHERE name = $1", name)
        return Reservation(*rows[0]) if rows else None

    def holders(self, names: Sequence[bytes]) -> dict[bytes, Reservation]:
        rows = self._rows("SELECT name, kind, holder, owner, act FROM {}.names WHERE name = ANY($1)", Bytes(names))
        return {row[0]: Reservation(*row) for row in rows}

    def held(self, names: Sequence[bytes]) -> list[Held]:
        found = self._rows("SELECT name, kind, holder, owner, act, position, freed_by FROM {}.names "
                           "WHERE name = ANY($1)", Bytes(names))
        return sorted((Held(Reservation(*reservation), position, freed_by)
                       for *reservation, position, freed_by in found), key=in_order)

    def names(self) -> Iterator[Held]:
        query = f"SELECT name, kind, holder, owner, act, position, freed_by FROM {self._schema}.names "
        with (
            self.datastore.readers.borrowed() as connection,
            connection.transaction(),
            psycopg.ServerCursor(connection, "names") as cursor,
        ):
            connection.execute(b"SET LOCAL statement_timeout = 0")  # All of them are put in order first.
            cursor.execute(f"{query} ORDER BY position, name".encode(), binary=True)
            for *reservation, position, freed_by in cursor:
                yield Held(Reservation(*reservation), position, freed_by)

    def read_tile(self, tile: Tile) -> bytes:
        return self._read(lambda connection: read_tile(Tree(connection, self._schema), tile))

    def frontier(self, size: int | None = None) -> Frontier:
        at = self.size() if size is None else size
        return self._read(lambda connection: read_frontier(Tree(connection, self._schema), at))

    def max_notification_id(self) -> int:  # The library promises an int here and int | None above: 0 says both.
        return self.size()

    def archives(self) -> list[cold.Place]:
        return self._read(lambda connection: SchemaRows(connection).archives())

    def checkpoints(self) -> list[StoredCheckpoint]:
        return [StoredCheckpoint(*row) for row in self._rows("SELECT size, note FROM {}.checkpoints ORDER BY serial")]

    def last_checkpoint(self) -> StoredCheckpoint | None:
        rows = self._rows("SELECT size, note FROM {}.checkpoints ORDER BY serial DESC LIMIT 1")
        return StoredCheckpoint(*rows[0]) if rows else None
