"""Once a day, and when something asks for it, a checkpoint is kept and its time is had from outside (RFC 3161).

Where witnesses are set the checkpoint is one that enough of them
cosigned: then those who saw it and the time stand on one text. An authority that does not answer is asked again, less
and less often, for the same checkpoint: its time is that of the answer, which is later and still true.

`tests/witness/test_stamps.py` shows it with OpenSSL as the authority.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from api.doctor.checks import Level
from api.witness.asking import Away, ask
from api.witness.authorities import Authority
from api.witness.rounds import Rounds
from ledger.errors import LedgerError
from ledger.proof.notes import parse_note
from ledger.signing.signer import Signer
from ledger.witnessing.kept import Kept, size_of
from ledger.witnessing.stamp import ask_for, check_stamp

KIND: Final = "authority"
EVERY_S: Final = 86_400
LATE_S: Final = 2 * EVERY_S
_OWED_MOST: Final = 30    # So many checkpoints back an authority that was away is still asked for.


class Stamper(Rounds):
    """Has checkpoints stamped. `wanted` says up to which event one is asked for besides the daily one."""

    kind, thread_name, back_off_s = KIND, "time-stamps", 3_600

    def __init__(
        self, signer: Signer, authorities: Sequence[Authority], kept: Kept, *, is_witnessed: bool,
        wanted: Callable[[], int] = lambda: 0, may: Callable[[], bool] = lambda: True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__([each.name for each in authorities], kept, may=may, clock=clock)
        self._signer, self._authorities = signer, authorities
        self._is_witnessed, self._wanted = is_witnessed, wanted

    def round(self) -> None:
        """Keep a checkpoint if one is due, and ask each authority for what it owes."""
        self._keep_what_is_due()
        with self._telling():
            for authority in self._authorities:
                if self._is_due(authority.name):
                    self._ask_what_is_owed(authority)

    def check(self) -> tuple[Level, str, str]:
        """For `/readyz`: whether times come; that they do not stops nothing, so it is no failure."""
        failing = [one for one in self._kept.answering() if one.kind == KIND and one.code]
        if failing:
            words = "；".join(f"{one.name}：{one.reason}" for one in failing)
            return Level.WARN, f"{len(failing)} 个时间戳机构没有给出时间，会再试", words
        return Level.OK, "检查点按日盖时间戳", ""

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
                self._failed(authority.name, error.code, error.reason)
                return
            except LedgerError as error:
                self._failed(authority.name, error.code, str(error))
                return
            self._kept.keep_stamp(size, authority.name, token)
            self._answered(authority.name, max(size, self._told[authority.name].size), self._seconds())

    def _stamped(self, authority: Authority, text: bytes) -> bytes:
        question = ask_for(text)
        answer = ask("POST", authority.url, "", question.der, kind="application/timestamp-query")
        if answer.status != 200:
            raise Away(f"status_{answer.status}", f"时间戳机构答复 {answer.status}")
        check_stamp(answer.body, text, authority.roots, policy=authority.policy, nonce=question.nonce)
        return answer.body
