"""Papers of classes and plans: handed in by the organiser, opened by it and by whoever answers, by nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from werkzeug.test import TestResponse

from api.cases.tidying import tidy_evidence
from api.evidence.files import WAITING_FILES_MOST, WAITS_S, files_in
from tests.api.house_kit import BODY, IN_2026, Someone, Ticking, Town, house_in
from tests.api.paper_kit import PDF, digest, png

SUMMARY, LIST = PDF, png()
NAME = "attachment; filename*=UTF-8''%E6%9D%8E%E6%98%8E%E7%9A%84%E6%80%BB%E7%BB%93.pdf"
REVIEW = {"purpose": "class_review"}


class Scene(NamedTuple):
    """A society in Wenzhou that held a class, its bureau, the same in another city, and one who was there."""

    town: Town
    clock: Ticking
    society: str
    teacher: Someone
    colleague: Someone
    city: Someone
    people: Someone
    away: Someone
    rival: Someone
    li: Someone
    training_class: str

    @property
    def place(self) -> str:
        return f"/v1/classes/{self.training_class}"

    def paper(self, content: bytes = SUMMARY) -> str:
        return f"{self.place}/evidence/{digest(content)}"


def sent(by: Someone, unit: str, content: bytes, **headers: str) -> TestResponse:
    return by.client.put(f"/v1/units/{unit}/evidence/{digest(content)}", data=content, headers={
        **by.headers(), "Content-Type": "application/octet-stream", **headers})


def a_class(day: date, **fields: object) -> BODY:
    return {"title": "大气监测", "category": "professional", "route": "advanced_seminar", "level": "municipal",
            "days": "1", "headcount": 30, "starts": day.isoformat(), "ends": day.isoformat(),
            "lessons": [{"title": "监测", "hours": "5"}], **fields}


def paper(kind: str, content: bytes) -> BODY:
    return {"kind": kind, "sha256": digest(content)}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    clock = Ticking(IN_2026)
    with house_in(tmp_path_factory.mktemp("papers") / "data", clock, logs_too=True) as town:
        society, rival, bureau, away = (town.unit(name, region, "environment") for name, region in (
            ("温州市环境学会", "330300"), ("瓯江环保学会", "330300"), ("温州市生态环境局", "330300"),
            ("宁波市生态环境局", "330200")))
        teacher, colleague = (town.officer(society, "recognised_organiser", "3303", unit=society["unit"])
                              for _ in range(2))
        city = town.officer(bureau, "sector_authority", "3303")
        assert sent(teacher, society["unit"], SUMMARY, **{"Content-Disposition": NAME}).status_code == 201
        day = town.house.today + timedelta(days=1)
        made = teacher.did("/v1/classes", a_class(day))
        at = f"/v1/classes/{made['training_class']}"
        city.did(f"{at}/acceptance", {"number": "温备-1"}, version=1)
        clock.wait(2 * 86_400)
        teacher.did(f"{at}/holding", {
            "starts": day.isoformat(), "ends": day.isoformat(), "days": "1", "attended": 1, "passed": 1,
            "evidence": [paper("summary", SUMMARY), paper("roster", LIST)]}, version=2)
        yield Scene(
            town, clock, society["unit"], teacher, colleague, city, town.officer(bureau, "human_resources", "3303"),
            town.officer(away, "sector_authority", "3302"),
            town.officer(rival, "recognised_organiser", "3303", unit=rival["unit"]), town.person("李明"),
            made["training_class"])


def lying(scene: Scene) -> list[Path]:
    return sorted(scene.town.house.register.folder.evidence.rglob(f"{scene.society}/*"))


def test_the_office_that_reviews_a_class_opens_what_its_organiser_handed_in_and_is_recorded(scene: Scene) -> None:
    """W 13: 经市级行业主管部门审核后按标准统一登记; nobody can review a digest."""
    opened = scene.city.get(scene.paper(), **REVIEW)
    assert (opened.status_code, opened.data, opened.headers["Content-Type"]) == (200, SUMMARY, "application/pdf")
    assert opened.headers["Content-Disposition"] == NAME
    assert opened.headers["Content-Security-Policy"].startswith("sandbox")

    access = scene.town.house.register.access
    recorded = access.at(access.store.size())
    assert recorded is not None
    seen: Any = recorded.envelope.event
    assert (seen.reader, seen.subject, seen.purpose, seen.what) == (
        scene.city.id, scene.training_class, "class_review", ("class", "evidence", f"file_{digest(SUMMARY)[:16]}"))


def test_so_do_human_resources_of_the_place_and_the_organiser_each_for_a_purpose(scene: Scene) -> None:
    for who in (scene.people, scene.teacher, scene.colleague):
        assert who.get(scene.paper()).get_json()["code"] == "purpose_missing"
        assert who.get(scene.paper(), **REVIEW).data == SUMMARY


def test_to_anyone_else_there_is_no_such_paper(scene: Scene) -> None:
    before = scene.town.house.register.access.store.size()
    for who in (scene.away, scene.rival, scene.li):
        answer = who.get(scene.paper(), **REVIEW)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "evidence_absent")
        assert who.saw(scene.place)["files"] is None, "not even whether there is one"
    assert scene.town.house.register.access.store.size() == before


def test_which_papers_are_here_is_told_and_which_are_a_digest_only(scene: Scene) -> None:
    for who in (scene.city, scene.teacher):
        (here,) = who.saw(scene.place)["files"]
        assert (here["sha256"], here["bytes"], here["by"]) == (digest(SUMMARY), len(SUMMARY), scene.teacher.id)
        assert "name" not in here, "what a file is called may name somebody: it comes with the file"

    answer = scene.city.get(scene.paper(LIST), **REVIEW)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "evidence_absent")


def test_a_paper_that_the_class_never_showed_is_not_opened_through_it(scene: Scene) -> None:
    assert sent(scene.teacher, scene.society, png(3)).status_code == 201
    assert scene.teacher.get(scene.paper(png(3)), **REVIEW).status_code == 404


def test_so_are_the_papers_of_a_plan_which_stay_when_it_is_filed_anew(scene: Scene) -> None:
    """P 11: two departments put it on file, and neither can read a digest."""
    budget = png(8)
    assert sent(scene.teacher, scene.society, budget).status_code == 201
    item = {"number": 1, "title": "大气监测", "route": "advanced_seminar", "days": "1", "headcount": 30}
    made = scene.teacher.did("/v1/plans", {"year": 2027, "items": [item], "evidence": [
        paper("plan", budget), paper("document", LIST)]})
    plan = f"/v1/plans/{made['plan']}"

    for who in (scene.city, scene.people, scene.teacher):
        assert [one["sha256"] for one in who.saw(plan)["files"]] == [digest(budget)]
        at = f"{plan}/evidence/{digest(budget)}"
        assert who.get(at).get_json()["code"] == "purpose_missing"
        assert who.get(at, **REVIEW).data == budget
    for who in (scene.away, scene.rival, scene.li):
        assert who.saw(plan)["files"] is None
        assert who.get(at, **REVIEW).get_json()["code"] == "evidence_absent"
    assert scene.city.get(scene.paper(budget), **REVIEW).status_code == 404, "it was never shown with the class"
    access = scene.town.house.register.access
    recorded = access.at(access.store.size())
    assert recorded is not None
    seen: Any = recorded.envelope.event
    assert (seen.subject, seen.what[:2]) == (made["plan"], ("plan", "evidence"))

    scene.teacher.did(f"{plan}/refiling", {"items": [item]}, version=1)
    assert scene.city.saw(plan)["files"] == []
    assert scene.city.get(at, **REVIEW).data == budget, "what was reviewed stays to be opened"
    then = scene.town.house.now / 1_000_000 - WAITS_S - 60
    for path in lying(scene):
        os.utime(path, (then, then))
    scene.town.house.settled()
    tidy_evidence(scene.town.house)
    assert scene.city.get(at, **REVIEW).data == budget


def test_nobody_hands_in_papers_for_a_unit_that_is_not_theirs(scene: Scene) -> None:
    before = lying(scene)
    codes = [sent(who, scene.society, png(4)).get_json()["code"] for who in (scene.rival, scene.city, scene.li)]
    assert codes == ["not_the_organiser", "not_the_organiser", "official_needed"]
    assert lying(scene) == before


def test_what_lies_on_the_disk_tells_nothing_of_the_paper_or_its_name_and_a_backup_takes_it(scene: Scene) -> None:
    path = next(path for path in lying(scene) if path.name == digest(SUMMARY))
    assert path in set(files_in(scene.town.house.register.folder.evidence))
    data = path.read_bytes()
    assert not any(words in data for words in (SUMMARY[:20], "李明".encode(), b"application/pdf"))


def test_a_unit_that_files_many_classes_is_kept_out_by_what_it_never_used_alone(scene: Scene) -> None:
    town, bulk = scene.town, [png(5, number) for number in range(1, WAITING_FILES_MOST + 1)]
    base = town.unit("楠溪江基地", "330300", "environment")["unit"]
    hand = town.officer({"unit": base}, "recognised_organiser", "3303", unit=base)
    assert {sent(hand, base, one).status_code for one in bulk} == {201}
    assert sent(hand, base, png(6)).get_json()["code"] == "evidence_full"

    day = town.house.today + timedelta(days=40)
    hand.did("/v1/classes", a_class(day, evidence=[paper("document", bulk[0])]))
    town.house.settled()
    assert sent(hand, base, png(6)).status_code == 201


def test_after_weeks_what_a_class_cites_is_kept_for_good_and_what_none_does_is_cleared_away(scene: Scene) -> None:
    stray = png(7)
    assert sent(scene.teacher, scene.society, stray).status_code == 201
    then = scene.town.house.now / 1_000_000 - WAITS_S - 60
    for path in lying(scene):
        os.utime(path, (then, then))
    tidy_evidence(scene.town.house)

    assert digest(SUMMARY) in {path.name for path in lying(scene) if path.parent.parent.name == "kept"}
    assert digest(stray) not in {path.name for path in lying(scene)}
    assert scene.city.get(scene.paper(), **REVIEW).data == SUMMARY
