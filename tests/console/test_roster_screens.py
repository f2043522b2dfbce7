"""A roster in the console: tried, sent back marked, registered once, its receipt; who is on it, and their cards."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from api.console.training.rosters import SENT_MOST
from ledger.acts.rosters import Roster, open_roster
from ledger.events.training import ClassId
from ledger.vocabulary import ActorId
from tests.api.house_kit import Someone, resident_id
from tests.console.browser_kit import Window
from tests.console.console_kit import HERE, Browser, Cast, Read


class Pupil(NamedTuple):
    """Somebody with what is printed on their document."""

    id: str
    number: str
    name: str


class School(NamedTuple):
    """An organiser with two hands: one says who was there, the other registers them."""

    cast: Cast
    someone: Someone
    officer: Someone
    second: Someone
    teacher: Browser
    registrar: Browser
    pupils: list[Pupil]

    def held(self, title: str) -> str:
        """The address of a class that was put on file and held."""
        starts = self.cast.town.house.today - timedelta(9)
        dates = {"starts": starts.isoformat(), "ends": (starts + timedelta(1)).isoformat()}
        made = self.someone.did("/v1/classes", {
            "title": title, "category": "professional", "route": "training", "level": "provincial", "days": "2",
            "headcount": 30, "lessons": [{"title": "课", "hours": "8"}], **dates})
        place = f"/classes/{made['training_class']}"
        self.officer.did(f"/v1{place}/acceptance", {"number": f"甬备-{title}"}, version=1)
        self.someone.did(f"/v1{place}/holding", {**dates, "days": "2", "attended": 3, "passed": 3}, version=2)
        return place

    def list_of(self, *rows: tuple[str, ...]) -> bytes:
        """A file with these rows under the names of the columns."""
        text = io.StringIO()
        csv.writer(text).writerows([("证件号码", "姓名", "出勤天数", "登记卡号"), *rows])
        return text.getvalue().encode("utf-8-sig")


@pytest.fixture(scope="module")
def school(cast: Cast) -> Iterator[School]:
    town = cast.town
    unit, other = (town.unit(name, "330200", "industry") for name in ("东钱湖学院", "保国寺学院"))
    teacher, registrar = (town.officer(unit, "recognised_organiser", "3302") for _ in range(2))
    pupils = []
    for name in ("孙立", "周文博", "吴桐"):
        number = resident_id(next(town.numbers))
        made = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
        town.belongs(Someone(town.client(), made["token"], made["person"]), cast.works, "2020-01-01")
        pupils.append(Pupil(made["person"], number, name))
    yield School(cast, teacher, town.officer(other, "recognised_organiser", "3302"), registrar, Browser(town, teacher),
                 Browser(town, registrar), pupils)


def upload(browser: Browser, place: str, content: bytes, status: int = 200) -> Read:
    page = browser.get(f"{place}/roster")
    return browser.press(page, "逐行检查", status, file=(io.BytesIO(content), "名册.csv"))


def good(school: School, place: str) -> bytes:
    """A list without fault; card numbers are an organiser's own, so each class has others."""
    return school.list_of(*((one.number, one.name, "1.5" if at else "", f"号-{place[-12:]}-{at}")
                            for at, one in enumerate(school.pupils)))


def test_a_list_is_checked_registered_as_one_act_and_has_a_receipt_with_its_digest(school: School) -> None:
    place, size = school.held("登记的班"), school.cast.town.house.ledger.store.size
    before = size()
    check = upload(school.registrar, place, good(school, place))
    assert "共 3 行 新增 3 重复 0 错误 0" in check.text
    assert "名册中的列名" in check.text and size() == before, "nothing is written by a check"

    receipt = school.registrar.press(check, "登记这 3 人")
    assert receipt.address.startswith(f"{place}/rosters/act_")
    assert "已办理：名单登记完毕（事件 #" in receipt.text
    assert f"sha256 {school.teacher.json(f'{receipt.address}.json')['list_sha256']}" in receipt.text
    assert "3 人" in school.teacher.get(place).text


def test_the_same_file_again_leads_to_the_same_receipt_and_registers_nobody(school: School) -> None:
    place = school.held("只登记一次的班")
    first = school.registrar.press(upload(school.registrar, place, good(school, place)), "登记这 3 人")
    size = school.cast.town.house.ledger.store.size()
    again = upload(school.registrar, place, good(school, place))

    assert again.address == first.address
    assert "这个文件此前已经导入" in again.text
    assert school.cast.town.house.ledger.store.size() == size


def test_a_list_with_a_fault_registers_nobody_and_goes_back_with_the_reason_beside_it(school: School) -> None:
    place, (one, two, _) = school.held("有错的班"), school.pupils
    content = school.list_of((one.number, one.name, "2.3", ""), (two.number, "周文", "", ""))
    shown = upload(school.registrar, place, content)
    assert "有错误，全部未登记" in shown.text and "第 2 行 C 列" in shown.text
    assert not any("登记这" in words for words in shown.buttons())

    answer = school.registrar.send(shown, "下载退回的工作簿")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "原因"
    assert "0.5 的倍数" in str(rows[1][-1])
    assert "没有证件号码和姓名都与此相符的人员" in str(rows[2][-1])
    assert school.teacher.json(f"{place}.json")["rosters"] == []


def test_a_file_that_is_none_is_told_so_over_the_form(school: School) -> None:
    place = school.held("没有文件的班")

    assert "请选择文件" in school.registrar.press(school.registrar.get(f"{place}/roster"), "逐行检查", 422).text
    assert "没有找到列名" in upload(school.registrar, place, "甲,乙\n1,2\n".encode(), 422).text
    length = {"CONTENT_LENGTH": str(SENT_MOST + 1)}
    large = Read(school.registrar.client.post(f"{place}/roster", headers=HERE, data={}, environ_overrides=length))
    assert "提交的内容过大" in large.text and large.link("回到表单") == f"{place}/roster"


def test_a_long_list_travels_with_its_check(school: School) -> None:
    place = school.held("名单很长的班")
    rows = [(resident_id(5_000 + number), f"查无此人{number % 7}", "", "号" * 90) for number in range(1_300)]
    shown = upload(school.registrar, place, school.list_of(*rows))
    carried = shown.form_with("下载退回的工作簿")[0].fields["content"]
    assert "共 1300 行" in shown.text
    assert len(carried) > 500_000, "more than a form may hold elsewhere"

    assert school.registrar.send(shown, "下载退回的工作簿").data.startswith(b"PK")


def test_whoever_said_who_was_there_is_not_offered_to_register_them(school: School) -> None:
    place = school.held("两个人办的班")

    assert "名册导入" not in school.teacher.get(place).buttons()
    assert "名册导入" in school.registrar.get(place).buttons()
    form = school.teacher.get(f"{place}/roster")
    assert "交给登记部门统一登记" in form.text and "确认的文件号" not in form.text


def test_a_registration_that_was_killed_is_told_how_far_it_is_goes_on_with_the_same_file_or_is_given_up(
    school: School,
) -> None:
    place, content = school.held("中断的班"), b""
    for kind in ("goes on", "is given up"):
        content = school.list_of(*((one.number, one.name, "", f"{kind}-{place[-12:]}-{at}")
                                   for at, one in enumerate(school.pupils)))
        begun = open_roster(
            school.cast.town.house.ledger, ClassId(place.rpartition("/")[2]), rows=3, actor=ActorId(school.second.id),
            list_sha256=hashlib.sha256(content).hexdigest(), role="recognised_organiser",
            now_ms=school.cast.town.house.now // 1_000)
        assert isinstance(begun, Roster), begun
        going = school.registrar.get(place)
        assert "已写入 0／3 行；全部写完才一并生效" in going.text
        assert ("meta", {"http-equiv": "refresh", "content": "3"}) in going.tags, "also without a script"
        assert "有一份名单登记到一半" in school.registrar.get(f"{place}/roster").text
        if kind == "is given up":
            break
        done = school.registrar.press(upload(school.registrar, place, content), "登记这 3 人")
        assert "已登记" in done.text
        place = school.held("再中断的班")

    given_up = school.registrar.press(school.registrar.get(f"{place}/roster-abandonment"), "放弃未完成的名单")
    assert "已放弃" in given_up.text
    assert "有一份名单登记到一半" not in school.registrar.get(f"{place}/roster").text


def test_the_template_is_for_everybody_who_is_logged_in(school: School) -> None:
    answer = school.teacher.client.get(f"{school.held('模板的班')}/roster-template")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
    assert sheet.to_python()[0][:2] == ["证件号码", "姓名"]


def test_who_is_registered_is_shown_masked_for_a_purpose_and_each_is_recorded(school: School) -> None:
    place, access = school.held("查阅的班"), school.cast.town.house.register.access.store
    school.registrar.press(upload(school.registrar, place, good(school, place)), "登记这 3 人")
    assert "为什么查阅" in school.teacher.get(f"{place}/people").text

    before = access.size()
    shown = school.teacher.get(f"{place}/people?purpose=annual_review")
    assert "孙*" in shown.text and "孙立" not in shown.text
    assert access.size() == before + 3
    assert school.teacher.client.get(f"{place}/people.xlsx?purpose=annual_review").data.startswith(b"PK")
    assert school.teacher.client.get(f"{place}/people.csv").status_code >= 400, "without a purpose nothing is given"
    assert access.size() == before + 6


def test_whoever_sees_nobody_of_a_class_is_offered_no_list_of_its_people(school: School) -> None:
    place, town = school.held("别处看不到的班"), school.cast.town
    far = Browser(town, town.officer(town.unit("衢州某局", "330800", "industry"), "sector_authority", "3308"))

    assert "已登记的人员" in school.teacher.get(place).buttons()
    assert "已登记的人员" not in far.get(place).buttons()
    assert far.client.get(f"{place}/people?purpose=review").status_code == 403


def test_a_card_is_issued_from_the_list_and_voided_with_words(school: School) -> None:
    place = school.held("发卡的班")
    school.registrar.press(upload(school.registrar, place, good(school, place)), "登记这 3 人")
    people = school.teacher.get(f"{place}/people?purpose=annual_review")
    begins = f"{place}/cards/new?person={school.pupils[0].id}"
    address = next(address for _, address in people.links if address.startswith(begins))
    form = school.teacher.get(address)
    assert "卡号：请填写。" in school.teacher.press(form, "出具", 422).text

    card = school.teacher.press(form, "出具", number="卡-屏-1")
    assert "学时登记卡 卡-屏-1" in card.text and "有效" in card.text
    taken = school.teacher.press(school.teacher.get(address), "出具", 409, number="卡-屏-1")
    assert any(field == "#number" for _, field in taken.links)
    void = school.teacher.press(school.teacher.get(f"{card.address}/voiding"), "作废", words="发错了人")
    assert "已作废" in void.text
    assert "1 已作废" not in school.teacher.get(place).text
    assert "卡-屏-1" in school.teacher.get(f"{place}/cards?purpose=review").text, "what is void is still shown"


@pytest.mark.requires_system("chromium")
def test_every_screen_of_rosters_is_without_fault_in_a_browser(school: School, served: str, chromium: Any) -> None:
    place = school.held("浏览器里的名单")
    window = Window(chromium, served, school.second.token)
    assert window.faults(f"{place}/roster") == []
    window.page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": good(school, place)})
    window.page.get_by_role("button", name="逐行检查").click()
    window.page.get_by_role("button", name="登记这 3 人").click()
    receipt = window.page.url.removeprefix(served).partition("?")[0]
    for path in (receipt, place, f"{place}/people?purpose=review", f"{place}/cards?purpose=review",
                 f"{place}/cards/new"):
        assert window.faults(path) == [], path
    assert window.said == []


