"""`xueshi import`, what is done: a sheet tried and taken over, what came back, and how it adds up, on a terminal."""

from __future__ import annotations

import csv
import json
from typing import NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from tests.api.command_kit import Desk
from tests.api.house_kit import Someone, house_in, resident_id

HEADS = ("来源记录号", "版本", "证件号码", "姓名", "科目类别", "途径", "日期", "学时", "完成方式", "课程名称")
OF = ("--system", "ningbo", "--starts", "2026-01-01", "--ends", "2026-12-31", "--region", "330200")


class Learner(NamedTuple):
    number: str


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Learner]:
    folder = tmp_path_factory.mktemp("desk")
    with house_in(folder / "data") as town:
        works, bureau = town.unit("某厂", "330203", "industry"), town.unit("市人社局", "330200", "general")
        number = resident_id(next(town.numbers))
        li = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
        town.belongs(Someone(town.client(), li["token"], li["person"]), works, "2020-01-01")
        source = town.officer(bureau, "human_resources", "3302")
        source.sends("ningbo", "snap")
    return Desk(folder, {"source": str(source.token)}, li["person"], Learner(number))


def sheet(desk: Desk[Learner], *records: str, category: str = "一般公需", title: str = "网络课程") -> str:
    with (desk.folder / "records.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADS, *(
            (record, "1", desk.there.number, "李明", category, "course", "2026-05-04", "4", "exam", title)
            for record in records)])
    return "records.csv"


def test_a_blank_is_kept_once_and_says_what_to_do_with_it(desk: Desk[Learner]) -> None:
    assert "xueshi import take --dry-run" in desk.told("source", "import", "template", "blank.xlsx")
    heads = CalamineWorkbook.from_path(desk.folder / "blank.xlsx").get_sheet_by_index(0).to_python()[0]
    assert heads[:2] == ["来源记录号", "版本"]
    assert desk.run("source", "import", "template", "blank.xlsx").returncode == 2, "nothing is overwritten"


def test_a_sheet_is_tried_taken_over_and_adds_up(desk: Desk[Learner]) -> None:
    file = sheet(desk, "k-1", "k-2", "k-2")
    tried = desk.told("source", "import", "take", file, *OF, "--dry-run")
    assert "接受      2" in tried and "record_twice" in tried and "第五条" in tried
    desk.told("source", "import", "take", file, *OF, "--dry-run", "--workbook", "back.xlsx")
    back = CalamineWorkbook.from_path(desk.folder / "back.xlsx").get_sheet_by_index(0).to_python()
    assert [str(row[-1])[:9] for row in back] == ["原因", "", "", "本文件中前面已有同"]
    assert "接受 2，拒绝 1" in desk.told("source", "import", "take", file, *OF)
    made = desk.made("source", "import", "take", file, *OF)
    assert made["outcome"]["accepted"] == 2, "the same file once more"
    aside = desk.told("source", "import", "rows", made["batch"])
    assert "record_twice" in aside and "只保留正确的一行" in aside, "never a code alone"
    report = desk.told("source", "import", "report", "--system", "ningbo").split()
    assert report[-10:] == ["ningbo", report[-9], "1", "3", "2", "0", "1", "0", "0", "0"]
    assert "没有更正" in desk.told("source", "import", "changes", "--system", "ningbo")
    assert "已完成" in desk.told("source", "import", "show", made["batch"])


def test_what_is_over_is_not_given_up_and_the_command_says_why(desk: Desk[Learner]) -> None:
    made = desk.made("source", "import", "take", sheet(desk, "m-1"), *OF)
    ended = desk.run("source", "import", "abandon", made["batch"], "--why", "wrong_period", "--json")

    assert (ended.returncode, json.loads(ended.stdout)["code"]) == (1, "import_not_open")


def test_a_snapshot_is_compared_taken_away_and_recorded(desk: Desk[Learner]) -> None:
    sent = sheet(desk, "s-1", "s-2", title="公需科目")
    batch = desk.made("source", "import", "take", sent, *OF, "--system", "snap")["batch"]
    later = sheet(desk, "s-1", "s-3", title="公需科目")
    snapshot = ("source", "import", "reconcile", batch, later, "--on", "2026-06-30")
    told = desk.told(*snapshot, "--dry-run", "--form", "csv", "--workbook", "differences.csv")

    assert "比较        3" in told and "来源已无此记录：1" in told and "本系统没有登记：1" in told
    assert "s-2,来源已无此记录" in (desk.folder / "differences.csv").read_text("utf-8-sig")
    assert "已登记对账" in desk.told(*snapshot)
    assert "比较 3 条，相异 2 条" in desk.told("source", "import", "show", batch)
    assert desk.run(*snapshot, "--workbook", "again.csv").returncode == 2, "a file that only a trial gives back"
