"""Whose titles a law touches: the years met that a granted one rests on (N 10), towards the next, and a first (N 9).

A title rests on the years after the one before it, up to the year in which it was obtained; the next one on the years
after the last, up to the day that is asked about. Under each law it is counted how many of them are met, and whether
two in a row are, as the rule on applying of the most specific rulebook says; where none speaks of it, the count alone
is given (`policies.application`). A title is touched where the number or the pair differs. Whoever has none may apply
for a first one: that is touched where it falls short under one of the laws (`first_titles.py`).

Reading: the ledger knows when a title was obtained, not when it was applied for. So its year is taken for the year of
application, as that year stands at its end, with either pair that the rule allows; and how many years a level asks for
is left to whoever reads the report.
Reading: one that was taken away is no title, as where somebody applies (N 10).

`tests/projections/replay/test_titles.py` shows it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from policies.application import counting
from policies.law import Law
from policies.rulebook import ApplicationRule
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.replay.coded import NOWHERE, Coded
from projections.replay.replayed import PASSED
from projections.replay.sides import Side

GRANTED, NEXT, FIRST = "granted", "next", "first"
LESS, MORE = "less", "more"

Longs = NDArray[np.int64]

_TITLES: Final = (
    f"SELECT DISTINCT person, obtained_on, level, nullif(series, '') FROM titles WHERE {HOLDS} "
    "AND (:valid_on IS NULL OR obtained_on <= :valid_on) ORDER BY person, obtained_on, level"
)
_REVOKED: Final = (
    "SELECT person, obtained_on, level, nullif(series, '') FROM revocations WHERE from_position <= :as_of "
    "AND (:valid_on IS NULL OR revoked_on <= :valid_on)"
)


class Asked(NamedTuple):
    """One title, or the next one of somebody: whose, after which day, on which day."""

    person: int          # Its number among the people of the replay.
    kind: str
    level: str | None    # Of the title; towards the next one, of the one that is held; None: a first one.
    after: date | None
    on: date


_person: Final = attrgetter("person")


class Basis(NamedTuple):
    """What a title rests on under one law."""

    years_met: int | None  # None: of a first title, for which there is nothing to count from.
    consecutive: tuple[int, ...]
    rule: str | None       # The article that says so, if one does.

    @property
    def is_short(self) -> bool:
        """Say whether a rule asks for two years in a row that are not there; where none speaks, nothing falls short."""
        return self.rule is not None and not self.consecutive


@dataclass(frozen=True, slots=True)
class Titles:
    """Every title that was asked about, and which of them a law touches."""

    asked: tuple[Asked, ...]
    zone: Longs                # Of each: where its person belonged at the end of the year of application.
    old: tuple[Basis, ...]
    new: tuple[Basis, ...]
    touched: Longs

    def of(self, person: int) -> range:
        """The numbers of those of one person; they stand in the order of people."""
        return range(bisect_left(self.asked, person, key=_person), bisect_right(self.asked, person, key=_person))

    @property
    def people_touched(self) -> Longs:
        """The numbers of those whose titles are touched, in the order of their titles."""
        return np.array([self.asked[at].person for at in self.touched.tolist()], dtype=np.int64)

    def effect(self, at: int) -> str:
        """Whether it rests on less than before, or on more."""
        old, new = self.old[at], self.new[at]
        if self.asked[at].kind == FIRST:
            return LESS if new.is_short else MORE
        if bool(old.consecutive) != bool(new.consecutive):
            return MORE if new.consecutive else LESS
        assert old.years_met is not None and new.years_met is not None, "a first title differs in its pair"
        return MORE if new.years_met > old.years_met else LESS


def read_titles(
    reader: Reader, sanctions: Reader, people: Sequence[str], as_of: int, today: date, valid_on: date | None = None
) -> tuple[Asked, ...]:
    """What there is to ask about: each title after a person's first, and the next one that they may apply for."""
    numbers = {person: at for at, person in enumerate(people)}
    asked_of = {"as_of": as_of, "valid_on": None if valid_on is None else valid_on.isoformat()}
    revoked = set(sanctions.rows(_REVOKED, asked_of))
    held: dict[int, dict[date, dict[str, None]]] = {}
    for row in reader.rows(_TITLES, asked_of):
        person, obtained_on, level, _ = row
        if person in numbers and row not in revoked:
            of_day = held.setdefault(numbers[person], {}).setdefault(date.fromisoformat(obtained_on), {})
            of_day[level] = None
    asked = []
    for number, found in sorted(held.items()):
        titles = [(on, "、".join(levels)) for on, levels in found.items()]
        asked += [Asked(number, GRANTED, level, before, on) for (before, _), (on, level) in pairwise(titles)]
        asked.append(Asked(number, NEXT, titles[-1][1], titles[-1][0], today))
    return tuple(asked)


def weigh(asked: tuple[Asked, ...], old: Side, new: Side, is_counted: NDArray[np.bool_]) -> Titles:
    """What each rests on under both laws; touched are those of people with a year row that is counted."""
    coded = old.coded
    person = np.array([one.person for one in asked], dtype=np.int64)
    zone = zones_of(coded, person, np.array([one.on.year for one in asked], dtype=np.int64))
    rests = [_weigh_all(side, asked, person, zone) for side in (old, new)]
    counted = np.append(0, np.cumsum(is_counted))
    begins, ends = coded.first_year_row[person], coded.first_year_row[person + 1]
    differs = np.array([(a.years_met, bool(a.consecutive)) != (b.years_met, bool(b.consecutive))
                        for a, b in zip(*rests, strict=True)], dtype=np.bool_)
    touched = np.flatnonzero(differs & (counted[ends] > counted[begins]))
    return Titles(asked, zone, tuple(rests[0]), tuple(rests[1]), touched)


def zones_of(coded: Coded, person: Longs, year: Longs) -> Longs:
    """Where people belonged at the end of a year; of a year without a row, at the end of the last that has one."""
    begins, ends = coded.first_year_row[person], coded.first_year_row[person + 1]
    row = np.clip(begins + year - coded.first_year[person], begins, ends - 1)
    return coded.standing[row].astype(np.int64) if len(person) else person


def _weigh_all(side: Side, asked: Sequence[Asked], person: Longs, zone: Longs) -> list[Basis]:
    """What is met is read for everyone at once; the rest takes a few steps for each title."""
    coded = side.coded
    begins = coded.first_year_row[person].tolist()
    ends = coded.first_year_row[person + 1].tolist()
    passed = side.replayed.verdict == PASSED
    until = np.append(0, np.cumsum(passed)).tolist() if len(asked) else []
    first_year = coded.first_year[person].tolist()
    rules = Rules(side.compiled.law, coded)
    found = []
    for one, place, begin, end, first in zip(asked, zone.tolist(), begins, ends, first_year, strict=True):
        rule, name = rules.of(place, one.on)
        low = min(max(begin + counted_from(one, rule) - first, begin), end)
        high = max(low, min(begin + one.on.year + 1 - first, end))
        consecutive: tuple[int, ...] = ()
        for pair in pairs_of(one.kind, one.on, rule):
            rows = [begin + year - first for year in pair]
            if all(begin <= row < end and passed[row] for row in rows):
                consecutive = max(consecutive, pair)
        found.append(Basis(until[high] - until[low], consecutive, name))
    return found


class Rules:
    """The rule on applying of each place and stretch of dates, looked up once."""

    def __init__(self, law: Law, coded: Coded) -> None:
        self._law, self._coded = law, coded
        self._known: dict[tuple[int, int], tuple[ApplicationRule, str | None]] = {}

    def of(self, zone: int, on: date) -> tuple[ApplicationRule, str | None]:
        """The rule, and its article where one speaks of it."""
        key = (zone, self._law.interval(on.toordinal()))
        if key not in self._known:
            self._known[key] = rule_on(self._law, None if zone == NOWHERE else self._coded.zones[zone], on)
        return self._known[key]


def rule_on(law: Law, place: tuple[str, str, str | None] | None, on: date) -> tuple[ApplicationRule, str | None]:
    """The rule on applying of a place on a day, and its article; where none speaks of it, how years are counted."""
    found = None if place is None else law.application_rule(on.toordinal(), *place)
    return (counting(), None) if found is None else (found[1], f"{found[0].id} {found[1].article}")


def counted_from(asked: Asked, rule: ApplicationRule) -> int:
    """The first year that counts."""
    assert asked.after is not None, "towards a first title nothing is counted"
    return asked.after.year + (0 if rule.count_title_year else 1)


def pairs_of(kind: str, on: date, rule: ApplicationRule) -> list[tuple[int, ...]]:
    """The years of which two in a row must be met: of a granted title either pair, of one to come the day's own."""
    pairs = {*rule.first_half_pairs, *rule.other_pairs}
    if kind != GRANTED:
        is_first_half = on.strftime("%m-%d") <= rule.first_half_ends
        pairs = {*(rule.first_half_pairs if is_first_half else rule.other_pairs)}
    return [tuple(sorted(on.year + step for step in pair)) for pair in pairs]


def weigh_plainly(law: Law, place: tuple[str, str, str | None] | None, asked: Asked,
                  met: Mapping[int, bool | None]) -> Basis:
    """The same, weighed from an answer's verdicts: replays are checked against it."""
    rule, name = rule_on(law, place, asked.on)
    held = [pair for pair in pairs_of(asked.kind, asked.on, rule) if all(met.get(year) for year in pair)]
    many = None
    if asked.kind != FIRST:
        many = sum(bool(met.get(year)) for year in range(counted_from(asked, rule), asked.on.year + 1))
    return Basis(many, max(held, default=()), name)


# Told


def touched(titles: Titles, coded: Coded, begin: int = 0, end: int | None = None) -> Iterator[dict[str, Any]]:
    """Each title that is touched, under both laws; or some of them."""
    for at in titles.touched[begin:end].tolist():
        one, zone = titles.asked[at], int(titles.zone[at])
        place = None if zone == NOWHERE else coded.zones[zone]
        yield {
            "person": coded.people[one.person], "kind": one.kind, "level": one.level,
            "after": one.after and one.after.isoformat(), "on": one.on.isoformat(),
            "region": place and place.region, "sector": place and place.sector,
            "effect": titles.effect(at), "old": _told(titles.old[at]), "new": _told(titles.new[at]),
        }


def _told(basis: Basis) -> dict[str, Any]:
    return {"years_met": basis.years_met, "consecutive": list(basis.consecutive), "rule": basis.rule}


def groups(titles: Titles, coded: Coded) -> list[dict[str, Any]]:
    """How many titles of how many people, by kind, effect, city and rule; most first."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for at in titles.touched.tolist():
        one, zone = titles.asked[at], int(titles.zone[at])
        city = "" if zone == NOWHERE else f"{coded.zones[zone].region[:4]}00"
        rule = titles.new[at].rule or titles.old[at].rule or ""
        found.setdefault((one.kind, titles.effect(at), city, rule), []).append(one.person)
    listed = [{"kind": kind, "effect": effect, "city": city, "rule": rule or None, "titles": len(people),
               "people": len(set(people))} for (kind, effect, city, rule), people in sorted(found.items())]
    return sorted(listed, key=lambda one: -one["titles"])


def count(titles: Titles, kind: str, effect: str | None = None) -> int:
    """How many are touched, of one kind, with one effect if it is named."""
    return sum(titles.asked[at].kind == kind and effect in (None, titles.effect(at)) for at in titles.touched.tolist())
