"""The review of a claim (审核): submitted, endorsed step by step, returned and revised, withdrawn, refused or approved.

Steps walk in the order that was given at submission: each but the last endorses, the last decides. What is returned and
revised starts again at the first step. A step may be given to one of the office's hands (转办), and back.
Rows of rosters and imports, and what a system has seen completed, may be
submitted and approved in one act (W 10, W 13, W 14, N 8).

`tests/ledger/streams/test_claim_review.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.claim import (
    ClaimApproved,
    ClaimAssigned,
    ClaimEndorsed,
    ClaimRefused,
    ClaimReturned,
    ClaimRevised,
    ClaimSubmitted,
    ClaimWithdrawn,
)
from ledger.events.person import Affiliation
from ledger.events.source import Source
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.streams.claim import Claim, Status, by_claimant, by_office, unsound
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ClaimId, PersonId, UnitId

Origin = Literal["self", "batch", "auto", "import"]


class SubmitClaim(Command):
    """Put a study forward: the person themselves where the origin is `self`, else an actor or the system for them."""

    claim: ClaimId
    person: PersonId
    on: date  # The legal day of submission: where the person then belongs, the claim is looked at.
    study: Study
    details: StudyDetails
    steps: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = "self"
    source: Source | None = None
    role: str | None = None  # As what the actor submits; none asks for themselves.
    card_of: UnitId | None = None  # Whose card is shown, where it is a row of that organiser's roster.


class RegisterClaim(Command):
    """Submit and approve at once what was decided elsewhere: a roster's row, an import's, a completed course."""

    submission: SubmitClaim
    ruling: Ruling
    year: int


class EndorseClaim(Command):
    """Say for a step before the last that nothing speaks against it."""

    role: str


class AssignClaim(Command):
    """Give the step that is due to one hand, or back to the office."""

    role: str
    words: str | None = None


class ReturnClaim(Command):
    """Send it back to be mended."""

    role: str
    words: str


class ReviseClaim(Command):
    """Mend what was returned, or change what nobody has endorsed yet."""

    person: PersonId
    study: Study
    details: StudyDetails
    steps: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


class WithdrawClaim(Command):
    """Take it back before it is decided."""

    person: PersonId


class ApproveClaim(Command):
    """Accept it at the last step, worth what the ruling says."""

    role: str
    ruling: Ruling
    year: int
    opened_evidence: tuple[str, ...] = ()
    words: str | None = None  # Why, where the ruling is an authority's choice.


class RefuseClaim(Command):
    """Refuse it for good."""

    role: str
    words: str


def decide_submission(
    claim: Claim | None, command: SubmitClaim, person: Person | None, by: Actor | None = None
) -> Decision:
    """Submit where the person belongs on the day. An actor may put forward their own row: others decide on it."""
    if claim is not None:
        return Refusal.because("claim_exists", claim=claim.claim)
    if person is None:
        return Refusal.because("person_absent")
    if command.person != person.person:
        return Refusal.because("not_the_claimant")
    affiliation = person.affiliation_on(command.on)
    if no := _may_submit(command, by, affiliation):
        return no
    if no := closed_to_processing(person):
        return no
    if affiliation is None:
        return Refusal.because("not_affiliated", day=command.on)
    if no := _unwalkable(command.steps):
        return no
    if command.origin == "import" and command.source is None:
        return Refusal.because("source_missing")
    submitted = ClaimSubmitted(
        claim=command.claim,
        person=person.person,
        unit=affiliation.unit,
        region=affiliation.region,
        sector=affiliation.sector,
        study=command.study,
        steps=command.steps,
        evidence=command.evidence,
        origin=command.origin,
        source=command.source,
        card_of=command.card_of,
    )
    return (Draft(submitted, command.details),)


def decide_registration(
    claim: Claim | None, command: RegisterClaim, person: Person | None, by: Actor | None = None
) -> Decision:
    """Submit and approve in one act what did not come from the claimant, by whoever takes its only step."""
    submission = command.submission
    drafts = decide_submission(claim, submission, person, by)
    if isinstance(drafts, Refusal):
        return drafts
    assert person is not None
    if submission.origin == "self":
        return Refusal.because("review_needed", steps=submission.steps)
    if by is not None and by.person == person.person:
        return Refusal.because("own_claim", actor=by.actor)
    *before, last = submission.steps
    if before:
        return Refusal.because("steps_remain", steps=submission.steps)
    if by is not None and submission.role != last:
        return Refusal.because("step_not_due", due=last, role=submission.role)
    if no := unsound(command.ruling):
        return no
    approved = ClaimApproved(
        claim=submission.claim,
        person=person.person,
        step=last,
        ruling=command.ruling,
        year=command.year,
    )
    return (*drafts, Draft(approved))


def decide_endorsement(claim: Claim | None, command: EndorseClaim, person: Person, by: Actor) -> Decision:
    """Endorse the step that is due, unless it is the last."""
    due = _due(claim, person, command.role, by)
    if isinstance(due, Refusal):
        return due
    if due.is_at_last_step:
        return Refusal.because("last_step_decides", step=due.step_due)
    if no := _took_a_step(due, by):
        return no
    return (Draft(ClaimEndorsed(claim=due.claim, person=due.person, step=command.role, hand=by.hand)),)


def decide_assignment(
    claim: Claim | None, command: AssignClaim, person: Person, by: Actor, to: Actor | None
) -> Decision:
    """Assign the step that is due to a colleague who could take it, or to nobody in particular; once the same way.

    Reading: an office divides its own work. What belongs to another office goes there by the steps, not by hand.
    """
    due = _due(claim, person, command.role, by)
    if isinstance(due, Refusal):
        return due
    name = None if to is None else to.actor
    if name == due.assigned:
        return Refusal.because("assignment_unchanged", to=name)
    if to is not None and to.organisation != by.organisation:
        return Refusal.because("assignee_elsewhere", to=name)
    if to is not None and not could_take(due, command.role, to):
        return Refusal.because("assignee_unfit", to=name, role=command.role)
    assigned = ClaimAssigned(claim=due.claim, person=due.person, step=command.role, to=name)
    return (Draft(assigned, spoken(command.words)),)


def could_take(claim: Claim, role: str, to: Actor) -> bool:
    """Say whether a hand could take the step that is due, as far as the ledger knows."""
    if standing(to, role, claim.matter) is not None or to.person == claim.person:
        return False
    return _took_a_step(claim, to) is None


def decide_return(claim: Claim | None, command: ReturnClaim, person: Person, by: Actor) -> Decision:
    """Return it from whichever step is due, saying what to mend."""
    due = _due(claim, person, command.role, by)
    if isinstance(due, Refusal):
        return due
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(ClaimReturned(claim=due.claim, person=due.person, step=command.role), words),)


def decide_revision(claim: Claim | None, command: ReviseClaim, person: Person) -> Decision:
    """Revise what was returned, or what nobody has endorsed; the walk begins again."""
    own = by_claimant(claim, person, command.person)
    if isinstance(own, Refusal):
        return own
    if own.status is Status.UNDER_REVIEW and own.endorsed:
        return Refusal.because("already_endorsed", steps_taken=len(own.endorsed))
    if not own.is_open:
        return Refusal.because("claim_not_open", status=own.status)
    if no := _unwalkable(command.steps):
        return no
    revised = ClaimRevised(
        claim=own.claim, person=own.person, study=command.study, steps=command.steps, evidence=command.evidence
    )
    return (Draft(revised, command.details),)


def decide_withdrawal(claim: Claim | None, command: WithdrawClaim, person: Person) -> Decision:
    """Withdraw before a decision, by the claimant alone."""
    own = by_claimant(claim, person, command.person)
    if isinstance(own, Refusal):
        return own
    if not own.is_open:
        return Refusal.because("claim_not_open", status=own.status)
    return (Draft(ClaimWithdrawn(claim=own.claim, person=own.person)),)


def decide_approval(claim: Claim | None, command: ApproveClaim, person: Person, by: Actor) -> Decision:
    """Approve at the last step, by a hand that endorsed no step before it."""
    due = _due(claim, person, command.role, by)
    if isinstance(due, Refusal):
        return due
    if not due.is_at_last_step:
        return Refusal.because("steps_remain", steps=due.steps[len(due.endorsed) + 1 :])
    if no := _took_a_step(due, by) or unsound(command.ruling, command.words):
        return no
    approved = ClaimApproved(
        claim=due.claim,
        person=due.person,
        step=command.role,
        ruling=command.ruling,
        year=command.year,
        opened_evidence=command.opened_evidence,
    )
    return (Draft(approved, spoken(command.words)),)


def decide_refusal(claim: Claim | None, command: RefuseClaim, person: Person, by: Actor) -> Decision:
    """Refuse for good, from whichever step is due: a unit, too, may know that a study never was."""
    due = _due(claim, person, command.role, by)
    if isinstance(due, Refusal):
        return due
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(ClaimRefused(claim=due.claim, person=due.person, step=command.role), words),)


def _due(claim: Claim | None, person: Person, role: str, by: Actor) -> Claim | Refusal:
    """Give a claim whose next step is this role's to take, by this hand, or say why not."""
    open_to = by_office(claim, person, role, by)
    if isinstance(open_to, Refusal):
        return open_to
    if open_to.status is not Status.UNDER_REVIEW:
        return Refusal.because("claim_not_open", status=open_to.status)
    if open_to.step_due != role:
        return Refusal.because("step_not_due", due=open_to.step_due, role=role)
    return open_to


def _took_a_step(claim: Claim, by: Actor) -> Refusal | None:
    """Say why this hand may take no further step: two steps are two people's."""
    return Refusal.because("same_hand", actor=by.actor) if any(map(by.is_same_hand, claim.endorsed)) else None


def _may_submit(command: SubmitClaim, by: Actor | None, affiliation: Affiliation | None) -> Refusal | None:
    """Say why this hand may not put the claim forward."""
    if command.origin == "self" or (command.origin == "auto" and by is None):  # The system saw the course completed.
        return None
    if by is None or command.role is None:
        return Refusal.because("actor_required", origin=command.origin)
    if affiliation is None:
        return standing(by, command.role)
    return standing(
        by, command.role, Matter(affiliation.region, affiliation.sector, command.study.category, affiliation.unit)
    )


def _unwalkable(steps: tuple[str, ...]) -> Refusal | None:
    """Say why nobody could walk these steps."""
    if not steps:
        return Refusal.because("steps_missing")
    if len(set(steps)) != len(steps):
        return Refusal.because("steps_repeated", steps=steps)
    return None
