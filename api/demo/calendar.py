"""What is to happen when: a queue by days, worked off in the order of time. Times are microseconds since 1970 in UTC.

Only what lies ahead is kept, a day's work in its own list, so a history is as long as one likes. Offices work from
Monday to Friday; people file at any hour they are awake.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any, Final

from api.demo.dice import Dice

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND
_LOCAL: Final = 8 * 3_600 * SECOND  # +08:00, as `ledger.vocabulary.LOCAL`.
_EPOCH: Final = date(1970, 1, 1).toordinal()
_OFFICE_HOURS: Final = ((8 * 60 + 30, 11 * 60 + 40), (13 * 60 + 30, 17 * 60 + 20))

Work = tuple[int, int, Callable[..., object], tuple[Any, ...]]


def moment(day: date, hour: int = 0, minute: int = 0) -> int:
    """A local time of a day."""
    return (day.toordinal() - _EPOCH) * DAY - _LOCAL + (hour * 60 + minute) * 60 * SECOND


def day_of(at: int) -> date:
    """The local day of a time."""
    return date.fromordinal((at + _LOCAL) // DAY + _EPOCH)


def shown(at: int) -> str:
    """A time as it is written."""
    return (datetime.fromtimestamp(at // SECOND, UTC) + timedelta(hours=8)).isoformat(sep=" ")[:16]


class Calendar:
    """What lies ahead, and what day it is."""

    def __init__(self, dice: Dice, first: date, last: date) -> None:
        self._dice = dice
        self.first, self.last = first, last
        self.today = first
        self.now = moment(first)
        self._ahead: dict[date, list[Work]] = {}
        self._day: list[Work] = []
        self._number = 0

    def at(self, at: int, act: Callable[..., object], *about: Any) -> None:
        """Do something at a time; what would come after the last day never happens."""
        day = day_of(at)
        if day > self.last:
            return
        self._number += 1
        work = (max(at, self.now), self._number, act, about)  # The number keeps the order of what is at one time.
        if day <= self.today:
            heappush(self._day, work)
        else:
            self._ahead.setdefault(day, []).append(work)

    def in_office(self, days: int, act: Callable[..., object], *about: Any) -> None:
        """Have an office do something so many days from now, on the next day it works, in its hours."""
        self.at(self.office_time(self.today + timedelta(days=days)), act, *about)

    def at_home(self, days: int, act: Callable[..., object], *about: Any) -> None:
        """Have a person do something so many days from now, at any waking hour."""
        self.at(self.waking_time(self.today + timedelta(days=days)), act, *about)

    def office_time(self, day: date) -> int:
        """A time in office hours of a day, or of the first working day after it."""
        day = working_day(day)
        begins, ends = _OFFICE_HOURS[self._dice.below(2)]
        return moment(day) + begins * 60 * SECOND + self._dice.below((ends - begins) * 60 * SECOND)

    def waking_time(self, day: date) -> int:
        """A time between seven and twenty-one hours."""
        return moment(day, 7) + self._dice.below(14 * 3_600 * SECOND)

    def work_off(self) -> None:
        """Do what is to be done today, in the order of time, and go on to the next day."""
        self._day += self._ahead.pop(self.today, ())
        heapify(self._day)
        while self._day:
            self.now, _, act, about = heappop(self._day)
            act(*about)
        self.today += timedelta(days=1)
        self.now = max(self.now, moment(self.today))


def last_morning(at: int) -> int:
    """Ten o'clock on the last working day on which it has been ten, at a time."""
    day = day_of(at)
    while day.weekday() >= 5 or moment(day, 10) > at:
        day -= timedelta(days=1)
    return moment(day, 10)


def working_day(day: date) -> date:
    """The day itself, or the Monday after it."""
    weekday = day.weekday()
    return day if weekday < 5 else day + timedelta(days=7 - weekday)
