"""The running service: listening, and stopping without losing an answer. `composed.py` says what it is made of.

One process is served by waitress, several by gunicorn (`api.workers`), whichever store the ledger is in.
On SIGTERM or Ctrl-C it takes in whoever has knocked and nobody after, answers everything that was asked, each as the
last on its connection, tells whoever still waits after ten seconds to come back, and ends with 0.
`tests/api/test_serve.py` shows it with a real process.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

import structlog
from flask import Flask

from api import metrics, routes
from api.beside import memory
from api.console.kept import READ_BYTES_MOST
from api.doctor.machine_checks import port_cure
from api.operational import addresses
from api.register.occupancy import Served, occupying
from api.service.composed import BODY_BYTES_MOST, composed
from api.settings import Settings
from api.sockets.server import Listener, Sockets
from api.telling import logs
from api.terminal.exits import Exit, Stop
from api.terminal.notify import Manager
from policies.shelf import shipped

DRAIN_SECONDS: Final = 10
LINGER_SECONDS: Final = 1
"""So long a connection that is kept may still ask when the service ends, and is answered."""
_TURN_SECONDS: Final = 30
_NEW_OBJECTS: Final = 10_000  # So many before the young are looked through, instead of 700: some at each request.


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until told to stop. `announce` is called once with the address, when it can be visited."""
    logs.configure(settings.log_level, settings.log_format)
    memory.keep_few_pools()
    _have_as_many_files_as_may_be()
    _make_folder(settings)
    manager = Manager()
    try:
        with _ended_by_ctrl_c() as has_ended, occupying(settings.data_folder) as publish:

            def settle() -> None:
                leave_alone_what_stands()
                has_ended()

            def announced(address: str) -> None:
                publish(address)  # From here on commands beside it ask this service.
                announce(address)
                manager.tell_when_ready(address)

            if settings.workers > 1 or settings.database:
                _serve_in_processes(settings, settle, announced, forget=lambda: publish(""))
                manager.tell_ending()
            else:
                _serve_alone(settings, settle, announced, manager.tell_ending)
    except Served as other:
        cure = "可直接访问；要另开一个，请用另一个数据文件夹：xueshi serve --data 路径"
        message = f"数据文件夹 {settings.data_folder} 已有服务在运行：{other.address}"
        raise Stop(Exit.WORLD_IS_WRONG, "already_serving", message, cure) from None
    structlog.get_logger().info("stopped")


@contextmanager
def _ended_by_ctrl_c() -> Iterator[Callable[[], None]]:
    """While it starts, Ctrl-C ends it; gives what ends it when somebody asks, too.

    What a signal raises within a `__del__` or a weak reference's callback Python prints and drops: the service would
    go on to serve, and whoever pressed the keys waited for an end that nobody had in mind.
    """
    pressed = threading.Event()

    def press(_signal: int, _frame: object) -> None:
        pressed.set()
        raise KeyboardInterrupt

    def end() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:   # Whoever ignores it, as a shell has its jobs do, goes on to.
        yield end
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield end
    finally:
        signal.signal(signal.SIGINT, before)


def seed(settings: Settings, *, upon_history: bool = False) -> None:
    """Enter the sample where the register is empty, or holds a made-up history alone, before it is served."""
    from api.sample import prepare

    if settings.database:
        _load_what_each_needs(settings)
        _workers().apart(lambda: prepare(settings))  # A process that will fork has nothing open, nor ever had.
    else:
        prepare(settings, upon_history=upon_history)


def _serve_alone(
    settings: Settings, settle: Callable[[], None], announce: Callable[[str], None], ending: Callable[[], None]
) -> None:
    with _on_one_core() if settings.one_core else nullcontext(), composed(settings) as app:
        settle()
        _serve(app, settings, announce, ending)


def _serve_in_processes(
    settings: Settings, settle: Callable[[], None], announce: Callable[[str], None], forget: Callable[[], None]
) -> None:
    workers = _workers()
    listening = _bound(settings)
    _load_what_each_needs(settings)
    host, port, *_ = listening.getsockname()

    def begun() -> None:
        count = {"workers": settings.workers, "threads": settings.threads}
        structlog.get_logger().info("serving", port=port, **count)
        announce(_address(host, port))

    with metrics.shared_in(), addresses.shared():
        workers.serve(
            settings, listening, lambda: composed(settings), settle, begun, forget,
            drain_seconds=DRAIN_SECONDS,
        )


def _load_what_each_needs(settings: Settings) -> None:
    """Code and law are the same in every process: loaded before the forks, they take their time and memory once."""
    for noun in iter_modules(routes.__path__, f"{routes.__name__}."):
        import_module(noun.name)
    shipped()
    if settings.database:
        import_module("ledger.stores.postgres")


def _workers() -> ModuleType:
    try:
        from api.workers import master
    except ImportError:
        cure = "请在程序的文件夹里执行 make install（用 pip 安装的：pip install 'xueshi-ledger[postgres]'）"
        raise Stop(Exit.WORLD_IS_WRONG, "extra_missing", "多个进程需要另外的组件", cure) from None
    return master


def _bound(settings: Settings) -> socket.socket:
    """Take the port before anything else, so that one that is taken is told first."""
    host = settings.listen_host
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, settings.listen_port))
    except OSError as error:
        listening.close()
        raise _cannot_listen(error, settings) from None
    return listening


@contextmanager
def _on_one_core() -> Iterator[None]:
    """One thread at a time runs Python: over two cores they wake each other a hundred times a claim, on one, four."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})  # Every thread that is begun from here inherits it.
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)  # Whoever called for a service that did not come about has all cores again.


def _have_as_many_files_as_may_be() -> None:
    """Of some twenty files several connections each, and up to 4,000 visitors: that is beyond the usual 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def leave_alone_what_stands() -> None:
    """Code, law and descriptions stand until the end: no collection need walk through them while requests wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)


def _serve(
    app: Flask, settings: Settings, announce: Callable[[str], None], ending: Callable[[], object] = lambda: None
) -> None:
    server = _listen(app, settings)
    app.extensions["lanes"] = server.lanes
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        if not stopping.is_set():    # The second may come when what wakes the turn is closed, and its number another's.
            stopping.set()
            server.interrupt()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    port = int(server.effective_port)
    structlog.get_logger().info("serving", port=port, threads=settings.threads)
    announce(_address(server.effective_host, port))
    while not stopping.is_set():    # What the signal wrote ends the turn, also when it came just before it.
        server.turn(_TURN_SECONDS)
    ending()
    _drain(server)


def _make_folder(settings: Settings) -> None:
    try:
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise Stop(
            Exit.WORLD_IS_WRONG,
            "data_folder_unusable",
            f"无法建立数据文件夹 {settings.data_folder}",
            "请检查上级文件夹的权限，或换一个：xueshi serve --data 路径",
        ) from None


def _listen(app: Flask, settings: Settings) -> Listener:
    try:
        return Listener(
            app,
            Sockets(),
            host=settings.listen_host,
            port=settings.listen_port,
            threads=settings.threads,
            ident="",
            max_request_body_size=max(BODY_BYTES_MOST, READ_BYTES_MOST),  # Each route takes what is its own.
        )
    except OSError as error:
        raise _cannot_listen(error, settings) from None


def _cannot_listen(error: OSError, settings: Settings) -> Stop:
    host, number = settings.listen_host, settings.listen_port
    if error.errno == errno.EADDRINUSE:
        return Stop(Exit.WORLD_IS_WRONG, "port_in_use", f"端口 {number} 已被占用", port_cure(number))
    why = errno.errorcode.get(error.errno or 0, "?")
    cure = "请改用本机的地址和 1024 以上的端口"
    return Stop(Exit.WORLD_IS_WRONG, "cannot_listen", f"无法监听 {host}:{number}（{why}）", cure)


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _drain(server: Listener) -> None:
    """Answer every request that has come, and hang up after it; a connection that is kept may ask for a moment more.

    Whoever still waits when the time is up is told to come back.
    """
    server.end()
    began = time.monotonic()
    while (past := time.monotonic() - began) < DRAIN_SECONDS and (
            server.is_asked() or (past < LINGER_SECONDS and server.active_channels)):
        server.turn(timeout=0.05)
    server.task_dispatcher.turn_away()
    while time.monotonic() - began < DRAIN_SECONDS + LINGER_SECONDS and server.is_asked():
        server.turn(timeout=0.05)
    server.task_dispatcher.shutdown(timeout=1)
    server.close()
