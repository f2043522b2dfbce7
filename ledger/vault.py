"""The vault: one key a person (or unit, or actor), wrapped by a master key, kept outside the ledger's database.

A key is durable before its owner's first event is. Destroying it is how a person is forgotten: the ciphertext stays,
every proof stays valid, and what was sealed reads as 已销毁. Units and actors have keys of their own because the name
of a contact or an official is personal too.

The master key comes through `MasterKey`, a file here or a key service elsewhere; the log never depends on it, so it can
be exchanged without touching one event. `tests/ledger/test_vault.py` shows it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.envelope import Envelope, NotText, SealedPart
from ledger.errors import LedgerError
from ledger.events.base import Sealed
from ledger.stores.errors import is_cut_off
from ledger.vocabulary import StreamId

APPLICATION_ID: Final = 0x58534B56  # "XSKV": a ledger's file given by mistake is left as it is.
VERSION: Final = 2  # 1 knew no marks; it is upgraded when it is opened, and loses nothing.
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
_MASTER_FORM: Final = "xueshi-master-key/1 "
_CACHED_MAX: Final = 8_192


class Absent(Enum):
    """Why a sealed part cannot be read."""

    DESTROYED = "已销毁"  # The key is gone, for good.
    REDACTED = "已遮盖"   # This copy was made without it.


class KeyGone(LedgerError):
    """Someone wants to seal under a destroyed key."""

    code = "key_destroyed"

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(f"{owner} 的密钥已销毁，不能再为其登记个人信息。如属误办，请以新的登记开始。")


class WrongKey(LedgerError):
    """A key does not open what it should: another master key, or bytes that were changed."""

    code = "wrong_key"

    def __init__(self, what: str) -> None:
        super().__init__(f"密钥打不开{what}：主密钥不是原来的那一个，或数据被改动。请核对主密钥文件；不要覆盖现有文件。")


class BadMasterKey(LedgerError):
    """The master key's file is not what it should be."""

    code = "master_key_malformed"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"主密钥文件 {path} 不可用：{reason}。请从备份恢复原文件；新建一个会使已有个人信息无法读取。")


class VaultFailed(LedgerError):
    """The vault's file cannot be read or written, or is not a vault."""

    code = "vault_failed"

    def __init__(self, path: Path, cause: object) -> None:
        self.path, self.cause = path, cause
        super().__init__(
            f"密钥库 {path} 无法读写（{cause}）。请检查该文件夹是否存在、是否可写、磁盘是否已满；"
            "若文件损坏，请保留原件，并从密钥库自己的备份恢复。"
        )


class MasterKey(Protocol):
    """Wraps the keys of persons. A key service implements these two calls."""

    def wrap(self, key: bytes, owner: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, owner: str) -> bytes: ...


class FileMasterKey:
    """A master key in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aead = AESGCM(_read_master(path))

    @classmethod
    def create(cls, path: Path) -> FileMasterKey:
        """Make a new master key; never over an existing one."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_MASTER_FORM + b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # The file's name, too, must outlast a loss of power: all keys hang on this one.
        finally:
            os.close(folder)
        return cls(path)

    def wrap(self, key: bytes, owner: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, owner.encode())

    def unwrap(self, wrapped: bytes, owner: str) -> bytes:
        try:
            return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKey(f" {owner} 的密钥") from error


def _read_master(path: Path) -> bytes:
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii")
    except FileNotFoundError:
        raise BadMasterKey(path, "文件不存在") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadMasterKey(path, f"读不出（{error.__class__.__name__}）") from error
    if mode & 0o077:
        raise BadMasterKey(path, f"权限是 {mode & 0o777:o}，他人可读；请改为 600")
    try:
        form, _, encoded = text.rpartition(" ")
        key = b64decode(encoded.strip(), validate=True) if f"{form} " == _MASTER_FORM else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadMasterKey(path, f"内容不是“{_MASTER_FORM.strip()} ”后接 32 字节的 base64")
    return key


class Vault:
    """Seals and opens what events say of people."""

    def __init__(self, path: Path, master: MasterKey) -> None:
        self.path = path
        self._master = master
        self._lock = threading.Lock()
        self._cache: dict[str, AESGCM] = {}
        self._changes_seen = 0
        if is_cut_off(path):
            raise VaultFailed(path, "文件只剩开头的几个字节")
        try:
            self._file = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise VaultFailed(path, error) from error
        try:
            self._make_or_check()
        except BaseException:
            self._file.close()
            raise

    def _make_or_check(self) -> None:
        with self._failing_clearly():
            found = self._file.execute("PRAGMA application_id").fetchone()[0]
            version = self._file.execute("PRAGMA user_version").fetchone()[0]
            tables = {name for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if found != APPLICATION_ID and (found or tables):
                raise VaultFailed(self.path, f"不是密钥库，application_id {found:#x}")
            if version > VERSION:
                raise VaultFailed(self.path, f"格式版本 {version}，本程序使用 {VERSION}；请升级本程序")
            if found == APPLICATION_ID and not tables >= {"keys", "destroyed"}:
                raise VaultFailed(self.path, "缺少密钥表")  # Made anew, it would say that no key was ever destroyed.
            self._file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
            if version == VERSION and "marked" in tables:
                return
            self._file.executescript(
                "BEGIN IMMEDIATE;"
                "CREATE TABLE IF NOT EXISTS marked (owner TEXT PRIMARY KEY);"
                "CREATE TABLE IF NOT EXISTS keys"
                " (owner TEXT PRIMARY KEY, wrapped BLOB NOT NULL, created INTEGER NOT NULL);"
                "CREATE TABLE IF NOT EXISTS destroyed (owner TEXT PRIMARY KEY, at INTEGER NOT NULL);"
                f"PRAGMA application_id={APPLICATION_ID};"
                f"PRAGMA user_version={VERSION};"
                "COMMIT;"
            )

    def close(self) -> None:
        with self._lock:
            self._cache.clear()
            self._file.close()

    def prepare(self, owners: Iterable[str]) -> None:
        """Make the keys that are missing durable, all in one commit: before the first event, never after."""
        wanted = dict.fromkeys(owners)
        if not wanted:
            return
        with self._lock, self._failing_clearly():
            self._drop_what_others_changed()
            missing = [owner for owner in wanted if owner not in self._cache and not self._stored(owner)]
            if not missing:
                return
            with self._changing():
                for owner in missing:
                    self._refuse_destroyed(owner)
                    wrapped = self._master.wrap(AESGCM.generate_key(256), owner)
                    self._file.execute(
                        "INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (owner, wrapped, time.time_ns() // 1000)
                    )

    def seal(self, owner: str, sealed: Sealed, *, stream: StreamId, version: int) -> SealedPart:
        """Encrypt a sealed struct for its place in the log; the owner's key must have been prepared."""
        random = os.urandom(NONCE_BYTES + SALT_BYTES)
        nonce, salt = random[:NONCE_BYTES], random[NONCE_BYTES:]
        try:
            text = msgspec.json.encode(sealed)
        except UnicodeEncodeError:
            raise NotText from None  # The cause would carry the text along.
        ciphertext = self._key(owner).encrypt(nonce, text, _place(stream, version))
        return SealedPart(salt, nonce + ciphertext)

    def open(self, envelope: Envelope, part: SealedPart | None) -> Sealed | Absent | None:
        """Decrypt what is sealed beside an event; None where the event has nothing sealed."""
        return self._open(envelope, part, self.is_destroyed)

    def open_each(
        self, sealed: Iterable[tuple[Envelope, SealedPart | None]]
    ) -> Iterator[Sealed | Absent | None]:
        """Decrypt what is sealed beside several events; of each owner is asked once whether the key was destroyed."""
        is_destroyed = cache(self.is_destroyed)
        return (self._open(envelope, part, is_destroyed) for envelope, part in sealed)

    def _open(
        self, envelope: Envelope, part: SealedPart | None, is_destroyed: Callable[[str], bool]
    ) -> Sealed | Absent | None:
        if envelope.sealed is None:
            return None
        if part is None:
            return Absent.REDACTED
        owner, form = envelope.key_owner, envelope.event.sealed_as
        assert owner is not None and form is not None, "a sealed event names its owner and its form"
        if is_destroyed(owner):
            return Absent.DESTROYED
        where = f"{envelope.stream} 第 {envelope.version} 版的密封部分"
        if part.digest() != envelope.sealed:  # Whoever has the key could have sealed other words for the same place.
            raise WrongKey(where)
        nonce, ciphertext = part.ciphertext[:NONCE_BYTES], part.ciphertext[NONCE_BYTES:]
        try:
            text = self._key(owner).decrypt(nonce, ciphertext, _place(envelope.stream, envelope.version))
        except (InvalidTag, ValueError) as error:
            raise WrongKey(where) from error
        found: Sealed = msgspec.json.decode(text, type=form)
        return found

    def mark(self, owner: str) -> None:
        """Note that an owner's destruction may stand in the log from now on: whoever opens the ledger next looks."""
        with self._lock, self._failing_clearly():
            self._file.execute("INSERT OR IGNORE INTO marked VALUES (?)", (owner,))

    def marked(self) -> list[str]:
        """List the owners whose destruction may stand in the log and is not done here. A mark decides nothing."""
        with self._lock, self._failing_clearly():
            return [owner for (owner,) in self._file.execute("SELECT owner FROM marked ORDER BY owner")]

    def destroy(self, owner: str) -> None:
        """Forget an owner's key here and now; doing it twice changes nothing. Backups of it expire on their own."""
        with self._lock, self._failing_clearly():
            self._cache.pop(owner, None)
            with self._changing():
                self._file.execute("DELETE FROM keys WHERE owner = ?", (owner,))
                self._file.execute("INSERT OR IGNORE INTO destroyed VALUES (?, ?)", (owner, time.time_ns() // 1000))
            held_up, *_ = self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if held_up:  # A copy would linger in the journal; whoever asked asks again.
                raise VaultFailed(self.path, f"{owner} 的密钥已销毁，但另一进程占用日志，旧副本尚未抹去；请重做一次")
            self._file.execute("DELETE FROM marked WHERE owner = ?", (owner,))  # Not before the last copy is gone.

    def is_destroyed(self, owner: str) -> bool:
        """Say whether an owner's key was destroyed."""
        with self._lock, self._failing_clearly():
            return self._file.execute("SELECT 1 FROM destroyed WHERE owner = ?", (owner,)).fetchone() is not None

    def secret(self, name: str) -> bytes:
        """Give a secret of the system's own (the index key), made at its first use."""
        self.prepare([f"system:{name}"])
        with self._lock, self._failing_clearly():
            wrapped = self._stored(f"system:{name}")
            assert wrapped is not None, "it was just prepared"
            return self._master.unwrap(wrapped, f"system:{name}")

    def _key(self, owner: str) -> AESGCM:
        key = self._cache.get(owner)
        if key is not None:
            return key
        with self._lock, self._failing_clearly():
            wrapped = self._stored(owner)
            if wrapped is None:
                self._refuse_destroyed(owner)
                raise WrongKey(f" {owner} 的个人信息：密钥库里没有这把密钥")
            if len(self._cache) >= _CACHED_MAX:
                self._cache.clear()
            key = self._cache[owner] = AESGCM(self._master.unwrap(wrapped, owner))
            return key

    def _drop_what_others_changed(self) -> None:
        """Another process may have destroyed a key that is remembered here."""
        changes = self._file.execute("PRAGMA data_version").fetchone()[0]
        if changes != self._changes_seen:
            self._cache.clear()
            self._changes_seen = changes

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            self._file.rollback()
            raise

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise VaultFailed(self.path, error) from error

    def _stored(self, owner: str) -> bytes | None:
        row = self._file.execute("SELECT wrapped FROM keys WHERE owner = ?", (owner,)).fetchone()
        return None if row is None else row[0]

    def _refuse_destroyed(self, owner: str) -> None:
        if self._file.execute("SELECT 1 FROM destroyed WHERE owner = ?", (owner,)).fetchone():
            raise KeyGone(owner)


def _place(stream: StreamId, version: int) -> bytes:
    """Bind a ciphertext to where it stands, so that it cannot be moved to another event of the same person."""
    return f"{stream}/{version}".encode()
