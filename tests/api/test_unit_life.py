"""A unit is renamed, goes up in another, or ceases to exist; its people go on by themselves."""

from __future__ import annotations

import pytest

from api.cases.belonging import unit_life
from api.cases.doing import Reading
from tests.api.house_kit import BODY, Someone, Town, credit_code, in_the_instant, study


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


def test_a_unit_that_moves_takes_its_people_along_and_leaves_what_waits_where_it_was(
    town: Town, office: Someone
) -> None:
    """P 13: by 人事隶属; AMB-28: what waits stays with the hands that have it."""
    unit, (li, wang, gone) = works(town, "迁址的厂"), (town.person() for _ in range(3))
    for one in (li, wang, gone):
        town.belongs(one, unit, "2024-01-01")
    office.did(f"/v1/persons/{gone.id}/departures", {"ends": "2026-02-28"})
    waiting = li.submit(study(route="exam", subjects=1, date="2026-02-01"))
    path, body = f"/v1/units/{unit['unit']}", {"region": "330302", "sector": "industry", "starts": "2026-03-01"}

    would = office.post(f"{path}/relocation", body, version=2, dry_run="true").get_json()["would"]
    assert would["effects"] == {"accounts": 3, "recognised": 0, "people": 2, "left": 0, "claims_waiting": 1,
                                "claims_registered": 0, "applications_waiting": 0}
    assert town.nobody.saw(path)["region"] == "330106", "a trial writes nothing"
    done = office.did(f"{path}/relocation", body, version=2)

    assert (done["region"], done["sector"]) == ("330302", "industry")
    for one in (li, wang):
        assert [(each["from"], each["to"], each["region"]) for each in
                one.saw(f"/v1/persons/{one.id}")["affiliations"]] == [
            ("2024-01-01", "2026-02-28", "330106"), ("2026-03-01", None, "330302")]
    assert [each["region"] for each in gone.saw(f"/v1/persons/{gone.id}")["affiliations"]] == ["330106"]
    assert li.saw(f"/v1/claims/{waiting['claim']}")["region"] == "330106"
    assert li.submit(study(route="exam", subjects=1, date="2026-03-05"), title="在新址学的")["region"] == "330302"
    assert office.post(f"{path}/relocation", body, version=3).get_json()["code"] == "outside_scope", "it is elsewhere"


def test_whoever_acts_for_a_unit_acts_for_it_in_its_new_place_too_and_a_recognition_stays_behind(
    town: Town, office: Someone
) -> None:
    """W 5 and R 8 have departments allotted by the office above; an account for one unit goes where that goes."""
    unit, person = works(town, "迁往宁波的厂"), town.person()
    clerk = town.officer(unit, "unit", "330106", unit=unit["unit"])
    base = town.officer(unit, "recognised_organiser", "3301", unit=unit["unit"])
    town.belongs(person, unit, "2024-01-01")
    waiting = person.submit(study(date="2026-02-01"))
    path, body = f"/v1/units/{unit['unit']}", {"region": "330203", "sector": "industry", "starts": "2026-03-01"}

    would = office.post(f"{path}/relocation", body, version=2, dry_run="true").get_json()["would"]["effects"]
    assert (would["accounts"], would["recognised"]) == (2, 1), "the clerk, and who took the person in"
    office.did(f"{path}/relocation", body, version=2)

    claim = person.submit(study(date="2026-03-05"), title="在新址学的")
    assert claim["claim"] in [one["id"] for one in clerk.saw("/v1/work")["items"]], "N 8: the employer registers"
    assert clerk.act(claim, "approval", {})["status"] == "approved"
    assert person.saw(f"/v1/claims/{waiting['claim']}")["region"] == "330106"
    kept = Reading(town.house.ledger).actor(base.id)
    assert kept is not None and [one.region for one in kept.scopes] == ["3301"]


def test_of_very_many_some_go_before_their_unit_and_none_twice(
    town: Town, office: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_life, "ALONG_MOST", 2)
    unit, crowd = works(town, "人多的厂"), [town.person() for _ in range(4)]
    for one in crowd:
        town.belongs(one, unit, "2024-01-01")
    body = {"region": "330108", "sector": "industry", "starts": "2026-03-01"}
    before = town.house.ledger.store.size()

    stale = office.post(f"/v1/units/{unit['unit']}/relocation", body, version=1)
    assert (stale.get_json()["code"], town.house.ledger.store.size()) == ("stale_version", before)
    done = office.did(f"/v1/units/{unit['unit']}/relocation", body, version=2)

    assert (done["region"], town.house.ledger.store.size() - before) == ("330108", 9), "whoever took each in, too"
    assert {one.saw(f"/v1/persons/{one.id}")["affiliations"][-1]["region"] for one in crowd} == {"330108"}


def test_whoever_comes_in_the_instant_of_a_move_comes_to_the_new_place(town: Town, office: Someone) -> None:
    unit, late = works(town, "正在迁的厂"), town.person()
    body = {"region": "330108", "sector": "industry", "starts": "2026-03-01"}

    with in_the_instant(town, lambda: town.belongs(late, unit, "2024-01-01")):
        office.did(f"/v1/units/{unit['unit']}/relocation", body, version=2)

    assert late.saw(f"/v1/persons/{late.id}")["affiliations"][-1]["region"] == "330108"


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


@pytest.fixture
def ningbo(town: Town) -> Someone:
    """Human resources of a city in which the employer registers (N 8)."""
    return town.officer(town.unit("宁波市人社局", "330200", "general"), "human_resources", "3302")


def waiting_at(town: Town, unit: BODY) -> tuple[Someone, Someone, BODY]:
    """Somebody with a claim that waits for their unit, and who acts for it."""
    clerk, person = town.officer(unit, "unit", "330203", unit=unit["unit"]), town.person()
    town.belongs(person, unit, "2024-01-01")
    claim = person.submit(study(date="2026-03-02"))
    assert clerk.saw("/v1/work")["items"][0]["id"] == claim["claim"]
    return clerk, person, claim


def test_what_waits_for_a_unit_that_is_merged_waits_for_whoever_acts_for_the_other(
    town: Town, ningbo: Someone
) -> None:
    old, new = town.unit("海曙老厂", "330203", "industry"), town.unit("江北新厂", "330205", "industry")
    clerk, person, claim = waiting_at(town, old)
    heir = town.officer(new, "unit", "330205", unit=new["unit"])

    ningbo.did(f"/v1/units/{old['unit']}/merger", {"into": new["unit"], "starts": "2026-06-01"}, version=2)

    assert clerk.post(f"/v1/claims/{claim['claim']}/approval", {}, version=1).get_json()["code"] == "claim_absent"
    assert [one["id"] for one in heir.saw("/v1/work")["items"]] == [claim["claim"]]
    assert person.saw(f"/v1/claims/{claim['claim']}")["unit_ended"] == {"since": "2026-06-01", "unit": new["unit"]}
    assert heir.act(claim, "approval", {})["status"] == "approved"


def test_what_waited_for_a_unit_before_goes_on_with_it_to_the_third(town: Town, ningbo: Someone) -> None:
    first, second, third = (town.unit(f"第{one}厂", "330203", "industry") for one in "一二三")
    _, person, claim = waiting_at(town, first)
    town.officer(second, "unit", "330203", unit=second["unit"])
    heir = town.officer(third, "unit", "330203", unit=third["unit"])

    ningbo.did(f"/v1/units/{first['unit']}/merger", {"into": second["unit"], "starts": "2026-06-01"}, version=2)
    ningbo.did(f"/v1/units/{second['unit']}/merger", {"into": third["unit"], "starts": "2026-07-01"}, version=2)

    assert person.saw(f"/v1/claims/{claim['claim']}")["unit_ended"] == {"since": "2026-06-01", "unit": third["unit"]}
    assert heir.act(claim, "approval", {})["status"] == "approved"


@pytest.mark.parametrize("ends", ["closing", "merger"])
def test_what_waits_for_a_unit_without_a_successor_waits_for_the_office_that_ended_it(
    town: Town, ningbo: Someone, ends: str
) -> None:
    """Closed; or merged into one for which nobody acts yet."""
    unit, other = town.unit("停办的厂", "330203", "industry"), town.unit("无人的厂", "330203", "industry")
    clerk, person, claim = waiting_at(town, unit)
    body = {"closing": {"ends": "2026-06-01"}, "merger": {"into": other["unit"], "starts": "2026-06-01"}}[ends]

    ningbo.did(f"/v1/units/{unit['unit']}/{ends}", body, version=2)

    assert clerk.post(f"/v1/claims/{claim['claim']}/approval", {}, version=1).get_json()["code"] == "claim_absent"
    assert claim["claim"] in [one["id"] for one in ningbo.saw("/v1/work")["items"]]
    told = person.saw(f"/v1/claims/{claim['claim']}")["unit_ended"]
    assert told == {"since": "2026-06-01", "unit": None if ends == "closing" else other["unit"]}
    assert ningbo.act(claim, "approval", {})["status"] == "approved"


@pytest.mark.parametrize(("act", "body", "pointer"), [
    ("renaming", {"name": "新名", "starts": "2999-01-01"}, "/starts"),
    ("relocation", {"region": "330302", "sector": "industry", "starts": "2999-01-01"}, "/starts"),
    ("relocation", {"region": "330302", "sector": "aviation", "starts": "2026-01-01"}, "/sector"),
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
