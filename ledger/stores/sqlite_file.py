"""A ledger's SQLite file: how it is opened, how one is made, and how it is told from any other file.

`tests/ledger/stores/test_sqlite_store.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteDatastore

from ledger.stores.errors import NotALedger, OtherSchema
from ledger.stores.journal import keep_journal

APPLICATION_ID: Final = 0x58534C47  # "XSLG": told apart from any other SQLite file before a table is touched.
SCHEMA_VERSION: Final = 2
SCHEMA_WITH_ARCHIVES: Final = 3  # While bodies lie in archives: a program that knows of none must not open the file.
BUSY_TIMEOUT_S: Final = 30
CACHE_KIB: Final = 64 * 1024
PAGE_BYTES: Final = 8_192
"""Leaves of 500 to 900 bytes. A lone append writes three pages to the journal, however little of them is new: against
16,384 bytes it is a seventh faster, batches of a thousand are a twenty-fifth slower, leaves a seventh slower to read.
4,096 gain a lone append another tenth, and cost batches a ninth and reading a fifth."""


class LedgerPool(SQLiteConnectionPool):
    """Makes connections as a ledger needs them."""

    cache_kib = CACHE_KIB
    factory: type[sqlite3.Connection] = sqlite3.Connection

    def _create_connection(self) -> SQLiteConnection:
        return SQLiteConnection(self.connect(), max_age=self.max_age)

    def connect(self, *, writing: bool = False) -> sqlite3.Connection:
        """Open the file; a reading connection cannot write, whatever is asked of it."""
        connection = sqlite3.connect(
            self.db_name, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256,
            factory=self.factory,
        )
        connection.execute("PRAGMA synchronous=FULL")  # NORMAL is 5 times faster and may forget what was acknowledged.
        # For reading, room for the edge of the tree (256 tiles, a page each), which every proof goes through.
        connection.execute(f"PRAGMA cache_size=-{self.cache_kib if writing else self.cache_kib // 16}")
        connection.execute("PRAGMA temp_store=MEMORY")
        if not writing:
            connection.execute("PRAGMA query_only=ON")
        return connection


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore around a ledger's pool."""

    pool: LedgerPool

    def __init__(self, path: str, *, cache_kib: int = CACHE_KIB) -> None:
        self.pool = LedgerPool(db_name=path)
        self.pool.cache_kib = cache_kib
        self.single_row_tracking = True
        self.originator_id_type: Literal["uuid", "text"] = "text"


def make_ledger(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in a new file, or see that the file is a ledger; raises as `demand_ledger` does."""
    if not _is_ledger(connection, path):
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # Of a new file only, and before its journal.
        mode = keep_journal(connection)
        if mode != "wal":  # SQLite says so and no more: the disk failed, or it is a network folder.
            raise sqlite3.OperationalError(f"the journal stays in mode {mode}")
        connection.execute("BEGIN IMMEDIATE")
        if not _is_ledger(connection, path):  # Another process may have made it while this one waited.
            for statement in _schema():
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")


def _is_ledger(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether the file is a ledger; False: it is new. Raises for anything else, as `demand_ledger` does."""
    is_new = not any(
        connection.execute(question).fetchone()[0]
        for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master"))
    if not is_new:
        demand_ledger(connection, path)
    return not is_new


def demand_ledger(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file is a ledger of this version; raises NotALedger or OtherSchema."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != APPLICATION_ID:
        raise NotALedger(path, application_id=found)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (SCHEMA_VERSION, SCHEMA_WITH_ARCHIVES):
        raise OtherSchema(path, version=version, expected=SCHEMA_VERSION)


def put_names_in_order(connection: sqlite3.Connection) -> None:
    """Have reserved names stand as in a new file; one that was made before has them by their HMACs, without rowids."""
    made = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'names'").fetchone()[0]
    if "WITHOUT ROWID" not in made:
        return
    table, = (one for one in _schema() if "TABLE names " in one)
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.execute(table.replace("TABLE names ", "TABLE names_in_order "))
        connection.execute("INSERT INTO names_in_order SELECT * FROM names ORDER BY position, name")
        connection.execute("DROP TABLE names")
        connection.execute("ALTER TABLE names_in_order RENAME TO names")
        for index in (one for one in _schema() if "ON names " in one):
            connection.execute(index)


def _schema() -> Iterator[str]:
    """Cut the script of a new file; `executescript` would commit the transaction that it is to be part of."""
    script = files("ledger.stores").joinpath("schema.sql").read_text("utf-8")
    statement = ""
    for part in script.split(";")[:-1]:
        statement += part + ";"
        if sqlite3.complete_statement(statement):  # A trigger has semicolons of its own.
            yield statement
            statement = ""
