"""A connection to PostgreSQL that is asked in the SQL of `ledger.stores.portable`.

A server that has to wait for a standby before it says that something stands waits for ever where the standby is away,
and with it whoever wants a lock of ours. Such a wait is ended here after a while, and whoever wrote is told that it is
uncertain; what is only read is answered meanwhile.

`BEGIN IMMEDIATE` takes a lock that bears the name of what is written: whoever writes after looking has nobody writing
in between, as in SQLite, and whoever writes something else does not wait. The lock ends with the transaction, hence
with its session, on whatever host that was.

`tests/ledger/test_key_database.py` and `tests/api/test_operational_places.py` show it.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from typing import Any, Final

import psycopg

from ledger.stores.append import StoreFailed
from ledger.stores.portable import Found
from ledger.stores.postgres_connections import Connection, Readers
from ledger.stores.postgres_errors import UNREPLICATED
from ledger.stores.postgres_target import Target

_SETTINGS: Final = {"default_transaction_read_only": "off"}
_LOCK: Final = b"SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))"
AT_ONCE: Final = 4
"""So many connections a process has to tables of this kind: what is asked there takes a round trip."""


CONFIRMED_S: Final = 10
"""So long a standby may take to confirm: milliseconds as a rule, seconds where somebody reads there at length."""
KNOWN_AWAY_S: Final = 1
AGAIN_S: Final = 3
"""Once one has not confirmed in time somebody tries it so often, and so briefly; the others are told at once."""
_AWAY: Final = (
    "备用服务器不在，写入要等它确认：本次未写入。请恢复备用服务器（synchronous_standby_names），再以同一个键重试。"
)
_CANCELLED_S: Final = 5
_COMMITTING: Final = ("COMMIT", "INSERT", "UPDATE", "DELETE")


class Standby:
    """How long whoever commits waits for a standby, by what the last one met with."""

    def __init__(self) -> None:
        self.is_away = False
        """Whether the last commit was not confirmed: it stands on one server alone, until another is."""
        self._missed_at: float = 0

    @contextmanager
    def awaited(self, connection: Connection) -> Iterator[None]:
        """Commit within this block; raises StoreFailed where no standby has confirmed it in time."""
        if self.is_away and time.monotonic() < self._missed_at + AGAIN_S:
            raise StoreFailed(RuntimeError("no standby"), cure=_AWAY)
        heard: list[str] = []

        def hear(said: psycopg.errors.Diagnostic) -> None:
            if said.severity_nonlocalized == "WARNING":
                heard.append(said.source_function or "")

        def give_up() -> None:
            with suppress(psycopg.Error):  # It has been answered meanwhile, or the line is cut and the driver says so.
                connection.cancel_safe(timeout=_CANCELLED_S)

        watch = threading.Timer(KNOWN_AWAY_S if self.is_away else CONFIRMED_S, give_up)
        watch.daemon = True
        connection.add_notice_handler(hear)
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            connection.remove_notice_handler(hear)
            watch.join()  # It may be giving up just now: nobody else's statement is to be hit.
        self.is_away = "SyncRepWaitForLSN" in heard
        if self.is_away:
            self._missed_at = time.monotonic()
            raise StoreFailed(RuntimeError("not replicated"), cure=UNREPLICATED)


class PortableConnection:
    """Asks PostgreSQL what was written for both; `alone` is what a writing transaction has to itself."""

    def __init__(self, connection: Connection, alone: tuple[str, str], standby: Standby) -> None:
        self._connection, self._alone, self._standby = connection, alone, standby

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Found:
        if sql == "BEGIN IMMEDIATE":
            self._connection.execute(b"BEGIN")
            return self._connection.execute(_LOCK, self._alone)
        if not self._commits(sql):
            return self._connection.execute(numbered(sql), tuple(parameters))
        with self._standby.awaited(self._connection):
            return self._connection.execute(numbered(sql), tuple(parameters))

    def _commits(self, sql: str) -> bool:
        is_alone = self._connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        return sql == "COMMIT" or (is_alone and sql.startswith(_COMMITTING))

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
        self.standby = Standby()
        self._connections = Readers(self.target, most=AT_ONCE, settings=settings)

    @contextmanager
    def used(self, *alone: str) -> Iterator[PortableConnection]:
        """Have a connection that answers; `alone` names what a writing transaction has to itself."""
        with self._connections.borrowed(is_alive) as connection:
            own = (self.target.schema, "\0".join(alone).replace("\0", "/"))
            yield PortableConnection(connection, own, self.standby)

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
