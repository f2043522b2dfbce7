"""What nobody waits for rests while others are busy, and never outlives the process that has it rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import api
from api.replays import resting
from api.replays.resting import Others, run
from tests.waiting import until

_WATCHED = """
import sys
from api.replays.resting import run
run([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"], lambda: 3, free_ms=0)
"""


def state(pid: int) -> str | None:
    """What a process does just now, as the kernel has it: T where it was stopped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent, kill = list[int](), os.kill

    def heard(pid: int, number: int) -> None:
        sent.append(number)
        kill(pid, number)

    monkeypatch.setattr(resting.os, "kill", heard)
    return sent


def test_a_command_hears_and_says_what_it_would_by_itself_and_ends_as_it_would() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "api.replays.resting", "sh", "-c", "read said; echo $said; exit 7"],
        input="学时\n", text=True, capture_output=True, cwd=Path(api.__file__).parent.parent, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "学时\n", "")


def test_while_others_are_busy_it_is_stopped_and_goes_on_in_turn(signals: list[int]) -> None:
    assert run(["sleep", "0.5"], lambda: 3, free_ms=0) == 0
    assert signals[:4] == [signal.SIGSTOP, signal.SIGCONT] * 2
    assert signals[-1] == signal.SIGCONT


def test_while_nobody_else_is_busy_it_is_never_stopped(signals: list[int]) -> None:
    assert run(["sleep", "0.3"], lambda: 0, free_ms=0) == 0
    assert signals == []


def test_for_a_while_it_works_without_a_rest_however_busy_others_are(signals: list[int]) -> None:
    assert run(["sleep", "0.3"], lambda: 3) == 0
    assert signals == []


def test_who_was_killed_is_told_as_killed_also_when_it_rested() -> None:
    assert run(["sh", "-c", "kill -9 $$"], lambda: 3, free_ms=0) == -signal.SIGKILL
    assert run(["/no/such/command"], lambda: 3, free_ms=0) == 1


def test_a_command_that_rests_dies_with_whoever_watches_over_it() -> None:
    with subprocess.Popen([sys.executable, "-c", _WATCHED], stdout=subprocess.PIPE, text=True,
                          cwd=Path(api.__file__).parent.parent) as watcher:
        assert watcher.stdout is not None
        child = int(watcher.stdout.readline())
        until(lambda: state(child) == "T")
        watcher.kill()
        until(lambda: state(child) in (None, "Z"))


def test_the_more_others_take_the_longer_are_the_rests_and_lower_priority_is_not_counted() -> None:
    #            user nice system idle iowait irq softirq steal
    said = iter(["cpu  100 50 10 800 40 0 0 0 0 0\ncpu0 1 1 1 1\n",
                 "cpu  120 50 13 872 40 0 1 0 0 0\ncpu0 1 1 1 1\n",     # 24 of 96: just a quarter
                 "cpu  140 50 15 938 40 1 3 0 0 0\ncpu0 1 1 1 1\n",     # 25 of 91
                 "cpu  240 50 45 1058 50 1 3 0 0 0\ncpu0 1 1 1 1\n",    # 130 of 260: just half
                 "cpu  360 50 56 1188 50 1 3 0 0 0\ncpu0 1 1 1 1\n",    # 131 of 261
                 "cpu  360 150 56 1188 50 1 3 0 0 0\ncpu0 1 1 1 1\n"])  # 100 of a replay's own
    others = Others(lambda: next(said))
    assert [others.ask_for() for _ in range(5)] == [0, 3, 3, 15, 0]


def test_what_this_process_takes_is_found_in_what_the_kernel_tells() -> None:
    assert resting.CAN
    others = Others()
    before, _ = others._counted()
    end = time.process_time_ns() + 100_000_000
    while time.process_time_ns() < end:
        pass
    assert others._counted()[0] >= before + 5, "hundredths of a second"
