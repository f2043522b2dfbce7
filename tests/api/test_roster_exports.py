"""What organisers and offices take away: plans, classes, and whom a class was registered for, masked and recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from api.cases.training import roster_exports
from ledger.events.access import AccessRecorded
from tests.api.past_class_kit import NUMBER, Trained, trained


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    with trained(tmp_path_factory.mktemp("exports")) as scene:
        yield scene


def cells(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), strict=True))


def roster(scene: Trained, form: str = "csv") -> str:
    return f"/v1/classes/{scene.made.training_class}/roster.{form}"


def test_plans_and_classes_are_taken_away_as_they_are_listed(scene: Trained) -> None:
    organiser = scene.made.school["unit"]
    plan = cells(scene.li.get("/v1/plans.csv", organiser=organiser, year="2026"))
    one = cells(scene.li.get("/v1/classes.csv", organiser=organiser, plan=scene.made.plan))

    assert plan[2][:2] == ["办班单位", organiser] and plan[-2][:3] == ["计划", "年度", "办班单位"]
    assert plan[-1][:3] == [scene.made.plan, "2026", organiser]
    assert dict(list(zip(plan[-2], plan[-1], strict=True))[-4:]) == {
        "举办班次": "1", "参加人数": "1", "评估": "", "上年度评估": ""}, "one class; nobody judged it yet"
    assert one[-1][:2] == [scene.made.training_class, "智能制造"]
    assert one[-1][-6:] == ["2026-03-11", "2026-03-12", "1", "1", "1", "1"]
    assert "2" in one[-1] and "已举办" in one[-1], "days as a number, the state in words"
    assert scene.li.get("/v1/classes.xlsx", status="refused").get_data().startswith(b"PK")


def test_a_roster_says_who_was_registered_with_what_and_how_that_stands(scene: Trained) -> None:
    rows = cells(scene.made.officer.get(roster(scene), purpose="class_review"))

    assert rows[-2][:4] == ["人员", "姓名", "证件号码", "出勤天数"] and rows[-2][-1] == "现认定学时"
    told = dict(zip(rows[-2], rows[-1], strict=True))
    assert (told["人员"], told["姓名"]) == (scene.li.id, "李*") and "********" in told["证件号码"]
    assert (told["出勤天数"], told["年度"], told["登记卡号"]) == ("2", "2026", NUMBER)
    assert (told["考核"], told["现状"]) == ("合格", "已登记")
    assert scene.made.officer.get(roster(scene, "xlsx"), purpose="class_review").get_data().startswith(b"PK")


def test_what_became_of_a_row_is_told_as_of_the_day_that_is_asked_about(scene: Trained) -> None:
    town, at = scene.town, str(scene.town.house.ledger.store.size())
    assert town.house.settled() is None, "whoever asks the answers directly waits for them, as a door does"
    claim = town.house.answers.registered(scene.li.id)[0].claim
    city = town.officer(town.unit("宁波市经信局", "330200", "industry"), "sector_authority", "3302")
    city.act(city.saw(f"/v1/claims/{claim}", purpose="check"), "freeze", {"words": "待查"})

    assert cells(scene.made.officer.get(roster(scene), purpose="class_review"))[-1][-2] == "已冻结"
    assert cells(scene.made.officer.get(roster(scene), purpose="class_review", as_of=at))[-1][-2] == "已登记"


def test_everyone_on_it_is_recorded_as_seen_and_nobody_without_a_purpose_or_a_scope(scene: Trained) -> None:
    assert scene.made.officer.get(roster(scene)).get_json()["code"] == "purpose_missing"
    away = scene.town.officer(scene.town.unit("温州局", "330300", "industry"), "sector_authority", "3303")
    assert away.get(roster(scene), purpose="class_review").get_json()["code"] == "outside_scope"
    assert scene.li.get(roster(scene), purpose="class_review").get_json()["code"] == "not_for_reading"
    scene.made.officer.get(roster(scene), purpose="seen_once")
    seen = [one.envelope.event for one in scene.town.house.register.access.read(limit=1_000)]
    assert [one.subject for one in seen
            if isinstance(one, AccessRecorded) and one.purpose == "seen_once"] == [scene.li.id]


def test_a_roster_that_is_longer_than_a_sheet_is_refused_and_not_cut(
    scene: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_exports, "ROWS_MOST", 0)

    assert scene.made.officer.get(roster(scene), purpose="class_review").get_json()["code"] == "list_too_long"
