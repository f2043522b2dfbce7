"""A file of another system's records, in either form, comes to the same rows; what a sheet has lost is told."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import xlsxwriter

from api.cases.importing.import_lists import Line, listing
from api.refusals.faults import BadFields

HEADS = ("来源记录号", "版本", "证件号码", "姓名", "科目", "途径", "日期", "天数", "课程名称", "证书编号", "证件类型")
CELLS = ("nb-1", "2", "330102199003070019", "李明", "行业公需", "course", "2026-05-04", "0.5", "课程", "甲-1", "护照")


def table(*rows: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADS, *rows])
    return text.getvalue().encode("utf-8-sig")


def book(*cells: Any) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
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


def test_empty_rows_are_passed_over_and_a_file_without_records_is_none() -> None:
    assert [one.row for one in lines(table(("",) * 11, CELLS))] == [3]
    for content in (table(), table(("",) * 11), b"\xef\xbb\xbf\xe5\x88\x97\r\n", b""):
        with pytest.raises(BadFields):
            lines(content)
