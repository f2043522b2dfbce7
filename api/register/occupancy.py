"""Who has a data folder: one service, with all its processes, or one command.

Whoever has it holds a lock on `serve.address`; a service writes there where it listens. What stands in the file is
true only while it is locked, so nothing that a killed process left behind is believed. A command that finds another
one at work waits a moment; one that finds a service asks that. The processes of a service have the lock together: it
is free when the last of them has ended.

`tests/api/test_occupancy.py` shows it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.terminal.exits import Exit, Stop

ADDRESS_FILE: Final = "serve.address"
WAIT_MS: Final = 30_000
_ASK_EVERY_MS: Final = 20
_ADDRESS_MOST: Final = 1_024


class Served(Exception):
    """A service has the folder; `address` is where it listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(address)


@contextmanager
def occupying(folder: Path, wait_ms: int = WAIT_MS) -> Iterator[Callable[[str], None]]:
    """Have a data folder to oneself; gives a function that says where it is served. Raises Served or Stop."""
    try:
        descriptor = os.open(folder / ADDRESS_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        cure = "请检查权限、磁盘，以及它是否以只读方式挂载"
        message = f"无法写入数据文件夹 {folder}（{error.strerror}）"
        raise Stop(Exit.WORLD_IS_WRONG, "data_folder_unusable", message, cure) from error
    try:
        _lock(descriptor, folder, wait_ms)
        _write(descriptor, "")
        try:
            yield lambda address: _write(descriptor, f"{address}\n")
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, wait_ms: int) -> None:
    until = time.monotonic_ns() + wait_ms * 1_000_000
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            address = os.pread(descriptor, _ADDRESS_MOST, 0).decode("ascii", "replace").strip()
        if address:
            raise Served(address)
        if time.monotonic_ns() > until:
            cure = "请稍候重试；若一直如此，请查看是否有未结束的 xueshi 进程"
            message = f"数据文件夹 {folder} 正被另一个命令使用，等了 {wait_ms // 1_000} 秒"
            raise Stop(Exit.WORLD_IS_WRONG, "register_busy", message, cure)
        time.sleep(_ASK_EVERY_MS / 1_000)


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
