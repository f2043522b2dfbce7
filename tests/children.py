"""A child of this process, forked because it is to have what its parent has open; nobody waits for one that hangs.

    assert ended(lambda: int(lease.holds())) == 0

Threads of the parent, such as those that follow a register of another test, are not in a child; what they held at the
fork is, for ever, and whoever wants it there waits for ever. Such a child is killed and forked anew, a few times: what
it does may be done twice. What needs nothing of its parent is better forked from a process without threads
(`tests/forked.py`).
"""

from __future__ import annotations

import os
import select
import signal
import traceback
from collections.abc import Callable
from typing import Final

HANGS_S: Final = 30
TRIES: Final = 3
BROKE: Final = 99


def ended(work: Callable[[], object], *, hangs_s: float = HANGS_S) -> int:
    """What a child that does this ends with: what it gives, the signal that killed it, or that something broke."""
    for _ in range(TRIES):
        child = os.fork()
        if child == 0:
            status = BROKE
            try:
                status = int(work() or 0)  # type: ignore[call-overload]
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        hangs = not has_ended(child, hangs_s)
        if hangs:
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if not hangs:
            return status
    raise AssertionError(f"of {TRIES} children each hung for {hangs_s} seconds")


def has_ended(child: int, hangs_s: float = HANGS_S) -> bool:
    """Wait until a child has ended, or hangs."""
    watched = os.pidfd_open(child)
    try:
        return bool(select.select([watched], [], [], hangs_s)[0])
    finally:
        os.close(watched)
