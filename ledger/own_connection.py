"""A thread's own connection to a SQLite file, closed when the thread is over.

A forked child has its parent's connections and one thread, and Python lets go there of what the other threads had. To
close a connection then can wait for ever, for a lock of SQLite's that one of those threads held: a child leaves its
parent's connections as they are.

`tests/ledger/test_own_connection.py` shows it.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Final

_PARENTS: Final[list[sqlite3.Connection]] = []


class OwnConnection:
    """Holds a connection for as long as its thread lives: a server may make a thread a request."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._process = os.getpid()

    def __del__(self) -> None:
        if os.getpid() == self._process:
            self.connection.close()
        else:
            _PARENTS.append(self.connection)  # Held by nobody, it would be closed as well.
