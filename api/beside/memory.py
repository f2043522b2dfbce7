"""What the C library keeps of memory that was let go of: in few pools, and given back to the system now and then.

A list, a file or a look for findings takes some megabytes for a moment, in whichever thread makes it. glibc would keep
pools of its own for eight threads a core, and gives back only what lies at a pool's end: a sixth of a service's memory
was nobody's after three minutes, and a third of what it had grown by. Where there is no glibc nothing is done.

Before it gives back, connections that nobody needed since the last time are closed (`ledger/lender.py`).

`tests/api/test_memory.py` shows it.
"""

from __future__ import annotations

import ctypes
from contextlib import AbstractContextManager
from typing import Final

from api.beside.again import again
from ledger.lender import turn_all

POOLS_MOST: Final = 2
EVERY_S: Final = 30
_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h


def keep_few_pools() -> None:
    """Let all threads share two pools; call it before there are threads. Few allocate at once, as one runs Python."""
    if (library := _glibc()) is not None:
        library.mallopt(_ARENA_MAX, POOLS_MOST)


def give_back() -> None:
    """Close what nobody needs, and give the system what is free, wherever it lies."""
    turn_all()
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def giving_back(every_s: float = EVERY_S) -> AbstractContextManager[None]:
    """Give back again and again, until the block ends."""
    return again(give_back, every_s, name="memory")


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
