"""Answers: the one object that doors hold. It reads the files of projections, and never writes.

Any thread may ask, in the process of the follower or beside it. A question about hours without `as_of` is answered as
of the position that people, entries and laws have all reached, so that what stands in different files is of one
moment. A question about a position that the log holds and a file does not yet is waited for a little, then refused as
`projection_behind`.

`tests/projections/test_answers.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.ledger import Ledger
from policies.rulebook import Rulebook
from projections import people as _people
from projections import work as _work
from projections.applications import Applications
from projections.basis import NOW, Axes, Basis, Cited, position_of, written_time
from projections.cases import Cases
from projections.differences import DifferencesFile, waiting_too
from projections.differences_person import Judge
from projections.duplicates import Duplicates
from projections.entries import Entries, Version, read_claim, read_registered
from projections.errors import AsOfBeforeLedger, AsOfInFuture, NotBuilt, NotFollowedYet
from projections.exams import Exams
from projections.file import Reader
from projections.imports import Imports
from projections.judging import Books, year_of
from projections.laws import Enacted, ImpactReport, Laws, read_impact_reports, read_rulebooks
from projections.people import People, Person, Transfer, Unit
from projections.projection import Projection
from projections.sanctions import Sanctions
from projections.statements import Statements
from projections.timeline import Timeline
from projections.trainings import Trainings
from projections.work import Waiting, Work
from projections.years import person_years, read_history

EVERY: Final[tuple[type[Projection], ...]] = (
    People, Work, Entries, Laws, Timeline, Duplicates, Statements, Trainings, Imports, Exams, Applications, Sanctions,
    Cases,
)
"""Every projection there is."""

_ASK_EVERY_MS: Final = 2


class Page(NamedTuple):
    """Some of what waits, in order; `next` is where the following page begins, if there is one."""

    items: tuple[Waiting, ...]
    next: tuple[int, str] | None
    as_of: int
    differences_as_of: int | None = None  # Differences among them are known up to here; at all, where it is given.


def projections() -> tuple[Projection, ...]:
    """Make one of every projection, for a follower."""
    return tuple(one() for one in EVERY)


class Answers:
    """What doors ask. `book` gives a rulebook by digest (or a draft by its name), `now` the time in microseconds."""

    def __init__(
        self, ledger: Ledger, folder: Path, *, book: Callable[[str], Rulebook], now: Callable[[], int],
        wait_ms: int = 2_000,
    ) -> None:
        self._ledger, self._now, self._wait_ms = ledger, now, wait_ms
        self._files: Final = {one.name: Reader(one, folder) for one in projections()}
        self._readers = tuple(self._files.values())
        self._people, self._work = self._files["people"], self._files["work"]
        self._entries, self._laws = self._files["entries"], self._files["laws"]
        self.books: Final = Books(book)
        self.judge: Final = Judge(ledger, self._people, self._entries, self._laws, self.books)
        self.differences: Final = Reader(DifferencesFile(), folder)
        self._law: tuple[Any, tuple[str, ...]] = (None, ())
        self._taken = 0  # Up to where every projection was seen to speak.
        # What stands at a position stays: read once while it is asked about again and again.
        self._time = lru_cache(maxsize=1_024)(self._read_time)
        self._root = lru_cache(maxsize=1_024)(self._read_root)

    # How far

    def position(self) -> int:
        """Up to where every projection speaks."""
        return min(reader.position() for reader in self._readers)

    def lag(self) -> dict[str, int]:
        """How many events each projection is behind the log; one that is being built, all of them."""
        size = self._ledger.store.size()
        return {name: size - max(0, reached) for name, reached in self._reached().items()}

    def _reached(self) -> dict[str, int]:
        """Where each projection is; one that is still being built is nowhere."""
        found = {}
        for reader in self._readers:
            try:
                found[reader.name] = reader.position()
            except NotBuilt:
                found[reader.name] = -1
        return found

    def wait_for(self, position: int, timeout_ms: int | None = None) -> bool:
        """Wait until every projection has taken an event, also where another process follows; False if not in time."""
        until = time.monotonic_ns() + (self._wait_ms if timeout_ms is None else timeout_ms) * 1_000_000
        while (reached := min(self._reached().values())) < position and time.monotonic_ns() < until:
            time.sleep(_ASK_EVERY_MS / 1_000)  # not hours: seconds
        return reached >= position

    def settle(self, axes: Axes) -> int:
        """The position that the axes' `as_of` names; raises AsOfInFuture, AsOfBeforeLedger or NotFollowedYet."""
        if axes.as_of is None:  # What is asked beside hours is waited for when it is asked.
            return min(one.position() for one in (self._people, self._entries, self._laws))
        store = self._ledger.store
        position = position_of(axes.as_of, size=store.size(), now=self._now(), position_at=store.position_at)
        if not position and store.size():
            text = "0" if isinstance(axes.as_of, int) else axes.as_of.text
            raise AsOfBeforeLedger(text, began=self._time(1))
        self._demand(position)
        return position

    def _demand(self, position: int) -> None:
        """What every projection has taken once, it has taken: a file that has gone is its reader's to tell."""
        if position > self._taken:
            if not self.wait_for(position):
                raise NotFollowedYet(wanted=position, position=self.position())
            self._taken = position

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

    def impact_reports(
        self, as_of: int | None = None, *, rulebook: str | None = None, digest: str | None = None
    ) -> list[ImpactReport]:
        """What was announced that rulebooks would change, oldest first; of one of them, or one report."""
        return read_impact_reports(self._laws, self._at(self._laws, as_of), rulebook=rulebook, digest=digest)

    def work(
        self, scopes: Iterable[Scope], *, organisation: str | None = None, as_of: int | None = None,
        after: tuple[int, str] | None = None, limit: int = 50,
    ) -> Page:
        """What waits for an actor of an organisation with these scopes, longest first; `as_of` keeps pages stable."""
        at, held = self._at(self._work, as_of), tuple(scopes)
        rows = _work.read_work(self._work, held, organisation, as_of=at, after=after, limit=limit + 1)
        differ, known = waiting_too(self.differences, held, as_of=at, after=after, limit=limit + 1)
        ordered = sorted([*rows, *differ], key=lambda one: (one.since, one.id))
        return _page(ordered[:limit + 1], limit, at)._replace(differences_as_of=known)

    def claimant_work(
        self, person: str, *, as_of: int | None = None, after: tuple[int, str] | None = None, limit: int = 50
    ) -> Page:
        """What a person has under way, longest first."""
        at = self._at(self._work, as_of)
        return _page(_work.read_own_work(self._work, person, as_of=at, after=after, limit=limit + 1), limit, at)

    @property
    def ledger(self) -> Ledger:
        """The facts, which some answers quote."""
        return self._ledger

    def file(self, name: str, as_of: int | None = None) -> tuple[Reader, int]:
        """The file of a projection and the position to read it as of: a module's own questions are asked with these."""
        reader = self._files[name]
        return reader, self._at(reader, as_of)

    def reflects(self, as_of: int) -> dict[str, Any]:
        """What an answer that weighs nothing rests on: the position, its time, and the root of the log up to there."""
        return {"as_of": as_of, "as_of_time": self._time(as_of), "log_size": as_of, "root": self._root(as_of).hex()}

    def _at(self, reader: Reader, as_of: int | None) -> int:
        if as_of is None:
            return reader.position()
        if as_of > reader.position():
            if as_of > (size := self._ledger.store.size()):
                raise AsOfInFuture(str(as_of), size=size)
            self._demand(as_of)
        return as_of

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
        history = read_history(self._people, self._entries, person, basis)
        return person_years(history, self.books, person, basis, year)

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

    def _cited(self, axes: Axes, as_of: int, head: int) -> tuple[Cited, ...]:
        """The rulebooks of the law, by id."""
        if (names := axes.law_set) is None:
            return tuple(map(Cited.of, read_rulebooks(self._laws, head)))
        known = read_rulebooks(self._laws, self._laws.position())  # Named is named, whenever it was enacted.
        enacted = {name: one for one in known for name in (one.id, one.digest)}
        return tuple(sorted({self._cite(name, enacted.get(name), as_of) for name in names}))

    def _cite(self, name: str, enacted: Enacted | None, as_of: int) -> Cited:
        if enacted is not None:
            return Cited.of(enacted) if enacted.from_position <= as_of else Cited(enacted.id, enacted.digest, None)
        book = self.books.book(name)
        return Cited(book.id, book.digest, None)

    def _read_time(self, position: int) -> str | None:
        found = self._ledger.at(position)
        return None if found is None else written_time(found.envelope.recorded_at)

    def _read_root(self, size: int) -> bytes:
        return self._ledger.store.frontier(size).root()


def _page(rows: Sequence[Waiting], limit: int, as_of: int) -> Page:
    kept = tuple(rows[:limit])
    return Page(kept, (kept[-1].since, kept[-1].id) if len(rows) > limit else None, as_of)
