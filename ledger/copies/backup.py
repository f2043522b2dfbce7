"""Making a backup folder: copies of both logs as they stood at one moment, and of the files that they cite.

A folder is written beside its place and takes its name last: what bears the name is whole (`manifest.py` says what it
holds). `tests/ledger/test_backup.py` shows it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.copies.manifest import CopiedLog, Progress
from ledger.durable import sync, write_new
from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.base import Event
from ledger.events.log import LOG, LogContinued, LogOpened
from ledger.events.rulebook import RulebookEnacted, RulebookProposed
from ledger.fsck.source import View
from ledger.stores.tree import read_frontier

_PAGES_AT_ONCE: Final = 512  # 8 MB: between two steps others run.
_BYTES_AT_ONCE: Final = 1 << 20


class BackupFailed(LedgerError):
    """The copy could not be made; nothing bears the folder's name."""

    code = "backup_failed"

    def __init__(self, what: str, cause: str) -> None:
        super().__init__(f"备份未完成：{what}（{cause.rstrip('。')}）。没有留下以此为名的文件夹；排除后请重新备份。")


class BackupRefused(LedgerError):
    """The place is not fit for a backup."""

    code = "backup_place_unfit"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"不能备份到 {folder}：{reason}。")


@contextmanager
def beside(folder: Path, *, needed: int) -> Iterator[Path]:
    """Give a folder to fill; at the end it takes its name in one step. Until then nothing bears the name."""
    _demand_place(folder, needed)
    unfinished = folder.parent / f".{folder.name}.unfinished"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        unfinished.mkdir(mode=0o700)
    descriptor = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # What a killed one left is nobody's.
        except BlockingIOError:
            raise BackupRefused(folder, "另一个备份正在写入此处；请等它结束，或换一个文件夹") from None
        try:
            _empty(unfinished)
            yield unfinished
            _settle(unfinished)
            unfinished.rename(folder)
            sync(folder.parent)
        except OSError as error:
            raise BackupFailed(str(folder), error.strerror or str(error)) from error
        finally:
            if unfinished.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
    finally:
        os.close(descriptor)


def _demand_place(folder: Path, needed: int) -> None:
    if folder.is_mount():
        raise BackupRefused(folder, f"它是挂载点，写完之后不能再取名；请给出其中的新文件夹，如 {folder / 'backup'}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(folder, "它不是空文件夹；备份从不覆盖已有的文件，请给出一个新的文件夹")
    above = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(above).free
    if free < needed:
        short = f"约需 {needed // 1_000_000:,} MB，只剩 {free // 1_000_000:,} MB"
        raise BackupRefused(folder, f"磁盘空间不足，{short}；请清出空间，或换一个磁盘")


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()


def _settle(folder: Path) -> None:
    """Make names of files and folders outlast a loss of power, the innermost first."""
    for path in sorted((one for one in folder.rglob("*") if one.is_dir()), key=lambda one: -len(one.parts)):
        sync(path)
    sync(folder)


def copy_database(source: Path, target: Path, progress: Progress = lambda done, total: None) -> None:
    """Copy an SQLite file as it is at this moment, while others go on writing; the copy is one file without a journal.

    The reading connection keeps its view until the end. Without that, each commit of another process would make
    SQLite begin again, and of a busy store no backup would ever be done.
    """
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as here:
            here.execute("PRAGMA query_only=ON")
            here.execute("BEGIN")
            here.execute("SELECT count(*) FROM sqlite_master").fetchone()  # From here on it is this moment.
            with closing(sqlite3.connect(target, isolation_level=None)) as there:
                here.backup(there, pages=_PAGES_AT_ONCE, progress=lambda _, left, all_: progress(all_ - left, all_))
                there.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupFailed(source.name, _cause(error)) from error
    sync(target)


def _cause(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or name.startswith(("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC")):
        return "磁盘已满或写不进去：请清出空间，或换一个磁盘"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "来源文件已损坏：请停止服务，保留原件，运行 xueshi fsck，并从较早的备份恢复"
    return str(error)


def copy_file(source: Path, target: Path) -> str:
    """Copy a file that nobody changes, durably; give the SHA-256 of what was copied."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = sha256()
    with source.open("rb") as here, target.open("xb") as there:
        while data := here.read(_BYTES_AT_ONCE):
            digest.update(data)
            there.write(data)
        there.flush()
        os.fsync(there.fileno())
    return digest.hexdigest()


def write_file(path: Path, data: bytes) -> None:
    """Write a new file, durably."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, data, mode=0o600)


def log_in(view: View, what: str) -> CopiedLog:
    """Say how far a log goes, from its own rows, and see that it extends the last checkpoint in it."""
    size, tree = view.size(), view.tree()
    names = [event.origin for event in _events(view, f"= '{LOG}'") if isinstance(event, LogOpened | LogContinued)]
    if not names:
        raise BackupFailed(what, "日志里没有它的名称：还没有第一个事件")
    row = view.row("SELECT note FROM checkpoints ORDER BY serial DESC LIMIT 1")
    root = b64encode(read_frontier(tree, size).root()).decode()
    log = CopiedLog(names[-1], size, root, None if row is None else bytes(row[0]).decode())
    signed = log.signed
    if signed is not None and (signed.size > size or read_frontier(tree, signed.size).root() != signed.root):
        raise BackupFailed(what, "日志与其中最后的检查点不符：请运行 xueshi fsck")
    return log


def rulebooks_in(view: View) -> set[str]:
    """The digests of every rulebook that a log cites: without these bytes what was decided cannot be judged again.

    Also of what was only proposed: whoever enacts it enacts bytes.
    """
    found = _events(view, "BETWEEN 'rul_' AND 'rul`'")
    return {event.digest for event in found if isinstance(event, RulebookEnacted | RulebookProposed)}


def _events(view: View, which: str) -> Iterator[Event]:
    """The events of some streams, in their order."""
    query = f"SELECT leaf FROM streams JOIN events USING (position) WHERE stream {which} ORDER BY stream, version"
    for (leaf,) in view.rows(query):
        yield decode(bytes(leaf)).event
