"""A replay beside a service lets others go first, with every thread it has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import api

_TOLD = """
import json, os, sys, threading
from api.replays.job import NICE_IDLE, stand_back

over = threading.Event()
before = [threading.Thread(target=over.wait) for _ in range(3)]  # As libraries begin some when they are loaded.
for thread in before:
    thread.start()
stand_back(is_idle=sys.argv[1] == "idle")
later = threading.Thread(target=over.wait)
later.start()
threads = [int(name) for name in os.listdir("/proc/self/task")]
assert len(threads) >= 5
print(json.dumps([[os.sched_getscheduler(one), os.getpriority(os.PRIO_PROCESS, one), len(os.sched_getaffinity(one))]
                  for one in threads]))
over.set()
"""


@pytest.mark.parametrize(("how", "policy", "nice"), [("idle", os.SCHED_IDLE, 19), ("a little", os.SCHED_OTHER, 10)])
def test_every_thread_stands_back_also_those_that_were_there_before(how: str, policy: int, nice: int) -> None:
    one_core = {max(os.sched_getaffinity(0))}
    done = subprocess.run(
        [sys.executable, "-c", _TOLD, how], capture_output=True, text=True, timeout=60, check=True,
        cwd=Path(api.__file__).parent.parent, preexec_fn=lambda: os.sched_setaffinity(0, one_core))

    told = json.loads(done.stdout)
    assert {(each[0], each[1]) for each in told} == {(policy, nice)}
    assert {each[2] for each in told} == {min(os.cpu_count() or 1, len(os.sched_getaffinity(0)))}
