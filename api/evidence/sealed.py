"""A file of personal data at rest, sealed in portions while it is made and opened in portions while it is sent.

    XSSF1\\n, two bytes of zero     what it is
    16 random bytes                of which, with a secret of the vault and a name, its key is made
    1*(length, ciphertext)         AES-256-GCM of a mebibyte at most; how many went before, and whether it is the last

So no disk ever holds it in clear, whatever it is killed in; a file that is cut, put together anew or another's does not
open, and neither does a copy of it without the vault. A key serves one making: made again, the file has another.

`tests/api/test_sealed_files.py` shows it.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.durable import sync
from ledger.errors import LedgerError

PORTION: Final = 1024 * 1024
_MARK: Final = b"XSSF1\n\0\0"
_SALT: Final = 16
_LENGTH: Final = 4
_TAG: Final = 16


class SealedFileDamaged(LedgerError):
    """What lies there is not what was sealed there."""

    code = "sealed_file_damaged"

    def __init__(self, path: Path) -> None:
        super().__init__(f"密封的文件 {path} 已损坏、不完整，或不是用本账的密钥库密封的。"
                         "没有交出任何未核对的内容；请重新制作。")


class Sealing:
    """A file that is being made; nothing bears its name until `finish` has it durable."""

    def __init__(self, path: Path, secret: bytes, name: str) -> None:
        self._path, self._beside = path, path.with_name(path.name + ".new")
        self._file = os.fdopen(os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        salt = os.urandom(_SALT)
        self._key, self._count, self._waiting = _key(secret, name, salt), 0, bytearray()
        self._file.write(_MARK + salt)

    def write(self, data: bytes) -> None:
        """Take in the next bytes."""
        self._waiting += data
        while len(self._waiting) > PORTION:  # One is held back: the last says that it is.
            self._put(bytes(self._waiting[:PORTION]), is_last=False)
            del self._waiting[:PORTION]

    def finish(self) -> None:
        """Seal what is left, and let the file have its name."""
        self._put(bytes(self._waiting), is_last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._beside.replace(self._path)
        sync(self._path.parent)

    def drop(self) -> None:
        """Leave nothing of what is not finished."""
        self._file.close()
        self._beside.unlink(missing_ok=True)

    def _put(self, data: bytes, *, is_last: bool) -> None:
        sealed = self._key.encrypt(_nonce(self._count), data, _about(is_last=is_last))
        self._file.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)
        self._count += 1


def bytes_in(path: Path) -> int:
    """How many bytes a sealed file holds, by its length."""
    sealed = path.stat().st_size - len(_MARK) - _SALT
    portions = -(-sealed // (_LENGTH + PORTION + _TAG))
    return sealed - portions * (_LENGTH + _TAG)


def opened(path: Path, secret: bytes, name: str) -> Iterator[bytes]:
    """Give what a file holds, each portion checked before it is given; raises SealedFileDamaged, OSError."""
    with path.open("rb") as file:
        head = file.read(len(_MARK) + _SALT)
        if len(head) != len(_MARK) + _SALT or not head.startswith(_MARK):
            raise SealedFileDamaged(path)
        key, size = _key(secret, name, head[len(_MARK):]), os.fstat(file.fileno()).st_size
        count, is_last = 0, False
        while not is_last:
            long = int.from_bytes(file.read(_LENGTH), "big")
            sealed = file.read(min(long, PORTION + _TAG))
            if len(sealed) != long:
                raise SealedFileDamaged(path)
            is_last = file.tell() == size
            try:
                yield key.decrypt(_nonce(count), sealed, _about(is_last=is_last))
            except (InvalidTag, ValueError):
                raise SealedFileDamaged(path) from None
            count += 1


def _key(secret: bytes, name: str, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, salt + name.encode(), "sha256"))


def _nonce(count: int) -> bytes:
    return count.to_bytes(12, "big")


def _about(*, is_last: bool) -> bytes:
    return b"last" if is_last else b"more"
