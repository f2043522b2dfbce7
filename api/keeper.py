"""The keeper: signs checkpoints on a timer, anchors the access log once a day, tidies old request keys.

It never stops for one failure: what went wrong is logged and shown at `/readyz` until it goes right again.
`tests/api/test_keeper.py` shows it.
"""

from __future__ import annotations

import threading
import time

import structlog

from api.checks import Level
from api.register import SYSTEM, Register
from ledger.access import anchor_access
from ledger.errors import LedgerError

_TIDY_EVERY_S = 3_600


class Keeper:
    """One thread beside the service."""

    def __init__(self, register: Register, *, every_s: int) -> None:
        self._register = register
        self._every_s = every_s
        self._stopping = threading.Event()
        self._failure: LedgerError | None = None
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Sign once at once, so that there is a checkpoint before the first visitor, then keep on."""
        self._round()
        self._thread.start()

    def stop(self) -> None:
        """Sign what came in last, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._round()

    def check(self) -> tuple[Level, str, str]:
        """For `/readyz`: whether the last round went well."""
        if self._failure is None:
            return Level.OK, "检查点按时签发", ""
        return Level.FAIL, f"检查点未能签发（{self._failure.code}）", str(self._failure)

    def _run(self) -> None:
        tidied = 0
        while not self._stopping.wait(self._every_s):
            self._round()
            if time.monotonic_ns() // 1_000_000_000 - tidied >= _TIDY_EVERY_S:
                tidied = time.monotonic_ns() // 1_000_000_000
                self._attempt(lambda: self._register.ledger.store.tidy_requests(time.time_ns() // 1_000))

    def _round(self) -> None:
        if self._attempt(self._keep):
            self._failure = None

    def _keep(self) -> None:
        register = self._register
        anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=time.time_ns() // 1_000)
        register.signer.checkpoint()

    def _attempt(self, work: object) -> bool:
        assert callable(work)
        try:
            work()
        except LedgerError as error:
            self._failure = error
            structlog.get_logger().error("keeper_failed", code=error.code)
            return False
        except Exception as error:
            structlog.get_logger().error("keeper_broke", exc_info=error)
            return False
        return True
