"""A ledger in PostgreSQL as the checker reads it: the same rows, in pieces that a process can hold.

Its columns have types, so a value is what its column says or cannot be read at all. One moment of the whole is a
transaction that sees the database as it was when the check began; it changes nothing and holds nobody up.

`tests/ledger/test_fsck_postgres.py` changes a byte in every table and asks for its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import psycopg
from psycopg.adapt import Loader
from psycopg.pq import Format

from ledger.fsck.source import View
from ledger.stores.cold import SHELF, Place
from ledger.stores.errors import Unreadable
from ledger.stores.postgres_arrays import Bigint
from ledger.stores.postgres_cold import SchemaRows
from ledger.stores.postgres_connections import Connection, connect
from ledger.stores.postgres_errors import reading_clearly
from ledger.stores.postgres_portable import numbered
from ledger.stores.postgres_rows import Tree
from ledger.stores.postgres_schema import demand_migrated, demand_name
from ledger.stores.postgres_target import Target
from ledger.stores.tree import StoredTree

_ROWS_AT_ONCE: Final = 4_096
_CHECKING: Final = {  # A check of a large ledger takes its time.
    "default_transaction_read_only": "on", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
}
_SERVER_ENDED: Final = ("57P", "08")  # And none at all, where nobody was left to give one.
_BROKEN_OFF: Final = (  # A page that is damaged may end the server's process, and all others with it.
    "检查途中服务器断开了连接。它的日志若说有进程因信号退出（terminated by signal），是读到了损坏的页："
    "请保留现状作为证据，并从备份恢复；只是有人重启了它，就再检查一次。"
)


class _EscapingLoader(Loader):
    """Text whose bytes were damaged comes out escaped instead of not at all."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data).decode("utf-8", "backslashreplace")


class PostgresView(View):
    """The rows of a schema."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self.connection, self._schema, self._numbers = connection, schema, count(1)

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        """Let the server keep the result and fetch it piece by piece."""
        with psycopg.RawServerCursor(self.connection, f"check_{next(self._numbers)}") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(numbered(query), [Bigint(value) for value in values], binary=True)
            yield from cursor

    def row(self, query: str, *values: int) -> Any:
        asked = [Bigint(value) for value in values]
        return self.connection.execute(numbered(query), asked, binary=True).fetchone()

    def tree(self) -> StoredTree:
        return Tree(self.connection, self._schema)

    def archives(self) -> list[Place]:
        return SchemaRows(self.connection).archives()


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """A ledger in a schema of a database."""

    conninfo: str = field(repr=False)
    schema: str = "ledger"

    @property
    def damage(self) -> tuple[type[Exception], ...]:
        return (psycopg.Error, UnicodeError)

    @contextmanager
    def opened(self) -> Iterator[View]:
        with connect(Target(self.conninfo, demand_name(self.schema)), self._settings()) as connection:
            connection.adapters.register_loader("text", _EscapingLoader)
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction(force_rollback=True):  # One for all: a result that is kept lives in it.
                yield PostgresView(connection, self.schema)

    @contextmanager
    def one_moment(self) -> Iterator[View]:
        SHELF.forget()  # A check reads what lies there now, and not what somebody read before.
        target = Target(self.conninfo, demand_name(self.schema))
        with reading_clearly(target), self.opened() as view:
            assert isinstance(view, PostgresView)
            demand_migrated(view.connection, target)
            try:
                yield view
            except psycopg.OperationalError as error:
                if error.sqlstate and not error.sqlstate.startswith(_SERVER_ENDED):
                    raise
                raise Unreadable(target.shown, target.words(error), cure=_BROKEN_OFF) from None

    def _settings(self) -> dict[str, str]:
        return {**_CHECKING, "search_path": self.schema}
