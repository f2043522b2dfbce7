"""Every version of a claim is kept between two positions, and the last one is what the ledger's own fold says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projection_kit import DETAILS, NINGBO, House, exam, living

from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from projections.entries_reading import read_each


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def test_a_claim_is_told_version_by_version(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"), steps=("unit", "sector_authority"))
    submitted = house.size
    house.on_claim(claim, review.decide_return, review.ReturnClaim(role="unit", words="缺页"))
    command = review.ReviseClaim(person=person, study=exam("2021-03-02", 2), details=DETAILS,
                                 steps=("sector_authority",))
    house.record(review.decide_revision(
        house.load(claim, claims.evolve), command, house.load(person, persons.evolve)))
    approved = house.approve(claim)
    versions = house.followed().claim(claim)

    assert [(one.status, one.revision) for one in versions] == [
        ("under_review", 1), ("returned", 1), ("under_review", 2), ("approved", 2)]
    assert [(one.from_position, one.to_position) for one in versions] == [
        (submitted, submitted + 1), (submitted + 1, submitted + 2), (submitted + 2, approved), (approved, None)]
    assert versions[-1].events == (submitted, submitted + 1, submitted + 2, approved)
    assert (versions[0].study.subjects, versions[-1].study.subjects) == (1, 2)
    assert versions[2].decision is None
    assert versions[3].decision is not None and versions[3].decision.assessed_centi == 1_200
    assert [one.status for one in house.answers.claim(claim, submitted + 1)] == ["under_review", "returned"]
    assert versions[0].submitted_on == "2026-01-01"


def test_what_was_endorsed_step_by_step_is_one_row_and_told_step_by_step(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.submit(person, exam("2021-03-01"), steps=("unit", "sector_authority"))
    submitted = house.size
    house.on_claim(claim, review.decide_endorsement, review.EndorseClaim(role="unit"), by=house.colleague)
    approved = house.approve(claim)
    answers = house.followed()

    entries, _ = answers.file("entries", None)
    assert entries.rows("SELECT since_position, from_position FROM claims", {}) == [(submitted, approved)]
    told = answers.claim(claim)
    assert [(one.status, one.endorsed, one.from_position, one.to_position, one.events) for one in told] == [
        ("under_review", 0, submitted, submitted + 1, (submitted,)),
        ("under_review", 1, submitted + 1, approved, (submitted, submitted + 1)),
        ("approved", 1, approved, None, (submitted, submitted + 1, approved))]
    assert [one.registered for one in told] == [None, None, approved]
    assert [one.decision is None for one in told] == [True, True, False]
    for at in range(submitted - 1, approved + 1):
        assert read_each(entries, [claim], at) == answers.claim(claim, at)[-1:]


def test_the_last_version_is_what_the_ledger_folds(house: House) -> None:
    """Claims led into every status that a claim can have."""
    person = house.person(unit=house.unit(NINGBO, "industry"))
    for life in ("submit", "return", "revise", "withdraw", "refuse", "approve", "correct", "freeze", "release",
                 "revoke", "reinstate"):
        claim = led_to(house, person, life)
        state = house.load(claim, claims.evolve)
        last = house.followed().claim(claim)[-1]

        assert (last.status, last.revision, last.study) == (state.status.value, state.revision, state.study), life
        assert last.endorsed == len(state.endorsed)
        assert (last.decision is None) == (state.ruling is None)
        if last.decision is not None:
            assert last.decision.year == state.year
            assert last.decision.assessed_centi == state.ruling.assessed_centi
            assert last.decision.digest == state.ruling.digest
            assert last.decision.clauses == state.ruling.clauses


def led_to(house: House, person: Any, life: str) -> Any:
    claim = house.submit(person, exam("2021-03-01"), steps=("unit", "sector_authority"))
    known = house.load(person, persons.evolve)
    house.on_claim(claim, review.decide_endorsement, review.EndorseClaim(role="unit"))
    if life in ("return", "revise"):
        house.on_claim(claim, review.decide_return, review.ReturnClaim(role="sector_authority", words="缺页"))
    if life == "revise":
        command = review.ReviseClaim(person=person, study=exam("2021-03-02"), details=DETAILS, steps=("unit",))
        house.record(review.decide_revision(house.load(claim, claims.evolve), command, known))
    if life == "withdraw":
        house.record(review.decide_withdrawal(
            house.load(claim, claims.evolve), review.WithdrawClaim(person=person), known))
    if life == "refuse":
        house.on_claim(claim, review.decide_refusal, review.RefuseClaim(role="sector_authority", words="不实"))
    if life in ("approve", "correct", "freeze", "release", "revoke", "reinstate"):
        ruling = house.ruling(person, exam("2021-03-01"))
        house.on_claim(claim, review.decide_approval, review.ApproveClaim(
            role="sector_authority", ruling=ruling, year=2021), by=house.colleague)
    if life == "correct":
        house.correct(claim, exam("2021-03-01", 4), year=2022)
    if life in ("freeze", "release"):
        house.freeze(claim)
    if life == "release":
        house.on_claim(claim, register.decide_release, register.ReleaseClaim(role="sector_authority"))
    if life in ("revoke", "reinstate"):
        house.revoke(claim)
    if life == "reinstate":
        house.reinstate(claim)
    return claim


def test_an_unknown_claim_has_no_version(house: House) -> None:
    assert house.followed().claim("clm_none") == []


def test_dates_of_submission_are_local_dates(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.clock.on("2026-03-01")
    house.clock.ns += 13 * 3_600 * 10**9  # Noon and thirteen hours: in UTC it is still the first of March.
    claim = house.submit(person, exam("2021-03-01"))

    assert house.followed().claim(claim)[0].submitted_on == "2026-03-02"
