"""The first process: it has workers, replaces them, and ends with the reason that one of them gives.

`tests/api/test_workers.py` and `tests/api/test_workers_ending.py` show it.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from api.beside.again import again
from api.evidence.files import MOST as FILE_BYTES_MOST
from api.settings import Settings
from api.terminal.exits import Stop
from api.workers.child import apart, broke, leave, read, write_down
from api.workers.connection import measured_body
from api.workers.worker import Crowds, Worker
from ledger.stores.append import StoreFailed
from ledger.stores.errors import Unreadable

KEPT_OPEN_SECONDS: Final = 30
_CONNECTIONS: Final = 4_000
_BEAT_SECONDS: Final = 5
_SILENCE_SECONDS: Final = 30   # A worker that gives no sign of life for so long is killed and replaced.
_CLOSING_SECONDS: Final = 10   # Beyond the time for requests: to sign, to follow to the end, to let go.
_RETRY_SECONDS: Final = 1
_HEADER_BYTES: Final = 8_190
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a file without a name, where a slow disk cannot make a worker look dead


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
            leave(end.code if isinstance(end.code, int) else 0)
        if end.code:
            raise service.because() from None
    except HaltServer:  # One could not begin while all were being ended.
        raise service.because() from None
    except BaseException:
        if os.getpid() != master:
            leave(1)
        raise


def _stand_once(compose: Callable[[], AbstractContextManager[Flask]]) -> None:
    with compose():
        pass


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
        # Signs of life while what takes long and is known to goes on: large files are looked through at a start.
        with again(self.worker.notify, _BEAT_SECONDS, name="beat"):
            try:
                app = self._composed(self.worker)
            except Exception as error:
                write_down(self._why[1], error)
                sys.exit(Arbiter.WORKER_BOOT_ERROR)
        app.extensions["lanes"] = self.worker.lanes
        self._settle()
        app.wsgi_app = measured_body(app.wsgi_app, max(app.config["MAX_CONTENT_LENGTH"], FILE_BYTES_MOST))  # type: ignore[method-assign]
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
            return read(os.read(self._why[0], 65_536))
        return broke()


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
        """Let them pass where all lines pass (`api.telling.logs`)."""
        self.cfg, self.loglevel, self._access_log_enabled = cfg, logging.WARNING, False
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
        self.error_log.setLevel(max(logging.WARNING, logging.getLogger().level))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Keep none: what was asked is said once, by template (`api.service.app`)."""
