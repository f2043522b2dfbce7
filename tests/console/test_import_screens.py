"""Another system's records in the console: tried, taken over on purpose, told back, compared with their source."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from api.cases.importing.import_words import words_of
from tests.api.house_kit import BODY, Someone, resident_id
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast, Read


class Source(NamedTuple):
    """A department with a system of its own, and three people whose courses it counted."""

    cast: Cast
    someone: Someone
    browser: Browser
    rows: list[BODY]


@pytest.fixture(scope="module")
def source(cast: Cast) -> Iterator[Source]:
    town = cast.town
    someone = town.officer(town.unit("湖州市人社局", "330500", "general"), "human_resources", "3305")
    works = town.unit("太湖机械厂", "330502", "industry")
    someone.sends("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
                  region="330500")
    rows = []
    for at, name in enumerate(("沈一", "沈二", "沈三")):
        number = resident_id(next(town.numbers))
        made = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
        town.belongs(Someone(town.client(), made["token"], made["person"]), works, "2020-01-01")
        study = {"category": "general_public", "route": "course", "date": f"2026-05-0{at + 1}", "hours": "4",
                 "completed_by": "exam"}
        rows.append({"record": f"hz-{at}", "version": 1, "id_number": number, "name": name, "study": study,
                     "details": {"title": "网络课程"}})
    yield Source(cast, someone, Browser(town, someone), rows)


TERMS = {"region": "330500", "starts": "2026-01-01", "ends": "2026-12-31"}


def lines(*rows: BODY) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()


def tried(source: Source, system: str, content: bytes, status: int = 200, **typed: Any) -> Read:
    page = source.browser.get("/imports/new")
    return source.browser.press(page, "逐行检查", status, system=system, file=(io.BytesIO(content), "a.ndjson"),
                                **{**TERMS, **typed})


def named(source: Source, prefix: str) -> list[BODY]:
    """The same rows under record names of their own."""
    return [{**one, "record": f"{prefix}-{one['record']}",
             "study": {**one["study"], "occasion": f"{prefix}-{one['record']}"}} for one in source.rows]


def test_a_file_is_tried_then_taken_over_as_one_act_with_its_digests(source: Source) -> None:
    size = source.cast.town.house.ledger.store.size
    before = size()
    check = tried(source, "first", lines(*named(source, "a")))
    assert "共 3 行 新增 3 更正 0 重复 0 错误 0" in check.text
    assert size() == before, "nothing is written by a check"

    done = source.browser.press(check, "导入 3 行")
    assert "已办理：完成导入（事件 #" in done.text
    body = source.browser.json(f"{done.address}.json")
    assert body["outcome"]["accepted"] == 3 and f"sha256 {body['file_sha256']}" in done.text


def test_the_same_file_again_leads_to_the_same_receipt(source: Source) -> None:
    content = lines(*named(source, "b"))
    first = source.browser.press(tried(source, "second", content), "导入 3 行")
    size = source.cast.town.house.ledger.store.size()
    again = tried(source, "second", content)

    assert again.address == first.address and "这个文件此前已经导入" in again.text
    assert source.cast.town.house.ledger.store.size() == size


def test_with_a_row_that_is_refused_the_others_are_taken_only_where_that_is_said(source: Source) -> None:
    good, bad, away = named(source, "c")
    content = lines(good, {**bad, "name": "沈不"}, {**away, "study": {**away["study"], "date": "2020-05-01"}})
    check = tried(source, "third", content)
    assert "没有证件号码和姓名都与此相符的人员" in check.text and "日期不在本批数据所属的期间内" in check.text

    size = source.cast.town.house.ledger.store.size()
    unsure = source.browser.press(check, "导入 1 行", 422)
    assert "有 2 行不能接受：请先改好文件，或勾选只导入其余的。" in unsure.text
    assert source.cast.town.house.ledger.store.size() == size

    done = source.browser.press(unsure, "导入 1 行", partial="1")
    assert "接受 1" in done.text and "拒绝 2" in done.text
    assert "第 2 行" in done.text and "person_unknown" in done.text


def test_a_sheet_goes_back_with_what_is_wrong_beside_each_row(source: Source) -> None:
    text = io.StringIO()
    one = source.rows[0]
    csv.writer(text).writerows([
        ("记录号", "版本", "证件号码", "姓名", "项目名称", "科目", "途径", "日期", "学时", "完成方式"),
        ("d-1", "1", one["id_number"], "沈错", "课程", "一般公需", "course", "2026-05-01", "4", "exam")])
    check = tried(source, "fourth", text.getvalue().encode("utf-8-sig"))
    answer = source.browser.send(check, "下载退回的工作簿")

    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "原因" and "相符的人员" in str(rows[1][-1])
    assert not any("导入 " in words and "行" in words for words in check.buttons())


def test_what_is_missing_is_told_at_its_field(source: Source) -> None:
    page = source.browser.get("/imports/new")
    shown = source.browser.press(page, "逐行检查", 422, system="大写")

    assert {"#system", "#region", "#starts", "#ends", "#file"} <= {address for _, address in shown.links}
    assert 'value="大写"' in shown.source
    assert "没有找到列名" in tried(source, "fifth", b"a,b\n1,2\n", 422).text


def test_a_snapshot_is_compared_before_it_is_recorded_and_judges_nobody(source: Source) -> None:
    rows = named(source, "e")
    done = source.browser.press(tried(source, "sixth", lines(*rows)), "导入 3 行")
    form = source.browser.get(f"{done.address}/reconciliation")
    content = lines({**rows[0], "version": 2}, rows[1])
    shown = source.browser.press(form, "比较", file=(io.BytesIO(content), "s.ndjson"))
    assert "比较 3 相异 2" in shown.text
    assert "来源有新版本 1" in shown.text and "来源已无此记录 1" in shown.text
    assert source.browser.send(shown, "下载全部差异").data.startswith(b"PK")

    recorded = source.browser.press(shown, "登记已对账")
    assert recorded.address == done.address
    assert source.browser.json(f"{done.address}.json")["reconciliations"][0]["differences"] == 2


def test_what_was_changed_here_is_told_back_and_the_days_add_up(source: Source) -> None:
    rows = named(source, "f")
    source.browser.press(tried(source, "seventh", lines(*rows)), "导入 3 行")
    assert "没有在本系统更正过" in source.browser.get("/imports/changes?system=seventh").text

    report = source.browser.get("/imports/report?system=seventh")
    assert [one["sent"] for one in source.browser.json("/imports/report.json?system=seventh")["items"]] == [3]
    assert "seventh" in report.text
    assert "导入对账" in source.browser.client.get("/imports/report.csv?system=seventh").get_data(as_text=True)
    assert "日期：请写成 2026-11-22 这样" in source.browser.get("/imports/report?starts=昨天", 422).text


def test_the_list_says_what_came_last_first_and_narrows_to_a_source(source: Source) -> None:
    for system in ("eighth", "ninth"):
        source.browser.press(tried(source, system, lines(*named(source, system))), "导入 3 行")
    found = source.browser.json("/imports.json")["items"]

    assert [one["system"] for one in found[:2]] == ["ninth", "eighth"]
    assert {one["system"] for one in source.browser.json("/imports.json?system=eighth")["items"]} == {"eighth"}
    assert "ninth" in source.browser.client.get("/imports.csv").get_data(as_text=True)


def test_only_whoever_may_bring_in_is_led_here_and_offered_the_form(source: Source, cast: Cast, clerk: Browser) -> None:
    assert "导入" in source.browser.get("/home").buttons()
    assert "导入" not in clerk.get("/home").buttons()
    assert "导入一个文件" not in clerk.get("/imports").buttons()
    assert clerk.get("/imports/new", 403).status == 403
    assert "导入一个文件" in source.browser.get("/imports").buttons()


def test_every_code_that_is_kept_has_words() -> None:
    assert words_of("person_unknown").startswith("没有证件号码")
    assert words_of("person_restricted") != words_of("row_malformed")
    assert "试办" in words_of("row_malformed")


@pytest.mark.requires_system("chromium")
def test_every_screen_of_imports_is_without_fault_in_a_browser(source: Source, served: str, chromium: Any) -> None:
    done = source.browser.press(tried(source, "tenth", lines(*named(source, "g"))), "导入 3 行")
    window = Window(chromium, served, source.someone.token)
    for path in ("/imports", "/imports/new", done.address, f"{done.address}?row=1", "/imports?system=tenth",
                 f"{done.address}/reconciliation", "/imports/report",
                 "/imports/changes?system=tenth", "/imports/sources", "/imports/sources/tenth",
                 "/imports/sources/tenth/closing", "/imports/new-source"):
        assert window.faults(path) == [], path
    assert window.said == []
