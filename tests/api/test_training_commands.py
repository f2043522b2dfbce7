"""`xueshi training` and `xueshi import` tell on a terminal what the API says, and pass its bytes on with `--json`."""

from __future__ import annotations

import pytest

from tests.api.command_kit import Desk
from tests.api.house_kit import house_in
from tests.api.past_class_kit import NUMBER, Training, training_in


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Training]:
    folder = tmp_path_factory.mktemp("desk")
    with house_in(folder / "data") as town:
        li = town.person("李明")
        town.belongs(li, town.unit("某厂", "330203", "industry"), "2020-01-01")
        there = training_in(town, li)
        assert li.token is not None and there.officer.token is not None
        return Desk(folder, {"li": li.token, "officer": there.officer.token}, li.id, there)


def test_a_plan_is_told_with_whom_it_still_waits_for(desk: Desk[Training]) -> None:
    told = desk.told("li", "training", "show", desk.there.plan)

    assert "尚待备案  行业主管部门" in told and "申报 1 班，举办 1 班，参加 1 人" in told
    assert "待备案" in desk.told("li", "training", "list", "--plans", "--year", "2026")
    assert "没有记录" in desk.told("li", "training", "list", "--plans", "--year", "2025")


def test_a_class_is_told_with_its_lateness_and_what_that_does(desk: Desk[Training]) -> None:
    told = desk.told("li", "training", "show", desk.there.training_class)

    assert "开班前 10 天" in told and "甬备2026-7" in told and "数字孪生 12 学时" in told
    assert "提前 30 天；迟 20 天，计入并标注" in told
    elsewhere = desk.told("li", "training", "show", desk.there.training_class, "--law", "set:zhejiang/2016-08-01")
    assert "备案期限" not in elsewhere
    assert desk.there.training_class in desk.told("li", "training", "list", "--plan", desk.there.plan)


def test_lists_and_the_roster_of_a_class_are_written_into_files(desk: Desk[Training]) -> None:
    whole = ("registered", desk.there.training_class, "--purpose", "class_review")
    for name, asked in (("plans.csv", ("list", "--plans", "--form", "csv")),
                        ("classes.xlsx", ("list", "--form", "xlsx")), ("roster.csv", whole)):
        assert "✓ 已写入" in desk.told("officer", "training", *asked, "--out", name)
    assert desk.there.plan in (desk.folder / "plans.csv").read_text("utf-8-sig")
    assert NUMBER in (desk.folder / "roster.csv").read_text("utf-8-sig")


def test_a_card_is_told_by_person_by_class_by_number_and_by_itself(desk: Desk[Training]) -> None:
    card, purpose = desk.there.card, ("--purpose", "annual_review")
    organiser = str(desk.there.school["unit"])

    assert NUMBER in desk.told("li", "training", "cards", "--person", desk.person)
    assert card in desk.told("officer", "training", "cards", "--class", desk.there.training_class, *purpose)
    for asked in (("cards", "--organiser", organiser, "--number", NUMBER), ("show", card)):
        told = desk.told("officer", "training", *asked, *purpose)
        assert card in told and "12" in told and "合格" in told


def test_an_import_is_told_with_the_outcome_of_its_rows(desk: Desk[Training]) -> None:
    assert "接受 0，拒绝 2，重复 1" in desk.told("officer", "import", "show", desk.there.batch)
    assert desk.there.batch in desk.told("officer", "import", "list", "--system", "ningbo")
    assert desk.run("li", "import", "list").returncode == 1


@pytest.mark.parametrize("arguments", [
    ("show", "clm_0000000000000000000000"), ("show", "cls_1"), ("cards",), ("cards", "--number", "2026-017"),
    ("list", "--plans", "--plan", "pln_0000000000000000000000"), ("list", "--plans", "--status", "held"),
])
def test_what_cannot_be_meant_is_told_before_anything_is_asked(
    desk: Desk[Training], arguments: tuple[str, ...]
) -> None:
    ended = desk.run("li", "training", *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "[bad_usage]" in ended.stderr


def test_json_is_what_the_api_says(desk: Desk[Training]) -> None:
    found = desk.made("li", "training", "show", desk.there.training_class)

    assert (found["lead_days"], found["duties"][0]["effect"]) == (10, "late_filing")
