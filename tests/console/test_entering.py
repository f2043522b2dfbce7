"""An office or a unit enters somebody who cannot do so themselves; the person alone chooses their password."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.api.house_kit import Town, house_in, resident_id
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving, with_pages

NUMBERS = count(4_000)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("entering") / "data") as made:
        yield with_pages(made)


@pytest.fixture(scope="module")
def office(town: Town) -> Browser:
    return Browser(town, town.officer(town.unit("宁波市人社局", "330200", "general"), "human_resources", "3302"))


def entered(browser: Browser, name: str, number: str) -> Read:
    check = browser.press(browser.get("/persons/new"), "下一步：核对", name=name, id_number=number)
    return browser.press(check, "登记")


def test_an_office_enters_somebody_and_they_choose_their_own_password(town: Town, office: Browser) -> None:
    number, size = resident_id(next(NUMBERS)), town.house.ledger.store.size()
    form = office.get(office.get("/years").link("登记人员"))
    check = office.press(form, "下一步：核对", name="郑老", id_number=number)
    assert f"姓名 郑老 证件类型 居民身份证 证件号码 {number}" in check.text
    assert town.house.ledger.store.size() == size, "nothing is written until it was read once more"
    assert "郑老" in office.press(check, "返回修改").source

    done = office.press(check, "登记")
    assert "已办理" in done.text and "人员编号 per_" in done.text
    assert number not in done.source and "郑老" not in done.source
    given = office.press(done, "发放设置码", 201)
    code = given.text.partition("设置码只显示这一次 ")[2].split()[0]
    assert len(code) > 10 and code not in office.get(done.address).source
    themselves = Browser(town)
    themselves.press(themselves.get("/password"), "设置", code=code, password="一句谁也猜不到的足够长的口令")
    logged_in = themselves.client.post("/login", headers={"Sec-Fetch-Site": "same-origin"}, data={
        "name": number, "password": "一句谁也猜不到的足够长的口令"})
    assert logged_in.headers["Location"] == "/home"


def test_who_is_registered_already_is_said_before_anything_is_recorded(town: Town, office: Browser) -> None:
    number = resident_id(next(NUMBERS))
    entered(office, "王一", number)
    again = office.press(office.get("/persons/new"), "下一步：核对", 409, name="王一", id_number=number)
    assert 'href="#id_number"' in again.source
    wrong = office.press(office.get("/persons/new"), "下一步：核对", 422, name="王一", id_number=number[:-1])
    assert "#id_number" in {address for _, address in wrong.links} and "王一" in wrong.source


def test_a_unit_enters_its_people_and_hands_nothing_over_and_others_do_not(town: Town) -> None:
    works = town.unit("甬江机械厂", "330203", "industry")
    clerk = Browser(town, town.officer(works, "unit", "330203", unit=works["unit"]))
    done = entered(clerk, "李二", resident_id(next(NUMBERS)))
    assert "带证件到当地人力社保部门领取设置码" in done.text and "发放设置码" not in done.buttons()
    assert "登记人员" in clerk.get(f"/units/{works['unit']}").buttons()
    for who in (town.person("钱三"), town.officer(works, "sector_authority", "3302")):
        Browser(town, who).get("/persons/new", 403)


@pytest.mark.requires_system("chromium")
def test_every_step_is_readable(town: Town, office: Browser, chromium: Any, tmp_path: Path) -> None:
    done = entered(office, "赵四", resident_id(next(NUMBERS)))
    bureau = town.officer(town.unit("宁波另一局", "330200", "general"), "human_resources", "3302")
    with serving(town.app) as served:
        window = Window(chromium, served, bureau.token)
        assert {path: faults for path in ("/persons/new", done.address) if (faults := window.faults(path))} == {}
        window.page.goto(f"{served}/persons/new")
        window.page.get_by_label("姓名").fill("孙五")
        window.page.get_by_label("证件号码").fill(resident_id(next(NUMBERS)))
        window.page.get_by_role("button", name="下一步：核对").click()
        assert window.faults_here() == [] and window.said == []
