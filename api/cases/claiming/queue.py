"""What waits for an office, with what one must see to decide what to open first: whose, what, worth, and what is odd.

A row tells about a person, so everyone on a page of rows was seen by whoever reads it, and is recorded before it is
shown, for the purpose of reviewing. Marks are hints that the law or the ledger gives for each claim alone; they decide
nothing. `tests/console/test_queue.py` shows it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple

from api.cases import years
from api.cases.belonging.people import identity_of
from api.cases.called import record_seen, title_of
from api.cases.claiming.claims import sealed_details
from api.cases.claiming.evidence import not_handed_in
from api.cases.doing import Reading
from api.evidence.files import EvidenceStoreFailed
from api.house import House
from api.law_of import assess, bench_now
from api.operational.callers import Caller
from api.refusals.faults import BadFields
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.claim import Claim
from ledger.streams.person import Person
from ledger.vocabulary import format_hours
from policies.person import Bench
from projections import duplicates_reading
from projections.answers import Page
from projections.over_caps import Found
from projections.wanted import Place, Waiting, Wanted

PURPOSE: Final = "review"
MOST: Final = 1_000
"""So many are counted for the facets; who has more waiting is told so."""


class Row(NamedTuple):
    """One thing that waits. Of what is no claim, what it is called and whose it is."""

    waiting: Waiting
    unit: str                        # In words.
    version: int = 0
    name: str | None = None          # Masked; None: no person, or their key is destroyed.
    title: str | None = None
    date: str | None = None
    route: str | None = None
    hours: str | None = None         # What the law as of now gives, before caps; None: it cannot be said.
    verdict: str | None = None
    marks: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Say whether nothing speaks for looking at it alone: such may be approved with others."""
        return not self.marks and self.verdict == "ruled"


def waiting(house: House, caller: Caller, role: str | None, *, as_of: int) -> Page | Refusal:
    """Everything that waits for an office, longest first, up to as many as are counted."""
    return years.work(house, caller, role=role, as_of=as_of, after=None, limit=MOST)


def page(
    house: House, caller: Caller, role: str | None, wanted: Wanted, *, as_of: int, after: Place | None, limit: int
) -> Page | Refusal:
    """So many of those that are asked for, past a place."""
    return years.work(house, caller, role=role, as_of=as_of, after=after, limit=limit, wanted=wanted)


def rows(house: House, caller: Caller, items: Sequence[Waiting], *, what: tuple[str, ...] = ("claims", "identity"),
         as_of: int | None = None) -> list[Row] | Refusal:
    """Tell a page of what waits, and record that it was seen."""
    if no := record_seen(house, caller, [one.person for one in items if one.person], PURPOSE, what=what, route="queue"):
        return no
    bench, reading, twice = bench_now(house.answers), Reading(house.ledger), claimed_twice(house, items)
    over = over_caps(house, items, as_of=as_of).over
    return [_row(house, bench, reading, one, twice, over) if one.id.startswith(PREFIXES["claim"])
            else _other(house, reading, one, as_of) for one in items]


def claimed_twice(house: House, items: Sequence[Waiting]) -> frozenset[str]:
    """Those that name what another claim of the same person names, whatever waits or was registered."""
    return duplicates_reading.claimed_twice(house.answers, {one.person for one in items if one.person is not None})


def over_caps(
    house: House, items: Sequence[Waiting], *, as_of: int | None = None, most: int | None = None
) -> Found:
    """Those of which a cap would leave hours uncounted, were they approved now: the law's word, not an office's."""
    waiting = {one.id: one.person for one in items if one.kind == "claim" and one.person is not None}
    return house.answers.over_caps.among(waiting, house.answers.law_digests(), as_of=as_of, most=most)


def papers_absent(house: House, items: Sequence[Waiting], *, most: int | None = None) -> Found:
    """Those of whose papers only the digest came (材料未上传), of so many that are looked at; of all where one asks."""
    shown = [one for one in items if one.id.startswith(PREFIXES["claim"]) and one.papers and one.person is not None]
    looked = shown[:most]
    found = house.ledger.load_each([one.id for one in looked], claims.evolve)
    people = house.ledger.load_each(sorted({str(one.person) for one in looked}), persons.evolve)
    try:
        absent = {one.id for one in looked if (claim := found[one.id].state) is not None
                  and not_handed_in(house, people[str(one.person)].state, claim)}
    except EvidenceStoreFailed:
        return Found(frozenset(), len(shown))
    return Found(frozenset(absent), len(shown) - len(looked))


def _other(house: House, reading: Reading, one: Waiting, as_of: int | None) -> Row:
    """What is no claim, by what it is called."""
    told = title_of(house, one, as_of)
    return Row(one, _unit_name(reading, one), name=_name(house, reading, one), title=told.title, date=told.starts,
               route=told.route)


def _unit_name(reading: Reading, one: Waiting) -> str:
    unit = None if one.unit is None else reading.unit(one.unit)
    return "" if unit is None else unit.names[-1].name


def _name(house: House, reading: Reading, one: Waiting) -> str | None:
    person = None if one.person is None else reading.person(one.person)
    identity = None if person is None else identity_of(house, person)
    return None if identity is None else str(identity["name"])


def _row(
    house: House, bench: Bench, reading: Reading, one: Waiting, twice: Container[str], over: Container[str]
) -> Row:
    named = _unit_name(reading, one)
    name = _name(house, reading, one)
    person = None if one.person is None else reading.person(one.person)
    claim = reading.claim(one.id)
    if claim is None or person is None:
        return Row(one, named, name=name)
    details = sealed_details(house, claim.claim)
    try:
        assessed = assess(bench, person, claim.study, house.today)
    except BadFields:  # It was understood when it was submitted; a rulebook that came since reads it otherwise.
        assessed = Refusal.because("no_affiliation_on_date")
    is_judged = not isinstance(assessed, Refusal)
    return Row(
        one, named, house.ledger.store.version(claim.claim), name, None if details is None else details.title,
        claim.study.evidence_on.isoformat(), claim.study.route,
        format_hours(assessed.ruling.assessed_centi) if not isinstance(assessed, Refusal) else None,
        assessed.ruling.status if not isinstance(assessed, Refusal) else None,
        tuple(_marks(house, person, claim, claim.claim in twice, claim.claim in over,
                     assessed.ruling.flags if not isinstance(assessed, Refusal) else (), is_judged)),
    )


def _marks(
    house: House, person: Person, claim: Claim, is_twice: bool, is_over: bool, flags: Iterable[str], is_judged: bool
) -> Iterable[str]:
    """What is odd about a claim, most telling first."""
    if is_twice:
        yield "duplicate"
    if is_over:
        yield "over_cap"
    if not is_judged:
        yield "unplaced"
    if not claim.evidence:
        yield "no_evidence"
    try:
        if not_handed_in(house, person, claim):
            yield "papers_absent"
    except EvidenceStoreFailed:  # What waits is told all the same; nothing that cannot be opened is plain.
        yield "papers_unknown"
    yield from flags
    if claim.study.evidence_on.year < house.today.year:
        yield "late"
