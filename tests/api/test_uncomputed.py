"""Formulas that nobody computed: told apart from 0 and from an empty cell, and refused where they stand."""

from __future__ import annotations

import io
from datetime import date

import pytest
import xlsxwriter
from test_sheets import SHEET, book, changed, code

from api.cases.importing.import_lists import NAMES, NEEDED, listing
from api.cases.learning import result_lists
from api.cases.training import roster_lists
from api.paper.sheets import is_uncomputed, read
from tests.api.house_kit import resident_id

TODAY = date(2026, 11, 22)
BOOK = "xl/workbook.xml"


def with_formula(*rows: tuple[str, ...], value: object = 0, sheets: int = 1) -> bytes:
    """A workbook in which whatever begins with = is a formula, as a program writes it that computes nothing."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        for _ in range(sheets):
            sheet = made.add_worksheet()
            for at, row in enumerate(rows):
                for place, text in enumerate(row):
                    if text.startswith("="):
                        sheet.write_formula(at, place, text, None, value)
                    else:
                        sheet.write_string(at, place, text)
    return file.getvalue()


def computed(content: bytes) -> bytes:
    """The same as a spreadsheet program saves it: nothing is left to be computed on opening."""
    return changed(content, BOOK, lambda part: part.replace(b' fullCalcOnLoad="1"', b""))


def is_told(content: bytes) -> bool:
    return is_uncomputed(read(content).rows[0][0])


NO_VALUE = [b"<v></v>", b"<v/>", b""]


@pytest.mark.parametrize("value", NO_VALUE)
def test_a_formula_without_a_value_is_told_apart_from_an_empty_cell(value: bytes) -> None:
    made = changed(computed(with_formula(("=1+1", "x"))), SHEET,
                   lambda part: part.replace(b"</f><v>0</v>", b"</f>" + value))

    assert is_told(made) and read(made).rows[0][1] == "x"
    alone = changed(computed(with_formula(("=1+1",))), SHEET, lambda part: part.replace(b"<v>0</v>", value))
    assert is_told(alone), "though the reader makes no room for it"


def test_a_0_that_waits_for_a_program_to_compute_it_is_no_0() -> None:
    """Such a file asks for everything to be computed when it is opened; one that was opened and saved does not."""
    made = with_formula(("=1+1", "x"))

    assert is_told(made)
    assert read(computed(made)).rows == [[0.0, "x"]]
    assert read(with_formula(("=1+1", "x"), value=2)).rows == [[2.0, "x"]]


def test_a_formula_that_came_to_nothing_is_an_empty_cell() -> None:
    """As when somebody drags it down a whole column: 如果没有人，空着."""
    made = changed(computed(with_formula(("=IF(1,\"\",2)", "x"))), SHEET,
                   lambda part: part.replace(b'<c r="A1"><f>', b'<c r="A1" t="str"><f>').replace(
                       b"</f><v>0<", b"</f><v><"))

    assert read(made).rows == [["", "x"]]


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!"])
def test_an_error_is_no_empty_cell_either(error: str) -> None:
    assert is_told(computed(with_formula(("=1/0", "x"), value=error)))
    pasted = changed(book((1, "x")), SHEET, lambda part: part.replace(
        b'<c r="A1"><v>1</v>', f'<c r="A1" t="e"><v>{error}</v>'.encode()))
    assert is_told(pasted)


def test_it_looks_at_the_first_sheet_and_reads_other_prefixes() -> None:
    made = changed(with_formula(("=1+1",), sheets=2), SHEET, lambda part: part.replace(b"<f>1+1</f><v>0<", b"<v>7<"))
    assert read(made).rows == [[7.0]]

    moved = changed(with_formula(("=1+1", "x"), sheets=2), BOOK, lambda part: part.replace(
        b'sheetId="1" r:id="rId1"', b'sheetId="1" r:id="rId2"').replace(
        b'sheetId="2" r:id="rId2"', b'sheetId="2" r:id="rId1"'))
    assert is_told(changed(moved, SHEET, lambda part: part.replace(b"<f>1+1</f>", b"")))


def test_a_formula_that_stands_nowhere_is_refused_with_the_whole_file() -> None:
    made = changed(with_formula(("=1+1", "x")), SHEET, lambda part: part.replace(b'<c r="A1">', b"<c>"))

    assert code(made) == "sheet_not_read"


def test_a_mark_that_nobody_computed_is_no_mark_of_0() -> None:
    first, second = result_lists.listed(with_formula(("座位号", "成绩"), ("7", "=60+11"), ("8", "55")), TODAY)

    assert ([one.code for one in first.wrongs], first.score_centi) == (["formula_uncomputed"], None)
    assert first.wrongs[0].words.startswith("第 2 行 B 列：") and "保存" in first.wrongs[0].words
    assert second.wrongs == [] and second.score_centi == 5_500


def test_days_that_nobody_computed_are_not_all_the_days() -> None:
    """An empty cell means 全程, so the error of a formula gave somebody the whole class."""
    person = resident_id(1)
    heads = ("姓名", "证件号码", "出勤天数", "备注")
    made = computed(with_formula(heads, ("李明", person, "=1/0", ""), value="#DIV/0!"))
    row, = roster_lists.listed(read(made), TODAY)[1]
    assert [(one.code, one.column) for one in row.wrongs] == [("formula_uncomputed", 2)]

    beside = with_formula(heads, ("李明", person, "2", "=A1"))
    row, = roster_lists.listed(read(beside), TODAY)[1]
    assert (row.wrongs, row.days_half) == ((), 4), "what no column of ours holds is nobody's affair"


def test_hours_of_another_system_that_nobody_computed_are_refused_at_their_cell() -> None:
    heads = [*NEEDED, "hours"]
    cells = ["r1", "1", resident_id(1), "李明", "课程", "general_public", "course", "2026-05-04", "=4*2"]
    line, = listing(with_formula(tuple(NAMES[one][0] for one in heads), tuple(cells))).lines

    assert line.wrong is not None and (line.wrong.code, line.wrong.at) == ("formula_uncomputed", ("hours",))
    assert line.wrong.words.startswith("第 2 行 I 列：")
