"""One person before the law: affiliations, entries and applications in, every ruling with its reasons out.

`Bench` holds a law and its memory: each distinct fact is assessed once, each distinct shape of a line checked once.
`Bench.judge` is the one way in; `evaluate.py`, the cases and the projections all go through it.

`tests/policies/test_evaluate_contract.py` and the case files show it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from policies import shapes
from policies.application import ApplicationRuling, judge_application
from policies.assess import DUPLICATE, Fact, Ruling, assess
from policies.errors import BadLine
from policies.facts import DAYS, Affiliation, Application, Reader, Row, check_date, check_text
from policies.law import Law
from policies.year import Folded, Standing, Weighed, YearRuling, fold, judge_year

MEMORY_MOST: Final = 200_000
"""Distinct facts remembered; beyond it the memory starts anew, so that a file of any size fits."""

NO_LATER: Final = date.max.toordinal()


class Place(NamedTuple):
    """One affiliation with its days as numbers: where, from when, until when."""

    first: int
    last: int
    region: str
    sector: str
    major: str | None


def places_of(affiliations: Sequence[tuple[int, int | None, Affiliation]]) -> list[Place]:
    """Affiliations by date; a later one ends the one before it."""
    ordered = sorted(affiliations, key=lambda one: one[0])
    places: list[Place] = []
    for at, (first, last, one) in enumerate(ordered):
        until = NO_LATER if last is None else last
        if at + 1 < len(ordered):
            until = min(until, ordered[at + 1][0] - 1)
        places.append(Place(first, until, one.region, one.sector, None if one.major is UNSET else one.major))
    return places


def place_on(places: Sequence[Place], day: int) -> Place | None:
    """The affiliation on a day, if any."""
    at = bisect_right(places, day, key=_first_day) - 1
    return places[at] if at >= 0 and day <= places[at].last else None


def _first_day(place: Place) -> int:
    return place.first


def standing_on(places: Sequence[Place], day: int) -> Standing | None:
    """The affiliation that decides which requirements judge a year."""
    place = place_on(places, day)
    return None if place is None else Standing(day, place.region, place.sector, place.major)


class PersonRuling(NamedTuple):
    """Everything the law says of one person. Lists run parallel to what was handed in."""

    rows: Sequence[Row]
    weighed: Sequence[Weighed]
    folded: Folded
    years: list[YearRuling]
    applications: list[ApplicationRuling]

    def status(self, place: int) -> str:
        """The status of an entry."""
        return DUPLICATE if place in self.folded.lost else self.weighed[place].ruling.status


class Bench:
    """A law with a memory of the distinct facts it has ruled."""

    def __init__(self, law: Law) -> None:
        self.law: Final = law
        self.reader: Final = Reader(law.vocabulary)
        self._memory: dict[tuple[Any, ...], Ruling] = {}
        self._shapes: dict[Row, bool] = {}
        self._personal = any(
            minimum.cycle is not None and minimum.cycle.kind == "personal_start"
            for book in law.books for minimum in book.minimums
        )

    def check_entry(self, row: Row) -> None:
        """Raise `BadLine` unless this row can be weighed; each distinct shape is checked once."""
        name, person, day = row[:3]
        if not name or not person:
            check_text("person" if name else "id", person if name else name)
        if day not in DAYS:
            check_date("date", day)
        loose = row[3:11]
        if loose.count(UNSET) != len(loose):
            shapes.check_loose(row, self.law.vocabulary, self.law.make_up)
        tail = row[10:]   # From `document` on: whether confirmed hours have one is part of the shape.
        if tail[0] is not UNSET:
            tail = (True, *tail[1:])
        if tail not in self._shapes:
            values = self.weighed_values(row)
            shapes.check_shape(values, self.law.vocabulary)
            shapes.check_confirmation(row, values)
            if len(self._shapes) >= MEMORY_MOST:
                self._shapes.clear()
            self._shapes[tail] = True

    def weighed_values(self, row: Row) -> dict[str, Any]:
        """The fields that the law weighs, as they were written."""
        start = self.reader.tail
        pairs = zip(self.reader.weighed, row[start:], strict=True)
        return {name: value for name, value in pairs if value is not UNSET}

    def judge(
        self, places: Sequence[Place], rows: Sequence[Row], applications: Sequence[Application] = ()
    ) -> PersonRuling:
        """Rule on everything of one person; `check_entry` has passed and every date lies within `places`."""
        weigh = self.weigh
        weighed = [weigh(places, row) for row in rows]
        folded = fold(weighed)
        starts = self._cycle_starts(places) if self._personal else {}
        return PersonRuling(
            rows, weighed, folded, self._years(places, folded, applications, starts),
            [
                judge_application(
                    self.law, lambda day: standing_on(places, day), weighed, folded, one,
                    DAYS[one.applied_on], DAYS[one.title_obtained_on], starts,
                )
                for one in applications
            ],
        )

    def weigh(self, places: Sequence[Place], row: Row) -> Weighed:
        """The ruling of one entry, remembered by its distinct fact."""
        day = DAYS[row[2]]
        place = places[0] if len(places) == 1 else places[bisect_right(places, day, key=_first_day) - 1]
        year, starts, _, filed_on, submitted_on, occasion, output, _ = row[3:11]
        lead = None if filed_on is UNSET else max(-366, min(DAYS[starts] - DAYS[filed_on], 366))
        claim = None
        if submitted_on is not UNSET and self.law.deadlines:
            claim = (date.fromordinal(day), date.fromordinal(DAYS[submitted_on]))
        layer = self.law.layer(self.law.interval(day), place.region, place.sector, place.major)
        key = (id(layer), place.major, lead, claim, row[11:])
        ruling = self._memory.get(key)
        if ruling is None:
            if len(self._memory) >= MEMORY_MOST:
                self._memory.clear()
            values = self.weighed_values(row)
            fact = Fact(values, values.get("major", place.major), lead, claim)
            ruling = self._memory[key] = assess(layer, fact)
        return Weighed(
            ruling, day, int(row[2][:4]) if year is UNSET else year,
            None if occasion is UNSET else occasion, None if output is UNSET else output,
        )

    def _years(
        self, places: Sequence[Place], folded: Folded, applications: Sequence[Application], starts: Mapping[str, int]
    ) -> list[YearRuling]:
        """A line for each year from the first affiliation to the last entry year or application year."""
        ends = [*folded.years, *(int(one.applied_on[:4]) for one in applications)]
        if not places or not ends:
            return []
        first = date.fromordinal(places[0].first).year
        return [
            judge_year(self.law, folded.years, year, standing_on(places, last_day(year)), starts=starts)
            for year in range(first, max(ends) + 1)
        ]

    def _cycle_starts(self, places: Sequence[Place]) -> dict[str, int]:
        """For each family the first year in which the person lies within its scope."""
        starts: dict[str, int] = {}
        for place in places:
            for book in self.law.books:
                if book.scope.holds(place.region, place.sector, place.major):
                    starts.setdefault(book.family, date.fromordinal(place.first).year)
        return starts


@cache
def last_day(year: int) -> int:
    """The ordinal of 31 December."""
    return date(year, 12, 31).toordinal()
