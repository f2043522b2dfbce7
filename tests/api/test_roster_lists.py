"""What each row of a roster says, and what is told of one that cannot be read: its row, its column, the cure."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.cases.training.roster_lists import HEADS, Listed, listed, marks_of
from api.paper.sheets import Sheet
from tests.api.house_kit import resident_id

TODAY = date(2026, 11, 21)
ID = resident_id(1)


def rows_of(*rows: list[Any], heads: tuple[str, ...] = HEADS) -> list[Listed]:
    return listed(Sheet([list(heads), *rows]), TODAY)[1]


def one(**cells: Any) -> Listed:
    """A row with everything as it should be, but for what is given."""
    right = {"证件号码": ID, "姓名": "李明", "证件类型": "", "出勤天数": "", "登记卡号": "", "确认学时": ""} | cells
    (row,) = rows_of([right[head] for head in HEADS])
    return row


def test_a_row_is_read_in_the_forms_in_which_the_register_holds_them() -> None:
    row = one(姓名=" 李　明 ", 证件号码=f" {ID.lower()} ", 出勤天数=2.5, 登记卡号="甬-01", 确认学时=12.0)

    assert row.wrongs == ()
    assert (row.id and row.id.normalised, row.name, row.days_half, row.card, row.hours_centi) == (
        ID, "李明", 5, "甬-01", 1_200)
    assert one(证件类型="护照", 证件号码="E12345678").wrongs == ()


def test_a_remark_beside_the_last_column_is_taken_for_nothing_that_the_list_does_not_have() -> None:
    """Of numbers and names alone, the cell to the right was read as the kind, the days, the card and the hours."""
    first, second = rows_of([ID, "李明", "3"], [resident_id(2), "王芳", "3"], heads=("证件号码", "姓名"))

    assert first.wrongs == second.wrongs == ()
    assert (first.days_half, first.card, first.hours_centi) == (None, None, None)


@pytest.mark.parametrize(("cells", "code", "column"), [
    ({"证件号码": 330102199003070019}, "id_number_numeric", "A"),
    ({"证件号码": 3.30102199003e17}, "id_number_numeric", "A"),
    ({"证件号码": "3.30102E+17"}, "id_number_numeric", "A"),
    ({"证件号码": "330102199003070010"}, "bad_id_number_check_digit", "A"),
    ({"证件号码": ""}, "bad_id_number_empty", "A"),
    ({"证件号码": "=HYPERLINK(1)"}, "formula", "A"),
    ({"姓名": "@SUM(A1)"}, "formula", "B"),
    ({"姓名": ""}, "bad_name_empty", "B"),
    ({"证件类型": "军官证"}, "id_kind_unknown", "C"),
    ({"出勤天数": "两天"}, "days_malformed", "D"),
    ({"出勤天数": 0.25}, "days_malformed", "D"),
    ({"出勤天数": -1}, "days_malformed", "D"),
    ({"登记卡号": 17}, "card_numeric", "E"),
    ({"登记卡号": "1" * 101}, "card_malformed", "E"),
    ({"确认学时": "12.345"}, "hours_malformed", "F"),
])
def test_what_cannot_be_read_is_told_with_its_place_and_never_repeated(
    cells: dict[str, Any], code: str, column: str
) -> None:
    (wrong,) = one(**cells).wrongs

    assert wrong.code == code
    assert wrong.words.startswith(f"第 2 行 {column} 列：") and wrong.words.endswith("。")
    typed = str(next(iter(cells.values())))
    assert len(typed) < 4 or typed not in wrong.words


def test_a_person_or_a_card_that_stands_on_the_list_before_is_told_where() -> None:
    heads = ("证件号码", "姓名", "登记卡号")
    first, second, third = rows_of(
        [ID, "李明", "卡1"], [ID, "李明", "卡2"], [resident_id(2), "王芳", "卡1"], heads=heads)

    assert first.wrongs == ()
    assert [wrong.code for wrong in second.wrongs] == ["person_twice"] and "第 2 行" in second.wrongs[0].words
    assert [wrong.code for wrong in third.wrongs] == ["card_twice"]


def test_empty_rows_are_passed_over_and_the_others_keep_their_numbers() -> None:
    found = rows_of(["", "  "], [ID, "李明"], [], heads=("证件号码", "姓名"))

    assert [row.row for row in found] == [2]


def test_the_cells_that_are_wrong_are_marked_with_every_reason() -> None:
    row = one(证件号码=330102199003070019, 出勤天数="x")
    mark = marks_of([row], 6)[1]

    assert mark.columns == {0, 3} and mark.words.count("；") >= 1
