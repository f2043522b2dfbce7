"""Connections to PostgreSQL: what each is set to, a few that readers share, and what is said when one fails.

Nothing waits for ever: connecting, waiting for a lock, a statement, an idle transaction and a silent network each have
a limit. Connections are made when they are first needed, hence after a fork and never before it. No password is in any
text, log line or `repr` of ours: an address that cannot be read is not repeated, one that can is shown without.

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
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import psycopg
from psycopg import RawCursor
from psycopg.conninfo import conninfo_to_dict

from ledger.stores.append import StoreFailed
from ledger.stores.errors import BadConninfo, Unreadable, first_line
from ledger.stores.postgres_arrays import register

READERS_MAX: Final = 8  # A process and a log: all requests share them; a host's processes must fit max_connections.
READER_WAIT_S: Final = 30
READ_AGAIN_S: Final = 3  # A server that is started anew is back by then.
_FIRST_PAUSE_S: Final = 0.02  # not hours: seconds
_LONGEST_PAUSE_S: Final = 0.5  # not hours: seconds
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)

_PARAMETERS: Final[dict[str, Any]] = {  # The address may say otherwise.
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 20_000, "fallback_application_name": "xueshi", "client_encoding": "utf8",
}
_SETTINGS: Final = {
    "jit": "off",  # Compiling a statement takes longer than any of ours.
    "plan_cache_mode": "force_generic_plan",  # Every look-up is by key, whatever it looks for.
    "default_transaction_isolation": "read committed",  # Whoever waited for the lock must see what came before.
    "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",  # A dead host's locks.
    "lock_timeout": "30s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s",
}
_WRITABLE: Final = ("primary", "read-write")  # Of several servers that an address names, the one that is not behind.
_READING: Final = {"default_transaction_read_only": "on"}
_TIMELINE: Final = (  # It grows by one each time a standby takes the place of its primary.
    "CASE WHEN pg_is_in_recovery() THEN NULL "
    "ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"
)
_NEWEST: Final[dict[str, int]] = {}
_ANSWERED: Final[dict[str, tuple[Any, Any]]] = {}
_KNOWING: Final = threading.Lock()
_LOOK_S: Final = 2
_Value = TypeVar("_Value")
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """A log in a database: how to get there, and the schema it has there."""

    conninfo: str = field(repr=False)
    schema: str
    anywhere: bool = field(default=False, kw_only=True)
    """Whether a standby will do: it may be behind, so whoever asks there has to say so."""
    parameters: dict[str, Any] = field(init=False, repr=False)
    shown: str = field(init=False)
    """Where it is, fit to be shown."""

    def __post_init__(self) -> None:
        try:
            given = conninfo_to_dict(self.conninfo)
        except psycopg.Error:
            raise BadConninfo("不是一个有效的地址") from None  # The driver's words quote what it could not read.
        if any("@" in str(given.get(part, "")) for part in ("host", "dbname")):
            raise BadConninfo("主机或库名中有 @（密码中的符号未转写？）")  # Then half a password stands there.
        if not all(port.isdecimal() for port in str(given.get("port", 0)).split(",") if port):
            raise BadConninfo("端口不是数字（密码中的符号未转写？）")
        place = f"{given.get('host') or '本机'}:{given.get('port') or 5432}/{given.get('dbname') or ''}"
        parameters = {**_PARAMETERS, **given}
        if not self.anywhere and parameters.get("target_session_attrs") not in _WRITABLE:
            parameters["target_session_attrs"] = "primary"
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "shown", f"PostgreSQL {place}")

    @property
    def servers(self) -> list[dict[str, Any]]:
        """What leads to each of the servers that the address names."""
        hosts, ports = (str(self.parameters.get(name) or "").split(",") for name in ("host", "port"))
        if len(hosts) == 1 or "hostaddr" in self.parameters:
            return [self.parameters]
        ports = ports * len(hosts) if len(ports) == 1 else ports
        return [{**self.parameters, "host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]

    def words(self, error: BaseException) -> RuntimeError:
        """What an error says first, without a password, whatever the driver or the server quoted."""
        words = first_line(error)
        password = str(self.parameters.get("password") or "")
        return RuntimeError(words.replace(password, "***") if password else words)


def connect(target: Target, settings: dict[str, str] = _READING) -> Connection:
    """Open a connection in autocommit, for reading unless told otherwise: to the first server that may be asked."""
    servers = target.servers
    if len(servers) == 1:
        return _connected(target, servers[0], settings)
    if target.conninfo not in _NEWEST:
        _look_at_each(target)
    was = _ANSWERED.get(target.conninfo)  # One that is silent is not waited for by everybody who comes after.
    *others, last = sorted(servers, key=lambda server: (server["host"], server["port"]) != was)
    for server in others:
        with suppress(*LOST):
            return _connected(target, server, settings)
    return _connected(target, last, settings)


def _look_at_each(target: Target) -> None:
    """Learn which server took the place of which, before the first of them is believed that it is the primary."""
    for server in target.servers:
        with suppress(*LOST):
            _connected(target, {**server, "connect_timeout": min(_LOOK_S, int(server["connect_timeout"]))}, {}).close()


def _connected(target: Target, server: dict[str, Any], settings: dict[str, str]) -> Connection:
    connection: Connection = psycopg.connect(
        **server, autocommit=True, prepare_threshold=0, cursor_factory=RawCursor)
    try:
        register(connection.adapters)
        chosen = {**_SETTINGS, "search_path": target.schema, **settings}
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in chosen.items())
        row = connection.execute(f"SELECT {_TIMELINE}, {calls}".encode(), prepare=False).fetchone()
        assert row is not None, "such a query has one row"
        _demand_newest(target, row[0])
        _ANSWERED[target.conninfo] = (server.get("host"), server.get("port"))
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


@contextmanager
def reading_clearly(target: Target) -> Iterator[None]:
    """Say what went wrong while reading, and what to do."""
    try:
        yield
    except psycopg.Error as error:
        raise Unreadable(target.shown, target.words(error), cure=_cure_of_reading(error)) from None


@contextmanager
def writing_clearly(target: Target) -> Iterator[None]:
    """Say what went wrong while writing, whether something was written, and what to do."""
    try:
        yield
    except psycopg.Error as error:
        raise failed(target, error, cure=cure_of_writing(error)) from None


def failed(target: Target, error: BaseException, *, cure: str) -> StoreFailed:
    """Make a StoreFailed of a driver's error."""
    return StoreFailed(target.words(error), cure=cure)


def is_superseded(error: psycopg.Error) -> bool:
    """Say whether a server was left out because another took its place."""
    return "of this server was superseded by" in str(error)


def is_standby(error: psycopg.Error) -> bool:
    """Say whether no server of an address is more than a standby. The driver has no code for it."""
    return "server is in hot standby mode" in str(error) or "session is read-only" in str(error)


def cure_of_writing(error: psycopg.Error) -> str:
    """Say what to do about an error that the server reported, and hence took everything back for."""
    state = error.sqlstate or ""
    if is_superseded(error):
        return "所连的服务器已被另一台接替：本次未写入。请停止它，重新做成备用服务器。"
    if is_standby(error):
        return "所连的是备用服务器：本次未写入。请把数据库地址指向主服务器，或在地址中列出全部服务器。"
    if state == "53100":
        return "数据库服务器磁盘已满：本次未写入。请清出空间后以同一个键重试；已确认的记录不受影响。"
    if state == "25006":
        return "数据库只读（可能连到了备用服务器）：本次未写入。请核对数据库地址后重试。"
    if state in ("55P03", "57014", "40P01"):
        return "等待数据库的时间过长：本次未写入。请查看是否有长时间占用账本的会话，然后以同一个键重试。"
    if state == "42501":
        return "数据库用户没有写入账本的权限：本次未写入。请核对授权。"
    if state == "23505" or state.startswith("XX"):
        return "数据库中的账本已损坏：本次未写入。请停止服务，保留现状作为证据，运行 xueshi fsck，并从备份恢复。"
    if state:
        return "本次未写入。请检查数据库服务器后以同一个键重试。"
    return "无法连接数据库：本次未写入。请检查数据库服务器后以同一个键重试。"


def _cure_of_reading(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if is_superseded(error):
        return "所连的服务器已被另一台接替，此后的登记它都没有，所以不用它作答：请停止它，重新做成备用服务器。"
    if is_standby(error):
        return "所连的是备用服务器，可能落后于主服务器，所以不用它作答：请把数据库地址指向主服务器，或列出全部服务器。"
    if state.startswith("XX"):
        return "数据库中的账本已损坏：请保留现状作为证据，运行 xueshi fsck，并从备份恢复。"
    if state in ("42501", "42P01", "3F000"):
        return "请核对数据库用户的权限，并运行 xueshi migrate --check。"
    if state in ("55P03", "57014"):
        return "等待数据库的时间过长，请稍后重试；若反复出现，请查看数据库服务器的负载。"
    return "请检查数据库服务器是否在运行、地址与密码是否正确、连接数是否已满，并从备份恢复损坏的数据。"
