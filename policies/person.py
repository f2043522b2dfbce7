"""One person before the law: affiliations, entries and applications in, every ruling with its reasons out.

`Bench` holds a law and its memory: each distinct fact is assessed once, each distinct shape of a line checked once.
`Bench.judge` is the one way in; `evaluate.py`, the cases and the projections all go through it.

`tests/policies/test_evaluate_contract.py` and the case files show it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from policies import shapes
from policies.application import ApplicationRuling, judge_application
from policies.assess import DUPLICATE, OVERRIDE, Fact, Override, Ruling, assess
from policies.errors import BadLine
from policies.facts import (
    DAYS,
    LOOSE_FIELDS,
    Affiliation,
    Application,
    Reader,
    Row,
    check_date,
    check_text,
    check_value,
)
from policies.law import Law
from policies.year import Folded, Standing, Weighed, YearRuling, fold, judge_year

MEMORY_MOST: Final = 200_000
"""Distinct facts remembered; beyond it the memory starts anew, so that a file of any size fits."""

_FRAME: Final = re.compile(
    rb'\{"kind": ?"entry", ?"id": ?"([^"\\\x00-\x1f]+)", ?"person": ?"([^"\\\x00-\x1f]+)", ?"date": ?"([0-9-]{10})"'
)
"""The usual head of an entry's line; a line written in another order is read like any line."""

_LOOSE: Final = re.compile(rb'"(occasion|output|starts|filed_on)": ?"([^"\\\x00-\x1f]+)"')
"""What entries that are alike otherwise differ in, each as it stands in the rest of such a line."""

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
    at = 0 if len(places) == 1 else bisect_right(places, day, key=_first_day) - 1
    return places[at] if at >= 0 and places[at].first <= day <= places[at].last else None


def _first_day(place: Place) -> int:
    return place.first


def standing_on(places: Sequence[Place], day: int) -> Standing | None:
    """The affiliation that decides which requirements judge a year."""
    place = place_on(places, day)
    return None if place is None else Standing(day, *place[2:])


class Shape:
    """The part of an entry that the law weighs; one object for all entries that state the same."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values


class Day(NamedTuple):
    """What the law needs of a date: its number, its year, and the stretch between two changes of the law."""

    number: int
    year: int
    interval: int


class Entry(NamedTuple):
    """An entry that has been read and checked: its own and its loose fields, and its shape."""

    id: str
    person: str
    date: str
    year: Any
    starts: Any
    ends: Any
    filed_on: Any
    submitted_on: Any
    occasion: Any
    output: Any
    document: Any
    shape: Shape
    day: Day


class PersonRuling(NamedTuple):
    """Everything the law says of one person. Lists run parallel to what was handed in."""

    entries: Sequence[Entry]
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
        self._shapes: dict[Row, Shape] = {}
        self._overridden: dict[tuple[Shape, Override], Shape] = {}
        self._lines: dict[bytes, tuple[Any, ...]] = {}
        self._days: dict[str, Day] = {}
        self._loose = {
            name.encode(): (at, law.vocabulary.fields[name])
            for at, name in enumerate(LOOSE_FIELDS) if name in ("starts", "filed_on", "occasion", "output")
        }
        self._written_days: dict[bytes, tuple[str, Day]] = {}
        self._memories: dict[tuple[int, str | None], dict[Any, Ruling]] = {}
        self._zones: dict[tuple[str, str, str | None], list[dict[Any, Ruling]]] = {}
        self._ruled = 0
        self._platform = self.reader.names.index("platform")
        self._personal = any(
            minimum.cycle is not None and minimum.cycle.kind == "personal_start"
            for book in law.books for minimum in book.minimums
        )

    def take(self, row: Row) -> Entry:
        """The entry of a row, checked; raises `BadLine`. Each distinct shape is checked once."""
        name, person, day = row[:3]
        if not name or not person:
            check_text("person" if name else "id", person if name else name)
        if day not in self._days:
            number = check_date("date", day)
            self._days[day] = Day(number, int(day[:4]), self.law.interval(number))
        loose = row[3:11]
        if loose.count(UNSET) != 8:
            shapes.check_loose(row, self.law.vocabulary, self.law.make_up, row[self._platform])
        tail = (row[10] is UNSET, *row[11:])   # Whether confirmed hours have a document is part of the shape.
        shape = self._shapes.get(tail)
        if shape is None:
            start = self.reader.tail
            pairs = zip(self.reader.weighed, row[start:], strict=True)
            values = {name: value for name, value in pairs if value is not UNSET}
            shapes.check_shape(values, self.law.vocabulary)
            shapes.check_confirmation(row, values)
            if len(self._shapes) >= MEMORY_MOST:
                self._shapes.clear()
            shape = self._shapes[tail] = Shape(values)
        return Entry._make((*row[:11], shape, self._days[day]))

    def read(self, line: bytes) -> Affiliation | Application | Entry:
        """The fact on a line, checked but for what other lines say; raises `BadLine`.

        A line that differs from one read before only in id, person and date needs no second reading.
        """
        framed = _FRAME.match(line)
        if framed is None:
            return self._read(line)
        rest = line[framed.end():]
        known = self._lines.get(rest)
        if known is None:
            return self._read_loose(line, framed.groups(), rest)
        name, person, written = framed.groups()
        day = self._written_days.get(written)
        if day is None:
            return self._read(line)
        try:
            held = (name.decode(), person.decode(), day[0], *known, day[1])
        except UnicodeDecodeError:
            return self._read(line)
        return tuple.__new__(Entry, held)

    def _read(self, line: bytes) -> Affiliation | Application | Entry:
        fact = self.reader.read(line)
        return fact if isinstance(fact, Affiliation | Application) else self.take(fact)

    def _read_loose(self, line: bytes, frame: Sequence[bytes], rest: bytes) -> Affiliation | Application | Entry:
        """Read a line with its loose texts and dates left out of what is remembered; each is checked by itself.

        Only where neither `ends` nor `year` is given: those are held against the others.
        """
        pieces = _LOOSE.split(rest)
        loose, names = pieces[2::3], pieces[1::3]
        del pieces[2::3]
        key = b"\0".join(pieces) if loose else rest      # No line that can be read holds the byte 0.
        known, day = self._lines.get(key) if loose else None, self._written_days.get(frame[2])
        if known is not None and day is not None:
            try:
                own = [*known]
                for name, value in zip(names, loose, strict=True):
                    at, field = self._loose[name]
                    own[at] = value.decode()
                    check_value(field, own[at])
                return tuple.__new__(Entry, (frame[0].decode(), frame[1].decode(), day[0], *own, day[1]))
            except (BadLine, UnicodeDecodeError):
                pass                                      # What is wrong with it is said by whoever reads the whole.
        entry = self._read(line)
        if isinstance(entry, Entry):
            self._written_days[frame[2]] = (entry.date, entry.day)
            if (entry.year is UNSET and entry.ends is UNSET) if loose else entry[3:11].count(UNSET) == 8:
                if len(self._lines) >= MEMORY_MOST:
                    self._lines.clear()
                self._lines[key] = entry[3:12]
        return entry

    def entry(self, **values: Any) -> Entry:
        """An entry given by its fields, read as a line of facts would be."""
        row = self.reader.read(msgspec.json.encode({"kind": "entry", **values}))
        assert type(row) is tuple
        return self.take(row)

    def overridden(self, entry: Entry, override: Override) -> Entry:
        """The same entry with what an authority gave; whether its row leaves room for that is for the row to say."""
        key = (entry.shape, override)
        shape = self._overridden.get(key)
        if shape is None:
            if len(self._overridden) >= MEMORY_MOST:
                self._overridden.clear()
            shape = self._overridden[key] = Shape({**entry.shape.values, OVERRIDE: override})
        return entry._replace(shape=shape)

    def judge(
        self, places: Sequence[Place], entries: Sequence[Entry], applications: Sequence[Application] = ()
    ) -> PersonRuling:
        """Rule on everything of one person; every entry comes from `take`, and its date lies within `places`."""
        weighed = self._weigh_all(places, entries)
        folded = fold(weighed)
        starts = self.cycle_starts(places)
        ruled = PersonRuling(entries, weighed, folded, self._years(places, folded, applications, starts), [])
        for one in applications:
            ruled.applications.append(judge_application(
                self.law, lambda day: standing_on(places, day), weighed, folded, one,
                DAYS[one.applied_on], DAYS[one.title_obtained_on], starts,
            ))
        return ruled

    def judge_rest(self, places: Sequence[Place], ruled: PersonRuling, kept: Sequence[int]) -> PersonRuling:
        """The same with fewer entries: what one is worth does not depend on the others, what counts of it does."""
        weighed = [ruled.weighed[at] for at in kept]
        folded = fold(weighed)
        years = self._years(places, folded, (), self.cycle_starts(places))
        return PersonRuling([ruled.entries[at] for at in kept], weighed, folded, years, [])

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
                lead = None if filed_on is UNSET else max(-366, min(DAYS[starts] - DAYS[filed_on], 366))
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


@cache
def last_day(year: int) -> int:
    """The ordinal of 31 December."""
    return date(year, 12, 31).toordinal()
