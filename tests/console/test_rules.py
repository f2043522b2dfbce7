"""The rulebooks on screens: read by anybody beside their text, at any moment; proposed by one, enacted by another."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from policies.shelf import SHIPPED, TEXTS
from tests.api.house_kit import Someone, study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast

NINGBO = "/rules/ningbo-industry/2019-01-01"


# Reading


def test_everybody_reads_which_rulebooks_there_are_and_which_hold_where(li: Browser, clerk: Browser) -> None:
    for browser in (li, clerk):
        shown = browser.get("/rules")
        assert {"浙人社发〔2016〕63号", "甬经信组〔2018〕244号", "温人社发〔2020〕125号"} <= shown.buttons()
        assert "宁波市 甬经信组〔2018〕244号" not in shown.text
        assert shown.text.count("草案") >= 6
    told = li.json("/rules.json")
    assert {one["region"]: one["sectors"]["industry"] for one in told["coverage"]} == {
        "33": ["zhejiang/2016-08-01"], "3302": ["ningbo-industry/2019-01-01", "zhejiang/2016-08-01"],
        "3303": ["wenzhou/2020-11-27", "zhejiang/2016-08-01"]}
    assert "甬经信组〔2018〕244号" in li.client.get("/rules.csv").get_data(as_text=True)


def test_a_past_moment_has_the_rulebooks_that_were_enacted_by_then(cast: Cast, li: Browser) -> None:
    events = sorted(one["event"] for one in cast.town.nobody.saw("/v1/rulebooks")["items"])
    then = li.get(f"/rules?as_of={events[1]}")

    assert len([one for one in li.json(f"/rules.json?as_of={events[1]}")["items"] if one["event"]]) == 2
    assert "您看的不是现在" in then.text
    last = next(one["id"] for one in cast.town.nobody.saw("/v1/rulebooks")["items"] if one["event"] == events[-1])
    assert f"as_of={events[-1]}" in li.get(f"/rules?as_of={events[-1]}").link("号")
    assert "没有施行过这部细则" in li.get(f"/rules/{last}?as_of={events[1]}", 404).text


def test_each_sentence_leads_to_the_rows_that_it_gives_and_each_row_back(li: Browser) -> None:
    shown = li.get(NINGBO)
    ids = [told["id"] for _, told in shown.tags if "id" in told]

    assert ("（一）", "#c-第六条（一）") in shown.links and ("条款 第六条（一）", "#第六条（一）") in shown.links
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    inward = {address[1:] for _, address in shown.links if address.startswith("#")}
    assert inward <= set(ids), inward - set(ids)
    assert "参加人力社保部门批准的工程类高研班，省级以上项目可认定登记36个学时" in shown.text
    assert "高研班；每班次 国家级 36、省级 36 学时；每年最多 36（同条合计）" in shown.text


@pytest.mark.parametrize("address", ["/rules/zhejiang-natural-resources/2021-01-01", "/rules/wenzhou/2020-11-27",
                                     "/rules/zhejiang/2016-08-01", "/rules/natural-science-research/2026-05-10"])
def test_in_every_rulebook_and_draft_a_link_has_its_place(li: Browser, address: str) -> None:
    shown = li.get(address)
    ids = [told["id"] for _, told in shown.tags if "id" in told]

    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    assert {to[1:] for _, to in shown.links if to.startswith("#")} <= set(ids)


def test_a_clause_says_how_often_it_decided_and_among_how_many_decisions(cast: Cast, li: Browser) -> None:
    person = cast.town.person("周正")
    cast.town.belongs(person, cast.works, "2020-01-01")
    before = li.json(f"{NINGBO}.json")["counts"]
    filed = person.submit(study(route="exam", subjects=2, date="2026-03-05"), "资格考试")
    approver = Someone(cast.town.client(), cast.clerk.token, cast.clerk.id)
    done = approver.act(filed, "approval", {})

    after = li.json(f"{NINGBO}.json")["counts"]
    assert after["among"] == before["among"] + 1 and after["is_every"] is True
    assert after["by_clause"]["第六条（八）"] == {"decisions": 1, "assessed": "12"}
    assert "条款 第六条（八） · 认定 1 次，12 学时" in li.get(NINGBO).text
    assert "认定 1 次，12 学时" not in li.get(f"{NINGBO}?as_of={done['events'][0] - 1}").text


def test_the_examples_of_a_rulebook_are_run_as_it_is_opened(li: Browser) -> None:
    shown = li.get(NINGBO)
    told = li.json(f"{NINGBO}.json")["examples"]

    assert len(told) == 68 and all(one["holds"] for one in told)
    assert "市级高研班五天是 30，每班次一般不超过 24" in shown.text and "2021-06-01 高研班（市级），天数 5" in shown.text
    assert "✓ 都相符" in shown.text and "不相符" not in shown.text
    assert "AMB-21" in shown.text and "一般不超过 24 个学时" in shown.text


def test_words_are_looked_for_in_texts_rows_and_readings_and_lead_to_their_sentence(li: Browser) -> None:
    found = li.get("/rules?q=备案 30 天")

    assert "原文" in found.text and "条款" in found.text
    page, _, sentence = found.link("甬经信组〔2018〕244号").partition("#")
    assert page == NINGBO and any(told.get("id") == sentence for _, told in li.get(page).tags)
    assert "核定学时" in li.get("/rules?q=核定学时").text
    assert "换个说法" in li.get("/rules?q=没有这样的词").text
    assert li.get("/rules?q=%20").link("甬经信组") == NINGBO, "of nothing but spaces everything is shown"
    assert "&lt;b&gt;" in li.get("/rules?q=<b>").source
