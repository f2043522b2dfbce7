"""The service's sockets: waitress's own connections and parsing, woken by epoll, and answered in turn (`lanes`).

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
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from api.refusals.unserved import turned_away, unread
from api.sockets.lanes import Lanes, Turn, lane_of

_READ: Final = select.EPOLLIN | select.EPOLLPRI
_WRITE: Final = select.EPOLLOUT
_ONCE: Final = select.EPOLLONESHOT

SENDING_SECONDS: Final = 300
"""So long a request may take to arrive: twenty megabytes over a line of half a megabit."""

TOGETHER_MOST: Final = 65_536
"""Of an answer this long the head is sent with it; to put longer ones together costs more than a second call."""

CONNECTIONS_MOST: Final = 4_000
"""Beyond it whoever has been silent for longest is hung up on: a connection that is kept takes no newcomer's place."""
_ROOM: Final = 10  # A tenth of all at once.
_UNREAD: Final = "public"

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
        wanted = self.request.headers.get("ACCEPT", "")  # None yet, where the head itself could not be read.
        headers, body = unread(status, self.request.error, wants_page="text/html" in wanted)
        self.status = f"{int(status)} {status.phrase}"
        self.response_headers.extend((name, value) for name, value in headers.items() if name != "Connection")
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Answering(WSGITask):  # type: ignore[misc]
    """Answers a request, or tells whoever asks to come back."""

    wrote_header: bool

    def execute(self) -> None:
        """Do what its turn says."""
        turn = self.channel.turn
        if turn is None or not turn.come_back_s:
            super().execute()
            return
        self.complete = True
        wanted = self.request.headers.get("ACCEPT", "")
        status, headers, body = turned_away(turn.come_back_s, is_one_too_many=turn.is_one_too_many,
                                            wants_page="text/html" in wanted)
        self.status = f"{int(status)} {status.phrase}"
        self.response_headers.extend(headers.items())
        self.content_length = len(body)
        self.write(body if self.request.command != "HEAD" else b"")

    def build_response_header(self) -> bytes:
        """Say who, when the service is ending, is hung up on after this answer: nothing more is asked in vain."""
        if self.channel.server.is_ending:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head

    def write(self, data: bytes) -> None:
        """Write; a whole short answer with its head, in one call of the system and for one wake-up of whoever reads."""
        if self.wrote_header or not self.complete or not 0 < len(data) == self.content_length <= TOGETHER_MOST:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        if not self.has_body or self.chunked_response:
            self.channel.write_soon(head)
            super().write(data)
            return
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class Channel(HTTPChannel):  # type: ignore[misc]  # The library has no types.
    """One connection. A thread that has answered puts it to rest itself, so that nobody need look for what changed."""

    parser_class = Parser
    task_class = Answering
    error_task_class = Unread
    turn: Turn[Channel] | None = None  # While its request is answered.
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


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that answer whose turn it is (`api.sockets.lanes`), and not whoever came first."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.lanes: Lanes[Channel] = Lanes(threads)
        self.lanes.lock = self.lock  # One lock for whose turn it is and for who sleeps until then.
        self.set_thread_count(threads)

    def add_task(self, task: Channel) -> None:
        """Let a connection's next request wait for its turn."""
        request = task.requests[0]
        headers = request.headers
        holder = headers.get("AUTHORIZATION") or headers.get("COOKIE") or ""
        lane = _UNREAD if request.error else lane_of(request.command, request.path)
        with self.lock:
            self.lanes.add(task, lane, holder.encode("latin-1", "replace"))
            self.queue_cv.notify()

    def handler_thread(self, thread_no: int) -> None:
        """Answer one after the other until there are too many threads."""
        while True:
            with self.lock:
                turn = None
                while not self.stop_count and (turn := self.lanes.next()) is None:
                    self.queue_cv.wait()
                if turn is None:
                    self.stop_count -= 1
                    self.threads.discard(thread_no)
                    self.thread_exit_cv.notify()
                    return
            channel = turn.item
            channel.turn = turn
            try:
                channel.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", channel)
            with self.lock:
                self.lanes.over(turn)
                if self.lanes.any_waiting():  # For a place in this lane, while this thread goes on with another.
                    self.queue_cv.notify()

    def turn_away(self) -> None:
        """Tell all who still wait to come back."""
        with self.lock:
            self.lanes.turn_all_away()
            self.queue_cv.notify_all()

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """End the threads, and hang up on whoever still waits."""
        super().shutdown(cancel_pending=False, timeout=timeout)
        left = self.lanes.drained() if cancel_pending else []
        for channel in left:
            channel.cancel()
        return bool(left)


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """The socket that connections come in by."""

    channel_class = Channel
    is_ending = False

    def __init__(self, application: Application, sockets: Sockets, **settings: Any) -> None:
        self._is_listening = True
        adjustments = Adjustments(**{"connection_limit": CONNECTIONS_MOST, "backlog": CONNECTIONS_MOST, **settings})
        threads = Threads(adjustments.threads)
        self.lanes = threads.lanes
        super().__init__(application, map=sockets, adj=adjustments, dispatcher=threads)

    def pull_trigger(self) -> None:
        """Wake nobody: where waitress would have every connection looked at, the one that changed has said so."""

    def turn(self, timeout: float) -> None:
        """Let each socket do what it can do now, or wait until one can."""
        listens = self.readable()  # Not at the limit of connections; it also sees to those that have been idle.
        if listens != self._is_listening:
            self._is_listening = listens
            self._map.wake(self._fileno, _READ if listens else 0)
        if not listens and self.accepting:
            self._make_room()
        self._map.turn(timeout)

    def _make_room(self) -> None:
        """Hang up on those who have said nothing for longest: they can come again, and whoever waits outside cannot."""
        idle = [one for one in self.active_channels.values()
                if not (one.requests or one.request or one.total_outbufs_len or one.will_close)]
        for channel in sorted(idle, key=lambda one: float(one.last_activity))[:max(1, len(idle) // _ROOM)]:
            channel.handle_close()

    def end(self) -> None:
        """Take in whoever has knocked already; from here on nobody can, and every answer is a connection's last."""
        self.socket.listen(0)  # No crowd gathers between the last that is taken in and the close.
        before = -1
        while before != (before := len(self._map)):
            self.handle_accept()
        self.is_ending, self._is_listening = True, False
        wasyncore.dispatcher.close(self)  # Whoever comes now is refused, and not kept waiting for nobody.

    def is_asked(self) -> bool:
        """Say whether there is anything to read of a request that was begun, to answer, or to send."""
        return any(one.request or one.requests or one.total_outbufs_len for one in self.active_channels.values())

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
