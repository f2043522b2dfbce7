"""A process that answers: which connections it takes, whose request is next, and what is refused before it is read.

`tests/api/test_workers.py` shows it.
"""

from __future__ import annotations

import errno
import mmap
import selectors
import signal
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Protocol

import structlog
from gunicorn.http import errors
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from api.refusals import unserved
from api.sockets.lanes import Lanes
from api.workers.connection import Connection, looked_at
from api.workers.patient import Patient
from api.workers.pool import Pool

_ROOM: Final = 10   # When there are as many, a tenth of those that are idle makes room for newcomers.
_PAUSE_SECONDS: Final = 0.1  # not hours: seconds
_GO_AHEAD_SECONDS: Final = 0.001  # not hours: seconds
_NOBODY: Final = 2**31 - 1
_NO_ROOM: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_STATUS: Final[tuple[tuple[type[Exception], HTTPStatus], ...]] = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)


class Crowds:
    """How many connections each process has, told where all of them can see it: whoever has more lets others go first.

    All wake when somebody knocks, and the first takes one more. Of those who then ask again and again on connections
    that they keep, one process could have all, and the others nobody.
    """

    def __init__(self, places: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * places)).cast("i")  # Shared with whoever is forked from here on.
        for place in range(places):
            self._counts[place] = _NOBODY

    def tell(self, place: int, connections: int) -> None:
        """Say how many somebody has."""
        self._counts[place] = connections

    def more_than_others(self, place: int) -> bool:
        """Say whether somebody has more than the one that has the fewest."""
        return self._counts[place] > min(self._counts)


class Around(Protocol):
    """What a worker works for: it begins there, says there that it answers, and lets go there."""

    crowds: Crowds

    def begin(self, worker: Worker) -> None: ...

    def announce(self) -> None: ...

    def let_go(self) -> None: ...

    def forget(self) -> None: ...


class Worker(ThreadWorker):  # type: ignore[misc]
    """A process that answers."""

    app: Around
    core: int
    place: int  # Among those that run at once.
    _connections = 0

    @property
    def nr_conns(self) -> int:
        """How many connections it has: gunicorn counts, and the others see it."""
        return self._connections

    @nr_conns.setter
    def nr_conns(self, many: int) -> None:
        self._connections = many
        if hasattr(self, "place"):  # Not before it has been forked.
            self.app.crowds.tell(self.place, many)

    def init_process(self) -> None:
        """Begin after the fork, answer, and let go of everything."""
        self.app.begin(self)
        self.nr_conns = 0
        self.lanes: Lanes[Connection] = Lanes(self.cfg.threads)
        try:
            super().init_process()
        finally:
            self.app.let_go()

    def get_thread_pool(self) -> Pool:
        """Threads of our own kind, which answer whose turn it is."""
        return Pool(self.cfg.threads, self._answer)

    def init_signals(self) -> None:
        """Leave Ctrl-C to the master, which then ends its workers in good order."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        """Answer until told to stop."""
        self.app.announce()
        super().run()

    def is_parent_alive(self) -> bool:
        """Without its master a worker ends; whoever starts next waits for that, and is not sent to it."""
        alive = bool(super().is_parent_alive())
        if not alive:
            self.app.forget()
        return alive

    def set_accept_enabled(self, enabled: bool) -> None:
        """When it ends, take in whoever has knocked already; whoever comes after is refused, not kept for nobody."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            before = -1
            while before != (before := self.nr_conns):
                self.accept(listener)
            listener.close()

    def accept(self, listener: Any) -> None:
        """Take a connection, for no longer than it may have; where others have fewer, they may take it first."""
        if self.app.crowds.more_than_others(self.place):
            time.sleep(_GO_AHEAD_SECONDS)  # not hours: seconds
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:  # It waits in the queue until somebody has hung up; to end helps nobody.
                structlog.get_logger().warning("no_room_for_connection", errno=error.errno)
                time.sleep(_PAUSE_SECONDS)  # not hours: seconds
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        patient = Patient(fileno=client.detach())
        conn = Connection(self.cfg, patient, address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)  # Not before it says something does it have a thread.
        self.poller.register(patient, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Connection) -> None:
        """Let a request wait for its turn, by what can be seen of it: it is read by the thread that answers it."""
        lane, holder = looked_at(conn)
        self.lanes.put(conn, lane, holder)
        self.tpool.call()

    def _answer(self) -> None:
        """Answer whose turn it is, until nobody's is."""
        while (turn := self.lanes.take()) is not None:
            conn = turn.item
            conn.turn = turn
            done: Future[Any] = Future()
            try:
                done.set_result(kept := self.handle(conn))
            except BaseException as error:
                kept = False
                done.set_exception(error)
            self.lanes.done(turn)
            if not (kept is True and self.alive and self._waits_again(conn)):
                self.method_queue.defer(self.finish_request, conn, done)

    def _waits_again(self, conn: Connection) -> bool:
        """Let a connection wait for its next request from here: whoever reads sockets need not be woken for that."""
        if conn.parser.unreader.buf.getvalue():
            return False
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.append(conn)  # Before it can be woken, which takes it from there.
        try:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
        except (OSError, ValueError):
            try:
                self.keepalived_conns.remove(conn)
            except ValueError:  # It was hung up on in between, to make room.
                return True
            return False        # All end just now.
        if not self.alive:      # Since it was asked above: whoever waits for all to be gone has passed it over.
            self.method_queue.defer(self._cap_keepalive, time.monotonic() + STOP_KEEPALIVE_LINGER)
        return True

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer it, or tell whoever asks to come back."""
        turn = conn.turn
        if turn is None or not turn.come_back_s:
            return super().handle_request(req, conn)
        wanted = next((value for name, value in req.headers if name == "ACCEPT"), "")
        status, headers, body = unserved.turned_away(
            turn.come_back_s, is_one_too_many=turn.is_one_too_many, wants_page="text/html" in wanted)
        closes = not self.alive or req.should_close()
        headers["Connection"] = "close" if closes else "keep-alive"
        lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        conn.sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + (b"" if req.method == "HEAD" else body))
        return not closes

    def murder_keepalived(self, force: bool = False) -> None:
        """Hang up on whoever has been silent for too long; where there is no more room, on some before that."""
        super().murder_keepalived(force=force)
        if self.nr_conns >= self.worker_connections:
            now = time.monotonic()
            for conn in list(self.keepalived_conns)[:max(1, len(self.keepalived_conns) // _ROOM)]:
                conn.timeout = now
            super().murder_keepalived()

    def handle(self, conn: Connection) -> Any:
        """Answer, and take leave here: the thread that accepts must not wait until the other side has closed, too."""
        kept = super().handle(conn)
        if not kept:
            conn.close(graceful=True)
        return kept

    def _cap_keepalive(self, deadline: float) -> None:
        """When it ends, wait no longer for those who have not begun to ask than for those who may ask again."""
        for conn in (*self.keepalived_conns, *self.pending_conns):  # As they are now: whoever answers adds to them.
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Refuse what cannot be read as a request, and repeat nothing of it anywhere."""
        status = next((one for kind, one in _STATUS if isinstance(exc, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
        headers, body = unserved.unread(status, exc)
        lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        with suppress(OSError):
            client.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
