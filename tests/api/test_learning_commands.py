"""`xueshi exam`, `eligibility`, `application` and `case` tell on a terminal what the API says."""

from __future__ import annotations

import pytest

from tests.api.command_kit import Desk
from tests.api.house_kit import house_in
from tests.api.learning_kit import Learning, learning_in


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Learning]:
    folder = tmp_path_factory.mktemp("desk")
    with house_in(folder / "data") as town:
        li = town.person("李明")
        town.belongs(li, town.unit("某厂", "330203", "industry"), "2020-01-01")
        there = learning_in(town, li)
        assert li.token and there.officer.token and there.watch.token
        tokens = {"li": li.token, "officer": there.officer.token, "watch": there.watch.token}
        return Desk(folder, tokens, li.id, there)


def test_plan_and_catalogue_are_told_with_the_seats_that_are_left(desk: Desk[Learning]) -> None:
    assert "29/30" in desk.told("li", "exam", "list", "--year", "2026", "--region", "3302")
    assert "没有考试场次" in desk.told("li", "exam", "list", "--category", "sector_public")
    assert "人工智能与社会" in desk.told("li", "exam", "courses")
    assert "共 30，已占 1，空余 29" in desk.told("li", "exam", "show", desk.there.exam)
    assert "这类课程每年选一门" in desk.told("li", "exam", "show", desk.there.course)


def test_a_persons_studies_are_told_with_the_hours_that_came_of_them(desk: Desk[Learning]) -> None:
    told = desk.told("li", "exam", "person", desk.person)

    assert desk.there.claim in told and "71.5" in told and "已登记学时" in told
    assert told == desk.told("officer", "exam", "person", desk.person, "--purpose", "annual_review")


def test_whether_somebody_may_apply_is_told_with_every_reason(desk: Desk[Learning]) -> None:
    asked = ("eligibility", desk.person, "--minimum-years", "5", "--applied-on")

    told = desk.told("li", *asked, "2026-05-20", "--why")
    assert "2026-05-20 ✗ 不可申报" in told and "第九条（一）" in told
    assert "取消申报资格：自 2026-06-01 至 2029-05-31" in told
    assert "! 人社部发〔2024〕56号 虚假承诺" in desk.told("li", *asked, "2026-06-01")
    assert "… 细则没有规定" in desk.told("li", *asked, "2026-05-20", "--committee", "outside")


def test_applications_are_told_as_they_were_decided(desk: Desk[Learning]) -> None:
    told = desk.told("li", "application", "show", desk.there.application)

    assert "已延期" in told and "2030" in told and "达标年份 0 年" in told
    assert desk.there.application in desk.told("li", "application", "list", desk.person)


def test_who_is_barred_on_a_day_is_told_to_an_office(desk: Desk[Learning]) -> None:
    told = desk.told("officer", "application", "barred", "--on", "2026-06-01", "--purpose", "sanction_check")

    assert desk.person in told and "2029-05-31" in told
    assert "没有人" in desk.told("officer", "application", "barred", "--on", "2026-05-31", "--purpose", "check")


def test_a_case_is_told_to_those_who_supervise(desk: Desk[Learning]) -> None:
    assert desk.there.case in desk.told("watch", "case", "list", "--status", "open")
    told = desk.told("watch", "case", "show", desk.there.case, "--purpose", "case_review")
    assert desk.person in told and "待核查" in told
    assert desk.run("li", "case", "list").returncode == 1


@pytest.mark.parametrize("arguments", [
    ("exam", "show", "clm_0000000000000000000000"), ("exam", "show", "exm_1"), ("case", "show", "cas_1"),
    ("eligibility", "per_1", "--applied-on", "2026-05-20", "--minimum-years", "5"),
])
def test_what_cannot_be_meant_is_told_before_anything_is_asked(
    desk: Desk[Learning], arguments: tuple[str, ...]
) -> None:
    ended = desk.run("li", *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "[bad_usage]" in ended.stderr


def test_json_is_what_the_api_says(desk: Desk[Learning]) -> None:
    found = desk.made("li", "exam", "show", desk.there.exam)

    assert (found["taken"], found["free"]) == (1, 29)
