"""A unit is renamed, goes up in another, or ceases to exist; its people go on by themselves."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town, credit_code, study


@pytest.fixture
def office(town: Town) -> Someone:
    return town.officer(town.unit("杭州市人社局", "330100", "general"), "human_resources", "3301")


def works(town: Town, name: str) -> BODY:
    return town.unit(name, "330106", "industry")


def test_a_renamed_unit_keeps_its_code_and_its_people(town: Town, office: Someone) -> None:
    unit, person = works(town, "环境保护监测站"), town.person()
    town.belongs(person, unit, "2024-01-01")
    path = f"/v1/units/{unit['unit']}"

    done = office.did(f"{path}/renaming", {"name": "生态环境监测中心", "starts": "2026-03-01"}, version=2)

    assert (done["name"], done["credit_code"], done["status"]) == ("生态环境监测中心", unit["credit_code"], "verified")
    (one,) = person.saw(f"/v1/persons/{person.id}")["affiliations"]
    assert (one["unit"], one["to"]) == (unit["unit"], None)
    again = office.post(f"{path}/renaming", {"name": "又一个名字", "starts": "2026-02-01"}, version=3)
    assert again.get_json()["code"] == "date_out_of_order"


def test_a_unit_goes_up_in_another_that_is_named_by_its_code_and_takes_nobody_any_more(
    town: Town, office: Someone
) -> None:
    old, new, person = works(town, "老厂"), works(town, "新厂"), town.person()
    town.belongs(person, old, "2024-01-01")

    body = {"into": new["credit_code"], "starts": "2026-03-01"}
    done = office.did(f"/v1/units/{old['unit']}/merger", body, version=2)

    assert (done["status"], done["into"], done["ended_on"]) == ("merged", new["unit"], "2026-03-01")
    late = town.person()
    body = {"to_unit": old["unit"], "starts": "2026-04-01"}
    assert late.post(f"/v1/persons/{late.id}/transfers", body).get_json()["code"] == "unit_merged"
    town.belongs(person, new, "2026-03-01")
    assert [(one["unit"], one["to"]) for one in person.saw(f"/v1/persons/{person.id}")["affiliations"]] == [
        (old["unit"], "2026-02-28"), (new["unit"], None)]


def test_a_closed_unit_takes_nobody_and_what_it_registered_stays(town: Town, office: Someone) -> None:
    unit, person = works(town, "停办的厂"), town.person()
    town.belongs(person, unit, "2024-01-01")
    claim = person.submit(study(route="exam", subjects=1, date="2026-02-01"))

    done = office.did(f"/v1/units/{unit['unit']}/closing", {"ends": "2026-03-01"}, version=2)

    assert (done["status"], done["ended_on"]) == ("closed", "2026-03-01")
    assert person.saw(f"/v1/claims/{claim['claim']}")["status"] == "under_review"
    body = {"to_unit": unit["unit"], "starts": "2026-04-01"}
    late = town.person()
    assert late.post(f"/v1/persons/{late.id}/transfers", body).get_json()["code"] == "unit_closed"
    twice = office.post(f"/v1/units/{unit['unit']}/closing", {"ends": "2026-03-02"}, version=3)
    assert twice.get_json()["code"] == "unit_closed"


@pytest.mark.parametrize(("act", "body", "pointer"), [
    ("renaming", {"name": "新名", "starts": "2999-01-01"}, "/starts"),
    ("merger", {"into": "unt_0000000000000000000000", "starts": "2999-01-01"}, "/starts"),
    ("closing", {"ends": "2999-01-01"}, "/ends"),
    ("merger", {"into": "甲厂", "starts": "2026-01-01"}, "/into"),
    ("merger", {"into": credit_code(8_123), "starts": "2026-01-01"}, "/into"),
])
def test_what_has_not_come_yet_or_is_not_there_is_told_of_its_field(
    town: Town, office: Someone, act: str, body: BODY, pointer: str
) -> None:
    unit = works(town, "某厂")

    answer = office.post(f"/v1/units/{unit['unit']}/{act}", body, version=2)

    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_only_human_resources_of_the_place_change_a_unit(town: Town) -> None:
    unit = works(town, "某厂")
    far = town.officer(town.unit("他市人社局", "330200", "general"), "human_resources", "3302")
    clerk = town.officer(unit, "unit", "330106", unit=unit["unit"])
    path, body = f"/v1/units/{unit['unit']}/closing", {"ends": "2026-03-01"}

    assert far.post(path, body, version=2).get_json()["code"] == "outside_scope"
    assert clerk.post(path, body, version=2).get_json()["code"] == "role_not_held"
    assert town.nobody.post(path, body, version=2).get_json()["code"] == "login_required"


def test_nobody_ends_the_office_that_they_act_for(town: Town) -> None:
    bureau = town.unit("湖州市人社局", "330500", "general")
    officer = town.officer(bureau, "human_resources", "3305")
    path = f"/v1/units/{bureau['unit']}"

    assert officer.post(f"{path}/closing", {"ends": "2026-03-01"}, version=2).get_json()["code"] == "own_unit"
    renamed = {"name": "湖州市人力资源和社会保障局", "starts": "2026-03-01"}
    assert officer.did(f"{path}/renaming", renamed, version=2)["name"] == renamed["name"]
