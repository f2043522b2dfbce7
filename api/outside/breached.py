"""Passwords that were breached elsewhere: a file of their SHA-1 digests in order, looked up here and without a network.

The file is what Have I Been Pwned hands out whole ("ordered by hash": `<40 hex digits>:<count>` a line), or any part of
it; the installation names it in `breached_passwords`. It may have forty gigabytes: a look-up reads some thirty lines of
it. No password leaves this machine, nor any part of its digest. `tests/api/test_breached.py` shows it.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import IO, Final

_DIGEST: Final = re.compile(rb"[0-9A-Fa-f]{40}")
_LOOKED_AT: Final = 64
_LINE_MOST: Final = 80


class Unusable(Exception):
    """The file cannot be looked into; the text says why."""


class Breached:
    """A file of digests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self, password: str) -> bool:
        """Say whether somebody's password was breached that reads like this."""
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        try:
            with self._path.open("rb") as file:
                return _holds(file, wanted)
        except OSError as error:
            raise Unusable(error.strerror or type(error).__name__) from None

    def demand_usable(self) -> int:
        """See at places throughout the file that it holds digests and that they ascend; its size."""
        before = b""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                for number in range(_LOOKED_AT):
                    if line := _line_from(file, size * number // _LOOKED_AT)[1]:
                        if (found := _digest(line)) < before:
                            raise Unusable("行没有按摘要从小到大排列")
                        before = found
        except OSError as error:
            raise Unusable(error.strerror or type(error).__name__) from None
        if not before:
            raise Unusable("文件是空的")
        return size


def _holds(file: IO[bytes], wanted: bytes) -> bool:
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        begins, line = _line_from(file, (low + high) // 2)
        if not line or begins >= high:
            high = (low + high) // 2
            continue
        if (found := _digest(line)) == wanted:
            return True
        low, high = (begins + len(line), high) if found < wanted else (low, (low + high) // 2)
    return False


def _line_from(file: IO[bytes], at: int) -> tuple[int, bytes]:
    """The first line that begins there or later, and where it begins."""
    file.seek(max(at - 1, 0))
    if at:
        file.readline(_LINE_MOST)
    return file.tell(), file.readline(_LINE_MOST)


def _digest(line: bytes) -> bytes:
    found = _DIGEST.match(line)
    if found is None:
        raise Unusable("有一行不以 40 位十六进制的 SHA-1 开头")
    return found[0].upper()
