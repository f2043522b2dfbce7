"""The open file of differences: rows and position change together, and say between which positions they hold.

Whoever has the right to write it sees to it that nobody else does: `upkeep.py` by a lock on the file that
is kept up, `asked.py` by making files of its own. `tests/projections/test_differences.py` shows it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from ledger.ledger import Ledger
from projections.differences.person import Dated, Differences, EntryRow, YearRow
from projections.differences.queue import DifferencesFile
from projections.files.build import opened


class Kept:
    """The open file."""

    def __init__(self, ledger: Ledger, path: Path) -> None:
        self._ledger, self._path, self._recorded_at = ledger, path, times_of(ledger)
        self._file = opened(DifferencesFile(), path, ledger)
        self.connection: Final = self._file.connection
        self._inode = path.stat().st_ino

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()

    def is_there(self) -> bool:
        """Say whether it is still the file of its name."""
        return self._path.exists() and self._path.stat().st_ino == self._inode

    @property
    def position(self) -> int:
        """Up to where it speaks; 0 where it was never made whole."""
        return position_in(self.connection)

    def people(self) -> list[str]:
        """Everyone who differs by what stands."""
        return [person for (person,) in self._rows("SELECT DISTINCT person FROM entries WHERE to_position IS NULL")]

    def make(self, at: int, found: Iterable[Dated]) -> None:
        """Let exactly this stand, and nothing be known of what was before."""
        with self._file.one_commit():
            for table in ("entries", "years", "known"):
                self.connection.execute(f"DELETE FROM {table}")
            self.connection.execute("INSERT INTO known VALUES (?)", (at,))
            for one in found:
                begin(self.connection, self._recorded_at, one)
            self._reach(at)

    def write(self, at: int, changes: Mapping[str, list[tuple[int, Differences]]]) -> None:
        """Let each person's rows change where they do, and reach a position."""
        with self._file.one_commit():
            for person, history in changes.items():
                for point, now in history:
                    self._change("entries", "claim", person, point, now.entries)
                    self._change("years", "year", person, point, now.years)
            self._reach(at)

    def _change(self, table: str, key: str, person: str, at: int, now: Any) -> None:
        fields = EntryRow._fields if table == "entries" else YearRow._fields
        query = f"SELECT {', '.join(fields)}, since FROM {table} WHERE person = ? AND to_position IS NULL"
        before = {row[fields.index(key)]: row for row in self._rows(query, (person,))}
        for name, row in before.items():
            if name not in now or tuple(now[name]) != row[:-1]:
                self.connection.execute(
                    f"UPDATE {table} SET to_position = ? WHERE person = ? AND {key} = ? AND to_position IS NULL",
                    (at, person, name))
        for name, row in now.items():
            if name not in before or tuple(row) != before[name][:-1]:
                since = before[name][-1] if name in before else at
                begin(self.connection, self._recorded_at, Dated(row, at, since))

    def _reach(self, at: int) -> None:
        leaf = self._ledger.store.leaves(at - 1, 1)[0]
        self.connection.execute(
            "UPDATE projection SET position = ?, leaf_sha256 = ?", (at, hashlib.sha256(leaf).hexdigest()))

    def _rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()


def begin(connection: sqlite3.Connection, recorded_at: Callable[[int], int], one: Dated) -> None:
    """Let a row hold from its position on."""
    table = "entries" if isinstance(one.row, EntryRow) else "years"
    values = {**one.row._asdict(), "since": one.since, "since_at": recorded_at(one.since),
              "from_position": one.from_position}
    connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))


def times_of(ledger: Ledger) -> Callable[[int], int]:
    """When events were recorded, in microseconds: each read once, since of a roster's closing many differ."""
    @lru_cache(1_024)
    def recorded_at(position: int) -> int:
        found = ledger.at(position)
        assert found is not None, "something differs since an event"
        return found.envelope.recorded_at

    return recorded_at


def position_in(connection: sqlite3.Connection) -> int:
    """Up to where a file speaks; 0 where it was never made whole."""
    return int(connection.execute("SELECT position FROM projection").fetchone()[0])


def content(connection: sqlite3.Connection) -> str:
    """The digest of what holds, in order: the same whenever the file was made and however rounds fell."""
    digest = hashlib.sha256()
    for table in ("entries", "years"):
        for row in connection.execute(f"SELECT * FROM {table} WHERE to_position IS NULL ORDER BY 1, 2"):
            digest.update(msgspec.json.encode(row))
    return digest.hexdigest()
