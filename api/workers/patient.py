"""A connection with a time by which a request has come and an answer is taken; its descriptor never waits.

The library says to the system at each new time of a socket whether to wait, and asks before each call whether there is
anything: nine calls of the system for a request, each of which lets go of the interpreter, and other threads of the
same core took it each time. Nearly always a request is there when it is read and there is room for its answer, so the
times are ours to keep and the system is asked only where that is not so.

`tests/api/test_patient.py` shows it.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from typing import Any, Final

REQUEST_SECONDS: Final = 60
"""A request has come by then, and so much of an answer as is sent at once is taken by then."""
QUIET_SECONDS: Final = 10
"""A request that has begun is not waited for any longer when nothing more comes for so long."""


class Patient(socket.socket):
    """A connection with a time by which a request has come: one byte at a time keeps no thread for ever."""

    _until_ns = 0
    _waits_s: float | None = 0  # not hours: seconds

    def __init__(self, *, fileno: int) -> None:
        super().__init__(fileno=fileno)
        super().setblocking(False)

    def setblocking(self, flag: bool) -> None:
        """Begin to wait for a request: before each, gunicorn says that it will."""
        if flag:
            self._until_ns = time.monotonic_ns() + REQUEST_SECONDS * 1_000_000_000
        self._waits_s = REQUEST_SECONDS if flag else 0

    def settimeout(self, value: float | None) -> None:
        """Wait so long at most for what is read from now on."""
        self._waits_s = value

    def gettimeout(self) -> float | None:
        """How long is waited for what is read."""
        return self._waits_s

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read within what is left of the time."""
        if self._waits_s == 0 or flags & socket.MSG_DONTWAIT:
            return super().recv(bufsize, flags)
        while (left_s := (self._until_ns - time.monotonic_ns()) / 1_000_000_000) > 0:
            try:
                return super().recv(bufsize, flags)
            except BlockingIOError:
                if not self._waited(select.POLLIN, min(self._waits_s or QUIET_SECONDS, QUIET_SECONDS, left_s)):
                    break
        raise ConnectionResetError(errno.ECONNRESET, "the request did not come in time")

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some of it, as soon as there is room."""
        return self._sent(data, flags, time.monotonic_ns() + REQUEST_SECONDS * 1_000_000_000)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it within its own time, however long the request took to come."""
        left, until_ns = memoryview(data), time.monotonic_ns() + REQUEST_SECONDS * 1_000_000_000
        while left:
            left = left[self._sent(left, flags, until_ns):]

    def _sent(self, data: Any, flags: int, until_ns: int) -> int:
        while True:
            try:
                return super().send(data, flags)
            except BlockingIOError:
                left_s = (until_ns - time.monotonic_ns()) / 1_000_000_000
                if left_s <= 0 or not self._waited(select.POLLOUT, left_s):
                    raise TimeoutError("timed out") from None

    def _waited(self, what: int, seconds: float) -> bool:
        """Wait until there is something, or room for something; False where that took too long."""
        asked = select.poll()
        asked.register(self, what)
        return bool(asked.poll(-(-seconds * 1_000 // 1)))  # not hours: whole milliseconds, never none
