"""One system call fails, or is the last: whatever was under way is done or says why not, and nothing is lost or half.

An append over the doors, a rebuild, a compaction, a checkpoint, a backup, a replay, an import and what else takes
several steps on the disk (`test_every_command.py`) are done with a fault at one call: an error of the disk, no room, a
kill, a delay. `make test` takes a sample by a fixed seed, `make torture` every single call (`FAULTS_EVERY=10`: each
tenth, for who has no day). Afterwards the checker finds the ledger clean, what was acknowledged is there, and the same
once more, without a fault, is done.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator

import pytest

from api.terminal.exits import Exit
from tests.faults.failing_kit import FREE_ROOM, Calls, Ended, met, recorded
from tests.faults.faulted_forgetting import FORGETTING
from tests.faults.faulted_keeping import KEEPING
from tests.faults.faulted_operations import OPERATIONS as STEPS
from tests.faults.faulted_operations import Operation
from tests.faults.faulted_register import Scene, made_in
from tests.faults.faulted_years import YEARS

pytestmark = pytest.mark.requires_system("strace")

OPERATIONS = STEPS | KEEPING | FORGETTING | YEARS
ERROR, NO_ROOM, KILL, DELAY = "error=EIO", "error=ENOSPC", "signal=SIGKILL", "delay_enter=20000"
SAID = ("Traceback", "internal_error", "internal_server_error", "keeper_broke")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield made_in(tmp_path_factory.mktemp("faults"))


def calls_of(scene: Scene, operation: Operation) -> Calls:
    """Count its calls, once for all its cases; what it imports is imported from here on."""
    if operation.name not in scene.seen:
        for _ in range(2):  # The first time it loads code, and is not what a case will be.
            scene.begin(operation)
            calls = recorded(scene.place, lambda: operation.work(scene))
        scene.seen[operation.name] = calls
    found: Calls = scene.seen[operation.name]
    return found


def tried(scene: Scene, operation: Operation, call: str, number: int, fault: str) -> bool:
    """One case; says whether there was such a call."""
    calls = calls_of(scene, operation)
    scene.begin(operation)
    ended = met(calls, call, number, fault, lambda: operation.work(scene))
    where = f"{operation.name}: {call} {number} {fault}\n{ended.stdout}\n{ended.stderr}"
    if not ended.was_killed:
        _demand_words(ended, where)
        assert fault not in (DELAY,) or ended.status == 0, f"a slow disk fails nothing: {where}"
    _demand_kept(scene, operation, ended, where)
    return ended.is_met


def _demand_words(ended: Ended, where: str) -> None:
    """It was done, or it says what is wrong, in words and with a code."""
    assert ended.status in (0, Exit.REFUSED, Exit.BAD_INPUT, Exit.WORLD_IS_WRONG), where
    assert not [word for word in SAID if word in ended.stdout + ended.stderr], where
    assert ended.status == 0 or re.search(r"。 ?\[[a-z_]+\]\n", ended.stdout + ended.stderr), where
    for line in ended.stdout.splitlines():
        if line.startswith('{"step"') and (answer := json.loads(line))["status"] >= 500:
            assert answer["status"] == 503 and answer["retry"], where


def _demand_kept(scene: Scene, operation: Operation, ended: Ended, where: str) -> None:
    """The ledger is clean and has all that it had; what was said to be done holds; without the fault it is done."""
    if operation.name != "first start" and not (scene.data / ".restoring").exists():
        _demand_clean(scene, operation.least(scene), where)
    operation.holds(scene, ended.stdout)
    if ended.status != 0 and not (scene.place / "kept").exists():
        status, told, stderr = operation.again(scene)
        assert status == 0, where + told + stderr
        operation.holds(scene, "")
    _demand_clean(scene, operation.least(scene), where)


def _demand_clean(scene: Scene, least: int, where: str) -> None:
    status, told, stderr = scene.ran("fsck", "--processes", "1", "--json")
    assert status == 0, where + told + stderr
    assert json.loads(told)["size"] >= least, where + told


SAMPLED = {
    "append": 1, "checkpoint": 3, "backup": 2, "compaction": 2, "restore": 2, "first start": 2, "export": 1,
    "statement": 1, "archive": 2, "import of a hand-over": 1,
    "rebuild of the clues": 1, "rebuild of the differences": 1, "rebuild of the looks": 1,
    "a signing key that is retired": 1, "looks that go": 1, "destruction": 1,
    "bodies that move": 1, "another name": 2, "restore of the keys": 1, "cosigning": 1, "first start of a witness": 2,
}
EVERY = int(os.environ.get("FAULTS_EVERY", "1"))
COARSE = {"replay": 10}
"""A case of it begins processes that load the kernel: ten seconds each. Most of its calls are those of an export."""


@pytest.mark.parametrize("name", SAMPLED)
def test_a_fault_at_some_call_costs_an_error_and_nothing_else(scene: Scene, name: str) -> None:
    rng, operation = random.Random(f"{name}/3"), OPERATIONS[name]
    most = {call: many for call, many in calls_of(scene, operation).most.items() if call not in FREE_ROOM}
    for fault in (ERROR, KILL, NO_ROOM)[:SAMPLED[name]]:
        call = rng.choice(sorted(most))
        number = rng.randint(1, most[call] * 2 // 3 or 1)  # How many come last depends on who is faster.
        assert tried(scene, operation, call, number, fault), f"no {call} {number}"


@pytest.mark.torture
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("fault", [ERROR, NO_ROOM, KILL, DELAY])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_error_and_a_kill_at_one_call_after_the_other(
    scene: Scene, name: str, fault: str, record_property: object
) -> None:
    operation = OPERATIONS[name]
    every = [each for each in calls_of(scene, operation).every() if fault != NO_ROOM or each[0] not in FREE_ROOM]
    step = EVERY * COARSE.get(name, 1) * (1 if fault in (ERROR, KILL) else 7)  # What an error does no room does, too.
    every = every[step // 2::step]
    count = sum(tried(scene, operation, call, number, fault) for call, number in every)
    record_property("tried", count)  # type: ignore[operator]
    assert count >= len(every) * 3 // 4, "most of the calls that were counted were met"
