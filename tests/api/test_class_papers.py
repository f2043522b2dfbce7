"""Which papers of a class in Wenzhou lack: told when it is filed, where it is read, before its list is registered."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, IN_2026, SHA, Someone, Ticking, Town, house_in, resident_id

FOUR = ["批准文件", "办班计划", "办班总结", "参加人员名单"]


class Scene(NamedTuple):
    """An association in Wenzhou, the bureau that registers its classes, and somebody who was there."""

    town: Town
    clock: Ticking
    teacher: Someone
    city: Someone
    list_of: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    clock = Ticking(IN_2026)
    with house_in(tmp_path_factory.mktemp("papers") / "data", clock, logs_too=True) as town:
        society, bureau, works = (town.unit(name, region, "environment") for name, region in (
            ("温州市环境学会", "330300"), ("温州市生态环境局", "330300"), ("某厂", "330302")))
        number = resident_id(next(town.numbers))
        made = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
        town.belongs(Someone(town.client(), made["token"], made["person"]), works, "2020-01-01")
        yield Scene(town, clock, town.officer(society, "recognised_organiser", "3303", unit=society["unit"]),
                    town.officer(bureau, "sector_authority", "3303"), f"证件号码,姓名\n{number},李明\n")


def a_class(starts: date, **fields: object) -> BODY:
    return {"title": "大气监测", "category": "professional", "route": "advanced_seminar", "level": "municipal",
            "days": "1", "headcount": 30, "starts": starts.isoformat(), "ends": starts.isoformat(),
            "lessons": [{"title": "监测", "hours": "5"}], **fields}


def held(scene: Scene, evidence: list[BODY], **fields: object) -> str:
    """A class that was filed, put on file and held the day after."""
    day = scene.town.house.today + timedelta(days=1)
    made = scene.teacher.did("/v1/classes", a_class(day, **fields))
    at = f"/v1/classes/{made['training_class']}"
    scene.city.did(f"{at}/acceptance", {"number": f"温备-{next(scene.town.numbers)}"}, version=1)
    scene.clock.wait(2 * 86_400)
    scene.teacher.did(f"{at}/holding", {"starts": day.isoformat(), "ends": day.isoformat(), "days": "1", "attended": 1,
                                        "passed": 1, "evidence": evidence}, version=2)
    return str(made["training_class"])


def states(papers: list[BODY]) -> dict[str, str]:
    return {one["document"]: one["state"] for one in papers}


def test_an_organiser_is_told_before_it_files_what_it_has_to_hand_in(scene: Scene) -> None:
    """W 13."""
    day = scene.town.house.today + timedelta(days=9)
    would = scene.teacher.post("/v1/classes", a_class(day), dry_run="true").get_json()["would"]

    assert states(would["papers"]) == dict(zip(FOUR, ("lacking", "handed_in", "to_come", "to_come"), strict=True))
    assert {(one["rulebook"], one["article"]) for one in would["papers"]} == {("wenzhou/2020-11-27", "第十三条")}


def test_whoever_reviews_a_list_is_told_what_lacks_before_anybody_has_the_hours(scene: Scene) -> None:
    """W 13: 经市级行业主管部门审核后按标准统一登记; whether what lacks keeps it from that is the office's to say."""
    name = held(scene, [{"kind": "summary", "sha256": SHA}])
    body = {"file": base64.b64encode(scene.list_of.encode()).decode()}
    answer = scene.city.post(f"/v1/classes/{name}/rosters", body, dry_run="true")
    would = answer.get_json()["would"]

    assert (would["new"], states(would["papers"])) == (
        1, dict(zip(FOUR, ("lacking", "handed_in", "handed_in", "lacking"), strict=True)))
    assert scene.city.saw(f"/v1/classes/{name}")["papers"] == would["papers"]


def test_of_a_class_that_handed_in_everything_nothing_is_told_as_lacking(scene: Scene) -> None:
    papers: list[BODY] = [{"kind": kind, "sha256": SHA} for kind in ("summary", "roster")]
    name = held(scene, papers, approval="温人社函〔2026〕8号")

    assert set(states(scene.city.saw(f"/v1/classes/{name}")["papers"]).values()) == {"handed_in"}


def test_on_a_terminal_what_lacks_is_marked(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("desk")
    name = held(scene, [])
    (folder / "list.csv").write_text(scene.list_of, "utf-8")
    with answering(scene.town.app) as server:
        def told(whom: Someone, *arguments: str, stdin: str = "") -> str:
            ended = xueshi(folder, "training", *arguments, stdin=stdin, XUESHI_TOKEN=str(whom.token),
                           XUESHI_SERVER=server)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        line = "应报材料 wenzhou/2020-11-27 第十三条：! 批准文件 缺；办班计划 已报送；! 办班总结 缺；! 参加人员名单 缺"
        assert line in told(scene.city, "roster", name, "list.csv", "--dry-run")
        assert line in told(scene.city, "show", name)
        later = json.dumps(a_class(scene.town.house.today + timedelta(days=9)))
        assert "办班总结 办班结束后提交" in told(scene.teacher, "file-class", "-", "--dry-run", stdin=later)
