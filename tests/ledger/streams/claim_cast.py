"""A claim in each state, and each command as its most entitled hand would give it: what the tests of claims share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from msgspec.structs import replace
from stream_cast import (
    CLAIM,
    CLERK,
    COLLEAGUE,
    DAY,
    DETAILS,
    LAST_STEP,
    LI,
    OFFICER,
    PAPERS,
    PERSON,
    RULING,
    STEPS,
    STUDY,
    UNIT_STEP,
    WHY,
    WORKS,
)

from ledger.events.actor import Scope
from ledger.events.claim import ClaimSubmitted
from ledger.events.study import Ruling
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim, Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.standing import Status as Employed
from ledger.vocabulary import ActorId

SUBMIT = review.SubmitClaim(
    claim=CLAIM, person=LI, on=DAY, study=STUDY, details=DETAILS, steps=STEPS, evidence=PAPERS
)
ROW = replace(SUBMIT, origin="batch", role=LAST_STEP, steps=(LAST_STEP,))

SUBMITTED = ClaimSubmitted(
    claim=CLAIM, person=LI, unit=WORKS, region="330203", sector="industry", study=STUDY, steps=STEPS, evidence=PAPERS
)
FRESH = Claim(SUBMITTED, STUDY, PAPERS, STEPS)
ENDORSED = replace(FRESH, endorsed=(CLERK.hand,))
APPROVED = replace(ENDORSED, status=Status.APPROVED, ruling=RULING, year=2026)

UNRULED = Ruling(assessed_centi=0, status="unruled")

STATES: dict[str, Claim | None] = {
    "absent": None,
    "first_step": FRESH,
    "last_step": ENDORSED,
    "returned": replace(FRESH, status=Status.RETURNED),
    "withdrawn": replace(FRESH, status=Status.WITHDRAWN),
    "refused": replace(ENDORSED, status=Status.REFUSED),
    "approved": APPROVED,
    "frozen": replace(APPROVED, status=Status.FROZEN),
    "revoked": replace(APPROVED, status=Status.REVOKED, revoked_by=COLLEAGUE.hand),
}

Give = Callable[[Claim | None, Person, Actor, str], Decision]
"""Give a command: to this claim, of this person, by this hand in this role."""

BY_OFFICE: dict[str, Give] = {
    "RegisterClaim": lambda claim, person, by, role: review.decide_registration(
        claim, review.RegisterClaim(submission=replace(ROW, role=role), ruling=RULING, year=2026), person, by
    ),
    "EndorseClaim": lambda claim, person, by, role: review.decide_endorsement(
        claim, review.EndorseClaim(role=role), person, by
    ),
    "AssignClaim": lambda claim, person, by, role: review.decide_assignment(
        claim, review.AssignClaim(role=role), person, by, colleague_of(by)
    ),
    "ReturnClaim": lambda claim, person, by, role: review.decide_return(
        claim, review.ReturnClaim(role=role, words=WHY), person, by
    ),
    "ApproveClaim": lambda claim, person, by, role: review.decide_approval(
        claim, review.ApproveClaim(role=role, ruling=RULING, year=2026), person, by
    ),
    "RefuseClaim": lambda claim, person, by, role: review.decide_refusal(
        claim, review.RefuseClaim(role=role, words=WHY), person, by
    ),
    "CorrectClaim": lambda claim, person, by, role: register.decide_correction(
        claim,
        register.CorrectClaim(role=role, study=replace(STUDY, rank=2), details=DETAILS, ruling=RULING, year=2026),
        person,
        by,
    ),
    "UpholdClaim": lambda claim, person, by, role: register.decide_upholding(
        claim,
        register.UpholdClaim(
            role=role, decided_centi=RULING.assessed_centi, evaluated_centi=0, against=UNRULED, as_of=41, words=WHY
        ),
        person,
        by,
    ),
    "FreezeClaim": lambda claim, person, by, role: register.decide_freeze(
        claim, register.FreezeClaim(role=role, words=WHY, case="cas_1"), person, by
    ),
    "ReleaseClaim": lambda claim, person, by, role: register.decide_release(
        claim, register.ReleaseClaim(role=role, case="cas_1"), person, by
    ),
    "RevokeClaim": lambda claim, person, by, role: register.decide_revocation(
        claim, register.RevokeClaim(role=role, basis="第十条", words=WHY), person, by
    ),
    "ReinstateClaim": lambda claim, person, by, role: register.decide_reinstatement(
        claim, register.ReinstateClaim(role=role, basis="复核", words=WHY), person, by
    ),
}

BY_CLAIMANT: dict[str, Callable[[Claim | None, Person], Decision]] = {
    "SubmitClaim": lambda claim, person: review.decide_submission(claim, SUBMIT, person),
    "ReviseClaim": lambda claim, person: review.decide_revision(
        claim,
        review.ReviseClaim(person=LI, study=replace(STUDY, rank=2), details=DETAILS, steps=STEPS, evidence=PAPERS),
        person,
    ),
    "WithdrawClaim": lambda claim, person: review.decide_withdrawal(claim, review.WithdrawClaim(person=LI), person),
}


def entitled(state: str) -> tuple[Actor, str]:
    """Say whose hand is due in a state, and in which role."""
    return (CLERK, UNIT_STEP) if state == "first_step" else (OFFICER, LAST_STEP)


def give(command: str, state: str, person: Person = PERSON, by: Actor | None = None) -> Decision:
    """Give a command in a state by the hand that is due, or by another that is put in its place."""
    claim = STATES[state]
    if command in BY_CLAIMANT:
        return BY_CLAIMANT[command](claim, person)
    hand, role = entitled(state)
    return BY_OFFICE[command](claim, person, by or hand, role)


def colleague_of(by: Actor) -> Actor:
    """Another hand of the same office, which could take the same step."""
    scopes = next(one.scopes for one in (CLERK, OFFICER) if one.organisation == by.organisation)
    return replace(by, actor=ActorId("acr_next"), person=None, scopes=scopes, status=Employed.ACTIVE)


def with_scope(by: Actor, **change: object) -> Actor:
    """Change one limit of an actor's only scope."""
    (scope,) = by.scopes
    fields = {name: getattr(scope, name) for name in Scope.__struct_fields__}
    return replace(by, scopes=(Scope(**{**fields, **change}),))


def wrong_hands(hand: Actor) -> dict[str, Actor]:
    """Give, for each reason for which a hand is wrong, this hand made so."""
    return {
        "own_claim": replace(hand, person=LI),
        "actor_suspended": replace(hand, status=Employed.SUSPENDED),
        "actor_dismissed": replace(hand, status=Employed.DISMISSED),
        "role_not_held": with_scope(hand, role="auditor"),
        "outside_scope": with_scope(hand, region="3303"),
    }


LONG_AGO = date(2019, 1, 1)  # Before the person belonged anywhere.
