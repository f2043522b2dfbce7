"""What the law of the day says: rulebooks enacted on their days, rulings, and who looks at what.

A ruling is `api.law_of.assess` of the law as it is enacted on the day of the decision, as it is for the service. It is
asked once for each distinct fact: what the law weighs of a study, where the person belonged, and between which changes
of the law its day lies.
"""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Any, Final

from api.demo.pen import Pen
from api.law_of import assess, confirmed, walk_of
from api.register.register import SYSTEM
from ledger.errors import Refusal
from ledger.events.person import Affiliation
from ledger.events.study import Ruling, Study
from ledger.streams import rulebook as rulebooks
from ledger.streams.person import Person
from policies.archive import Archive
from policies.assess import MANUAL, UNRULED
from policies.authority import Walk
from policies.law import Law
from policies.person import Bench
from policies.rulebook import Rulebook
from policies.shelf import shipped

REMEMBERED_MOST: Final = 200_000
_WEIGHED: Final = attrgetter(
    "category", "route", "level", "days_half", "subjects", "courses", "characters", "minutes", "hours_centi",
    "confirmed_centi", "rank", "organiser", "organiser_level", "approved_by", "completed_by", "platform",
    "major",
)


class LawOfTheDay:
    """The rulebooks that are enacted so far."""

    def __init__(self, pen: Pen, archive: Archive) -> None:
        self._pen, self._archive = pen, archive
        self._enacted: list[Rulebook] = []
        self.bench = Bench(Law(()))
        self._rulings: dict[tuple[Any, ...], Ruling] = {}
        self._walks: dict[tuple[Any, ...], Walk] = {}

    @staticmethod
    def days(first: date, last: date) -> dict[date, list[Rulebook]]:
        """On which day of a history which of the shipped rulebooks are enacted: at its beginning, or when in force."""
        found: dict[date, list[Rulebook]] = {}
        for book in sorted(shipped().books, key=lambda one: (one.in_force_from, one.id)):
            if not book.off and book.in_force_from <= last:
                found.setdefault(max(book.in_force_from, first), []).append(book)
        return found

    def enact(self, at: int, books: list[Rulebook]) -> None:
        """Put rulebooks in force, their bytes kept before."""
        for book in books:
            command = rulebooks.EnactRulebook(
                family=book.family, in_force_from=book.in_force_from, revision=book.revision,
                digest=self._archive.keep(book), document=book.document, role="founder",
            )
            self._pen.write(at, rulebooks.decide_enactment(None, command, None), SYSTEM)
        self._enacted += books
        self.bench = Bench(Law(self._enacted))
        self._rulings.clear()
        self._walks.clear()

    def ruling(self, person: Person, study: Study, submitted_on: date) -> Ruling:
        """What a study is worth on its own, as it would be recorded now; it lies within an affiliation."""
        at = person.affiliation_on(study.evidence_on)
        assert at is not None, "nobody studies who belongs nowhere"
        lead = None
        if study.filed_on is not None and study.starts is not None:
            lead = study.starts.toordinal() - study.filed_on.toordinal()
        interval = self.bench.law.interval(study.evidence_on.toordinal())
        key = (_WEIGHED(study), interval, at.region, at.sector, at.major, lead)
        known = self._rulings.get(key)
        if known is None:
            assessed = assess(self.bench, person, study, submitted_on)
            assert not isinstance(assessed, Refusal), assessed
            if len(self._rulings) >= REMEMBERED_MOST:
                self._rulings.clear()
            known = self._rulings[key] = assessed.ruling
        if study.document is not None and known.status == MANUAL:
            return confirmed(known.assessed_centi, study.document)  # The document is each claim's own.
        return known

    def walk(self, at: Affiliation, day: date, category: str, *, confirmed: bool = False) -> Walk:
        """Who looks at a claim of someone who belongs there, submitted on a day."""
        interval = self.bench.law.interval(day.toordinal())
        key = (interval, at.region, at.sector, at.major, at.standing, category, confirmed)
        known = self._walks.get(key)
        if known is None:
            known = self._walks[key] = walk_of(self.bench.law, at, day, category, confirmed=confirmed)
        return known

    def walk_for(self, at: Affiliation, day: date, person: Person, study: Study) -> Walk:
        """The same for one study: what no rulebook gives goes on to an authority."""
        walk = self.walk(at, day, study.category.value)
        if walk.automatic or walk.steps[-1].level is not None:
            return walk
        needs_a_word = self.ruling(person, study, day).status in (UNRULED, MANUAL)
        return self.walk(at, day, study.category.value, confirmed=True) if needs_a_word else walk


def year_of(study: Study) -> int:
    """The year that a study is attributed to: the one that was chosen, else that of its evidence."""
    return study.year or study.evidence_on.year
