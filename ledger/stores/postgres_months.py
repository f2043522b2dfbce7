"""The months of request keys in PostgreSQL: where a key may stand, what may be dropped.

The same plan as in SQLite. Partitions by month would be dropped at a stroke, but someone with the right to change
tables would have to make the next one in time, or the register stops at midnight. A plain index by (month, key) is
written at its end alone, and the space of rows that were dropped is used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.stores.postgres_arrays import Bigint
from ledger.stores.postgres_connections import Connection
from ledger.stores.requests import MONTHS_KEPT, KeyFilter

_DROPPED_AT_ONCE: Final = 10_000


class Places(NamedTuple):
    """Where to look, as two columns."""

    months: list[int]
    keys: list[bytes]


class RequestMonths:
    """What a process knows of the months: which held keys when it last became another month, and their filters."""

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._months: frozenset[int] = frozenset()
        self._read_in = 0
        self._filters: dict[int, KeyFilter] = {}

    def load(self, connection: Connection) -> None:
        """Read the filters that any process has built."""
        self._read_in = 0
        query = f"SELECT month, bits FROM {self._schema}.request_filters"
        self._filters = {month: KeyFilter(bits) for month, bits in connection.execute(query.encode(), binary=True)}

    def places(self, connection: Connection, this_month: int, keys: Sequence[bytes]) -> Places:
        """Every month and key at which one of the keys may stand."""
        if this_month != self._read_in:
            self._months = frozenset(self._stored(connection))
            self._read_in = this_month
        found = Places([], [])
        for month in sorted({this_month, this_month - 1} | self._months):  # Others add to this month or the last.
            keys_filter = self._filters.get(month)
            some = list(keys) if keys_filter is None else [key for key in keys if keys_filter.may_hold(key)]
            found.months.extend([month] * len(some))
            found.keys.extend(some)
        return found

    def unfiltered(self, connection: Connection, this_month: int) -> list[int]:
        """The months that are over and have no filter yet."""
        return [month for month in self._stored(connection) if month < this_month and month not in self._filters]

    def build(self, connection: Connection, month: int) -> KeyFilter:
        """Build the filter of a month, on a reading connection: nobody waits for it."""
        query = f"SELECT key FROM {self._schema}.requests WHERE month = $1"
        keys = [key for (key,) in connection.execute(query.encode(), (Bigint(month),), binary=True)]
        return KeyFilter.of(keys, count=len(keys))

    def keep(self, connection: Connection, month: int, built: KeyFilter) -> None:
        """Store a filter and use it."""
        connection.execute(
            f"INSERT INTO {self._schema}.request_filters VALUES ($1, $2) "
            "ON CONFLICT (month) DO UPDATE SET bits = excluded.bits".encode(), (Bigint(month), bytes(built)))
        self._filters[month] = built

    def drop_some(self, connection: Connection, this_month: int) -> bool:
        """Drop a slice of the keys that are older than 13 months; False: there are none left, nor their filters."""
        before, table = Bigint(this_month - MONTHS_KEPT), f"{self._schema}.requests"
        some = f"SELECT ctid FROM {table} WHERE month < $1 LIMIT {_DROPPED_AT_ONCE}"
        if connection.execute(f"DELETE FROM {table} WHERE ctid = ANY (ARRAY({some}))".encode(), (before,)).rowcount:
            return True
        connection.execute(f"DELETE FROM {self._schema}.request_filters WHERE month < $1".encode(), (before,))
        self._filters = {month: kept for month, kept in self._filters.items() if month >= this_month - MONTHS_KEPT}
        self._read_in = 0
        return False

    def _stored(self, connection: Connection) -> list[int]:
        """The months that hold keys: one step of the index each; DISTINCT would read the keys of all thirteen."""
        query = (
            f"WITH RECURSIVE months(month) AS (SELECT min(month) FROM {self._schema}.requests UNION ALL "
            f"SELECT (SELECT min(month) FROM {self._schema}.requests r WHERE r.month > months.month) FROM months "
            "WHERE month IS NOT NULL) SELECT month FROM months WHERE month IS NOT NULL"
        )
        return [month for (month,) in connection.execute(query.encode())]
