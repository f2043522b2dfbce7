"""What is written ahead of a file is carried over into it by a thread of its own, so that no round waits for the disk.

SQLite writes beside a file first, and waits for the disk when it carries that over. A second connection does so, while
the one that takes events goes on writing. What was carried over to its end, with nothing written meanwhile, is begun
from the front again; so it is done as soon as a round is over, and most often takes less than is left until the next.

`tests/projections/test_carried_over.py` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Final

_MUCH: Final = 6_000  # Changed rows: some four thousand pages. Beginning anew, the next round waits for the disk once.


class Ahead:
    """What the owner of a file has written ahead of it. Whoever lets go of the file closes this first."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._written_by, self._path = connection, path
        self._carried = connection.total_changes
        self._carrying = threading.Lock()  # A file that is let go of while it is carried over would lose another's.
        self._beside: sqlite3.Connection | None = None
        self._is_over = False

    @property
    def is_much(self) -> bool:
        """Say whether it is time to carry it over."""
        return self._written_by.total_changes - self._carried >= _MUCH

    def carry_over(self) -> None:
        """Carry it over into the file, in whichever thread; what cannot be carried over now is the next time."""
        with self._carrying, suppress(sqlite3.Error):
            if not self._is_over:
                self._carried = self._written_by.total_changes
                if self._beside is None:
                    self._beside = _connected(self._path)
                self._beside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Wait until nothing is carried over, and let nothing be any more."""
        with self._carrying:
            self._is_over = True
            if self._beside is not None:
                self._beside.close()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


class Carrier:
    """The thread that does so, for one file at a time."""

    def __init__(self) -> None:
        self._handed: SimpleQueue[Ahead | None] = SimpleQueue()
        self._free = threading.Event()
        self._free.set()
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)
        self._thread.start()

    @property
    def is_free(self) -> bool:
        """Say whether it can be handed something."""
        return self._free.is_set()

    def carry_over(self, ahead: Ahead) -> None:
        """Have it carried over, and do not wait for that."""
        self._free.clear()
        self._handed.put(ahead)

    def end(self) -> None:
        """Finish what was handed over, and end."""
        self._handed.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (ahead := self._handed.get()) is not None:
            ahead.carry_over()
            self._free.set()
