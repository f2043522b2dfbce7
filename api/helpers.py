"""Helpers: processes beside a service for work that keeps a core busy and writes nothing.

They are begun when there is work for them, one after the other as more is asked at once, and end when there was none
for a while. They hold what whoever begins them tells them to open. Nobody relies on one: where it died, or none could
be begun, the work is done by whoever asked. On a machine of one core there are none.

`tests/province/test_beforehand.py` shows it, with one that is killed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeVar

import structlog

IDLE_S: Final = 60
MOST: Final = 4

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


def cores() -> int:
    """How many processes at once find a core: whoever asks may have confined itself to one."""
    return min(MOST, os.cpu_count() or 1)


class Helpers:
    """Up to so many processes, each of which is begun with the same words."""

    def __init__(self, begin: Callable[..., None], told: tuple[Any, ...], *, processes: int | None = None,
                 idle_s: float = IDLE_S) -> None:
        self._begin, self._told, self._idle_s = begin, told, idle_s
        self.processes = cores() if processes is None else processes
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._asking = 0
        self._rest: threading.Timer | None = None

    @property
    def are_worth_it(self) -> bool:
        """Say whether there is a second core."""
        return self.processes > 1

    def running(self) -> list[int]:
        """The processes that there are."""
        with self._lock:
            return [] if self._pool is None else list(self._pool._processes)

    def ask(self, work: Callable[[_Asked], _Answer], asked: _Asked) -> _Answer | None:
        """Have it done by one of them; None where it could not."""
        pool = self._taken()
        try:
            return pool.submit(work, asked).result()
        except (BrokenProcessPool, OSError) as error:  # It was killed, or there is no room for one.
            structlog.get_logger().warning("helper_died", exc_info=error)
            self._forget(pool)
            return None
        finally:
            self._given_back()

    def close(self) -> None:
        """Let them end; what is being done is ended first."""
        with self._lock:
            pool, self._pool = self._pool, None
            if self._rest is not None:
                self._rest.cancel()
        if pool is not None:
            pool.shutdown()

    def _taken(self) -> ProcessPoolExecutor:
        with self._lock:
            self._asking += 1
            if self._rest is not None:
                self._rest.cancel()
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self.processes, mp_context=get_context("spawn"), initializer=self._begin, initargs=self._told)
            return self._pool

    def _given_back(self) -> None:
        with self._lock:
            self._asking -= 1
            if self._asking == 0 and self._pool is not None:
                self._rest = threading.Timer(self._idle_s, self._send_home)
                self._rest.daemon = True
                self._rest.start()

    def _send_home(self) -> None:
        with self._lock:
            if self._asking:
                return
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def _forget(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False)
