"""The runner: a child killed, a service killed, a job cancelled; never two children of one job, never a torn report."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.operational.jobs import Job
from api.replays.runner import LOCK, TRIES_MOST, Progress, Runner
from ledger.lease import FileLease
from ledger.stores.append import RequestKey
from policies.shelf import DRAFTS
from tests.api.command_kit import CLEAN, XUESHI, made, xueshi
from tests.api.house_kit import Town, house_in, study
from tests.api.workers_kit import serving as serving_workers
from tests.forked import Popen
from tests.waiting import until

DRAFT = "hangzhou-credits/2025-06-06"


def registered(town: Town) -> None:
    """Somebody with hours of one training."""
    works, person = town.unit("某厂", "330203", "industry"), town.person()
    town.belongs(person, works, "2020-01-01")
    town.officer(works, "unit", "330203", unit=works["unit"]).act(person.submit(study()), "approval")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("runner") / "data") as town:
        registered(town)
        yield town


def queued(town: Town, **asked: Any) -> str:
    """A job in the queue, as a request would leave it."""
    house, key = town.house, os.urandom(32)
    told = {"under": "now", "against": "set:zhejiang/2016-08-01", "as_of": None, "valid_on": None, "region": "330000",
            "sector": None, "log_size": None, "drafts": None, **asked}
    job = Job(house.new_id("job"), "acr_x", "33", None, "", told, {}, {"entries": 1}, house.now)
    assert house.jobs.add(job, RequestKey(key, key)) == job
    return job.job


@contextmanager
def running(town: Town, may_begin: Callable[[], bool] = lambda: True, *, stands_back: bool = False) -> Iterator[Runner]:
    """Without standing back: on a machine with much to do it would be waited for."""
    folder = town.house.register.folder
    runner = Runner(town.house.jobs, folder.replays, folder.root, at_once=1, may_begin=may_begin,
                    stands_back=stands_back)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def seen(town: Town, job: str) -> Job:
    found = town.house.jobs.find(job)
    assert found is not None
    return found


def children(place: Path) -> list[int]:
    """Every process that has the lock of a job open: its child, whoever started it."""
    lock, found = place / "lock", []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(one.readlink() == lock for one in (process / "fd").iterdir()):
                found.append(int(process.name))
        except OSError:
            continue
    return [one for one in found if one != os.getpid()]


def test_a_killed_child_is_followed_by_another_and_who_stops_or_cancels_leaves_none(town: Town) -> None:
    job = queued(town)
    place = town.house.register.folder.replays / job
    with running(town):
        child = until(lambda: children(place))[0]
        os.kill(child, signal.SIGKILL)
        until(lambda: seen(town, job).tries == 2 and children(place) not in ([], [child]))
        assert seen(town, job).state == "running"
    assert (seen(town, job).state, seen(town, job).tries, children(place)) == ("queued", 1, [])
    assert not (place / "report").exists()

    with running(town):
        until(lambda: children(place))
        assert town.house.jobs.cancel(job, by="acr_x", now=town.house.now)
        until(lambda: not children(place) and [path.name for path in place.iterdir()] == ["lock"])
    assert (seen(town, job).state, seen(town, job).outcome) == ("cancelled", None)


def test_a_child_that_stands_back_is_watched_over_and_neither_is_left(town: Town) -> None:
    job = queued(town)
    place = town.house.register.folder.replays / job
    with running(town, stands_back=True):
        watcher, child = sorted(until(lambda: len(found := children(place)) == 2 and found))
        assert Path(f"/proc/{watcher}/cmdline").read_bytes().split(b"\0")[3] == b"api.replays.resting"
        assert os.getsid(child) == child, "in a session of its own, whose share it can lower"
    assert (seen(town, job).state, children(place)) == ("queued", [])
    assert town.house.jobs.cancel(job, by="acr_x", now=town.house.now)


def test_while_the_last_child_of_a_job_lives_none_is_started_for_it_and_others_go_on(town: Town) -> None:
    """Of the others one is about nobody, and under one every child has died."""
    held, nobody, dying = queued(town), queued(town, region="331100"), queued(town)
    for _ in range(TRIES_MOST):
        town.house.jobs.begin(dying, now=town.house.now)
    place = town.house.register.folder.replays / held
    place.mkdir(mode=0o700)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with running(town):
            until(lambda: seen(town, dying).state == "failed")
            assert (seen(town, held).state, seen(town, held).tries) == ("queued", 0)
            town.house.jobs.cancel(held, by="acr_x", now=town.house.now)
    told = [seen(town, job).outcome or {} for job in (nobody, dying)]
    assert [(one["status"], one["code"]) for one in told] == [(422, "replay_nobody"), (500, "replay_died")]
    assert "账本不受影响" in told[1]["detail"]
    begun, ended = seen(town, dying).begun_at, seen(town, nobody).ended_at
    assert begun is not None and ended is not None and ended <= begun, "one at a time, in order"


def test_how_far_it_is_is_told_with_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    progress, told = Progress(), []
    for at_s, said in ((0, ("read", 0, 90)), (2, ("read", 30, 90)), (5, ("judge", 1, 2)), (6, ("judge", 2, 2))):
        monkeypatch.setattr(time, "monotonic_ns", lambda at=at_s: at * 1_000_000_000)
        progress.take(*said)
        assert progress.now is not None
        told.append((progress.now["step"], progress.now["rate"], progress.now["eta"]))
    assert told == [("read", None, None), ("read", 15, 4), ("judge", None, 0), ("judge", 2, 0)]


def test_of_several_processes_one_runs_them_and_none_while_answers_are_being_built(town: Town) -> None:
    folder = town.house.register.folder.replays
    other = FileLease(folder / LOCK)
    assert other.try_take()
    job, asked = queued(town), list[bool]()

    def may_begin() -> bool:
        asked.append(True)
        return False

    with running(town, may_begin) as runner:
        time.sleep(1.2)  # not hours: seconds
        assert (seen(town, job).state, runner.holds(), asked) == ("queued", False, [])
        other.release()
        until(lambda: asked)
        assert (seen(town, job).state, runner.holds()) == ("queued", True)
    town.house.jobs.cancel(job, by="acr_x", now=town.house.now)


# With a real service


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with Popen([XUESHI, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
               text=True, env=CLEAN) as process:
        assert process.stdout is not None and re.search(r"http://127\.0\.0\.1:", process.stdout.readline())
        try:
            yield process
        finally:
            process.kill()


def test_a_replay_of_a_draft_outlives_the_service_that_was_killed_over_it(tmp_path: Path) -> None:
    """Submitted by command, watched over HTTP, the service killed and started anew, the report fetched and recorded."""
    with house_in(tmp_path / "data") as town:
        registered(town)
        office = town.officer(town.unit("某政策部门", "330000", "general"), "policy_office", "33")
        assert office.token is not None
        size = town.house.ledger.store.size()
    drafts = tmp_path / "drafts" / "hangzhou-credits"
    drafts.mkdir(parents=True)
    for path in (DRAFTS / "hangzhou-credits").iterdir():
        (drafts / path.name).write_bytes(path.read_bytes())

    def ask(*arguments: str) -> dict[str, Any]:
        return made(tmp_path, *arguments, XUESHI_TOKEN=str(office.token))

    with serving(tmp_path) as service:
        job = ask("job", "replay", "--drafts", "drafts")["job"]
        place = tmp_path / "data" / "replays" / job
        until(lambda: len(children(place)) == 2)  # It, and who has it rest.
        service.send_signal(signal.SIGKILL)
        service.wait()
        until(lambda: not children(place))  # They go with the service that started them.
    with serving(tmp_path):
        done = ask("job", "show", job, "--wait")
        assert (done["state"], done["question"]["under"]["law"]) == ("done", f"now+{DRAFT}"), done
        told = ask("job", "report", job, "--out", "report")
        assert (tmp_path / "report" / "report.html").exists() and not list((tmp_path / "report").glob("*.ndjson"))
        assert ask("rulebook", "impact", "report", "--dry-run")["dry_run"]
        assert told["digest"] in xueshi(tmp_path, "job", "report", job, XUESHI_TOKEN=str(office.token)).stdout
        listed = xueshi(tmp_path, "job", "list", XUESHI_TOKEN=str(office.token)).stdout
        assert job in listed and "已做完" in listed
        over = xueshi(tmp_path, "job", "cancel", job, XUESHI_TOKEN=str(office.token))
        assert over.returncode == 1 and "[job_over]" in over.stderr
    later = xueshi(tmp_path, "log", "show", "--after", str(size), "--json").stdout.splitlines()
    kinds = {json.loads(line)["event"]["type"] for line in later}
    assert kinds <= {"log.access_anchored/1"}, "nothing of it is written to the ledger"


@pytest.mark.torture
def test_of_several_workers_another_goes_on_when_the_one_that_ran_it_is_killed(tmp_path: Path, postgres: str) -> None:
    with serving_workers(tmp_path, postgres) as service:
        served = service.town()
        office = served.officer(served.unit("某政策部门", "330000", "general"), "policy_office", "33")
        works = served.unit("某厂", "330203", "industry")
        clerk, person = served.officer(works, "unit", "330203", unit=works["unit"]), served.person("李明")
        served.belongs(person, works, clerk, "2020-01-01")
        clerk.act(person.did("/v1/claims", served.claim(person, "培训", **study())), "approval")
        job = office.client.post("/v1/replays", {"under": "now"}).json["job"]
        place = tmp_path / "data" / "replays" / job
        (child,) = until(lambda: children(place))
        worker = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
        most = [0]

        def another_goes_on() -> bool:
            found = children(place)
            most.append(len(found))
            return bool(found) and child not in found

        os.kill(worker, signal.SIGKILL)
        until(another_goes_on)
        assert max(most) == 1, "never two of one job"
        until(lambda: office.saw(f"/v1/jobs/{job}")["state"] == "done")
