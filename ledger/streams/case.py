"""A case (监察案件): opened, its entries held, a finding recorded, referred, closed (P 17, W 16).

    open → open (held, widened, finding recorded), referred → closed

A detector may propose: then a case is opened by nobody, naming its pattern. Everything after that is a person's: who is
concerned by a case, themselves, through their account or their organisation, does nothing in it (D07). Whoever opens a
case is its first member; as soon as there are any, nobody else works on it (`ledger.streams.case_members`). Holding
freezes the entries in the same transaction, and closing releases what was ruled out; what was substantiated has to be
decided on before its case is closed. Notes, requests and deadlines are in `ledger.streams.case_work`, what is done to
many entries at once in `ledger.streams.case_bulk`.

Reading: a case that is closed stays open to one thing: an appeal that is upheld afterwards restores what the case
revoked, and whoever does that has to be let into it.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, Final

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import (
    LISTED_MOST,
    CaseClosed,
    CaseId,
    CaseOpened,
    CaseReferred,
    CaseWidened,
    ClaimsHeld,
    Concerned,
    FindingRecorded,
    MemberNamed,
)
from ledger.streams import claim as claims_of
from ledger.streams.case_state import DECIDABLE as DECIDABLE  # By these names whoever decides about cases knows them.
from ledger.streams.case_state import Bulk as Bulk
from ledger.streams.case_state import Case as Case
from ledger.streams.case_state import Finding as Finding
from ledger.streams.case_state import Request as Request
from ledger.streams.case_state import evolve as evolve
from ledger.streams.case_state import joined as joined
from ledger.streams.claim import Claim
from ledger.streams.claim_register import FreezeClaim, ReleaseClaim, decide_freeze, decide_release
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import PersonId

NAMED_MOST: Final = 20_000
"""So many entries are named at once: 40 events."""

_TOLD_MOST: Final = 20
RELEASED_MOST: Final = 1_000
"""So many are held in one append, and released in the one that closes their case; more in bulk."""


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
    """Open a case. `claims` are those that it names: their claimants are concerned, whether they are named or not.

    Whoever opens it is its first member; a detector's has none until somebody takes it up.
    """
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
        if no := standing(by, command.role, Matter(command.region, command.sector)) or is_concerned(concerned, by):
            return no
    if not (persons or named.actors or named.organisers):
        return Refusal.because("case_empty")
    if len(named.claims) > NAMED_MOST:
        return Refusal.because("too_many_entries", rows=len(named.claims), most=NAMED_MOST)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    first, *more = parts_of(concerned)
    opened = CaseOpened(
        case=command.case,
        kind=command.kind,
        region=command.region,
        concerned=concerned if by is None else first,  # What a detector proposes is not widened: no hand does it.
        sector=command.sector,
        pattern=command.pattern,
        findings=command.findings,
        due=command.due,
    )
    if by is None:
        return (Draft(opened, words),)
    wider = (Draft(CaseWidened(case=command.case, concerned=part, hand=by.hand, part=at, parts=len(more)))
             for at, part in enumerate(more, 1))
    return (Draft(opened, words), Draft(MemberNamed(case=command.case, actor=by.actor, hand=by.hand)), *wider)


def parts_of(concerned: Concerned) -> list[Concerned]:
    """What is named, cut so that an event holds each part: accounts and organisers, which are few, with the first."""
    parts = list(zip_longest(_cut(concerned.claims), _cut(concerned.persons), fillvalue=())) or [((), ())]
    return [Concerned(claims=claims, persons=persons, actors=() if at else concerned.actors,
                      organisers=() if at else concerned.organisers) for at, (claims, persons) in enumerate(parts)]


def _cut(ids: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [ids[at:at + LISTED_MOST] for at in range(0, len(ids), LISTED_MOST)]


def decide_hold(
    case: Case | None, command: HoldClaims, claims: Sequence[Claim], persons: Mapping[PersonId, Person], by: Actor
) -> Decision:
    """Freeze entries of the case, each in its own stream, all in one transaction."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    strange = [one.claim for one in claims if one.claim not in known.concerned.claims]
    if strange or not claims:
        return Refusal.because("claim_not_of_case", claims=strange)
    if len(claims) > RELEASED_MOST:
        return Refusal.because("too_many_entries", rows=len(claims), most=RELEASED_MOST)
    freeze = FreezeClaim(role=command.role, words=words.words, case=known.case)
    frozen = _each(claims, lambda one: decide_freeze(one, freeze, persons[one.person], by))
    if isinstance(frozen, Refusal):
        return frozen
    held = ClaimsHeld(case=known.case, claims=tuple(one.claim for one in claims), hand=by.hand)
    return (Draft(held), *frozen)  # The case's own event first: what was done is told of its stream.


def decide_finding(case: Case | None, command: RecordFinding, by: Actor) -> Decision:
    """Record a finding with its reasons; another may follow while the case is open."""
    known = at_work(case, command.role, by)
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
    known = at_work(case, command.role, by)
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
    """Close what has a finding. `claims` are all that were held: those ruled out are released with it, if not many."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    assert {one.claim for one in claims} == set(known.held), "the caller brought other claims"
    if known.finding == Finding.PENDING:
        return Refusal.because("finding_missing")
    if (bulk := known.bulk_open) is not None:
        return Refusal.because("bulk_open", act=bulk.opened.act)
    frozen = [one for one in claims if one.status is claims_of.Status.FROZEN]
    released: tuple[Draft, ...] = ()
    if known.finding == Finding.RULED_OUT and len(frozen) > RELEASED_MOST:
        return Refusal.because("holds_remain", held=len(frozen), most=RELEASED_MOST)
    if known.finding == Finding.RULED_OUT:
        release = ReleaseClaim(role=command.role, case=known.case)
        made = _each(frozen, lambda one: decide_release(one, release, persons[one.person], by))
        if isinstance(made, Refusal):
            return made
        released = made
    elif frozen:  # Substantiated or referred: whoever is competent decides on each entry first.
        return Refusal.because("claims_undecided", held=len(frozen), claims=[one.claim for one in frozen[:_TOLD_MOST]])
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


def at_work(case: Case | None, role: str, by: Actor, *, though_closed: bool = False) -> Case | Refusal:
    """Give a case in which this hand may act, or say why not."""
    known = in_reach(case, role, by)
    if isinstance(known, Refusal):
        return known
    if known.members and by.actor not in known.members:
        return Refusal.because("not_a_member", actor=by.actor)
    return Refusal.because("case_closed") if known.is_closed and not though_closed else known


def in_reach(case: Case | None, role: str, by: Actor) -> Case | Refusal:
    """Give a case of a place that this hand supervises and that is not about them, or say why not."""
    if case is None:
        return Refusal.because("case_absent")
    return standing(by, role, case.matter) or is_concerned(case.concerned, by) or case


def is_concerned(concerned: Concerned, by: Actor) -> Refusal | None:
    """Say that this hand is itself the subject: its account, the person behind it, or its organisation."""
    if by.actor in concerned.actors or by.person in concerned.persons or by.organisation in concerned.organisers:
        return Refusal.because("own_case", actor=by.actor)
    return None
