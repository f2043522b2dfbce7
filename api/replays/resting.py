"""Runs a command that nobody waits for, and has it rest while others are busy.

    python -m api.replays.resting COMMAND ...      ends as the command ends

Priority alone is not enough: what a long piece of arithmetic puts out of the caches makes each answer beside it longer,
however readily it gives way, and the less a machine has to spare the longer it takes to make up for that. So while
others take more than a quarter of the machine it is stopped three quarters of the time, beyond half of it nearly always
and never for good. Work of a lower priority is not counted, its own above all (`api.replays.job.stand_back`).

It watches from a process of its own: in one that answers, the turn to stop somebody would come late just when much is
asked. When it is killed the command goes as well, also when that was resting: its locks are free then.

`tests/api/test_resting.py` shows it, and `tests/bench/beside.py` what it is worth.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

FREE_MS: Final = 5_000
"""So long it works without a rest: most are over by then."""
WORK_MS: Final = 10
RESTS: Final = ((2, 15), (4, 3))
"""While others take more than one in so many parts of the machine, it rests so many times as long as it just worked."""
LOOK_MS: Final = 250
"""So often it looks how busy others are: the kernel counts in hundredths of a second."""

_STAT: Final = Path("/proc/stat")
CAN: Final = _STAT.exists()
"""Whether this machine tells what it takes: Linux."""
_PR_SET_PDEATHSIG: Final = 1
_USER, _SYSTEM, _IRQ, _SOFTIRQ = 0, 2, 5, 6   # Beside them stand those of a lower priority, idling, and waiting.


class Others:
    """How busy this machine is with what is not of a lower priority."""

    def __init__(self, read: Callable[[], str] = _STAT.read_text) -> None:
        self._read = read
        self._taken, self._all = self._counted()

    def ask_for(self) -> int:
        """How many times as long as one works one is to rest, by what they took since the last look."""
        taken, every = self._counted()
        theirs, passed = taken - self._taken, every - self._all
        self._taken, self._all = taken, every
        return next((times for part, times in RESTS if theirs * part > passed), 0)

    def _counted(self) -> tuple[int, int]:
        ticks = [int(one) for one in self._read().split("\n", 1)[0].split()[1:9]]
        return sum(ticks[one] for one in (_USER, _SYSTEM, _IRQ, _SOFTIRQ)), sum(ticks)


def run(command: list[str], asked_for: Callable[[], int], *, free_ms: int = FREE_MS) -> int:
    """Run a command, after a while with such rests as are asked for; gives what it ended with."""
    child = _begun(command)
    is_over = threading.Event()
    threading.Thread(target=_awaited, args=(child, is_over), daemon=True).start()
    times, looked_ns = 0, time.monotonic_ns() + (free_ms - LOOK_MS) * 1_000_000
    while True:
        began_ns = time.monotonic_ns()
        if is_over.wait((WORK_MS if times else LOOK_MS) / 1_000):  # not hours: seconds
            break
        if times:
            os.kill(child, signal.SIGSTOP)
            is_over.wait((time.monotonic_ns() - began_ns) * times / 1_000_000_000)  # not hours: seconds
            os.kill(child, signal.SIGCONT)
        if time.monotonic_ns() - looked_ns >= LOOK_MS * 1_000_000:
            times, looked_ns = asked_for(), time.monotonic_ns()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _awaited(child: int, is_over: threading.Event) -> None:
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # Its number stays its own until nobody signals it any more.
    is_over.set()


def _begun(command: list[str]) -> int:
    """Start it in a session of its own: the shares of sessions are its to give away, not those of this process."""
    watcher, kernel = os.getpid(), ctypes.CDLL(None)
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == watcher:  # It may have been killed before it was known whose death to wait for.
            os.execvp(command[0], command)  # noqa: S606 - what the service starts, word by word
    finally:
        os._exit(1)


def main() -> int:
    """Run what stands on the command line; whoever was killed is told as by a shell."""
    code = run(sys.argv[1:], Others().ask_for)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
