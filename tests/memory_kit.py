"""Where tests keep what is gone with them: in memory where there is room, as no test pulls the plug.

A killed process and a stopped server lose nothing that the kernel has, on a disk or not; that `fsync` is called, and
when, is asked of the calls themselves (`strace`). Waiting for a disk shows nothing and takes half of the time.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
_DISK: Final = Path("/tmp")  # Short, and entered by all, as the other: a socket's path has 107 bytes at most.
_ENOUGH_BYTES: Final = 3 << 30
"""Several times what a whole run takes. A container often has 64 MiB, which is not."""


def temporary() -> Path:
    """The folder to make temporary folders in."""
    usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)
    return _MEMORY if usable and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES else _DISK
