"""SQLite's write-ahead log, on a file that several processes may open for the first time at once.

Of those who ask for it in the same moment SQLite lets one have it and refuses the others at once, whatever time-out was
set; a moment later it is there for all of them.

`tests/ledger/test_vault.py` and `tests/api/test_operations.py` show it.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Final

WAIT_NS: Final = 10_000_000_000
_ASK_EVERY_S: Final = 0.01  # not hours: seconds
_OTHERS_ASK: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def keep_journal(connection: sqlite3.Connection) -> str:
    """Have several read while one writes; gives the mode that the file is in now."""
    until = time.monotonic_ns() + WAIT_NS
    while True:
        try:
            mode: str = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            return mode
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _OTHERS_ASK or time.monotonic_ns() > until:
                raise
            time.sleep(_ASK_EVERY_S)
