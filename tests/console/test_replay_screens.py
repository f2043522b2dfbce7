"""Replays and differences on screens: asked for, followed, read as sums, as rows, and as one year under both laws."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from api.cases import differences
from api.cases.law import replay_rows
from api.cases.law.replay_reports import place_of
from api.console.law import replay_result
from api.console.law.replay_form import again
from api.operational.jobs import DONE, FAILED
from api.replays.runner import Runner, clear
from ledger.envelope import decode
from ledger.errors import Refusal
from policies.shelf import DRAFTS
from projections.differences.asked import AskedDifferences
from tests.api.house_kit import Someone, study
from tests.console.browser_kit import Window
from tests.console.console_kit import HERE, Browser, Cast, Read
from tests.waiting import until

DRAFT = "hangzhou-credits/2025-06-06"
PROVINCE = "zhejiang/2016-08-01"
LOOKING = "purpose=annual_review"


@pytest.fixture(scope="module")
def wang(cast: Cast) -> Someone:
    """Someone whose days of training count 4 hours each in Ningbo, and nothing by the province's rules alone."""
    wang = cast.town.person("王小明")
    cast.town.belongs(wang, cast.works, "2020-01-01")
    for date, days in (("2024-03-02", "2"), ("2025-03-02", "5")):
        cast.clerk.act(wang.submit(study(date=date, days=days), "数控机床研修"), "approval")
    return wang


@pytest.fixture(scope="module")
def makers(cast: Cast) -> Someone:
    return cast.town.officer(cast.town.unit("省政策处", "330000", "general"), "policy_office", "33")


@pytest.fixture(scope="module")
def rules(cast: Cast, makers: Someone) -> Browser:
    return Browser(cast.town, makers)


@pytest.fixture(scope="module")
def office(cast: Cast) -> Browser:
    return Browser(cast.town, cast.office)


@pytest.fixture(scope="module", autouse=True)
def done(cast: Cast, wang: Someone, makers: Someone) -> Iterator[str]:
    """A replay that is done: a draft that nobody else has beside the law in force, against the province alone."""
    source = (DRAFTS / f"{DRAFT}.toml").read_text("utf-8") + "\n# 征求意见稿\n"
    cases = (DRAFTS / f"{DRAFT}.cases.toml").read_text("utf-8")
    job = makers.post("/v1/replays", {"drafts": [{"source": source, "cases": cases}], "against": f"set:{PROVINCE}"})
    assert job.status_code == 202, job.get_data(as_text=True)
    name, folder = job.get_json()["job"], cast.town.house.register.folder
    runner = Runner(cast.town.house.jobs, folder.replays, folder.root, at_once=1, stands_back=False)
    runner.start()
    try:
        state = until(lambda: (now := makers.saw(f"/v1/jobs/{name}")["state"]) not in ("queued", "running") and now)
    finally:
        runner.stop()
    assert state == "done", makers.saw(f"/v1/jobs/{name}")
    yield name


def asked(under: str = f"now+{DRAFT}", **more: str) -> str:
    return f"/replays/new?{urlencode({'under': under, 'against': 'now', **more})}"


def begun(rules: Browser) -> str:
    """Begin one that nobody does, and give its job."""
    return rules.press(rules.get(asked()), "开始重放").address.rpartition("/")[2]


# Asking


def test_the_address_is_the_question_and_what_it_takes_is_said_before_anything_is_begun(
    cast: Cast, rules: Browser
) -> None:
    jobs, size = rules.json("/replays.json")["items"], cast.town.house.ledger.store.size()
    page = rules.get(asked(region="330200"))

    assert "现行细则，加 杭州市政府公报 2025-06-06" in page.text and "宁波市（330200）" in page.text
    assert re.search(r"要评定 \d+ 条已登记学时、 \d+ 人，约需 \d+ 秒", page.text)
    assert "不写入账本" in page.text
    assert (rules.json("/replays.json")["items"], cast.town.house.ledger.store.size()) == (jobs, size)


def test_what_is_ticked_becomes_the_question_in_the_address(rules: Browser) -> None:
    page = rules.press(rules.get("/replays/new"), "检查并估计", under_base="set:", under_books=[PROVINCE, DRAFT],
                       against_base="then", against_books=[DRAFT], sector="industry")

    asked = parse_qs(page.query)
    assert (asked["under"], asked["against"]) == ([f"set:{PROVINCE},{DRAFT}"], ["then"])
    assert (asked["region"], asked["sector"]) == (["330000"], ["industry"])
    assert "开始重放" in page.buttons()


def test_a_draft_that_is_attached_goes_along_byte_for_byte_and_what_is_wrong_with_it_is_said(
    cast: Cast, rules: Browser
) -> None:
    source, cases = (DRAFTS / f"{DRAFT}{ending}" for ending in (".toml", ".cases.toml"))
    content = source.read_bytes().replace(b"\n", b"\r\n")

    def attached(**files: bytes) -> dict[str, Any]:
        return {name: (BytesIO(content), f"{name}.toml") for name, content in files.items()}

    empty = rules.get("/replays/new")
    alone = rules.press(empty, "检查并估计", 422, under_base="drafts", **attached(source=content))
    assert any("没有案例文件" in said and address == "#source" for said, address in alone.links)
    page = rules.press(alone, "检查并估计", under_base="drafts", **attached(cases=cases.read_bytes()))
    assert "已附上，不必重选：细则文件（.toml）、案例文件（.cases.toml）" in page.text
    job = rules.press(page, "开始重放").address.rpartition("/")[2]
    question = rules.json(f"/replays/{job}.json")["question"]
    assert sha256(content).hexdigest() in {one["digest"] for one in question["under"]["rulebooks"]}
    missing = rules.press(empty, "检查并估计", 422, under_base="drafts")
    assert ("草案：请选择细则文件", "#source") in missing.links
    nothing = rules.press(empty, "检查并估计", 422, under_base="")
    assert ("新的细则：请选择以何为准", "#under_base") in nothing.links


def test_a_draft_as_large_as_may_be_attached_still_goes_along(rules: Browser) -> None:
    source, cases = (DRAFTS / f"{DRAFT}{ending}" for ending in (".toml", ".cases.toml"))
    words = source.read_bytes() + b"\n" + ("# " + "说" * 90 + "\n").encode() * 1_040
    assert 280_000 < len(words) + cases.stat().st_size < 300_000
    page = rules.press(rules.get("/replays/new"), "检查并估计", under_base="drafts", cases=(
        BytesIO(cases.read_bytes()), "cases.toml"), source=(BytesIO(words), "source.toml"))

    assert "排队中" in rules.press(page, "开始重放").text
    larger = rules.press(rules.get("/replays/new"), "检查并估计", 422, under_base="drafts", source=(
        BytesIO(words), "source.toml"), text=(BytesIO(source.read_bytes() * 4), "text.txt"))
    assert any("合计超过 300 KB" in said for said, _ in larger.links)


def test_from_a_rulebook_one_asks_what_it_would_change_or_if_it_is_in_force_what_it_changed(rules: Browser) -> None:
    draft, enacted = (parse_qs(rules.get(f"/replays/new?law={law}").query) for law in (DRAFT, PROVINCE))

    assert draft == {"under": [f"now+{DRAFT}"], "against": ["now"]}
    assert enacted["under"] == ["now"]
    assert enacted["against"][0].startswith("set:") and PROVINCE not in enacted["against"][0]


@pytest.mark.parametrize(("more", "field", "word"), [
    ({"under": "now+"}, "under_base", "至少一部"), ({"under": "now+nothing/2020-01-01"}, "under_base", "nothing"),
    ({"as_of": "2999-01-01"}, "as_of", "2999"), ({"valid_on": "2024-02-31"}, "valid_on", "日期"),
    ({"region": "331999"}, "region", "区划"),
])
def test_what_cannot_be_asked_is_said_at_its_field_with_everything_kept(
    rules: Browser, more: dict[str, str], field: str, word: str
) -> None:
    page = rules.get(asked(**{"sector": "industry", **more}), status=422)

    assert any(word in said and address == f"#{field}" for said, address in page.links), page.links
    fields = page.form_with("检查并估计")[0].fields
    assert fields["sector"] == "industry" and fields["under_base"] == "now+"
    assert "开始重放" not in page.buttons()


def test_an_office_asks_only_within_its_own_place(cast: Cast, rules: Browser) -> None:
    local = cast.town.officer(cast.works, "policy_office", "3302", sector="industry")
    browser = Browser(cast.town, local)

    fields = browser.get(asked()).form_with("重新估计")[0].fields
    assert (fields["region"], fields["sector"]) == ("330200", "industry")
    beyond = browser.get(asked(region="330300"), status=422)
    assert ("#region" in {address for _, address in beyond.links}, "开始重放" in beyond.buttons()) == (True, False)


def test_who_makes_no_rules_neither_finds_nor_asks_for_a_replay(office: Browser, li: Browser, rules: Browser) -> None:
    assert "重放" in rules.get("/home").buttons()
    for other in (office, li):
        assert "重放" not in other.get("/home").buttons()
        assert "检查并估计" not in other.get("/replays/new", status=403).buttons()


def test_a_form_that_is_sent_twice_begins_one_replay(rules: Browser) -> None:
    page = rules.get(asked())
    first, second = (rules.press(page, "开始重放").address for _ in range(2))

    assert first == second
    assert "排队中" in rules.get(first).text


def test_the_workbench_of_whoever_makes_rules_shows_the_newest(cast: Cast, rules: Browser, office: Browser) -> None:
    newest = begun(rules)

    assert f"/replays/{newest}" in {address for _, address in rules.get("/home").links}
    assert "换一套细则会怎样" not in office.get("/home").text


# While it goes on, and when nothing comes of it


def test_how_far_it_is_is_said_with_its_steps_its_rate_and_the_time_that_is_left(cast: Cast, rules: Browser) -> None:
    job, jobs = begun(rules), cast.town.house.jobs
    assert jobs.begin(job, now=cast.town.house.now)
    jobs.tell(job, {"step": "judge", "done": 3_000, "total": 12_000, "rate": 500, "eta": 18})
    page = rules.get(f"/replays/{job}")

    assert "✓ 读取账本 ● 按两套细则评定 ○ 抽样重评一遍" in page.text
    assert "3,000／12,000，每秒 500，这一步还要约 18 秒" in page.text and "可以关闭本页" in page.text
    assert ("progress", "3000") in [(tag, told.get("value")) for tag, told in page.tags]
    assert '<noscript><meta http-equiv="refresh"' in page.source
    assert re.search(r"已进行 \d+ 秒，共约需 \d+ 秒。", page.text)
    jobs.put_back(job)
    assert "排队中" in rules.get(f"/replays/{job}").text, "a service that was stopped begins it again"


def test_once_the_time_that_was_reckoned_has_passed_it_is_said_how_long_it_has_run_and_how_far_it_is(
    cast: Cast, rules: Browser
) -> None:
    job, house = begun(rules), cast.town.house
    reckoned = rules.json(f"/replays/{job}.json")["cost"]["seconds"]
    assert house.jobs.begin(job, now=house.now - (reckoned + 60) * 1_000_000)
    house.jobs.tell(job, {"step": "read", "done": 1, "total": 2, "rate": None, "eta": None})
    page = rules.get(f"/replays/{job}").text

    assert "共约需" not in page and f"比估计的 {reckoned} 秒久：这台机器忙的时候，重放让别的先办" in page
    assert re.search(r"已进行 (6\d|[789]\d) 秒|已进行 \d 分钟", page) and "● 读取账本" in page


def test_one_that_is_not_over_can_be_cancelled_and_whoever_waits_is_shown_the_end(rules: Browser) -> None:
    job = begun(rules)
    page = rules.get(f"/replays/{job}")
    waiting = {**HERE, "HX-Request": "true"}

    assert "HX-Refresh" not in rules.client.get(f"/replays/{job}", headers=waiting).headers
    over = rules.press(page, "取消")
    assert "已取消" in over.text and "由本账号取消" in over.text
    assert "取消" not in over.buttons() and "再做一次" in over.buttons()
    assert rules.client.get(f"/replays/{job}", headers=waiting).headers["HX-Refresh"] == "true"
    assert "已取消" in rules.press(page, "取消").text, "cancelling twice is cancelling"


def test_one_that_failed_says_why_and_with_which_number_to_report_it(cast: Cast, rules: Browser) -> None:
    job, jobs = begun(rules), cast.town.house.jobs
    assert jobs.begin(job, now=cast.town.house.now)
    assert jobs.end(job, FAILED, {"status": 500, "code": "replay_died", "detail": "子进程一再中途退出"},
                    now=cast.town.house.now)
    page = rules.get(f"/replays/{job}")

    assert "没有完成" in page.text and "子进程一再中途退出" in page.text and "replay_died" in page.text
    assert rules.json(f"/replays/{job}.json")["error"]["trace_id"] in page.text
    assert "现行细则，加 杭州市政府公报 2025-06-06" in rules.get(page.link("再做一次")).text


def test_a_question_with_an_attached_draft_is_asked_again_for_that_very_draft_or_not_at_all(
    rules: Browser, done: str
) -> None:
    question = rules.json(f"/replays/{done}.json")["question"]
    (digest,) = (one["digest"] for one in question["under"]["rulebooks"] if one["event"] is None)

    assert f"now%2B{digest}&" in again(question)
    assert digest in " ".join(words for words, _ in rules.get(again(question), status=422).links)


# What came of it


def test_the_sums_are_those_of_the_report_each_chart_with_its_table_and_nobody_named(
    cast: Cast, rules: Browser, wang: Someone, done: str
) -> None:
    page, told = rules.get(f"/replays/{done}"), rules.json(f"/replays/{done}.json")

    assert told["changed_person_years"] >= 1 and told["gained"] != "0"
    assert f"有变化的人年度 {told['changed_person_years']} " in page.text
    assert f"{told['changed_people']} 人的学时或结论会变（{told['changed_person_years']} 个人年度）" in page.text
    assert f"学时共增 {told['gained']}" in page.text and told["digest"] in page.text
    charts = [one for tag, one in page.tags if tag == "svg" and one.get("role") == "img"]
    assert [one["aria-label"] for one in charts] == [
        "原细则与新细则之下各结论的人年度数", "学时增减各档的人年度数", "各条款增减的学时"]
    assert "增 0–10" in page.text and "甬经信组〔2018〕244号 第六条（四）" in page.text
    assert wang.id not in page.source and "style=" not in page.source
    file = rules.client.get(page.link("report.json"))
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.get_json()["question"] == told["question"]


def test_its_report_is_announced_once_before_anything_is_enacted_and_stands_with_the_rulebooks_that_it_brings(
    rules: Browser, office: Browser, done: str
) -> None:
    at = f"/replays/{done}/announcement"
    told = rules.json(f"/replays/{done}.json")
    page = rules.get(rules.get(f"/replays/{done}").link("登记影响报告"))
    assert "尚未登记" in page.text and DRAFT in page.text and f"有变化的人 {told['changed_people']}" in page.text

    announced = rules.press(page, "登记影响报告")

    assert "已办理：" in announced.text and "已登记 在 " in announced.text, announced.text[300:700]
    assert f'href="/rules/{DRAFT}' in announced.source and at not in announced.source, "once"
    recorded = rules.client.get(f"/v1/impact-reports/{told['digest']}").get_json()["items"]
    assert {one["rulebook"] for one in recorded} == {
        one["id"] for one in told["question"]["under"]["rulebooks"] if one["id"] != PROVINCE}, "all that it brings"
    assert "已登记" in rules.get(at, 409).text
    office.get(at, 403)


@pytest.fixture
def announced(cast: Cast, rules: Browser, makers: Someone, done: str) -> str:
    """A replay under rulebooks that are all in force, its report announced: as `done` came out, of another question."""
    house = cast.town.house
    job = makers.post("/v1/replays", {"under": "now", "against": f"set:{PROVINCE}"}).get_json()
    question, folder = job["question"], place_of(house, job["job"])
    shutil.copytree(place_of(house, done), folder)
    told = json.loads((folder / "report.json").read_bytes())
    told |= {"question": question, "amendments": [
        {"id": one["id"], "digest": one["digest"], "region": "33", "sector": None}
        for one in question["under"]["rulebooks"] if one["id"] != PROVINCE]}
    text = json.dumps(told, ensure_ascii=False)
    (folder / "report.json").write_text(text, "utf-8")
    outcome = {**house.jobs.find(done).outcome, "digest": sha256(text.encode()).hexdigest()}
    assert house.jobs.begin(job["job"], now=house.now)
    assert house.jobs.end(job["job"], DONE, outcome, now=house.now)
    assert makers.post("/v1/impact-reports", {"report": text}).status_code == 201
    return str(job["job"])


@pytest.mark.parametrize(("holds", "said"), [(True, "✓ 预告与实际相同"), (False, "✗ 预告与实际不同")])
def test_after_enactment_one_button_on_either_page_has_it_checked_and_both_pages_say_what_came_of_it(
    cast: Cast, rules: Browser, office: Browser, announced: str, *, holds: bool, said: str
) -> None:
    jobs, law = cast.town.house.jobs, "/rules/ningbo-industry/2019-01-01"
    assert "核对预告与实际" in rules.get(f"/replays/{announced}").buttons()
    assert "核对预告与实际" not in office.get(law).buttons()
    begun = rules.press(rules.get(law), "核对预告与实际")
    check = begun.address.rpartition("/")[2]
    assert "施行之后的核对" in begun.text and "排队中" in begun.text
    waits = rules.get(f"/replays/{announced}")
    assert "正在核对" in waits.text and "核对预告与实际" not in waits.buttons(), "one is enough"

    many = dict.fromkeys(("changed_person_years", "moved_entries", "newly_failed", "newly_passed", "touched_titles",
                          "touched_applications"), 7)
    digest = rules.json(f"/replays/{announced}.json")["digest"]
    books = [{"id": DRAFT, "announced": "a" * 64, "enacted": "b" * 64, "event": 9}]
    recorded = [{"rulebook": DRAFT, "event": 8, "recorded_at": "2026-01-01T09:00:00+08:00", "enacted": 9,
                 "before": True, "log_size": 10, "root": "c" * 64}]
    differ = [] if holds else [{"file": "entries.ndjson", "many": 5, "lines": []}, {
        "file": "report.json", "many": 1, "lines": [{"announced": '{"gained": "8"}', "happened": ""}]}]
    assert jobs.begin(check, now=cast.town.house.now)
    assert jobs.end(check, DONE, {**many, "holds": holds, "digest": digest, "differ": differ, "rulebooks": books,
                                  "page": None, "recorded": recorded, "others": []}, now=cast.town.house.now)
    for browser, address in ((rules, f"/replays/{announced}"), (rules, law), (office, law)):
        page = browser.get(address)
        assert said in page.text and "核对预告与实际" not in page.buttons()
        assert (f"/replays/{check}" in {to for _, to in page.links}) == (browser is rules)
    result = rules.get(f"/replays/{check}")
    assert said in result.text and "在施行之前" in result.text and "文件与预告时不同" in result.text
    assert ("7 个人年度" in result.text) == holds
    assert ("entries.ndjson：5 行不同 涉及个人，不在这里列出" in result.text) != holds
    assert ("（没有这一行）" in result.text) != holds
    listed = rules.get("/replays").text
    assert "核对：现行细则" in listed and "核对：现行细则" in rules.get("/home").text
    clear(place_of(cast.town.house, announced).parent)
    gone = rules.get(law)
    assert said in gone.text and "不在本服务" not in gone.text, "what was found outlasts the files"


def test_a_report_whose_files_are_gone_says_where_it_can_still_be_checked(
    cast: Cast, rules: Browser, office: Browser, announced: str
) -> None:
    clear(place_of(cast.town.house, announced).parent)
    law = rules.get("/rules/ningbo-industry/2019-01-01")

    assert "不在本服务" in law.text and "xueshi replay --check" in law.text
    assert f'action="/replays/{announced}/check"' not in law.source
    assert "不在本服务" not in office.get("/rules/ningbo-industry/2019-01-01").text


def test_rows_are_for_those_in_whose_sight_people_are_for_a_purpose_recorded_and_masked(
    cast: Cast, rules: Browser, office: Browser, wang: Someone, done: str
) -> None:
    access = cast.town.house.register.access.store
    assert office.get(f"/replays/{done}").address == f"/replays/{done}/person-years", "one address for both"
    assert "为什么查阅" in office.get(f"/replays/{done}/person-years").text
    before = access.size()
    page = office.get(f"/replays/{done}/person-years?{LOOKING}")
    shown = office.json(f"/replays/{done}/person-years.json?{LOOKING}")["items"]

    assert "王*明 2024 宁波市海曙区，工业和信息化 0 8 ▲ 增 8" in page.text
    assert "王小明" not in page.source
    seen = [decode(leaf).event for leaf in access.leaves(before, 99)]
    assert {one.subject for one in seen} == {one["person"] for one in shown} >= {wang.id}
    assert {one.what for one in seen} == {("replay", "identity")}
    assert "not_for_reading" in rules.get(f"/replays/{done}/person-years?{LOOKING}", status=403).text
    nowhere = "3307"  # No other test has anyone there.
    elsewhere = Browser(cast.town, cast.town.officer(cast.works, "human_resources", nowhere))
    assert "没有一个人" in elsewhere.get(f"/replays/{done}/person-years?{LOOKING}").text


def test_entries_name_both_clauses_and_the_whole_list_goes_into_a_file(
    office: Browser, wang: Someone, done: str
) -> None:
    page = office.get(f"/replays/{done}/entries?{LOOKING}")
    file = office.client.get(f"/replays/{done}/entries.csv?{LOOKING}").get_data(as_text=True)

    assert "核定不同 没有细则规定 甬经信组〔2018〕244号 第六条（四）" in page.text
    line = next(one for one in file.splitlines() if wang.id in one)
    assert line.split(",")[1:3] == ["王*明", "2024"] and line.split(",")[4:7] == ["0", "8", "8"]
    assert file.splitlines()[-1].startswith("行数,") and "至此完整" in file.splitlines()[-1]
    assert "首次申报 — 2026-11-23" in office.get(f"/replays/{done}/titles?{LOOKING}").text


def test_a_file_of_rows_is_written_part_by_part_and_says_where_it_broke_off(
    office: Browser, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/replays/{done}/person-years.csv?{LOOKING}"
    whole = office.client.get(address).get_data(as_text=True).splitlines()
    monkeypatch.setattr(replay_result, "AT_ONCE", 1)
    assert office.client.get(address).get_data(as_text=True).splitlines() == whole

    asked, rows = [], replay_rows.rows

    def once(*given: Any, **named: Any) -> Any:
        asked.append(named["after"])
        return rows(*given, **named) if len(asked) < 2 else Refusal.because("not_for_reading")

    monkeypatch.setattr(replay_rows, "rows", once)
    broken = office.client.get(address).get_data(as_text=True).splitlines()
    assert len(whole) > 8 and broken[:-1] == whole[:len(broken) - 1]
    assert broken[-1].startswith("未写完,写到第 1 行为止")


def test_the_largest_changes_come_first_where_they_are_asked_for(
    cast: Cast, office: Browser, wang: Someone, done: str
) -> None:
    rows = office.json(f"/replays/{done}/person-years.json?{LOOKING}&order=change")["items"]
    changes = [abs(int(one["change"])) for one in rows]

    assert changes == sorted(changes, reverse=True) and len({*changes}) > 1
    in_order = office.json(f"/replays/{done}/person-years.json?{LOOKING}")["items"]
    lines = [one["line"] for one in in_order]    # Of the report: between them may be some of people out of sight.
    assert sorted(one["line"] for one in rows) == lines == sorted(set(lines))
    assert "变化最大的在前" in office.get(f"/replays/{done}/entries?{LOOKING}").buttons()
    assert "变化最大的在前" not in office.get(f"/replays/{done}/titles?{LOOKING}").buttons()


def test_a_row_leads_to_the_year_under_both_laws_and_to_the_step_at_which_they_part(
    office: Browser, wang: Someone, done: str
) -> None:
    address = office.get(f"/replays/{done}/person-years?{LOOKING}").link("王*明")
    assert address == f"/replays/{done}/persons/{wang.id}/2024?{LOOKING}"
    page = office.get(address)

    assert "合计 0 8 ▲ 增 8" in page.text and "数控机床研修" in page.text
    assert "为什么：第 1 步起不同" in page.text
    whole = page.text.index("原：0 学时")
    assert "都没有这一途径或级别" in page.text[whole:] and "第六条（四）" in page.text[whole:]
    both = office.json(address.replace("/2024?", "/2024.json?"))
    assert [one["evaluated"]["total"] for one in (both["old"], both["new"])] == ["0", "8"]


def test_a_year_before_anything_was_known_or_of_somebody_out_of_sight_is_not_shown(
    cast: Cast, office: Browser, rules: Browser, wang: Someone, done: str
) -> None:
    elsewhere = Browser(cast.town, cast.town.officer(cast.works, "human_resources", "3303"))

    assert "person_absent" in elsewhere.get(f"/replays/{done}/persons/{wang.id}/2024?{LOOKING}", status=404).text
    assert "not_for_reading" in rules.get(f"/replays/{done}/persons/{wang.id}/2024?{LOOKING}", status=403).text
    before = office.get(f"/replays/{done}/persons/{wang.id}/1999?{LOOKING}", status=404)
    assert "两套细则之下都没有可评定的" in before.text


def test_of_a_report_that_was_cleared_away_it_is_said_that_it_is_and_how_to_have_it_again(
    cast: Cast, rules: Browser, office: Browser
) -> None:
    job, jobs = begun(rules), cast.town.house.jobs
    assert jobs.begin(job, now=cast.town.house.now) and jobs.end(job, "done", {}, now=cast.town.house.now)
    clear(place_of(cast.town.house, job).parent)
    assert "报告已清除" in rules.get(f"/replays/{job}").text, "a register that was restored knows the job alone"
    jobs.cleared(job)
    page = rules.get(f"/replays/{job}")

    assert "报告已清除" in page.text and "再做一次" in page.buttons()
    assert "报告已清除" in rules.get("/replays").text
    assert "job_absent" in office.get(f"/replays/{job}/entries?{LOOKING}", status=404).text


# Differences


@pytest.fixture(scope="module")
def qian(cast: Cast) -> Someone:
    """Someone of Ningbo whose exam was approved there, and who turns out to have moved to an environment station."""
    qian = cast.town.person("钱多多")
    cast.town.belongs(qian, cast.works, "2018-01-01")
    cast.clerk.act(qian.submit(study(route="exam", subjects=1, date="2026-03-01")), "approval")
    cast.town.belongs(qian, cast.town.unit("监测站", "330106", "environment"), "2026-01-01")
    return qian


def row_of(page: Read, name: str) -> str:
    return page.text[page.text.index(name):]


def test_counts_name_nobody_and_rows_want_a_purpose_and_are_recorded(cast: Cast, clerk: Browser, qian: Someone) -> None:
    access = cast.town.house.register.access.store
    before = access.size()
    counted = clerk.get("/differences")
    assert re.search(r"\d{4}-\d\d-\d\d 事件 #\d+", counted.text), "since when is a day first, not a number alone"

    assert "用人单位" in counted.text and "后来登记的隶属关系不同" in counted.text
    assert qian.id not in counted.source and "钱" not in counted.text
    assert access.size() == before
    page = clerk.get(f"/differences?{LOOKING}")
    assert row_of(page, "钱*多").startswith("钱*多 2026 年度 · 申报 6 30 ▲ 增 24 后来登记的隶属关系不同")
    seen = [decode(leaf).event for leaf in access.leaves(before, 99)]
    assert qian.id in {one.subject for one in seen}
    assert {one.what for one in seen} == {("years", "identity")}


def test_differences_are_narrowed_told_by_year_and_taken_away(clerk: Browser, qian: Someone) -> None:
    assert "清除筛选" in clerk.get("/differences?kind=class").text
    assert "钱*多 2026" in clerk.get(f"/differences?{LOOKING}&show=years&year=2026").text
    counts, rows = (clerk.client.get(f"/differences.csv{query}").get_data(as_text=True)
                    for query in ("", f"?{LOOKING}"))
    assert "用人单位" in counts and qian.id not in counts
    assert qian.id in rows


def test_who_makes_rules_sees_numbers_alone_and_somebody_themselves_their_own(
    cast: Cast, rules: Browser, li: Browser, qian: Someone
) -> None:
    makers, own = rules.get("/differences"), Browser(cast.town, qian).get("/differences")

    assert "各部门" in makers.text and "查阅目的" not in makers.text
    assert "not_for_reading" in rules.get(f"/differences?{LOOKING}", status=403).text
    assert "各部门" not in own.text and "后来登记的隶属关系不同" in own.text
    assert "按所选规则评定都相同" in li.get("/differences").text


def test_while_everyone_is_weighed_it_is_said_how_far_and_the_same_address_gives_the_answer(
    cast: Cast, rules: Browser, qian: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = f"/differences?law=set:{PROVINCE}"
    asked_for, make = threading.Event(), AskedDifferences._make

    def when_it_was_asked_for(*work: Any) -> None:
        asked_for.wait()
        make(*work)

    monkeypatch.setattr(AskedDifferences, "_make", when_it_was_asked_for)
    monkeypatch.setattr(differences, "WEIGHING_S", 0)
    try:
        waits = rules.get(asked, status=202)
    finally:
        asked_for.set()
    assert "逐人评定" in waits.text and "role=\"status\"" in waits.source
    monkeypatch.undo()
    same = waits.link("这个地址")

    assert "指定的细则" in rules.get(same).text
    assert "HX-Redirect" in rules.client.get(same, headers={**HERE, "HX-Request": "true"}).headers


@pytest.mark.requires_system("chromium")
def test_every_screen_of_replays_is_readable_and_the_browser_says_nothing(
    cast: Cast, served: str, chromium: Any, makers: Someone, rules: Browser, wang: Someone, qian: Someone, done: str
) -> None:
    ours, theirs = Window(chromium, served, makers.token), Window(chromium, served, cast.clerk.token)
    waits = begun(rules)
    found = {path: faults for window, path in (
        (ours, "/replays"), (ours, asked()), (ours, f"/replays/{done}"), (ours, f"/replays/{waits}"),
        (theirs, f"/replays/{done}/person-years?{LOOKING}"), (theirs, f"/replays/{done}/entries?{LOOKING}"),
        (theirs, f"/replays/{done}/persons/{wang.id}/2024?{LOOKING}"), (theirs, "/differences"),
        (theirs, f"/differences?{LOOKING}&law=now"),
    ) if (faults := window.faults(path))}

    assert found == {}
    ours.page.goto(f"{served}/replays/{waits}")
    cast.town.house.jobs.cancel(waits, by=makers.id, now=cast.town.house.now)
    ours.page.get_by_text("已取消").wait_for()  # The page asked by itself.
    assert (ours.said, theirs.said) == ([], [])
