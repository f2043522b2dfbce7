"""Every command in every state of a claim: nothing is undefined, and each no has its name."""

from __future__ import annotations

import msgspec
import pytest
from claim_cast import APPROVED, BY_CLAIMANT, BY_OFFICE, STATES, entitled, give, with_scope, wrong_hands
from msgspec.structs import replace
from stream_cast import CLAIM, DETAILS, PERSON, drafts, outcome, read_table, refusal, sealed_fits, streams

from ledger.errors import Refusal
from ledger.streams import claim_register, claim_review
from ledger.streams.claim import Status, evolve
from ledger.streams.decision import Command
from ledger.vocabulary import PersonId, UnitId

UNDECIDED = read_table("""
                absent                        first_step            last_step             returned
SubmitClaim     ClaimSubmitted                claim_exists          claim_exists          claim_exists
RegisterClaim   ClaimSubmitted+ClaimApproved  claim_exists          claim_exists          claim_exists
EndorseClaim    claim_absent                  ClaimEndorsed         last_step_decides     claim_not_open
AssignClaim     claim_absent                  ClaimAssigned         ClaimAssigned         claim_not_open
ReturnClaim     claim_absent                  ClaimReturned         ClaimReturned         claim_not_open
ReviseClaim     claim_absent                  ClaimRevised          already_endorsed      ClaimRevised
WithdrawClaim   claim_absent                  ClaimWithdrawn        ClaimWithdrawn        ClaimWithdrawn
ApproveClaim    claim_absent                  steps_remain          ClaimApproved         claim_not_open
RefuseClaim     claim_absent                  ClaimRefused          ClaimRefused          claim_not_open
CorrectClaim    claim_absent                  claim_not_registered  claim_not_registered  claim_not_registered
UpholdClaim     claim_absent                  claim_not_registered  claim_not_registered  claim_not_registered
FreezeClaim     claim_absent                  claim_not_registered  claim_not_registered  claim_not_registered
ReleaseClaim    claim_absent                  not_frozen            not_frozen            not_frozen
RevokeClaim     claim_absent                  claim_not_registered  claim_not_registered  claim_not_registered
ReinstateClaim  claim_absent                  not_revoked           not_revoked           not_revoked
""")

DECIDED = read_table("""
                withdrawn             refused               approved        frozen          revoked
SubmitClaim     claim_exists          claim_exists          claim_exists    claim_exists    claim_exists
RegisterClaim   claim_exists          claim_exists          claim_exists    claim_exists    claim_exists
EndorseClaim    claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
AssignClaim     claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
ReturnClaim     claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
ReviseClaim     claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
WithdrawClaim   claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
ApproveClaim    claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
RefuseClaim     claim_not_open        claim_not_open        claim_not_open  claim_not_open  claim_not_open
CorrectClaim    claim_not_registered  claim_not_registered  ClaimCorrected  claim_frozen    already_revoked
UpholdClaim     claim_not_registered  claim_not_registered  ClaimUpheld     claim_frozen    already_revoked
FreezeClaim     claim_not_registered  claim_not_registered  ClaimFrozen     already_frozen  already_revoked
ReleaseClaim    not_frozen            not_frozen            not_frozen      ClaimReleased   not_frozen
RevokeClaim     claim_not_registered  claim_not_registered  ClaimRevoked    ClaimRevoked    already_revoked
ReinstateClaim  not_revoked           not_revoked           not_revoked     not_revoked     ClaimReinstated
""")

MATRIX = UNDECIDED | DECIDED

LEADS_TO = {
    "ClaimSubmitted": Status.UNDER_REVIEW,
    "ClaimEndorsed": Status.UNDER_REVIEW,
    "ClaimAssigned": Status.UNDER_REVIEW,
    "ClaimReturned": Status.RETURNED,
    "ClaimRevised": Status.UNDER_REVIEW,
    "ClaimWithdrawn": Status.WITHDRAWN,
    "ClaimApproved": Status.APPROVED,
    "ClaimRefused": Status.REFUSED,
    "ClaimCorrected": Status.APPROVED,
    "ClaimUpheld": Status.APPROVED,
    "ClaimFrozen": Status.FROZEN,
    "ClaimReleased": Status.APPROVED,
    "ClaimRevoked": Status.REVOKED,
    "ClaimReinstated": Status.APPROVED,
}


def test_the_matrix_has_every_command_and_every_state() -> None:
    commands = {
        name
        for module in (claim_review, claim_register)
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Command) and one is not Command
    }

    assert commands == BY_OFFICE.keys() | BY_CLAIMANT.keys()
    assert {claim.status for claim in STATES.values() if claim} == set(Status)
    assert MATRIX.keys() == {(command, state) for command in commands for state in STATES}


@pytest.mark.parametrize(("command", "state"), MATRIX)
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    before = msgspec.json.encode(STATES[state])

    decision = give(command, state)

    assert outcome(decision) == MATRIX[command, state]
    assert msgspec.json.encode(STATES[state]) == before, "a decision changed the state it read"
    if isinstance(decision, Refusal):
        return
    assert streams(draft.event for draft in decision) == {CLAIM}
    assert sealed_fits(decision)
    claim = STATES[state]
    for draft in decision:
        claim = evolve(claim, draft.event)
        assert claim.status is LEADS_TO[type(draft.event).__name__]
    assert claim is not None and claim.is_registered == (claim.status in (Status.APPROVED, Status.FROZEN))


ALLOWED = [key for key, cell in MATRIX.items() if cell.startswith("Claim")]


@pytest.mark.parametrize(("command", "state"), ALLOWED)
def test_nothing_is_done_with_a_restricted_or_forgotten_persons_claim(command: str, state: str) -> None:
    restricted, forgotten = replace(PERSON, is_restricted=True), replace(PERSON, is_forgotten=True)

    assert outcome(give(command, state, restricted)) == "person_restricted"
    assert outcome(give(command, state, forgotten)) == "key_destroyed"


@pytest.mark.parametrize(("command", "state"), [key for key in MATRIX if key[0] in BY_OFFICE and key[1] != "absent"])
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    if command == "RegisterClaim":  # Its claim exists in all these states: there is nothing to act upon.
        return
    hand, _ = entitled(state)

    for code, by in wrong_hands(hand).items():
        assert outcome(give(command, state, by=by)) == code
    for change in ({"sector": "environment"}, {"category": "general_public"}, {"unit": UnitId("unt_else")}):
        assert outcome(give(command, state, by=with_scope(hand, **change))) == "outside_scope"


def test_a_wrong_hand_registers_no_row_either() -> None:
    hand, _ = entitled("absent")

    for code, by in wrong_hands(hand).items():
        assert outcome(give("RegisterClaim", "absent", by=by)) == code


@pytest.mark.parametrize("state", [state for state in STATES if state != "absent"])
def test_only_the_claimant_revises_and_withdraws(state: str) -> None:
    stranger = PersonId("per_stranger")
    revise = claim_review.ReviseClaim(person=stranger, study=APPROVED.study, details=DETAILS, steps=APPROVED.steps)
    withdraw = claim_review.WithdrawClaim(person=stranger)

    assert refusal(claim_review.decide_revision(STATES[state], revise, PERSON)).code == "not_the_claimant"
    assert refusal(claim_review.decide_withdrawal(STATES[state], withdraw, PERSON)).code == "not_the_claimant"


def test_a_draft_of_a_refusal_or_revocation_seals_its_words() -> None:
    for command, state in (("RefuseClaim", "last_step"), ("RevokeClaim", "approved"), ("ReturnClaim", "first_step")):
        (draft,) = drafts(give(command, state))
        assert draft.sealed is not None
