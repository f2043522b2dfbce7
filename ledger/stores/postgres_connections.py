"""Connections to PostgreSQL: what each is set to, and a few that readers share.

Nothing waits for ever: connecting, waiting for a lock, a statement, an idle transaction and a silent network each have
a limit. Connections are made when they are first needed, hence after a fork and never before it.

Sessions are ours alone for as long as they last (LISTEN, prepared statements, settings), so the address must be the
server's or that of a proxy that keeps sessions apart, not of one that shares them out by transaction.

`tests/ledger/stores/test_postgres_store.py` shows it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg import RawCursor

from ledger.stores.postgres_arrays import register
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_target import Target

READERS_MAX: Final = 8  # A process and a log: all requests share them; a host's processes must fit max_connections.
READER_WAIT_S: Final = 30
READ_AGAIN_S: Final = 3  # A server that is started anew is back by then.
_FIRST_PAUSE_S: Final = 0.02  # not hours: seconds
_LONGEST_PAUSE_S: Final = 0.5  # not hours: seconds
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)

_SETTINGS: Final = {
    "jit": "off",  # Compiling a statement takes longer than any of ours.
    "plan_cache_mode": "force_generic_plan",  # Every look-up is by key, whatever it looks for.
    "default_transaction_isolation": "read committed",  # Whoever waited for the lock must see what came before.
    "tcp_keepalives_idle": "3", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",  # A dead host's locks.
    "tcp_user_timeout": "5s",
    "lock_timeout": "30s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s",
}
_READING: Final = {"default_transaction_read_only": "on"}
_TIMELINE: Final = (  # It grows by one each time a standby takes the place of its primary.
    "CASE WHEN pg_is_in_recovery() THEN NULL "
    "ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"
)
_NEWEST: Final[dict[str, int]] = {}
_ANSWERED: Final[dict[str, tuple[Any, Any]]] = {}
_SILENT: Final[dict[tuple[Any, Any], float]] = {}  # Since when: what one database's sessions learnt all others know.
_KNOWING: Final = threading.Lock()
_LOOK_S: Final = 2
_SILENT_S: Final = 30
_Value = TypeVar("_Value")
Connection = psycopg.Connection[tuple[Any, ...]]


def connect(target: Target, settings: dict[str, str] = _READING) -> Connection:
    """Open a connection in autocommit, for reading unless told otherwise: to the first server that may be asked."""
    servers = target.servers
    if len(servers) == 1:
        return _connected(target, servers[0], settings)
    if target.conninfo not in _NEWEST:
        _look_at_each(target)
    was = _ANSWERED.get(target.conninfo)  # One that is silent is not waited for by everybody who comes after.
    *others, last = sorted(servers, key=lambda server: (_is_silent(server), _place(server) != was))
    for server in others:
        with suppress(*LOST):
            return _connected(target, _briefly(server), settings)
    return _connected(target, last, settings)  # Which is given its time: it may be slow, and the only one there is.


def _look_at_each(target: Target) -> None:
    """Learn which server took the place of which, before the first of them is believed that it is the primary."""
    for server in target.servers:
        with suppress(*LOST):
            _connected(target, _briefly(server), {}).close()


def _briefly(server: dict[str, Any]) -> dict[str, Any]:
    return {**server, "connect_timeout": min(_LOOK_S, int(server["connect_timeout"]))}


def _place(server: dict[str, Any]) -> tuple[Any, Any]:
    return server.get("host"), server.get("port")


def _is_silent(server: dict[str, Any]) -> bool:
    since = _SILENT.get(_place(server))
    return since is not None and time.monotonic() - since < _SILENT_S


def _connected(target: Target, server: dict[str, Any], settings: dict[str, str]) -> Connection:
    try:
        connection: Connection = psycopg.connect(
            **server, autocommit=True, prepare_threshold=0, cursor_factory=RawCursor)
    except psycopg.errors.ConnectionTimeout:
        _SILENT[_place(server)] = time.monotonic()
        raise
    _SILENT.pop(_place(server), None)
    try:
        register(connection.adapters)
        chosen = {**_SETTINGS, "search_path": target.schema, **settings}
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in chosen.items())
        row = connection.execute(f"SELECT {_TIMELINE}, {calls}".encode(), prepare=False).fetchone()
        assert row is not None, "such a query has one row"
        _demand_newest(target, row[0])
        _ANSWERED[target.conninfo] = _place(server)
    except BaseException:
        connection.close()
        raise
    return connection


def _demand_newest(target: Target, timeline: int | None) -> None:
    """See that a server is not one that another took the place of: it would answer as if nothing had happened since."""
    if timeline is None:
        return
    with _KNOWING:
        newest = _NEWEST[target.conninfo] = max(timeline, _NEWEST.get(target.conninfo, 0))
    if timeline < newest:
        raise psycopg.OperationalError(f"timeline {timeline} of this server was superseded by {newest}")


def connect_again(target: Target, settings: dict[str, str], *, end: float) -> Connection:
    """Try to connect until it works or the time, by the monotonic clock, is over."""
    pause = _FIRST_PAUSE_S
    while True:
        try:
            return connect(target, settings)
        except LOST:
            if time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)


class Readers:
    """A few reading connections that threads take in turn; lost ones are replaced."""

    def __init__(
        self, target: Target, *, most: int = READERS_MAX, settings: dict[str, str] = _READING
    ) -> None:
        self.target, self._settings = target, settings
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(most)
        self._closed = False
        self._process = 0

    def read(self, read: Callable[[Connection], _Value]) -> _Value:
        """Read something, again on a new connection where one turns out to be lost."""
        end = time.monotonic() + READ_AGAIN_S
        while True:
            with self.borrowed() as connection:
                try:
                    return read(connection)
                except LOST:
                    if not connection.closed or time.monotonic() > end:
                        raise
            self._drop_idle()  # What is lost with one is mostly lost with all.

    @contextmanager
    def borrowed(self, fits: Callable[[Connection], bool] | None = None) -> Iterator[Connection]:
        """Have a connection for oneself; what goes wrong with it is said clearly. One that does not fit is left."""
        end = time.monotonic() + READ_AGAIN_S
        with reading_clearly(self.target):
            if not self._places.acquire(timeout=READER_WAIT_S):
                raise psycopg.OperationalError("all reading connections are in use")
            try:
                connection = self._taken()
                while connection is not None and fits is not None and not fits(connection):
                    connection.close()
                    connection = self._taken()
                connection = connection or connect_again(self.target, self._settings, end=end)
                try:
                    yield connection
                finally:
                    self._give_back(connection)
            finally:
                self._places.release()

    def close(self) -> None:
        """Let go of all; what is in use is closed when it is given back."""
        self._closed = True
        self._drop_idle()

    def _taken(self) -> Connection | None:
        with self._lock:
            if self._closed:
                raise psycopg.InterfaceError("the store is closed")
            assert self._process in (0, os.getpid()), "a store does not outlive a fork"
            self._process = os.getpid()
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: Connection) -> None:
        is_idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if is_idle and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
