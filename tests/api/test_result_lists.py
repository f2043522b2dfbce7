"""A list of results as somebody wrote it: what its rows say, and what is wrong with them."""

from __future__ import annotations

from datetime import date

import pytest

from api.cases.learning.result_lists import ROWS_MOST, Row, listed, mark_of
from api.refusals.faults import BadFields
from tests.api.house_kit import resident_id

TODAY = date(2026, 11, 22)


def read(text: str) -> list[Row]:
    return listed(text.encode(), TODAY)


def wrong(text: str) -> str:
    with pytest.raises(BadFields) as caught:
        read(text)
    return caught.value.faults[0].code


def test_a_table_and_lines_of_json_say_the_same() -> None:
    table = read("座位号,成绩,到场\n7,71.5,\n8,缺考,\n9,,否\n10,,是\n")
    lines = read('{"seat":7,"score":"71.5"}\n{"seat":8,"present":false}\n{"seat":9,"present":false}\n'
                 '{"seat":10,"present":true}\n')

    said = [(7, True, 7_150), (8, False, None), (9, False, None), (10, True, None)]
    assert [(one.seat, one.present, one.score_centi) for one in table] == said
    assert [(one.seat, one.present, one.score_centi) for one in lines] == said
    assert ([one.row for one in table], [one.row for one in lines]) == ([2, 3, 4, 5], [1, 2, 3, 4])


def test_each_row_says_what_is_wrong_with_it_and_repeats_no_number() -> None:
    number = resident_id(1)
    rows = read("座位号,成绩,到场,证件号码\n0,60,,\n1,6O,,\n2,60,否,\n3,60,也许,\n"
                f"4,60,,{number[:-2]}99\n5,60,,\n5,61,,\n")

    assert [one.wrongs[0].code if one.wrongs else None for one in rows] == [
        "seat_malformed", "score_malformed", "score_of_nobody", "present_malformed",
        "bad_id_number_check_digit", None, "seat_twice"]
    assert number[:10] not in str(rows[4].wrongs)
    assert read('{"seat":1,"present":"yes"}')[0].wrongs[0].code == "present_malformed"


def test_what_is_no_list_is_refused_whole() -> None:
    assert wrong('{"seat":1}\n{"seat":') == wrong('{"seat":1,"hours":"18"}') == "line_malformed"
    assert wrong("座位号,成绩\n") == "sheet_empty"
    assert wrong("姓名,成绩\n李明,60\n") == "column_missing"
    assert wrong("座位号,成绩\n" + "".join(f"{at},60\n" for at in range(1, ROWS_MOST + 2))) == "sheet_too_large"


def test_a_mark_is_exact_or_none() -> None:
    assert [mark_of(text) for text in ("0", "71.5", "100", "60.25", "1000.05")] == [0, 7_150, 10_000, 6_025, 100_005]
    assert [mark_of(text) for text in ("", "-1", "60.", "60.255", "１００", "6e1", "007")] == [None] * 7
