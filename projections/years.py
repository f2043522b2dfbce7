"""A person's years: as decided, as evaluated under the law of the axes, and why the two differ where they do.

Every number leads to its events and clauses: an entry names each event of its claim, what was decided names the event,
the rulebook's digest and the clauses, what is evaluated gives every step. Frozen entries count and say so; revoked ones
are listed, count nothing and leave their room under a cap to others; what is not approved is not here.

`valid_on` gives what had happened by a day: entries of later evidence, affiliations that began later and last days that
came later are left out.

`tests/projections/test_years.py` shows it; `tests/projections/test_random_histories.py` holds it against `evaluate`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from policies.facts import FIRST_DAY, LAST_DAY
from policies.lines import year_steps
from policies.places import last_day, standing_on
from policies.steps import Step
from policies.year import (
    GENERAL_PUBLIC,
    PROFESSIONAL,
    SECTOR_PUBLIC,
    MinimumRuling,
    Standing,
    YearRuling,
    judge_year,
)
from projections.basis import Basis
from projections.belonging import Belonging, belongings
from projections.books import Books
from projections.differing import Differing, Known, differing
from projections.entries_reading import Version, read_registered, read_revoked_at, year_of
from projections.errors import UnknownYear
from projections.files.reader import Reader
from projections.judging import Judged, judge, steps_of
from projections.people_reading import Affiliation, Departure, read_affiliations, read_departures, read_moves

REVOKED: Final = "revoked"

text = lru_cache(maxsize=65_536)(format_hours)


class History(NamedTuple):
    """What is known of a person, as of a position and valid on a day."""

    belonged: Sequence[Belonging]
    registered: Sequence[Version]  # In the order of registration, revoked ones too.
    known: Known                   # Where they belonged, as it was known at a position.
    revoked_at: Callable[[str], int]   # By which event a revoked one was.


def read_history(people: Reader, entries: Reader, person: str, basis: Basis) -> History:
    """Read what the answers of a person rest on."""
    as_of = basis.as_of
    return history_of(people, entries, person, read_affiliations(people, person, as_of),
                      read_departures(people, person, as_of), read_registered(entries, person, as_of), as_of,
                      basis.valid_on)


def history_of(
    people: Reader, entries: Reader, person: str, affiliations: Sequence[Affiliation], departures: Sequence[Departure],
    registered: Sequence[Version], as_of: int, valid_on: date | None,
) -> History:
    """The same of what has been read; what is seldom asked for is read when it is."""
    if valid_on is not None:
        registered = [one for one in registered if one.study.evidence_on <= valid_on]
    return History(belongings(affiliations, departures, valid_on), registered, _Knowing(people, person),
                   lambda claim: read_revoked_at(entries, claim, as_of))


class _Knowing:
    """Where a person belonged, as it was known at a position: read once for all between which nothing was entered."""

    def __init__(self, people: Reader, person: str) -> None:
        self._people, self._person = people, person
        self._moves: list[int] | None = None
        self._found: dict[int, list[Belonging]] = {}

    def __call__(self, position: int) -> list[Belonging]:
        if self._moves is None:
            self._moves = read_moves(self._people, self._person)
        since = bisect_right(self._moves, position)
        if since not in self._found:
            self._found[since] = belongings(read_affiliations(self._people, self._person, position),
                                            read_departures(self._people, self._person, position))
        return self._found[since]


def person_years(
    history: History, books: Books, person: str, basis: Basis, year: int | None = None
) -> dict[str, Any]:
    """The answer, ready to be written as JSON; of one year, or of every year from the first to the last entry's."""
    if year is not None and not FIRST_DAY.year <= year <= LAST_DAY.year:
        raise UnknownYear(year)
    standing = [one for one in history.registered if one.status != REVOKED]
    judged = judge(books, basis.digests, history.belonged, standing)
    places = {one.claim: at for at, one in enumerate(standing)}
    moved = differing(judged, history.known, year)
    years = [
        _Year(books, judged, places, moved, one, [each for each in history.registered if year_of(each) == one],
              history.revoked_at)
        for one in years_of(history.belonged, history.registered, year)
    ]
    return {
        "person": person,
        "basis": basis.as_json(),
        "years": [one.as_json() for one in years],
        "affiliations": [_affiliation(one) for one in history.belonged],
    }


def years_of(belonged: Sequence[Belonging], registered: Sequence[Version], year: int | None = None) -> Sequence[int]:
    """From the first affiliation or entry to the last entry; of a year that is asked for, that one."""
    attributed = [year_of(one) for one in registered]
    begun = [date.fromordinal(one.first).year for one in belonged]
    if year is not None:
        return [year] if any(first <= year for first in (*begun, *attributed)) else []
    return range(min(*begun, *attributed), max(attributed) + 1) if begun and attributed else sorted(set(attributed))


def _affiliation(one: Belonging) -> dict[str, Any]:
    entered = one.affiliation
    return {
        "unit": entered.unit, "region": entered.region, "sector": entered.sector, "major": entered.major,
        "from": entered.starts, "to": None if one.last is None else date.fromordinal(one.last).isoformat(),
        "event": entered.event,
    }


class Sides(NamedTuple):
    """A year as decided and as evaluated, both by the requirements of one law, and where the person then belonged."""

    on: Standing | None
    decided: YearRuling
    evaluated: YearRuling

    @property
    def differ(self) -> bool:
        """Say whether anything of it does: hours, a requirement, the verdict."""
        return totals(self.decided) != totals(self.evaluated)


def sides(judged: Judged, year: int) -> Sides:
    """Judge one year both ways."""
    on = standing_on(judged.places, last_day(year))
    if on is not None and not on.region:
        on = None  # Nowhere is no affiliation, and so no requirement; a law whose scopes are all places gives the same.
    law, starts = judged.bench.law, judged.bench.cycle_starts(judged.places)
    return Sides(on, *(
        judge_year(law, sums, year, on, starts=starts) for sums in (judged.folded.years, judged.ruled.folded.years)))


class _Year:
    """One year of one person, on its way to JSON."""

    def __init__(
        self, books: Books, judged: Judged, places: Mapping[str, int], moved: Sequence[Differing], year: int,
        listed: list[Version], revoked_at: Callable[[str], int],
    ) -> None:
        self.revoked_at = revoked_at
        self.books, self.judged, self.places, self.moved, self.year = books, judged, places, moved, year
        # In the order in which caps are consumed: by date, then by registration.
        self.listed = sorted(listed, key=lambda one: one.study.evidence_on)

    def as_json(self) -> dict[str, Any]:
        _, decided, evaluated = sides(self.judged, self.year)
        differences = self._differences()
        why = [step.as_json() for step in year_steps(self.judged.ruled, evaluated)]
        told, meant = totals(decided), totals(evaluated)
        return {
            "year": self.year,
            "decided": told,
            "evaluated": {**meant, "why": why},
            "differs": bool(differences) or told != meant,
            "differences": differences,
            "entries": [self._entry(one) for one in self.listed],
        }

    def _entry(self, version: Version) -> dict[str, Any]:
        decision = version.decision
        assert decision is not None
        at = self.places.get(version.claim)
        counted = 0 if at is None else self.judged.folded.counted[at]
        return {
            "claim": version.claim, "status": version.status, **self.books.shown(version),
            "events": list(version.events),
            # What was recorded elsewhere before the ledger began, it can only say of itself when.
            "source": version.source and {
                "system": version.source.system, "source_recorded_at": version.source.recorded_at},
            "decided": {
                "assessed": text(decision.assessed_centi), "counted": text(counted), "status": decision.status,
                "rulebook": decision.rulebook, "digest": decision.digest, "clauses": list(decision.clauses),
                "flags": list(decision.flags), "event": decision.event,
            },
            "evaluated": _revoked(self.revoked_at(version.claim)) if at is None else self._evaluated(at),
        }

    def _evaluated(self, at: int) -> dict[str, Any]:
        ruled = self.judged.ruled
        ruling = ruled.weighed[at].ruling
        return {
            "status": ruled.status(at), "assessed": text(ruling.assessed), "counted": text(ruled.folded.counted[at]),
            "rulebook": ruling.rulebook, "clause": ruling.article, "flags": list(ruling.flags),
            "why": [step.as_json() for step in steps_of(self.judged, at)],
        }

    def _differences(self) -> list[dict[str, str]]:
        own = {one.at: one for one in self.moved if year_of(self.judged.standing[one.at]) == self.year}
        places = (self.places.get(version.claim) for version in self.listed)
        return [
            {"entry": self.judged.standing[one.at].claim, "kind": one.kind, "decided": text(one.decided_centi),
             "evaluated": text(one.evaluated_centi), "because": one.because}
            for at in places if at is not None and (one := own.get(at)) is not None
        ]


def _revoked(event: int) -> dict[str, Any]:
    step = Step(REVOKED, None, None, None, f"已撤销（事件 {event}），不计学时，不占上限")
    return {"status": REVOKED, "assessed": "0", "counted": "0", "rulebook": None, "clause": None, "flags": [],
            "why": [step.as_json()]}


def totals(one: YearRuling) -> dict[str, Any]:
    """A year as an answer tells it: its hours by category, its verdict, every requirement."""
    sums = one.sums
    return {
        "total": text(sums.total),
        "professional": text(sums.by_category[PROFESSIONAL]),
        "sector_public": text(sums.by_category[SECTOR_PUBLIC]),
        "general_public": text(sums.by_category[GENERAL_PUBLIC]),
        "exam_hours": text(sums.exam),
        "met": one.met,
        "minimums": [_minimum(minimum) for minimum in one.minimums],
    }


def _minimum(one: MinimumRuling) -> dict[str, Any]:
    book, minimum = one.due.rulebook, one.due.minimum
    row: dict[str, Any] = {
        "name": minimum.name, "rulebook": book.id, "article": minimum.article, "need": text(one.need),
        "have": text(one.have), "met": one.met,
    }
    if one.reason is not None:
        row["reason"] = one.reason
    if one.span is not None:
        row["from"], row["to"] = one.span
    return row
