"""Trainings in the console: plans and classes filed, answered and held; their lists, now and as they stood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any, NamedTuple

import pytest

from api.cases.training.rosters import blank
from tests.api.house_kit import BODY, Someone
from tests.api.paper_kit import PDF, digest, png
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast


class School(NamedTuple):
    """Whoever holds classes, two offices that answer, and their browsers."""

    cast: Cast
    unit: BODY
    someone: Someone
    teacher: Browser
    city: Browser
    officer: Someone
    planner: Someone      # Of another city, so that no plan waits for an office that others look at.
    people: Browser

    def file(self, title: str, starts_in: int = 60, **more: Any) -> BODY:
        """A class that begins in so many days."""
        starts = self.cast.town.house.today + timedelta(starts_in)
        return self.someone.did("/v1/classes", {
            "title": title, "category": "professional", "route": "filed_training", "days": "2", "headcount": 30,
            "recipient": "sector_authority", "lessons": [{"title": "数字孪生", "hours": "12"}],
            "starts": starts.isoformat(), "ends": (starts + timedelta(1)).isoformat(), **more})


@pytest.fixture(scope="module")
def school(cast: Cast) -> Iterator[School]:
    town = cast.town
    unit, bureau = (town.unit(name, "330200", "industry") for name in ("甬江学院", "宁波市经信局"))
    teacher = town.officer(unit, "recognised_organiser", "3302")
    city = town.officer(bureau, "sector_authority", "3302")
    planner = town.officer(town.unit("南湖学院", "330400", "industry"), "recognised_organiser", "3304")
    people = town.officer(town.unit("嘉兴市人社局", "330400", "general"), "human_resources", "3304")
    yield School(cast, unit, teacher, Browser(town, teacher), Browser(town, city), city, planner, Browser(town, people))


def at(made: BODY) -> str:
    return f"/classes/{made['training_class']}"


def fill(title: str, starts: str, ends: str) -> BODY:
    return {"title": title, "category": "professional", "route": "filed_training", "starts": starts, "ends": ends,
            "days": "2", "headcount": "40", "recipient": "sector_authority", "lessons__0__title": "电池技术",
            "lessons__0__hours": "12"}


def test_a_class_is_typed_checked_with_what_the_law_makes_of_the_day_and_filed(school: School) -> None:
    starts = school.cast.town.house.today + timedelta(10)
    form = school.teacher.get("/classes/new")
    typed = fill("新能源汽车技术", str(starts), str(starts + timedelta(1)))
    check = school.teacher.press(form, "下一步：核对", **typed)
    assert "今天申报，距拟开班 10 天" in check.text
    assert "须提前 30 天，差 20 天：照收，学时计入并标注逾期备案" in check.text

    done = school.teacher.press(check, "提交申报")
    assert "已办理：申报培训班（事件 #" in done.text
    assert "逾期，计入并标注" in done.text


def test_what_is_missing_or_misspelt_is_told_at_its_field_and_what_was_typed_stays(school: School) -> None:
    form = school.teacher.get("/classes/new")
    shown = school.teacher.press(form, "下一步：核对", 422, title="只写了名称", days="三天",
                                 lessons__1__title="第二行的课程", lessons__1__hours="很多")

    assert ("名称：请填写。", "#title") not in shown.links
    assert ("途径：请选择。", "#route") in shown.links
    assert any(address == "#lessons-1-hours" and "第 2 行学时" in words for words, address in shown.links)
    assert any(address == "#days" for _, address in shown.links)
    assert 'value="第二行的课程"' in shown.source and 'value="三天"' in shown.source


def test_an_office_puts_a_class_on_file_under_a_number_after_seeing_before_and_after(school: School) -> None:
    made = school.file("备案的班")
    page = school.city.get(at(made))
    assert {"备案", "不予备案"} <= page.buttons()
    assert "登记举办情况" not in page.buttons()

    check = school.city.get(f"{at(made)}/acceptance")
    assert "待备案" in check.text and "已备案" in check.text
    assert "备案号：请填写。" in school.city.press(check, "备案", 422).text
    done = school.city.press(check, "备案", number="甬备-屏-1")
    assert "已办理：培训班备案（事件 #" in done.text
    assert "甬备-屏-1" in done.text


def test_what_is_not_put_on_file_says_why_to_its_organiser_and_to_nobody_else(school: School) -> None:
    made = school.file("不予备案的班")
    form = school.city.get(f"{at(made)}/refusal")
    school.city.press(form, "不予备案", reason="other", words="课程与专业无关")

    assert "课程与专业无关" in school.teacher.get(at(made)).text
    assert "课程与专业无关" not in Browser(school.cast.town, school.cast.li).get(at(made)).text


def test_a_queue_row_of_a_class_or_a_plan_is_called_as_its_organiser_calls_it_and_leads_to_its_page(
    school: School
) -> None:
    made = school.file("从待办进来的班")
    year = school.cast.town.house.today.year + 1
    plan = school.planner.did("/v1/plans", {"year": year, "items": [
        {"number": n, "title": f"第 {n} 个班", "route": "filed_training", "days": "2", "headcount": 20}
        for n in (1, 2)]})

    assert school.city.get("/queue?kind=class").link("从待办进来的班").startswith(at(made))
    waits = school.people.get("/queue?kind=plan")
    assert waits.link(f"{year} 年度培训计划，2 项").startswith(f"/plans/{plan['plan']}")
    assert plan["plan"] not in waits.text and "南湖学院" in waits.text


def test_a_class_is_held_and_what_differs_from_its_plan_is_flagged(school: School) -> None:
    made = school.file("办过的班", starts_in=-9)
    school.officer.did(f"/v1{at(made)}/acceptance", {"number": "甬备-屏-2"}, version=1)
    form = school.teacher.get(f"{at(made)}/holding")
    shown = school.teacher.press(form, "登记举办情况", attended="41", passed="40")

    assert "已举办" in shown.text
    assert "超过拟办人数" in shown.text and "不在年度计划内" in shown.text
    assert {"拟办人数", "参加", "考核合格"} <= set(shown.text.split())


def test_a_class_under_the_plan_of_another_year_is_flagged_to_whoever_looks(school: School) -> None:
    """P 11, N 7: no rule forbids it, so it is filed; the office sees it before it puts the class on file."""
    year = school.cast.town.house.today.year
    item = {"number": 1, "title": "班", "route": "filed_training", "days": "2", "headcount": 30}
    plans = [school.someone.did("/v1/plans", {"year": each, "items": [item]})["plan"] for each in (year + 3, year + 4)]
    starts = f"{year + 4}-03-01"
    other, same = (school.file("某班", plan=plan, item=1, starts=starts, ends=f"{year + 4}-03-02") for plan in plans)

    assert f"是 {year + 3} 年的计划" in school.city.get(at(other)).text
    assert "年的计划" not in school.city.get(at(same)).text


def test_a_plan_goes_round_its_departments_is_sent_back_mended_and_put_on_file(school: School) -> None:
    planner = Browser(school.cast.town, school.planner)
    form = planner.get("/plans/new")
    row: BODY = {"items__0__title": "高级研修班", "items__0__route": "advanced_seminar", "items__0__level": "municipal",
                 "items__0__days": "3", "items__0__headcount": "40", "items__0__seeks_funding": "true"}
    check = planner.press(form, "下一步：核对", year="2031", **row)
    assert "人力社保部门" in check.text and "申请" in check.text.split()
    filed = planner.press(check, "提交申报")
    place = filed.address

    back = school.people.press(school.people.get(f"{place}/return"), "退回修改", reason="other", words="人数不实")
    assert "退回修改" in back.text
    mended = planner.get(f"{place}/refiling")
    assert 'value="高级研修班"' in mended.source
    check = planner.press(mended, "下一步：核对", items__0__headcount="30")
    again = planner.press(check, "提交申报")
    assert "第 2 次申报" in again.text

    foreseen = planner.get(next(address for _, address in again.links if address.startswith("/classes/new?")))
    assert 'value="高级研修班"' in foreseen.source and 'value="30"' in foreseen.source, "nothing is typed twice"
    assert school.teacher.client.get(f"{place}/refiling").status_code == 403

    sought = school.people.get(f"{place}/acknowledgement")
    assert "1 个项目申请财政资助。上年度计划的评估：没有评估" in sought.text
    assert place in {address for _, address in school.people.get("/plans?seeks_funding=1").links}
    done = school.people.press(sought, "备案")
    assert "已办理：计划备案" in done.text
    assert f"{place}/acknowledgement" not in {address for _, address in done.links}


def test_a_class_that_was_changed_meanwhile_is_not_filed_over_unseen(school: School) -> None:
    made = school.file("两人同时改的班")
    form = school.teacher.get(f"{at(made)}/refiling")
    school.officer.did(f"/v1{at(made)}/acceptance", {"number": "甬备-屏-9"}, version=1)
    told = school.teacher.press(form, "下一步：核对", 412, title="改了名称的班")
    assert 'value="改了名称的班"' in told.source, "what was typed is still there"

    check = school.teacher.press(told, "下一步：核对")
    assert "第 2 次申报" in school.teacher.press(check, "提交申报").text


def test_lists_are_narrowed_by_the_address_and_taken_away_as_they_are(school: School) -> None:
    made = school.file("列表里的班")
    rows = school.teacher.json("/classes.json?own=1&status=filed")["items"]

    assert made["training_class"] == rows[0]["training_class"]
    assert {one["organiser"] for one in rows} == {school.unit["unit"]}
    assert "没有符合条件的培训班" in school.teacher.get("/classes?year=1990").text
    assert "列表里的班" in school.teacher.client.get("/classes.csv?own=1").get_data(as_text=True)


def test_of_a_past_moment_a_class_is_what_it_was_then_and_nothing_is_offered(school: School) -> None:
    made = school.file("当时的班")
    school.officer.did(f"/v1{at(made)}/acceptance", {"number": "甬备-屏-3"}, version=1)
    shown = school.teacher.get(f"{at(made)}?as_of={made['events'][0]}")

    assert "您看的不是现在" in shown.text and "甬备-屏-3" not in shown.text
    assert not shown.buttons() & {"登记举办情况", "重新申报"}


def test_whoever_holds_no_classes_is_offered_no_form_and_told_why_at_its_address(school: School) -> None:
    person = Browser(school.cast.town, school.cast.li)

    assert "申报培训班" not in person.get("/classes").buttons()
    assert "经办账号" in person.get("/classes/new", 403).text


def test_a_plan_is_judged_that_is_put_right_and_its_paper_is_opened_on_its_page(school: School) -> None:
    """P 11, P 12: what was said first stays to be seen, under what holds now."""
    form = school.teacher.get("/plans/new")
    row: BODY = {"items__0__title": "班", "items__0__route": "filed_training", "items__0__days": "1",
                 "items__0__headcount": "30"}
    check = school.teacher.press(form, "下一步：核对", year="2026", paper_document=(BytesIO(PDF), "计划.pdf"), **row)
    place = school.teacher.press(check, "提交申报").address
    paper = f"{place}/evidence/{digest(PDF)}"
    assert ("打开（PDF，1 KB）", paper) in school.city.get(place).links
    assert school.city.client.get(f"{paper}?purpose=class_review").data == PDF

    town = school.cast.town
    bureau = town.unit("宁波市人社局", "330200", "industry")
    people = Browser(town, town.officer(bureau, "human_resources", "3302"))
    for office in (people, school.city):
        office.press(office.get(f"{place}/acknowledgement"), "备案")
    assert "更正评估" not in school.city.get(place).buttons()
    school.city.press(school.city.get(f"{place}/evaluation"), "评估实施情况", grade="unqualified", words="未办")
    deed = school.city.get(f"{place}/evaluation-correction")
    assert "行业主管部门 不合格" in deed.text and "行业主管部门 合格" not in deed.text, "nobody has typed how it was"
    tried = school.city.press(deed, "先看结果", grade="qualified", document="甬经信函〔2027〕3号", words="漏计一班")
    assert "行业主管部门 不合格" in tried.text and "行业主管部门 合格" in tried.text
    shown = school.city.press(deed, "更正评估", grade="qualified", document="甬经信函〔2027〕3号", words="漏计一班")
    assert "更正依据 甬经信函〔2027〕3号" in shown.text and "更正之前" in shown.text
    assert "年度未结束" in shown.text and "漏计一班" in shown.text
    assert people.client.get(f"{place}/evaluation-correction").status_code == 409, "theirs is not given yet"


@pytest.mark.requires_system("chromium")
def test_every_screen_of_trainings_is_without_fault_in_a_browser(school: School, served: str, chromium: Any) -> None:
    made = school.file("浏览器里的班")
    plan = school.planner.did("/v1/plans", {"year": 2033, "items": [
        {"number": 1, "title": "班", "route": "filed_training", "days": "2", "headcount": 30}]})
    place = f"/plans/{plan['plan']}"
    window = Window(chromium, served, school.someone.token)
    for path in ("/classes", "/classes/new", at(made), f"{at(made)}/refiling", "/plans", "/plans/new", place):
        assert window.faults(path) == [], path
    office = Window(chromium, served, school.officer.token)
    for path in (f"{at(made)}/acceptance", f"{at(made)}/refusal"):
        assert office.faults(path) == [], path
    assert window.said + office.said == []


def test_what_an_organiser_hands_in_is_opened_by_the_office_that_answers_and_what_is_no_paper_goes_by_its_digest(
    school: School,
) -> None:
    """W 13; nobody else is shown more than digests."""
    made = school.file("有材料的班", starts_in=-9)
    school.officer.did(f"/v1{at(made)}/acceptance", {"number": "甬备-屏-料"}, version=1)
    form = school.teacher.get(f"{at(made)}/holding")
    shown = school.teacher.press(form, "登记举办情况", attended="1", passed="1",
                                 paper_summary=(BytesIO(PDF), "总结.pdf"),
                                 paper_roster=(BytesIO(blank()), "名单.xlsx"),
                                 paper_attendance=(BytesIO("到齐".encode()), "考勤.txt"))
    paper = f"{at(made)}/evidence/{digest(PDF)}"
    assert ("打开（PDF，1 KB）", paper) in shown.links
    assert any(words.startswith("打开（XLSX，") for words, _ in shown.links), "a list is kept as it is"
    assert "考勤 sha256" in shown.text and shown.text.count("只登记了摘要，原件由办班单位保存") == 1

    assert paper in {address for _, address in school.city.get(at(made)).links}
    assert "目的" in school.city.get(paper).text
    opened = school.city.client.get(f"{paper}?purpose=class_review")
    assert (opened.status_code, opened.data) == (200, PDF)
    li = Browser(school.cast.town, school.cast.li)
    seen = li.get(at(made))
    assert paper not in {address for _, address in seen.links} and "只给办班单位和受理、登记的部门查阅" in seen.text
    assert li.client.get(f"{paper}?purpose=class_review").status_code == 404


def test_a_paper_chosen_for_a_holding_that_does_not_fit_is_read_again_with_what_is_wrong(school: School) -> None:
    made = school.file("日期有误的班", starts_in=-9)
    school.officer.did(f"/v1{at(made)}/acceptance", {"number": "甬备-屏-误"}, version=1)
    form = school.teacher.get(f"{at(made)}/holding")
    told = school.teacher.press(form, "登记举办情况", 422, attended="1", passed="1", days="30",
                                paper_summary=(BytesIO(PDF), "总结.pdf"))
    assert "天数" in told.text


def test_a_document_that_goes_with_a_filing_is_kept_and_a_broken_one_is_told_at_its_field(school: School) -> None:
    starts = str(school.cast.town.house.today + timedelta(50))
    form, typed = school.teacher.get("/classes/new"), fill("有批件的班", starts, starts) | {"days": "1"}
    wrong = school.teacher.press(form, "下一步：核对", 422, paper_document=(BytesIO(PDF[:30]), "批件.pdf"), **typed)
    assert any(address == "#paper_document" for _, address in wrong.links)
    assert 'name="evidence"' not in wrong.source, "what was not taken is not cited either"

    check = school.teacher.press(form, "下一步：核对", paper_document=(BytesIO(png(9)), "批件.png"), **typed)
    done = school.teacher.press(check, "提交申报")
    assert any(words.startswith("打开（PNG") for words, _ in done.links)
