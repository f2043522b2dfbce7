"""What would be if certain entries did not count: years, statements, assessments and titles with them and without.

Asked before anything is decided about them (P 16, N 10). Nothing is changed: the same past is judged twice under the
law of the axes, once as it stands and once without the entries that are asked about. These count on the one side and
not on the other, frozen or not; one that does not count anyway (still under review, revoked) makes no difference. What
was left no room under a cap, or gave way to a duplicate, counts where the entries do not, and is named.

`held` says what of the other frozen entries of the same people: counted on both sides, as the register counts them,
or left out on both, as if the cases that hold them had fallen, too.

A statement is touched where it prints one of the entries, or where a year that it speaks of would come to something
else under its own rulebooks. An assessment rests on an entry of a year that it counted; whether it would still hold is
the same question, asked again of the same rulebooks (`projections/reliance.py`). Papers and assessments are held
against the register as it stands: `held` and `valid_on` are no matter to them, each has an axis of its own.

`tests/projections/test_without.py` shows it, and holds it against a register in which the entries were revoked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from ledger.vocabulary import parse_hours
from policies.places import last_day, standing_on
from policies.year import EMPTY, Folded
from projections.applications import Application, applications_of_all
from projections.basis import Axes, Basis
from projections.belonging import Belonging, belongings
from projections.eligibility import ruling_of
from projections.entries_reading import Version, read_claim, read_each, read_registered_of_all, year_of
from projections.judging import Judged, judge, judge_rest, judge_under
from projections.people_reading import read_whereabouts_of_all
from projections.reliance import is_so, question_of, years_used
from projections.sanctions import revocations_of_all
from projections.statements import Statement, statements_of_all
from projections.still_so import changed_since
from projections.years import REVOKED, Sides, sides, text, totals, years_of

if TYPE_CHECKING:
    from projections.answers import Answers

COUNTED: Final = "counted"
LEFT_OUT: Final = "left_out"
HELD: Final = (COUNTED, LEFT_OUT)

AT_ONCE: Final = 400
"""So many people are read and judged together: of ten thousand no more is in memory than of so many, and the answer."""

FROZEN: Final = "frozen"
GRANTED: Final = "granted"
_ISSUED: Final = "issued"
_SIDES: Final = ("decided", "evaluated")

_Paper = TypeVar("_Paper", Statement, Application)


class _Law(NamedTuple):
    """Under which rulebooks, of what had happened by which day, other frozen entries counted or not."""

    digests: tuple[str, ...]
    valid_on: date | None = None
    is_counted: bool = True


class _Known(NamedTuple):
    """Where one person belonged and what was registered of them, as it was known, valid on a day."""

    belonged: Sequence[Belonging]
    registered: Sequence[Version]


class Both(NamedTuple):
    """One person judged twice under one law: as it stands, and without the entries that are asked about."""

    stands: Judged
    without: Judged


def without(answers: Answers, claims: Iterable[str], axes: Axes, *, held: str = COUNTED) -> dict[str, Any]:
    """Everything that would be otherwise if these entries did not count, ready to be written as JSON."""
    basis, asked = answers.basis(axes), frozenset(claims)
    entries, at = answers.file("entries", basis.as_of)
    named = read_each(entries, sorted(asked), at)
    persons, found = sorted({one.person for one in named}), list[dict[str, Any]]()
    for at_first in range(0, len(persons), AT_ONCE):  # What is judged of some is forgotten before the next are read.
        question = _Question(answers, basis, asked, held == COUNTED, persons[at_first:at_first + AT_ONCE])
        found += (_Past(question, person).effects() for person in question.persons)
    counting = {one["claim"]: one for each in found for one in each["entries"]}
    told = {
        "basis": basis.as_json(), "held": held,
        "claims": [counting.get(one.claim) or {
            "claim": one.claim, "person": one.person, "status": one.status, "year": None, "counts": False,
            "decided": _NOTHING, "evaluated": _NOTHING, "events": list(one.events)} for one in named],
        "unknown": sorted(asked - {one.claim for one in named}),
        "persons": [{"person": one["person"], "claims": [entry["claim"] for entry in one["entries"]],
                     "falls": any(year["falls"] for year in one["years"]), "years": one["years"]} for one in found],
        **{kind: [each for one in found for each in one[kind]] for kind in ("statements", "applications", "titles")},
    }
    return {**told, "summary": _summary(told)}


_NOTHING: Final = {"assessed": "0", "counted": "0"}


class _Question:
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


class _Past:
    """A person's past, which is judged under one law after another with and without the entries."""

    def __init__(self, question: _Question, person: str) -> None:
        self.question, self.person = question, person
        self.known, self.both, self.year = cache(self._known), cache(self._both), cache(self._year)

    def effects(self) -> dict[str, Any]:
        """What would be otherwise of this person."""
        basis, applications = self.question.basis, list(self._applications())
        law = _Law(basis.digests, basis.valid_on, self.question.is_counted)
        return {
            "person": self.person, "entries": list(self._entries(self.both(law).stands)), "years": self._years(law),
            "statements": list(self._statements()), "applications": applications,
            "titles": [_title(one) for one in applications if one["title"] is not None and one["claims"]],
        }

    def _known(self, valid_on: date | None) -> _Known:
        places, registered = self.question.places[self.person], self.question.registered[self.person]
        if valid_on is not None:
            registered = [one for one in registered if one.study.evidence_on <= valid_on]
        return _Known(belongings(places.affiliations, places.departures, valid_on), registered)

    def _both(self, law: _Law) -> Both:
        """Judge both sides; what was decided is judged once, whatever the law."""
        books, first = self.question.answers.books, law._replace(digests=self.question.basis.digests)
        if law != first:
            return Both(*(judge_under(books, law.digests, one) for one in self.both(first)))
        known, asked = self.known(law.valid_on), self.question.asked
        standing = [one for one in known.registered if one.status != REVOKED
                    and (law.is_counted or one.status != FROZEN or one.claim in asked)]
        stands = judge(books, law.digests, known.belonged, standing)
        return Both(stands, judge_rest(stands, known.belonged, lambda one: one.claim not in asked))

    def _year(self, law: _Law, year: int) -> tuple[Sides, Sides]:
        stands, without = self.both(law)
        return sides(stands, year), sides(without, year)

    def _differs(self, law: _Law, year: int) -> bool:
        """Whether a year comes to something else; one whose own sums are the same does only within a cycle."""
        stands, without = self.both(law)
        if all(_held(one, year) == _held(two, year) for one, two in (
                (stands.folded, without.folded), (stands.ruled.folded, without.ruled.folded))):
            on = standing_on(stands.places, last_day(year))
            if on is None or not any(due.cycle for due in stands.bench.law.due(*on, year)):
                return False
        was, then = self.year(law, year)
        return _weight(was) != _weight(then)

    # Years

    def _entries(self, judged: Judged) -> Iterable[dict[str, Any]]:
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

    def _years(self, law: _Law) -> list[dict[str, Any]]:
        """Every year that would come to something else, or to the same with fewer entries."""
        both = self.both(law)
        gone: dict[int, list[str]] = {}
        for one in both.stands.standing:
            if one.claim in self.question.asked:
                gone.setdefault(year_of(one), []).append(one.claim)
        moved, found = _moved(both), []
        for year in years_of(*self.known(law.valid_on)):
            if year in gone or year in moved or self._differs(law, year):
                was, then = self.year(law, year)
                found.append({
                    "year": year, "claims": gone.get(year, []), "others": moved.get(year, []),
                    "falls": was.evaluated.met is True and then.evaluated.met is not True,
                    "stands": {"decided": totals(was.decided), "evaluated": totals(was.evaluated)},
                    "without": {"decided": totals(then.decided), "evaluated": totals(then.evaluated)},
                })
        return found

    # What rests on them

    def _statements(self) -> Iterable[dict[str, Any]]:
        """Statements in force that print one of the entries, or speak of a year that would come to something else."""
        for one in self.question.statements.get(self.person, ()):
            if one.status != _ISSUED:
                continue
            valid_on = None if one.valid_on is None else date.fromisoformat(one.valid_on)
            law = _Law(self.question.digests(one.rulebooks), valid_on)
            printed = [each.claim for each in self.both(law).stands.standing if each.claim in self.question.asked
                       and year_of(each) in one.years and (each.registered or 0) <= one.as_of]
            years = list(self._otherwise(law, one.years))
            if printed or years:
                yield {
                    "statement": one.statement, "person": self.person, "code": one.code, "events": list(one.events),
                    "claims": printed, "years": years, "is_so": self._is_so(one, self.known(valid_on)),
                }

    def _otherwise(self, law: _Law, years: Iterable[int]) -> Iterable[dict[str, Any]]:
        """The years of these that would come to something else, with their totals."""
        for year in years:
            if self._differs(law, year):
                was, then = self.year(law, year)
                yield {"year": year, "stands": _sums(was), "without": _sums(then)}

    def _is_so(self, statement: Statement, known: _Known) -> bool:
        """Say whether what a statement says is so as it stands; if nothing happened since, it is."""
        since, until = statement.as_of, self.question.basis.as_of
        quiet = all(one.from_position <= since for one in known.registered if year_of(one) in statement.years)
        if quiet and not any(since < one <= until for one in self.question.places[self.person].moves):
            return True
        return not changed_since(self.question.answers, statement, as_of=until)["corrected"]

    def _applications(self) -> Iterable[dict[str, Any]]:
        """Assessments that rest on one of the entries, or would come to something else."""
        for one in self.question.applications.get(self.person, ()):
            if one.decided is None:
                continue
            made, used = one.decided.assessment, years_used(one.decided.assessment)
            rests = [each.claim for each in self._stood(made.as_of) if year_of(each) in used]
            question, law = question_of(one, made), _Law(self.question.digests(made.rulebooks))
            was, then = (ruling_of(judged, self.person, question, one.title_obtained_on) for judged in self.both(law))
            held, holds = (is_so(made, {year for year, met in ruling.years if met}, eligible=ruling.eligible)
                           for ruling in (was, then))
            if rests or held != holds:
                yield {
                    "application": one.application, "person": self.person, "status": one.status, "level": one.level,
                    "series": one.series, "applied_on": one.applied_on, "claims": rests,
                    "assessed": {"event": one.decided.event, "eligible": made.eligible, "years": sorted(used),
                                 "rulebook": made.rulebook, "article": made.article},
                    "is_so": held, "holds": holds,
                    "without": {"eligible": then.eligible, "years_met": then.years_met,
                                "years_needed": question.minimum_years, "consecutive": list(then.consecutive),
                                "reasons": list(then.reasons)},
                    "title": self._granted(one), "events": list(one.events),
                }

    def _stood(self, position: int) -> Iterable[Version]:
        """The entries asked about that counted at a position, as they stood at it."""
        for one in self.question.registered[self.person]:
            if one.claim in self.question.asked and (one.registered or 0) <= position:
                if one.from_position > position:
                    one = read_claim(self.question.entries, one.claim, position)[-1]
                if one.status != REVOKED:
                    yield one

    def _granted(self, application: Application) -> dict[str, Any] | None:
        """The title that was granted upon an application and has not been taken away since."""
        level, series, obtained_on = application.level, application.series, application.obtained_on
        if application.status != GRANTED or (self.person, level, series, obtained_on) in self.question.taken:
            return None
        return {"level": level, "series": series, "obtained_on": obtained_on, "event": application.events[-1]}


def _by_person(found: Iterable[_Paper]) -> dict[str, list[_Paper]]:
    kept: dict[str, list[_Paper]] = {}
    for one in found:
        kept.setdefault(one.person, []).append(one)
    return kept


def _title(application: dict[str, Any]) -> dict[str, Any]:
    told = {name: application[name] for name in ("application", "person", "claims", "is_so", "holds")}
    return {**told, **application["title"]}


def _moved(both: Both) -> dict[int, list[dict[str, Any]]]:
    """The other entries that would count otherwise: under a cap that has room again, or in a duplicate's place."""
    stood = {one.claim: at for at, one in enumerate(both.stands.standing)}
    found: dict[int, list[dict[str, Any]]] = {}
    for at, one in enumerate(both.without.standing):
        was, then = _counts(both.stands, stood[one.claim]), _counts(both.without, at)
        if was != then:
            found.setdefault(year_of(one), []).append({
                "claim": one.claim, "stands": dict(zip(_SIDES, map(text, was), strict=True)),
                "without": dict(zip(_SIDES, map(text, then), strict=True)), "events": list(one.events)})
    return found


def _counts(judged: Judged, at: int) -> tuple[int, int]:
    return judged.folded.counted[at], judged.ruled.folded.counted[at]


def _sums(of: Sides) -> dict[str, str]:
    return {"decided": text(of.decided.sums.total), "evaluated": text(of.evaluated.sums.total)}


def _held(folded: Folded, year: int) -> tuple[Any, ...]:
    """What a year holds, before it is judged."""
    sums = folded.years.get(year, EMPTY)
    return sums.by_category, sums.exam, sums.by_class, sums.unruled


def _weight(of: Sides) -> list[tuple[Any, ...]]:
    """What a year comes to, to be compared without being written."""
    return [(one.sums.by_category, one.sums.exam, one.met, one.minimums) for one in (of.decided, of.evaluated)]


# All of them together


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    years: dict[int, dict[str, int]] = {}
    for one in told["persons"]:
        for each in one["years"]:
            count = years.setdefault(each["year"], dict.fromkeys(
                ("persons", "met", "met_without", "falls", "lost_decided_centi", "lost_evaluated_centi"), 0))
            count["persons"] += 1
            count["met"] += each["stands"]["evaluated"]["met"] is True
            count["met_without"] += each["without"]["evaluated"]["met"] is True
            count["falls"] += each["falls"]
            for side in _SIDES:
                stands, rest = (parse_hours(each[which][side]["total"]) for which in ("stands", "without"))
                count[f"lost_{side}_centi"] += stands - rest
    return {
        "claims": len(told["claims"]), "counting": sum(one["counts"] for one in told["claims"]),
        "persons": len(told["persons"]), "persons_changed": sum(bool(one["years"]) for one in told["persons"]),
        "persons_falling": sum(one["falls"] for one in told["persons"]),
        "statements": len(told["statements"]), "statements_newly": sum(one["is_so"] for one in told["statements"]),
        "applications": len(told["applications"]),
        "applications_falling": sum(one["is_so"] and not one["holds"] for one in told["applications"]),
        "titles": len(told["titles"]),
        "titles_falling": sum(one["is_so"] and not one["holds"] for one in told["titles"]),
        "years": [{"year": year, **{name: count[name] for name in ("persons", "met", "met_without", "falls")},
                   "lost": {side: text(count[f"lost_{side}_centi"]) for side in _SIDES}}
                  for year, count in sorted(years.items())],
    }
