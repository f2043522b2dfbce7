"""A connection to PostgreSQL that is asked in the SQL of `ledger.stores.portable`.

`BEGIN IMMEDIATE` takes a lock that bears the name of what is written: whoever writes after looking has nobody writing
in between, as in SQLite, and whoever writes something else does not wait. The lock ends with the transaction, hence
with its session, on whatever host that was.

`tests/ledger/test_key_database.py` and `tests/api/test_operational_places.py` show it.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

import psycopg

from ledger.stores.portable import Found
from ledger.stores.postgres_connections import Connection, Readers, Target

_SETTINGS: Final = {"default_transaction_read_only": "off"}
_LOCK: Final = b"SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))"
AT_ONCE: Final = 4
"""So many connections a process has to tables of this kind: what is asked there takes a round trip."""


class PortableConnection:
    """Asks PostgreSQL what was written for both; `alone` is what a writing transaction has to itself."""

    def __init__(self, connection: Connection, alone: tuple[str, str]) -> None:
        self._connection, self._alone = connection, alone

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Found:
        if sql == "BEGIN IMMEDIATE":
            self._connection.execute(b"BEGIN")
            return self._connection.execute(_LOCK, self._alone)
        return self._connection.execute(numbered(sql), tuple(parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Found:
        cursor = self._connection.cursor()
        cursor.executemany(numbered(sql), [tuple(row) for row in parameters])
        return cursor

    def rollback(self) -> None:
        self._connection.rollback()


class PortableDatabase:
    """A schema of such tables, and the few connections that the threads of a process take in turn."""

    def __init__(self, conninfo: str, schema: str) -> None:
        self.target = Target(conninfo, schema)
        settings = {**_SETTINGS, "search_path": schema}
        self._connections = Readers(self.target, most=AT_ONCE, settings=settings)

    @contextmanager
    def used(self, *alone: str) -> Iterator[PortableConnection]:
        """Have a connection that answers; `alone` names what a writing transaction has to itself."""
        with self._connections.borrowed(is_alive) as connection:
            yield PortableConnection(connection, (self.target.schema, "\0".join(alone).replace("\0", "/")))

    def close(self) -> None:
        """Let go of every connection."""
        self._connections.close()


def is_alive(connection: Connection) -> bool:
    """Say whether nothing is heard of the server having left: it says nothing else to whoever asked nothing."""
    if connection.closed:
        return False
    heard, _, _ = select.select([connection.fileno()], [], [], 0)
    if not heard:
        return True
    try:  # A notice, or the end.
        connection.execute(b"SELECT 1")
    except psycopg.Error:
        return False
    return True


@cache
def numbered(sql: str) -> bytes:
    """Give each value its number, which is how PostgreSQL calls them."""
    numbers = count(1)
    return "".join(f"${next(numbers)}" if part == "?" else part for part in sql).encode()
