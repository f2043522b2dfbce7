"""A person's past, judged under one law after another, with and without certain entries.

`tests/projections/test_without.py` shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from policies.places import last_day, standing_on
from policies.year import EMPTY, Folded
from projections.applications import Application, applications_of_all
from projections.basis import Axes, Basis
from projections.belonging import Belonging, belongings
from projections.entries_reading import Version, read_registered_of_all, year_of
from projections.judging import Judged, judge, judge_rest, judge_under
from projections.people_reading import read_whereabouts_of_all
from projections.sanctions import revocations_of_all
from projections.statements import Statement, statements_of_all
from projections.years import REVOKED, Sides, sides, text, totals, years_of

if TYPE_CHECKING:
    from projections.answers import Answers

_FROZEN: Final = "frozen"
SIDES: Final = ("decided", "evaluated")

_Paper = TypeVar("_Paper", Statement, Application)


class Under(NamedTuple):
    """Under which rulebooks, of what had happened by which day, other frozen entries counted or not."""

    digests: tuple[str, ...]
    valid_on: date | None = None
    is_counted: bool = True


class Known(NamedTuple):
    """Where one person belonged and what was registered of them, as it was known, valid on a day."""

    belonged: Sequence[Belonging]
    registered: Sequence[Version]


class Both(NamedTuple):
    """One person judged twice under one law: as it stands, and without the entries that are asked about."""

    stands: Judged
    without: Judged


class Question:
    """What is asked, and what rests on all of the people, read at once."""

    def __init__(
        self, answers: Answers, basis: Basis, asked: Collection[str], is_counted: bool, persons: Collection[str]
    ) -> None:
        self.answers, self.basis, self.asked, self.is_counted = answers, basis, asked, is_counted
        self.persons, as_of = sorted(persons), basis.as_of
        people, _ = answers.file("people", as_of)
        self.entries, _ = answers.file("entries", as_of)
        self.places = read_whereabouts_of_all(people, self.persons, as_of)
        self.registered: dict[str, list[Version]] = {person: [] for person in self.persons}
        for one in read_registered_of_all(self.entries, self.persons, as_of):
            self.registered[one.person].append(one)
        self.statements = _by_person(statements_of_all(answers, self.persons, as_of=as_of))
        self.applications = _by_person(applications_of_all(answers, self.persons, as_of=as_of))
        self.taken = {(one.person, one.level, one.series, one.obtained_on)
                      for one in revocations_of_all(answers, self.persons, as_of=as_of)}
        self.digests = cache(self._digests)

    def _digests(self, rulebooks: tuple[str, ...]) -> tuple[str, ...]:
        """The rulebooks that a paper rests on, in the order in which a law is made of them."""
        return self.answers.basis(Axes(self.basis.as_of, law=f"set:{','.join(rulebooks)}")).digests


class Past:
    """A person's past, which is judged under one law after another with and without the entries."""

    def __init__(self, question: Question, person: str) -> None:
        self.question, self.person = question, person
        self.known, self.both, self.year = cache(self._known), cache(self._both), cache(self._year)

    def _known(self, valid_on: date | None) -> Known:
        places, registered = self.question.places[self.person], self.question.registered[self.person]
        if valid_on is not None:
            registered = [one for one in registered if one.study.evidence_on <= valid_on]
        return Known(belongings(places.affiliations, places.departures, valid_on), registered)

    def _both(self, law: Under) -> Both:
        """Judge both sides; what was decided is judged once, whatever the law."""
        books, first = self.question.answers.books, law._replace(digests=self.question.basis.digests)
        if law != first:
            return Both(*(judge_under(books, law.digests, one) for one in self.both(first)))
        known, asked = self.known(law.valid_on), self.question.asked
        standing = [one for one in known.registered if one.status != REVOKED
                    and (law.is_counted or one.status != _FROZEN or one.claim in asked)]
        stands = judge(books, law.digests, known.belonged, standing)
        return Both(stands, judge_rest(stands, known.belonged, lambda one: one.claim not in asked))

    def _year(self, law: Under, year: int) -> tuple[Sides, Sides]:
        stands, without = self.both(law)
        return sides(stands, year), sides(without, year)

    def differs(self, law: Under, year: int) -> bool:
        """Whether a year comes to something else; one whose own sums are the same does only within a cycle."""
        stands, without = self.both(law)
        if all(_held(one, year) == _held(two, year) for one, two in (
                (stands.folded, without.folded), (stands.ruled.folded, without.ruled.folded))):
            on = standing_on(stands.places, last_day(year))
            if on is None or not any(due.cycle for due in stands.bench.law.due(*on, year)):
                return False
        was, then = self.year(law, year)
        return _weight(was) != _weight(then)

    def entries(self, judged: Judged) -> Iterable[dict[str, Any]]:
        """The entries asked about that count, with what they count."""
        for at, one in enumerate(judged.standing):
            if one.claim in self.question.asked:
                ruling = judged.ruled.weighed[at].ruling
                yield {
                    "claim": one.claim, "person": one.person, "status": one.status, "year": year_of(one),
                    "counts": True,
                    "decided": {"assessed": text(judged.decided[at].ruling.assessed),
                                "counted": text(judged.folded.counted[at])},
                    "evaluated": {"assessed": text(ruling.assessed), "counted": text(judged.ruled.folded.counted[at])},
                    "events": list(one.events),
                }

    def years(self, law: Under) -> list[dict[str, Any]]:
        """Every year that would come to something else, or to the same with fewer entries."""
        both = self.both(law)
        gone: dict[int, list[str]] = {}
        for one in both.stands.standing:
            if one.claim in self.question.asked:
                gone.setdefault(year_of(one), []).append(one.claim)
        moved, found = _moved(both), []
        for year in years_of(*self.known(law.valid_on)):
            if year in gone or year in moved or self.differs(law, year):
                was, then = self.year(law, year)
                found.append({
                    "year": year, "claims": gone.get(year, []), "others": moved.get(year, []),
                    "falls": was.evaluated.met is True and then.evaluated.met is not True,
                    "stands": {"decided": totals(was.decided), "evaluated": totals(was.evaluated)},
                    "without": {"decided": totals(then.decided), "evaluated": totals(then.evaluated)},
                })
        return found


def _by_person(found: Iterable[_Paper]) -> dict[str, list[_Paper]]:
    kept: dict[str, list[_Paper]] = {}
    for one in found:
        kept.setdefault(one.person, []).append(one)
    return kept


def _moved(both: Both) -> dict[int, list[dict[str, Any]]]:
    """The other entries that would count otherwise: under a cap that has room again, or in a duplicate's place."""
    stood = {one.claim: at for at, one in enumerate(both.stands.standing)}
    found: dict[int, list[dict[str, Any]]] = {}
    for at, one in enumerate(both.without.standing):
        was, then = _counts(both.stands, stood[one.claim]), _counts(both.without, at)
        if was != then:
            found.setdefault(year_of(one), []).append({
                "claim": one.claim, "stands": dict(zip(SIDES, map(text, was), strict=True)),
                "without": dict(zip(SIDES, map(text, then), strict=True)), "events": list(one.events)})
    return found


def _counts(judged: Judged, at: int) -> tuple[int, int]:
    return judged.folded.counted[at], judged.ruled.folded.counted[at]


def _held(folded: Folded, year: int) -> tuple[Any, ...]:
    """What a year holds, before it is judged."""
    sums = folded.years.get(year, EMPTY)
    return sums.by_category, sums.exam, sums.by_class, sums.unruled


def _weight(of: Sides) -> list[tuple[Any, ...]]:
    """What a year comes to, to be compared without being written."""
    return [(one.sums.by_category, one.sums.exam, one.met, one.minimums) for one in (of.decided, of.evaluated)]
