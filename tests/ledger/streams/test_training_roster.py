"""A row of a roster says of its class what the class says of itself, and nobody registers themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from stream_cast import DAY, LI, PERSON, RULING, drafts, events, outcome, refusal
from training_cast import ACCEPTED, CLASS, HELD, LIST, REGISTERING, SECTOR, SECTORS, TEACHER

from ledger.events.actor import Scope
from ledger.events.study import Evidence, StudyDetails
from ledger.streams.training_roster import RegisterRow, decide_row, study_of
from ledger.vocabulary import ClaimId

ROW = RegisterRow(claim=ClaimId("clm_row"), person=LI, on=DAY, role=SECTOR, days_half=8, ruling=RULING, year=2026)


def row(held: Any = REGISTERING, person: Any = PERSON, by: Any = SECTORS, **change: Any) -> Any:
    return decide_row(held, None, replace(ROW, **change), person, by)


def test_a_row_is_submitted_and_approved_with_the_facts_of_the_class_as_it_was_held() -> None:
    submitted, approved = events(row())
    study = submitted.study

    assert (submitted.origin, submitted.steps, approved.step) == ("batch", (SECTOR,), SECTOR)
    assert (study.route, study.category, study.days_half) == ("filed_training", "professional", 8)
    assert (study.starts, study.ends, study.evidence_on) == (date(2026, 5, 11), date(2026, 5, 14), date(2026, 5, 14))
    assert (study.filing, study.filed_on, study.training_class) == ("甬备2026-7", date(2026, 3, 1), CLASS)
    assert study.organiser == "甬江机械厂"
    assert study == study_of(REGISTERING, 8), "what a ruling was asked on is what is registered"
    assert submitted.evidence == (Evidence(kind="roster", sha256=LIST),)


def test_whoever_stands_on_two_rosters_of_a_class_names_one_occasion() -> None:
    """E 10, AMB-30: of entries with one occasion the law keeps one."""
    one, two = (events(row(claim=ClaimId(name)))[0].study.occasion for name in ("clm_a", "clm_b"))

    assert one == two == CLASS


def test_a_card_number_is_sealed_with_the_row_and_reserved_for_its_person_and_of_its_organiser() -> None:
    submitted = drafts(row(card_number="2026-017"))[0]

    assert submitted.sealed == StudyDetails(
        title="智能制造高研班", certificate_issuer="甬江机械厂", certificate_number="2026-017")
    assert [name.kind for name in submitted.event.names(submitted.sealed)] == ["certificate", "roster_card"]
    assert drafts(row())[0].sealed == StudyDetails(title="智能制造高研班")


@pytest.mark.parametrize(("change", "code"), [
    ({"held": None}, "class_absent"),
    ({"held": ACCEPTED}, "roster_not_open"),
    ({"held": HELD}, "roster_not_open"),
    ({"by": replace(SECTORS, actor=TEACHER.actor)}, "same_hand"),
    ({"by": replace(SECTORS, person=LI)}, "own_claim"),
    ({"by": replace(SECTORS, scopes=(Scope(role=SECTOR, region="3303"),))}, "outside_scope"),
    ({"days_half": 9}, "attendance_unfit"),
    ({"days_half": 0}, "attendance_unfit"),
    ({"person": None}, "person_absent"),
    ({"person": replace(PERSON, affiliations=())}, "not_affiliated"),
    ({"person": replace(PERSON, is_restricted=True)}, "person_restricted"),
    ({"ruling": replace(RULING, clauses=())}, "ruling_incomplete"),
])
def test_a_row_is_refused_by_name(change: dict[str, Any], code: str) -> None:
    assert refusal(row(**change)).code == code


def test_an_organiser_registers_its_own_participants_where_its_role_reaches_them() -> None:
    """N 8; but not by the hand that said who was there."""
    registrar = replace(TEACHER, actor=SECTORS.actor, person=SECTORS.person,
                        scopes=(Scope(role="recognised_organiser", region="3302"),))

    assert outcome(row(by=registrar, role="recognised_organiser")) == "ClaimSubmitted+ClaimApproved"
