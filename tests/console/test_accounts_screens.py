"""Accounts in the console: who may do what, allotted, let in, suspended; nothing that would be refused is offered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.api.house_kit import BODY, Someone
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast


@pytest.fixture(scope="module")
def seat(cast: Cast) -> BODY:
    return cast.town.unit("丽水市人社局", "331100", "general")


@pytest.fixture(scope="module")
def office(cast: Cast, seat: BODY) -> Someone:
    return cast.town.officer(seat, "human_resources", "3311")


def test_an_account_is_appointed_given_a_scope_and_let_in_with_a_code_that_is_shown_once(
    cast: Cast, office: Someone
) -> None:
    county = cast.town.unit("莲都区人社局", "331102", "general")
    browser = Browser(cast.town, office)
    form = browser.get(f"/accounts/new?organisation={county['unit']}")
    wrong = browser.press(form, "任用", 422, account="莲都")
    assert "经办人姓名" in wrong.text and "莲都" in wrong.source, "what was typed is kept"
    made = browser.press(form, "任用", account="liandu-01", official__name="叶青山")
    assert re.search(r"已办理：[^（]+账号（事件 #\d+，", made.text), made.text
    assert "还没有权限" in made.text
    actor = made.address.rpartition("/")[2]

    grant = browser.get(made.link("授予权限"))
    tried = browser.press(grant, "先看结果", role="human_resources", region="331102")
    assert "试办结果" in tried.text and "莲都" in tried.text
    wide = browser.press(grant, "授予权限", 403, role="human_resources", region="3311")
    assert "上一级部门" in wide.text
    granted = browser.press(grant, "授予权限", role="human_resources", region="331102")
    assert "人力社保部门" in granted.text

    opened = browser.press(browser.get(granted.link("发放令牌或设置码")), "发放设置码", 201)
    code = re.search(r"<dt>设置码</dt><dd><code>([^<]+)", opened.source)
    assert code is not None
    assert code[1] not in browser.get(f"/accounts/{actor}").source, "and nowhere again"
    assert browser.json(f"/accounts/{actor}.json")["scopes"][0]["region"] == "331102"


def test_a_scope_is_taken_back_and_an_account_suspended_and_brought_back(cast: Cast, office: Someone) -> None:
    works = cast.town.unit("青田机械", "331121", "industry")
    clerk = cast.town.officer(works, "unit", "331121", unit=works["unit"])
    browser = Browser(cast.town, office)
    page = browser.get(f"/accounts/{clerk.id}")
    before = page.query
    gone = browser.press(browser.get(page.link("收回")), "收回权限")
    assert before == "" and "还没有权限" in gone.text

    suspended = browser.press(browser.get(gone.link("停用")), "停用")
    assert "已停用" in suspended.text and "恢复" in suspended.buttons()
    assert "在任" in browser.press(browser.get(suspended.link("恢复")), "恢复").text
    past = browser.get(f"/accounts/{clerk.id}?as_of={cast.town.house.ledger.store.size() - 1}")
    assert "已停用" in past.text and "停用" not in past.buttons(), "of the past nothing is changed"


def test_lists_narrow_and_go_along_as_a_file_and_beyond_ones_sight_there_is_nobody(
    cast: Cast, office: Someone
) -> None:
    browser = Browser(cast.town, office)
    listed = browser.get("/accounts?status=active")
    assert "丽水市人社局" in listed.text and "甬江机械厂" not in listed.text
    assert "丽水市人社局" in browser.client.get("/accounts.csv").get_data(as_text=True)
    assert "清除筛选" in browser.get(f"/accounts?organisation={cast.works['unit']}").text
    browser.get(f"/accounts/{cast.clerk.id}", 403)
    own = Browser(cast.town, cast.clerk)
    assert "任用经办账号" not in own.get("/accounts").buttons()
    assert "停用" not in own.get(f"/accounts/{cast.clerk.id}").buttons(), "nobody acts on their own account"
    own.get(f"/accounts/{cast.clerk.id}/opening", 403)
    Browser(cast.town, cast.li).get("/accounts/new", 403)


def test_whoever_watches_accounts_and_allots_none_is_offered_no_grant(cast: Cast, office: Someone) -> None:
    """Nobody's roles are theirs to choose from: the form would hold an empty list and a word against them."""
    centre = cast.town.unit("省信息中心", "330100", "general")
    who = cast.town.person("许知微").id
    auditor = Browser(cast.town, cast.town.officer(centre, "audit_administrator", "33", person=who))
    page = auditor.get(f"/accounts/{office.id}")

    assert "人力社保部门" in page.text and "授予权限" not in page.text
    auditor.get(f"/accounts/{office.id}/scopes", 403)


@pytest.mark.requires_system("chromium")
def test_accounts_are_readable_in_a_browser(cast: Cast, office: Someone, served: str, chromium: Any) -> None:
    town = cast.town
    clerk = town.officer(town.unit("龙泉厂", "331181", "industry"), "recognised_organiser", "331181")
    window = Window(chromium, served, office.token)
    paths = ["/accounts", "/accounts?status=dismissed", "/accounts?as_of=5", "/accounts/new", f"/accounts/{clerk.id}",
             f"/accounts/{clerk.id}/scopes", f"/accounts/{clerk.id}/dismissal", f"/accounts/{clerk.id}/opening"]
    assert {path: faults for path in paths if (faults := window.faults(path))} == {}
    assert window.said == []
