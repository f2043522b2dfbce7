"""Two lanes: when events happened, and when we learned of them, on one scale of days (发生时间, 记录时间).

Each event is a line from one lane to the other: upright where both are one day, slanting where it was told late or
beforehand. Places are hundredths of a percent of the width, so that the picture fits any window with its text as large
as the page's; the list beside it says the same in words. Pure. `tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

_LEFT: Final = 500      # So much room is left at either side for the words of the first and last mark.
_WIDE: Final = 9_000
_MARKS_MOST: Final = 6
_MONTHS: Final = (1, 2, 3, 6)
_DAYS: Final = (1, 2, 5, 10)


class Span(NamedTuple):
    """An event with its two days."""

    event: int
    happened: date
    recorded: date
    words: str

    @property
    def lag(self) -> str:
        """late: told in a later year than it happened in, when that year was over; ahead: told beforehand."""
        if self.happened > self.recorded:
            return "ahead"
        return "late" if self.happened.year < self.recorded.year else ""


def lanes(spans: Sequence[Span]) -> dict[str, Any] | None:
    """Where everything stands; None where there is nothing to show."""
    days = [day for one in spans for day in (one.happened, one.recorded)]
    if not days:
        return None
    first, last = min(days), max(days)
    return {
        "lines": [{"event": one.event, "lag": one.lag, "words": one.words, "happened": one.happened.isoformat(),
                   "recorded": one.recorded.isoformat(), "from": _place(one.happened, first, last),
                   "to": _place(one.recorded, first, last)} for one in spans],
        "marks": [{"at": _place(day, first, last), "words": words} for day, words in marks(first, last)],
        "first": first.isoformat(), "last": last.isoformat(),
        "late": sum(one.lag == "late" for one in spans), "ahead": sum(one.lag == "ahead" for one in spans),
    }


def _place(day: date, first: date, last: date) -> str:
    whole = (last - first).days
    return percent(_LEFT + (_WIDE * (day - first).days // whole if whole else _WIDE // 2))


def percent(hundredths: int) -> str:
    """A place as SVG takes it."""
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def marks(first: date, last: date) -> Iterable[tuple[date, str]]:
    """At most six days of the scale that people count by: years, else months, else days."""
    years = [date(year, 1, 1) for year in range(first.year + (first != date(first.year, 1, 1)), last.year + 1)]
    if len(years) > 1:
        return [(day, str(day.year)) for day in years[::-(-len(years) // _MARKS_MOST)]]
    months = [day for number in range(first.year * 12 + first.month, last.year * 12 + last.month)
              if (day := date(number // 12, number % 12 + 1, 1)) >= first]
    if len(months) > 1:
        step = next((one for one in _MONTHS if len(months) <= one * _MARKS_MOST), _MONTHS[-1])
        return [(day, day.isoformat()[:7]) for day in months if (day.month - 1) % step == 0]
    whole = (last - first).days
    step = next((one for one in _DAYS if whole < one * _MARKS_MOST), _DAYS[-1])
    return [(day, day.isoformat()[5:]) for number in range(0, whole + 1, step)
            if (day := date.fromordinal(first.toordinal() + number))]
