"""Killing what runs at its n-th step that changes the disk: an audit hook in a forked child counts them.

    while (ended := killed_at(number, work)) is Ended.KILLED: ...

Python itself tells of every file that is opened for writing, moved or removed, so nothing of what runs is replaced. The
child is killed before the step is taken. Without a step of that number it ends as the work does.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Final

from tests.children import has_ended

STEPS: Final = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "os.link"}


class Ended(Enum):
    """How it ended."""

    DONE = "done"
    KILLED = "killed"


def killed_at(number: int, work: Callable[[], object]) -> Ended:
    """Do something in a child that is killed at a step; what goes wrong in it goes wrong here."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.addaudithook(_killing_at(number))
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if not has_ended(child):  # What another thread held at the fork nobody lets go in it: so be it.
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return Ended.KILLED
    assert os.waitstatus_to_exitcode(status) == 0, "the work failed in the child; its words are above"
    return Ended.DONE


def _killing_at(number: int) -> Callable[[str, tuple[object, ...]], None]:
    left = [number]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in STEPS or (writes and "__pycache__" not in str(arguments[0])):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return watch
