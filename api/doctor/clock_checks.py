"""What the clock has done: since the service was started, and as the times in the log show it.

Times of registration are evidence and cannot be taken back, so a clock that was set is told while somebody still knows
who set it. `tests/api/test_clock_checks.py` shows it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from api.doctor.checks import Answer, Level, failed
from api.register.folder import Folder, folder_of
from api.register.forgetting import stored
from api.register.home import set_by_s
from api.settings import Settings
from ledger.clock import Times, gaps, leapt
from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.fsck.source import View
from ledger.vocabulary import LOCAL

NOT_BEFORE: Final = datetime(2026, 1, 1, tzinfo=UTC)    # A clock that says less has lost its battery.
MAY_DIFFER_S: Final = 120
SET_S: Final = 30
"""What is less, a time service does itself after a start."""
_SET: Final = "校准系统时钟，例如 timedatectl set-ntp true"


def clock(path: Path) -> Answer:
    """Not before this software was written, not before what the data folder has seen, and not set since the start."""
    now = datetime.now(UTC)
    if now < NOT_BEFORE:
        return Level.FAIL, f"系统时钟为 {now:%Y-%m-%d}，早于本软件的编写时间", _SET
    newest = max((each.stat().st_mtime_ns for each in path.glob("*") if each.is_file()), default=0)
    behind = newest // 1_000_000_000 - int(now.timestamp())
    if behind > MAY_DIFFER_S:
        return Level.FAIL, f"系统时钟比数据文件夹中最新的文件还早 {behind:,} 秒", _SET
    by_s, since = set_by_s(Folder(path))
    if abs(by_s) > SET_S:
        cure = "查明是谁、怎样改的；虚拟机暂停过、回到过快照，随后对了时，也是这样。时间无误的，重新启动服务即不再提示"
        return Level.WARN, f"自 {since} 启动服务以来，系统时钟被拨{'快' if by_s > 0 else '慢'}了 {abs(by_s):,} 秒", cure
    return Level.OK, f"系统时钟 {now.astimezone(LOCAL):%Y-%m-%d %H:%M:%S} +08:00", ""


def log_time(last: int, now: int) -> Answer:
    """Times in the log only grow: after a clock that was wrong they stand still until it has caught up."""
    ahead_s = (last - now) // 1_000_000
    if ahead_s <= MAY_DIFFER_S:
        return Level.OK, "系统时钟不早于账本的最后一个事件", ""
    cure = "请校准系统时钟；若它现在是对的，则曾被拨快过：在它赶上之前，新的事件逐个晚一微秒，先后不变"
    return Level.WARN, f"系统时钟比账本的最后一个事件早 {ahead_s:,} 秒", cure


def log_times(settings: Settings) -> Answer:
    """Neither before nor far after the last event, and no gap of months, which is what a leap leaves in a log."""
    if not settings.database and not folder_of(settings).ledger.is_file():
        if folder_of(settings).published.exists():
            return Level.FAIL, "已公布过检查点，而这里没有账本", "请从备份恢复（xueshi restore 备份）；不要新建"
        return Level.OK, "账本尚未建立", ""
    try:
        with _times(settings) as times:
            return _judged(times, time.time_ns() // 1_000, settings.clock_checked)
    except LedgerError as error:
        return failed(error, "先使账本可读，再运行一次；逐条重读用 xueshi fsck")


def _judged(times: Times, now: int, checked: str) -> Answer:
    if found := leapt(times, now, checked):
        told, _, cure = str(found).partition("。")
        return Level.FAIL, told, cure
    known = log_time(times.last_recorded_at(), now)
    between = gaps(times)
    if known[0] is not Level.OK or not between:
        return known
    told = "、".join(f"{_day(one.began)} 到 {_day(one.ended)}" for one in between)
    cure = "确实停用过的不必处理；没有停用过的，就是时钟被拨快过，见运维手册“账本的时间有空白”"
    return Level.WARN, f"账本中有 {sum(one.days for one in between):,} 天没有登记（{told}）", cure


def _day(micros: int) -> str:
    return datetime.fromtimestamp(micros // 1_000_000, LOCAL).date().isoformat()


@contextmanager
def _times(settings: Settings) -> Iterator[Times]:
    with stored(folder_of(settings).ledger, settings.database).one_moment() as view:
        yield _Times(view)


class _Times:
    """The times of a log that is read as it lies."""

    def __init__(self, view: View) -> None:
        self._view, self._size = view, view.size()

    def last_recorded_at(self) -> int:
        return self._at(self._size) if self._size else 0

    def position_at(self, recorded_at: int, /) -> int:
        return bisect_left(range(1, self._size + 1), recorded_at, key=self._at)

    def leaves(self, after: int, limit: int, /) -> list[bytes]:
        return [leaf for _, leaf in self._view.events(after, after + limit)]

    def _at(self, position: int) -> int:
        return decode(self._view.leaf(position)).recorded_at
