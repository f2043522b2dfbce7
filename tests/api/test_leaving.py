"""Somebody retires, leaves, or was entered with a name, a number or a unit that was never theirs."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town, resident_id, study


@pytest.fixture
def office(town: Town) -> Someone:
    return town.officer(town.unit("宁波人社局", "330200", "general"), "human_resources", "3302")


def belongs(person: Someone) -> list[tuple[str, str | None]]:
    return [(one["from"], one["to"]) for one in person.saw(f"/v1/persons/{person.id}")["affiliations"]]


def test_a_unit_enters_a_retirement_and_from_the_next_day_on_nothing_more_is_put_forward(
    town: Town, works: BODY
) -> None:
    person, clerk = town.person(), town.officer(works, "unit", "330203", unit=works["unit"])
    town.belongs(person, works, "2024-01-01")

    done = clerk.did(f"/v1/persons/{person.id}/departures", {"ends": "2026-03-31"})

    assert done["affiliations"][0]["to"] == "2026-03-31"
    assert belongs(person) == [("2024-01-01", "2026-03-31")]
    late = person.post("/v1/claims", person.claim(study(date="2026-04-01")))
    assert late.get_json()["code"] == "not_affiliated", late.get_data(as_text=True)
    members = clerk.saw(f"/v1/units/{works['unit']}/members", on="2026-04-01", purpose="annual_review")
    assert [one for one in members["items"] if one["person"] == person.id] == []


def test_a_last_day_that_was_none_is_struck_out_by_human_resources(
    town: Town, works: BODY, office: Someone
) -> None:
    person = town.person()
    town.belongs(person, works, "2024-01-01")
    office.did(f"/v1/persons/{person.id}/departures", {"ends": "2026-03-31"})
    twice = office.post(f"/v1/persons/{person.id}/departures", {"ends": "2026-03-30"})
    other = office.post(f"/v1/persons/{person.id}/departure-voidings", {"ends": "2026-03-30"})

    office.did(f"/v1/persons/{person.id}/departure-voidings", {"ends": "2026-03-31"})

    assert (twice.get_json()["code"], other.get_json()["code"]) == ("departure_exists", "departure_absent")
    assert belongs(person) == [("2024-01-01", None)]


def test_a_unit_that_was_never_theirs_is_struck_out_and_the_one_before_goes_on(
    town: Town, works: BODY, office: Someone
) -> None:
    person, wrong = town.person(), town.unit("同名的另一厂", "330205", "industry")
    town.belongs(person, works, "2024-01-01")
    town.belongs(person, wrong, "2026-02-01")
    clerk = town.officer(wrong, "unit", "330205", unit=wrong["unit"])
    path = f"/v1/persons/{person.id}/affiliation-voidings"

    assert clerk.post(path, {"starts": "2026-02-01"}).get_json()["code"] == "role_not_held"
    office.did(path, {"starts": "2026-02-01"})

    assert belongs(person) == [("2024-01-01", None)]
    assert office.post(path, {"starts": "2026-02-01"}).get_json()["code"] == "affiliation_absent"


def test_a_unit_enters_nobodys_last_day_but_its_own_peoples_and_nobody_their_own(town: Town, works: BODY) -> None:
    person, beside = town.person(), town.unit("旁边的厂", "330203", "industry")
    town.belongs(person, works, "2024-01-01")
    other = town.officer(beside, "unit", "330203", unit=beside["unit"])
    oneself = town.officer(works, "unit", "330203", unit=works["unit"], person=person.id)
    path, body = f"/v1/persons/{person.id}/departures", {"ends": "2026-03-31"}

    assert other.post(path, body).get_json()["code"] == "person_absent"
    assert oneself.post(path, body).get_json()["code"] == "own_record"
    assert person.post(path, body).get_json()["code"] == "official_needed"


def test_a_wrong_name_and_number_are_put_right_and_the_number_is_free_for_its_holder(
    town: Town, works: BODY, office: Someone
) -> None:
    person, right = town.person("李名"), resident_id(4_711)
    town.belongs(person, works, "2024-01-01")
    path = f"/v1/persons/{person.id}/corrections"
    before = person.saw(f"/v1/persons/{person.id}")["identity"]

    office.did(path, {"name": "李明远", "id_number": right, "words": "与身份证不符"})

    after = person.saw(f"/v1/persons/{person.id}")["identity"]
    assert (before["name"], after["name"]) == ("李*", "李*远") and before["id_number"] != after["id_number"]
    taken = town.person("另一人")
    town.belongs(taken, works, "2024-01-01")
    held = office.post(f"/v1/persons/{taken.id}/corrections", {"id_number": right, "words": "号码写错"})
    assert held.status_code == 409 and held.get_json()["seen"] == {"kind": "id_number"}
    same = office.post(path, {"name": "李明远", "words": "再更正"})
    assert same.get_json()["code"] == "nothing_changed"
    assert person.post(path, {"name": "李", "words": "自己改"}).get_json()["code"] == "official_needed"
