"""When something happened, by its own words, beside when it was recorded."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from ledger.events.base import Event
from ledger.events.catalogue import CURRENT
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.person import PersonLeft
from ledger.events.study import Ruling, Study
from ledger.vocabulary import Category, ClaimId, PersonId, UnitId
from projections.happened import DAYS, happened_on

CLAIM, PERSON, UNIT = ClaimId("clm_1"), PersonId("per_1"), UnitId("unt_1")


def test_a_study_happened_on_the_date_of_its_evidence_however_late_it_is_told() -> None:
    study = Study(category=Category.PROFESSIONAL, route="paper", evidence_on=date(2019, 5, 3))
    told = ClaimSubmitted(claim=CLAIM, person=PERSON, unit=UNIT, region="330203", sector="industry", study=study,
                          steps=("unit",))

    assert happened_on(told) == date(2019, 5, 3)
    assert happened_on(PersonLeft(person=PERSON, unit=UNIT, ends=date(2020, 6, 30))) == date(2020, 6, 30)


def test_a_decision_happens_where_it_is_recorded() -> None:
    ruling = Ruling(assessed_centi=800, status="ruled")

    assert happened_on(ClaimApproved(claim=CLAIM, person=PERSON, step="unit", ruling=ruling)) is None


@pytest.mark.parametrize("kind", DAYS)
def test_each_day_stands_where_it_is_said_to(kind: type[Event]) -> None:
    assert kind in CURRENT.values()
    at: object = kind
    for name in DAYS[kind].split("."):
        fields = {field.name: field.type for field in msgspec.structs.fields(at)}  # type: ignore[arg-type]
        at = fields[name]
    assert at in (date, date | None) or getattr(at, "__origin__", None) in (date, date | None), at
