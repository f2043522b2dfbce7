"""Rows of a ledger's SQLite file in one connection's view: the tree, the time of an event, who holds which names.

`tests/ledger/stores/test_contract.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from ledger.stores import cold
from ledger.stores.admission import Wanted
from ledger.stores.append import Reservation
from ledger.stores.names import Held
from ledger.stores.sqlite_cold import FileRows

_IN_MAX: Final = 500  # Values in one IN list; lists are padded to powers of two so that few statements are prepared.

NEVER_FREED: Final = ("source", "source_record")
FREED: Final = f"kind NOT IN {NEVER_FREED}"
"""Where a record came from is known for ever, so a stream is asked for its other names: the index has only these."""


class Tree:
    """Reads what the tree is made of, in one connection's view."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def leaves(self, first: int, last: int) -> list[bytes]:
        query = "SELECT leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
        leaves = [leaf for (leaf,) in self._connection.execute(query, (first, last))]
        if cold.STUB_BYTES not in map(len, leaves):
            return leaves
        query = "SELECT position, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
        rows = FileRows(self._connection)
        return [leaf for _, leaf in cold.whole(rows, lambda: list(rows.rows(query, first, last)))]

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT root FROM tiles WHERE level = ? AND number BETWEEN ? AND ? ORDER BY number", (level, first, last))
        return [root for (root,) in rows]

    def full_tile(self, level: int, number: int) -> bytes | None:
        row = self._connection.execute(
            "SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
        return None if row is None else cast("bytes", row[0])


def size_of(connection: sqlite3.Connection) -> int:
    """How many events there are."""
    return connection.execute("SELECT max(position) FROM events").fetchone()[0] or 0


def time_at(connection: sqlite3.Connection, position: int) -> int:
    if position == 0:
        return 0
    row = connection.execute("SELECT leaf FROM events WHERE position = ?", (position,)).fetchone()
    return cold.recorded_at(row[0])


def held(connection: sqlite3.Connection, asked: Wanted) -> Iterator[Held]:
    columns: tuple[tuple[str, list[Any]], ...] = (
        ("name", asked.names), (f"{FREED} AND holder", asked.holders), ("owner", asked.owners),
        ("act", asked.abandoned), ("freed_by", asked.ended),
    )
    for column, values in columns:
        for some in portions(values):
            query = f"SELECT * FROM names WHERE {column} IN ({marks(some)})"
            for *reservation, position, freed_by in connection.execute(query, some):
                yield Held(Reservation(*reservation), position, freed_by)


def later(connection: sqlite3.Connection, after: int, limit: int) -> list[bytes]:
    """The leaves past a position as they stand in the file, in order."""
    query = "SELECT leaf FROM events WHERE position > ? ORDER BY position LIMIT ?"
    return [leaf for (leaf,) in connection.execute(query, (after, limit))]


def portions(values: list[Any]) -> Iterator[list[Any]]:
    """Cut a list for IN (...), each portion padded with its last value to a power of two."""
    for start in range(0, len(values), _IN_MAX):
        some = values[start:start + _IN_MAX]
        yield some + [some[-1]] * ((1 << (len(some) - 1).bit_length()) - len(some))


def marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
