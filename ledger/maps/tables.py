"""The tables of the file that keeps the completeness map: made, opened, thrown away; what counts as damage.

    state      how far it has read (`position`), up to where the tree is hashed (`hashed`), with how many people, under
               which key; the event that last committed to a map, and of which size
    people     each person by number: how many events name them, the last of those, and their chain
    named      each such event: whom it names, their event before it, and the hash of its leaf
    entries    the entries of the map by key
    nodes      the 16 levels above the buckets, by place

`tests/ledger/test_map_file.py` shows it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from ledger.durable import make_private
from ledger.stores.journal import keep_journal

APPLICATION_ID: Final = 0x58534D50  # "XSMP"
_CACHE_KIB: Final = 64 * 1024
_DAMAGE: Final = frozenset({  # Also a table that is missing, and a row that is there already.
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
})
TABLES: Final = {
    "state": "(position INTEGER, leaf_hash BLOB, hashed INTEGER, people INTEGER, key TEXT, committed_size INTEGER,"
             " committed_event INTEGER) STRICT",
    "people": "(number INTEGER PRIMARY KEY, person TEXT NOT NULL UNIQUE, count INTEGER NOT NULL,"
              " last INTEGER NOT NULL, chain BLOB NOT NULL) STRICT",
    "named": "(position INTEGER, person INTEGER, before INTEGER NOT NULL, leaf_hash BLOB NOT NULL,"
             " PRIMARY KEY (position, person)) STRICT, WITHOUT ROWID",
    "entries": "(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "nodes": "(place INTEGER PRIMARY KEY, holds INTEGER NOT NULL, hash BLOB NOT NULL) STRICT",
}


class State(NamedTuple):
    """The one row of `state`."""

    position: int
    leaf_hash: bytes
    hashed: int
    people: int
    key: str
    committed_size: int
    committed_event: int


_STATE: Final = ", ".join(State._fields)


def discard(path: Path) -> None:
    """Delete the file with what SQLite keeps beside it; the log has all that was in it."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def connected(path: Path) -> sqlite3.Connection:
    """Open the file, for its owner alone; made where it is not there yet."""
    make_private(path)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        keep_journal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")  # A power failure may take back the newest; it is made again.
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        connection.execute("BEGIN IMMEDIATE")  # Another process may be making it.
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            for table, columns in TABLES.items():
                connection.execute(f"CREATE TABLE {table} {columns}")
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether SQLite cannot read what stands there; a full disk is no damage."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def counted(connection: sqlite3.Connection) -> int:
    """How many people have been read of: they are numbered as they come."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM people").fetchone()[0])


def state_of(connection: sqlite3.Connection) -> State | None:
    """How far the file is; None of one that holds nothing yet."""
    row = connection.execute(f"SELECT {_STATE} FROM state").fetchone()
    return None if row is None or None in row else State(*row)
