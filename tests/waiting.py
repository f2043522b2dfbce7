"""Waiting for what another thread, process, server or browser does: until it is so, however slow the machine.

    until(lambda: service.checkpoint_size() >= size, "nobody signs")

What has been done is seen at once, so that patience costs nothing; a limit is there for what never comes. Whoever looks
once, or sleeps and looks, is right on a quick machine (`tests/house/test_patience.py` refuses the forms that can be
read).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_S: Final = 60
_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.05
_TRIES: Final = 5

Found = TypeVar("Found")


def until(is_so: Callable[[], Found], otherwise: object = None, *, seconds: float = PATIENCE_S) -> Found:
    """Ask again and again; gives the first answer that holds, and fails where none does.

    `otherwise` is what is said then; where it can be called, what it gives then.
    """
    ends, pause = time.monotonic() + seconds, _FIRST_PAUSE_S
    while not (found := is_so()):
        if time.monotonic() > ends:
            raise AssertionError(f"not so within {seconds} s: {otherwise() if callable(otherwise) else otherwise}")
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
    return found


def takes_less(seconds: float, act: Callable[[], object]) -> bool:
    """Say whether something takes less than so long, in one of a few tries: others may hold up the machine in any."""
    for _ in range(_TRIES):
        began = time.monotonic()
        act()
        if time.monotonic() - began < seconds:
            return True
    return False
