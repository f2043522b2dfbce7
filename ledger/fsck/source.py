"""What the checker reads, whichever store it is in: rows by position, the index in its order, and what stands beside.

A source is opened by each process of a check for itself, and once more as one moment of the whole. The rules are the
checker's and exist once; here is only how rows are got at, and what an unreadable row raises.

`tests/ledger/test_fsck.py` and `tests/ledger/test_fsck_postgres.py` show it.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Protocol

from ledger.proof.text import NUMBER_MAX
from ledger.stores import cold
from ledger.stores.errors import Unreadable
from ledger.stores.tree import StoredTree

DAMAGE_OF_SQLITE: Final = (sqlite3.Error, UnicodeError)
"""What reading a damaged file raises; SQLite quotes what it cannot parse, and that need not be UTF-8 either."""


_BETWEEN: Final = "WHERE position > ? AND position <= ? ORDER BY position"


class View(ABC):
    """The rows of a ledger as they are stored; a value may be anything that the store lets through."""

    @abstractmethod
    def rows(self, query: str, *values: int) -> Iterator[Any]:
        """The rows of a query, as they come; `?` stands for a value."""

    @abstractmethod
    def row(self, query: str, *values: int) -> Any:
        """The first row of a query, or None."""

    @abstractmethod
    def tree(self) -> StoredTree:
        """The stored tiles."""

    def size(self) -> int:
        return self.row("SELECT max(position) FROM events")[0] or 0

    @abstractmethod
    def archives(self) -> list[cold.Place]:
        """The archives that hold bodies: what lies there is read, and checked like the rest."""

    def leaf(self, position: int) -> Any:
        return next((leaf for _, leaf in self.events(position - 1, position)), None)

    def events(self, after: int, last: int = NUMBER_MAX) -> Iterator[tuple[int, Any]]:
        rows = self.rows(f"SELECT position, leaf FROM events {_BETWEEN}", after, last)
        return cold.streamed(self, rows) if self.archives() else rows

    def sealed(self, after: int, last: int) -> Iterator[tuple[int, Any, Any]]:
        rows = self.rows(f"SELECT position, salt, ciphertext FROM sealed {_BETWEEN}", after, last)
        if not self.archives():
            return rows
        return merge(rows, cold.streamed_parts(self, after, last), key=itemgetter(0))

    def events_with_parts(self, after: int, last: int) -> Iterator[tuple[int, Any, Any, Any]]:
        return cold.streamed(self, self.rows(
            "SELECT position, leaf, salt, ciphertext FROM events LEFT JOIN sealed USING (position) "
            f"{_BETWEEN}", after, last))

    def index(self, size: int) -> Iterator[Any]:
        """The index of streams in its own order: stream, version, position."""
        return self.rows(
            "SELECT stream, version, position FROM streams WHERE position <= ? ORDER BY stream, version", size)

    def index_by_position(self, size: int) -> Iterator[Any]:
        """The same in the order of the events: position, stream, version."""
        return self.rows("SELECT position, stream, version FROM streams WHERE position BETWEEN 1 AND ? "
                         "ORDER BY position, stream, version", size)

    def lowest_tiles(self, first: int, after_last: int) -> Iterator[Any]:
        return self.rows("SELECT number, root, hashes FROM tiles WHERE level = 0 AND number >= ? AND number < ?",
                         first, after_last)

    def tile(self, level: int, number: int) -> Any:
        return self.row("SELECT root, hashes FROM tiles WHERE level = ? AND number = ?", level, number)

    def count_tiles(self) -> int:
        count: int = self.row("SELECT count(*) FROM tiles")[0]
        return count

    def checkpoints(self) -> list[Any]:
        return list(self.rows("SELECT serial, size, note FROM checkpoints ORDER BY serial"))

    def names(self) -> Iterator[Any]:
        return self.rows("SELECT name, kind, holder, owner, act, position, freed_by FROM names")

    def stray(self, table: str, size: int) -> Any:
        """A row that belongs to no event, if there is one: its position."""
        beyond = "position < 1 OR position > ?"
        if table == "streams":  # Not kept by position: all of it is gone through. Of the others the two ends are asked.
            beyond += " OR position IS NULL"
        return self.row(f"SELECT position FROM {table} WHERE {beyond} LIMIT 1", size)


class Source(Protocol):
    """Where a ledger is; small, and handed to each process of a check."""

    @property
    def damage(self) -> tuple[type[Exception], ...]:
        """What reading it raises where it is damaged."""

    def opened(self) -> AbstractContextManager[View]:
        """Open it for a portion; damage is left to the caller."""

    def one_moment(self) -> AbstractContextManager[View]:
        """Open it as it is now, whatever is added meanwhile; raises what says why it is no ledger, or unreadable."""


class SQLiteView(View):
    """The rows of a file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        return self._connection.execute(query, values)

    def row(self, query: str, *values: int) -> Any:
        return self._connection.execute(query, values).fetchone()

    def tree(self) -> StoredTree:
        from ledger.stores.sqlite_rows import Tree

        return Tree(self._connection)

    def archives(self) -> list[cold.Place]:
        from ledger.stores.sqlite_cold import FileRows

        return FileRows(self._connection).archives()

    def index(self, size: int) -> Iterator[Any]:
        self._connection.text_factory = str  # Twice as fast; text that is not UTF-8 ends it and is found by position.
        return super().index(size)


@dataclass(frozen=True, slots=True)
class SQLiteSource:
    """A ledger in a file that is never written."""

    path: Path

    @property
    def damage(self) -> tuple[type[Exception], ...]:
        return DAMAGE_OF_SQLITE

    @contextmanager
    def opened(self) -> Iterator[View]:
        with closing(self._connected()) as connection:
            yield SQLiteView(connection)

    @contextmanager
    def one_moment(self) -> Iterator[View]:
        from ledger.stores.sqlite_file import demand_ledger

        cold.SHELF.forget()  # A check reads what lies there now, and not what somebody read before.
        try:
            with closing(self._connected()) as connection:
                connection.execute("BEGIN")
                demand_ledger(connection, self.path)
                yield SQLiteView(connection)
        except DAMAGE_OF_SQLITE as error:
            raise Unreadable(self.path, error) from error

    def _connected(self) -> sqlite3.Connection:
        """Text that is not UTF-8 comes out escaped instead of not at all."""
        connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        connection.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")
        return connection
