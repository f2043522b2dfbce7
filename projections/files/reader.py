"""Reading the files of projections, by connections that are lent for a question; a file that was swapped is read anew.

`tests/projections/test_follower.py` and `tests/projections/test_reached.py` show it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from ledger.lender import Lender
from projections.errors import NotBuilt, Unreadable
from projections.files.board import Board
from projections.files.places import doubt, is_damage, path_of
from projections.files.projection import Projection
from projections.files.reached import Reached

_READING_CACHE_KIB: Final = 128
"""Of each connection: what is asked of is in the system's own cache, and each would keep the same pages once more."""


class _Open:
    """The connections to a file as it was when it was first opened."""

    def __init__(self, path: Path) -> None:
        self.file = path.stat().st_ino
        self.lender = Lender(partial(_connected, f"{path.absolute().as_uri()}?mode=ro"))


def _connected(address: str) -> sqlite3.Connection:
    # Read-only, so that closing never tidies up a write-ahead log that meanwhile belongs to a newer file.
    connection = sqlite3.connect(address, uri=True, timeout=30, check_same_thread=False, cached_statements=256)
    with suppress(sqlite3.Error):  # It looks into the file; of what is broken the first question says so.
        connection.execute(f"PRAGMA cache_size=-{_READING_CACHE_KIB}")
    return connection


class Reader:
    """Reads the file of one projection, for any thread; a file that was swapped is opened anew."""

    def __init__(self, projection: Projection, folder: Path) -> None:
        self.name = projection.name
        self.path = path_of(folder, projection)
        self._path, self._told = str(self.path), Reached(self.path)
        self._open: _Open | None = None

    def _lender(self) -> Lender:
        """Who lends connections to the file as it is now; raises NotBuilt."""
        before = self._open
        try:
            if before is not None and before.file == os.stat(self._path).st_ino:  # noqa: PTH116 - asked ten times a question
                return before.lender
            self._open = opened = _Open(self.path)
        except FileNotFoundError:
            raise self._not_built() from None
        if before is not None:
            before.lender.close()
        return opened.lender

    def _not_built(self) -> NotBuilt:
        """How far whoever follows is with it, if they say."""
        said = Board(self.path.parent).said().get(self.name)
        if said is None or said.building is None:
            return NotBuilt(self.name)
        building = said.building
        return NotBuilt(self.name, done=building.done, total=building.total, seconds_left=building.seconds_left)

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Ask; what goes wrong is said clearly."""
        lender = self._lender()
        try:
            connection = lender.take()
            try:
                return connection.execute(query, values).fetchall()
            finally:
                lender.give_back(connection)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def rows_one_by_one(self, query: str, values: Any = ()) -> Iterator[tuple[Any, ...]]:
        """Ask where there may be millions: a portion of them is in memory."""
        lender = self._lender()
        try:
            connection = lender.take()
            try:
                with closing(connection.execute(query, values)) as rows:
                    yield from rows
            finally:
                lender.give_back(connection)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error) -> Unreadable:
        if is_damage(error):
            doubt(self.path)
        return Unreadable(self.path, error)

    def position(self) -> int:
        """Say up to where the file speaks, which whoever follows may tell without its being opened."""
        try:
            if told := self._told.position(os.stat(self._path).st_ino):  # noqa: PTH116 - asked a thousand times a second
                return told
        except FileNotFoundError:
            raise self._not_built() from None
        found = self.rows("SELECT position FROM projection")
        return int(found[0][0])
