"""The register in its data folder: which file is what, made at the first start, opened whole or not at all.

    ledger.db            the ledger: events, tiles, checkpoints
    access.db            the access log, a log of its own
    keys/                what must not be lost and must not lie beside a copy of the above
        master.key       wraps the keys of persons
        people.db        the keys of persons, wrapped
        ledger.signing.key, access.signing.key
        ledger.published, access.published    the last checkpoint that anyone may have seen
        reader.token     lets its bearer read entries and proofs
        founder.token    lets its bearer act for the installation: verify and appoint the first offices
    operations.db        tokens and sessions (`api.operations`)
    rulebooks/           the enacted rulebooks by digest (`policies.archive`)
    projections/         answers, which can be made anew (`projections.follower`)

`tests/api/test_register.py` shows it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.exits import Exit, Stop
from api.settings import Settings
from ledger.events.act import LOG, LogOpened
from ledger.events.base import By, Draft
from ledger.ledger import Ledger
from ledger.signer import Signer, create_signing_key, write_durably
from ledger.vault import FileMasterKey, Vault

SYSTEM: Final = By(actor="system", role="system")
_ACCESS: Final = "/access"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where each part lies."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def access(self) -> Path:
        return self.root / "access.db"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def master(self) -> Path:
        return self.keys / "master.key"

    @property
    def people(self) -> Path:
        return self.keys / "people.db"

    @property
    def published(self) -> Path:
        return self.keys / "ledger.published"

    @property
    def sample_accounts(self) -> Path:
        """Only where the register began with sample data: who is in it, and with which tokens."""
        return self.root / "sample-accounts.txt"

    @property
    def reader_token(self) -> Path:
        return self.keys / "reader.token"

    @property
    def founder_token(self) -> Path:
        return self.keys / "founder.token"

    @property
    def operations(self) -> Path:
        return self.root / "operations.db"

    @property
    def rulebooks(self) -> Path:
        return self.root / "rulebooks"

    @property
    def projections(self) -> Path:
        return self.root / "projections"


@dataclass(frozen=True, slots=True)
class Register:
    """The open register: facts, who saw them, and who signs for both."""

    folder: Folder
    ledger: Ledger
    access: Ledger
    signer: Signer
    access_signer: Signer
    reader_token: str
    founder_token: str

    def close(self) -> None:
        """Commit what is queued and let go of every file."""
        self.ledger.close()
        self.access.close()
        self.ledger.vault.close()


def open_register(settings: Settings, *, create: bool = False) -> Register:
    """Open the register of a data folder; with `create`, make it where there is none."""
    folder = Folder(settings.data_folder)
    if not folder.ledger.exists():
        if not create:
            cure = f"请用 --data 指定数据文件夹，或先运行 xueshi serve 建立（当前查找 {folder.root}）"
            raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本", cure)
        _create(folder, settings.origin)
    if not folder.master.exists():
        cure = f"请从密钥备份恢复 {folder.keys}；不要新建，新的密钥打不开已有的个人信息"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", "有账本而没有主密钥", cure)
    vault = Vault(folder.people, FileMasterKey(folder.master))
    cache_kib = settings.sqlite_cache_mb * 1024
    ledger = Ledger.in_file(folder.ledger, vault, cache_kib=cache_kib)
    access = Ledger.in_file(folder.access, vault, cache_kib=cache_kib // 8)
    _begin(ledger, settings.origin)
    _begin(access, settings.origin + _ACCESS)
    return Register(
        folder=folder,
        ledger=ledger,
        access=access,
        signer=Signer(ledger.store, origin=settings.origin, folder=folder.keys),
        access_signer=Signer(access.store, origin=settings.origin + _ACCESS, folder=folder.keys, name="access"),
        reader_token=_token(folder.reader_token),
        founder_token=_token(folder.founder_token),
    )


def _create(folder: Folder, origin: str) -> None:
    """Make keys first, then the ledger: a crash in between leaves keys of an empty register, which the next start uses.

    Keys that have published a checkpoint belong to a ledger that was lost: a new one must not take its name.
    """
    if folder.published.exists():
        cure = "账本文件丢失：请从备份恢复 ledger.db；确实无法恢复时，另设 origin 并换一个数据文件夹"
        raise Stop(Exit.WORLD_IS_WRONG, "ledger_missing", f"{folder.published} 表明这里有过账本，现在没有", cure)
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.keys.mkdir(mode=0o700, exist_ok=True)
    if not folder.master.exists():
        FileMasterKey.create(folder.master)
    for name, log in (("ledger", origin), ("access", origin + _ACCESS)):
        if not (folder.keys / f"{name}.signing.key").exists():
            create_signing_key(folder.keys, log, name=name)


def _token(path: Path) -> str:
    """Read a token file; one that is not there is made, which makes whatever it was before worthless."""
    if not path.exists():
        write_durably(path, f"{secrets.token_urlsafe(32)}\n".encode(), mode=0o600)
        os.chmod(path, 0o600)  # noqa: PTH101 - whatever the umask was
    return path.read_text("ascii").strip()


def _begin(log: Ledger, origin: str) -> None:
    """A log's first event says what it is called; opening it under another name is refused."""
    if log.store.size() == 0:
        log.record([Draft(LogOpened(origin=origin))], by=SYSTEM)
        return
    first = log.at(1)
    assert first is not None and isinstance(first.envelope.event, LogOpened), "a log begins with its own name"
    if first.envelope.event.origin != origin:
        cure = f"请把 origin 改回 {first.envelope.event.origin}；日志的名称一经建立不能更换"
        message = f"账本名为 {first.envelope.event.origin}，设置中的 origin 是 {origin}"
        raise Stop(Exit.WORLD_IS_WRONG, "other_origin", message, cure)


__all__ = ["LOG", "SYSTEM", "Folder", "Register", "open_register"]
