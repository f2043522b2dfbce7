"""A year's plan, its classes and cards over HTTP: filed with whom the law names, answered by them, told how late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from api.house import local_date
from tests.api.house_kit import BODY, IN_2026, SHA, Someone, Town, house_in_2026

ITEM = {"number": 1, "title": "智能制造", "route": "filed_training", "days": "2", "headcount": 30}
PAPER = {"kind": "summary", "sha256": SHA}


def today() -> date:
    """As the house has it: 2031, the year of the plans, is to come whenever these tests are run."""
    return local_date(IN_2026)


class Scene(NamedTuple):
    """A school in Ningbo, two hands of it, and the departments to which it files."""

    town: Town
    school: BODY
    teacher: Someone
    second: Someone
    city: Someone
    people: Someone
    county: Someone


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with house_in_2026(tmp_path_factory.mktemp("filings") / "data") as town:
        school, bureau = (town.unit(name, "330203", "industry") for name in ("甬江学院", "市经信局"))
        yield Scene(
            town, school,
            *(town.officer(school, "recognised_organiser", "3302", unit=school["unit"]) for _ in range(2)),
            town.officer(bureau, "sector_authority", "3302"), town.officer(bureau, "human_resources", "3302"),
            town.officer(town.unit("区经信局", "330203", "industry"), "sector_authority", "330203"))


def a_class(**fields: object) -> BODY:
    starts = today() + timedelta(days=10)
    return {"title": "智能制造", "category": "professional", "route": "filed_training", "days": "2", "headcount": 30,
            "lessons": [{"title": "数字孪生", "hours": "12"}], "starts": starts.isoformat(),
            "ends": (starts + timedelta(days=1)).isoformat(), **fields}


def past(**fields: object) -> BODY:
    return a_class(starts=(today() - timedelta(days=9)).isoformat(), ends=(today() - timedelta(days=8)).isoformat(),
                   **fields)


def upon(someone: Someone, record: BODY, act: str, body: BODY | None = None) -> BODY:
    return someone.did(f"{place(record)}/{act}", body, version=record["version"])


def refused(someone: Someone, record: BODY, act: str, body: BODY | None = None) -> BODY:
    answer = someone.post(f"{place(record)}/{act}", body, version=record["version"])
    assert answer.status_code >= 400, answer.get_data(as_text=True)
    found: BODY = answer.get_json()
    return found


def place(record: BODY) -> str:
    for noun, name in (("cards", "card"), ("classes", "training_class"), ("plans", "plan")):
        if name in record and record.get(name):
            return f"/v1/{noun}/{record[name]}"
    raise AssertionError(record)


def test_a_plan_goes_to_both_departments_and_is_on_file_when_both_have_acknowledged_it(scene: Scene) -> None:
    """P 11; what is seen has the version to decide upon."""
    plan = scene.teacher.did("/v1/plans", {"year": 2031, "items": [ITEM]})
    assert (plan["recipients"], plan["missing"]) == (["human_resources", "sector_authority"],) * 2

    plan = upon(scene.people, plan, "acknowledgement")
    assert (plan["status"], plan["missing"]) == ("filed", ["sector_authority"])
    plan = upon(scene.city, plan, "acknowledgement")
    assert (plan["status"], plan["missing"]) == ("acknowledged", [])
    answer = scene.teacher.get(f"/v1/plans/{plan['plan']}")
    assert answer.headers["ETag"] == f'"v{plan["version"]}"'
    again = scene.teacher.post("/v1/plans", {"year": 2031, "items": [ITEM]})
    assert (again.status_code, again.get_json()["code"]) == (409, "name_taken")
    assert again.get_json()["detail"].startswith("本单位这一年度的培训计划已申报。"), "and nothing of identity numbers"


def test_a_plan_that_is_returned_says_why_to_be_filed_anew(scene: Scene) -> None:
    plan = scene.teacher.did("/v1/plans", {"year": 2032, "items": [ITEM]})
    plan = upon(scene.city, plan, "return", {"words": "请写明人数"})
    assert plan["status"] == "returned"

    plan = upon(scene.teacher, plan, "refiling", {"items": [{**ITEM, "headcount": 20}]})
    assert (plan["status"], plan["revision"]) == ("filed", 2)
    assert refused(scene.second, plan, "acknowledgement")["code"] == "role_not_held"


def test_how_a_plan_was_carried_out_is_judged_on_the_register_and_shown_when_the_next_is_filed(scene: Scene) -> None:
    """P 12."""
    plan = scene.teacher.did("/v1/plans", {"year": 2026, "items": [ITEM]})
    for office in (scene.people, scene.city):
        plan = upon(office, plan, "acknowledgement")
    made = scene.teacher.did("/v1/classes", past(plan=plan["plan"], item=1))
    made = upon(scene.city, made, "acceptance", {"number": "甬备-33"})
    upon(scene.teacher, made, "holding", {"starts": made["starts"], "ends": made["ends"], "days": "2", "attended": 25,
                                          "passed": 24, "evidence": [PAPER]})
    upon(scene.city, plan, "evaluation", {"grade": "excellent", "words": "按计划实施"})

    would = scene.teacher.post("/v1/plans", {"year": 2027, "items": [ITEM]}, dry_run="true").get_json()["would"]
    seen = scene.city.client.get(f"/v1/plans/{plan['plan']}", headers={**scene.city.headers(), "If-None-Match": "*"})
    assert seen.status_code == 200, "what came of a plan changes while its version stays"
    (judged,) = would["last_year"]
    assert (judged["grade"], judged["classes_held"], judged["attended"]) == ("excellent", 1, 25)
    following = scene.teacher.did("/v1/plans", {"year": 2027, "items": [ITEM]})
    assert scene.people.saw(f"/v1/plans/{following['plan']}")["last_year"] == [judged]


def test_who_seeks_public_money_is_listed_with_how_their_last_plan_was_judged(scene: Scene) -> None:
    """P 12: 评估结果作为……承担财政资助高研班项目的重要参考."""
    funded, of_school = {**ITEM, "route": "advanced_seminar", "level": "municipal", "seeks_funding": True}, {
        "organiser": scene.school["unit"], "seeks_funding": "true"}
    last = scene.teacher.did("/v1/plans", {"year": 2024, "items": [ITEM]})
    for office in (scene.people, scene.city):
        last = upon(office, last, "acknowledgement")
    upon(scene.city, last, "evaluation", {"grade": "qualified", "words": "按计划实施"})
    plan = scene.teacher.did("/v1/plans", {"year": 2025, "items": [funded, {**ITEM, "number": 2}]})

    (listed,) = scene.people.saw("/v1/plans", **of_school)["items"]
    assert [one["seeks_funding"] for one in listed["items"]] == [True, False]
    assert [one["grade"] for one in listed["last_year"]] == ["qualified"]
    table = scene.people.get("/v1/plans.csv", **of_school).get_data(as_text=True)
    assert "申请财政资助" in table and plan["plan"] in table and last["plan"] not in table

    upon(scene.teacher, plan, "refiling", {"items": [{**funded, "seeks_funding": False}]})
    assert scene.people.saw("/v1/plans", **of_school)["items"] == []
    assert len(scene.people.saw("/v1/plans", **of_school | {"seeks_funding": "false"}, year=2025)["items"]) == 1


def test_an_evaluation_is_put_right_by_whoever_gave_it_and_what_they_said_first_stays(scene: Scene) -> None:
    """P 12: next year's filing rests on it, so a wrong one may not stand for ever, nor vanish."""
    right = {"grade": "qualified", "document": "甬经信函〔2027〕3号", "words": "漏计了十二月举办的一班"}
    plan = scene.teacher.did("/v1/plans", {"year": 2020, "items": [ITEM]})
    for office in (scene.people, scene.city):
        plan = upon(office, plan, "acknowledgement")
    assert refused(scene.city, plan, "evaluation-correction", right)["code"] == "not_evaluated"
    plan = upon(scene.city, plan, "evaluation", {"grade": "unqualified", "words": "一班未办"})
    before = scene.people.saw(f"/v1/plans/{plan['plan']}")["as_of"]
    again = refused(scene.city, plan, "evaluation", {"grade": "qualified", "words": "再评"})
    assert again["code"] == "already_evaluated" and "更正评估" in again["detail"]
    for hand, code in ((scene.people, "not_evaluated"), (scene.teacher, "role_not_held"),
                       (scene.county, "evaluation_of_another")):
        assert refused(hand, plan, "evaluation-correction", right)["code"] == code
    no = refused(scene.city, plan, "evaluation-correction", {**right, "document": ""})
    assert [one["pointer"] for one in no["errors"]] == ["/document"]

    upon(scene.city, plan, "evaluation-correction", right)
    found = scene.teacher.saw(f"/v1/plans/{plan['plan']}")
    assert [(one["grade"], one["document"]) for one in found["evaluations"]] == [("qualified", right["document"])]
    assert [(one["grade"], one["document"]) for one in found["corrected"]] == [("unqualified", None)]
    assert [one["words"] for one in found["said"]] == ["一班未办", right["words"]]
    then = scene.people.saw(f"/v1/plans/{plan['plan']}", as_of=before)
    assert ([one["grade"] for one in then["evaluations"]], then["corrected"]) == (["unqualified"], [])
    following = scene.teacher.post("/v1/plans", {"year": 2021, "items": [ITEM]}, dry_run="true").get_json()
    assert [one["grade"] for one in following["would"]["last_year"]] == ["qualified"]


def test_a_plan_is_not_judged_before_its_year_begins_and_may_be_before_it_ends(scene: Scene) -> None:
    """P 12: 计划实施情况; of a year to come there is none, and next year's filing may come before December ends."""
    school = scene.town.unit("姚江学院", "330203", "industry")
    teacher = scene.town.officer(school, "recognised_organiser", "3302", unit=school["unit"])
    this, next_but_one = (teacher.did("/v1/plans", {"year": year, "items": [ITEM]}) for year in (2026, 2028))
    for office in (scene.people, scene.city):
        this, next_but_one = (upon(office, plan, "acknowledgement") for plan in (this, next_but_one))

    told = {"grade": "qualified", "words": "按计划实施"}
    no = refused(scene.city, next_but_one, "evaluation", told)
    assert (no["status"], no["code"], no["seen"]["year"]) == (409, "plan_year_to_come", 2028)
    assert "第十二条" in no["detail"]
    assert upon(scene.city, this, "evaluation", told)["status"] == "evaluated"


def test_what_a_department_said_of_a_plan_is_for_its_organiser_and_the_departments_that_have_it(scene: Scene) -> None:
    """P 12: whoever decides upon next year's, or upon money for it, reads the words too, and takes the list away."""
    plan = scene.teacher.did("/v1/plans", {"year": 2021, "items": [ITEM]})
    for office in (scene.people, scene.city):
        plan = upon(office, plan, "acknowledgement")
    upon(scene.city, plan, "evaluation", {"grade": "unqualified", "words": "两个班没有办"})
    at = f"/v1/plans/{plan['plan']}"

    for whom in (scene.teacher, scene.people, scene.city):
        (said,) = whom.saw(at)["said"]
        assert (said["role"], said["words"]) == ("sector_authority", "两个班没有办")
    works = scene.town.unit("瓯江厂", "330302", "industry")
    seen = scene.town.officer(works, "recognised_organiser", "3303", unit=works["unit"]).saw(at)
    assert (seen["said"], seen["evaluations"][0]["grade"]) == ([], "unqualified"), "the grade itself is public"
    table = scene.people.get("/v1/plans.csv", organiser=scene.school["unit"], year=2021).get_data(as_text=True)
    assert "评估,上年度评估" in table and "行业主管部门 不合格" in table


def test_a_class_is_told_how_late_it_is_before_it_is_filed_and_taken_all_the_same(scene: Scene) -> None:
    """N 7, AMB-24."""
    would = scene.teacher.post("/v1/classes", a_class(), dry_run="true").get_json()["would"]
    (duty,) = would["duties"]
    assert (duty["article"], duty["days"], duty["late_by"], duty["effect"]) == ("第七条", 30, 20, "late_filing")
    after = scene.teacher.post("/v1/classes", past(), dry_run="true").get_json()["would"]
    assert after["duties"][0]["effect"] == "not_filed" and after["lead_days"] == -9

    made = scene.teacher.did("/v1/classes", a_class())
    assert (made["recipient"], made["lead_days"], made["status"]) == ("sector_authority", 10, "filed")


def test_a_class_is_accepted_by_an_office_of_the_level_that_the_text_names(scene: Scene) -> None:
    """N 7: 报市经济和信息化委员会备案."""
    made = scene.teacher.did("/v1/classes", a_class())
    no = refused(scene.county, made, "acceptance", {"number": "区-1"})
    assert (no["status"], no["code"], no["seen"]["article"]) == (403, "not_the_registrar", "第七条")
    assert refused(scene.people, made, "acceptance", {"number": "x"})["code"] == "role_not_held"

    made = upon(scene.city, made, "acceptance", {"number": "甬备-1"})
    assert (made["status"], made["number"]) == ("accepted", "甬备-1")
    moved = (today() + timedelta(days=60)).isoformat()
    made = upon(scene.teacher, made, "refiling", a_class(starts=moved, ends=moved, days="1"))
    assert (made["status"], made["number"], made["lead_days"]) == ("filed", None, 60)
    assert upon(scene.city, made, "refusal", {"words": "与计划不符"})["status"] == "refused"


def test_a_base_files_with_the_city_alone_and_an_employer_also_with_its_human_resources(scene: Scene) -> None:
    """N 7: 经认定的培训机构报市经济和信息化委员会备案，用人单位……报所在地人社部门或市级主管部门备案."""
    elsewhere = a_class(recipient="human_resources")
    no = scene.teacher.post("/v1/classes", elsewhere).get_json()
    assert [(one["pointer"], one["detail"]) for one in no["errors"]] == [("/recipient", "应为 sector_authority 之一。")]

    works = scene.town.unit("甬江机械厂", "330203", "industry")
    clerk = scene.town.officer(works, "unit", "330203", unit=works["unit"])
    made = clerk.did("/v1/classes", elsewhere)
    assert clerk.did("/v1/classes", a_class())["recipient"] == "sector_authority", "either will do"
    assert upon(scene.people, made, "acceptance", {"number": "甬人备-1"})["status"] == "accepted"


def test_a_recipient_or_a_word_that_the_law_does_not_name_is_refused_with_those_it_does(scene: Scene) -> None:
    for field, wrong in (("recipient", "talent_market"), ("route", "filed_trainning"), ("sector", "industri")):
        answer = scene.teacher.post("/v1/classes", a_class(**{field: wrong}))
        assert answer.status_code == 422
        (error,) = answer.get_json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{field}", "not_by_the_words_of_the_law")


def test_whoever_saw_an_older_version_decides_nothing(scene: Scene) -> None:
    made = scene.teacher.did("/v1/classes", a_class())
    upon(scene.teacher, made, "refiling", a_class(title="改"))
    no = refused(scene.city, made, "acceptance", {"number": "甬备-9"})
    assert (no["status"], no["code"], no["current"]["title"]) == (412, "stale_version", "改")


def test_a_card_has_a_number_of_its_own_and_is_voided_only_by_whoever_issued_it(scene: Scene) -> None:
    """P 15, D01."""
    town = scene.town
    made = scene.teacher.did("/v1/classes", past())
    made = upon(scene.city, made, "acceptance", {"number": "甬备-5"})
    made = upon(scene.teacher, made, "holding", {"starts": made["starts"], "ends": made["ends"], "days": "2",
                                                 "attended": 2, "passed": 2})
    li, wang = town.person("李明"), town.person("王强")
    body = {"training_class": made["training_class"], "person": li.id, "number": "2026-01", "attended_days": "2",
            "hours": "12", "result": "passed"}
    card = scene.teacher.did("/v1/cards", body)
    taken = scene.teacher.post("/v1/cards", {**body, "person": wang.id})
    assert (taken.status_code, taken.get_json()["seen"]) == (409, {"kind": "card_number"})
    assert scene.city.post("/v1/cards", {**body, "person": "per_" + "0" * 22}).get_json()["code"] == "not_the_organiser"

    (own,) = li.saw(f"/v1/persons/{li.id}/cards")["items"]
    assert (own["number"], own["version"]) == ("2026-01", 1)
    other = town.unit("另一学院", "330203", "industry")
    stranger = town.officer(other, "recognised_organiser", "3302", unit=other["unit"])
    assert refused(stranger, card, "voiding", {"words": "x"})["code"] == "card_absent"
    assert upon(scene.second, card, "voiding", {"words": "天数有误"})["status"] == "voided"
    again = scene.teacher.post("/v1/cards", body)
    assert again.get_json()["seen"] == {"kind": "card_number"}, "a number is never used again"
    assert scene.teacher.did("/v1/cards", {**body, "number": "2026-02"})["status"] == "issued"
