"""A clock that has leapt: nothing is recorded by it, for a time in the log can never be taken back.

Times only grow. After one event of the year 2036 all that follow stand in 2036 for ten years, one microsecond apart;
"as of" says nothing, and whatever is kept for a time is kept by that one. A service records something almost daily, so
a clock far ahead of the last event, and of the day on which this program was written, is wrong, or nothing was
recorded that long: only people can tell which. Leaps that are each small enough add up, each from where the last one
ended; so the gaps that lie between the last thirty days of work are added to the one that would come.

`tests/api/test_clock_leap.py` shows it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import ClassVar, Final, NamedTuple, Protocol

from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.vocabulary import LOCAL

WRITTEN: Final = datetime(2026, 11, 23, tzinfo=LOCAL)  # It has been, whatever a log says; each version has its own.
LEAP_DAYS: Final = 400  # Nobody registers anything for a year of holidays; whoever did says once that it is so.
CHECKED_DAYS: Final = 31
QUIET_DAYS: Final = 35  # A month of holidays, or of summer, is no gap.
WORKED_DAYS: Final = 30
ALWAYS: Final = "always"
_DAY_US: Final = 86_400 * 1_000_000
_WRITTEN_US: Final = int(WRITTEN.timestamp()) * 1_000_000


class Times(Protocol):
    """Of a log when things were recorded."""

    def last_recorded_at(self) -> int:
        """Of the newest event; 0 where there is none."""

    def position_at(self, recorded_at: int, /) -> int:
        """The last position recorded before; 0 where there is none."""

    def leaves(self, after: int, limit: int, /) -> list[bytes]:
        """So many events after a position."""


class Gap(NamedTuple):
    """A time in which nothing was recorded, too long to be a holiday: from when to when, and how much of it counts."""

    began: int
    ended: int
    days: int


class ClockLeapt(LedgerError):
    """The clock is far ahead of the last event, and nobody said that it is right."""

    code: ClassVar[str] = "clock_leapt"

    def __init__(self, *, now: int, last: int, before_days: int = 0) -> None:
        self.now, self.last, self.before_days = now, last, before_days
        day = _day(now)
        besides = f"（此前最近三十个有登记的日子里，还有 {before_days:,} 天的空白）" if before_days else ""
        super().__init__(
            f"系统时钟是 {day}，最后一个事件记于 {_day(last)}，相隔 {(now - last) // _DAY_US:,} 天{besides}："
            "时钟多半拨快了。"
            "记录的时间写下之后不能更正，所以在查明之前不登记，也不查阅个人信息；核验照常。请校准系统时钟，随即恢复。"
            f"确实停用了这么久、时钟无误的，请设 clock_checked = \"{day}\" 后重新启动。"
        )


def leapt(store: Times, now: int, checked: str) -> ClockLeapt | None:
    """Say whether a clock, in microseconds, is not to be believed.

    `checked`: on which day somebody held it to be right; nothing where nobody did, or that it is always believed.
    """
    last = store.last_recorded_at()
    ahead = now - max(last, _WRITTEN_US)
    if checked == ALWAYS or last == 0 or ahead <= QUIET_DAYS * _DAY_US:
        return None
    until = None
    if checked:
        until = date.fromisoformat(checked)
        if 0 <= (_day(now) - until).days <= CHECKED_DAYS:
            return None
    before_days = gap_days(store, until)
    if ahead + before_days * _DAY_US <= LEAP_DAYS * _DAY_US:
        return None
    return ClockLeapt(now=now, last=last, before_days=before_days)


def gap_days(store: Times, checked: date | None = None) -> int:
    """Add up, in days, the gaps between the last days on which something was recorded."""
    return sum(gap.days for gap in gaps(store, checked))


def gaps(store: Times, checked: date | None = None) -> list[Gap]:
    """The gaps of more than a month between the last days on which something was recorded, the newest first.

    Nothing of before this program was written counts, nor what ended while somebody held the clock to be right.
    """
    found, time = [], store.last_recorded_at()
    for _ in range(WORKED_DAYS):
        position = store.position_at(time - _DAY_US + 1)
        if position == 0 or time < _WRITTEN_US:
            break
        began, ended = (decode(leaf).recorded_at for leaf in store.leaves(position - 1, 2))
        days = (ended - max(began, _WRITTEN_US)) // _DAY_US
        is_checked = checked is not None and 0 <= (_day(ended) - checked).days <= CHECKED_DAYS
        if days > QUIET_DAYS and not is_checked:
            found.append(Gap(began, ended, days))
        time = began
    return found


def _day(time: int) -> date:
    return datetime.fromtimestamp(time // 1_000_000, UTC).astimezone(LOCAL).date()
