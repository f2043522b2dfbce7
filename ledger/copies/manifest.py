"""What a backup folder holds, and whether it is still what was written there.

    manifest.json            what this is: both logs with size, root and last signed checkpoint; each file's digest
    ledger.db, access.db     the logs; where they lie in PostgreSQL, logs.dump
    ledger.checkpoint, access.checkpoint    the last checkpoints that the copies contain, as anyone may hold them
    rulebooks/               the enacted rulebooks by digest
    evidence/                uploaded papers, sealed as they lay
    witnessed/               what witnesses and time-stamping authorities signed, and proofs of forks
    operations/              tokens and sessions, apart: they are operational, and restored only when asked for

No key lies in it and no name in clear. The manifest has one spelling and carries its own digest, so that a byte that
changed anywhere is found and told by the name of its file. `tests/ledger/test_backup.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import show

FORMAT: Final = "xueshi-backup/1"
MANIFEST: Final = "manifest.json"
_BYTES_AT_ONCE: Final = 1 << 20
Progress = Callable[[int, int], None]


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


def list_files(folder: Path) -> tuple[CopiedFile, ...]:
    """List what was copied, by name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return tuple(CopiedFile(str(path.relative_to(folder)), path.stat().st_size, sha256_of(path)) for path in paths)


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
        size, digest = path.stat().st_size, sha256_of(path)
    except FileNotFoundError:
        return f"备份缺少文件 {one.name}"
    except OSError as error:
        return f"备份中的 {one.name} 读不出（{error.strerror}）"
    if size != one.bytes:
        return f"备份中的 {one.name} 有 {size} 字节，备份时是 {one.bytes} 字节"
    return None if digest == one.sha256 else f"备份中的 {one.name} 与备份时的 SHA-256 不符，被改动或损坏"
