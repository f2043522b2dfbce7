"""Reading the files of projections: a connection a thread, of a file that was swapped a new one.

`tests/projections/test_follower.py` and `tests/projections/test_reached.py` show it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from ledger.own_connection import OwnConnection
from projections.board import Board
from projections.errors import NotBuilt, Unreadable
from projections.places import doubt, is_damage, path_of
from projections.projection import Projection
from projections.reached import Reached

_READING_CACHE_KIB: Final = 128
"""Of each of the connections that threads read by, some five hundred of them: what they ask of is in the system's own
cache, and what each kept beside it was the same pages once more, up to two megabytes a connection."""


class _Open(OwnConnection):
    """A thread's own reading connection to the file as it was when it was opened."""

    def __init__(self, path: Path) -> None:
        self.file = path.stat().st_ino
        # Read-only, so that closing never tidies up a write-ahead log that meanwhile belongs to a newer file.
        super().__init__(sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False, cached_statements=256
        ))
        with suppress(sqlite3.Error):  # It looks into the file; of what is broken the first question says so.
            self.connection.execute(f"PRAGMA cache_size=-{_READING_CACHE_KIB}")

    def __del__(self) -> None:
        if hasattr(self, "connection"):  # Of a file that there is not, none was opened.
            super().__del__()


class Reader:
    """Reads the file of one projection, a connection a thread; a file that was swapped is opened anew.

    One that is `shared` has a single connection; whoever shares it sees to it that one thread at a time asks.
    """

    def __init__(self, projection: Projection, folder: Path, *, shared: bool = False) -> None:
        self.name = projection.name
        self.path = path_of(folder, projection)
        self._path, self._told = str(self.path), Reached(self.path)
        self._local: Any = SimpleNamespace() if shared else threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the thread's connection to the file as it is now; raises NotBuilt."""
        own: _Open | None = getattr(self._local, "own", None)
        try:
            if own is None or own.file != os.stat(self._path).st_ino:  # noqa: PTH116 - asked ten times a question
                own = self._local.own = _Open(self.path)
        except FileNotFoundError:
            raise self._not_built() from None
        except sqlite3.Error as error:
            raise Unreadable(self.path, error) from error
        return own.connection

    def _not_built(self) -> NotBuilt:
        """How far whoever follows is with it, if they say."""
        said = Board(self.path.parent).said().get(self.name)
        if said is None or said.building is None:
            return NotBuilt(self.name)
        building = said.building
        return NotBuilt(self.name, done=building.done, total=building.total, seconds_left=building.seconds_left)

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Ask; what goes wrong is said clearly."""
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if is_damage(error):
                doubt(self.path)
            raise Unreadable(self.path, error) from error

    def position(self) -> int:
        """Say up to where the file speaks, which whoever follows may tell without its being opened."""
        try:
            if told := self._told.position(os.stat(self._path).st_ino):  # noqa: PTH116 - asked a thousand times a second
                return told
        except FileNotFoundError:
            raise self._not_built() from None
        found = self.rows("SELECT position FROM projection")
        return int(found[0][0])
