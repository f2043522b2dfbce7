"""Helpers: processes beside a service for work that keeps a core busy and writes nothing.

They are begun when there is work enough for them, which takes about a second of a core each, and end when there was
none for a while. They hold what whoever begins them tells them to open. Nobody relies on one: until the first is there,
where it died, or where none could be begun, the work is done by whoever asked. On a machine of one core there are none.

`tests/province/test_beforehand.py` shows it, with one that is killed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeVar

import structlog

IDLE_S: Final = 60
AGAIN_S: Final = 60
"""After one died, so long nobody begins another: what kills them may well do so again."""

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Helpers:
    """Up to so many processes, each of which is begun with the same words."""

    def __init__(self, begin: Callable[..., Any], told: tuple[Any, ...], *, processes: int,
                 idle_s: float = IDLE_S) -> None:
        self._begin, self._told, self._idle_s = begin, told, idle_s
        self.processes = processes
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._there: list[Future[int]] = []  # One of each, done when it is there or never will be.
        self._asking = 0
        self._again_at = time.monotonic()
        self._rest: threading.Timer | None = None

    @property
    def are_worth_it(self) -> bool:
        """Say whether there is a second core."""
        return self.processes > 1

    def running(self) -> list[int]:
        """The processes that there are."""
        with self._lock:
            return [] if self._pool is None else list(self._pool._processes)

    def ask(self, work: Callable[[_Asked], _Answer], asked: _Asked, *, much: bool) -> _Answer | None:
        """Have it done by one of them; None where it could not. `much`: there is more to come, for which they begin."""
        pool = self._taken(much=much)
        if pool is None:
            return None
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

    def wait(self, timeout_s: float) -> bool:
        """Begin them, and wait until one is there."""
        with self._lock:
            self._begun()
            begun = self._there
        return bool(begun) and bool(wait(begun, timeout_s, FIRST_COMPLETED).done)

    def _taken(self, *, much: bool) -> ProcessPoolExecutor | None:
        with self._lock:
            if self._pool is None and (not much or time.monotonic() < self._again_at):
                return None
            try:
                pool = self._begun()
            except OSError as error:  # No room for one.
                structlog.get_logger().warning("helper_not_begun", exc_info=error)
                self._pool, self._again_at = None, time.monotonic() + AGAIN_S
                return None
            if not any(each.done() for each in self._there):
                return None
            self._asking += 1
            if self._rest is not None:
                self._rest.cancel()
            return pool

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.processes, mp_context=get_context("spawn"), initializer=self._begin, initargs=self._told)
            self._there = [self._pool.submit(int) for _ in range(self.processes)]
            self._rest_later()
        return self._pool

    def _rest_later(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(self._idle_s, self._send_home)
        self._rest.daemon = True
        self._rest.start()

    def _given_back(self) -> None:
        with self._lock:
            self._asking -= 1
            if self._asking == 0 and self._pool is not None:
                self._rest_later()

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
                self._again_at = time.monotonic() + AGAIN_S
        pool.shutdown(wait=False)
