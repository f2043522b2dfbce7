"""Rulebooks as people are judged by them: by digest, each law made once, what an event states read once.

Reading: an entry that the law at hand cannot read is unruled there, not lost.

`tests/projections/test_years.py` shows it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from ledger.vocabulary import format_hours
from policies.archive import RulebookMissing
from policies.assess import MANUAL, Fact, Ruling
from policies.entries import Entry, Shape
from policies.errors import BadLine, RulebookError
from policies.facts import FIRST_DAY, LAST_DAY
from policies.law import CATEGORIES, Law
from policies.person import Bench
from policies.rulebook import Clause, Rulebook
from policies.year import Weighed
from projections.entries_reading import Version, year_of
from projections.errors import LawUnknown
from projections.facts import entry_fields, shown

BENCHES_MOST: Final = 16
REMEMBERED_MOST: Final = 10_000
"""Entries: 15 MB of what was decided of them, and 12 MB of each law by which they were asked about."""

_UNREADABLE: Final = {category: Shape({"category": category, "route": ""}) for category in CATEGORIES}
"""A shape that no clause has: its entry is unruled, and what could be filled by it is undetermined."""

_Of = TypeVar("_Of")


class Taken(NamedTuple):
    """An entry as a bench takes it, and why it could not be read, if it could not."""

    entry: Entry
    bad: BadLine | None


class Seat:
    """A bench with the entries it has taken: what an event states never changes, so it is read once."""

    def __init__(self, law: Law) -> None:
        self.bench: Final = Bench(law)
        self._taken: dict[tuple[str, int, int], Taken] = {}

    def take(self, version: Version) -> Taken:
        """Take a claim's facts up. What is only tried out stands in no event, and is not remembered."""
        if version.study_event < 1:
            return self._read(version)
        key = (version.claim, version.study_event, 0 if version.decision is None else version.decision.event)
        taken = self._taken.get(key)
        if taken is None:
            if len(self._taken) >= REMEMBERED_MOST:
                self._taken.clear()
            taken = self._taken[key] = self._read(version)
        return taken

    def take_all(self, standing: Sequence[Version]) -> tuple[list[Entry], dict[int, BadLine]]:
        """Take many up, each in the year that it was attributed to; with them, by place, what could not be read."""
        taken = [self.take(version) for version in standing]
        entries = [one.entry._replace(year=year_of(version)) for one, version in zip(taken, standing, strict=True)]
        return entries, {at: one.bad for at, one in enumerate(taken) if one.bad is not None}

    def _read(self, version: Version) -> Taken:
        bench, study = self.bench, version.study
        # Only of those who claim for themselves is the day in the ledger the day on which they claimed.
        submitted_on = version.submitted_on if version.origin == "self" else None
        fields = {**entry_fields(study, bench.law.vocabulary, submitted_on),
                  "id": version.claim, "person": version.person}
        decision = version.decision
        if decision is not None and decision.status == MANUAL and decision.assessed_centi and decision.clauses:
            # Hours that an authority confirmed are a fact from then on, with the document that the decision rests on.
            fields |= {"confirmed_hours": format_hours(decision.assessed_centi), "document": decision.clauses[0]}
        try:
            entry = bench.take(bench.reader.entry_row(fields))
            if decision is not None and (override := decision.override) is not None:
                entry = bench.overridden(entry, override)
            return Taken(entry, None)
        except BadLine as bad:
            day = min(max(study.evidence_on, FIRST_DAY), LAST_DAY).isoformat()
            plain = {"id": version.claim, "person": version.person, "date": day,
                     "category": CATEGORIES[0], "route": "other"}
            entry = bench.take(bench.reader.entry_row(plain))
            return Taken(entry._replace(shape=_UNREADABLE[study.category.value]), bad)


class Books:
    """Rulebooks by digest, and the benches of the laws that were made of them."""

    def __init__(self, book: Callable[[str], Rulebook]) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._seats: OrderedDict[tuple[str, ...], Seat] = OrderedDict()
        self._weighed: dict[int, Weighed] = {}
        self._shown: dict[int, dict[str, Any]] = {}

    def book(self, name: str) -> Rulebook:
        """The rulebook of this digest, or a shipped draft by its name; raises LawUnknown where there is none.

        Raises RulebookMissing of a digest: whoever has it from the ledger asked nothing amiss.
        """
        try:
            return self._book(name)
        except RulebookMissing:
            raise
        except (RulebookError, KeyError) as error:
            raise LawUnknown(name) from error

    def seat(self, digests: tuple[str, ...]) -> Seat:
        """The bench of the law that these rulebooks make; each set is made once."""
        with self._lock:
            seat = self._seats.get(digests)
            if seat is None:
                seat = self._seats[digests] = Seat(Law(self.book(digest) for digest in digests))
                if len(self._seats) > BENCHES_MOST:
                    self._seats.popitem(last=False)
            self._seats.move_to_end(digests)
            return seat

    # What never changes of a decided claim: how it was weighed, and what an answer shows of its facts.

    def weighed(self, version: Version) -> Weighed:
        """A claim as it was decided."""
        return _remembered(self._weighed, version, self._weigh)

    def shown(self, version: Version) -> dict[str, Any]:
        """Its facts as they are shown."""
        return _remembered(self._shown, version, lambda one: shown(one.study))

    def _weigh(self, version: Version) -> Weighed:
        study = version.study
        ruling = self.decided(version)
        return Weighed(ruling, study.evidence_on.toordinal(), year_of(version), study.occasion, study.output)

    def decided(self, version: Version) -> Ruling:
        """The ruling that was recorded, with the row it was ruled by: its cap, its class."""
        decision, study = version.decision, version.study
        assert decision is not None
        fields: dict[str, Any] = {"category": study.category.value, "route": study.route}
        if study.completed_by is not None:
            fields["completed_by"] = study.completed_by
        book = None if decision.digest is None else self.book(decision.digest)
        clause = None if book is None else _clause(
            book, decision.clauses, study.route, study.category.value, study.level)
        return Ruling(
            Fact(fields), decision.status, book=book, clause=clause, assessed=decision.assessed_centi,
            article=decision.clauses[0] if decision.clauses else None, flags=decision.flags,
        )


def _remembered(known: dict[int, _Of], version: Version, make: Callable[[Version], _Of]) -> _Of:
    """What an event that decided a claim makes of it, once; what is only tried out stands in none."""
    assert version.decision is not None
    if version.decision.event < 1:
        return make(version)
    found = known.get(version.decision.event)
    if found is None:
        if len(known) >= REMEMBERED_MOST:
            known.clear()
        found = known[version.decision.event] = make(version)
    return found


@lru_cache(maxsize=4_096)  # Of few kinds many were decided.
def _clause(book: Rulebook, articles: tuple[str, ...], route: str, category: str, level: str | None) -> Clause | None:
    """The row that was ruled by: of the article, for this route, at this level if it names levels."""
    found = [one for one in book.clauses
             if one.article in articles and route in one.routes and category in one.categories]
    exact = [one for one in found if level in one.levels]
    return next(iter(exact or found), None)
