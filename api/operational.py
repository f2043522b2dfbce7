"""Where operational tables lie, and how they are asked: one SQLite file on one host, one schema for several.

What stands there is operational: outside the log, proven by nobody, gone without any registered hour being lost. Each
module keeps tables of its own, used by every thread of a process; several processes may have them open at once, with
PostgreSQL on several hosts. Statements are written once for both (`ledger.stores.portable`). The file is made as it is
opened; the schema is made by `xueshi migrate` (`api/migrations/`), since whoever upgrades several hosts decides when.

`tests/api/test_operations.py` and `tests/api/test_operational_places.py` show it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.stores.journal import keep_journal
from ledger.stores.portable import Asked

if TYPE_CHECKING:
    from ledger.stores.postgres_portable import PortableDatabase

    Place = Path | PortableDatabase

SCHEMA: Final = "operations"
STEPS: Final = "api"
"""The package whose `migrations/` make the schema."""


class Operational:
    """Some of the tables: `schema` makes them in a file. In a database they are there, and closed by whoever opened."""

    def __init__(self, place: Place, schema: str) -> None:
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._database: PortableDatabase | None = None
        if not isinstance(place, Path):
            self._database = place
            return
        self._file = sqlite3.connect(place, timeout=10, isolation_level=None, check_same_thread=False)
        place.chmod(0o600)
        keep_journal(self._file)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(schema)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with self._lock:
                self._file.close()

    @contextmanager
    def _using(self, whose: str = "") -> Iterator[Asked]:
        """Ask, or change with one statement."""
        if self._file is not None:
            with self._lock:
                yield self._file
        else:
            assert self._database is not None, "tables lie in one or the other"
            with self._database.used(type(self).__name__, whose) as connection:
                yield connection

    @contextmanager
    def _writing(self, whose: str = "") -> Iterator[Asked]:
        """Change everything until the block ends, or nothing. `whose`: of what belongs to others nothing is looked at.

        A file has one writer in any case; in a database those who write for different owners do not wait.
        """
        with self._using(whose) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
