"""The vault in PostgreSQL, for a register that several hosts serve: the tables of `ledger.keys.file`, asked the same.

It is a database of its own and never the ledger's: what is destroyed here must be gone from every copy within days,
and copies of a ledger are kept for ever. The server's own backups and its archive of changes are copies that no table
knows of; so a destruction is called final `SERVER_DAYS` after it at the earliest, and nothing of that server may be
kept for longer.

`tests/ledger/test_key_database.py` shows it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from ledger.durable import sync
from ledger.keys.file import TABLES, Destruction, KeyFile, VaultFailed, present_master
from ledger.stores.portable import Asked
from ledger.stores.postgres_connections import connect
from ledger.stores.postgres_errors import cure_of_reading, reading_clearly
from ledger.stores.postgres_portable import PortableDatabase
from ledger.stores.postgres_schema import demand_migrated
from ledger.stores.postgres_target import Target

SCHEMA: Final = "keys"
STEPS: Final = "ledger"
"""The package whose `migrations/` make the schema."""

SERVER_DAYS: Final = 30
_DAY: Final = 86_400_000_000
_AT_ONCE: Final = 1_000
_IDENTITY: Final = (  # A standby that takes its primary's place is the same; what was restored elsewhere is not.
    b"SELECT system_identifier || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database()) "
    b"FROM pg_control_system()"
)
_KEYS: Final = "SELECT owner, wrapped FROM keys ORDER BY owner"


@dataclass(frozen=True, slots=True)
class KeyDatabase:
    """Where it is; and the folder that its master key lies in, if that is a file."""

    conninfo: str = field(repr=False)
    folder: Path

    @property
    def shown(self) -> str:
        """Where it is, fit to be shown."""
        return f"{Target(self.conninfo, SCHEMA).shown} 的密钥库"


class KeyTables(KeyFile):
    """The open database; whoever changes keys has a lock there, on whatever host."""

    def __init__(self, place: KeyDatabase) -> None:
        self.path, self.folder = Path(place.shown), place.folder
        self._lock = threading.Lock()
        target = Target(place.conninfo, SCHEMA)
        with reading_clearly(target), connect(target) as connection:
            demand_migrated(connection, target, STEPS)
            row = connection.execute(_IDENTITY).fetchone()
        assert row is not None, "such a query has one row"
        self.identity = row[0]
        self._database = PortableDatabase(place.conninfo, SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def used(self) -> Iterator[Asked]:
        """Use a connection; within this process alone, so that what is remembered of keys fits what was read."""
        with self._lock, self._database.used() as connection:
            try:
                yield connection
            except psycopg.Error as error:
                words, cure = self._database.target.words(error), cure_of_reading(error)
                raise VaultFailed(self.path, words, cure=cure) from None

    def changes(self, connection: Asked) -> int:
        number: int = connection.execute("SELECT number FROM changes").fetchone()[0]
        return number

    def forget(self, connection: Asked, owner: str) -> None:
        super().forget(connection, owner)
        connection.execute("UPDATE changes SET number = number + 1")

    def settle(self, connection: Asked) -> None:
        """A key that no standby has confirmed is there for whoever asks again, and would be lost with its server."""
        if self._database.standby.is_away:
            connection.execute("UPDATE changes SET number = number")

    def wipe(self, connection: Asked, done: str) -> None:
        """Write the tables anew without what was deleted, and let the old files go."""
        try:
            connection.execute("VACUUM (FULL) keys")
            connection.execute("VACUUM (FULL) rewrapped")
        except psycopg.Error as error:
            words = self._database.target.words(error)
            raise VaultFailed(self.path, f"{done}，但旧副本尚未抹去（{words}）；请重做一次") from None

    def destructions(self, owner: str | None = None) -> list[Destruction]:
        now = time.time_ns() // 1_000
        ends = [(one, one.at + SERVER_DAYS * _DAY) for one in super().destructions(owner)]
        return [one._replace(final_from=max(one.final_from, end), is_final=one.is_final and end <= now)
                for one, end in ends]

    def copied(self, target: Path) -> tuple[int, int]:
        """Copy everything in one view into a file of the form that a vault on one host has; count keys and dead."""
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(KeyFile(target)) as copy, copy.changed() as new, self.used() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            try:
                for table in TABLES:
                    _poured(connection, new, table)
            finally:
                connection.rollback()
        with closing(sqlite3.connect(target)) as new_file:
            new_file.execute("PRAGMA journal_mode=DELETE")
            keys, destroyed = (new_file.execute(f"SELECT count(*) FROM {one}").fetchone()[0]
                               for one in ("keys", "destroyed"))
        sync(target)
        return keys, destroyed

    def take_over(self, source: Path) -> int:
        """Take in everything that a vault's file holds, all or nothing, and say how many keys; the tables are empty.

        Done again after a stop it finds what it has done; tables that hold other keys are left as they are.
        """
        with closing(KeyFile(source)) as file, file.used() as old, self.changed() as connection:
            if there := connection.execute(_KEYS).fetchall():
                if [tuple(row) for row in there] != old.execute(_KEYS).fetchall():
                    raise VaultFailed(self.path, "其中已有密钥，不覆盖")
                return len(there)
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")
                _poured(old, connection, table)
            master = present_master(connection)
            assert master is not None, "a vault that was opened knows its master key"
            connection.execute("UPDATE changes SET number = number + 1")
            count: int = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
        return count


def recorded_make_in(place: KeyDatabase) -> str | None:
    """Read which master key a vault names; None where it names none yet."""
    with closing(KeyTables(place)) as file, file.used() as connection:
        present = present_master(connection)
    return None if present is None else present.make


def _poured(source: Asked, target: Asked, table: str) -> None:
    rows: list[tuple[Any, ...]] = []
    values: str | None = None
    for row in source.execute(f"SELECT * FROM {table}"):
        values = values or ", ".join("?" * len(row))
        rows.append(tuple(row))
        if len(rows) == _AT_ONCE:
            target.executemany(f"INSERT INTO {table} VALUES ({values})", rows)
            rows.clear()
    if rows:
        target.executemany(f"INSERT INTO {table} VALUES ({values})", rows)
