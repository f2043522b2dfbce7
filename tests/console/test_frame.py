"""What stands on every page: as whom somebody is here, where they may go, at which moment they look, what helps."""

from __future__ import annotations

import re

import pytest

from tests.console.console_kit import Browser, Cast

EVERYONES = ("/home", "/claims", "/claims/new", "/help")


@pytest.mark.parametrize("address", EVERYONES)
def test_each_page_says_as_whom_under_which_rules_and_up_to_which_event(
    cast: Cast, li: Browser, address: str
) -> None:
    shown = li.get(address).text

    assert "本人" in shown
    assert "细则 5 部，最新自 2021-01-01 起" in shown
    assert f"序号 #{cast.town.house.ledger.store.size()}" in shown
    assert "正式" in shown


def test_a_person_and_an_office_are_shown_different_ways(li: Browser, clerk: Browser) -> None:
    own, office = li.get("/home").buttons(), clerk.get("/home").buttons()

    assert {"工作台", "申报", "我的申报", "我的学时", "帮助"} <= own
    assert {"工作台", "审核待办", "查阅学时", "帮助"} <= office
    assert "审核待办" not in own
    assert "申报" not in office


@pytest.mark.parametrize("role", ["human_resources", "sector_authority", "title_committee"])
def test_an_office_reaches_the_lists_of_claims_and_of_applications_from_every_page(cast: Cast, role: str) -> None:
    office = Browser(cast.town, cast.town.officer(cast.works, role, "3302"))

    for address in ("/home", "/rules"):
        page = office.get(address)
        assert (page.link("申报清单"), page.link("职称申报")) == ("/claims", "/applications")
    listed = office.get("/claims?purpose=review")
    assert re.search('href="/claims" data-go="s" aria-current="page"', listed.source), "it is said where one is"
    barred = office.get("/sanctions?purpose=title_application")
    assert re.search('href="/applications" data-go="p" aria-current="page"', barred.source)


def test_the_logout_stands_on_every_page_of_whoever_is_logged_in(cast: Cast, li: Browser, clerk: Browser) -> None:
    """V7.4.4: also on one that says that there is nothing."""
    for browser, pages in ((li, ("/home", "/claims", "/claims/new?route=paper", "/sessions", "/help")),
                           (clerk, ("/home", "/queue", "/help", f"/claims/{cast.claims['open']['claim']}"))):
        for page in pages:
            assert browser.get(page).form_with("退出")[0].address == "/logout", page
        assert browser.get("/claims/clm_01m8323bpzeba1hjd850s5", status=404).form_with("退出")


def test_who_makes_rules_looks_at_nobody_and_has_no_way_to_claims(cast: Cast) -> None:
    page = Browser(cast.town, cast.town.officer(cast.works, "policy_office", "33")).get("/rules")

    assert not {"申报清单", "职称申报"} & page.buttons()


def test_whoever_has_several_roles_says_first_in_which_they_work(cast: Cast) -> None:
    browser = Browser(cast.town, cast.both)
    asked = browser.get("/queue")
    assert asked.address == "/role"
    assert "以哪个身份办理" in asked.text

    chosen = browser.press(asked, "用人单位")
    assert chosen.address == "/queue"
    assert "经办：甬江机械厂 · 用人单位" in chosen.text
    assert browser.get("/queue").address == "/queue"


def test_a_role_that_the_account_has_not_is_not_taken_up(cast: Cast) -> None:
    browser = Browser(cast.town, cast.clerk)
    browser.client.set_cookie("xueshi_role", "human_resources")

    assert "经办：甬江机械厂 · 用人单位" in browser.get("/home").text


def test_what_is_not_now_is_said_on_every_page_that_looks_at_a_past_and_kept_by_its_links(li: Browser) -> None:
    now, then = li.get("/claims"), li.get("/claims?as_of=32")

    assert "您看的不是现在" not in now.text
    assert "您看的不是现在" in then.text
    assert "截至" in then.text and "（事件 #32）" in then.text
    assert then.link("工作台") == "/home?as_of=32"
    assert then.link("回到现在") == "/claims"


def test_a_moment_that_cannot_be_is_answered_with_a_reason(li: Browser) -> None:
    refused = li.get("/home?as_of=2999-01-01", 422)

    assert ("div", {"class": "error", "role": "alert"}) in refused.tags


def test_help_says_the_keys_the_words_and_the_rules_in_force(li: Browser) -> None:
    shown = li.get("/help").text

    for words in ("核定学时", "计入学时", "上一行", "甬经信组〔2018〕244号", "浙人社发〔2016〕63号"):
        assert words in shown


def test_single_keys_can_be_switched_off_and_on(cast: Cast) -> None:
    browser = Browser(cast.town, cast.stranger)
    assert 'data-keys="on"' in browser.get("/home").source

    browser.press(browser.get("/help"), "关闭单键")
    assert 'data-keys="off"' in browser.get("/home").source
    browser.press(browser.get("/help"), "打开单键")
    assert 'data-keys="on"' in browser.get("/home").source


def test_letters_can_be_larger_and_rows_closer(cast: Cast) -> None:
    browser = Browser(cast.town, cast.stranger)
    assert '<html lang="zh-CN">' in browser.get("/home").source

    browser.press(browser.get("/help"), "保存", large="yes", dense="yes")
    assert '<html lang="zh-CN" class="large dense">' in browser.get("/home").source
    browser.press(browser.get("/help"), "保存", large=None, dense="yes")
    assert '<html lang="zh-CN" class="dense">' in browser.get("/home").source


def test_whoever_opens_somebodys_years_without_a_purpose_is_asked_for_one(cast: Cast, clerk: Browser) -> None:
    asked = clerk.get(f"/persons/{cast.li.id}/years/2026?as_of=30")
    assert "为什么查阅？" in asked.text
    form, _ = asked.form_with("查阅")
    assert form.fields["as_of"] == "30", "the moment that is looked at stays"
    answer = clerk.client.get(f"/persons/{cast.li.id}/years/2026.json")
    assert answer.get_json()["code"] == "purpose_missing"
