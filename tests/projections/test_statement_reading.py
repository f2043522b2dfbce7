"""What was written is what is read: every statement's text can be taken apart again, and nothing else can."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_statement_text import HEAD, TEXT, answer, changed

from projections.statement.columns import Column, cut, row, unwrap, wrap
from projections.statement.reading import UnreadableStatement, read_statement
from projections.statement.tables import ENTRIES
from projections.statement.text import statement_text

FACTS = {
    "certificate": "宁波市人社局 甬〔2025〕12号", "organiser": "甬江；研究院", "completed_by": "exam",
    "filed_on": "2025-03-01", "occasion": "oc-1",
    "registered": {"on": "2025-05-20", "office": "海曙区经信局", "system": "浙江省学时登记管理系统"},
}


def test_the_fields_the_places_and_the_rulebooks_are_read_as_they_were_given() -> None:
    told = read_statement(TEXT)

    assert told.fields["姓名"] == "张*三" and told.fields["核验码"] == "7K3M-9QXT-0AHB" and told.law == "then"
    assert [(one.starts, one.ends, one.region, one.sector, one.unit, one.event) for one in told.places] == [
        ("2020-03-01", "2025-12-31", "330203", "工业和信息化", "甬江机械厂", 9),
        ("2026-01-01", None, "330304", "环保", "瓯江三角洲环境监测站", 28)]
    assert [(one.id, one.is_basis) for one in told.books] == [
        ("zhejiang/2016-08-01", True), ("wenzhou/2020-11-27", True), ("ningbo-industry/2019-01-01", False)]
    assert len(told.remarks) == 4 and told.remarks[-1].endswith("--key 公钥文件")


def test_both_sides_of_a_year_and_each_requirement_are_read() -> None:
    decided, evaluated, next_year = read_statement(TEXT).years

    assert (decided.year, decided.side, decided.total, decided.met) == (2025, "认定", "44", False)
    assert [(one.name, one.need, one.short) for one in decided.needs] == [
        ("总学时", "90", "46"), ("专业科目", "60", "28")]
    assert (evaluated.side, evaluated.total, evaluated.met) == ("评定", "40", None)
    assert (evaluated.needs[1].span, evaluated.needs[1].have, evaluated.needs[1].is_open) == ((2025, 2027), "28", True)
    assert (next_year.year, next_year.side, next_year.met) == (2026, "", True)


def test_each_study_is_read_with_what_it_rests_on() -> None:
    seminar, paper, course, revoked = read_statement(TEXT).entries

    assert seminar[:9] == (1, 2025, "专业", "高研班（市级）", "2025-05-03", "5 天", "24", "24", "已登记")
    assert (seminar.rulebook, seminar.clauses) == ("ningbo-industry/2019-01-01", "第六条（一）")
    assert paper.notes["评定"] == "核定 6，计入 4，按条款核定（乙 第九条（二））"
    assert (course.rulebook, course.category) == (None, "一般公需")
    assert (revoked.status, revoked.notes["起止"]) == ("已撤销", "2026-02-26 至 2026-03-01")


def test_every_fact_that_the_law_weighs_is_printed_and_no_value_looks_like_two() -> None:
    def tell(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["years"][0]["entries"][0] |= FACTS
        head["title"] = {"level": "intermediate", "obtained_on": "2018-11-30", "series": "工程师"}

    told = read_statement(statement_text(*changed(tell)))

    assert told.fields["现职称"] == "工程师（中级），2018-11-30 取得"
    notes = told.entries[0].notes
    assert notes["事实"].split("；") == [
        "完成方式：考试（考核）合格", "备案日期：2025-03-01", "组织者：甬江，研究院", "活动编号：oc-1"]
    assert notes["证书"] == FACTS["certificate"]
    assert notes["登记"] == "2025-05-20，海曙区经信局，来自 浙江省学时登记管理系统"


@settings(derandomize=True, max_examples=60, deadline=None)
@given(title=st.text(max_size=120), office=st.text(max_size=60), organiser=st.text(max_size=60))
def test_no_free_text_can_make_a_text_unreadable_or_read_as_another(title: str, office: str, organiser: str) -> None:
    def tell(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["years"][0]["entries"][0] |= {"title": title, "organiser": organiser, "registered": {
            "on": "2025-05-20", "office": office or None}}

    told = read_statement(statement_text(*changed(tell)))

    assert [one.counted for one in told.entries] == ["24", "8", "12", "0"]
    assert told.years == read_statement(TEXT).years
    assert set(told.entries[0].notes) <= {"项目", "登记", "事实", "依据"}


@settings(derandomize=True, max_examples=80, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("甲乙（）第12 ab，"), min_size=1, max_size=90), columns=st.integers(8, 40))
def test_lines_that_were_broken_are_joined_but_for_spaces_beside_wide_characters(text: str, columns: int) -> None:
    text = " ".join(text.split())

    assert unwrap(wrap(text, columns), columns).replace(" ", "") == text.replace(" ", "")


def test_the_cells_of_a_row_are_found_at_their_places() -> None:
    table = (Column("一", 4, True), Column("二", 6), Column("三", 5))

    assert cut(row(("1", "甲乙丙", "x"), table)[0], table) == ["1", "甲乙丙", "x"]
    assert cut(row(("", "", "x"), table)[0], table) == ["", "", "x"]
    assert cut("", ENTRIES) == [""] * len(ENTRIES)


@pytest.mark.parametrize("change", [
    lambda text: text.replace("登记明细\n", ""), lambda text: text.replace("丙 第六条", "丁 第六条", 1),
    lambda text: text.replace("  是  ", "  好  "), lambda text: "学时登记情况表\n", lambda text: "",
    lambda text: text.replace("   2  2025", "   3  2025"), lambda text: text.replace("年度  口径", "年份  口径"),
    lambda text: text.replace("起，温州市", "起；温州市"), lambda text: text.replace("\n2025  ", "\n202²  "),
    lambda text: text.replace("   2  2025", "   2  202²"), lambda text: text.replace("\n规则", "\n规范"),
])
def test_what_could_not_have_been_written_is_not_read(change: Any) -> None:
    assert change(TEXT) != TEXT
    with pytest.raises(UnreadableStatement):
        read_statement(change(TEXT))


def test_a_statement_with_nothing_in_it_is_read_too() -> None:
    told = answer()
    told["affiliations"], told["years"] = [], told["years"][1:]
    told["years"][0]["entries"] = []

    found = read_statement(statement_text(told, HEAD))

    assert (found.places, found.entries, found.fields["单位"]) == ((), (), "没有登记人事隶属关系")


def test_the_papers_of_a_study_are_counted_and_named_by_their_digests_and_read_again() -> None:
    papers = [letter * 64 for letter in "abcdef"]
    told, head = changed(lambda told, _: told["years"][0]["entries"][0].update(evidence=papers))
    text = statement_text(told, head)

    assert "佐证  6 件：aaaaaaaaaaaa、" in text and "a" * 13 not in text
    seminar, paper = read_statement(text).entries[:2]
    assert seminar.notes["佐证"].split("：")[1].split("、") == [one[:12] for one in papers]
    assert "佐证" not in paper.notes
