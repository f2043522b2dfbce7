"""A second factor in a real browser, without any script of ours: set up, shown at a login, shown again on the way."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from playwright.sync_api import expect

from api.console.cookies import SESSION
from api.operational.second_factor import FRESH_S, PAPER_CODES, Rule, code_at
from tests.console.browser_kit import Window
from tests.console.console_kit import Cast


@pytest.mark.requires_system("chromium")
def test_it_is_set_up_and_asked_for_in_a_browser(
    cast: Cast, served: str, chromium: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = cast.town
    office = town.officer(town.unit("衢州市人社局", "330800", "general"), "human_resources", "3308")
    window = Window(chromium, served, office.token)
    page = window.page
    page.goto(f"{served}/second-factor")
    page.click("text=启用 >> nth=-1")
    assert window.faults_here() == []
    drawing = page.locator("main svg").bounding_box()
    assert drawing["width"] > 150, "large enough to be read by a telephone"
    secret = page.text_content("dd code").replace(" ", "")
    started = town.house.now
    page.fill("#code", code_at(secret, started))
    page.click("text=启用 >> nth=-1")
    expect(page.locator("ol code")).to_have_count(PAPER_CODES)
    papers = page.locator("ol code").all_text_contents()
    assert window.faults_here() == []
    page.click("text=我已保存")
    assert window.faults("/second-factor") == [] and "已启用" in page.text_content("main")

    page.click("text=退出")
    page.fill("#token", office.token)
    page.click("text=凭令牌进入")
    assert page.url == f"{served}/login/code"
    page.fill("#code", "000000")
    page.click("button:text-is('登录')")
    assert "不能用" in page.text_content("[role=alert]")
    page.click("text=手机不在手边")
    assert window.faults_here() == []
    page.fill("#recovery", papers[0])
    page.click("text=用恢复码登录")
    assert page.url == f"{served}/second-factor" and f"{PAPER_CODES - 1} 个恢复码" in page.text_content("main")

    below = town.officer(town.unit("江山市人社局", "330881", "general"), "human_resources", "330881")
    page.goto(f"{served}/accounts/{below.id}/opening")
    (cookie,) = (one for one in page.context.cookies() if one["name"] == SESSION)
    town.house.operations.shown(hashlib.sha256(cookie["value"].encode()).digest(),
                                now=town.house.now - (FRESH_S + 1) * 1_000_000)
    page.click("text=发放设置码")
    assert "再次验证" in page.text_content("h1") and window.faults_here() == []
    page.fill("#factor_code", papers[1])
    page.click("text=验证并办理")
    assert "只显示这一次" in page.text_content("main")

    monkeypatch.setattr(town.house.factors, "rule", Rule(demands_of_offices=True))
    page.click("text=退出")
    page.fill("#token", below.token)
    page.click("text=凭令牌进入")
    page.click("text=开始设置")
    expect(page.locator("main svg")).to_have_count(1)
    assert [one for one in window.said if "403" not in one] == []
