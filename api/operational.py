"""What every table of `operations.db` is opened with: one connection under one lock, and changes that are all or none.

What stands there is operational: outside the log, proven by nobody, gone without any registered hour being lost. Each
module keeps tables of its own in the file, used by every thread of a process; several processes may have it open at
once. `tests/api/test_operations.py` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.stores.journal import keep_journal


class Operational:
    """A connection to the file."""

    def __init__(self, path: Path, schema: str) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        keep_journal(self._file)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(schema)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Change everything until the block ends, or nothing."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
                self._file.execute("COMMIT")
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
