"""The service in several processes: gunicorn's master and threaded workers around the same application.

The master opens nothing of the register's and answers nothing: it holds the socket, keeps as many workers alive as
there should be, and ends them when it is told to. Each worker puts the house together after it was forked, and takes it
apart when it has answered what it had begun. Before the first of them is forked the house is put together once in a
child, so that what keeps it from standing is told in its own words and nothing is served; a worker that is lost later
is replaced, and its replacement waits for a database that cannot be reached just then.

What waitress gives in one process is given here too: limits on headers and bodies, a time by which a request has to
have come and an answer has to have been taken, no word of a request in a log line.

`tests/api/test_workers.py` shows it with real processes, some of which are killed.
"""

from __future__ import annotations

import errno
import io
import json
import mmap
import os
import re
import selectors
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from gunicorn.http import errors, wsgi
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

from api import problems
from api.evidence_files import MOST as FILE_BYTES_MOST
from api.exits import Exit, Stop
from api.lanes import Lanes, Turn, lane_of
from api.settings import Settings, SettingsError
from api.sockets import TOGETHER_MOST
from ledger.errors import LedgerError
from ledger.stores.append import StoreFailed
from ledger.stores.errors import Unreadable

REQUEST_SECONDS: Final = 60
"""A request has come by then, and so much of an answer as is sent at once is taken by then."""
QUIET_SECONDS: Final = 10
"""A request that has begun is not waited for any longer when nothing more comes for so long."""
LINGER_SECONDS: Final = 1
KEPT_OPEN_SECONDS: Final = 30
_CONNECTIONS: Final = 4_000
_ROOM: Final = 10   # When there are as many, a tenth of those that are idle makes room for newcomers.
_HEAD: Final = 4_096  # Of a request, looked at before it is read.
_BEAT_SECONDS: Final = 5
_SILENCE_SECONDS: Final = 30   # A worker that gives no sign of life for so long is killed and replaced.
_CLOSING_SECONDS: Final = 10   # Beyond the time for requests: to sign, to follow to the end, to let go.
_RETRY_SECONDS: Final = 1
_PAUSE_SECONDS: Final = 0.1  # not hours: seconds
_GO_AHEAD_SECONDS: Final = 0.001  # not hours: seconds
_NOBODY: Final = 2**31 - 1
_NO_ROOM: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_HEADER_BYTES: Final = 8_190
_CREDENTIALS: Final = re.compile(rb"\r\n(?:authorization|cookie): *([^\r]+)", re.IGNORECASE)
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a file without a name, where a slow disk cannot make a worker look dead

_STATUS: Final[tuple[tuple[type[Exception], HTTPStatus], ...]] = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)

class Whole(wsgi.Response):  # type: ignore[misc]
    """An answer, whose head goes out with its body where that is short: one call of the system, and one wake-up."""

    headers_sent: bool

    def write(self, arg: bytes) -> None:
        """Write what the application gave."""
        is_all = not (self.headers_sent or self._omits_body or self.chunked) and len(arg) == self.response_length
        if not is_all or not 0 < len(arg) <= TOGETHER_MOST:
            super().write(arg)
            return
        head = "".join([*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"])
        self.headers_sent, self.sent = True, len(arg)
        self.sock.sendall(head.encode("latin-1") + arg)


wsgi.Response = Whole
wsgi.SERVER = "xueshi"  # What the house is built with is nobody's business.


def serve(
    settings: Settings, listening: socket.socket, compose: Callable[[], AbstractContextManager[Flask]],
    settle: Callable[[], None], announce: Callable[[], None], forget: Callable[[], None], *, drain_seconds: int,
) -> None:
    """Serve until told to stop. `announce` is called once, when it can be visited; `forget` when the master is gone.

    `settle` is called where what has been made will stand: before the forks, so that it is in memory once, and after.
    """
    apart(lambda: _stand_once(compose))
    service = Service(settings, listening, compose, settle, announce, forget, drain_seconds=drain_seconds)
    settle()
    master = os.getpid()
    try:
        Master(service).run()
    except SystemExit as end:
        if os.getpid() != master:
            _leave(end.code if isinstance(end.code, int) else 0)
        if end.code:
            raise service.because() from None
    except HaltServer:  # One could not begin while all were being ended.
        raise service.because() from None
    except BaseException:
        if os.getpid() != master:
            _leave(1)
        raise


def apart(work: Callable[[], object]) -> None:
    """Do something in a child and come to the same end: no thread and no connection of it is left in this process."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            work()
        except BaseException as error:
            _write_down(writing, error)
        _leave(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if said:
        raise _read(said)
    if status:
        raise _broke()


def _stand_once(compose: Callable[[], AbstractContextManager[Flask]]) -> None:
    with compose():
        pass


def _leave(status: int) -> NoReturn:
    """End a child here: what the master has begun is the master's to end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _write_down(pipe: int, error: BaseException) -> None:
    """Carry an error to the process that will tell it, in words that were meant for people or in none."""
    if isinstance(error, Stop):
        stop = error
    elif isinstance(error, LedgerError):
        stop = Stop(Exit.WORLD_IS_WRONG, error.code, str(error))
    elif isinstance(error, SettingsError):
        stop = Stop(Exit.BAD_INPUT, "bad_setting", str(error))
    else:
        structlog.get_logger().error("worker_failed", exc_info=error)
        stop = _broke()
    with suppress(OSError):
        words = json.dumps([int(stop.status), stop.code, stop.message, stop.cure], ensure_ascii=False)
        os.write(pipe, f"{words}\n".encode())


def _read(said: bytes) -> Stop:
    status, *words = json.loads(said.splitlines()[0])  # Of several who cannot begin one is enough.
    return Stop(Exit(status), *words)


def _broke() -> Stop:
    cure = "原因见上面的日志（worker_failed）；请运行 xueshi doctor，仍不能解决的请一并报告"
    return Stop(Exit.WORLD_IS_WRONG, "worker_failed", "服务进程无法启动", cure)


class Service(BaseApplication):  # type: ignore[misc]  # The library has no types.
    """What gunicorn serves: how, and how each worker comes by it."""

    def __init__(
        self, settings: Settings, listening: socket.socket, compose: Callable[[], AbstractContextManager[Flask]],
        settle: Callable[[], None], announce: Callable[[], None], forget: Callable[[], None], *, drain_seconds: int,
    ) -> None:
        self._settings, self._compose, self._settle = settings, compose, settle
        self._announce, self._drain_seconds = announce, drain_seconds
        self.forget = forget
        self._descriptor = listening.detach()
        self._why = os.pipe()
        self._token, given = os.pipe()  # Of all workers one announces: whoever takes what is written here.
        os.set_blocking(self._token, False)
        os.write(given, b".")
        os.close(given)
        self._house = ExitStack()
        self.crowds = Crowds(2 * settings.workers + 8)  # Who is ending still has a place.
        self.worker: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Say everything that is not gunicorn's default, and what the environment could change."""
        chosen = {
            "bind": f"fd://{self._descriptor}",
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "worker_class": Worker,
            "worker_connections": max(_CONNECTIONS, 2 * self._settings.threads),
            "worker_tmp_dir": str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None,
            "keepalive": KEPT_OPEN_SECONDS,
            "timeout": _SILENCE_SECONDS,
            "graceful_timeout": self._drain_seconds + _CLOSING_SECONDS,
            "limit_request_line": _HEADER_BYTES,
            "limit_request_field_size": _HEADER_BYTES,
            "forwarded_allow_ips": "",     # Nobody's word is taken for where a request came from, or how.
            "control_socket_disable": True,
            "http_parser": "python",
            "logger_class": Lines,
            "proc_name": "xueshi",
            "preload_app": False,          # Pools, locks and threads do not survive a fork.
            "reuse_port": False,
            "pre_fork": _choose_place,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    # In a worker

    def begin(self, worker: Worker) -> None:
        """Make a forked process a worker."""
        self.worker = worker
        self.cfg.set("graceful_timeout", self._drain_seconds)  # The master waits longer than its workers do.
        if self._settings.one_core:
            os.sched_setaffinity(0, {worker.core})  # One thread at a time runs Python: over two cores they only meet.

    def load(self) -> Flask:
        """Put the house together; what keeps it from standing is handed to the master, which ends with it."""
        assert self.worker is not None, "no house is put together before a fork"
        with _beating(self.worker):
            try:
                app = self._composed(self.worker)
            except Exception as error:
                _write_down(self._why[1], error)
                sys.exit(Arbiter.WORKER_BOOT_ERROR)
        app.extensions["lanes"] = self.worker.lanes
        self._settle()
        app.wsgi_app = _measured(app.wsgi_app, max(app.config["MAX_CONTENT_LENGTH"], FILE_BYTES_MOST))  # type: ignore[method-assign]
        return app

    def _composed(self, worker: Worker) -> Flask:
        while True:
            try:
                return self._house.enter_context(self._compose())
            except (StoreFailed, Unreadable) as error:
                # Whoever takes another's place must not end the others because nobody can reach the database now.
                if worker.age <= self._settings.workers:
                    raise
                if not worker.alive or not worker.is_parent_alive():
                    sys.exit(0)
                structlog.get_logger().warning("worker_waits", code=error.code)
                time.sleep(_RETRY_SECONDS)  # not hours: seconds

    def announce(self) -> None:
        """Say that there is somebody to visit, if nobody has."""
        with suppress(BlockingIOError):
            if os.read(self._token, 1):
                self._announce()

    def let_go(self) -> None:
        """Take the house apart."""
        try:
            self._house.close()
        except Exception as error:  # gunicorn would print its message, which may quote anything.
            structlog.get_logger().error("closing_failed", exc_info=error)

    # In the master

    def because(self) -> Stop:
        """Say why the workers could not begin."""
        os.set_blocking(self._why[0], False)
        with suppress(BlockingIOError):
            return _read(os.read(self._why[0], 65_536))
        return _broke()


@contextmanager
def _beating(worker: Worker) -> Iterator[None]:
    """Give signs of life while something takes long that is known to: large files are looked through at a start."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_BEAT_SECONDS):
            worker.notify()

    beating = threading.Thread(target=beat, name="beat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()


def _choose_place(master: Arbiter, worker: Worker) -> None:
    """Give a worker a place that nobody has, and the core that the fewest others are on."""
    others = [other for other in master.WORKERS.values() if other is not worker]
    worker.place = next(place for place in count() if all(place != other.place for other in others))
    taken = Counter(other.core for other in others)
    worker.core = min(sorted(os.sched_getaffinity(0), reverse=True), key=lambda core: taken[core])


class Master(Arbiter):  # type: ignore[misc]
    """Keeps the workers. Ctrl-C and a terminal that goes away end it as SIGTERM does: what was begun is answered."""

    def handle_int(self) -> None:
        """Ctrl-C, which the workers get as well and leave to the master."""
        self.handle_term()

    def handle_hup(self) -> None:
        """The terminal went away."""
        self.handle_term()

    def handle_usr2(self) -> None:
        """No second service beside this one: a data folder has one."""


class Lines(Logger):  # type: ignore[misc]
    """gunicorn's lines among ours: nothing below a warning, nothing of a request."""

    def setup(self, cfg: Any) -> None:
        """Let them pass where all lines pass (`api.logs`)."""
        import logging

        self.cfg, self.loglevel, self._access_log_enabled = cfg, logging.WARNING, False
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
        self.error_log.setLevel(max(logging.WARNING, logging.getLogger().level))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Keep none: what was asked is said once, by template (`api.service`)."""


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


class Worker(ThreadWorker):  # type: ignore[misc]
    """A process that answers."""

    app: Service
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
        lane, holder = _looked_at(conn)
        self.lanes.put(conn, lane, holder)
        self.tpool.submit(self._answer)

    def _answer(self) -> None:
        """Answer whose turn it is, until nobody's is."""
        while (turn := self.lanes.take()) is not None:
            done: Future[Any] = Future()
            turn.item.turn = turn
            try:
                done.set_result(self.handle(turn.item))
            except BaseException as error:
                done.set_exception(error)
            self.lanes.done(turn)
            self.method_queue.defer(self.finish_request, turn.item, done)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer it, or tell whoever asks to come back."""
        turn = conn.turn
        if turn is None or not turn.come_back_s:
            return super().handle_request(req, conn)
        wanted = next((value for name, value in req.headers if name == "ACCEPT"), "")
        status, headers, body = problems.turned_away(
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
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Refuse what cannot be read as a request, and repeat nothing of it anywhere."""
        status = next((one for kind, one in _STATUS if isinstance(exc, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
        headers, body = problems.unread(status, exc)
        lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        with suppress(OSError):
            client.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)


def _looked_at(conn: Connection) -> tuple[str, bytes]:
    """The lane of the request that begins to come, and whose it is; of what cannot be told yet, everybody's."""
    unread = conn.parser.unreader.buf.getvalue() if conn.parser is not None else b""
    with suppress(OSError):
        unread = unread or conn.sock.recv(_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    first, _, head = unread.partition(b"\r\n")
    method, _, rest = first.decode("latin-1").partition(" ")
    found = _CREDENTIALS.search(b"\r\n" + head)
    return lane_of(method, rest.partition(" ")[0]), found[1] if found else b""


def _measured(application: Any, most: int) -> Any:
    """Say how long a body is that came in pieces: one that is too long would only be cut off."""
    def measured(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            body = environ["wsgi.input"].read(most + 1)
            while len(body) > most and environ["wsgi.input"].read(1 << 16):
                pass  # Whoever is still sending hears no answer; their time is limited all the same.
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return application(environ, start_response)

    return measured


class Connection(TConn):  # type: ignore[misc]
    """A connection that is closed once."""

    _is_closed = False
    turn: Turn[Connection] | None = None

    def close(self, graceful: bool = False) -> None:
        """Close it; gracefully, when the other side has had a moment to read what was sent."""
        if self._is_closed:
            return
        self._is_closed = True
        if graceful:
            self.sock.setblocking(True)
            close_graceful(self.sock, timeout=LINGER_SECONDS)
        else:
            super().close()


class Patient(socket.socket):
    """A connection with a time by which a request has come: one byte at a time keeps no thread for ever."""

    _until_ns = 0

    def setblocking(self, flag: bool) -> None:
        """Begin to wait for a request: before each, gunicorn says that it will."""
        if flag:
            self._until_ns = time.monotonic_ns() + REQUEST_SECONDS * 1_000_000_000
            self.settimeout(REQUEST_SECONDS)
        else:
            super().setblocking(False)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read what is left of the time."""
        if self.gettimeout():
            left_ns = self._until_ns - time.monotonic_ns()
            if left_ns <= 0:
                raise ConnectionResetError(errno.ECONNRESET, "the request did not come in time")
            given = min(self.gettimeout() or QUIET_SECONDS, QUIET_SECONDS)
            self.settimeout(min(given, left_ns / 1_000_000_000))  # not hours: seconds
        try:
            return super().recv(bufsize, flags)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the request did not come in time") from None

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it within its own time, however long the request took to come."""
        self.settimeout(REQUEST_SECONDS)
        super().sendall(data, flags)
