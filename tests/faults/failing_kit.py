"""A command in a child of this process whose n-th system call on the data folder fails, or is its last.

    calls = recorded(folder, work)                     # once, without a fault: which calls, on which files
    ended = met(calls, "fsync", 3, "error=EIO", work)  # the third of them fails

The program is loaded once, here; each case is a fork of it, and strace takes hold of the child before it begins. That
costs a tenth of what a new process does. A call counts among those of its name in its thread, as strace counts them.
Only calls on files of the folder are met: what Python reads of itself is nobody's ledger.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.waiting import until

HANGS_S: Final = 240    # Of a replay, which begins processes, under strace, on a machine with other work.
FREE_ROOM: Final = ("unlink", "unlinkat", "rmdir", "ftruncate")
"""These are never refused for want of room."""
CALLS: Final = (
    "openat", "write", "writev", "pwrite64", "fsync", "fdatasync", "msync", "fallocate", "rename", "renameat",
    "renameat2", "link", "linkat", "mkdir", "mkdirat", *FREE_ROOM)

_LINE: Final = re.compile(r"(\d+) +(\w+)\((.*)")
_PATH: Final = re.compile(r'(?<!AT_FDCWD)<(/[^>]*)>|"(/[^"]*)"')
"""Where the process stands is no file that it touches: `AT_FDCWD</there>` stands before each name that it opens."""


class Ended(NamedTuple):
    """How a child ended, what it said, and whether it met its fault."""

    status: int
    stdout: str
    stderr: str
    is_met: bool

    @property
    def was_killed(self) -> bool:
        return self.status == -signal.SIGKILL


@dataclass(frozen=True)
class Calls:
    """Which system calls a command makes on a folder: how many of a name in any one thread, and on which files."""

    folder: Path
    most: dict[str, int]
    paths: tuple[str, ...]

    def every(self) -> list[tuple[str, int]]:
        return [(call, number) for call, most in self.most.items() for number in range(1, most + 1)]


def recorded(folder: Path, work: Callable[[], int]) -> Calls:
    """Do it once under strace and count. What is refused without a fault would show nothing with one."""
    trace, ended = _traced(folder, work, ["-y", "-e", f"trace={','.join(CALLS)}"])
    assert ended.status == 0, ended.stdout + ended.stderr
    counted: Counter[tuple[str, str]] = Counter()
    paths: dict[str, None] = {}
    for line in trace.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        thread, name, rest = found.groups()
        named = [one or other for one, other in _PATH.findall(rest)]
        ours = [path for path in named if path == str(folder) or path.startswith(f"{folder}/")]
        if ours:
            counted[name, thread] += 1
            paths.update(dict.fromkeys(ours))
    most = {call: max((many for (name, _), many in counted.items() if name == call), default=0) for call in CALLS}
    return Calls(folder, {call: many for call, many in most.items() if many}, tuple(paths))


def met(calls: Calls, call: str, number: int, fault: str, work: Callable[[], int]) -> Ended:
    """Do it with one fault: `error=EIO`, `signal=SIGKILL`, `delay_enter=50000`."""
    files = [word for path in calls.paths for word in ("-P", path)]
    trace, ended = _traced(calls.folder, work, [
        *files, "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}"])
    return ended._replace(is_met=any(word in trace for word in ("INJECTED", "DELAYED", "+++ killed by SIGKILL")))


def _traced(folder: Path, work: Callable[[], int], options: Sequence[str]) -> tuple[str, Ended]:
    beside = folder.with_name(f"{folder.name}.child")
    beside.mkdir(exist_ok=True)
    trace, said, told = (beside / name for name in ("strace", "stdout", "stderr"))
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        _be(work, ready, said, told)
    os.close(ready)
    watched = os.pidfd_open(child)
    strace = subprocess.Popen(
        ["strace", "-f", "-q", "-o", str(trace), *options, "-p", str(child)], stderr=subprocess.PIPE)
    try:
        try:
            wait_for_strace(child, strace)
        finally:
            os.write(go, b"g")
        if not select.select([watched], [], [], HANGS_S)[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"it hangs: {told.read_text()[-2_000:]}")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(go)
        os.close(watched)
        strace.wait(60)
        assert strace.stderr is not None
        strace.stderr.close()
    return trace.read_text("utf-8", "replace"), Ended(
        status, said.read_text("utf-8", "replace"), told.read_text("utf-8", "replace"), False)


def wait_for_strace(process: int, strace: subprocess.Popen[bytes]) -> None:
    """Until strace holds each thread of a process, as the kernel says."""
    threads = Path(f"/proc/{process}/task")

    def held() -> bool:
        if not any(_is_free(each / "status") for each in threads.iterdir()):
            return True
        if strace.poll() is not None:
            assert strace.stderr is not None
            why = strace.stderr.read().decode()
            if "not permitted" in why:
                pytest.skip("strace may not take hold of a process here; as root it may")
            raise AssertionError(why)
        return False

    until(held, "strace never took hold")


def _is_free(status: Path) -> bool:
    """Say whether nobody traces a thread; one that has ended meanwhile need not be held."""
    try:
        return "TracerPid:\t0\n" in status.read_text()
    except OSError:
        return False


def _be(work: Callable[[], int], ready: int, said: Path, told: Path) -> None:
    """The child: say what it says to files, and never come back."""
    status = 70
    try:
        for number, path in ((1, said), (2, told)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        os.read(ready, 1)
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
