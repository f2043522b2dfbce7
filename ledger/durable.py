"""Files that outlast a loss of power: their content, and the names they bear in their folder.

What SQLite and PostgreSQL keep is durable by their own means. This is for what lies beside them: keys, the last
checkpoint that anyone has seen, plans, manifests, copies.

`tests/ledger/test_signer.py` and `tests/ledger/test_backup.py` show it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any


def sync(path: Path) -> None:
    """Make what a file holds, or what names a folder holds, outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file where there is none, never over one; raises FileExistsError.

    It gets its name when it is whole: a key of which half was written when the process was killed would stand in the
    way of the next try for ever.
    """
    temporary = path.with_name(f"{path.name}.{token_hex(4)}.new")
    try:
        _write(temporary, (data,), os.O_EXCL, mode)
        os.link(temporary, path)  # Unlike a rename, never over another.
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def write_durably(path: Path, *parts: Any, mode: int) -> None:
    """Replace a file so that after a crash it is the old one or the new one, whole."""
    temporary = path.with_name(path.name + ".new")
    _write(temporary, parts, os.O_TRUNC, mode)
    temporary.replace(path)
    sync(path.parent)


def _write(path: Path, parts: Iterable[Any], how: int, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, mode), "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def make_private(path: Path) -> None:
    """Make an empty file for its owner alone, if there is none; what SQLite lays beside it gets the same mode.

    Where it cannot be made nothing is said: whoever opens it next finds out, and tells it in words of their own.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
