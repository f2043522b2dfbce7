"""Unit transfers: the person asks, the receiving unit answers, and an affiliation stands from the day on."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town


def asked(person: Someone, unit: BODY, **more: object) -> BODY:
    return person.did(f"/v1/persons/{person.id}/transfers", {"to_unit": unit["unit"], "starts": "2026-01-01", **more})


def test_a_confirmed_transfer_becomes_an_affiliation_whose_day_the_unit_may_put_right(town: Town, works: BODY) -> None:
    person, clerk = town.person(), town.officer(works, "unit", "330203", unit=works["unit"])
    transfer = asked(person, works)

    done = clerk.did(f"/v1/transfers/{transfer['transfer']}/confirmation", {"starts": "2026-02-01"}, version=1)

    assert (done["status"], done["starts"], len(done["events"])) == ("confirmed", "2026-02-01", 2)
    (one,) = person.saw(f"/v1/persons/{person.id}")["affiliations"]
    assert (one["unit"], one["from"], one["to"], one["region"]) == (works["unit"], "2026-02-01", None, "330203")


def test_a_refused_transfer_is_told_why_and_can_be_asked_for_anew(town: Town, works: BODY) -> None:
    person, clerk = town.person(), town.officer(works, "unit", "330203", unit=works["unit"])
    transfer = asked(person, works)
    second = person.post(f"/v1/persons/{person.id}/transfers", {"to_unit": works["unit"], "starts": "2026-03-01"})
    assert (second.status_code, second.get_json()["code"]) == (409, "transfer_open")
    assert second.get_json()["seen"]["transfer"] == transfer["transfer"]

    clerk.did(f"/v1/transfers/{transfer['transfer']}/refusal", {"words": "查无此人"}, version=1)

    assert person.saw(f"/v1/transfers/{transfer['transfer']}")["status"] == "refused"
    asked(person, works)


def test_only_the_receiving_unit_answers_and_only_the_person_withdraws(town: Town, works: BODY) -> None:
    person, other = town.person(), town.person()
    elsewhere = town.unit("别处", "330203", "industry")
    stranger = town.officer(elsewhere, "unit", "330203", unit=elsewhere["unit"])
    path = f"/v1/transfers/{asked(person, works)['transfer']}"

    assert stranger.post(f"{path}/confirmation", {}, version=1).get_json()["code"] == "transfer_absent"
    assert other.post(f"{path}/withdrawal", version=1).get_json()["code"] == "transfer_absent"
    assert other.get(path).status_code == 404
    assert person.did(f"{path}/withdrawal", version=1)["status"] == "withdrawn"


def test_nobody_belongs_to_a_unit_that_no_office_has_seen(town: Town) -> None:
    person = town.person()
    made = town.nobody.did("/v1/units", {
        "credit_code": "52330100MJ87123436", "name": "某会", "region": "330203", "sector": "industry",
        "contact": {"name": "某人"}})

    answer = person.post(f"/v1/persons/{person.id}/transfers", {"to_unit": made["unit"], "starts": "2026-01-01"})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "unit_not_verified")


@pytest.mark.parametrize("field", ["major", "standing"])
def test_a_major_or_standing_that_no_rulebook_names_would_decide_in_silence_and_is_refused(
    town: Town, field: str
) -> None:
    unit, person = town.unit("某队", "330402", "natural_resources"), town.person()
    body = {"to_unit": unit["unit"], "starts": "2026-01-01", field: "nonsense"}

    answer = person.post(f"/v1/persons/{person.id}/transfers", body)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [f"/{field}"]
