"""Following in a process of its own: where much happens, those who answer and what follows share no interpreter.

A register in which little happens is followed by a thread of the process that answers. In a busy one the two take the
interpreter from each other: at 5,000 events a second following needs a third of a core, and asks for it anew after each
statement. So `Standby` calls a process for it, which waits for the lock on the files as everyone does who stands
by; once it stands ready, the thread lets go. It reads leaves and has no key. At the end of its standard input, which
whoever called it holds open, it lets go of the files in good order and ends: a death needs no messenger.

`tests/projections/test_apart.py` shows it, with processes that are killed.
"""

from __future__ import annotations

import gc
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from ledger.lease import FileLease
from projections.errors import AlreadyFollowed
from projections.files.batch import Log
from projections.files.projection import Projection
from projections.following.follower import Follower

AGAIN_MS: Final = 60_000
"""From one to the next: while each comes to nothing a thread follows."""
END_S: Final = 10
COLLECT_MS: Final = 60_000
_TRY_MS: Final = 20
READY: Final = b"ready\n"


class Apart:
    """Of whoever answers: the process that is called for, by a command that is told in a line what it is to follow."""

    def __init__(self, command: Sequence[str], told: bytes) -> None:
        self._command, self._told = tuple(command), told
        self._process: subprocess.Popen[bytes] | None = None
        self._said = b""
        self._again_at_ns = 0

    def stands_ready(self) -> bool:
        """Say whether one waits for the files; where none was called, or it has gone, call one."""
        if self._process is None:
            if time.monotonic_ns() >= self._again_at_ns:
                self._call()
            return False
        self._listen()
        status = self._process.poll()
        if status is None:
            return self._said == READY
        self._forget()
        return status == 0  # Another process of this host had called one before.

    @property
    def follows(self) -> bool:
        """Say whether it is there for this purpose."""
        process = self._process  # Asked from any thread, while another may find that it has gone.
        return process is not None and self._said == READY and process.poll() is None

    def let_go(self) -> None:
        """Have it end, and wait until it has."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget()

    def _call(self) -> None:
        self._again_at_ns = time.monotonic_ns() + AGAIN_MS * 1_000_000
        try:
            process = subprocess.Popen(
                self._command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                process_group=0)  # A Ctrl-C is for whoever called it.
            self._process, self._said = process, b""
            assert process.stdin is not None and process.stdout is not None
            os.set_blocking(process.stdout.fileno(), False)
            process.stdin.write(self._told + b"\n")
        except OSError as error:  # No memory for it, or it ended at once: a thread goes on following.
            structlog.get_logger().warning("follower_not_apart", exc_info=error)
            self.let_go()

    def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._said += self._process.stdout.read(len(READY)) or b""

    def _forget(self) -> None:
        assert self._process is not None
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process, self._said = None, b""


def follow(
    ledger: Log, folder: Path, projections: Sequence[Projection], asked: BinaryIO, ready: Callable[[], object]
) -> None:
    """Of the process that was called: follow whenever nobody does, until whoever called it has gone.

    One of them is enough for a host: where another waits already, this one ends at once.
    """
    lease = FileLease(folder / "apart.lock")
    if not lease.try_take():
        return
    ready()
    has_waited = False
    while not _is_over(asked, _TRY_MS):
        follower = Follower(ledger, folder, projections)
        try:
            follower.start(succeeding=has_waited)
        except AlreadyFollowed:
            has_waited = True
            continue
        structlog.get_logger().info("follower_apart")
        with _collecting_seldom() as collect:
            while not _is_over(asked, COLLECT_MS):
                collect()
        follower.stop()
        return


@contextmanager
def _collecting_seldom() -> Iterator[Callable[[], object]]:
    """Look for cycles when it is asked for, and not through what is there from the beginning.

    Each look through every row that is remembered, in the midst of a round, made whoever waited wait for it as well.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        gc.enable()
        gc.unfreeze()


def _is_over(asked: BinaryIO, wait_ms: int) -> bool:
    readable, _, _ = select.select([asked], [], [], wait_ms / 1_000)  # not hours: seconds
    return bool(readable)
