"""Where the file of a projection is, and what it says beside itself: that somebody doubts it, that it is gone."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from projections.files.projection import Projection
from projections.files.reached import untell

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DOUBTED: Final = ".doubted"


def path_of(folder: Path, projection: Projection, word: str = "") -> Path:
    """Name the file of a projection; a word says what it is while it is no answer (`former.py`)."""
    return folder / f"{projection.name}.{projection.version}{word and f'.{word}'}.db"


def is_damage(error: BaseException) -> bool:
    """Say whether an error means that the file itself is broken, rather than the disk, the code or the moment."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT


def doubt(path: Path) -> None:
    """Have whoever keeps a file look through it: somebody could not read it."""
    with suppress(OSError):
        path.with_name(path.name + _DOUBTED).touch()


def is_doubted(path: Path) -> bool:
    """Say whether somebody has doubted a file, once."""
    try:
        path.with_name(path.name + _DOUBTED).unlink()
    except OSError:
        return False
    return True


def discard(path: Path) -> None:
    """Delete a file with what SQLite keeps beside it; first itself: without its journal it would be another one."""
    untell(path)
    for end in ("", "-wal", "-shm", _DOUBTED):
        path.with_name(path.name + end).unlink(missing_ok=True)
