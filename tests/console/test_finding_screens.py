"""Findings in the console: listed with counts, opened for a purpose, decided upon what the page shows, and at home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.words.finding_words import cited, limits
from projections.findings.found import Finding
from projections.findings.patterns import patterns
from projections.findings.upkeep import EVERYTHING_S
from tests.api.finding_kit import PATTERN, Place, look, looked, place_in, shown_twice
from tests.api.house_kit import house_in
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving, with_pages

FOR = "?purpose=investigation"
WHY = "同一班次统一发的合影，不是证书"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with house_in(tmp_path_factory.mktemp("findings") / "data") as town:
        made = place_in(with_pages(town))
        shown_twice(made)
        look(town)
        yield made


@pytest.fixture(scope="module")
def watch(place: Place) -> Browser:
    return Browser(place.town, place.watch)


def at(found: Finding, act: str = "") -> str:
    return f"/findings/{found.finding}" + (f"/{act}" if act else FOR)


def test_the_list_says_what_was_found_and_how_many_it_concerns(place: Place, watch: Browser) -> None:
    found = looked(place)
    page = watch.get("/findings")

    assert "2 人的 2 项记录出示了同一份证书" in page.text and "2 人，2 项学时" in page.text
    assert place.li.id not in page.source and found.claims[0] not in page.source and "李" not in page.text
    assert f"{PATTERN} {patterns()[PATTERN].title} 1" in page.text and "待核查" in page.text
    assert "没有符合条件的" in watch.get("/findings?status=referred").text
    before = watch.get("/findings?as_of=1").text
    assert "起才开始查找：所问之时有没有，这里不知道。" in before and "权限内没有线索" not in before
    data = watch.json(f"/findings.json?pattern={PATTERN}")
    assert [one["finding"] for one in data["items"]] == [found.finding]
    table = watch.client.get("/findings.csv").get_data(as_text=True)
    assert found.finding in table and "事实摘要" in table and place.li.id not in table


def test_a_finding_is_opened_for_a_purpose_and_shows_on_what_it_rests(place: Place, watch: Browser) -> None:
    found = looked(place)
    asked = watch.get(f"/findings/{found.finding}")
    assert "查阅目的" in asked.text and "李" not in asked.text

    page = watch.get(at(found))
    rule = patterns()[PATTERN]
    said = cited(rule.reason)[:40]
    assert said in page.text and "〕" in said and "怎样不误伤" in page.text and "相反的情况" in page.text
    for threshold in rule.thresholds:
        assert limits()[PATTERN][threshold] in page.text and threshold not in page.text, "no code stands for words"
    assert all(f"/events/{event}{FOR}" in page.source for event in found.events)
    assert all(f"/claims/{claim}{FOR}" in page.source for claim in found.claims)
    assert "李*" in page.text and "李明" not in page.text, "names stay masked"
    assert "培训" in page.text and "核定 " in page.text, "what each event is about"
    assert {"承办", "转交同事", "立案", "认定属实", "移送", "排除"} <= page.buttons()
    assert watch.json(f"/findings/{found.finding}.json{FOR}")["facts_sha256"] == found.facts_sha256


def test_whom_it_is_not_for_is_told_of_none(place: Place) -> None:
    found = looked(place)
    away = Browser(place.town, place.away)

    assert "监督权限内没有线索" in away.get("/findings").text
    assert "没有这条线索" in away.get(at(found), 404).text
    assert "没有这条线索" in away.get(at(found, "ruling-out"), 404).text
    assert "核查线索" not in Browser(place.town, place.clerk).get("/home").text


def test_it_is_taken_up_given_on_and_ruled_out_and_waits_again_on_other_facts(place: Place, watch: Browser) -> None:
    found = looked(place)
    form = watch.get(at(found, "taking-up"))
    assert "无人" in form.text and "我" in form.text, "before and after"
    taken = watch.press(form, "承办")
    assert "已办理：承办线索（事件 #" in taken.text
    assert "我承办的" in watch.get("/home").text
    mate = Browser(place.town, place.mate)
    assert "排除" not in mate.get(at(found)).buttons(), "it is in a colleague's hand"

    given = watch.press(watch.get(at(found, "assignment")), "转交同事", to=place.mate.id)
    assert f"账号尾号 {place.mate.id[-4:]}" in given.text
    missing = mate.press(mate.get(at(found, "ruling-out")), "排除", status=422)
    assert "请填写" in missing.text
    ruled = mate.press(missing, "排除", words=WHY)
    assert "已办理：排除线索" in ruled.text and WHY in ruled.text
    assert "承办" not in ruled.buttons(), "what would be refused is not offered"

    late = mate.get(at(found, "substantiation"))
    shown_twice(place, "2026-03-09")
    look(place.town)
    stale = mate.press(late, "认定属实", status=409, words="属实", basis="第十七条")
    assert "所依据的事实已经变化" in stale.text
    again = mate.get(at(found))
    assert "事实已变，重新待核查" in again.text and WHY in again.text and "以前的" in again.text


def test_a_case_is_opened_on_it_and_stands_on_its_page(place: Place, watch: Browser) -> None:
    found = looked(place)
    done = watch.press(watch.get(at(found, "case")), "立案", kind="falsification", words="立案核查")

    assert "已办理：立案" in done.text
    (case,) = watch.json(f"/findings/{found.finding}.json{FOR}")["cases"]
    assert case in done.text and "线索归入案件" in done.text
    home = watch.get("/home")
    assert "我办理的案件" in home.text and case in home.source


def test_a_case_on_findings_lists_every_event_they_rest_on_by_the_page(
    place: Place, watch: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event that opens it has room for some of them; the list has them all."""
    found = looked(place)
    monkeypatch.setattr("api.cases.investigating.finding_acts.CASE_EVENTS_MOST", 1)
    monkeypatch.setattr("api.console.investigating.case_lists.ROWS", 1)
    watch.press(watch.get(at(found, "case")), "立案", kind="falsification", words="立案核查")
    *_, case = watch.json(f"/findings/{found.finding}.json{FOR}")["cases"]
    assert len(watch.json(f"/cases/{case}.json{FOR}")["findings"]) == 1 < len(found.events)

    page, seen = watch.get(watch.get(f"/cases/{case}{FOR}").link("所依据的全部事件")), []
    while True:
        seen += [int(words[1:]) for words, address in page.links
                 if words.startswith("#") and address.startswith("/events/")]
        if "下一页" not in page.text:
            break
        page = watch.get(page.link("下一页"))
    assert seen == sorted(found.events)
    whole = watch.client.get(f"/cases/{case}/rests-on.csv{FOR}").get_data(as_text=True)
    assert all(f"\n{event}," in whole for event in seen)


def test_every_pattern_stands_on_its_page_with_the_history_of_its_thresholds(watch: Browser) -> None:
    page: Read = watch.get("/findings/patterns")

    for pattern in patterns().values():
        assert f"{pattern.id} {pattern.title}" in page.text
        assert limits().get(pattern.id, {}).keys() == {*pattern.thresholds}
        for name in pattern.thresholds:
            assert limits()[pattern.id][name] in page.text
    assert "一天最多几学时 8 2026-01-01" in " ".join(page.text.split()), "hours are told as hours, not in hundredths"
    assert "2026-" in page.text
    assert "没有规定界限" in page.text, "none of the five texts gives one"


def test_a_pattern_that_compares_everyone_with_everyone_says_how_seldom_it_is_asked(watch: Browser) -> None:
    """Who waits for it after a class was entered must not take its silence for an answer."""
    seldom = [one.id for one in patterns().values() if one.looks_at_everything]
    said = f"至多每 {EVERYTHING_S // 60} 分钟重问一次"

    assert seldom == ["D13"]
    assert watch.get("/findings/patterns").text.count(said) == len(seldom)
    assert said in watch.get("/findings?pattern=D13").text
    assert said not in watch.get(f"/findings?pattern={PATTERN}").text


def test_the_screens_hold_in_a_real_browser(place: Place, chromium: Any) -> None:
    found = looked(place)
    with serving(place.town.app) as address:
        window = Window(chromium, address, place.watch.token)
        for path in ("/home", "/findings", at(found), at(found, "case"), "/findings/patterns"):
            assert window.faults(path) == [], path
        assert window.said == []
