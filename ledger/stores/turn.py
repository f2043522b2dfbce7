"""Whose turn it is to write, where several processes write one SQLite file.

SQLite has whoever finds the file locked sleep, 1 ms, 2, 5, 10 and up to 100, while it is free again after one: two
processes under load stood still for a third of their time. So they take turns at a lock of their own first, which is
asked for several times a millisecond. It lies beside the file, since to close a descriptor of the file itself would
drop SQLite's own locks; the kernel frees it when its holder dies. It decides nothing: SQLite's lock still does.

`tests/ledger/stores/test_turn.py` shows it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ASK_EVERY_S: Final = 0.000_1  # not hours: seconds


class Turn:
    """The lock beside one file."""

    def __init__(self, path: str, *, timeout_s: int) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._file: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have it, in SQLite's own words when that cannot be."""
        file = self._opened()
        until = time.monotonic_ns() + self._timeout_s * 1_000_000_000
        while not _lock(file):
            if time.monotonic_ns() > until:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(_ASK_EVERY_S)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file. It stays: removing it would let two hold two files of one name."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                words = {errno.ENOSPC: "database or disk is full", errno.EROFS: "attempt to write a readonly database"}
                raise sqlite3.OperationalError(words.get(error.errno or 0, "unable to open database file")) from error
        return self._file


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
