"""Appeals about a claim (申诉): made by the claimant within a term, heard by another office and another hand.

Against a refusal, a revocation or an assessment, once each. Who hears it and until when comes in with the command, as
the law of the place says (P 17). Nobody hears an appeal about what they decided, endorsed or undid themselves, under
this account or another of theirs.

Reading: an allowed appeal does what can be done without judging the study anew. What was revoked stands again, what was
refused is reviewed again from the first step; of an assessment the registrar is told to correct it, since a ruling is
the law's on the facts, and the facts are the registrar's to record.
Reading: an appeal stays nothing. While it waits, what was decided is in force.

`tests/ledger/streams/test_claim_appeal.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.errors import Refusal
from ledger.events.base import Draft, Hand
from ledger.events.claim import ClaimReinstated, ClaimReopened
from ledger.events.claim_appeal import (
    ClaimAppealAllowed,
    ClaimAppealDismissed,
    ClaimAppealed,
    ClaimAppealWithdrawn,
)
from ledger.events.study import Evidence, StudyDetails
from ledger.streams.claim import Appeal, Claim, Status, by_claimant, by_office, registered_beside
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor, covers
from ledger.vocabulary import PersonId, RulebookId

AGAINST: Final = {Status.REFUSED: "refusal", Status.REVOKED: "revocation", Status.APPROVED: "assessment"}
"""What may be appealed against, by where the claim stands. A hold is no decision: it ends in one."""

ON_APPEAL: Final = "appeal_allowed"
"""The basis on which an appeal reinstates."""


class AppealClaim(Command):
    """Say that a decision is not accepted, and why."""

    person: PersonId
    decision: int          # Where it stands in the log,
    decided_by: Hand       # and whose it was.
    office: str
    region: str
    on: date               # The legal day of the appeal,
    until: date            # the last on which it may be made,
    due: date              # and by when it is to be answered,
    rulebook: RulebookId   # as this one says.
    article: str
    words: str
    evidence: tuple[Evidence, ...] = ()


class WithdrawAppeal(Command):
    """Take it back."""

    person: PersonId


class DismissAppeal(Command):
    """Let stand what was decided."""

    role: str
    words: str


class AllowAppeal(Command):
    """Let it not stand; with the steps of a review that begins anew, and of a refusal the study's details."""

    role: str
    words: str
    steps: tuple[str, ...]
    details: StudyDetails | None = None


def decide_appeal(claim: Claim | None, command: AppealClaim, person: Person) -> Decision:
    """Appeal within the term against what stands, once for each decision."""
    own = by_claimant(claim, person, command.person)
    if isinstance(own, Refusal):
        return own
    if (against := AGAINST.get(own.status)) is None:
        return Refusal.because("nothing_to_appeal", status=own.status)
    if _open(own) is not None:
        return Refusal.because("appeal_open")
    if command.decision in own.appealed:
        return Refusal.because("already_appealed", decision=command.decision)
    if command.on > command.until:
        return Refusal.because("appeal_too_late", until=command.until, today=command.on)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    appealed = ClaimAppealed(
        claim=own.claim, person=own.person, against=against, decision=command.decision, decided_by=command.decided_by,
        office=command.office, region=command.region, due=command.due, rulebook=command.rulebook,
        article=command.article, unit=own.submitted.unit, sector=own.submitted.sector, category=own.study.category,
        evidence=command.evidence,
    )
    return (Draft(appealed, words),)


def decide_appeal_withdrawal(claim: Claim | None, command: WithdrawAppeal, person: Person) -> Decision:
    """Withdraw before it is answered, by the claimant alone."""
    own = by_claimant(claim, person, command.person)
    if isinstance(own, Refusal):
        return own
    if _open(own) is None:
        return Refusal.because("appeal_absent")
    return (Draft(ClaimAppealWithdrawn(claim=own.claim, person=own.person)),)


def decide_dismissal(claim: Claim | None, command: DismissAppeal, person: Person, by: Actor) -> Decision:
    """Dismiss it, saying why."""
    heard = _hearing(claim, command.role, person, by)
    if isinstance(heard, Refusal):
        return heard
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(ClaimAppealDismissed(claim=heard.claim, person=heard.person, hand=by.hand), words),)


def decide_allowance(
    claim: Claim | None, command: AllowAppeal, person: Person, by: Actor, beside: Claim | None = None
) -> Decision:
    """Allow it, saying why; what was decided is undone in the same append as far as that can be.

    `beside`: the claim as which the hours of its course have been registered since it was revoked.
    """
    heard = _hearing(claim, command.role, person, by)
    if isinstance(heard, Refusal):
        return heard
    if heard.status is Status.REVOKED and (no := registered_beside(beside)):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    name, whose = heard.claim, heard.person
    effect, step = "remitted", heard.steps[-1]
    more: tuple[Draft, ...] = ()
    if heard.status is Status.REVOKED:
        effect, more = "reinstated", (Draft(ClaimReinstated(claim=name, person=whose, basis=ON_APPEAL)),)
    elif heard.status is Status.REFUSED:
        assert command.details is not None, "what is reviewed anew is said anew"
        effect, step = "reopened", command.steps[0]
        more = (Draft(ClaimReopened(claim=name, person=whose, steps=command.steps), command.details),)
    allowed = ClaimAppealAllowed(
        claim=name, person=whose, effect=effect, step=step, region=heard.submitted.region, hand=by.hand)
    return (Draft(allowed, words), *more)


def _open(claim: Claim) -> Appeal | None:
    """The appeal that waits to be answered."""
    appeal = claim.appeal
    return None if appeal is None or appeal.outcome is not None else appeal


def _hearing(claim: Claim | None, role: str, person: Person, by: Actor) -> Claim | Refusal:
    """Give a claim whose appeal is this role's to hear, by this hand, or say why not."""
    known = by_office(claim, person, role, by)
    if isinstance(known, Refusal):
        return known
    appeal = _open(known)
    if appeal is None:
        return Refusal.because("appeal_absent")
    made = appeal.made
    held = [scope.region for scope in by.scopes if scope.role == role and covers(scope, known.matter)]
    if role != made.office or not any(made.region.startswith(region) for region in held):
        return Refusal.because("not_the_appeal_office", office=made.office, region=made.region,
                               rulebook=made.rulebook, article=made.article)
    hands = (made.decided_by, *known.endorsed, *(() if known.revoked_by is None else (known.revoked_by,)))
    if any(map(by.is_same_hand, hands)):
        return Refusal.because("same_hand", actor=by.actor)
    return known
