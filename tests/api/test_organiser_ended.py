"""An organiser goes up in another: its plans and classes stay its own, and what is to be done is the successor's."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import pytest

from tests.api.house_kit import BODY, Someone, Town
from tests.api.paper_kit import PDF, digest

REVIEW = {"purpose": "class_review"}


class Scene(NamedTuple):
    """Two schools in Ningbo of which the first goes up in the second, and the city's departments."""

    town: Town
    old: BODY
    new: BODY
    teacher: Someone
    heir: Someone
    bureau: Someone
    people: Someone

    def filed(self, **fields: object) -> str:
        """A class of the old school that begins today, on file."""
        day = self.town.house.today.isoformat()
        body = {"title": "数字孪生", "category": "professional", "route": "filed_training", "days": "1",
                "headcount": 30, "starts": day, "ends": day, "lessons": [{"title": "建模", "hours": "8"}],
                "evidence": [{"kind": "document", "sha256": digest(PDF)}], **fields}
        assert sent(self.teacher, self.old["unit"]) in (200, 201)
        made: str = self.teacher.did("/v1/classes", body)["training_class"]
        self.bureau.did(f"/v1/classes/{made}/acceptance", {"number": f"甬备-{made[-4:]}"}, version=1)
        return f"/v1/classes/{made}"

    def merge(self, into: BODY | None = None) -> None:
        body = {"into": (into or self.new)["unit"], "starts": self.town.house.today.isoformat()}
        self.people.did(f"/v1/units/{self.old['unit']}/merger", body, version=2)

    @property
    def holding(self) -> BODY:
        day = self.town.house.today.isoformat()
        return {"starts": day, "ends": day, "days": "1", "attended": 1, "passed": 1,
                "evidence": [{"kind": "summary", "sha256": digest(PDF)}]}


def sent(by: Someone, unit: str) -> int:
    return by.client.put(f"/v1/units/{unit}/evidence/{digest(PDF)}", data=PDF, headers={
        **by.headers(), "Content-Type": "application/octet-stream"}).status_code


@pytest.fixture
def scene(town: Town) -> Scene:
    old, new, bureau, people = (town.unit(name, "330200", "industry") for name in (
        "宁波老学院", "宁波新学院", "宁波市经信局", "宁波市人社局"))
    return Scene(town, old, new, town.officer(old, "recognised_organiser", "3302"),
                 town.officer(new, "recognised_organiser", "3302", unit=new["unit"]),
                 town.officer(bureau, "sector_authority", "3302"), town.officer(people, "human_resources", "3302"))


def test_the_successor_opens_what_the_old_organiser_handed_in_and_says_that_its_class_was_held(scene: Scene) -> None:
    at = scene.filed()
    paper = f"{at}/evidence/{digest(PDF)}"
    assert scene.heir.get(paper, **REVIEW).status_code == 404

    scene.merge()

    assert scene.heir.get(paper, **REVIEW).data == PDF
    assert scene.heir.saw(at)["unit_ended"] == {
        "since": scene.town.house.today.isoformat(), "unit": scene.new["unit"]}
    assert sent(scene.heir, scene.old["unit"]) in (200, 201)
    held = scene.heir.did(f"{at}/holding", scene.holding, version=2)
    assert (held["status"], held["organiser"]) == ("held", scene.old["unit"]), "what happened stays the old one's"
    person = scene.town.person()
    card = {"training_class": at.rpartition("/")[2], "person": person.id, "number": "2026-1", "attended_days": "1",
            "hours": "8", "result": "passed"}
    issued = scene.heir.did("/v1/cards", card)
    assert scene.heir.did(f"/v1/cards/{issued['card']}/voiding", {"words": "发错"}, version=1)["status"] == "voided"


def test_the_old_organisers_accounts_do_nothing_more(scene: Scene) -> None:
    at = scene.filed()

    scene.merge()

    assert scene.teacher.post(f"{at}/holding", scene.holding, version=2).get_json()["code"] == "role_not_held"
    assert sent(scene.teacher, scene.old["unit"]) == 403
    assert scene.teacher.get(f"{at}/evidence/{digest(PDF)}", **REVIEW).get_json()["code"] == "not_for_reading"


def test_a_class_that_the_successor_changes_is_filed_anew_under_its_name_and_accepted_anew(scene: Scene) -> None:
    at = scene.filed()
    before = scene.bureau.saw(at)
    scene.merge()
    body = {name: before[name] for name in ("title", "category", "route", "days", "starts", "ends", "lessons")}

    filed = scene.heir.did(f"{at}/refiling", {**body, "headcount": 45}, version=2)

    seen = scene.heir.saw(at)
    assert (filed["status"], seen["organiser"], seen["organiser_name"]) == ("filed", scene.old["unit"], "宁波新学院")
    assert scene.bureau.did(f"{at}/acceptance", {"number": "甬备-99"}, version=3)["status"] == "accepted"


def test_an_old_plan_is_mended_and_carried_out_by_the_successor_who_files_in_its_own_name(scene: Scene) -> None:
    item = {"number": 1, "title": "数字孪生", "route": "filed_training", "days": "1", "headcount": 30}
    plan = scene.teacher.did("/v1/plans", {"year": 2026, "items": [item]})["plan"]
    scene.merge()

    changed = scene.heir.did(f"/v1/plans/{plan}/refiling", {"items": [{**item, "headcount": 60}]}, version=1)
    assert (changed["organiser"], changed["revision"]) == (scene.old["unit"], 2)
    day = (scene.town.house.today + timedelta(40)).isoformat()
    own = scene.heir.did("/v1/classes", {
        "title": "数字孪生", "category": "professional", "route": "filed_training", "days": "1", "headcount": 30,
        "starts": day, "ends": day, "lessons": [{"title": "建模", "hours": "8"}], "plan": plan, "item": 1})
    assert own["organiser"] == scene.new["unit"]
    assert scene.heir.saw(f"/v1/plans/{plan}")["carried"]["classes_filed"] == 1


def test_without_a_successors_account_the_office_that_ended_it_says_what_was_held(scene: Scene) -> None:
    at = scene.filed()
    scene.merge(scene.town.unit("宁波空壳学院", "330200", "industry"))

    held = scene.people.did(f"{at}/holding", scene.holding, version=2)

    assert held["status"] == "held"


def test_of_a_closed_organiser_no_class_is_filed_anew(scene: Scene) -> None:
    at = scene.filed()
    before = scene.bureau.saw(at)
    ends = scene.town.house.today.isoformat()
    scene.people.did(f"/v1/units/{scene.old['unit']}/closing", {"ends": ends}, version=2)
    body = {name: before[name] for name in ("title", "category", "route", "days", "starts", "ends", "lessons")}

    answer = scene.people.post(f"{at}/refiling", {**body, "headcount": 45}, version=2)

    assert answer.get_json()["code"] == "unit_closed"
    assert scene.heir.post(f"{at}/holding", scene.holding, version=2).get_json()["code"] == "not_the_organiser"


def test_to_be_recognised_is_not_inherited(scene: Scene) -> None:
    works = scene.town.unit("宁波某厂", "330203", "industry")
    clerk = scene.town.officer(works, "unit", "330203", unit=works["unit"])
    at = scene.filed()
    scene.merge(works)

    assert clerk.did(f"{at}/holding", scene.holding, version=2)["status"] == "held"
    (held,) = scene.people.saw("/v1/actors", organisation=works["unit"])["items"]
    assert {one["role"] for one in held["scopes"]} == {"unit"}
