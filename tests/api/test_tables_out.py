"""Lists as files: what a spreadsheet opens is the list as of a position, and nothing in it is ever computed."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from api.paper import sheets
from api.paper.tables_out import FORMS, Form, Table, file_of, safe

EVIL = ('=HYPERLINK("http://example.invalid")', "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1",
        "＝1＋1")
TABLE = Table(
    "work", "待办", ("申报号", "姓名", "学时", "日期", "等待天数"),
    [("clm_1", "李*", Decimal("12.5"), date(2026, 4, 2), 3), (EVIL[0], '逗,号"引\n行', Decimal("-2"), None, 0)],
    as_of=417, as_of_time="2026-11-21T08:00:00+08:00", asked={"角色": "单位"})


def cells(form: Form) -> list[list[Any]]:
    content = file_of(TABLE, form).content
    if form == "csv":
        return [list(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [list(row) for row in book.get_sheet_by_index(0).to_python(skip_empty_area=False)]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_says_what_it_is_and_as_of_when_above_its_columns(form: Form) -> None:
    found = cells(form)

    assert file_of(TABLE, form).name == f"work-as-of-417.{form}"
    assert [row[:2] for row in found[:4]] == [
        ["待办", ""], ["数据截至", "2026-11-21T08:00:00+08:00 · 序号 #417"], ["角色", "单位"], ["行数", "2"]]
    assert found[4] == list(TABLE.heads)
    assert {len(row) for row in found} == {5}, "every line has as many fields"


def test_csv_begins_with_the_mark_that_chinese_needs_and_comes_out_the_same_each_time() -> None:
    first = file_of(TABLE, "csv").content

    assert first.startswith(b"\xef\xbb\xbf\xe5\xbe\x85") and first == file_of(TABLE, "csv").content
    assert cells("csv")[5] == ["clm_1", "李*", "12.5", "2026-04-02", "3"]
    assert cells("csv")[6] == [f"'{EVIL[0]}", '逗,号"引\n行', "-2", "", "0"]


@pytest.mark.parametrize("text", EVIL)
def test_what_a_spreadsheet_would_compute_is_given_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_in_a_workbook_hours_are_numbers_and_a_formula_is_the_text_that_it_was() -> None:
    first, second = cells("xlsx")[5:]

    assert first == ["clm_1", "李*", 12.5, "2026-04-02", 3]
    assert second[0] == EVIL[0] and second[2] == -2


def test_what_goes_out_can_be_read_in_again() -> None:
    for form in FORMS:
        rows = sheets.read(file_of(TABLE, form).content).rows
        assert sheets.columns(rows, {"claim": ("申报号",), "hours": ("学时",)}, ("claim", "hours")).row == 4
