"""`xueshi import`, what is done: a sheet tried and taken over, what came back, and how it adds up, on a terminal."""

from __future__ import annotations

import csv
import json
from typing import NamedTuple

import pytest

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
    return Desk(folder, {"source": str(source.token)}, li["person"], Learner(number))


def sheet(desk: Desk[Learner], *records: str, category: str = "一般公需") -> str:
    with (desk.folder / "records.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADS, *(
            (record, "1", desk.there.number, "李明", category, "course", "2026-05-04", "4", "exam", "网络课程")
            for record in records)])
    return "records.csv"


def test_a_sheet_is_tried_taken_over_and_adds_up(desk: Desk[Learner]) -> None:
    file = sheet(desk, "k-1", "k-2", "k-2")
    tried = desk.told("source", "import", "take", file, *OF, "--dry-run")
    assert "接受      2" in tried and "record_twice" in tried and "第五条" in tried
    assert "接受 2，拒绝 1" in desk.told("source", "import", "take", file, *OF)
    made = desk.made("source", "import", "take", file, *OF)
    assert made["outcome"]["accepted"] == 2, "the same file once more"
    assert "record_twice" in desk.told("source", "import", "rows", made["batch"])
    report = desk.told("source", "import", "report", "--system", "ningbo").split()
    assert report[-10:] == ["ningbo", report[-9], "1", "3", "2", "0", "1", "0", "0", "0"]
    assert "没有更正" in desk.told("source", "import", "changes", "--system", "ningbo")
    assert "已完成" in desk.told("source", "import", "show", made["batch"])


def test_what_is_over_is_not_given_up_and_the_command_says_why(desk: Desk[Learner]) -> None:
    made = desk.made("source", "import", "take", sheet(desk, "m-1"), *OF)
    ended = desk.run("source", "import", "abandon", made["batch"], "--why", "wrong_period", "--json")

    assert (ended.returncode, json.loads(ended.stdout)["code"]) == (1, "import_not_open")
