"""A file that a thread keeps up beside whoever follows: begun once, asked how far it is, stopped.

What it holds is not rows of events but answers that compare them, so it goes at a pace of its own: `differences_upkeep`
and `findings.upkeep` say what is done and when. Their tests show this too.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import Final, Self

from ledger.ledger import Ledger
from projections.errors import ProjectionError, ProjectionFailed
from projections.files.board import Progress
from projections.files.reader import Reader
from projections.following.track import Lag

_LOOK_MS: Final = 50


class KeptUp(ABC):
    """The thread and what is told of it."""

    def __init__(self, name: str, ledger: Ledger, reader: Reader) -> None:
        self._name, self._ledger, self._reader = name, ledger, reader
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._building: Progress | None = None  # Of a long piece of work.
        self._failure: ProjectionFailed | None = None

    def start(self) -> None:
        """Keep the file from now on, in a thread."""
        assert self._thread is None, "upkeep is started once"
        self._thread = threading.Thread(target=self._follow, name=self._name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def position(self) -> int:
        """Say up to where the file speaks; 0 while there is none."""
        try:
            return self._reader.position()
        except ProjectionError:
            return 0

    def wait_until_there(self, timeout_s: int) -> None:
        """Wait until the file speaks of anything at all: it is made beside the requests, not before the first one."""
        until = time.monotonic_ns() + timeout_s * 1_000_000_000
        while self._failure is None and not self.position() and time.monotonic_ns() < until:
            if self._stopping.wait(_LOOK_MS / 1_000):  # not hours: seconds
                return

    def lag(self) -> Lag:
        """Say how far it is; what keeps it is known to the process that has it."""
        position = self.position()
        return Lag(position, self._ledger.store.size() - position, self._building, self._failure)

    @abstractmethod
    def stop(self) -> None:
        """Let go of the file; a long piece of work ends where it is."""

    @abstractmethod
    def _follow(self) -> None:
        """Keep it up until it is to stop."""
