"""A file of another system's records, in either form, comes to the same rows; what a sheet has lost is told."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from flask import Flask, g
from python_calamine import CalamineWorkbook

from api.cases.importing.import_lists import NAMES, Line, blank, listing
from api.cases.importing.import_words import words_of
from api.refusals.faults import BadFields
from api.routes.imports import rows_of
from policies.words import base_vocabulary

HEADS = ("来源记录号", "版本", "证件号码", "姓名", "科目", "途径", "日期", "天数", "课程名称", "证书编号", "证件类型")
CELLS = ("nb-1", "2", "330102199003070019", "李明", "行业公需", "course", "2026-05-04", "0.5", "课程", "甲-1", "护照")


def table(*rows: tuple[str, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode("utf-8-sig")


def book(*cells: Any) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy/m/d"}) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        sheet.write_row(1, 0, cells)
    return file.getvalue()


def lines(content: bytes) -> list[Line]:
    return listing(content).lines


def test_a_row_of_a_sheet_is_what_the_api_would_be_sent() -> None:
    one, = lines(table(CELLS))

    assert one.row == 2 and json.loads(one.text) == {
        "record": "nb-1", "version": 2, "id_number": "330102199003070019", "name": "李明", "id_kind": "passport",
        "study": {"category": "sector_public", "route": "course", "date": "2026-05-04", "days": "0.5"},
        "details": {"title": "课程", "certificate_number": "甲-1"}}
    assert lines(book(*CELLS)) == [one]


def test_ndjson_is_taken_line_by_line_as_it_is() -> None:
    assert [(one.row, one.text) for one in lines(b'{"a": 1}\n{not json}\n')] == [(1, b'{"a": 1}'), (2, b"{not json}")]


@pytest.mark.parametrize("place", [0, 2, 9])
def test_a_number_that_a_spreadsheet_made_of_a_code_is_told_with_its_place(place: int) -> None:
    one, = lines(book(*CELLS[:place], 330102199003070019, *CELLS[place + 1:]))

    assert one.wrong is not None and one.wrong.code == "number_numeric"
    assert one.wrong.words.startswith(f"第 2 行 {chr(65 + place)} 列") and "3301" not in one.wrong.words


@pytest.mark.parametrize("written", ["2026-05-04", "2026/5/4", "2026.5.4", "2026年5月4日", "2026-05-04 00:00:00",
                                     date(2026, 5, 4)])
def test_a_date_is_read_as_spreadsheets_write_it(written: Any) -> None:
    one, = lines(book(*CELLS[:6], written, *CELLS[7:]))

    assert json.loads(one.text)["study"]["date"] == "2026-05-04"


def test_the_words_of_the_law_may_be_written_as_people_call_them() -> None:
    heads = (*HEADS, "级别", "完成方式")
    there = [json.loads(one.text)["study"] for one in lines(table(
        (*CELLS, "省级", "考试"), (*CELLS[:5], "课题、规划、标准、立法", *CELLS[6:], "省部级", "学完"), heads=heads))]

    assert [(one["route"], one["level"], one["completed_by"]) for one in there] == [
        ("course", "provincial", "exam"), ("project", "provincial", "completion")]


def test_every_route_of_the_law_has_its_columns() -> None:
    wanted = {name for route in base_vocabulary().routes.values() for name in (*route.quantity, *route.needs)}

    assert wanted | {"rank", "level", "filed_on", "starts"} <= NAMES.keys()


def test_the_blank_is_read_back_and_says_every_route_and_level() -> None:
    made = CalamineWorkbook.from_filelike(io.BytesIO(blank()))
    heads, = made.get_sheet_by_index(0).to_python()
    told = "".join(str(row[0]) for row in made.get_sheet_by_index(1).to_python())

    assert heads == [spellings[0] for spellings in NAMES.values()]
    with pytest.raises(BadFields) as empty:
        lines(blank())
    assert empty.value.faults[0].code == "sheet_empty"
    words = base_vocabulary()
    assert all(f"{route.name}（{code}）" in told for code, route in words.routes.items())
    assert all(f"（{code}）" in told for code in words.levels)


def test_everything_wrong_in_a_row_is_told_by_its_cells_and_without_words_of_json() -> None:
    with Flask(__name__).app_context():
        g.trace_id = "0" * 32
        wrong = rows_of(table((*CELLS[:1], "一", *CELLS[2:5], "听课", "五月", "三", *CELLS[8:]))).rows[0].wrong
        line = rows_of(b'{"record": "a", "version": "1"}').rows[0].wrong

    assert wrong is not None and wrong.code == "row_malformed" and wrong.at == ("version", "route", "date", "days")
    assert [one.partition("：")[0] for one in wrong.words.split("；")] == [
        "第 2 行 B 列“版本”", "第 2 行 F 列“途径”", "第 2 行 G 列“日期”", "第 2 行 H 列“天数”"]
    assert "引号" not in wrong.words and "/study" not in wrong.words and "没有这个途径" in wrong.words
    assert line is not None and line.words.startswith("/version：") and "/study：" in line.words


@pytest.mark.parametrize(("code", "said"), [
    ("record_twice", "同一条记录"), ("record_names_someone", "像是证件号码"), ("number_numeric", "数字格式"),
    ("bad_id_number_check_digit", "证件号码不正确"), ("not_countable", "不计学时"), ("row_malformed", "同一文件试办"),
])
def test_why_a_row_was_set_aside_can_be_told_when_only_its_code_is_left(code: str, said: str) -> None:
    assert said in words_of(code)


def test_empty_rows_are_passed_over_and_a_file_without_records_is_none() -> None:
    assert [one.row for one in lines(table(("",) * 11, CELLS))] == [3]
    for content in (table(), table(("",) * 11), b"\xef\xbb\xbf\xe5\x88\x97\r\n", b""):
        with pytest.raises(BadFields):
            lines(content)
