"""A ledger's SQLite file as `ledger.stores.cold` reads and changes it: rows whose bodies lie in archives.

The table `archives` is made when the first body goes and dropped when the last is back; while it stands the file bears
another schema number. `tests/ledger/test_moved_year.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ledger.stores.cold import PLACES, Place
from ledger.stores.recorder import Room
from ledger.stores.sqlite_file import SCHEMA_VERSION, SCHEMA_WITH_ARCHIVES, put_names_in_order

_TABLE: Final = """CREATE TABLE IF NOT EXISTS archives (  -- Which folder has the bodies of which positions.
    first    INTEGER PRIMARY KEY,
    last     INTEGER NOT NULL,
    year     INTEGER NOT NULL,
    folder   TEXT NOT NULL,
    manifest TEXT NOT NULL                  -- Its digest: the folder may be put elsewhere, and not be another.
)"""
_FORBIDDING: Final = ("events_stay_as_they_are", "sealed_stays")


class FileRows:
    """The rows of a file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        return self._connection.execute(query, values)

    def archives(self) -> list[Place]:
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'archives'").fetchone():
            return []
        return [Place(*row) for row in self._connection.execute(PLACES)]


class FileChange(FileRows):
    """A transaction that changes them."""

    def enter(self, place: Place) -> None:
        self._connection.execute(_TABLE)
        self._connection.execute("INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?, ?)", place)
        self._connection.execute(f"PRAGMA user_version={SCHEMA_WITH_ARCHIVES}")

    def leave(self, place: Place) -> None:
        self._connection.execute("DELETE FROM archives WHERE first = ?", (place.first,))
        if not self.archives():
            self._connection.execute("DROP TABLE archives")
            self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def move_out(self, stubs: Sequence[tuple[int, bytes]]) -> None:
        with self._allowing():
            self._replace(stubs)
            self._connection.executemany("DELETE FROM sealed WHERE position = ?", [(at,) for at, _ in stubs])

    def bring_in(self, leaves: Sequence[tuple[int, bytes]], parts: Sequence[tuple[int, bytes, bytes]]) -> None:
        with self._allowing():
            self._replace(leaves)
            self._connection.executemany("INSERT INTO sealed VALUES (?, ?, ?)", parts)

    def cut(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        self._connection.execute("PRAGMA secure_delete=ON")  # What stood there is written over, not only let go.
        with self._allowing():
            self._replace(leaves)

    def _replace(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        self._connection.executemany(
            "UPDATE events SET leaf = ? WHERE position = ?", [(leaf, position) for position, leaf in leaves])

    @contextmanager
    def _allowing(self) -> Iterator[None]:
        """Take the triggers that forbid it away and put them back, in one transaction: nobody sees the file without."""
        marks = ", ".join("?" * len(_FORBIDDING))
        found = self._connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN ({marks})",
            _FORBIDDING).fetchall()
        for name, _ in found:
            self._connection.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in found:
            self._connection.execute(sql)


def compacted(connection: sqlite3.Connection, path: Path) -> Room:
    """Write the file anew, without what was let go of."""
    before = _bytes(path)
    put_names_in_order(connection)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Room(before, _bytes(path))


def _bytes(path: Path) -> int:
    """What a file takes on the disk with all that belongs to it."""
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.is_file())
