"""The master key: wraps the keys of persons, and is made in one of two ways, which the log never depends on.

    file:PATH       32 bytes in a file that only its owner may read (here)
    command:PATH    a small program of the installation, which asks a key service or a security module (`key_command`)

`tests/ledger/test_vault.py` shows the file, `tests/ledger/test_key_command.py` the program.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.durable import write_new
from ledger.errors import LedgerError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FILE: Final = "file:"
COMMAND: Final = "command:"
_FORM: Final = "xueshi-master-key/1 "


class WrongKey(LedgerError):
    """A key does not open what it should: another master key, or bytes that were changed."""

    code = "wrong_key"

    def __init__(self, what: str) -> None:
        super().__init__(f"密钥打不开{what}：主密钥不是原来的那一个，或数据被改动。请核对主密钥；不要覆盖现有文件。")


class BadMasterKey(LedgerError):
    """The master key's file is not what it should be."""

    code = "master_key_malformed"

    _CURE = "请放回另存的那一份（密钥备份里没有主密钥）；新建一个会使已有个人信息无法读取。"

    def __init__(self, path: Path, reason: str, *, cure: str = _CURE) -> None:
        self.path, self.cure = path, cure
        super().__init__(f"主密钥文件 {path} 不可用：{reason}。{cure}")


class Owned(NamedTuple):
    """A key in clear or wrapped, and whose it is: the two are bound together by the wrapping."""

    owner: str
    key: bytes


class MasterKey(Protocol):
    """Wraps and unwraps keys, many at once, since a key service may be far away. Answers come in the order asked."""

    @property
    def make(self) -> str: ...

    def wrap(self, keys: Sequence[Owned]) -> list[bytes]: ...

    def unwrap(self, wrapped: Sequence[Owned]) -> list[bytes]: ...

    def close(self) -> None: ...


class FileMasterKey:
    """A master key in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.make = f"{FILE}{path.absolute()}"
        self._aead = AESGCM(_read(path))

    @classmethod
    def create(cls, path: Path) -> FileMasterKey:
        """Make a new master key; never over an existing one."""
        write_new(path, _FORM.encode() + b64encode(os.urandom(KEY_BYTES)) + b"\n", mode=0o600)
        return cls(path)

    def wrap(self, keys: Sequence[Owned]) -> list[bytes]:
        """Encrypt each key for its owner."""
        nonces = [os.urandom(NONCE_BYTES) for _ in keys]
        return [nonce + self._aead.encrypt(nonce, key, owner.encode())
                for nonce, (owner, key) in zip(nonces, keys, strict=True)]

    def unwrap(self, wrapped: Sequence[Owned]) -> list[bytes]:
        """Open each key that was wrapped for its owner."""
        return [self._unwrap(owner, key) for owner, key in wrapped]

    def close(self) -> None:
        """Nothing is held open."""

    def _unwrap(self, owner: str, wrapped: bytes) -> bytes:
        try:
            return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKey(f" {owner} 的密钥") from error


def _read(path: Path) -> bytes:
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii")
    except FileNotFoundError:
        raise BadMasterKey(path, "文件不存在") from None
    except PermissionError:  # Whoever keeps it from this account meant to: nothing is lost, and nothing to be put back.
        cure = "主密钥交给服务的单元保管时，须经单元运行（运维手册“装成服务”）；不要放宽权限，不要新建。"
        raise BadMasterKey(path, "本账号没有读它的权限", cure=cure) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadMasterKey(path, f"读不出（{error.__class__.__name__}）") from error
    if mode & 0o077:
        raise BadMasterKey(path, f"权限是 {mode & 0o777:o}，他人可读；请改为 600")
    try:
        form, _, encoded = text.rpartition(" ")
        key = b64decode(encoded.strip(), validate=True) if f"{form} " == _FORM else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadMasterKey(path, f"内容不是“{_FORM.strip()} ”后接 32 字节的 base64")
    return key
