"""The backup folder: copies of both logs as they stood at one moment, and all that says whether they are whole.

    manifest.json            what this is: both logs with size, root and last signed checkpoint; each file's digest
    ledger.db, access.db     the logs; where they lie in PostgreSQL, logs.dump
    ledger.checkpoint, access.checkpoint    the last checkpoints that the copies contain, as anyone may hold them
    rulebooks/               the enacted rulebooks by digest
    evidence/                uploaded papers, sealed as they lay
    witnessed/               what witnesses and time-stamping authorities signed, and proofs of forks
    operations/              tokens and sessions, apart: they are operational, and restored only when asked for

No key lies in it and no name in clear. The manifest has one spelling and carries its own digest, so that a byte that
changed anywhere is found and told by the name of its file. A folder is written beside its place and takes its name
last: what bears the name is whole. `tests/ledger/test_backup.py` shows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ledger.durable import sync, write_new
from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.act import LOG, LogContinued, LogOpened
from ledger.events.base import Event
from ledger.events.rulebook import RulebookEnacted, RulebookProposed
from ledger.fsck.source import View
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import show
from ledger.stores.tree import read_frontier

FORMAT: Final = "xueshi-backup/1"
MANIFEST: Final = "manifest.json"
_PAGES_AT_ONCE: Final = 512  # 8 MB: between two steps others run.
_BYTES_AT_ONCE: Final = 1 << 20
Progress = Callable[[int, int], None]


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


class BackupDamaged(LedgerError):
    """A folder is not a backup, or not the one that was made."""

    code = "backup_damaged"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(self.problems) + "。请换用另一份完好的备份；这一份请保留，不要改动。")


class CopiedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup."""

    name: str
    bytes: int
    sha256: str


class CopiedLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log of a backup: what it is called, how far it goes, and the last note that was signed of it."""

    origin: str
    size: int
    root: str
    checkpoint: str | None

    @property
    def signed(self) -> Checkpoint | None:
        """The checkpoint, read and not yet believed."""
        return None if self.checkpoint is None else parse_checkpoint(parse_note(self.checkpoint.encode())[0])


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT):
    """What a backup says of itself."""

    program: str
    made_at: str
    store: Literal["sqlite", "postgresql"]
    ledger: CopiedLog
    access: CopiedLog
    files: tuple[CopiedFile, ...]

    def written(self) -> bytes:
        """The one spelling; the last field is the digest of all before it."""
        body = msgspec.to_builtins(self)
        return _spelled({**body, "sha256": sha256(_spelled(body)).hexdigest()})

    @property
    def room(self) -> int:
        """How many bytes the files take."""
        return sum(one.bytes for one in self.files)


def _spelled(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself; raises BackupDamaged for anything that was not written so."""
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BackupDamaged([f"{folder} 里没有 {MANIFEST}，不是一份备份"]) from None
    except OSError as error:
        raise BackupDamaged([f"{path} 读不出（{error.strerror}）"]) from error
    try:
        body = json.loads(data)
        if body.get("format") != FORMAT:
            raise BackupDamaged([f"{path} 的格式是 {show(str(body.get('format')))}，本程序读 {FORMAT}"])
        body.pop("sha256")
        manifest = msgspec.convert(body, type=Manifest)
        if manifest.written() != data:
            raise ValueError("written otherwise")
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise BackupDamaged([f"{path} 被改动或不完整"]) from error
    if bad := [one.name for one in manifest.files if not _is_inside(one.name)]:
        raise BackupDamaged([f"{path} 列有文件夹之外的文件 {name}" for name in bad])
    return manifest


def _is_inside(name: str) -> bool:
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts and str(Path(*parts)) == name


def damages(folder: Path, manifest: Manifest, progress: Progress = lambda done, total: None) -> list[str]:
    """Name every file of a backup that is missing or is not what it was."""
    found, done = [], 0
    for one in manifest.files:
        wrong = _damage(folder / one.name, one)
        if wrong is not None:
            found.append(wrong)
        done += one.bytes
        progress(done, manifest.room)
    return found


def _damage(path: Path, one: CopiedFile) -> str | None:
    try:
        size, digest = path.stat().st_size, digest_of(path)
    except FileNotFoundError:
        return f"备份缺少文件 {one.name}"
    except OSError as error:
        return f"备份中的 {one.name} 读不出（{error.strerror}）"
    if size != one.bytes:
        return f"备份中的 {one.name} 有 {size} 字节，备份时是 {one.bytes} 字节"
    return None if digest == one.sha256 else f"备份中的 {one.name} 与备份时的 SHA-256 不符，被改动或损坏"


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        digest = sha256()
        while data := file.read(_BYTES_AT_ONCE):
            digest.update(data)
    return digest.hexdigest()


# Making one


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


def list_files(folder: Path) -> tuple[CopiedFile, ...]:
    """List what was copied, by name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return tuple(CopiedFile(str(path.relative_to(folder)), path.stat().st_size, digest_of(path)) for path in paths)
