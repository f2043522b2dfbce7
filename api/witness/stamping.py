"""Once a day, and when something asks for it, a checkpoint is kept and its time is had from outside (RFC 3161).

Beside the keeper, in the process that has its lease. Where witnesses are set the checkpoint is one that enough of them
cosigned: then those who saw it and the time stand on one text. An authority that does not answer is asked again, less
and less often, for the same checkpoint: its time is that of the answer, which is later and still true.

`tests/witness/test_stamps.py` shows it with OpenSSL as the authority.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import structlog

from api.checks import Level
from api.witness.asking import Away, ask
from api.witness.authorities import Authority
from ledger.errors import LedgerError
from ledger.proof.notes import parse_note
from ledger.signer import Signer
from ledger.witnessing.kept import Answering, Kept, size_of
from ledger.witnessing.stamp import ask_for, check_stamp

KIND: Final = "authority"
EVERY_S: Final = 86_400
LATE_S: Final = 2 * EVERY_S
_TURN_S: Final = 1
_BACK_OFF_S: Final = 3_600
_OWED_MOST: Final = 30    # So many checkpoints back an authority that was away is still asked for.


class Stamper:
    """Has checkpoints stamped. `wanted` says up to which event one is asked for besides the daily one."""

    def __init__(
        self, signer: Signer, authorities: Sequence[Authority], kept: Kept, *, is_witnessed: bool,
        wanted: Callable[[], int] = lambda: 0, may: Callable[[], bool] = lambda: True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._signer, self._authorities, self._kept = signer, authorities, kept
        self._is_witnessed, self._wanted, self._may, self._clock = is_witnessed, wanted, may, clock
        told = {one.name: one for one in kept.answering() if one.kind == KIND}
        self._told = {each.name: told.get(each.name, Answering(each.name, KIND)) for each in authorities}
        self._failures, self._again_at = dict[str, int](), dict[str, int]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="time-stamps", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is owed is asked for at the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def round(self) -> None:
        """Keep a checkpoint if one is due, and ask each authority for what it owes."""
        self._keep_what_is_due()
        before = dict(self._told)
        for authority in self._authorities:
            if self._again_at.get(authority.name, 0) <= self._seconds():
                self._ask_what_is_owed(authority)
        if self._told != before:
            others = [one for one in self._kept.answering() if one.kind != KIND]
            self._kept.say([*others, *self._told.values()])

    def check(self) -> tuple[Level, str, str]:
        """For `/readyz`: whether times come; that they do not stops nothing, so it is no failure."""
        failing = [one for one in self._kept.answering() if one.kind == KIND and one.code]
        if failing:
            words = "；".join(f"{one.name}：{one.reason}" for one in failing)
            return Level.WARN, f"{len(failing)} 个时间戳机构没有给出时间，会再试", words
        return Level.OK, "检查点按日盖时间戳", ""

    def _run(self) -> None:
        while not self._stopping.wait(_TURN_S):
            try:
                if self._may():
                    self.round()
            except LedgerError as error:
                structlog.get_logger().error("stamping_failed", code=error.code)
            except Exception as error:
                structlog.get_logger().error("stamping_broke", exc_info=error)

    def _keep_what_is_due(self) -> None:
        note = self._kept.latest() if self._is_witnessed else self._signer.published()
        if note is None:
            return
        size, dated = size_of(note), self._kept.dated()
        last = dated[-1] if dated else -1
        is_daily = last < 0 or self._seconds() - self._kept.kept_at(last) >= EVERY_S
        is_wanted = last < self._wanted() <= size
        if size > last and (is_daily or is_wanted):
            self._kept.keep(note, at=self._seconds())

    def _ask_what_is_owed(self, authority: Authority) -> None:
        owed = [size for size in self._kept.dated()[-_OWED_MOST:] if authority.name not in self._kept.stamps(size)]
        for size in reversed(owed):  # The newest first: that is what somebody may be waiting for.
            note = self._kept.at(size)
            if note is None:
                continue
            try:
                token = self._stamped(authority, parse_note(note)[0])
            except Away as error:
                self._failed(authority, error.code, error.reason)
                return
            except LedgerError as error:
                self._failed(authority, error.code, str(error))
                return
            self._kept.keep_stamp(size, authority.name, token)
            self._failures[authority.name] = 0
            newest = max(size, self._told[authority.name].size)
            self._told[authority.name] = Answering(authority.name, KIND, newest, self._seconds())

    def _stamped(self, authority: Authority, text: bytes) -> bytes:
        question = ask_for(text)
        answer = ask("POST", authority.url, "", question.der, kind="application/timestamp-query")
        if answer.status != 200:
            raise Away(f"status_{answer.status}", f"时间戳机构答复 {answer.status}")
        check_stamp(answer.body, text, authority.roots, policy=authority.policy, nonce=question.nonce)
        return answer.body

    def _failed(self, authority: Authority, code: str, reason: str) -> None:
        count = self._failures[authority.name] = self._failures.get(authority.name, 0) + 1
        now, before = self._seconds(), self._told[authority.name]
        self._again_at[authority.name] = now + min(_BACK_OFF_S, 2 ** min(count, 12))
        self._told[authority.name] = replace(
            before, failing_since=before.failing_since or now, code=code, reason=reason)
        if before.code != code:
            structlog.get_logger().warning("time_stamp_failed", authority=authority.name, code=code)

    def _seconds(self) -> int:
        return self._clock() // 1_000_000_000
