"""Connections that read a SQLite file, each lent to one thread for as long as it asks, then to the next.

A connection for each thread and file would be some five hundred in a service, and each keeps pages, statements and the
schema of its own. Of the threads that answer few ask the same file at a time, so a few connections do for all. Nobody
waits for one: who finds none opens another, and of those that are given back only so many stay open. The one that was
given back last is lent first, so that those beyond what is needed are the ones that nobody has used for longest. A
crowd that came once would leave so many for every file: those that were idle for a whole turn are closed with it.

A forked child has its parent's connections. It leaves them as they are: to close one there can wait for ever, for a
lock of SQLite's that another thread held at the fork.

`tests/ledger/test_lender.py` shows it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Final
from weakref import ref

KEPT_MOST: Final = 4
_PARENTS: Final[list[sqlite3.Connection]] = []  # Held by nobody, they would be closed as well.


class Lender:
    """Lends connections to a file, which it has opened as it is told."""

    def __init__(self, opened: Callable[[], sqlite3.Connection]) -> None:
        self._opened = opened
        self._idle: list[sqlite3.Connection] = []  # Taken and given back without a lock: each is one step of Python's.
        self._kept_most = KEPT_MOST
        self._unneeded = 0  # So many at least were idle all the time since the turn began.
        _LENDERS.append(ref(self, _LENDERS.remove))

    def take(self) -> sqlite3.Connection:
        """Give a connection to whoever gives it back."""
        try:
            connection = self._idle.pop()
        except IndexError:
            self._unneeded = 0
            return self._opened()
        if (left := len(self._idle)) < self._unneeded:
            self._unneeded = left
        return connection

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Keep it for the next, or close one that nobody has used for long."""
        self._idle.append(connection)
        if len(self._idle) > self._kept_most:
            self._tidy(self._kept_most)

    def close(self) -> None:
        """Keep none from here on: what is lent now, or still asked for, is closed when it is given back."""
        self._kept_most = 0
        self._tidy(0)

    def turn(self) -> None:
        """Close those that nobody needed since the last turn, all but one."""
        if self._unneeded:
            self._tidy(max(1, len(self._idle) - self._unneeded))
        self._unneeded = len(self._idle)

    def _tidy(self, most: int) -> None:
        while len(self._idle) > most:
            try:
                connection = self._idle.pop(0)
            except IndexError:  # Another thread was faster.
                return
            connection.close()

    def _leave_to_parent(self) -> None:
        _PARENTS.extend(self._idle)
        self._idle.clear()


_LENDERS: Final[list[ref[Lender]]] = []  # A list: another thread may open a file while they are gone through.


def turn_all() -> None:
    """Of every lender of this process: close what nobody needed since the last time."""
    for one in _LENDERS:
        if (lender := one()) is not None:
            lender.turn()


def _leave_all_to_parent() -> None:
    for one in _LENDERS:
        if (lender := one()) is not None:
            lender._leave_to_parent()


os.register_at_fork(after_in_child=_leave_all_to_parent)
