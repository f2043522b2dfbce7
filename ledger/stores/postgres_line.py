"""The one connection that writes: made when it is needed, dropped when it cannot be trusted, ended for good when lost.

Its session has a name of its own, so that the next one can have the server end it: what it was sent before the line was
cut may still be on its way, and would be carried out after everyone has stopped waiting for it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

import psycopg

from ledger.stores.append import StoreFailed
from ledger.stores.postgres_connections import Connection, connect_again
from ledger.stores.postgres_target import Target

_WRITING: Final = {"default_transaction_read_only": "off"}
_DURABLE: Final = (  # "remote_apply" asks for more, and may stay.
    b"SELECT set_config('synchronous_commit', 'on', false) "
    b"WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')"
)
_END_SESSION: Final = b"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1"
_CLOSED: Final = "存储已关闭，本次未写入；请重新启动服务后重试。"


class WritingLine:
    """Gives the writing connection; `prepare` is called with each new one before it is used."""

    def __init__(self, target: Target, prepare: Callable[[Connection], None]) -> None:
        self.session = ""
        """The name of the session that is under way, or of the last one."""
        self.connection: Connection | None = None
        self.is_unreplicated = False
        """Whether the server has said of this connection that it stopped waiting for a standby: what it has committed
        since may be lost with it."""
        self._target, self._prepare = target, prepare
        self._closed = False

    def connected(self, end: float) -> Connection:
        """The connection, made anew if there is none, if that works in time."""
        if self._closed:
            raise StoreFailed(RuntimeError("closed"), cure=_CLOSED)
        while self.connection is None:
            self.session = f"xueshi {self._target.schema} {secrets.token_hex(8)}"
            connection = connect_again(self._target, {**_WRITING, "application_name": self.session}, end=end)
            try:
                connection.execute(_DURABLE)
                connection.add_notice_handler(self._hear)
                self.is_unreplicated = False
                self._prepare(connection)
                self.connection = connection
            except BaseException as error:
                # A server that has just risen may fall once more; what it reports while it stands is told.
                is_lost = isinstance(error, psycopg.Error) and connection.closed
                connection.close()
                if not is_lost or time.monotonic() > end:
                    raise
        return self.connection

    def _hear(self, said: psycopg.errors.Diagnostic) -> None:
        """A commit that somebody took out of its wait for a standby is reported as done, with a warning."""
        if said.severity_nonlocalized == "WARNING" and said.source_function == "SyncRepWaitForLSN":
            self.is_unreplicated = True

    def end_session(self, session: str, *, end: float) -> Connection:
        """See that nothing which a former session was sent is carried out from now on; gives the new connection."""
        connection = self.connected(end)
        if any(ended != (True,) for ended in connection.execute(_END_SESSION, (session,)).fetchall()):
            raise psycopg.OperationalError("the former session does not end")
        return connection

    def roll_back(self) -> None:
        """After an error that the server reported: the connection is good for more."""
        try:
            if self.connection is not None:
                self.connection.rollback()
        except psycopg.Error:
            self.drop()

    def drop(self) -> None:
        """Let go of it."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def close(self) -> None:
        """Let go of it for good."""
        self._closed = True
        self.drop()
