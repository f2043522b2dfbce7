"""The review of a claim: how steps walk, who may take them, and what may be registered at once."""

from __future__ import annotations

from datetime import date

import pytest
from claim_cast import ENDORSED, FRESH, LONG_AGO, ROW, STATES, SUBMIT
from msgspec.structs import replace
from stream_cast import (
    AT_WORKS,
    CLERK,
    COLLEAGUE,
    LAST_STEP,
    LI,
    OFFICER,
    PERSON,
    RULING,
    STEPS,
    STUDY,
    UNIT_STEP,
    WANG,
    WHY,
    WORKS,
    actor,
    event,
    events,
    outcome,
    refusal,
)

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.events.claim import ClaimSubmitted
from ledger.events.source import Source
from ledger.events.study import Ruling
from ledger.streams import claim_review as review
from ledger.streams.claim import evolve
from ledger.streams.person import Departure, Person


def test_a_claim_is_looked_at_where_the_person_belongs_on_the_day() -> None:
    elsewhere = replace(AT_WORKS, unit="unt_new", starts=date(2026, 6, 1), region="330304", sector="environment")
    person = replace(PERSON, affiliations=(AT_WORKS, elsewhere))

    before = event(review.decide_submission(None, SUBMIT, person))
    after = event(review.decide_submission(None, replace(SUBMIT, on=date(2026, 6, 1)), person))

    assert (before.unit, before.region, before.sector) == (WORKS, "330203", "industry")
    assert (after.unit, after.region, after.sector) == ("unt_new", "330304", "environment")


def test_whoever_belongs_nowhere_on_the_day_submits_nothing() -> None:
    left = replace(PERSON, departures=(Departure(WORKS, date(2026, 5, 19)),))

    assert outcome(review.decide_submission(None, replace(SUBMIT, on=LONG_AGO), PERSON)) == "not_affiliated"
    assert outcome(review.decide_submission(None, SUBMIT, left)) == "not_affiliated"
    assert outcome(review.decide_submission(None, SUBMIT, Person(LI))) == "not_affiliated"
    assert outcome(review.decide_submission(None, SUBMIT, None)) == "person_absent"


def test_a_row_for_someone_who_belongs_nowhere_is_told_so_once_the_role_is_held() -> None:
    nowhere = Person(LI)

    assert outcome(review.decide_submission(None, ROW, nowhere, OFFICER)) == "not_affiliated"
    assert outcome(review.decide_submission(None, ROW, nowhere, CLERK)) == "role_not_held"


def test_nobody_submits_for_another_as_themselves() -> None:
    assert outcome(review.decide_submission(None, replace(SUBMIT, person=WANG), PERSON)) == "not_the_claimant"


@pytest.mark.parametrize("origin", ["batch", "import"])
def test_a_row_of_a_roster_or_an_import_needs_a_hand_that_answers_for_it(origin: str) -> None:
    row = replace(ROW, origin=origin)

    assert outcome(review.decide_submission(None, row, PERSON)) == "actor_required"
    assert outcome(review.decide_submission(None, replace(row, role=None), PERSON, OFFICER)) == "actor_required"


def test_a_completed_course_is_registered_by_the_system_alone() -> None:  # W 10, N 8.
    row = review.RegisterClaim(submission=replace(ROW, origin="auto", role=None), ruling=RULING, year=2026)

    submitted, approved = events(review.decide_registration(None, row, PERSON))

    assert (submitted.origin, approved.year) == ("auto", 2026)
    assert evolve(evolve(None, submitted), approved).is_registered


def test_an_automatic_row_that_does_come_by_a_hand_needs_its_standing() -> None:
    row = replace(ROW, origin="auto")

    assert outcome(review.decide_submission(None, row, PERSON, OFFICER)) == "ClaimSubmitted"
    assert outcome(review.decide_submission(None, row, PERSON, CLERK)) == "role_not_held"
    assert outcome(review.decide_submission(None, replace(row, role=None), PERSON, OFFICER)) == "actor_required"


def test_an_imported_row_names_its_source_and_reserves_it_for_ever() -> None:
    source = Source(system="wzjxjy", record="88123", version="3")
    bare = replace(ROW, origin="import")

    assert outcome(review.decide_submission(None, bare, PERSON, OFFICER)) == "source_missing"

    submitted = event(review.decide_submission(None, replace(bare, source=source), PERSON, OFFICER))

    assert Name("source", "wzjxjy:88123:3") in submitted.names(SUBMIT.details)


def test_what_the_claimant_submits_is_never_approved_in_the_same_breath() -> None:
    own = review.RegisterClaim(submission=SUBMIT, ruling=RULING, year=2026)

    assert outcome(review.decide_registration(None, own, PERSON)) == "review_needed"


def test_a_row_is_registered_at_once_only_by_whoever_takes_its_only_step() -> None:
    organiser = actor("organiser", Scope(role="organiser", region="33"))
    row = replace(ROW, role="organiser")
    two_steps = review.RegisterClaim(submission=replace(ROW, steps=STEPS), ruling=RULING, year=2026)
    anothers = review.RegisterClaim(submission=row, ruling=RULING, year=2026)
    own = review.RegisterClaim(submission=replace(row, steps=("organiser",)), ruling=RULING, year=2026)

    assert outcome(review.decide_registration(None, two_steps, PERSON, OFFICER)) == "steps_remain"
    assert outcome(review.decide_registration(None, anothers, PERSON, organiser)) == "step_not_due"
    assert outcome(review.decide_registration(None, own, PERSON, organiser)) == "ClaimSubmitted+ClaimApproved"  # N 8


def test_a_ruling_of_no_hours_is_a_ruling() -> None:  # R 6: the fourth author's share is nothing.
    nothing = review.ApproveClaim(role=LAST_STEP, ruling=replace(RULING, assessed_centi=0), year=2026)

    assert outcome(review.decide_approval(ENDORSED, nothing, PERSON, OFFICER)) == "ClaimApproved"


def test_an_organiser_may_put_their_own_row_forward_but_not_register_it() -> None:  # D07
    organiser = replace(OFFICER, person=LI)

    assert outcome(review.decide_submission(None, ROW, PERSON, organiser)) == "ClaimSubmitted"


@pytest.mark.parametrize(("steps", "code"), [((), "steps_missing"), (("a", "b", "a"), "steps_repeated")])
def test_steps_that_nobody_could_walk_are_refused_when_submitting_and_revising(
    steps: tuple[str, ...], code: str
) -> None:
    revise = review.ReviseClaim(person=LI, study=STUDY, details=SUBMIT.details, steps=steps)

    assert outcome(review.decide_submission(None, replace(SUBMIT, steps=steps), PERSON)) == code
    assert outcome(review.decide_revision(STATES["returned"], revise, PERSON)) == code


def test_each_step_is_taken_by_its_own_role_in_order() -> None:
    endorse = review.EndorseClaim(role=LAST_STEP)
    approve = review.ApproveClaim(role=UNIT_STEP, ruling=RULING, year=2026)

    early = refusal(review.decide_endorsement(FRESH, endorse, PERSON, OFFICER))
    late = refusal(review.decide_approval(ENDORSED, approve, PERSON, CLERK))

    assert (early.code, early.seen) == ("step_not_due", {"due": UNIT_STEP, "role": LAST_STEP})
    assert (late.code, late.seen) == ("step_not_due", {"due": LAST_STEP, "role": UNIT_STEP})


def test_an_approval_before_the_last_step_is_told_which_steps_remain() -> None:
    approve = review.ApproveClaim(role=UNIT_STEP, ruling=RULING, year=2026)

    no = refusal(review.decide_approval(FRESH, approve, PERSON, CLERK))

    assert (no.code, no.seen) == ("steps_remain", {"steps": (LAST_STEP,)})


def test_whoever_endorsed_takes_no_further_step_under_any_account() -> None:  # D14
    steps = (UNIT_STEP, "county_reviewer", LAST_STEP)
    claim = replace(ENDORSED, steps=steps)
    further = Scope(role="county_reviewer", region="33")
    last = Scope(role=LAST_STEP, region="33")
    same_account = replace(CLERK, scopes=(further, last))
    same_person = actor("second_account", further, last, person=WANG)
    unknown = actor("unknown", further, last)

    endorse = review.EndorseClaim(role="county_reviewer")
    for by, code in ((same_account, "same_hand"), (same_person, "same_hand"), (unknown, "ClaimEndorsed")):
        assert outcome(review.decide_endorsement(claim, endorse, PERSON, by)) == code
    approve = review.ApproveClaim(role=LAST_STEP, ruling=RULING, year=2026)
    for by, code in ((same_account, "same_hand"), (same_person, "same_hand"), (unknown, "ClaimApproved")):
        assert outcome(review.decide_approval(ENDORSED, approve, PERSON, by)) == code


def test_two_accounts_of_unknown_people_are_not_taken_for_one_person() -> None:
    first, second = replace(CLERK, person=None), replace(OFFICER, person=None)
    claim = replace(FRESH, endorsed=(first.hand,))

    decision = review.decide_approval(
        claim, review.ApproveClaim(role=LAST_STEP, ruling=RULING, year=2026), PERSON, second
    )

    assert outcome(decision) == "ClaimApproved"


def test_a_returned_claim_starts_again_at_the_first_step() -> None:
    returned = event(review.decide_return(ENDORSED, review.ReturnClaim(role=LAST_STEP, words=WHY), PERSON, OFFICER))
    revise = review.ReviseClaim(person=LI, study=replace(STUDY, rank=3), details=SUBMIT.details, steps=STEPS)
    sent_back = evolve(ENDORSED, returned)

    again = evolve(sent_back, event(review.decide_revision(sent_back, revise, PERSON)))

    assert (again.step_due, again.endorsed, again.revision, again.study.rank) == (UNIT_STEP, (), 2, 3)
    assert not again.is_at_last_step


def test_what_nobody_has_endorsed_may_still_be_changed() -> None:
    revise = review.ReviseClaim(person=LI, study=STUDY, details=SUBMIT.details, steps=(LAST_STEP,))

    changed = evolve(FRESH, event(review.decide_revision(FRESH, revise, PERSON)))

    assert changed.step_due == LAST_STEP and changed.is_at_last_step


@pytest.mark.parametrize("words", ["", "  \n"])
def test_returning_and_refusing_say_why(words: str) -> None:
    back = review.decide_return(FRESH, review.ReturnClaim(role=UNIT_STEP, words=words), PERSON, CLERK)
    no = review.decide_refusal(FRESH, review.RefuseClaim(role=UNIT_STEP, words=words), PERSON, CLERK)

    assert (outcome(back), outcome(no)) == ("words_missing", "words_missing")


@pytest.mark.parametrize(
    "ruling",
    [
        replace(RULING, rulebook=None),
        replace(RULING, digest=None),
        replace(RULING, clauses=()),
        replace(RULING, assessed_centi=-1),
    ],
)
def test_a_ruling_names_the_rulebook_it_rests_on(ruling: Ruling) -> None:
    approve = review.ApproveClaim(role=LAST_STEP, ruling=ruling, year=2026)
    register = review.RegisterClaim(submission=ROW, ruling=ruling, year=2026)

    assert outcome(review.decide_approval(ENDORSED, approve, PERSON, OFFICER)) == "ruling_incomplete"
    assert outcome(review.decide_registration(None, register, PERSON, OFFICER)) == "ruling_incomplete"


def test_a_ruling_by_hand_needs_no_rulebook() -> None:
    by_hand = Ruling(assessed_centi=1200, status="manual")
    approve = review.ApproveClaim(role=LAST_STEP, ruling=by_hand, year=2026, opened_evidence=("a" * 64,))

    approved = event(review.decide_approval(ENDORSED, approve, PERSON, OFFICER))

    assert (approved.ruling, approved.opened_evidence) == (by_hand, ("a" * 64,))


def test_a_certificate_is_reserved_while_a_claim_holds_it_and_free_once_it_is_withdrawn_or_refused() -> None:
    submitted = event(review.decide_submission(None, SUBMIT, PERSON))
    withdrawn = event(review.decide_withdrawal(FRESH, review.WithdrawClaim(person=LI), PERSON))
    refused = event(
        review.decide_refusal(FRESH, review.RefuseClaim(role=UNIT_STEP, words=WHY), PERSON, CLERK)
    )

    assert isinstance(submitted, ClaimSubmitted)
    assert submitted.names(SUBMIT.details) == (Name("certificate", f"某刊:2026-0042:{LI}"),)
    assert withdrawn.freed() == refused.freed() == {"certificate"}


def test_a_pending_claim_stays_with_its_office_when_the_person_moves() -> None:  # AMB-28
    moved = replace(PERSON, affiliations=(AT_WORKS, replace(AT_WORKS, starts=date(2026, 5, 21), region="330304")))
    approve = review.ApproveClaim(role=LAST_STEP, ruling=RULING, year=2026)
    new_office = actor("wenzhou", Scope(role=LAST_STEP, region="3303"))

    assert outcome(review.decide_approval(ENDORSED, approve, moved, COLLEAGUE)) == "ClaimApproved"
    assert outcome(review.decide_approval(ENDORSED, approve, moved, new_office)) == "outside_scope"
