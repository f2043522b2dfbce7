"""The runner of what cases need done in the background: one at a time of a kind, in a thread, told as it goes.

Every process that serves has one of each kind; the one that has the lease does the work. What is done to many entries
goes through the same use case as a request, chunk by chunk; before each it looks whether it is still to be done: so it
is stopped within a chunk, and what a killed process left is gone on with by the next one that has the lease
(`api.cases.investigating.bulk_jobs`). A bundle is made anew (`api.cases.investigating.bundle_jobs`); it keeps no act
waiting, since each kind has a thread of its own.

`tests/api/test_bulk_jobs.py` and `tests/api/test_bundle_jobs.py` show it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import structlog

from api.cases.investigating import bulk_jobs, bundle_jobs
from api.house import House
from api.operational.jobs import CASE_BULK, CASE_BUNDLE, FAILED, Job, Outcome
from api.replays.runner import Progress
from ledger.lease import FileLease, PostgresLease

TRIES_MOST: Final = 5
_LOOK_S: Final = 0.3  # not hours: seconds
_REST_S: Final = 5
_BROKE: Final = {"status": 500, "code": "bulk_broke", "detail": "后台一再没有写成，尚未生效；已写入的仍在，"
                 "请管理员运行 xueshi doctor 核对后继续办理，或放弃这一批。"}
_NOT_MADE: Final = {"status": 500, "code": "bundle_broke", "detail": "移送材料一再没有做成；账本不受影响，没有半份。"
                    "多为内存或磁盘不足，请管理员运行 xueshi doctor 核对后重新提交。"}


class Work(NamedTuple):
    """A kind of job that is done here."""

    kind: str
    lock: str                # Who does it: a lock, and nothing in it.
    broke: dict[str, Any]    # What is told of one that broke again and again.
    run: Callable[[House, Job, Callable[[], bool], Callable[[str, int, int], None]], Outcome | None]


def _bulk(house: House, job: Job, goes_on: Callable[[], bool], tell: Callable[[str, int, int], None]) -> Outcome | None:
    return bulk_jobs.run(house, job, goes_on, lambda done, total: tell("write", done, total))


BULKS: Final = Work(CASE_BULK, "bulk.lock", _BROKE, _bulk)
BUNDLES: Final = Work(CASE_BUNDLE, "bundles.lock", _NOT_MADE, bundle_jobs.run)


class BulkRunner:
    """One thread beside the service, for one kind."""

    def __init__(self, house: House, *, lease: PostgresLease | None = None, work: Work = BULKS) -> None:
        self._house, self._jobs, self._work = house, house.jobs, work
        self._folder = house.register.folder.replays
        self._lease: FileLease | PostgresLease = lease or FileLease(self._folder / work.lock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=work.kind.replace("_", "-"), daemon=True)

    def start(self) -> None:
        """Do what is to be done from here on."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is just being written; what is left waits for the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lease.release()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                if self._lease.try_take() and (job := self._jobs.next((), self._work.kind)) is not None:
                    self._do(job)
            except Exception as error:  # A disk that is full now need not be in a minute.
                structlog.get_logger().error("bulk_runner_broke", exc_info=error)
                self._stopping.wait(_REST_S)

    def _do(self, job: Job) -> None:
        if not self._jobs.begin(job.job, now=self._house.now):
            return
        if job.tries >= TRIES_MOST:
            self._jobs.end(job.job, FAILED, self._work.broke, now=self._house.now)
            return
        progress = Progress()

        def tell(step: str, done: int, total: int) -> None:
            progress.take(step, done, total)
            told: dict[str, Any] = progress.now or {}
            self._jobs.tell(job.job, told)

        def goes_on() -> bool:
            return not self._stopping.is_set() and self._jobs.is_running(job.job)

        came = self._work.run(self._house, job, goes_on, tell)
        if came is not None:
            self._jobs.end(job.job, came.state, came.told, now=self._house.now)
        elif self._stopping.is_set():
            self._jobs.put_back(job.job)
