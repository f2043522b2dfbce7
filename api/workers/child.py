"""A child that does something and says how it came out: a process that will fork has nothing open, nor ever had.

`tests/api/test_workers.py` shows it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import structlog

from api.settings import SettingsError
from api.terminal.exits import Exit, Stop
from ledger.errors import LedgerError


def apart(work: Callable[[], object]) -> None:
    """Do something in a child and come to the same end: no thread and no connection of it is left in this process."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            work()
        except BaseException as error:
            write_down(writing, error)
        leave(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if said:
        raise read(said)
    if status:
        raise broke()


def leave(status: int) -> NoReturn:
    """End a child here: what the master has begun is the master's to end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def write_down(pipe: int, error: BaseException) -> None:
    """Carry an error to the process that will tell it, in words that were meant for people or in none."""
    if isinstance(error, Stop):
        stop = error
    elif isinstance(error, LedgerError):
        stop = Stop(Exit.WORLD_IS_WRONG, error.code, str(error))
    elif isinstance(error, SettingsError):
        stop = Stop(Exit.BAD_INPUT, "bad_setting", str(error))
    else:
        structlog.get_logger().error("worker_failed", exc_info=error)
        stop = broke()
    with suppress(OSError):
        words = json.dumps([int(stop.status), stop.code, stop.message, stop.cure], ensure_ascii=False)
        os.write(pipe, f"{words}\n".encode())


def read(said: bytes) -> Stop:
    """What a child wrote down."""
    status, *words = json.loads(said.splitlines()[0])  # Of several who cannot begin one is enough.
    return Stop(Exit(status), *words)


def broke() -> Stop:
    """What is said of one that wrote nothing."""
    cure = "原因见上面的日志（worker_failed）；请运行 xueshi doctor，仍不能解决的请一并报告"
    return Stop(Exit.WORLD_IS_WRONG, "worker_failed", "服务进程无法启动", cure)
