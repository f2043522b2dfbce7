"""The keeper: signs checkpoints on a timer, anchors the access log once a day, tidies what is past its time.

Every process that serves has one; the one that has the lease does the work, and the others try for it each second, so
that one of them goes on when its holder is gone. What may be asked of any process at any time (a statement's proof, a
checkpoint) is signed by whoever is asked: signatures have a lock of their own (`ledger.signing.signer`).

It never stops for one failure: what went wrong is logged and shown at `/readyz` until it goes right again; that nobody
signs is seen from every process. `tests/api/test_keeper.py` shows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from api.doctor.checks import Level
from api.register.register import SYSTEM, Register, stop_by_clock, stop_what_is_behind
from ledger.access.log import anchor_access
from ledger.disk import disk_failure
from ledger.errors import LedgerError
from ledger.lease import FileLease, Lease
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.stores.append import Conflict
from projections.errors import ProjectionError

_TIDY_EVERY_S: Final = 3_600
_TRY_EVERY_S: Final = 1
_ROUNDS_MISSED: Final = 3
_GRACE_S: Final = 10


class Keeper:
    """One thread beside the service. Without a lease that is handed in, it is one within this host."""

    def __init__(
        self, register: Register, *, every_s: int, lease: Lease | None = None, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._register, self._clock = register, clock
        self._every_s = every_s
        self._lease = lease or FileLease(register.folder.keys / "keeper.lock")
        self._stopping = threading.Event()
        self.hourly: list[Callable[[], object]] = []  # What else is to be tidied, by the one that has the lease.
        self._failure: LedgerError | ProjectionError | None = None
        self._due_s = self._tidy_due_s = 0
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Sign once at once, so that there is a checkpoint before the first visitor, then keep on."""
        self._turn()
        self._thread.start()

    def stop(self) -> None:
        """Sign what came in last, and end; whoever else stands by takes over."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._due_s = 0
        self._tidy_due_s = _seconds() + _TIDY_EVERY_S
        self._turn()
        self._lease.release()

    def holds(self) -> bool:
        """Say whether this process is the one that keeps."""
        return self._lease.holds()

    def check(self) -> tuple[Level, str, str]:
        """For `/readyz`: whether the last round went well here, and whether checkpoints come, whoever signs them."""
        failure = self._failure
        try:
            self._register.signer.demand_extension()
        except LedgerError as error:
            failure = error
        if failure is not None:
            return Level.FAIL, f"检查点未能签发（{failure.code}）", str(failure)
        if (late_s := self._late_s()) > _ROUNDS_MISSED * self._every_s + _GRACE_S:
            return Level.FAIL, f"有 {late_s} 秒前的记录还没有检查点", "请查看日志中的 keeper_failed；重新启动服务"
        return Level.OK, "检查点按时签发", ""

    def _late_s(self) -> int:
        """How long ago the first event was recorded that no checkpoint holds."""
        note = self._register.signer.published()
        size = 0 if note is None else parse_checkpoint(parse_note(note)[0]).size
        waiting = self._register.ledger.at(size + 1)
        return 0 if waiting is None else self._clock() // 1_000_000_000 - waiting.envelope.recorded_at // 1_000_000

    def _run(self) -> None:
        while not self._stopping.wait(min(_TRY_EVERY_S, self._every_s)):
            self._turn()

    def _turn(self) -> None:
        """Do what is due, if it is this process's turn. Each process for itself records nothing on an older copy."""
        register, leapt = self._register, [False]
        self._attempt(lambda: stop_what_is_behind(register.ledger, register.signer, register.clock_checked))
        self._attempt(lambda: leapt.append(stop_by_clock(register.access, register.clock_checked)))
        if not self._has_the_lease():
            self._due_s = 0  # Whoever takes over begins with a round.
            return
        if (now := _seconds()) >= self._due_s:
            self._due_s = now + self._every_s
            self._round()
        if now >= self._tidy_due_s and not leapt[-1]:  # By such a clock everything is past its time.
            self._tidy_due_s = now + _TIDY_EVERY_S
            self._attempt(lambda: self._register.ledger.store.tidy_requests(self._clock() // 1_000))
            for work in self.hourly:
                self._attempt(work)

    def _has_the_lease(self) -> bool:
        held: list[bool] = []
        return self._attempt(lambda: held.append(self._lease.try_take())) and held == [True]

    def _round(self) -> None:
        if self._attempt(self._keep):
            self._failure = None

    def _keep(self) -> None:
        register = self._register
        try:
            with suppress(Conflict):  # Someone wrote to the log's own stream just then: tomorrow is soon enough.
                anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=self._clock() // 1_000)
        finally:
            register.signer.checkpoint()  # What keeps one log from being signed need not keep the other.

    def _attempt(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception as error:
            failure = error if isinstance(error, LedgerError | ProjectionError) else disk_failure(error)
            if failure is None:
                structlog.get_logger().error("keeper_broke", exc_info=error)
                return False
            self._failure = failure
            structlog.get_logger().error("keeper_failed", code=failure.code)
            return False
        return True


def _seconds() -> int:
    return time.monotonic_ns() // 1_000_000_000
