"""What everybody is given under this register's public address: asked again and again, since a copy may answer there.

A clone of a machine with its disk differs in nothing that either of the two could read of itself. But at the public
address only one of them is found: the other is given a checkpoint under its own name and key of a log that goes on
without it, and is stopped as by a witness (`Signer.must_extend`). Nobody else's word stops a log, and a proxy that
gives an older one is no trouble. It takes no witness; what it cannot tell, two that were never reachable by one name,
only witnesses can.

`tests/witness/test_public_log.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from api.doctor.checks import Answer, Level
from api.witness.asking import Away, ask
from api.witness.rounds import Rounds
from ledger.errors import LedgerError
from ledger.signing.signer import Signer
from ledger.witnessing.kept import Kept, size_of

KIND: Final = "public"
EVERY_S: Final = 300
_LEAVING_S: Final = 1
_STOPPED: Final = "not_extended"


class PublicLog(Rounds):
    """Asks at the public address for this log's checkpoint."""

    kind, thread_name, back_off_s = KIND, "public-log", EVERY_S

    def __init__(
        self, address: str, signer: Signer, kept: Kept, *, may: Callable[[], bool] = lambda: True,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__([address], kept, may=may, clock=clock)
        self._address, self._signer = address, signer

    def round(self) -> None:
        """Ask, if it is time to."""
        if not self._is_due(self._address):
            return
        with self._telling():
            try:
                answer = ask("GET", self._address, "/log/checkpoint")
                if answer.status != 200:
                    raise Away(f"status_{answer.status}", f"答复 {answer.status}")
                if not self._stopping.is_set():  # Else the log is closed by now.
                    self._compare(answer.body)
            except Away as error:
                self._failed(self._address, error.code, error.reason)
            except LedgerError as error:
                self._failed(self._address, error.code, str(error))

    def stop(self) -> None:
        """End. Nothing is owed, so nobody who stops the service waits for an address that does not answer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_LEAVING_S)

    def check(self) -> Answer:
        """For `/readyz`: whether this log is what everybody is given there; that nobody can tell stops nothing."""
        for one in self._kept.answering():
            if one.kind == KIND and one.name == self._address and one.code:
                if one.code == _STOPPED:
                    cure = "另有一份登记簿在对外服务，这一份已停止登记和签发；两份都保留，见运维手册“可能有两份登记簿”"
                    return Level.FAIL, one.reason, cure
                cure = "让本机也访问得到对外网址（内网解析、证书的颁发机构）：克隆出来的另一份在那里服务时，才发现得了"
                return Level.WARN, f"在对外网址读不到本日志的检查点：{one.reason}", cure
        return Level.OK, "对外网址给出的就是这一本日志", ""

    def _compare(self, note: bytes) -> None:
        extends, size = self._signer.must_extend(note, "对外网址上"), size_of(note)
        if not extends:
            self._failed(self._address, _STOPPED, f"对外网址上的日志有 {size:,} 个事件，这里的不是它的延续")
            return
        self._answered(self._address, size, self._seconds())
        self._again_at[self._address] = self._seconds() + EVERY_S
