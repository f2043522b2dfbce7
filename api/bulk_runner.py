"""The runner of what cases do to many entries: one at a time, in a thread of the service, told as it goes.

Every process that serves has one; the one that has the lease does the work. It writes through the same use case as a
request, chunk by chunk, and looks before each whether it is still to be done: so it is stopped within a chunk, and what
a killed process left is gone on with by the next one that has the lease (`api.cases.bulk_jobs`).

`tests/api/test_bulk_jobs.py` shows it.
"""

from __future__ import annotations

import threading
from typing import Any, Final

import structlog

from api.cases import bulk_jobs
from api.house import House
from api.jobs import CASE_BULK, FAILED, Job
from api.replay_runner import Progress
from ledger.lease import FileLease, PostgresLease

LOCK: Final = "bulk.lock"
TRIES_MOST: Final = 5
_LOOK_S: Final = 0.3  # not hours: seconds
_REST_S: Final = 5
_BROKE: Final = {"status": 500, "code": "bulk_broke", "detail": "后台一再没有写成，尚未生效；已写入的仍在，"
                 "请管理员运行 xueshi doctor 核对后继续办理，或放弃这一批。"}


class BulkRunner:
    """One thread beside the service."""

    def __init__(self, house: House, *, lease: PostgresLease | None = None) -> None:
        self._house, self._jobs = house, house.jobs
        self._folder = house.register.folder.replays
        self._lease: FileLease | PostgresLease = lease or FileLease(self._folder / LOCK)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="case-bulk", daemon=True)

    def start(self) -> None:
        """Do what is to be done from here on."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the chunk that is being written; what is left waits for the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lease.release()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                if self._lease.try_take() and (job := self._jobs.next((), CASE_BULK)) is not None:
                    self._do(job)
            except Exception as error:  # A disk that is full now need not be in a minute.
                structlog.get_logger().error("bulk_runner_broke", exc_info=error)
                self._stopping.wait(_REST_S)

    def _do(self, job: Job) -> None:
        if not self._jobs.begin(job.job, now=self._house.now):
            return
        if job.tries >= TRIES_MOST:
            self._jobs.end(job.job, FAILED, _BROKE, now=self._house.now)
            return
        progress = Progress()

        def tell(done: int, total: int) -> None:
            progress.take("write", done, total)
            told: dict[str, Any] = progress.now or {}
            self._jobs.tell(job.job, told)

        def goes_on() -> bool:
            return not self._stopping.is_set() and self._jobs.is_running(job.job)

        came = bulk_jobs.run(self._house, job, goes_on, tell)
        if came is not None:
            self._jobs.end(job.job, came.state, came.told, now=self._house.now)
        elif self._stopping.is_set():
            self._jobs.put_back(job.job)
