"""A number that somebody types is a number, or it is told to them as they typed it: never an error of ours."""

from __future__ import annotations

import pytest

from api.console.investigating.case_sent import EndingForm
from api.whole import whole, whole_or_as_typed


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 15, 10**15 - 1)])
def test_plain_digits_are_a_number(text: str, number: int) -> None:
    assert whole(text) == whole_or_as_typed(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", " 1", "1\n", "１２", "²", "٣", "9" * 16, "9" * 5_000])
def test_whatever_else_is_typed_is_none_and_stays_as_it_was_typed(text: str) -> None:
    assert whole(text) is None
    assert whole_or_as_typed(text) == text


def test_so_many_digits_as_a_field_has_and_no_more() -> None:
    assert (whole("2026", 4), whole("12026", 4)) == (2026, None)


@pytest.mark.parametrize("typed", ["9" * 5_000, "第一件"])
def test_a_request_of_a_case_that_has_no_such_number_is_told_at_its_field(typed: str) -> None:
    assert "number" in EndingForm().validate({"number": typed, "why": "withdrawn", "words": "-"})
