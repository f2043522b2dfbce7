"""The service's sockets: waitress's own connections and parsing, woken by epoll.

waitress asks each of its connections before each turn of its loop what it waits for, and turns twice a request: with 64
connections that took more time than anything that was asked of the service. Here a connection itself says what it waits
for, once, when that changes; it is then woken once. Everything that touches a byte stays waitress's, but for two
things: a request that says twice how long it is, which a proxy in front may have read otherwise, is none; and what is
no request is refused in the form of all others, with nothing of it in the answer.

`tests/api/test_serve.py` shows it, with answers that do not fit a socket and with more than one request at a time, and
`tests/api/test_raw_requests.py` with what is no request.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from api.problems import unread

_READ: Final = select.EPOLLIN | select.EPOLLPRI
_WRITE: Final = select.EPOLLOUT
_ONCE: Final = select.EPOLLONESHOT

SENDING_SECONDS: Final = 300
"""So long a request may take to arrive: twenty megabytes over a line of half a megabit."""

Application = Callable[..., Any]


class Sockets(dict[int, Any]):
    """Every open socket by its number, as waitress keeps them, and what wakes them."""

    def __init__(self) -> None:
        super().__init__()
        self._epoll = select.epoll()

    def __setitem__(self, number: int, one: Any) -> None:
        super().__setitem__(number, one)
        self._epoll.register(number, _READ | (_ONCE if isinstance(one, Channel) else 0))

    def __delitem__(self, number: int) -> None:
        super().__delitem__(number)
        self._epoll.unregister(number)

    def wake(self, number: int, flags: int) -> None:
        """Wake a socket when it is ready for this."""
        self._epoll.modify(number, flags)

    def turn(self, timeout: float) -> None:
        """Wait until some are ready, and let each do what it waited for."""
        for number, flags in self._epoll.poll(timeout):
            if (one := self.get(number)) is not None:
                wasyncore.readwrite(one, flags)
                if isinstance(one, Channel):
                    one.rest()


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads the head of a request."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read it; one whose body has two lengths has none (RFC 9112, section 6.3)."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("two lengths")


class Unread(ErrorTask):  # type: ignore[misc]
    """Answers what is no request."""

    def execute(self) -> None:
        """Refuse it, and hang up."""
        status = HTTPStatus(self.request.error.code)
        headers, body = unread(status, self.request.error)
        self.status = f"{int(status)} {status.phrase}"
        self.response_headers.extend((name, value) for name, value in headers.items() if name != "Connection")
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]  # The library has no types.
    """One connection. A thread that has answered puts it to rest itself, so that nobody need look for what changed."""

    parser_class = Parser
    error_task_class = Unread
    begun: float | None = None  # Since when a request is being sent that is not there whole.

    def received(self, data: bytes) -> bool:
        """Take in what was sent."""
        found: bool = super().received(data)
        self.begun = None if self.request is None else self.begun or time.time()  # not hours: seconds
        return found

    def rest(self) -> None:
        """Sleep until there is something to do; while a request is being answered, that is not to be known here."""
        number = self._fileno
        flags = (_READ if self.readable() else 0) | (_WRITE if self.writable() else 0)
        if flags and number is not None:
            with suppress(OSError):  # It was closed in the meantime.
                self._map.wake(number, flags | _ONCE)

    def service(self) -> None:
        """Answer one request."""
        super().service()
        self.rest()

    def write_soon(self, data: Any) -> int:
        """Send what the socket takes at once, and the rest when it can."""
        written: int = super().write_soon(data)
        if self.total_outbufs_len:
            self.rest()
        return written

    def _flush_outbufs_below_high_watermark(self) -> None:
        if self.total_outbufs_len:   # Whoever waits for room here is woken by what is sent there.
            self.rest()
        super()._flush_outbufs_below_high_watermark()

    def _flush_some(self, do_close: bool = True) -> bool:
        with self.outbuf_lock:  # Here both threads may come upon the same bytes.
            sent: bool = super()._flush_some(do_close=do_close)
        return sent


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """The socket that connections come in by."""

    channel_class = Channel

    def __init__(self, application: Application, sockets: Sockets, **settings: Any) -> None:
        self._is_listening = True
        super().__init__(application, map=sockets, adj=Adjustments(**settings))

    def pull_trigger(self) -> None:
        """Wake nobody: where waitress would have every connection looked at, the one that changed has said so."""

    def turn(self, timeout: float) -> None:
        """Let each socket do what it can do now, or wait until one can."""
        listens = self.readable()  # Not at the limit of connections; it also sees to those that have been idle.
        if listens != self._is_listening:
            self._is_listening = listens
            self._map.wake(self._fileno, _READ if listens else 0)
        self._map.turn(timeout)

    def interrupt(self) -> None:
        """End the turn at hand; also from a signal."""
        self.trigger.pull_trigger()

    def maintenance(self, now: float) -> None:
        """Close who has been idle for too long, and who sends so slowly that it never ends."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.begun is not None and not channel.requests and now - channel.begun > SENDING_SECONDS:
                channel.will_close = True
        for channel in list(self.active_channels.values()):
            if channel.will_close:
                channel.rest()
