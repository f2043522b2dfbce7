"""Threads that answer, of which the one that rested last is woken first.

Taken in turn, all of them go cold: at half the load of two cores three or four do the work of thirty-two, and each that
was asleep for a tenth of a second finds nothing of its own in the processor's caches. So threads lie on a pile, and one
is begun only where none rests.

`tests/api/test_worker_pool.py` shows it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Pool:
    """At most so many threads, each of which works until there is nothing to do and rests until it is called."""

    def __init__(self, most: int, work: Callable[[], object]) -> None:
        self._most, self._work = most, work
        self._lock = threading.Lock()
        self._resting: list[threading.Lock] = []  # Each sleeps at a lock of its own; the last one rested last.
        self._begun = 0
        self._is_called = self._is_over = False   # Called while none rested: whoever is done looks once more.

    def call(self) -> None:
        """Have one of them look for work."""
        with self._lock:
            if self._resting:
                self._resting.pop().release()
                return
            if self._begun == self._most or self._is_over:
                self._is_called = True
                return
            self._begun += 1
            name = f"answering-{self._begun}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def shutdown(self, wait: bool = False) -> None:
        """Let those that rest end, and the others when they are done: whoever ends the process has waited for them."""
        with self._lock:
            self._is_over = True
            for one in self._resting:
                one.release()
            self._resting.clear()

    def _run(self) -> None:
        asleep = threading.Lock()
        asleep.acquire()
        while True:
            self._work()
            with self._lock:
                if self._is_called:
                    self._is_called = False
                    continue
                if self._is_over:
                    return
                self._resting.append(asleep)
            asleep.acquire()
