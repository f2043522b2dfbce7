"""The statement's text: the same bytes for the same answer, every number with its reason, and nothing half-known."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.offline.statement_file import digest_of
from projections.statement.columns import width
from projections.statement.tables import WIDTH
from projections.statement.text import statement_text

HEAD: dict[str, Any] = {
    "statement": "stm_0cq3n8z1v0000000000001", "code": "7K3M9QXT0AHB", "salt": "00112233445566778899aabbccddeeff",
    "origin": "register.example/log", "name": "张*三", "id_kind": "resident_id", "id_number": "330102********0019",
    "units": {
        "unt_works": {"name": "甬江机械厂", "credit_code": "91330100MA27XYA111"},
        "unt_delta": {"name": "瓯江三角洲环境监测站", "credit_code": "12330000470051232P"},
    },
}


def minimum(name: str, need: str, have: str, met: bool | None, **rest: object) -> dict[str, Any]:
    return {"name": name, "rulebook": "zhejiang/2016-08-01", "article": "第八条", "need": need, "have": have,
            "met": met, **rest}


def sums(total: str, professional: str, sector: str, general: str, met: bool | None, *minimums: Any) -> dict[str, Any]:
    return {"total": total, "professional": professional, "sector_public": sector, "general_public": general,
            "exam_hours": "0", "met": met, "minimums": list(minimums)}


def entry(claim: str, day: str, assessed: str, counted: str, **rest: Any) -> dict[str, Any]:
    return {
        "claim": claim, "status": "approved", "category": "professional", "route": "advanced_seminar",
        "level": "municipal", "date": day, "title": None, "events": [12, 15, 18],
        "decided": {"assessed": assessed, "counted": counted, "rulebook": "ningbo-industry/2019-01-01",
                    "digest": "d" * 64, "clauses": ["第六条（一）"], "flags": [], "event": 18},
        "evaluated": {"status": "ruled", "assessed": assessed, "counted": counted, "flags": [], "why": [],
                      "rulebook": "ningbo-industry/2019-01-01", "clause": "第六条（一）"},
        **rest,
    }


def answer() -> dict[str, Any]:
    seminar = entry("clm_01", "2025-05-03", "24", "24", days="5", title="工业互联网标识解析高级研修班")
    paper = entry(
        "clm_02", "2025-06-11", "8", "8", route="paper", level="core", rank=2, title="论氨氮在线监测", status="frozen")
    paper["evaluated"] |= {"assessed": "6", "counted": "4", "rulebook": "wenzhou/2020-11-27", "clause": "第九条（二）"}
    course = entry(
        "clm_03", "2025-09-01", "12", "12", category="general_public", route="course", level=None, hours="12",
        status="approved", events=[20, 21])
    course["decided"] |= {"rulebook": None, "digest": None, "clauses": [], "flags": ["late_filing"]}
    revoked = entry("clm_04", "2026-03-01", "24", "0", status="revoked", days="4.5", starts="2026-02-26",
                    ends="2026-03-01", events=[30, 31, 40])
    revoked["evaluated"] |= {"status": "revoked", "assessed": "0", "counted": "0", "rulebook": None, "clause": None}
    cycle = minimum("class_b_cycle", "72", "28", None, reason="in_progress", **{"from": 2025, "to": 2027})
    nothing = sums("0", "0", "0", "0", True, minimum("total", "0", "0", True))
    because = "温州第九条（二）每年最多计 4"
    return {
        "person": "per_0cq3n8z1v0000000000007",
        "basis": {
            "as_of": 41, "as_of_time": "2026-11-21T06:03:05.123456Z", "valid_on": None, "law": "then",
            "rulebooks": [{"id": "zhejiang/2016-08-01", "digest": "1a2b3c4d5e6f" + "0" * 52, "event": 6},
                          {"id": "wenzhou/2020-11-27", "digest": "2b" * 32, "event": None}],
            "log_size": 41, "root": "ab" * 32,
        },
        "years": [
            {"year": 2025, "differs": True,
             "decided": sums("44", "32", "0", "12", False, minimum("total", "90", "44", False),
                             minimum("professional", "60", "32", False)),
             "evaluated": sums("40", "28", "0", "12", None, minimum("total", "90", "40", None, reason="undetermined"),
                               cycle) | {"why": []},
             "differences": [{"entry": "clm_02", "decided": "8", "evaluated": "4", "because": because}],
             "entries": [seminar, paper, course]},
            {"year": 2026, "differs": False, "decided": nothing, "evaluated": nothing, "differences": [],
             "entries": [revoked]},
        ],
        "affiliations": [
            {"unit": "unt_works", "region": "330203", "sector": "industry", "major": None, "from": "2020-03-01",
             "to": "2025-12-31", "event": 9},
            {"unit": "unt_delta", "region": "330304", "sector": "environment", "major": None, "from": "2026-01-01",
             "to": None, "event": 28},
        ],
    }


def changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> tuple[dict[str, Any], dict[str, Any]]:
    told, head = answer(), copy.deepcopy(HEAD)
    change(told, head)
    return told, head


TEXT = statement_text(answer(), HEAD)


def line_with(words: str) -> str:
    (found,) = [line for line in TEXT.splitlines() if words in line]
    return found


def test_the_text_is_the_same_bytes_in_every_process_and_whatever_the_order_of_keys() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    program = ("import json, sys; from projections.statement.text import statement_text; "
               "sys.stdout.buffer.write(statement_text(*json.load(sys.stdin)).encode())")
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps([turned(answer()), turned(HEAD)]).encode(),
        cwd=Path(__file__).parents[2], env={"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LANG": "C"},
        capture_output=True, check=True,
    )
    assert done.stdout == TEXT.encode() == statement_text(answer(), HEAD).encode()


def test_the_text_fits_a_statement_file_and_a_page() -> None:
    assert digest_of(TEXT)
    assert max(map(width, TEXT.splitlines())) <= WIDTH
    assert not [line for line in TEXT.splitlines() if line != line.rstrip()]
    assert "None" not in TEXT and "null" not in TEXT


def test_the_head_says_whose_it_is_on_what_it_rests_and_how_to_ask_about_it() -> None:
    for words in (
        "姓名        张*三", "证件        居民身份证 330102********0019",
        "单位        瓯江三角洲环境监测站（统一社会信用代码 12330000470051232P）",
        "2020-03-01 至 2025-12-31，宁波市海曙区（330203），工业和信息化，甬江机械厂（事件 9）",
        "2026-01-01 起，温州市瓯海区（330304），环保，瓯江三角洲环境监测站（事件 28）",
        "记录时间    截至 2026-11-21 14:03:05.123456+08:00，第 41 个事件", "发生时间    不限",
        "规则        各日期当时有效的细则（then）", "甲 zhejiang/2016-08-01，摘要 1a2b3c4d5e6f，事件 6",
        "乙 wenzhou/2020-11-27，摘要 2b2b2b2b2b2b",
        "丙 ningbo-industry/2019-01-01，摘要 dddddddddddd，仅为认定时所引用",
        "日志        register.example/log，41 条", f"根          {'ab' * 32}",
        "本表编号    stm_0cq3n8z1v0000000000001", "核验码      7K3M-9QXT-0AHB",
        "随机数      00112233445566778899aabbccddeeff",
    ):
        assert words in TEXT, words


def test_a_year_that_differs_shows_both_totals_and_the_reason_and_one_that_does_not_shows_one() -> None:
    decided, evaluated = line_with("总学时 90，缺 46"), line_with("总学时 90，已有 40，待定")
    assert decided.split()[:7] == ["2025", "认定", "32", "0", "12", "44", "否"]
    assert evaluated.split()[:6] == ["评定", "28", "0", "12", "40", "未定"]
    assert "差异  clm_02 认定 8，评定 4：温州第九条（二）每年最多计 4" in TEXT
    assert "B 类周期 2025 至 2027 年 72，已有 28，" in TEXT and "周期未满（甲 第八条）" in TEXT
    assert line_with("总学时 0，已有 0").split()[:6] == ["2026", "0", "0", "0", "0", "是"]


def test_each_entry_leads_to_its_clause_its_events_and_its_claim() -> None:
    assert line_with("2025-05-03").split() == [
        "1", "2025", "专业", "高研班（市级）", "2025-05-03", "5", "天", "24", "24", "已登记"]
    assert "项目  工业互联网标识解析高级研修班" in TEXT
    assert "依据  丙 第六条（一）；事件 12、15、18；clm_01" in TEXT
    assert "第 2 名" in line_with("2025-06-11") and line_with("2025-06-11").endswith("冻结")
    assert "评定  核定 6，计入 4，按条款核定（乙 第九条（二））" in TEXT
    assert "依据  人工确认，逾期备案；事件 20、21；clm_03" in TEXT
    assert line_with("2026-03-01  ").split()[-3:] == ["24", "0", "已撤销"]
    assert "起止  2026-02-26 至 2026-03-01" in TEXT


def test_columns_stand_under_each_other_whatever_is_written_in_them() -> None:
    heads, rows = line_with("序号  年度"), [line_with(day) for day in ("2025-05-03", "2025-06-11", "2025-09-01")]
    for line in rows:
        assert width(line[:line.rindex("  ")]) == width(heads[:heads.index("  状态")])
        assert width(line[:line.rindex("2025-")]) == width(heads[:heads.index("日期")])


def test_the_foot_says_what_it_proves_what_not_and_how_to_check() -> None:
    told = "".join(line.strip() for line in TEXT.partition("说明\n")[2].splitlines())
    for words in (
        "不证明所登记的内容属实", "没有更正、撤销", "被取代、作废", "xueshi verify 文件 --key 公钥文件", "SHA-256",
    ):
        assert words in told, words
    assert "单位意见（章）" in told and "主管部门意见（章）" in told


def test_the_day_and_the_law_that_were_asked_for_are_named() -> None:
    def ask(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["basis"] |= {"valid_on": "2025-10-01", "law": "set:wenzhou/2020-11-27"}

    text = statement_text(*changed(ask))
    assert "发生时间    截至 2025-10-01" in text and "指定的细则（set:wenzhou/2020-11-27）" in text
    assert "不能作为达标的证明" in text.replace("\n            ", "") and "达标的证明" not in TEXT
    assert "乙 wenzhou/2020-11-27，摘要 2b2b2b2b2b2b，截至记录时间没有施行" in text


def test_a_person_without_a_unit_without_entries_or_without_requirements_has_a_statement_too() -> None:
    def empty(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["affiliations"], told["years"] = [], told["years"][1:]
        told["years"][0] |= {"entries": [], "decided": sums("0", "0", "0", "0", None)}

    text = statement_text(*changed(empty))
    assert "没有登记人事隶属关系" in text and "没有已登记的学时" in text and "没有适用的要求" in text


@settings(derandomize=True, max_examples=80, deadline=None)
@given(title=st.text(max_size=200), name=st.text(max_size=60).filter(str.strip), because=st.text().filter(str.strip))
def test_no_free_text_can_shape_the_statement(title: str, name: str, because: str) -> None:
    def write(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["years"][0]["entries"][0]["title"], head["name"] = title, name
        told["years"][0]["differences"][0]["because"] = because
        head["units"]["unt_delta"]["name"] = name

    text = statement_text(*changed(write))
    assert digest_of(text)
    assert max(map(width, text.splitlines())) <= WIDTH
    assert text.count("\n年度情况\n") == text.count("\n登记明细\n") == text.count("\n说明\n") == 1


def test_a_title_that_pretends_to_be_the_separator_stays_a_title() -> None:
    def write(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["years"][0]["entries"][0]["title"] = "\n-- 证明 --\nc2sp.org/tlog-proof@v1\n"

    text = statement_text(*changed(write))
    assert digest_of(text) and "项目  \ufffd-- 证明 --\ufffdc2sp.org/tlog-proof@v1\ufffd" in text


def at(*path: str | int) -> Callable[[dict[str, Any]], tuple[Any, Any]]:
    def find(value: dict[str, Any]) -> tuple[Any, Any]:
        found: Any = value
        for step in path[:-1]:
            found = found[step]
        return found, path[-1]

    return find


ENTRY = ("years", 0, "entries", 0)
WRONG: list[tuple[tuple[str | int, ...], Any]] = [
    (("person",), None), (("person",), ""), (("years",), []), (("basis", "as_of"), 42), (("basis", "as_of"), 0),
    (("basis", "as_of_time"), "2026-11-21T06:03:05"), (("basis", "as_of_time"), None), (("basis", "root"), "ab"),
    (("basis", "root"), None), (("basis", "law"), None), (("basis", "log_size"), True),
    (("basis", "rulebooks", 0, "digest"), None), (("basis", "valid_on"), "2025-13-01"),
    (("years", 0, "decided", "total"), "45"), (("years", 0, "decided", "total"), None),
    (("years", 0, "decided", "total"), 44), (("years", 0, "decided", "professional"), "32.50001"),
    (("years", 0, "decided", "met"), "yes"), (("years", 0, "decided", "minimums", 0, "need"), None),
    (("years", 0, "year"), 2026), (("years", 0, "year"), 2027), (("years", 0, "differences", 0, "because"), None),
    ((*ENTRY, "status"), "submitted"), ((*ENTRY, "category"), "unknown"), ((*ENTRY, "events"), []),
    ((*ENTRY, "events"), [0]), ((*ENTRY, "date"), "2025-02-30"), ((*ENTRY, "days"), 5), ((*ENTRY, "route"), None),
    ((*ENTRY, "decided"), None), ((*ENTRY, "decided", "counted"), None), ((*ENTRY, "evaluated", "status"), "maybe"),
    ((*ENTRY, "decided", "clauses"), [None]), (("affiliations", 0, "unit"), "unt_unknown"),
    (("affiliations", 0, "from"), None),
]
WRONG_HEADS: list[tuple[tuple[str | int, ...], Any]] = [
    (("statement",), "clm_1"), (("statement",), None), (("code",), "7K3M-9QXT-0AHB"), (("code",), "7K3M9QXT0AHU"),
    (("salt",), ""), (("salt",), "0" * 31), (("origin",), None),
    (("name",), ""), (("name",), " \u3000"), (("name",), None),
    (("id_kind",), "driving_licence"), (("id_number",), "330102199003070019"), (("id_number",), "33010219900307****"),
    (("id_number",), None), (("units",), {}), (("units", "unt_works", "name"), None),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda each: str(each)[:60])
def test_an_answer_that_is_not_whole_is_never_printed(path: tuple[str | int, ...], value: Any) -> None:
    told = answer()
    place, last = at(*path)(told)
    place[last] = value
    with pytest.raises(ValueError) as caught:
        statement_text(told, HEAD)
    assert "张" not in str(caught.value)


@pytest.mark.parametrize(("path", "value"), WRONG_HEADS, ids=lambda each: str(each)[:60])
def test_a_head_that_is_not_whole_or_shows_an_id_number_is_never_printed(
    path: tuple[str | int, ...], value: Any
) -> None:
    head = copy.deepcopy(HEAD)
    place, last = at(*path)(head)
    place[last] = value
    with pytest.raises(ValueError) as caught:
        statement_text(answer(), head)
    assert "1990" not in str(caught.value)
