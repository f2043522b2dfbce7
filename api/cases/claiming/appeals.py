"""Appeals about claims (申诉): made by the claimant, heard by the office that the law of the place names.

Against which decision an appeal is, the log says: the last refusal, revocation or assessment that is in force, whose
hand it was and in which role. Who hears it and within which terms, the rulebook says (P 17, AMB-32).

Reading: what a supervisor revoked is heard like what the department of their reach decided: by the one above it, of the
province by the province's own, by another hand (AMB-32).
`tests/api/test_appeals.py` shows it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from api.cases.claiming.claims import place_of, sealed_details, upon_own, walk_for
from api.cases.claiming.office import as_office
from api.cases.claiming.registered import one_of_a_course
from api.cases.claiming.study import read_evidence
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import SUPERVISOR
from api.house import House, local_date
from api.law_of import law_now, walk_of
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Hand
from ledger.events.claim import ClaimApproved, ClaimCorrected, ClaimEvent, ClaimRefused, ClaimRevoked
from ledger.ids import PREFIXES
from ledger.streams import claim_appeal as appeals
from ledger.streams.act import Status as ActStatus
from ledger.streams.claim import Claim, Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, RulebookId
from policies.appeals import AppealLaw, appeal_law
from policies.authority import department

_DECISIONS: Final[dict[Status, tuple[type[ClaimEvent], ...]]] = {
    Status.REFUSED: (ClaimRefused,), Status.REVOKED: (ClaimRevoked,), Status.APPROVED: (ClaimApproved, ClaimCorrected),
}


class Contested(NamedTuple):
    """A decision as the log has it."""

    position: int
    on: date
    role: str
    hand: Hand
    reach: str | None   # The region for which they decided, as they hold it.


class Remedy(NamedTuple):
    """How the decision that is in force can be appealed against."""

    decision: int
    until: date         # The last day,
    law: AppealLaw      # by these words, at this office.
    is_made: bool       # It has been appealed against already.


def remedy(house: House, claim: str) -> Remedy | None:
    """Say how what is in force about a claim can be appealed against; None where nothing can, or nobody hears it."""
    reading = Reading(house.ledger)
    found = reading.claim(claim)
    person = None if found is None else reading.person(found.person)
    decision = None if found is None else _contested(house, reading, found)
    if found is None or person is None or decision is None:
        return None
    law = _law(house, found, person, decision)
    is_open = found.appeal is not None and found.appeal.made.decision == decision.position
    return None if law is None else Remedy(
        decision.position, decision.on + timedelta(days=law.days), law,
        is_open or decision.position in found.appealed)


def told(house: House, caller: Caller, claim: str) -> dict[str, Any] | None:
    """How somebody can appeal against what was decided about a claim of theirs; None to others, as on the pages."""
    found = remedy(house, claim) if caller.kind == "person" else None
    return None if found is None else remedy_view(house, found)


def remedy_view(house: House, found: Remedy) -> dict[str, Any]:
    """How a decision can be appealed against, as it is told; a rulebook is known by the number of its document."""
    office = found.law.office
    digest = next((one.digest for one in house.answers.rulebooks() if one.id == office.rulebook), None)
    return {"office": office.role, "region": office.region, "until": found.until.isoformat(), "days": found.law.days,
            "rulebook": office.rulebook,
            "document": office.rulebook if digest is None else house.library.book(digest).document,
            "article": office.article, "quote": office.quote, "made": found.is_made}


def appeal(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that what was decided is not accepted, and why."""
    today = house.today

    def decide(reading: Reading, found: Claim, person: Person) -> Decision:
        decision = _contested(house, reading, found)
        if decision is None:
            return Refusal.because("nothing_to_appeal", status=found.status)
        law = _law(house, found, person, decision)
        if law is None:
            return Refusal.because("appeal_unregulated", region=found.submitted.region, sector=found.submitted.sector)
        command = appeals.AppealClaim(
            person=person.person, decision=decision.position, decided_by=decision.hand, office=law.office.role,
            region=law.office.region, on=today, until=decision.on + timedelta(days=law.days),
            due=today + timedelta(days=law.answer_days), rulebook=RulebookId(law.office.rulebook),
            article=law.office.article, words=fields["words"], evidence=read_evidence(fields),
        )
        return appeals.decide_appeal(found, command, person)

    return upon_own(house, caller, claim, asked, decide)


def withdraw(house: House, caller: Caller, claim: str, asked: Asked) -> Done | Refusal:
    """Take an appeal back before it is answered."""
    return upon_own(house, caller, claim, asked, lambda _, found, person: appeals.decide_appeal_withdrawal(
        found, appeals.WithdrawAppeal(person=person.person), person))


def dismiss(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let stand what was decided."""

    def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        return appeals.decide_dismissal(found, appeals.DismissAppeal(role=role, words=fields["words"]), person, by)

    return as_office(house, caller, claim, asked, decide, _hearing, registers=False)


def allow(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let it not stand: reinstate, review anew, or have it corrected by whoever registered it."""

    def decide(reading: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
        walk = walk_for(house, person, found.study, place_of(found, person))
        steps = found.steps if isinstance(walk, Refusal) else walk.roles  # An affiliation may be struck out since.
        command = appeals.AllowAppeal(
            role=role, words=fields["words"], steps=steps, details=sealed_details(house, claim))
        return one_of_a_course(house, reading, found, found.study, lambda beside: appeals.decide_allowance(
            found, command, person, by, beside))

    return as_office(house, caller, claim, asked, decide, _hearing, registers=False)


def _hearing(found: Claim, _: Actor) -> str:
    """The role that hears the appeal; where there is none, that of the claim's office, whom the ledger tells so."""
    return found.steps[-1] if found.appeal is None else found.appeal.made.office


def _contested(house: House, reading: Reading, found: Claim) -> Contested | None:
    """The decision that is in force: what an act wrote that was never closed decided nothing."""
    for position, leaf in reversed(house.ledger.store.stream(found.claim)):
        envelope = decode(leaf)
        event, by = envelope.event, envelope.by
        if not isinstance(event, _DECISIONS.get(found.status, ())):
            continue
        if by.act is not None and ((act := house.ledger.load_act(by.act)[0]) is None
                                   or act.status is not ActStatus.CLOSED):
            continue
        actor = reading.actor(by.actor) if by.actor.startswith(PREFIXES["actor"]) else None
        hand = Hand(actor=ActorId(by.actor)) if actor is None else actor.hand
        return Contested(position, local_date(envelope.recorded_at), by.role, hand, _reach(actor, by.role, found))
    return None


def _reach(actor: Actor | None, role: str, found: Claim) -> str | None:
    """The closest region of a hand's own in that role which holds the claim; whoever lost it since decided as any."""
    at = found.submitted.region
    held = () if actor is None else (one.region for one in actor.scopes if one.role == role)
    return max((one for one in held if at.startswith(one)), key=len, default=None)


def _law(house: House, found: Claim, person: Person, decision: Contested) -> AppealLaw | None:
    """Who hears it, by the law as of now in force on the day of the decision, where the claim was submitted."""
    at, law, category = place_of(found, person), law_now(house.answers), found.study.category.value
    where = (law, decision.on, at.region, at.sector, at.major, category)
    decided_by = department(*where).role if decision.role == SUPERVISOR else decision.role
    return appeal_law(*where, walk=walk_of(law, at, decision.on, category), decided_by=decided_by,
                      reach=decision.reach)
