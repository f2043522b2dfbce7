"""Everything that happened to one record, to whoever may look at the record."""

from __future__ import annotations

import pytest

from api.cases.log import threads
from api.cases.log.threads import Thread
from api.operational.callers import Caller
from ledger.errors import Refusal
from tests.api.house_kit import BODY, Someone, Town, study


@pytest.fixture(scope="module")
def clerk(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def li(town: Town, works: BODY) -> Someone:
    person = town.person("李明")
    town.belongs(person, works, "2020-01-01")
    return person


def told(town: Town, someone: Someone, record: str, purpose: str | None = None, as_of: int | None = None) -> str:
    """The kinds of what is told, or why nothing is."""
    house, kind = town.house, "person" if someone.id.startswith("per_") else "actor"
    house.settled()
    caller = Caller("nobody") if not someone.id else Caller(kind, someone.id)  # type: ignore[arg-type]
    found = threads.of_record(house, caller, record, purpose, as_of=as_of or house.ledger.store.size())
    return found.code if isinstance(found, Refusal) else " ".join(one["what"] for one in found.lines)


def test_a_claim_is_told_to_its_claimant_and_to_an_office_for_a_purpose(
    town: Town, li: Someone, clerk: Someone
) -> None:
    made = li.submit(study())
    clerk.act(made, "approval", {})
    claim = made["claim"]

    assert told(town, li, claim) == told(town, clerk, claim, "appeal") == "claim.submitted claim.approved"
    assert told(town, li, claim, as_of=made["events"][-1]) == "claim.submitted"
    assert told(town, clerk, claim) == "purpose_missing"
    assert told(town, town.person("别人"), claim) == "claim_absent"
    assert told(town, town.nobody, claim) == "login_required"
    found = threads.of_record(town.house, Caller("person", li.id), claim, None, as_of=town.house.ledger.store.size())
    assert isinstance(found, Thread) and found.person == li.id


def test_a_unit_stands_open_to_everyone_who_is_logged_in(town: Town, li: Someone, works: BODY) -> None:
    assert told(town, li, works["unit"]) == "unit.registered unit.verified"
    assert told(town, town.nobody, works["unit"]) == "login_required"
    assert told(town, li, works["unit"], as_of=1) == "unit_absent", "as of then there was none"


def test_a_record_that_is_not_there_is_said_in_its_own_words(town: Town, li: Someone) -> None:
    for record, code in (("unt_", "unit_absent"), ("pln_", "plan_absent"), ("cls_", "class_absent"),
                         ("trf_", "transfer_absent"), ("stm_", "statement_absent")):
        assert told(town, li, record + "0" * 22) == code
