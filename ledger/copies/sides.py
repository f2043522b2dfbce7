"""The two ends of a copy: a log in an SQLite file, a log in a schema of PostgreSQL, asked and written alike.

Both stores have the same tables with the same meaning; `TABLES` names them, and the order of their rows.
`tests/ledger/test_copying.py` shows it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ledger.errors import LedgerError
from ledger.stores.cold import PLACES, Place
from ledger.stores.errors import Unreadable

_BYTES: Final = "bytea"
_READ_AT_ONCE: Final = 2_048


class Table(NamedTuple):
    """A table: its columns with their types in PostgreSQL, the first `key` of which order its rows."""

    name: str
    columns: dict[str, str]
    key: int


TABLES: Final = (
    Table("events", {"position": "int8", "leaf": _BYTES}, 1),
    Table("sealed", {"position": "int8", "salt": _BYTES, "ciphertext": _BYTES}, 1),
    Table("streams", {"stream": "text", "version": "int8", "position": "int8"}, 2),
    Table("tiles", {"level": "int4", "number": "int8", "root": _BYTES, "hashes": _BYTES}, 2),
    Table("checkpoints", {"serial": "int8", "size": "int8", "note": _BYTES}, 1),
    Table("names", {"name": _BYTES, "kind": "text", "holder": "text", "owner": "text", "act": "text",
                    "position": "int8", "freed_by": "text"}, 1),
    Table("requests", {"month": "int4", "key": _BYTES, "fingerprint": _BYTES, "status": "int4", "first": "int8",
                       "events": "int4"}, 2),
    Table("request_filters", {"month": "int4", "bits": _BYTES}, 1),
)


class CopyFailed(LedgerError):
    """The database failed in the middle; what stands there stands, and a next run goes on after it."""

    code = "copy_failed"

    def __init__(self, place: str, cause: object) -> None:
        super().__init__(
            f"与 {place} 之间复制时出错（{cause}）。来源没有改动，已复制的保留："
            "请检查数据库服务器和它的磁盘，然后重新运行，会从中断处继续。")


class Digest(NamedTuple):
    """What a table comes to."""

    rows: int
    sha256: str


class Side:
    """One end of a copy."""

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self.ask(f"SELECT count(*) FROM {self.named(table)}")[0][0])

    def last(self, table: Table) -> tuple[Any, ...] | None:
        """The row that stands last."""
        order = ", ".join(f"{column} DESC" for column in _key(table))
        found = self.ask(f"SELECT {', '.join(table.columns)} FROM {self.named(table)} ORDER BY {order} LIMIT 1")
        return found[0] if found else None

    def upto(self, table: Table, row: tuple[Any, ...]) -> tuple[int, bool]:
        """How many rows there are up to the key of a row, and whether that row is among them, byte for byte."""
        key, values = ", ".join(_key(table)), row[:table.key]
        marks = ", ".join(self.mark(number) for number in range(1, table.key + 1))
        count = self.ask(f"SELECT count(*) FROM {self.named(table)} WHERE ({key}) <= ({marks})", values)[0][0]
        found = self.ask(
            f"SELECT {', '.join(table.columns)} FROM {self.named(table)} WHERE ({key}) = ({marks})", values)
        return int(count), found == [row]

    def digest(self, table: Table) -> Digest:
        """Read a whole table in the order of its key."""
        digest, rows = hashlib.sha256(), 0
        for row in self.rows(table, None):
            digest.update(msgspec.json.encode(row))
            rows += 1
        return Digest(rows, digest.hexdigest())

    def after(self, table: Table, row: tuple[Any, ...] | None) -> tuple[str, tuple[Any, ...]]:
        """The question for every row past one, in order."""
        key = ", ".join(_key(table))
        marks = ", ".join(self.mark(number) for number in range(1, table.key + 1))
        where = "" if row is None else f" WHERE ({key}) > ({marks})"
        query = f"SELECT {', '.join(table.columns)} FROM {self.named(table)}{where} ORDER BY {key}"
        return query, () if row is None else row[:table.key]

    @abstractmethod
    def named(self, table: Table) -> str: ...

    @abstractmethod
    def mark(self, number: int) -> str: ...

    @abstractmethod
    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def archives(self) -> list[Place]: ...

    @abstractmethod
    def enter(self, place: Place) -> None: ...

    @abstractmethod
    def rows(self, table: Table, after: tuple[Any, ...] | None) -> Iterator[tuple[Any, ...]]: ...

    @abstractmethod
    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None: ...


class FileSide(Side):
    """A log in an SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def named(self, table: Table) -> str:
        return table.name

    def mark(self, number: int) -> str:
        return f"?{number}"

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def archives(self) -> list[Place]:
        from ledger.stores.sqlite_cold import FileRows

        return FileRows(self._connection).archives()

    def enter(self, place: Place) -> None:
        from ledger.stores.sqlite_cold import FileChange

        self._connection.execute("BEGIN IMMEDIATE")
        FileChange(self._connection).enter(place)
        self._connection.execute("COMMIT")

    def rows(self, table: Table, after: tuple[Any, ...] | None) -> Iterator[tuple[Any, ...]]:
        query, values = self.after(table, after)
        yield from self._connection.execute(query, values)

    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(table.columns))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        self._connection.execute("COMMIT")


@contextmanager
def in_file(path: Path, *, writing: bool = False) -> Iterator[Side]:
    """A log's file as one end; for writing it is made where there is none."""
    from ledger.stores.sqlite import LedgerDatastore, SQLiteRecorder
    from ledger.stores.sqlite_file import demand_ledger

    try:
        if writing:
            recorder = SQLiteRecorder(LedgerDatastore(str(path)))
            recorder.create_table()
            recorder.close()
        address = f"{path.absolute().as_uri()}?mode={'rw' if writing else 'ro'}"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as file:
            demand_ledger(file, path)
            yield FileSide(file)
    except sqlite3.Error as error:
        raise Unreadable(path, error) from error


class PostgresSide(Side):
    """A log in a schema of PostgreSQL."""

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def named(self, table: Table) -> str:
        return f'"{self._schema}".{table.name}'

    def mark(self, number: int) -> str:
        return f"${number}"

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(query.encode(), values, binary=True).fetchall()
        return found

    def archives(self) -> list[Place]:
        return [Place(*row) for row in self.ask(PLACES)]

    def enter(self, place: Place) -> None:
        from ledger.stores.postgres_cold import STEP

        with self._connection.transaction():
            self._connection.execute(b"INSERT INTO archives VALUES ($1, $2, $3, $4, $5)", place)
            self._connection.execute(b"UPDATE migrations SET beside = $1 WHERE number = $1", (STEP,))

    def rows(self, table: Table, after: tuple[Any, ...] | None) -> Iterator[tuple[Any, ...]]:
        query, values = self.after(table, after)
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            cursor.execute(f"DECLARE rows_in_order NO SCROLL CURSOR FOR {query}".encode(), values)
            while found := cursor.execute(f"FETCH {_READ_AT_ONCE} FROM rows_in_order".encode()).fetchall():
                yield from found

    def write(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = ", ".join(table.columns)
        with self._connection.transaction(), self._connection.cursor() as cursor, cursor.copy(
            f"COPY {self.named(table)} ({columns}) FROM STDIN (FORMAT BINARY)".encode()
        ) as copy:
            copy.set_types(list(table.columns.values()))
            for row in rows:
                copy.write_row(row)


@contextmanager
def in_postgres(conninfo: str, schema: str, *, writing: bool = False) -> Iterator[Side]:
    """A schema as one end; its tables must be there."""
    import psycopg

    from ledger.stores.postgres_errors import reading_clearly
    from ledger.stores.postgres_schema import demand_migrated, demand_name
    from ledger.stores.postgres_target import Target

    target = Target(conninfo, demand_name(schema))
    with reading_clearly(target):
        connection = psycopg.connect(  # With the driver's own types, not with those of the store's connections.
            **target.parameters, autocommit=True, cursor_factory=psycopg.RawCursor)
    with closing(connection):
        with reading_clearly(target):
            read_only = "off" if writing else "on"
            connection.execute(f"SET search_path = {schema}".encode())
            connection.execute(f"SET default_transaction_read_only = {read_only}".encode())
            connection.execute(b"SET idle_in_transaction_session_timeout = 0")  # The other side may take its time.
            demand_migrated(connection, target)
        try:
            yield PostgresSide(connection, schema)
        except psycopg.Error as error:
            raise CopyFailed(target.shown, target.words(error)) from None


def _key(table: Table) -> list[str]:
    return list(table.columns)[:table.key]
