"""A folder that is made beside and put in its place whole: nobody ever sees half of it, whoever is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_YOUNG_NS: Final = 1_000_000_000


@contextmanager
def beside(parent: Path, prefix: str) -> Iterator[Path]:
    """A hidden folder to write in, held while it is; those that nobody holds are of a process that died."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError), held(left):
            if time.time_ns() - left.stat().st_ctime_ns > _YOUNG_NS:  # Else it may be another's, not yet held.
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    made.chmod(0o755)
    try:
        with held(made):
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder of one's own, unless another process does; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
