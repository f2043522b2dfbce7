"""Asking somebody outside again and again: a thread, whose turn it is, and patience with whoever does not answer.

Beside the keeper, in the process that has its lease. Whoever fails is asked less and less often, and how each answered
is told to every process when it changed. `tests/witness/test_submitting.py` and `test_stamps.py` show it.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import structlog

from ledger.errors import LedgerError
from ledger.witnessing.kept import Answering, Kept

_TURN_S: Final = 1
_DOUBLINGS_MOST: Final = 12


class Rounds(ABC):
    """What is asked of all who are of one kind. `may` says whether it is this process's turn."""

    kind: str           # What they are, in what is told of them,
    thread_name: str    # and in a list of threads.
    back_off_s: int     # The longest that somebody who failed is left alone.

    def __init__(
        self, names: Iterable[str], kept: Kept, *, may: Callable[[], bool] = lambda: True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._kept, self._may, self._clock = kept, may, clock
        before = {one.name: one for one in kept.answering() if one.kind == self.kind}
        self._told = {name: before.get(name, Answering(name, self.kind)) for name in names}
        self._failures, self._again_at = dict[str, int](), dict[str, int]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.thread_name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is still owed is asked for at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @abstractmethod
    def round(self) -> None:
        """Ask whoever is due."""

    def _run(self) -> None:
        while not self._stopping.wait(_TURN_S):
            try:
                if self._may():
                    self.round()
            except LedgerError as error:
                structlog.get_logger().error("asking_outside_failed", kind=self.kind, code=error.code)
            except Exception as error:
                structlog.get_logger().error("asking_outside_broke", kind=self.kind, exc_info=error)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        before = dict(self._told)
        yield
        if self._told != before:
            self._kept.say([*self._told.values()])

    def _is_due(self, name: str) -> bool:
        return self._again_at.get(name, 0) <= self._seconds()

    def _answered(self, name: str, size: int, at: int) -> None:
        if self._failures.get(name):
            structlog.get_logger().info("outside_answers", kind=self.kind, whom=name)
        self._failures[name] = 0
        self._told[name] = Answering(name, self.kind, size, at)

    def _failed(self, name: str, code: str, reason: str) -> None:
        count = self._failures[name] = self._failures.get(name, 0) + 1
        now, before = self._seconds(), self._told[name]
        self._again_at[name] = now + min(self.back_off_s, 2 ** min(count, _DOUBLINGS_MOST))
        self._told[name] = replace(before, failing_since=before.failing_since or now, code=code, reason=reason)
        if before.code != code:  # Not as `name`: whatever stands under that is hidden in the log.
            structlog.get_logger().warning("outside_failed", kind=self.kind, whom=name, code=code)

    def _seconds(self) -> int:
        return self._clock() // 1_000_000_000
