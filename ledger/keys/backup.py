"""Copies of the vault that expire: what is destroyed here is gone for good when the last copy that held it is.

    FOLDER/xueshi-keys-20261121T093000Z/
        manifest.json    whose keys, taken when, kept until when, under which master key, the digest of the other file
        people.db        the vault as it was: keys wrapped, never the master key that opens them

A copy is noted in the vault before it is made: one that nobody knew of would make a destruction final too early. It is
taken from the running vault by SQLite's own online backup, and complete when its folder has its name. What takes it
away again (`remove`) deletes the two files and nothing else; `restore.py` brings one back.

`tests/ledger/test_key_backup.py` shows it.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ledger.durable import sync, write_durably
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.keys.file import Copy, KeyFile, VaultFailed, present_master

FORMAT: Final = "xueshi-key-backup/1"
DAYS: Final = 30
MANIFEST: Final = "manifest.json"
PEOPLE: Final = "people.db"
BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""How the names end of a vault's file and of what SQLite may have beside it."""

_NAME: Final = re.compile(r"xueshi-keys-\d{8}T\d{6}Z")


class CannotBackUp(LedgerError):
    """The copy cannot be made there."""

    code = "key_backup_failed"

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        super().__init__(f"无法在 {folder} 中备份密钥库：{reason}。没有留下不完整的备份。")


class BadBackup(LedgerError):
    """What is given is no copy of a vault, or not whole."""

    code = "key_backup_damaged"

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} 不是完好的密钥备份：{reason}。请换用另一份备份。")


class NoSuchBackup(LedgerError):
    """The vault knows of no copy of that name."""

    code = "key_backup_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"没有名为 {name} 的密钥备份，或已登记为删除。请用 xueshi keys show 查看。")


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a copy says of itself."""

    format: str
    origin: str
    name: str
    taken: str
    expires: str
    master: str
    keys: int
    destroyed: int
    sha256: str


def back_up(file: KeyFile, folder: Path, *, origin: str, days: int = DAYS) -> Copy:
    """Copy the vault, which may be in use, into a folder of its own under this one."""
    folder = folder.absolute()
    with file.changed() as connection:
        newest = connection.execute("SELECT coalesce(max(taken), 0) FROM backups").fetchone()[0]
        now = max(time.time_ns() // 1_000_000_000, newest // 1_000_000 + 1)  # Names tell seconds, and no two are one.
        taken = datetime.fromtimestamp(now, UTC)
        name = f"xueshi-keys-{taken:%Y%m%dT%H%M%SZ}"
        master = present_master(connection)
        assert master is not None, "a vault that was opened knows its master key"
        copy = Copy(name, str(folder), now * 1_000_000, (now + days * 86_400) * 1_000_000, master.serial, None)
        connection.execute("INSERT INTO backups VALUES (?, ?, ?, ?, ?, ?)", copy)
    part_folder, left = folder / f".{name}.part", [folder / f".{name}.part"]
    try:
        part_folder.mkdir(mode=0o700)
        keys, destroyed = file.copied(part_folder / PEOPLE)
        expires = taken + timedelta(days=days)
        manifest = Manifest(
            FORMAT, origin, name, taken.isoformat(), expires.isoformat(), master.make, keys, destroyed,
            sha256_of(part_folder / PEOPLE),
        )
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        write_durably(part_folder / MANIFEST, text, mode=0o600)
        part_folder.rename(folder / name)
        left.append(folder / name)
        sync(folder)
    except (OSError, sqlite3.Error, VaultFailed) as error:
        for each in left:
            shutil.rmtree(each, ignore_errors=True)
        if not any(each.exists() for each in left):  # A copy that cannot be taken away stays known: it holds every key.
            with file.changed() as connection:
                connection.execute("DELETE FROM backups WHERE name = ?", (name,))
        raise CannotBackUp(folder, getattr(error, "strerror", None) or str(error)) from error
    return copy


def due(file: KeyFile, now: int) -> list[Copy]:
    """List the copies that are past their time and not known to be removed."""
    return [copy for copy in file.copies() if copy.removed is None and copy.expires <= now]


def remove(file: KeyFile, copy: Copy) -> bool:
    """Take a copy away where it is found, and note it; False where it is not: someone has to say that it is gone."""
    copy_folder, part_folder = Path(copy.place) / copy.name, Path(copy.place) / f".{copy.name}.part"
    if part_folder.is_dir():  # One that was killed while it was made: it may hold every key, and no manifest.
        copy_folder = part_folder
    else:
        try:
            if read_manifest(copy_folder).name != copy.name:
                return False
        except BadBackup:
            return False
    for ending in BESIDE:
        (copy_folder / f"{PEOPLE}{ending}").unlink(missing_ok=True)
    (copy_folder / MANIFEST).unlink(missing_ok=True)  # Last: as long as it is there the folder is found again.
    with suppress(OSError):  # Whatever somebody has put beside them is theirs.
        copy_folder.rmdir()
    sync(copy_folder.parent)
    note_removed(file, copy.name)
    return True


def note_removed(file: KeyFile, name: str) -> None:
    """Note that a copy is gone: on the word of whoever took it away."""
    with file.changed() as connection:
        now = time.time_ns() // 1_000
        changed = connection.execute("UPDATE backups SET removed = ? WHERE name = ? AND removed IS NULL", (now, name))
        if changed.rowcount != 1:
            raise NoSuchBackup(name)


def read_manifest(folder: Path) -> Manifest:
    """Read what a copy says of itself."""
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        times = [datetime.fromisoformat(each) for each in (found.taken, found.expires)]
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadBackup(folder, f"{MANIFEST} 不可读") from error
    if found.format != FORMAT or not _NAME.fullmatch(found.name) or any(each.tzinfo is None for each in times):
        raise BadBackup(folder, f"{MANIFEST} 不是 {FORMAT}")
    return found
