"""The runner: does the replays that were asked for over HTTP, each in a child process, so many at once, in order.

Every process that serves has one; the one that has the lease does the work, and the others try for it each second. A
child holds a lock on the folder of its job for as long as it lives, and ends when whoever started it does: so what a
killed process left is done by the next one, never by two at once, and not before the last child is gone. A job begins
anew with what replays keep for themselves (`projections.replay.stages`), and what it made stands in its place before
its row says that it is done.

    replays/runner.lock       who runs them: a lock, and nothing in it
    replays/<job>/lock        held by the child
    replays/<job>/drafts/     the rulebooks that came with it
    replays/<job>/beside/     the report while it is made
    replays/<job>/report/     the report, whole; of a check nothing stays but what its row says

`tests/api/test_replay_runner.py` kills children and services, and shows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import structlog

from api.operational.jobs import DONE, FAILED, REPLAY_CHECK, Job, Jobs
from api.replays import resting
from api.terminal.exits import Exit
from ledger.durable import sync
from ledger.lease import FileLease

LOCK: Final = "runner.lock"
REPORT: Final = "report"
TRIES_MOST: Final = 5
"""So many children may die under a job: then the machine is too small for it, or it is a bug of ours."""

_LOOK_S: Final = 0.5  # not hours: seconds
_TELL_NS: Final = 1_000_000_000
_ENDING_S: Final = 10
_SECOND_NS: Final = 1_000_000_000
_DIED: Final = {"status": 500, "code": "replay_died", "detail": "重放的子进程一再中途退出，没有写出报告；账本不受影响。"
                "多为内存或磁盘不足，请管理员在服务器上运行 xueshi doctor 核对后重新提交。"}
_FAILED: Final = "重放没有完成，没有写出报告；账本不受影响。请把追踪号告知管理员。"


class Progress:
    """How far a step is, how fast, and how long it will take."""

    def __init__(self) -> None:
        self._step, self._began_ns = "", 0
        self.now: dict[str, Any] | None = None

    def take(self, step: str, done: int, total: int) -> None:
        """Take what the child says of itself."""
        at = time.monotonic_ns()
        if step != self._step:
            self._step, self._began_ns = step, at
        took = at - self._began_ns
        self.now = {
            "step": step, "done": done, "total": total,
            "rate": done * _SECOND_NS // took if took and done else None,
            "eta": (total - done) * took // done // _SECOND_NS if done else None,
        }


class _Child:
    """A child process that does one job, and what it says."""

    def __init__(self, job: Job, process: subprocess.Popen[str], told: dict[str, Any]) -> None:
        self.job, self._process = job, process
        self.progress, self.outcome = Progress(), dict[str, Any]()
        self.told_ns = 0
        self._thread = threading.Thread(target=self._listen, args=(told,), name="replay", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Say whether it is gone, and everything that it said was heard."""
        return not self._thread.is_alive()

    def kill(self) -> None:
        """End it wherever it is, and wait until it is gone."""
        self._process.kill()
        self._thread.join(_ENDING_S)

    def _listen(self, told: dict[str, Any]) -> None:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            with process:  # Its standard input is held open until it has ended: at the end of that it would go.
                process.stdin.write(json.dumps(told) + "\n")
                process.stdin.flush()
                for line in process.stdout:
                    said = json.loads(line)
                    if "step" in said:
                        self.progress.take(said["step"], *said["of"])
                    else:
                        self.outcome = said
        except (OSError, ValueError):  # It was killed before it had read, or while it spoke.
            process.kill()
            process.wait()


class Runner:
    """One thread beside the service: where replays lie, what a child is to open, whether one may begin just now."""

    def __init__(
        self, jobs: Jobs, folder: Path, data_folder: Path, *, at_once: int, cores: Iterable[int] = (),
        may_begin: Callable[[], bool] = lambda: True, stands_back: bool = True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._jobs, self._folder, self._data_folder = jobs, folder, data_folder.absolute()
        self._at_once, self._cores, self._may_begin, self._clock = at_once, sorted(cores), may_begin, clock
        self._stands_back = stands_back
        self._lease = FileLease(folder / LOCK)
        self._children: dict[str, _Child] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="replays", daemon=True)

    def start(self) -> None:
        """Do what is to be done from here on."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End every child; what it was doing waits for the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for job, child in self._children.items():
            child.kill()
            self._jobs.put_back(job)
        self._children.clear()
        self._lease.release()

    def holds(self) -> bool:
        """Say whether this process is the one that runs them."""
        return self._lease.holds()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                self._turn()
            except Exception as error:  # A disk that is full now need not be in a minute.
                structlog.get_logger().error("replay_runner_broke", exc_info=error)

    def _turn(self) -> None:
        if not self._lease.try_take():  # Whoever has it may run what ours are doing as soon as they are gone.
            for child in self._children.values():
                child.kill()
            self._children.clear()
            return
        for child in list(self._children.values()):
            self._look_after(child)
        passed = set(self._children)
        while len(self._children) < self._at_once and (job := self._jobs.next(passed)) is not None:
            if not self._may_begin():  # Answers that are being built would only be waited for, and not for ever.
                return
            passed.add(job.job)
            if (begun := self._begun(job)) is not None:
                self._children[job.job] = begun

    def _look_after(self, child: _Child) -> None:
        job = child.job.job
        if not self._jobs.is_running(job):  # Somebody cancelled it.
            child.kill()
            del self._children[job]
            clear(self._folder / job)
        elif child.has_ended:
            del self._children[job]
            self._end(child)
        elif child.progress.now is not None and (now := time.monotonic_ns()) - child.told_ns > _TELL_NS:
            child.told_ns = now
            self._jobs.tell(job, child.progress.now)

    def _end(self, child: _Child) -> None:
        job, said = child.job.job, child.outcome
        if "done" in said and child.job.kind == REPLAY_CHECK:
            self._jobs.end(job, DONE, said["done"], now=self._now())
            clear(self._folder / job)
        elif "done" in said:
            for path in (*(self._folder / job / REPORT).iterdir(), self._folder / job / REPORT, self._folder / job):
                sync(path)  # Before anybody is told that it is there.
            told = {name: value for name, value in said["done"].items() if name not in ("folder", "new", "question")}
            if not self._jobs.end(job, DONE, told, now=self._now()):
                clear(self._folder / job)  # Somebody cancelled it just then.
        elif "stop" in said:
            status, code, message, cure = said["stop"]
            told = _problem(status, code, message.replace(f"{self._folder}/", ""), cure)  # Where they lie is ours.
            self._jobs.end(job, FAILED, told, now=self._now())
        # Without a word it died: the next turn begins it anew.

    def _begun(self, job: Job) -> _Child | None:
        """Start a child, unless the last one has not gone yet or too many have died."""
        place = self._folder / job.job
        place.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self._jobs.begin(job.job, now=self._now()):
                return None
            if job.tries >= TRIES_MOST:
                self._jobs.end(job.job, FAILED, _DIED, now=self._now())
                return None
            clear(place)
            (place / "beside").mkdir(mode=0o700)
            made = job.asked.get("check")
            told = {**job.asked, "beside": str(place / "beside"), "out": str(place / REPORT),
                    "check": None if made is None else str(self._folder / made / REPORT), "is_for_office": True,
                    "data_folder": str(self._data_folder), "is_idle": self._stands_back, "cores": self._cores}
            if drafts := told.pop("drafts", None):
                told["under"] = str(write_drafts(place / "drafts", drafts))
            child = [sys.executable, "-P", "-m", "api.replays.job"]
            if self._stands_back and resting.CAN:
                child = [sys.executable, "-P", "-m", "api.replays.resting", *child]
            process = subprocess.Popen(  # It inherits the lock, which is free when the last that has it is gone.
                child, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True, encoding="utf-8", start_new_session=True, pass_fds=(lock,))
            return _Child(job, process, told)
        except BlockingIOError:
            return None
        finally:
            os.close(lock)

    def _now(self) -> int:
        return self._clock() // 1_000


def _problem(status: int, code: str, message: str, cure: str) -> dict[str, Any]:
    """Why there is no report, for whoever asked; what is wrong with this machine is for whoever looks after it."""
    if status == Exit.WORLD_IS_WRONG:
        structlog.get_logger().error("replay_failed", code=code)
        return {"status": 500, "code": code, "detail": _FAILED}
    return {"status": 422, "code": code, "detail": f"{message.rstrip('。')}。{cure}"}


def write_drafts(folder: Path, drafts: Iterable[dict[str, Any]]) -> Path:
    """Write the rulebooks that came with a request as a folder of drafts; gives the folder."""
    for one in drafts:
        family, _, version = one["id"].partition("/")
        here = folder / family
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        (here / f"{version}.toml").write_text(one["source"], "utf-8", newline="")
        if one.get("cases") is not None:
            (here / f"{version}.cases.toml").write_text(one["cases"], "utf-8", newline="")
        if one.get("text") is not None:
            (here / one["text_name"]).write_text(one["text"], "utf-8", newline="")
    return folder


def clear(place: Path) -> None:
    """Remove what a job has made; its lock stays, since somebody may hold it."""
    for name in (REPORT, "beside", "drafts"):
        shutil.rmtree(place / name, ignore_errors=True)


def cores_beside(workers: int) -> list[int]:
    """The cores that no worker of a service stays on (`api.workers`, `api.serve`), if there are any."""
    cores = sorted(range(os.cpu_count() or 1))
    return cores[:-workers]
