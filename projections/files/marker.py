"""The marker of an orderly stop: what each file was when its follower let go of it.

SQLite's check reads a whole file: 0.2 to 0.6 s for a million rows that are in memory, 1 to 5 s where they come from the
disk, at every start; twenty gigabytes, of a million people, took minutes in which nothing new was followed. A file that
is still what its follower left, or a rebuild that came to its end, was whole then and is not checked again. One that
anybody has touched since is, and after a kill or a power failure every one is, because the marker is gone.

What a disk loses in silence is found when it is read: the follower makes the file anew, a reader says so.

`tests/projections/test_marker.py` shows it, with a kill.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

NAME: Final = "follower.stopped"


def leave(folder: Path, names: Collection[str]) -> None:
    """Write down how these files are; nobody writes to them any more."""
    with contextlib.suppress(OSError):  # On a full disk there is no marker, and the next start checks.
        stamps = {path.name: _stamp(path) for path in folder.glob("*.db") if path.name in names}
        (folder / NAME).write_text(json.dumps(stamps), "utf-8")


def take(folder: Path) -> frozenset[str]:
    """Take the marker away and name the files that are as they were left."""
    marker = folder / NAME
    try:
        stamps = json.loads(marker.read_text("utf-8"))
    except (FileNotFoundError, ValueError):  # A marker of which half was written says nothing.
        stamps = {}
    marker.unlink(missing_ok=True)
    return frozenset(name for name, stamp in stamps.items() if _stamp(folder / name) == stamp)


def _stamp(path: Path) -> list[Any]:
    """What changes when a file does: of the file itself and of what SQLite has not folded into it yet."""
    log = _of(path.with_name(f"{path.name}-wal"))
    return [_of(path), None if log is None or log[1] == 0 else log]  # An empty one is what a reader leaves.


def _of(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns]
