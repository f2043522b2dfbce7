"""A registered claim: what may follow, who may do it, and what stays as it was decided."""

from __future__ import annotations

import pytest
from claim_cast import APPROVED, PAPERS, STATES
from msgspec.structs import replace
from stream_cast import (
    CLAIM,
    COLLEAGUE,
    DETAILS,
    LAST_STEP,
    LI,
    OFFICER,
    PERSON,
    RULING,
    STUDY,
    WHY,
    actor,
    drafts,
    event,
    outcome,
    refusal,
)

from ledger.events.base import Words
from ledger.events.claim import ClaimCorrected
from ledger.streams import claim_register as register
from ledger.streams.claim import Status, evolve

CORRECT = register.CorrectClaim(
    role=LAST_STEP,
    study=replace(STUDY, rank=2),
    details=DETAILS,
    ruling=replace(RULING, assessed_centi=640),
    year=2026,
)


def test_a_correction_brings_new_facts_and_their_new_ruling() -> None:
    corrected = evolve(APPROVED, event(register.decide_correction(APPROVED, CORRECT, PERSON, OFFICER)))

    assert (corrected.study.rank, corrected.revision, corrected.year) == (2, 2, 2026)
    assert corrected.ruling is not None and corrected.ruling.assessed_centi == 640
    assert corrected.is_registered


def test_a_correction_that_shows_no_paper_leaves_those_that_were_shown() -> None:
    kept = event(register.decide_correction(APPROVED, CORRECT, PERSON, OFFICER))
    new = (replace(PAPERS[0], sha256="9" * 64),)
    shown = event(register.decide_correction(APPROVED, replace(CORRECT, evidence=new), PERSON, OFFICER))

    assert kept.evidence == evolve(APPROVED, kept).evidence == PAPERS
    assert evolve(APPROVED, replace(kept, evidence=())).evidence == PAPERS, "as it was recorded once"
    assert evolve(APPROVED, shown).evidence == new


def test_the_year_is_locked_unless_the_correction_says_why() -> None:  # E 10
    moved = replace(CORRECT, year=2025)

    no = refusal(register.decide_correction(APPROVED, moved, PERSON, OFFICER))
    why = event(register.decide_correction(APPROVED, replace(moved, year_because="evidence_misdated"), PERSON, OFFICER))

    assert (no.code, no.seen) == ("year_locked", {"year": 2026, "wanted": 2025})
    assert why.year_because == "evidence_misdated"
    assert evolve(APPROVED, why).year == 2025


UPHOLD = register.UpholdClaim(
    role=LAST_STEP, decided_centi=2_400, evaluated_centi=1_800, against=replace(RULING, assessed_centi=1_800), as_of=41,
    words=WHY,
)


def test_what_was_decided_is_upheld_with_the_numbers_that_were_seen_and_changes_none() -> None:
    (draft,) = drafts(register.decide_upholding(APPROVED, UPHOLD, PERSON, OFFICER))
    upheld = evolve(APPROVED, draft.event)

    assert (upheld.ruling, upheld.year, upheld.status) == (APPROVED.ruling, APPROVED.year, APPROVED.status)
    assert upheld.upheld == draft.event
    assert (draft.event.decided_centi, draft.event.evaluated_centi, draft.event.as_of) == (2_400, 1_800, 41)
    assert draft.event.hand == OFFICER.hand
    assert draft.sealed == Words(words=WHY)


def test_the_same_difference_is_upheld_once_and_another_one_again() -> None:
    upheld = evolve(APPROVED, event(register.decide_upholding(APPROVED, UPHOLD, PERSON, OFFICER)))
    moved = replace(UPHOLD, evaluated_centi=1_200)

    assert outcome(register.decide_upholding(upheld, replace(UPHOLD, as_of=50), PERSON, OFFICER)) == "already_upheld"
    assert outcome(register.decide_upholding(upheld, moved, PERSON, OFFICER)) == "ClaimUpheld"


def test_after_a_correction_nothing_is_upheld_any_more() -> None:
    upheld = evolve(APPROVED, event(register.decide_upholding(APPROVED, UPHOLD, PERSON, OFFICER)))
    corrected = evolve(upheld, event(register.decide_correction(upheld, CORRECT, PERSON, OFFICER)))

    assert corrected.upheld is None
    assert outcome(register.decide_upholding(corrected, UPHOLD, PERSON, OFFICER)) == "ClaimUpheld"


def test_nothing_is_upheld_without_a_reason() -> None:
    assert outcome(register.decide_upholding(APPROVED, replace(UPHOLD, words=" "), PERSON, OFFICER)) == "words_missing"


def test_a_reason_for_moving_a_year_that_stays_is_not_recorded() -> None:
    idle = replace(CORRECT, year_because="evidence_misdated")

    assert event(register.decide_correction(APPROVED, idle, PERSON, OFFICER)).year_because is None


def test_an_imported_claim_without_a_year_may_be_given_one() -> None:
    without = replace(APPROVED, year=None)

    assert evolve(without, event(register.decide_correction(without, CORRECT, PERSON, OFFICER))).year == 2026


def test_a_recorded_correction_that_names_no_year_leaves_the_year() -> None:
    silent = ClaimCorrected(claim=CLAIM, person=LI, study=STUDY, ruling=RULING)

    assert evolve(APPROVED, silent).year == 2026


def test_a_correction_needs_a_sound_ruling() -> None:
    unsound = replace(CORRECT, ruling=replace(RULING, digest=None))

    assert outcome(register.decide_correction(APPROVED, unsound, PERSON, OFFICER)) == "ruling_incomplete"


def test_freezing_and_releasing_leave_everything_else_as_it_was() -> None:
    freeze = register.FreezeClaim(role=LAST_STEP, words=WHY, case="cas_1")
    release = register.ReleaseClaim(role=LAST_STEP, case="cas_1")

    frozen = evolve(APPROVED, event(register.decide_freeze(APPROVED, freeze, PERSON, OFFICER)))
    released = evolve(frozen, event(register.decide_release(frozen, release, PERSON, OFFICER)))

    assert frozen == replace(APPROVED, status=Status.FROZEN)
    assert released == APPROVED


def test_revoking_ends_a_hold_so_that_reinstating_brings_none_back() -> None:
    revoke = register.RevokeClaim(role=LAST_STEP, basis="第十条", words=WHY)
    reinstate = register.ReinstateClaim(role=LAST_STEP, basis="复核", words=WHY)
    frozen = replace(APPROVED, status=Status.FROZEN)

    revoked = evolve(frozen, event(register.decide_revocation(frozen, revoke, PERSON, OFFICER)))
    back = evolve(revoked, event(register.decide_reinstatement(revoked, reinstate, PERSON, COLLEAGUE)))

    assert not revoked.is_registered
    assert revoked.revoked_by == OFFICER.hand
    assert back == APPROVED


def test_whoever_revoked_does_not_reinstate_under_any_account() -> None:  # D14
    reinstate = register.ReinstateClaim(role=LAST_STEP, basis="复核", words=WHY)
    revoked = replace(STATES["revoked"], revoked_by=OFFICER.hand)
    second_account = actor("second", *COLLEAGUE.scopes, person=OFFICER.person)

    assert outcome(register.decide_reinstatement(revoked, reinstate, PERSON, OFFICER)) == "same_hand"
    assert outcome(register.decide_reinstatement(revoked, reinstate, PERSON, second_account)) == "same_hand"
    assert outcome(register.decide_reinstatement(revoked, reinstate, PERSON, COLLEAGUE)) == "ClaimReinstated"


def test_a_revoked_certificate_stays_reserved() -> None:
    revoke = register.RevokeClaim(role=LAST_STEP, basis="第十条", words=WHY)

    assert event(register.decide_revocation(APPROVED, revoke, PERSON, OFFICER)).freed() == frozenset()


@pytest.mark.parametrize("words", ["", " \t"])
def test_freezing_revoking_and_reinstating_say_why(words: str) -> None:
    freeze = register.FreezeClaim(role=LAST_STEP, words=words)
    revoke = register.RevokeClaim(role=LAST_STEP, basis="第十条", words=words)
    reinstate = register.ReinstateClaim(role=LAST_STEP, basis="复核", words=words)

    assert outcome(register.decide_freeze(APPROVED, freeze, PERSON, OFFICER)) == "words_missing"
    assert outcome(register.decide_revocation(APPROVED, revoke, PERSON, OFFICER)) == "words_missing"
    assert outcome(register.decide_reinstatement(STATES["revoked"], reinstate, PERSON, OFFICER)) == "words_missing"


def test_a_release_may_go_without_words_and_seals_them_when_they_come() -> None:
    silent = register.decide_release(STATES["frozen"], register.ReleaseClaim(role=LAST_STEP), PERSON, OFFICER)
    spoken = register.decide_release(
        STATES["frozen"], register.ReleaseClaim(role=LAST_STEP, words=" 查无实据 "), PERSON, OFFICER
    )

    assert isinstance(silent, tuple) and silent[0].sealed is None
    assert isinstance(spoken, tuple) and spoken[0].sealed == Words(words="查无实据")
