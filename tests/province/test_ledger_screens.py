"""Other ledgers in the console: accepted up to where, drawn; what hangs and what contradicts, with the cure."""

from __future__ import annotations

import io
from pathlib import Path

from province_kit import Three, cosigned_by, entries, kept_twice, other_history

from api.console.screens import page_routes
from api.log_routes import log_routes
from api.service.app import create_app
from tests.api.house_kit import Town
from tests.console.console_kit import Browser


def test_the_screen_says_how_far_each_ledger_was_accepted_and_what_to_do_where_something_hangs(apart: Three) -> None:
    house = apart.province.town.house
    town = Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()]))
    browser = Browser(town, apart.province.people)
    apart.city.counted(apart.living().in_city)
    done = apart.brought(apart.city)
    page = browser.get("/imports/ledgers")

    assert apart.city.origin in page.text and str(apart.province.accepted(apart.city.origin)) in page.text
    assert "请对方移交：xueshi hand-over --since 0" in page.text, "the other city was never heard of"
    told = browser.json("/imports/ledgers.json")["items"]
    assert [(one["origin"], bool(one["accepted"])) for one in told] == [
        (apart.city.origin, True), (apart.other.origin, False)]
    listed = browser.get("/imports").text
    assert "各地的账" in listed and f"账 {apart.city.origin}" in listed and "log:" not in listed
    assert f"账 {apart.city.origin}" in browser.get("/imports/report").text
    shown = browser.get(f"/imports/{done['batch']}").text
    assert apart.city.origin in shown and "已证明" in shown


def test_a_file_that_was_handed_over_is_tried_and_brought_in_on_the_screen(apart: Three) -> None:
    house = apart.province.town.house
    browser = Browser(Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()])),
                      apart.province.people)
    li = apart.living()
    apart.city.counted(li.in_city)
    form, file = browser.get("/imports/new"), apart.city.file()
    refused = browser.press(form, "逐行检查", 422, file=(io.BytesIO(file[:-9] + b"xxxxxxxx\n"), "a.ndjson"),
                            region="330200")
    assert "移交文件" in refused.text
    checked = browser.press(form, "逐行检查", file=(io.BytesIO(file), "a.ndjson"), region="330200")
    assert "可以导入" in checked.text and entries(li.in_province) == []
    done = browser.press(checked, "导入 1 行")

    assert len(entries(li.in_province)) == 1 and apart.city.origin in done.text and "已证明" in done.text
    assert apart.province.accepted(apart.city.origin) == apart.city.size()


def test_two_histories_are_proved_by_a_file_and_settled_on_the_screen(apart: Three) -> None:
    house = apart.province.town.house
    browser = Browser(Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()])),
                      apart.province.people)
    kept_twice(house, apart.city.origin)
    trouble = apart.province.ledger(apart.city.origin)["troubles"][0]
    page = browser.get("/imports/ledgers")
    place = f"/imports/ledgers/{trouble['event']}.fork"
    assert page.link("下载证明") == place and "互相矛盾" in page.text and "xueshi import" not in page.text
    assert browser.get(place).source == trouble["fork"]
    name = browser.client.get(place).headers["Content-Disposition"]
    assert f'"fork-ningbo.example-log-{trouble["event"]}.fork"' in name
    assert "-ningbo.example-log-" in name.split("''")[1], "what a person reads says whose, too"
    assert "没有留存两种历史的证明" in browser.get("/imports/ledgers/1.fork", 404).text

    batch = f"/imports/{trouble['batch']}"
    assert browser.get(batch).link("对两种历史作出决定") == f"{batch}/fork-decision"
    form = browser.get(f"{batch}/fork-decision")
    assert "先看结果" in form.text and "继续接受" not in form.text.partition("请选择")[0], "nobody has chosen yet"
    said = {"outcome": "continued", "document": "浙人社函〔2026〕88号", "words": "备份恢复有误。"}
    tried = browser.press(form, "先看结果", **said)
    assert "两种历史 — 以已接受的历史为准，继续接受" in " ".join(tried.text.split())
    done = browser.press(tried, "对两种历史作出决定")
    assert "以已接受的历史为准，继续接受（浙人社函〔2026〕88号" in done.text
    page = browser.get("/imports/ledgers")
    assert "已作决定" in page.text and "浙人社函〔2026〕88号" in page.text
    assert page.link("下载证明") == place, "the proof is kept"


def test_of_two_histories_the_screen_says_which_was_cosigned_by_whom_and_when(apart: Three, tmp_path: Path) -> None:
    """Whoever has to decide asks first who else saw it; what only claims to be a cosignature counts for nothing."""
    house = apart.province.town.house
    browser = Browser(Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()])),
                      apart.province.people)
    li = apart.living()
    apart.city.counted(li.in_city)
    seen = cosigned_by(apart.city, "sheng.example/w", 1_790_000_000)
    done = apart.brought(apart.city)
    place = f"/imports/{done['batch']}"
    assert "没有列出见证人，联署没有核验" in browser.get(place).text

    apart.province.policy.write_text(f"log {apart.city.vkey}\nwitness 省厅 {seen}\nquorum none\n", "utf-8")
    assert "sheng.example/w（2026-09-21 22:13:20）" in browser.get(place).text
    assert apart.province.takes(other_history(apart, li, tmp_path)).status_code == 409
    page = " ".join(browser.get(place).text.split())
    first, _, second = page.partition("已接受的 联署")[2].partition("另一份 联署")
    assert "sheng.example/w（2026-09-21 22:13:20）" in first and "没有所列见证人的联署" in second
    event = apart.province.ledger(apart.city.origin)["troubles"][0]["event"]
    assert browser.get(place).link("下载证明") == f"/imports/ledgers/{event}.fork"


def test_a_hand_over_in_which_nothing_was_new_names_no_days(apart: Three) -> None:
    house = apart.province.town.house
    browser = Browser(Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()])),
                      apart.province.people)
    done = apart.brought(apart.city)
    assert browser.get("/imports").link("没有新的记录") == f"/imports/{done['batch']}"
    assert " 至 " not in browser.get(f"/imports/{done['batch']}").text.partition("回执")[0]
