"""One person's differences as of any position: each entry and each year that differs, and since when it does.

What a person's differences are follows from what stood of them and of the law, both of which change at a few positions
only: where an event of theirs took effect, or a rulebook was enacted. Between two of these *points* nothing moves. So
whoever judges a person at each point knows the whole history, and whoever goes back from now knows since when.

The law is `then`: what was in force on each date, of what had been enacted by the position; a judge may be had that
asks of another, and of what had happened by a day (`Judge.under`). The office that has to look is the one that decided,
where the claim was submitted (AMB-28): it alone may correct it.

`tests/projections/test_differences.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.envelope import decode_each
from ledger.events.claim import ClaimUpheld
from ledger.events.study import Ruling as Recorded
from ledger.ledger import Ledger
from ledger.streams.claim import Claim, evolve
from ledger.vocabulary import RulebookId
from policies.assess import Ruling
from projections.basis import THEN, Basis
from projections.books import Books
from projections.differences.histories import histories
from projections.differing import Differing, differing
from projections.entries_reading import Version, year_of
from projections.files.reader import Reader
from projections.judging import Judged, judge
from projections.laws import read_rulebooks
from projections.years import REVOKED, History, read_history, sides, years_of

_REMEMBERED: Final = 8_192  # Events: 12 MB.
_TOGETHER: Final = 8  # Leaves that cost no more to be read at once than one of them.


def _moves(table: str, further: str = "") -> str:
    """Where rows of a person begin and end."""
    return " UNION ".join(
        f"SELECT {column} FROM {table} WHERE person = :person AND {column} > :after AND {column} <= :upto{further}"
        for column in ("from_position", "to_position"))


# A claim that is not in the register moves nothing, however often it is revised.
_OF_CLAIMS: Final = _moves("claims", " AND status IN ('approved', 'frozen', 'revoked')")
_OF_PLACES: Final = f"{_moves('affiliations')} UNION {_moves('departures')}"


class EntryRow(NamedTuple):
    """An entry that differs: both numbers, what each rests on, why they differ, and whose it is to look at."""

    claim: str
    person: str
    year: int
    kind: str
    role: str
    region: str
    sector: str
    category: str
    unit: str
    decided_centi: int
    evaluated_centi: int
    decided_rulebook: str | None
    decided_clause: str | None
    evaluated_rulebook: str | None
    evaluated_clause: str | None
    because: str
    upheld: int | None         # The event by which the office let this very difference stand.


class YearRow(NamedTuple):
    """A person-year that differs, where its person belonged on 31 December: its totals and its verdict both ways."""

    person: str
    year: int
    region: str
    sector: str
    decided_centi: int
    evaluated_centi: int
    decided_met: int | None
    evaluated_met: int | None
    entries: int               # How many of its own entries differ; none where an earlier year of a cycle moved it.


class Differences(NamedTuple):
    """All that differs of one person as of a position, by claim and by year."""

    entries: Mapping[str, EntryRow]
    years: Mapping[int, YearRow]


NOTHING: Final = Differences({}, {})

Counted = dict[str, tuple[int, int]]
"""What each entry of somebody counts, as decided and as evaluated."""


class Dated(NamedTuple):
    """A row with the position from which it holds, and the one since which its entry or year has differed."""

    row: EntryRow | YearRow
    from_position: int
    since: int


class Judge:
    """Judges people as of positions, from the files of the projections."""

    def __init__(
        self, ledger: Ledger, people: Reader, entries: Reader, laws: Reader, books: Books, *,
        valid_on: date | None = None, law: tuple[str, ...] | None = None,
    ) -> None:
        self._ledger, self._people, self._entries, self._laws, self.books = ledger, people, entries, laws, books
        self.valid_on: Final = valid_on
        self._fixed: Final = law
        self._law: tuple[int, tuple[str, ...]] = -1, ()
        self._enacted: tuple[int, list[int]] = 0, []  # Up to a position; what was enacted by it stays.
        self._events: dict[int, Any] = {}  # What stands at a position stays.

    def under(self, valid_on: date | None, law: tuple[str, ...] | None) -> Judge:
        """A judge of what had happened by a day, under just these rulebooks, by digest; None: as this one has it."""
        return Judge(self._ledger, self._people, self._entries, self._laws, self.books, valid_on=valid_on, law=law)

    def position(self) -> int:
        """Up to where everything speaks that a judgment rests on."""
        return min(reader.position() for reader in (self._people, self._entries, self._laws))

    def registered(self, at: int, limit: int) -> list[str]:
        """People of whom something had been registered by a position, by id; no more than a limit."""
        query = ("SELECT DISTINCT person FROM claims WHERE status IN ('approved', 'frozen') AND from_position <= :at "
                 "ORDER BY person LIMIT :limit")
        return [person for (person,) in self._entries.rows(query, {"at": at, "limit": limit})]

    def enactments(self) -> list[int]:
        """The positions from which the law is another one; none where it is fixed."""
        if self._fixed is not None:
            return []
        return [at for (at,) in self._laws.rows("SELECT DISTINCT from_position FROM rulebooks ORDER BY 1")]

    def _enacted_by(self, at: int) -> list[int]:
        known = self._enacted  # Read once: as the law is.
        if known[0] < at:
            upto = self._laws.position()
            known = self._enacted = upto, self.enactments()
        return [one for one in known[1] if one <= at]

    def digests(self, at: int) -> tuple[str, ...]:
        """The rulebooks that are asked of, or that had been enacted by a position, as `Answers` has them."""
        if self._fixed is not None:
            return self._fixed
        enacted = max(self._enacted_by(at), default=0)
        law = self._law  # Read once: another thread may ask of another position meanwhile.
        if law[0] != enacted:
            law = self._law = enacted, tuple(one.digest for one in read_rulebooks(self._laws, enacted))
        return law[1]

    def points(self, person: str, after: int, upto: int) -> list[int]:
        """Where something of a person, or of the law, changed past a position."""
        asked = {"person": person, "after": after, "upto": upto}
        found = {at for at in self._enacted_by(upto) if after < at}
        for reader, query in ((self._entries, _OF_CLAIMS), (self._people, _OF_PLACES)):
            found.update(at for (at,) in reader.rows(query, asked))
        return sorted(found)

    def differences(self, person: str, at: int) -> Differences:
        """All that differs of a person as of a position."""
        return self.both(person, at)[0]

    def both(self, person: str, at: int) -> tuple[Differences, Counted]:
        """The same, with what each entry counts, for whoever found that another way."""
        return self._both(self._judged(self._history(person, at), at))

    def between(
        self, persons: Sequence[str], *, after: int, upto: int
    ) -> Iterator[tuple[str, list[tuple[int, Differences]]]]:
        """Each of them of whom something changed past a position with all that differs at each point, up to another.

        Between the two the law stays what it is.
        """
        for person, known in histories(
                self._people, self._entries, persons, after=after, upto=upto, valid_on=self.valid_on):
            yield person, [(at, self._both(self._judged(one, at))[0]) for at, one in known]

    def _both(self, found: tuple[History, Judged] | None) -> tuple[Differences, Counted]:
        if found is None:
            return NOTHING, {}
        history, judged = found
        pairs = zip(judged.folded.counted, judged.ruled.folded.counted, strict=True)
        counted = {one.claim: pair for one, pair in zip(judged.standing, pairs, strict=True)}
        moved = differing(judged, history.known)
        if not moved:
            return NOTHING, counted  # A year cannot differ without an entry that does (`differing.brought`).
        entries = {row.claim: row for row in (self._entry(judged, one) for one in moved)}
        years = {row.year: row for row in _years(history, judged, list(entries.values()))}
        return Differences(entries, years), counted

    def against(self, person: str, claim: str, at: int) -> tuple[EntryRow, Recorded] | None:
        """A difference with the ruling of the law, as an office records it that lets its decision stand."""
        found = self._judged(self._history(person, at), at)
        if found is None:
            return None
        history, judged = found
        for one in differing(judged, history.known):
            if judged.standing[one.at].claim == claim:
                return self._entry(judged, one), as_recorded(judged.ruled.weighed[one.at].ruling)
        return None

    def since(self, person: str, at: int, now: Differences) -> list[Dated]:
        """What differs of a person as of a position, going back as far as it has: to the first point if need be."""
        *before, last = self.points(person, 0, at)
        found = {key: Dated(row, last, last) for key, row in _rows(now)}
        same, open_ = set(found), set(found)
        for point in reversed(before):
            then = dict(_rows(self.differences(person, point))) if open_ else {}
            open_ &= then.keys()
            for key in open_:
                row, from_position, _ = found[key]
                if then[key] != row:
                    same.discard(key)
                found[key] = Dated(row, point if key in same else from_position, point)
        return list(found.values())

    def _history(self, person: str, at: int) -> History:
        return read_history(self._people, self._entries, person, Basis(at, None, self.valid_on, THEN, (), at, b""))

    def _judged(self, history: History, at: int) -> tuple[History, Judged] | None:
        """A person before the law as of a position; nothing of one of whom nothing stands."""
        standing = [one for one in history.registered if one.status != REVOKED]
        if not standing:
            return None
        return history, judge(self.books, self.digests(at), history.belonged, standing)

    def _entry(self, judged: Judged, one: Differing) -> EntryRow:
        version = judged.standing[one.at]
        decision, ruling = version.decision, judged.ruled.weighed[one.at].ruling
        assert decision is not None, "what stands was decided"
        claim, upheld = self._claim(version)
        matter = claim.matter
        return EntryRow(
            version.claim, version.person, year_of(version), one.kind, claim.steps[-1], matter.region,
            matter.sector or "", str(matter.category), str(matter.unit), one.decided_centi, one.evaluated_centi,
            decision.rulebook, decision.clauses[0] if decision.clauses else None, ruling.rulebook, ruling.article,
            one.because, upheld if claim.upheld is not None and _is_seen(claim.upheld, one, ruling) else None,
        )

    def _claim(self, version: Version) -> tuple[Claim, int | None]:
        """A claim as its own stream has it as of a position, and the event that upheld it last."""
        state, upheld = None, None
        for position, event in zip(version.events, self._read_events(version.events), strict=True):
            state = evolve(state, event)
            upheld = position if isinstance(event, ClaimUpheld) else upheld
        assert state is not None, "a claim that stands was submitted"
        return state, upheld

    def _read_events(self, positions: Sequence[int]) -> list[Any]:
        """What stands there; the rows of a list stand together, and are read together."""
        known = self._events
        if (found := [known.get(at) for at in positions]) and None not in found:
            return found
        first, last = positions[0], positions[-1]
        spans = [(first, last)] if last - first < _TOGETHER else [(at, at) for at in positions]
        read = {begin + past: one.event for begin, end in spans
                for past, one in enumerate(decode_each(self._ledger.store.leaves(begin - 1, end - begin + 1)))}
        if len(known) >= _REMEMBERED:
            known.clear()
        known.update((at, read[at]) for at in positions)
        return [read[at] for at in positions]


def as_recorded(ruling: Ruling) -> Recorded:
    """A ruling of the law in the form in which the ledger records one."""
    return Recorded(
        assessed_centi=ruling.assessed, status=ruling.status,
        rulebook=None if ruling.rulebook is None else RulebookId(ruling.rulebook),
        digest=None if ruling.book is None else ruling.book.digest,
        clauses=() if ruling.article is None else (ruling.article,), flags=ruling.flags,
    )


def _is_seen(upheld: ClaimUpheld, one: Differing, ruling: Ruling) -> bool:
    """Say whether an office let just this stand: the same numbers, also where another revision gives them."""
    seen = upheld.decided_centi, upheld.evaluated_centi, upheld.against.assessed_centi, upheld.against.status
    return seen == (one.decided_centi, one.evaluated_centi, ruling.assessed, ruling.status)


def _years(history: History, judged: Judged, entries: Sequence[EntryRow]) -> Iterator[YearRow]:
    own: dict[int, int] = {}
    for row in entries:
        own[row.year] = own.get(row.year, 0) + 1
    begins = min(own)  # Before it no entry differs, nor one of an earlier year in a cycle (`differing.py`).
    for year in years_of(history.belonged, history.registered):
        if year < begins:
            continue
        both = sides(judged, year)
        if year in own or both.differ:
            yield YearRow(
                judged.standing[0].person, year, both.on.region if both.on else "", both.on.sector if both.on else "",
                both.decided.sums.total, both.evaluated.sums.total, _verdict(both.decided.met),
                _verdict(both.evaluated.met), own.get(year, 0),
            )


def _verdict(met: bool | None) -> int | None:
    return None if met is None else int(met)


def _rows(found: Differences) -> Iterator[tuple[str | int, EntryRow | YearRow]]:
    """Entries by claim, then years by number."""
    yield from found.entries.items()
    yield from found.years.items()
