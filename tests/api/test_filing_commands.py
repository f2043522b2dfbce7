"""`xueshi training`, what is done: from a plan to cards on a terminal, with a roster tried, mended and registered."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from tests.api.command_kit import Desk
from tests.api.house_kit import Someone, house_in, resident_id
from tests.api.paper_kit import PDF, digest

DAY_US = 24 * 3600 * 1_000_000
ITEM = {"number": 1, "title": "智能制造", "route": "filed_training", "days": "1", "headcount": 30}


class Filed(NamedTuple):
    """A class that was filed forty days before it began, and the id number of who attended."""

    number: str
    training_class: str
    day: str
    organiser: str


def programme(day: date) -> dict[str, object]:
    return {"title": "智能制造", "category": "professional", "route": "filed_training", "days": "1", "headcount": 30,
            "starts": day.isoformat(), "ends": day.isoformat(), "lessons": [{"title": "数字孪生", "hours": "6"}]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Filed]:
    folder, shift = tmp_path_factory.mktemp("desk"), [0]
    with house_in(folder / "data", lambda: time.time_ns() // 1_000 + shift[0]) as town:
        school, bureau, works = (town.unit(name, "330200", "industry") for name in ("甬江学院", "市经信局", "某厂"))
        cast = {role: town.officer(school, "recognised_organiser", "3302") for role in ("teacher", "registrar")}
        cast |= {"city": town.officer(bureau, "sector_authority", "3302"),
                 "people": town.officer(bureau, "human_resources", "3302")}
        number = resident_id(next(town.numbers))
        li = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
        town.belongs(Someone(town.client(), li["token"], li["person"]), works, "2020-01-01")
        day = town.house.today - timedelta(days=1)
        shift[0] = -DAY_US * 41
        filed = cast["teacher"].did("/v1/classes", programme(day))
    tokens = {name: str(one.token) for name, one in cast.items()} | {"li": li["token"]}
    return Desk(folder, tokens, li["person"], Filed(number, filed["training_class"], day.isoformat(), school["unit"]))


def test_a_plan_goes_its_way_on_the_command_line(desk: Desk[Filed]) -> None:
    (desk.folder / "plan.json").write_text(json.dumps({"year": 2025, "items": [ITEM]}), "utf-8")
    tried = desk.told("teacher", "training", "file-plan", "plan.json", "--dry-run")
    assert "尚待备案  人力社保部门、行业主管部门" in tried
    plan = str(desk.made("teacher", "training", "file-plan", "plan.json")["plan"])
    why = ("--reason", "items_incomplete", "--words", "请补充")
    assert "已退回" in desk.told("city", "training", "return", plan, *why)
    shown = desk.told("teacher", "training", "show", plan)
    assert "理由：计划的内容不全 [items_incomplete]" in shown and "浙人社发〔2016〕63号 第十一条" in shown
    assert "已重新申报" in desk.told("teacher", "training", "refile", plan, "-", stdin=json.dumps({"items": [ITEM]}))
    for office in ("people", "city"):
        told = desk.told(office, "training", "acknowledge", plan)
    assert "状态      已备案" in told
    told = desk.told("city", "training", "evaluate", plan, "--grade", "qualified", "--words", "如期")
    assert "状态      已评估" in told
    assert "行业主管部门 合格" in desk.told("people", "training", "list", "--plans", "--year", "2025")
    assert "行业主管部门：如期（事件 " in desk.told("people", "training", "show", plan)


def test_a_class_is_told_what_the_law_makes_of_its_filing_and_may_be_refused(desk: Desk[Filed]) -> None:
    body = json.dumps(programme(date.fromisoformat(desk.there.day) + timedelta(days=11)))
    assert "迟 20 天，计入并标注" in desk.told("teacher", "training", "file-class", "-", "--dry-run", stdin=body)
    told = desk.run("teacher", "training", "file-class", "-", "--json", stdin=body)
    filed = json.loads(told.stdout)["training_class"]
    why = ("--reason", "content_unfit", "--words", "与计划不符")
    assert "状态  不予备案" in desk.told("city", "training", "refuse", filed, *why)
    assert "理由：内容与专业科目不符" in desk.told("teacher", "training", "show", filed)
    slip = desk.run("teacher", "training", "file-class", "-", stdin="[]")
    assert (slip.returncode, "bad_json" in slip.stderr) == (2, True)


def test_a_paper_is_handed_in_and_opened_on_the_command_line(desk: Desk[Filed]) -> None:
    """W 13: the office that answers the class reads what it reviews; another sees digests alone."""
    (desk.folder / "批件.pdf").write_bytes(PDF)
    body = programme(date.fromisoformat(desk.there.day) + timedelta(days=60))
    body["evidence"] = [{"kind": "document", "sha256": digest(PDF)}, {"kind": "roster", "sha256": "ab" * 32}]
    (desk.folder / "class.json").write_text(json.dumps(body), "utf-8")
    made = desk.made("teacher", "training", "file-class", "class.json")
    one = str(made["training_class"])
    assert f"材料 学员名单  {'ab' * 32}  只登记了摘要" in desk.told("city", "training", "show", one)

    told = desk.told("teacher", "training", "upload", str(made["organiser"]), "批件.pdf")
    assert f"已收下。其 SHA-256 为 {digest(PDF)}" in told
    assert f"材料 文件、批件  {digest(PDF)}  PDF，{len(PDF)} 字节" in desk.told("city", "training", "show", one)
    desk.told("city", "training", "open", one, digest(PDF), "--out", "opened.pdf", "--purpose", "class_review")
    assert (desk.folder / "opened.pdf").read_bytes() == PDF
    no = desk.run("li", "training", "open", one, digest(PDF), "--purpose", "class_review")
    assert (no.returncode != 0, "evidence_absent" in no.stderr) == (True, True)


def test_a_plan_is_judged_and_that_is_put_right_and_its_papers_are_opened(desk: Desk[Filed]) -> None:
    """P 12; P 11 has both departments read what they put on file."""
    (desk.folder / "计划.pdf").write_bytes(PDF)
    item = {"number": 1, "title": "智能制造", "route": "advanced_seminar", "days": "2", "headcount": 30,
            "seeks_funding": True}
    body = {"year": 2024, "items": [item], "evidence": [{"kind": "plan", "sha256": digest(PDF)}]}
    (desk.folder / "plan.json").write_text(json.dumps(body), "utf-8")
    made = desk.made("teacher", "training", "file-plan", "plan.json")
    one = str(made["plan"])
    desk.told("teacher", "training", "upload", str(made["organiser"]), "计划.pdf")
    assert f"材料 年度计划  {digest(PDF)}  PDF" in desk.told("city", "training", "show", one)
    desk.told("city", "training", "open", one, digest(PDF), "--out", "plan.pdf", "--purpose", "class_review")
    assert (desk.folder / "plan.pdf").read_bytes() == PDF
    wrong = desk.run("city", "training", "open", "unt_1", digest(PDF))
    assert (wrong.returncode, "[bad_usage]" in wrong.stderr) == (2, True)

    assert one in desk.told("city", "training", "list", "--plans", "--seeks-funding")
    for office in ("people", "city"):
        desk.told(office, "training", "acknowledge", one)
    desk.told("city", "training", "evaluate", one, "--grade", "unqualified", "--words", "未办")
    told = desk.told("city", "training", "correct-evaluation", one, "--grade", "qualified",
                     "--document", "甬经信函〔2027〕3号", "--words", "漏计一班")
    assert "已更正评估" in told
    shown = desk.told("teacher", "training", "show", one)
    assert "评估      行业主管部门 合格" in shown and "已更正，原为 行业主管部门 不合格" in shown


def test_a_roster_is_tried_goes_back_marked_is_mended_and_registered(desk: Desk[Filed]) -> None:
    one = desk.there.training_class
    assert "已备案" in desk.told("city", "training", "accept", one, "--number", "甬备-1")
    (desk.folder / "summary.pdf").write_bytes(b"%PDF")
    assert "已登记举办情况" in desk.told(
        "teacher", "training", "hold", one, "--starts", desk.there.day, "--ends", desk.there.day, "--days", "1",
        "--attended", "1", "--passed", "1", "--evidence", "summary=summary.pdf")
    assert "已写入 blank.xlsx" in desk.told("teacher", "training", "template", "blank.xlsx")
    assert desk.run("teacher", "training", "template", "blank.xlsx").returncode == 2, "nothing is overwritten"

    (desk.folder / "list.csv").write_text(f"证件号码,姓名\n{desk.there.number},李朋\n", "utf-8")
    tried = desk.run("registrar", "training", "roster", one, "list.csv", "--dry-run", "--workbook", "back.xlsx")
    assert (tried.returncode, "有 1 行错误" in tried.stdout, "可以办理" in tried.stdout) == (2, True, False)
    assert "错误  1" in tried.stdout and "person_unknown" in tried.stdout
    back = CalamineWorkbook.from_path(desk.folder / "back.xlsx").get_sheet_by_index(0).to_python()
    assert back[0][-1] == "原因" and "请按证件核对" in back[1][-1]
    no = desk.run("registrar", "training", "roster", one, "list.csv")
    assert (no.returncode, "第 2 行" in no.stderr) == (2, True)

    none = desk.run("registrar", "training", "return-roster", one, "--words", "姓名不对")
    assert (none.returncode, "roster_not_handed_in" in none.stderr) == (1, True), "nobody has handed one in"
    desk.told("teacher", "training", "upload", desk.there.organiser, "list.csv")
    desk.told("teacher", "training", "hold", one, "--starts", desk.there.day, "--ends", desk.there.day, "--days", "1",
              "--attended", "1", "--passed", "1", "--evidence", "summary=summary.pdf", "--evidence", "roster=list.csv")
    why = ("--reason", "people_wrong", "--words", "李朋没有来")
    back = desk.told("registrar", "training", "return-roster", one, *why)
    sent = digest((desk.folder / "list.csv").read_bytes())
    assert "已退回" in back and f"退回的名册  {sent}" in back
    assert "李朋没有来" in desk.told("teacher", "training", "show", one)

    (desk.folder / "list.csv").write_text(f"证件号码,姓名\n{desk.there.number},李明\n", "utf-8")
    assert "6 学时 × 1 人" in desk.told("registrar", "training", "roster", one, "list.csv", "--dry-run")
    assert "已统一登记" in desk.told("registrar", "training", "roster", one, "list.csv")
    assert "此前已办理，未重复登记" in desk.told("registrar", "training", "roster", one, "list.csv")
    none = desk.run("registrar", "training", "abandon", one)
    assert (none.returncode, "roster_not_open" in none.stderr) == (1, True)

    card = desk.made("teacher", "training", "issue", one, desk.person, "--number", "2026-1", "--attended-days", "1",
                     "--hours", "6")
    assert "2026-1" in desk.told("li", "training", "cards", "--person", desk.person)
    assert "已作废" in desk.told("teacher", "training", "void", str(card["card"]), "--words", "天数有误")
