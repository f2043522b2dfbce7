"""Hears that another process has committed, and wakes who waits for it here. A hint and no more: followers poll, too.

One thread and one connection a process, and only where somebody asked to be woken. Whatever ends the connection, it is
made again; since a notice may have been missed meanwhile, and before the first LISTEN took hold, all are woken then.

`tests/ledger/stores/test_postgres_listener.py` shows it.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from typing import Final

import psycopg

from ledger.stores.postgres_connections import Connection, connect
from ledger.stores.postgres_target import Target

_FIRST_PAUSE_S: Final = 0.05  # not hours: seconds
_LONGEST_PAUSE_S: Final = 5
_LOOK_S: Final = 30  # A connection that is gone without a word is found out by its keepalives; this is for the rest.


class Listener:
    """Calls `wake` after each notice that does not come from `own`, the name this process notifies under."""

    def __init__(self, target: Target, channel: str, own: str, wake: Callable[[], None]) -> None:
        self._target, self._channel, self._own, self._wake = target, channel, own, wake
        self._stopping = threading.Event()
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="ledger-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        if not self._stopping.is_set():
            self._stopping.set()
            os.write(self._stop_write, b"x")
            self._thread.join()
            os.close(self._stop_read)
            os.close(self._stop_write)

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                with connect(self._target) as connection:
                    connection.execute(f'LISTEN "{self._channel}"'.encode())
                    self._wake()
                    pause = _FIRST_PAUSE_S
                    while not self._stopping.is_set():
                        self._hear(connection)
            except psycopg.Error:  # The server is away, or threw us out: nothing is lost but haste.
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _hear(self, connection: Connection) -> None:
        ready, _, _ = select.select([connection.fileno(), self._stop_read], [], [], _LOOK_S)
        if self._stop_read in ready:
            return
        if not ready:
            connection.execute(b"SELECT 1")
        if [notice for notice in connection.notifies(timeout=0) if notice.payload != self._own]:
            self._wake()
