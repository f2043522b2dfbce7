"""What a standby says to whoever wants more of it than the log: told without the driver that it needs itself."""

from __future__ import annotations

from typing import ClassVar

from ledger.errors import LedgerError


class OnStandby(LedgerError):
    """Something was asked of a standby that only a primary may do."""

    code: ClassVar[str] = "standby_reads_only"

    def __init__(self, primary: str = "") -> None:
        where = f"主服务 {primary}" if primary else "主服务"
        super().__init__(
            f"这是备用服务，只供读取日志和证明，不登记，也不给出个人信息（每次查阅都须记入查阅日志，这里记不了）。请到{where}办理。")
        self.told = str(self)
