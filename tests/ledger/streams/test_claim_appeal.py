"""An appeal: by the claimant within its term, once for a decision, heard by another office and another hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from claim_cast import STATES
from msgspec.structs import replace
from stream_cast import (
    CLERK,
    COLLEAGUE,
    DAY,
    DETAILS,
    LAST_STEP,
    LI,
    OFFICER,
    PERSON,
    RULING,
    STEPS,
    STUDY,
    WHY,
    actor,
    drafts,
    outcome,
    read_table,
    refusal,
    sealed_fits,
)

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.streams import claim_appeal as appeals
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim, Status, evolve
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import PersonId, RulebookId

ABOVE = "provincial_registrar"
JUDGE = actor("judge", Scope(role=ABOVE, region="33"), person=PersonId("per_sun"))
MADE = appeals.AppealClaim(
    person=LI, decision=41, decided_by=OFFICER.hand, office=ABOVE, region="3302", on=DAY, until=DAY,
    due=DAY + timedelta(days=60), rulebook=RulebookId("zhejiang/2016-08-01"), article="第十七条", words=WHY,
)
DISMISS = appeals.DismissAppeal(role=ABOVE, words=WHY)
ALLOW = appeals.AllowAppeal(role=ABOVE, words=WHY, steps=STEPS, details=DETAILS)


def state(name: str) -> Claim:
    found = STATES[name]
    assert found is not None
    return found


def then(claim: Claim, decision: Decision) -> Claim:
    """What a claim has become when something was decided."""
    for draft in drafts(decision):
        claim = evolve(claim, draft.event)
    return claim


def appealed(name: str) -> Claim:
    return then(state(name), appeals.decide_appeal(state(name), MADE, PERSON))


def answered(name: str) -> Claim:
    return then(appealed(name), appeals.decide_dismissal(appealed(name), DISMISS, PERSON, JUDGE))


CASES = STATES | {
    "appealed": appealed("refused"), "withdrawn_again": then(
        appealed("refused"), appeals.decide_appeal_withdrawal(
            appealed("refused"), appeals.WithdrawAppeal(person=LI), PERSON)),
    "answered": answered("revoked"),
}
TABLE = read_table("""
          absent         first_step         returned           withdrawn          frozen             refused
Appeal    claim_absent   nothing_to_appeal  nothing_to_appeal  nothing_to_appeal  nothing_to_appeal  ClaimAppealed
Withdraw  claim_absent   appeal_absent      appeal_absent      appeal_absent      appeal_absent      appeal_absent
Dismiss   claim_absent   appeal_absent      appeal_absent      appeal_absent      appeal_absent      appeal_absent
Allow     claim_absent   appeal_absent      appeal_absent      appeal_absent      appeal_absent      appeal_absent
""") | read_table("""
          approved       revoked            appealed                             withdrawn_again    answered
Appeal    ClaimAppealed  ClaimAppealed      appeal_open                          ClaimAppealed      already_appealed
Withdraw  appeal_absent  appeal_absent      ClaimAppealWithdrawn                 appeal_absent      appeal_absent
Dismiss   appeal_absent  appeal_absent      ClaimAppealDismissed                 appeal_absent      appeal_absent
Allow     appeal_absent  appeal_absent      ClaimAppealAllowed+ClaimReopened     appeal_absent      appeal_absent
""")


def give(command: str, claim: Claim | None, by: Actor = JUDGE) -> Decision:
    if command == "Appeal":
        return appeals.decide_appeal(claim, MADE, PERSON)
    if command == "Withdraw":
        return appeals.decide_appeal_withdrawal(claim, appeals.WithdrawAppeal(person=LI), PERSON)
    if command == "Dismiss":
        return appeals.decide_dismissal(claim, DISMISS, PERSON, by)
    return appeals.decide_allowance(claim, ALLOW, PERSON, by)


@pytest.mark.parametrize(("command", "case"), TABLE)
def test_every_command_in_every_state(command: str, case: str) -> None:
    decision = give(command, CASES[case])

    assert outcome(decision) == TABLE[command, case]
    assert isinstance(decision, Refusal) or sealed_fits(decision)


@pytest.mark.parametrize(("case", "becomes", "effect"), [
    ("revoked", Status.APPROVED, "reinstated"), ("refused", Status.UNDER_REVIEW, "reopened"),
    ("approved", Status.APPROVED, "remitted"),
])
def test_what_an_allowed_appeal_comes_to(case: str, becomes: Status, effect: str) -> None:
    claim = then(appealed(case), give("Allow", appealed(case)))

    assert claim.appeal is not None
    assert (claim.status, claim.appeal.outcome, claim.endorsed == ()) == (becomes, effect, effect == "reopened")


def test_a_reopened_claim_is_reviewed_from_the_first_step() -> None:
    claim = then(appealed("refused"), give("Allow", appealed("refused")))

    claim = then(claim, review.decide_endorsement(claim, review.EndorseClaim(role=STEPS[0]), PERSON, CLERK))
    assert claim.step_due == LAST_STEP


def test_a_correction_answers_what_was_remitted_and_overtakes_what_waits() -> None:
    correct = register.CorrectClaim(role=LAST_STEP, study=STUDY, details=DETAILS, ruling=RULING, year=2026)
    remitted = then(appealed("approved"), give("Allow", appealed("approved")))

    for claim, outcome_ in ((remitted, "corrected"), (appealed("approved"), "overtaken")):
        mended = then(claim, register.decide_correction(claim, correct, PERSON, OFFICER))
        assert mended.appeal is not None and mended.appeal.outcome == outcome_


def test_after_the_last_day_of_the_term_nothing_is_taken() -> None:
    late = replace(MADE, on=DAY + timedelta(days=1))

    no = refusal(appeals.decide_appeal(state("refused"), late, PERSON))
    assert (no.code, no.seen["until"]) == ("appeal_too_late", date(2026, 5, 20))


@pytest.mark.parametrize("hand", [
    replace(JUDGE, actor=OFFICER.actor), replace(JUDGE, person=OFFICER.person),  # Who decided, under any account.
    replace(JUDGE, person=CLERK.person),                                         # Who endorsed.
])
def test_nobody_hears_an_appeal_about_what_they_had_a_hand_in(hand: Actor) -> None:
    assert [refusal(give(command, appealed("refused"), hand)).code for command in ("Dismiss", "Allow")] == [
        "same_hand"] * 2


def test_whoever_revoked_does_not_hear_it_whoever_else_decided() -> None:
    assert refusal(give("Allow", appealed("revoked"), replace(JUDGE, person=COLLEAGUE.person))).code == "same_hand"


def test_it_is_heard_in_the_role_and_for_the_area_that_the_law_names_and_never_by_the_claimant() -> None:
    below = replace(JUDGE, scopes=(Scope(role=ABOVE, region="330203"),))
    other = replace(JUDGE, scopes=(Scope(role=LAST_STEP, region="33"),))
    own = replace(JUDGE, person=LI)
    claim = appealed("refused")

    assert refusal(give("Allow", claim, below)).code == "not_the_appeal_office"
    assert refusal(give("Allow", claim, other)).code == "role_not_held"
    assert refusal(give("Allow", claim, own)).code == "own_claim"
    assert refusal(appeals.decide_dismissal(claim, replace(DISMISS, role=LAST_STEP), PERSON, other)).code == (
        "not_the_appeal_office")
    assert refusal(appeals.decide_dismissal(claim, replace(DISMISS, words=" "), PERSON, JUDGE)).code == "words_missing"
