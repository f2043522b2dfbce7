"""Large files that nobody left in order are read through for damage beside following them, and not before.

After a kill or a power failure every file is checked. A small one is in a moment; the answers of a million people are
twenty gigabytes, and for seven minutes nobody was served. SQLite takes back by itself what a death left half written,
and a file that is cut off it refuses at once; what is left is a page that the disk lost, which whoever meets it is told
as well. So a large file is followed at once, and whoever finds it broken has it made anew as a reader would.

`tests/projections/test_looking_through.py` shows it, with a page that was overwritten.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import structlog

from projections.files.places import doubt, is_damage

AT_ONCE_BYTES: Final = 64 << 20
"""What is no larger is checked before it is followed: some tenths of a second where it must come from the disk."""
_CHECK: Final = "PRAGMA quick_check(1)"
_NICE: Final = 10
_AGAIN_MS: Final = 50


def is_large(path: Path) -> bool:
    """Say whether checking a file takes long enough for somebody to wait."""
    with suppress(FileNotFoundError):
        return path.stat().st_size > AT_ONCE_BYTES
    return False


class LookingThrough:
    """A thread that checks files one after the other; stopped, it says which it has not found whole."""

    def __init__(self, paths: list[Path], found_sound: Callable[[], None]) -> None:
        """`found_sound` is called when every one of them was whole."""
        self._left, self._found_sound = list(paths), found_sound
        self._lock, self._stopping = threading.Lock(), False
        self._reading: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="looking-through", daemon=True)
        self._thread.start()

    def stop(self) -> frozenset[str]:
        """End at once; gives the names of those that are not known to be whole."""
        with self._lock:
            self._stopping = True
        while self._thread.is_alive():
            with self._lock:
                if self._reading is not None:  # Before it has begun to read, it does not hear this: once more, then.
                    self._reading.interrupt()
            self._thread.join(_AGAIN_MS / 1_000)  # not hours: seconds
        return frozenset(path.name for path in self._left)

    def _run(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)  # Of this thread alone, on Linux.
        for path in tuple(self._left):
            began = time.monotonic_ns()
            try:
                sound = self._is_sound(path)
            except sqlite3.Error as error:  # It is gone, which is seen elsewhere, or this was told to stop.
                structlog.get_logger().info("projection_unchecked", file=path.name, because=type(error).__name__)
                continue
            millis = (time.monotonic_ns() - began) // 1_000_000
            structlog.get_logger().info("projection_checked", file=path.name, sound=sound, millis=millis)
            if sound:
                self._left.remove(path)
            else:
                doubt(path)  # Whoever follows looks at it and makes it anew.
        if not self._left:
            self._found_sound()

    def _is_sound(self, path: Path) -> bool:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30,
                                     check_same_thread=False)) as connection:
            with self._lock:
                if self._stopping:
                    raise sqlite3.OperationalError("interrupted")
                self._reading = connection
            try:
                return bool(connection.execute(_CHECK).fetchone()[0] == "ok")
            except sqlite3.DatabaseError as error:
                if is_damage(error):
                    return False
                raise
            finally:
                with self._lock:
                    self._reading = None
