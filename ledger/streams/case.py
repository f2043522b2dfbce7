"""A case (监察案件): opened, its entries held, a finding recorded, referred, closed (P 17, W 16).

    open → open (held, finding recorded), referred → closed

A detector may propose: then a case is opened by nobody, naming its pattern. Everything after that is a person's: who is
concerned by a case, themselves, through their account or their organisation, does nothing in it (D07). Holding freezes
the entries in the same transaction, and closing releases what was ruled out; what was substantiated has to be decided
on, entry by entry, before its case is closed.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import (
    CaseClosed,
    CaseEvent,
    CaseId,
    CaseOpened,
    CaseReferred,
    ClaimsHeld,
    Concerned,
    FindingRecorded,
)
from ledger.streams import claim as claims_of
from ledger.streams.claim import Claim
from ledger.streams.claim_register import FreezeClaim, ReleaseClaim, decide_freeze, decide_release
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ClaimId, PersonId


class Finding(StrEnum):
    """What it comes to."""

    PENDING = "pending"              # 待核查
    RULED_OUT = "ruled_out"          # 排除
    SUBSTANTIATED = "substantiated"  # 属实
    REFERRED = "referred"            # 移送


DECIDABLE: Final = (Finding.PENDING, Finding.RULED_OUT, Finding.SUBSTANTIATED)
"""What a finding can be recorded as; a referral names to whom and is an act of its own."""


class Case(State):
    """A case as it stands."""

    opened: CaseOpened
    finding: str = Finding.PENDING  # A word of history, which may have had others.
    held: tuple[ClaimId, ...] = ()
    is_closed: bool = False

    @property
    def case(self) -> CaseId:
        """Name the case."""
        return self.opened.case

    @property
    def matter(self) -> Matter:
        """Take the case as the matter of an act."""
        return Matter(self.opened.region, self.opened.sector)


class OpenCase(Command):
    """Have something looked into."""

    case: CaseId
    kind: str
    region: str
    concerned: Concerned
    words: str
    role: str | None = None      # None: a detector proposes.
    sector: str | None = None
    pattern: str | None = None
    findings: tuple[int, ...] = ()
    due: date | None = None


class HoldClaims(Command):
    """Freeze entries of the case while it is looked into."""

    role: str
    words: str


class RecordFinding(Command):
    """Say what it comes to."""

    role: str
    finding: Finding
    words: str
    basis: str | None = None


class ReferCase(Command):
    """Hand it over to whoever is competent."""

    role: str
    to: str
    words: str
    document: str | None = None


class CloseCase(Command):
    """End it."""

    role: str


def decide_opening(
    case: Case | None, command: OpenCase, claims: Sequence[Claim], by: Actor | None = None
) -> Decision:
    """Open a case. `claims` are those that it names: their claimants are concerned, whether they are named or not."""
    if case is not None:
        return Refusal.because("case_exists", case=case.case)
    named = command.concerned
    assert tuple(one.claim for one in claims) == named.claims, "the caller brought other claims"
    persons = tuple(dict.fromkeys((*named.persons, *(one.person for one in claims))))
    concerned = Concerned(claims=named.claims, persons=persons, actors=named.actors, organisers=named.organisers)
    if by is None and command.pattern is None:
        return Refusal.because("actor_required")
    if by is not None:
        if command.role is None:
            return Refusal.because("actor_required")
        if no := standing(by, command.role, Matter(command.region, command.sector)) or _is_concerned(concerned, by):
            return no
    if not (persons or named.actors or named.organisers):
        return Refusal.because("case_empty")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    opened = CaseOpened(
        case=command.case,
        kind=command.kind,
        region=command.region,
        concerned=concerned,
        sector=command.sector,
        pattern=command.pattern,
        findings=command.findings,
        due=command.due,
    )
    return (Draft(opened, words),)


def decide_hold(
    case: Case | None, command: HoldClaims, claims: Sequence[Claim], persons: Mapping[PersonId, Person], by: Actor
) -> Decision:
    """Freeze entries of the case, each in its own stream, all in one transaction."""
    known = _open(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    strange = [one.claim for one in claims if one.claim not in known.opened.concerned.claims]
    if strange or not claims:
        return Refusal.because("claim_not_of_case", claims=strange)
    freeze = FreezeClaim(role=command.role, words=words.words, case=known.case)
    frozen = _each(claims, lambda one: decide_freeze(one, freeze, persons[one.person], by))
    if isinstance(frozen, Refusal):
        return frozen
    held = ClaimsHeld(case=known.case, claims=tuple(one.claim for one in claims), hand=by.hand)
    return (Draft(held), *frozen)  # The case's own event first: what was done is told of its stream.


def decide_finding(case: Case | None, command: RecordFinding, by: Actor) -> Decision:
    """Record a finding with its reasons; another may follow while the case is open."""
    known = _open(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if command.finding not in DECIDABLE:
        return Refusal.because("finding_unfit", finding=command.finding)
    if known.finding == Finding.REFERRED:
        return Refusal.because("case_referred")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    recorded = FindingRecorded(case=known.case, finding=command.finding.value, hand=by.hand, basis=command.basis)
    return (Draft(recorded, words),)


def decide_referral(case: Case | None, command: ReferCase, by: Actor) -> Decision:
    """Refer once."""
    known = _open(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.finding == Finding.REFERRED:
        return Refusal.because("case_referred")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    referred = CaseReferred(case=known.case, to=command.to, hand=by.hand, document=command.document)
    return (Draft(referred, words),)


def decide_case_closing(
    case: Case | None, command: CloseCase, claims: Sequence[Claim], persons: Mapping[PersonId, Person], by: Actor
) -> Decision:
    """Close what has a finding. `claims` are all that were held: those ruled out are released with it."""
    known = _open(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    assert {one.claim for one in claims} == set(known.held), "the caller brought other claims"
    if known.finding == Finding.PENDING:
        return Refusal.because("finding_missing")
    frozen = [one for one in claims if one.status is claims_of.Status.FROZEN]
    released: tuple[Draft, ...] = ()
    if known.finding == Finding.RULED_OUT:
        release = ReleaseClaim(role=command.role, case=known.case)
        made = _each(frozen, lambda one: decide_release(one, release, persons[one.person], by))
        if isinstance(made, Refusal):
            return made
        released = made
    elif frozen:  # Substantiated or referred: whoever is competent decides on each entry first.
        return Refusal.because("claims_undecided", claims=[one.claim for one in frozen])
    closed = CaseClosed(
        case=known.case, outcome=str(known.finding), hand=by.hand, released=tuple(one.claim for one in frozen)
    )
    return (Draft(closed), *released)


def _each(claims: Iterable[Claim], decide: Callable[[Claim], Decision]) -> tuple[Draft, ...] | Refusal:
    """Decide on each claim; one that refuses refuses for all."""
    drafts: list[Draft] = []
    for one in claims:
        made = decide(one)
        if isinstance(made, Refusal):
            return dataclasses.replace(made, seen={**made.seen, "claim": one.claim})
        drafts += made
    return tuple(drafts)


def _open(case: Case | None, role: str, by: Actor) -> Case | Refusal:
    """Give a case in which this hand may act, or say why not."""
    if case is None:
        return Refusal.because("case_absent")
    if no := standing(by, role, case.matter) or _is_concerned(case.opened.concerned, by):
        return no
    return Refusal.because("case_closed") if case.is_closed else case


def _is_concerned(concerned: Concerned, by: Actor) -> Refusal | None:
    """Say that this hand is itself the subject: its account, the person behind it, or its organisation."""
    if by.actor in concerned.actors or by.person in concerned.persons or by.organisation in concerned.organisers:
        return Refusal.because("own_case", actor=by.actor)
    return None


def evolve(case: Case | None, event: CaseEvent) -> Case:
    """Accept what happened."""
    if isinstance(event, CaseOpened):
        return Case(event)
    if case is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](case, event)


_EVOLVE: Final[dict[type[CaseEvent], Callable[[Case, Any], Case]]] = {
    ClaimsHeld: lambda case, event: replace(case, held=(*case.held, *event.claims)),
    FindingRecorded: lambda case, event: replace(case, finding=event.finding),
    CaseReferred: lambda case, event: replace(case, finding=Finding.REFERRED),
    CaseClosed: lambda case, event: replace(case, is_closed=True),
}
