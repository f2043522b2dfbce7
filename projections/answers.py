"""Answers: the one object that doors hold: who, where, what waits, years. It reads the files of projections.

What an answer beside these asks stands in the module of its projection and takes `Files`, which this is.

`tests/projections/test_answers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.ledger import Ledger
from policies.archive import RulebookMissing
from policies.rulebook import Rulebook
from projections import people_reading as _people
from projections import work_reading as _work
from projections.applications import Applications
from projections.basis import NOW, Axes, Basis, Cited
from projections.books import Books
from projections.cases import Cases
from projections.differences.asked import AskedDifferences
from projections.differences.person import Judge
from projections.differences.queue import DifferencesFile, waiting_too
from projections.duplicates import Duplicates
from projections.entries import Entries
from projections.entries_reading import Version, read_claim, read_claims_of, read_registered, year_of
from projections.errors import LawChanged, LawUnknown
from projections.exam_fold import Exams
from projections.files.projection import Projection
from projections.files.reader import Reader
from projections.findings.decided import Decisions
from projections.findings.findings_file import FindingsFile
from projections.findings.traces import Traces
from projections.imports import Imports
from projections.laws import (
    Enacted,
    ImpactReport,
    Laws,
    Proposed,
    read_impact_reports,
    read_proposals,
    read_rulebooks,
)
from projections.opened import Files
from projections.over_caps import OverCaps
from projections.people import People
from projections.people_reading import Person, Transfer, Unit
from projections.sanctions import Sanctions
from projections.statements import Statements
from projections.timeline import Timeline
from projections.trainings import Trainings
from projections.wanted import EVERYTHING, Place, Waiting, Wanted
from projections.work import Work
from projections.year_totals import Closings
from projections.years import person_years, read_history

EVERY: Final[tuple[type[Projection], ...]] = (
    People, Work, Entries, Laws, Timeline, Duplicates, Statements, Trainings, Imports, Exams, Applications, Sanctions,
    Cases, Decisions, Traces,
)
"""Every projection there is."""


class Page(NamedTuple):
    """Some of what waits, in order; `next` is where the following page begins, if there is one."""

    items: tuple[Waiting, ...]
    next: Place | None
    as_of: int
    differences_as_of: int | None = None  # Differences among them are known up to here; at all, where it is given.


def projections() -> tuple[Projection, ...]:
    """Make one of every projection, for a follower."""
    return tuple(one() for one in EVERY)


class Answers(Files):
    """What doors ask. `book` gives a rulebook by digest (or a draft by its name), `now` the time in microseconds."""

    def __init__(
        self, ledger: Ledger, folder: Path, *, book: Callable[[str], Rulebook], now: Callable[[], int],
        wait_ms: int = 2_000,
    ) -> None:
        super().__init__(ledger, folder, projections(), now=now, wait_ms=wait_ms)
        self._people, self._work = self._readers["people"], self._readers["work"]
        self._entries, self._laws = self._readers["entries"], self._readers["laws"]
        self.books: Final = Books(book)
        self.judge: Final = Judge(ledger, self._people, self._entries, self._laws, self.books)
        self.differences: Final = Reader(DifferencesFile(), folder)
        self.found: Final = Reader(FindingsFile(), folder)
        self.asked_differences: Final = AskedDifferences(ledger, folder, self.judge)
        self.over_caps: Final = OverCaps(self, self.books)
        self._closings: Final = Closings(ledger)
        self._law: tuple[Any, tuple[str, ...]] = (None, ())

    # Who, where, what waits

    def person(self, person: str, as_of: int | None = None) -> Person | None:
        """Give a person as the register knew them; None for an unknown one."""
        return _people.read_person(self._people, person, self._at(self._people, as_of))

    def unit(self, unit: str, as_of: int | None = None) -> Unit | None:
        """Give a unit with every name and seat it has had."""
        return _people.read_unit(self._people, unit, self._at(self._people, as_of))

    def transfer(self, transfer: str, as_of: int | None = None) -> Transfer | None:
        """Give a unit transfer."""
        return _people.read_transfer(self._people, transfer, self._at(self._people, as_of))

    def claim(self, claim: str, as_of: int | None = None) -> list[Version]:
        """Give every version of a claim, oldest first; none of an unknown one."""
        return read_claim(self._entries, claim, self._at(self._entries, as_of))

    def rulebooks(self, as_of: int | None = None) -> list[Enacted]:
        """Every rulebook that had been enacted, by id."""
        return read_rulebooks(self._laws, self._at(self._laws, as_of))

    def proposals(self, digest: str | None = None, *, as_of: int | None = None) -> list[Proposed]:
        """Every proposal of a revision and what had become of it, oldest first, or those of one digest."""
        return read_proposals(self._laws, self._at(self._laws, as_of), digest)

    def impact_reports(
        self, as_of: int | None = None, *, rulebook: str | None = None, digest: str | None = None
    ) -> list[ImpactReport]:
        """What was announced that rulebooks would change, oldest first; of one of them, or one report."""
        return read_impact_reports(self._laws, self._at(self._laws, as_of), rulebook=rulebook, digest=digest)

    def work(
        self, scopes: Iterable[Scope], *, organisation: str | None = None, as_of: int | None = None,
        after: Place | None = None, limit: int = 50, wanted: Wanted = EVERYTHING, differences_as_of: int | None = None,
    ) -> Page:
        """What waits for an actor of an organisation with these scopes, longest first unless asked otherwise.

        `as_of` keeps pages stable, with `differences_as_of` as the first of them said it; 0: nothing was known of them.
        """
        at, held = self._at(self._work, as_of), tuple(scopes)
        rows = _work.read_work(self._work, held, organisation, as_of=at, after=after, limit=limit + 1, wanted=wanted)
        known_by = at if differences_as_of is None else min(at, differences_as_of)
        differ, known = waiting_too(
            self.differences, held, as_of=known_by, after=after, limit=limit + 1, wanted=wanted)
        ordered = sorted([*rows, *differ], key=wanted.place, reverse=wanted.backwards)
        return _page(ordered, limit, at, wanted)._replace(differences_as_of=known)

    def colleagues(self, organisation: str, *, limit: int) -> list[str]:
        """Every account that was appointed to act for an organisation, the first first."""
        self._at(self._work, None)
        return _work.read_colleagues(self._work, organisation, limit=limit)

    def claimant_work(
        self, person: str, *, as_of: int | None = None, after: Place | None = None, limit: int = 50
    ) -> Page:
        """What a person has under way, longest first."""
        at = self._at(self._work, as_of)
        return _page(_work.read_own_work(self._work, person, as_of=at, after=after, limit=limit + 1), limit, at)

    # Years

    def basis(self, axes: Axes) -> Basis:
        """Settle what an answer rests on; raises what the axes may raise."""
        as_of = self.settle(axes)
        head = as_of
        if axes.law == NOW:
            head = self.position() if axes.head is None else axes.head
            self._at(self._laws, head)
            head = max(head, as_of)
        cited = self._cited(axes, as_of, head)
        return Basis(as_of, self._time(as_of), axes.valid_on, axes.law, cited, head, self._root(head))

    def years(self, person: str, axes: Axes, year: int | None = None) -> dict[str, Any] | None:
        """A person's years as decided and as evaluated, or one of them; None for an unknown person."""
        basis = self.basis(axes)
        if not _people.is_registered(self._people, person, basis.as_of):
            return None
        return self._closings.mark(self.years_on(person, basis, self.books, year), basis.as_of)

    def years_on(self, person: str, basis: Basis, books: Books, year: int | None = None) -> dict[str, Any]:
        """The same on a basis that was settled before, under rulebooks of which the house need not know."""
        history = read_history(self._people, self._entries, person, basis)
        return person_years(history, books, person, basis, year)

    def years_with(self, person: str, version: Version) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """A person's year without a claim and as if it stood so too, by the law as it is now: what a trial shows."""
        basis = self.basis(Axes(law=NOW))
        history = read_history(self._people, self._entries, person, basis)
        others = [one for one in history.registered if one.claim != version.claim]
        year = year_of(version)

        def answer(registered: list[Version]) -> dict[str, Any] | None:
            told = person_years(history._replace(registered=registered), self.books, person, basis, year)["years"]
            return told[0] if told else None

        return answer(others), answer([*others, version])

    def law_digests(self) -> tuple[str, ...]:
        """The rulebooks that are enacted now, by digest: what a law is made of."""
        newest = self._laws.rows("SELECT max(event), count(*) FROM rulebooks")[0]
        if self._law[0] != newest:
            self._law = newest, tuple(one.digest for one in self.rulebooks())
        return self._law[1]

    def registered(self, person: str) -> list[Version]:
        """Every claim of a person that stands in the register, revoked ones too, in the order of registration."""
        return read_registered(self._entries, person, self._at(self._entries, None))

    def claims_of(self, person: str) -> list[str]:
        """The id of every claim that a person ever made, whatever came of it."""
        return read_claims_of(self._entries, person)

    def _cited(self, axes: Axes, as_of: int, head: int) -> tuple[Cited, ...]:
        """The rulebooks of the law, by id."""
        if (names := axes.law_set) is None:
            return tuple(map(Cited.of, read_rulebooks(self._laws, head)))
        known = read_rulebooks(self._laws, self._laws.position())  # Named is named, whenever it was enacted.
        enacted = {name: one for one in known for name in (one.id, one.digest)}
        digests = dict(axes.digests)
        return tuple(sorted({self._cite(name, digests, enacted, as_of) for name in names}))

    def _cite(self, name: str, digests: Mapping[str, str], enacted: Mapping[str, Enacted], as_of: int) -> Cited:
        """One rulebook of a set; where a digest is asked for as well, in those bytes or not at all."""
        name, _, digest = name.partition("@")
        wanted = digest or digests.get(name, name)
        try:
            found = self._known_as(wanted, enacted, as_of)
        except LawUnknown:
            if wanted == name:
                raise
            raise LawChanged(name, wanted=wanted, found=self._known_as(name, enacted, as_of).digest) from None
        if name not in (found.id, found.digest):
            raise LawChanged(name, wanted=wanted, found=self._known_as(name, enacted, as_of).digest)
        return found

    def _known_as(self, name: str, enacted: Mapping[str, Enacted], as_of: int) -> Cited:
        if (one := enacted.get(name)) is not None:
            return Cited.of(one) if one.from_position <= as_of else Cited(one.id, one.digest, None)
        try:
            book = self.books.book(name)
        except (LawUnknown, RulebookMissing):  # Nothing that was enacted goes by it: whoever asked wrote it themselves.
            raise LawUnknown(name, near=_near(name, enacted)) from None
        return Cited(book.id, book.digest, None)


def _near(name: str, enacted: Iterable[str]) -> list[str]:
    """Which rulebook may be meant: those of the same family, else one that is spelt much alike."""
    ids = sorted(one for one in enacted if "/" in one)
    family = name.partition("/")[0]
    return [one for one in ids if one.startswith(f"{family}/")] or get_close_matches(name, ids, 1)


def _page(rows: Sequence[Waiting], limit: int, as_of: int, wanted: Wanted = EVERYTHING) -> Page:
    kept = tuple(rows[:limit])
    return Page(kept, wanted.place(kept[-1]) if len(rows) > limit else None, as_of)
