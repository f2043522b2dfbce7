"""A copy of the vault comes back, never over a vault, and knows all that was destroyed since before it is one.

It is laid out beside where the vault belongs, does again every destruction that the log records, and takes its name
last. `tests/ledger/test_key_backup.py` shows it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from ledger.durable import sync
from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.person import KeyDestroyed
from ledger.file_digest import sha256_of
from ledger.keys.backup import BESIDE, PEOPLE, BadBackup, Manifest, read_manifest
from ledger.keys.file import KeyFile, present_master
from ledger.keys.vault import Vault
from ledger.log_name import names_of
from ledger.stores.recorder import AppendingRecorder

_READ_AT_ONCE: Final = 10_000
_DESTROYED: Final = b'"type":"person.key_destroyed/1"'


class BackupExpired(LedgerError):
    """The copy should be gone: restoring it would bring back what was promised to be."""

    code = "key_backup_expired"

    def __init__(self, folder: Path, expired: str) -> None:
        self.folder = folder
        super().__init__(
            f"密钥备份 {folder} 已于 {expired} 到期，不应再使用。"
            "若别无其他备份、确须恢复，请加 --although-expired，并登记原因。"
        )


class VaultPresent(LedgerError):
    """A vault is there already: it is not written over."""

    code = "vault_present"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} 已存在，不覆盖：其中可能有备份之后才建立的密钥。"
            "若它确已损坏，请先把它（连同 -wal、-shm）移到数据文件夹之外，再恢复。"
        )


class Restored(NamedTuple):
    """What came back, and what did not."""

    keys: int
    destroyed_again: tuple[str, ...]
    missing: tuple[str, ...]  # Who has something sealed in the log and no key any more: made after the copy was.


def checked(folder: Path, *, although_expired: bool = False) -> Manifest:
    """Read a copy and see that it is whole and still to be used."""
    manifest = read_manifest(folder)
    try:
        digest = sha256_of(folder / PEOPLE)
    except OSError as error:
        raise BadBackup(folder, f"{PEOPLE} 不可读") from error
    if digest != manifest.sha256:
        raise BadBackup(folder, f"{PEOPLE} 的 SHA-256 是 {digest}，备份时是 {manifest.sha256}")
    if not although_expired and datetime.fromisoformat(manifest.expires) <= datetime.now(UTC):
        raise BackupExpired(folder, manifest.expires)
    return manifest


def laid_out(folder: Path, people: Path) -> Path:
    """Copy a checked copy beside where the vault belongs, not yet as the vault; whatever is there is left alone."""
    if any((present := people.with_name(people.name + ending)).exists() for ending in BESIDE):
        raise VaultPresent(present)
    waiting = people.with_name(f"{people.name}.restoring")
    discard(waiting)
    os.close(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(folder / PEOPLE, waiting)
    return waiting


def discard(waiting: Path) -> None:
    """Take away what was laid out and not put in place."""
    for ending in BESIDE:
        waiting.with_name(waiting.name + ending).unlink(missing_ok=True)


def demand_ours(folder: Path, manifest: Manifest, store: AppendingRecorder) -> None:
    """See that a copy is of this log, which may have had another name then."""
    names = names_of(store)
    if names and manifest.origin not in names:
        raise BadBackup(folder, f"它属于 {manifest.origin}，不是 {names[-1]}")


def reconcile(vault: Vault, store: AppendingRecorder, neighbours: Iterable[Path]) -> Restored:
    """Make a copy that was laid out what the log and the other copies know: before it is the vault, never after.

    Every destruction that the log records is done again. The copies beside the one that was taken are noted, since
    those made after it are in no table any more, and they too hold keys.
    """
    _note(vault.file, neighbours, names_of(store))
    again: list[str] = []
    owners: set[str] = set()
    for after in range(0, store.size(), _READ_AT_ONCE):
        for leaf in store.leaves(after, _READ_AT_ONCE):
            envelope = decode(leaf)
            if envelope.sealed is not None and envelope.key_owner is not None:
                owners.add(envelope.key_owner)
            person = destroyed_by(leaf)
            if person is not None and not vault.is_destroyed(person):
                vault.destroy(person)
                again.append(person)
    with vault.file.used() as connection:
        kept = {owner for (owner,) in connection.execute("SELECT owner FROM keys UNION SELECT owner FROM destroyed")}
    return Restored(vault.file.count(), tuple(again), tuple(sorted(owners - kept)))


def destroyed_by(leaf: bytes) -> str | None:
    """Whose destruction an event records, if it is one."""
    if _DESTROYED not in leaf:  # Almost always: nothing needs to be read.
        return None
    envelope = decode(leaf)
    return envelope.event.person if isinstance(envelope.event, KeyDestroyed) and envelope.by.act is None else None


def put_in_place(waiting: Path, people: Path) -> None:
    """Give what was laid out its name; it is closed, and nothing of it is left in a journal."""
    with closing(sqlite3.connect(waiting)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    sync(waiting)
    waiting.rename(people)
    sync(people.parent)


def _note(file: KeyFile, neighbours: Iterable[Path], names: Collection[str]) -> None:
    for place in neighbours:
        with suppress(BadBackup):
            found = read_manifest(place)
            if names and found.origin not in names:
                continue  # Another register keeps its copies there, too: those are not ours to remove.
            taken, expires = (int(datetime.fromisoformat(each).timestamp()) * 1_000_000
                              for each in (found.taken, found.expires))
            with file.changed() as connection:
                master = present_master(connection)
                assert master is not None, "a vault that was opened knows its master key"
                connection.execute(
                    "INSERT INTO backups VALUES (?, ?, ?, ?, ?, NULL)"
                    " ON CONFLICT (name) DO UPDATE SET place = excluded.place",  # It may lie elsewhere by now.
                    (found.name, str(place.parent.absolute()), taken, expires, master.serial))
