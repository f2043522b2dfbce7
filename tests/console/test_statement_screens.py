"""Statements in the console: tried, handed out, replaced by a newer, void; each leads to its files and its state."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.api.house_kit import Someone, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast, Read


@pytest.fixture(scope="module")
def person(cast: Cast) -> Someone:
    person = cast.town.person("情况表本人")
    cast.town.belongs(person, cast.works, "2024-01-01")
    for year in (2024, 2025):
        cast.clerk.act(person.submit(study(date=f"{year}-06-01"), f"{year} 年的培训"), "approval", {})
    return person


def handed_out(browser: Browser, person: Someone, **typed: Any) -> Read:
    return browser.press(browser.get(f"/persons/{person.id}/statements/new"), "出具", **typed)


def test_a_person_reads_what_a_statement_would_say_hands_it_out_and_finds_it_again(
    cast: Cast, person: Someone
) -> None:
    browser = Browser(cast.town, person)
    assert "登记情况表" in browser.get("/home").text
    form = browser.get(browser.get(f"/persons/{person.id}/statements").link("出具新的一份"))
    size = cast.town.house.ledger.store.size()
    tried = browser.press(form, "先看内容", years=["2025"])
    assert "将出具的内容" in tried.text and "2025" in tried.text
    assert cast.town.house.ledger.store.size() == size, "a trial writes nothing"
    assert "请选择" in browser.press(form, "出具", 422, years=[]).text

    made = browser.press(form, "出具", years=["2024", "2025"], name="clear")
    assert re.search(r"已办理：\S*情况表（事件 #\d+，", made.text) and "有效" in made.text, made.text
    code = re.search(r"核验码</dt><dd><code>([^<]+)", made.source)
    assert code is not None
    listed = browser.get(f"/persons/{person.id}/statements").text
    assert "2024、2025 年度" in listed and "有效" in listed and "此后" not in listed
    assert code[1] in browser.client.get(f"/persons/{person.id}/statements.csv").get_data(as_text=True)
    assert "有效" in browser.get(made.link("查询现在的状态")).text
    assert browser.client.get(made.link("能在浏览器里离线核验的文件")).mimetype == "text/html"


def test_a_newer_statement_takes_the_place_of_one_and_an_office_says_that_one_is_void(
    cast: Cast, person: Someone
) -> None:
    browser = Browser(cast.town, person)
    old = handed_out(browser, person, years=["2024"])
    assert "由更新的取代" not in old.buttons(), "there is no newer one"
    new = handed_out(browser, person, years=["2024", "2025"])
    replaced = browser.press(browser.get(browser.get(old.address).link("由更新的取代")), "由更新的取代")
    assert "已被更新的取代" in replaced.text and new.address.split("/")[2] in replaced.source
    assert "作废" not in browser.get(new.address).buttons(), "that is an office's to say"

    office = Browser(cast.town, cast.office)
    assert "为什么查阅？" in office.get(new.address).text
    page = office.get(f"{new.address}?purpose=annual_review")
    void = office.press(office.get(page.link("作废")), "作废", basis="issued_in_error", words="年度勾选有误")
    assert "已作废" in void.text and "年度勾选有误" in void.text
    assert "已作废" in browser.get(f"/persons/{person.id}/statements").text
    Browser(cast.town, cast.stranger).get(new.address, 404)


def test_whoever_has_nothing_registered_is_told_so(cast: Cast) -> None:
    browser = Browser(cast.town, cast.newcomer)
    assert "还没有出具过" in browser.get(f"/persons/{cast.newcomer.id}/statements").text
    assert "还没有可以列出的年度" in browser.get(f"/persons/{cast.newcomer.id}/statements/new").text


@pytest.mark.requires_system("chromium")
def test_statements_are_readable_in_a_browser(cast: Cast, person: Someone, served: str, chromium: Any) -> None:
    made = handed_out(Browser(cast.town, person), person, years=["2025"])
    window = Window(chromium, served, person.token)
    place = f"/persons/{person.id}/statements"
    assert {path: faults for path in (place, f"{place}/new", f"{place}?as_of=20", made.address)
            if (faults := window.faults(path))} == {}
    window.page.goto(f"{served}{place}/new")
    window.page.get_by_role("button", name="先看内容").click()
    window.page.get_by_text("将出具的内容").wait_for()
    assert window.said == []
