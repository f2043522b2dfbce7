"""One person before the law: affiliations, entries and applications in, every ruling with its reasons out.

`Bench` holds a law and its memory: each distinct fact is read and assessed once (`policies.entries` reads).
`Bench.judge` is the one way in; `evaluate.py`, the cases and the projections all go through it.

`tests/policies/test_evaluate_contract.py` and the case files show it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from msgspec import UNSET

from policies.application import ApplicationRuling, judge_application
from policies.assess import DUPLICATE, LEAD_DAYS_MOST, Fact, Ruling, assess
from policies.entries import MEMORY_MOST, Day, Entry, EntryReader, Shape
from policies.facts import DAYS, Application
from policies.law import Law
from policies.places import Place, last_day, standing_on
from policies.year import Folded, Standing, Weighed, YearRuling, fold, judge_year


class EntriesRuling(NamedTuple):
    """What the law says of the entries of one person, before any year is judged. Lists run parallel."""

    entries: Sequence[Entry]
    weighed: Sequence[Weighed]
    folded: Folded

    def status(self, place: int) -> str:
        """The status of an entry."""
        return _status(self, place)


class PersonRuling(NamedTuple):
    """Everything the law says of one person. Lists run parallel to what was handed in."""

    entries: Sequence[Entry]
    weighed: Sequence[Weighed]
    folded: Folded
    years: list[YearRuling]
    applications: list[ApplicationRuling]

    def status(self, place: int) -> str:
        """The status of an entry."""
        return _status(self, place)


Ruled = EntriesRuling | PersonRuling
"""Whoever tells of entries asks for no year."""


def _status(ruled: Ruled, place: int) -> str:
    return DUPLICATE if place in ruled.folded.lost else ruled.weighed[place].ruling.status


class Bench(EntryReader):
    """A law with a memory of the distinct facts it has read and ruled."""

    def __init__(self, law: Law) -> None:
        super().__init__(law)
        self._memories: dict[tuple[int, str | None], dict[Any, Ruling]] = {}
        self._zones: dict[tuple[str, str, str | None], list[dict[Any, Ruling]]] = {}
        self._ruled = 0
        self._personal = any(
            minimum.cycle is not None and minimum.cycle.kind == "personal_start"
            for book in law.books for minimum in book.minimums
        )

    def judge(
        self, places: Sequence[Place], entries: Sequence[Entry], applications: Sequence[Application] = ()
    ) -> PersonRuling:
        """Rule on everything of one person; every entry comes from `take`, and its date lies within `places`."""
        weighed = self._weigh_all(places, entries)
        folded = fold(weighed)
        starts = self.cycle_starts(places)
        ruled = PersonRuling(entries, weighed, folded, self._years(places, folded, applications, starts), [])
        for one in applications:
            assert one.title_obtained_on is not None, "a line without the day of the title is bad"
            ruled.applications.append(judge_application(
                self.law, lambda day: standing_on(places, day), weighed, folded, one,
                DAYS[one.applied_on], DAYS[one.title_obtained_on], starts,
            ))
        return ruled

    def judge_entries(self, places: Sequence[Place], entries: Sequence[Entry]) -> EntriesRuling:
        """The same of the entries alone: what each is worth and counts, for whoever judges few of the years or none."""
        weighed = self._weigh_all(places, entries)
        return EntriesRuling(entries, weighed, fold(weighed))

    def judge_rest(self, ruled: EntriesRuling, kept: Sequence[int]) -> EntriesRuling:
        """The same with fewer entries: what one is worth does not depend on the others, what counts of it does."""
        weighed = [ruled.weighed[at] for at in kept]
        return EntriesRuling([ruled.entries[at] for at in kept], weighed, fold(weighed))

    def _weigh_all(self, places: Sequence[Place], entries: Sequence[Entry]) -> list[Weighed]:
        """The ruling of each entry, remembered by its distinct fact."""
        weighed, new = [], tuple.__new__   # A million of them: half the time of the constructor.
        zones, begins = [self._zone(place) for place in places], [place.first for place in places]
        at, many = 0, len(zones) > 1
        for _, _, _, year, starts, _, filed_on, submitted_on, occasion, output, _, shape, day in entries:
            number, own_year, interval = day
            if many:
                at = bisect_right(begins, number) - 1
            memory = zones[at][interval]
            if filed_on is UNSET and submitted_on is UNSET:
                key: Any = shape
                lead = claim = None
            else:
                lead = None
                if filed_on is not UNSET:
                    lead = max(-LEAD_DAYS_MOST, min(DAYS[starts] - DAYS[filed_on], LEAD_DAYS_MOST))
                claim = None
                if submitted_on is not UNSET and self.law.deadlines:
                    claim = (date.fromordinal(number), date.fromordinal(DAYS[submitted_on]))
                key = (shape, lead, claim)
            ruling = memory.get(key)
            if ruling is None:
                ruling = memory[key] = self._assess(places[at], day, shape, lead, claim)
            weighed.append(new(Weighed, (
                ruling, number, own_year if year is UNSET else year,
                None if occasion is UNSET else occasion, None if output is UNSET else output,
            )))
        return weighed

    def _assess(
        self, place: Place, day: Day, shape: Shape, lead: int | None, claim: tuple[date, date] | None
    ) -> Ruling:
        self._ruled += 1
        if self._ruled >= MEMORY_MOST:
            self._ruled = 0
            for memory in self._memories.values():
                memory.clear()
        layer = self.law.layer(day.interval, place.region, place.sector, place.major)
        return assess(layer, Fact(shape.values, shape.values.get("major", place.major), lead, claim))

    def _zone(self, place: Place) -> list[dict[Any, Ruling]]:
        """The memories of one place, by stretch of dates; places under the same rulebooks share them."""
        key = place[2:]
        zone = self._zones.get(key)
        if zone is None:
            layers = [self.law.layer(interval, *key) for interval in range(len(self.law.edges) + 1)]
            zone = [self._memories.setdefault((id(layer), place.major), {}) for layer in layers]
            self._zones[key] = zone
        return zone

    def _years(
        self, places: Sequence[Place], folded: Folded, applications: Sequence[Application], starts: Mapping[str, int]
    ) -> list[YearRuling]:
        """A line for each year from the first affiliation to the last entry year or application year."""
        ends = [*folded.years, *(int(one.applied_on[:4]) for one in applications)]
        if not places or not ends:
            return []
        first = date.fromordinal(places[0].first).year
        law, years, judged = self.law, folded.years, []
        at, latest = 0, len(places) - 1
        for year in range(first, max(ends) + 1):
            day = last_day(year)
            while at < latest and places[at + 1].first <= day:
                at += 1
            begins, until, region, sector, major = places[at]
            standing = tuple.__new__(Standing, (day, region, sector, major)) if begins <= day <= until else None
            judged.append(judge_year(law, years, year, standing, starts=starts))
        return judged

    def cycle_starts(self, places: Sequence[Place]) -> dict[str, int]:
        """For each family the first year in which the person lies within its scope, where a cycle begins with it."""
        starts: dict[str, int] = {}
        if not self._personal:
            return starts
        for place in places:
            for book in self.law.books:
                if book.scope.holds(place.region, place.sector, place.major):
                    starts.setdefault(book.family, date.fromordinal(place.first).year)
        return starts
