"""Hours are whole hundredths inside and exact decimal strings outside; nothing else is hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.vocabulary import LOCAL, Category, format_hours, parse_hours


@pytest.mark.parametrize(("text", "centi"), [
    ("0", 0), ("0.0", 0), ("0.00", 0), ("1", 100), ("4.5", 450), ("19.6", 1960), ("19.60", 1960), ("0.01", 1),
    ("0.1", 10), ("10", 1000), ("100", 10_000), ("9999999.99", 999_999_999),
])
def test_a_decimal_of_hours_is_read_exactly(text: str, centi: int) -> None:
    assert parse_hours(text) == centi


@pytest.mark.parametrize("text", [
    "", " ", "-1", "+1", "1.", ".5", "1.234", "01", "00", "1e3", "1,5", "1 000", " 1", "1 ", "1\n", "\n1", "NaN", "inf",
    "0x10", "1_0", "١", "１", "1.٥", "一", "10000000", "1.5h", "1..5", "--1", "4.5学时",
], ids=repr)
def test_anything_else_is_not_hours(text: str) -> None:
    with pytest.raises(ValueError, match="decimal number of hours"):
        parse_hours(text)


@pytest.mark.parametrize("value", [4.5, 4, None, True, b"4.5", Decimal("4.5")], ids=repr)
def test_hours_are_read_from_text_alone(value: object) -> None:
    with pytest.raises(ValueError, match="decimal number of hours"):
        parse_hours(value)  # type: ignore[arg-type]


def test_however_many_different_hours_were_read_each_is_read_as_the_first() -> None:
    for centi in (*range(1, 9_000), *range(1, 9_000)):
        assert parse_hours(f"{centi // 100}.{centi % 100:02d}") == centi


@pytest.mark.parametrize(("centi", "text"), [
    (0, "0"), (1, "0.01"), (10, "0.1"), (100, "1"), (450, "4.5"), (1960, "19.6"), (2400, "24"), (10_000, "100"),
    (-1, "-0.01"), (-450, "-4.5"), (-10_000, "-100"),
])
def test_hours_are_written_exactly_without_trailing_zeros(centi: int, text: str) -> None:
    assert format_hours(centi) == text


@given(st.integers(0, 999_999_999))
def test_what_is_written_is_read_back(centi: int) -> None:
    text = format_hours(centi)

    assert parse_hours(text) == centi
    assert Decimal(text) == Decimal(centi) / 100
    assert format_hours(parse_hours(text)) == text, "there is one way to write it"


@given(st.integers(1, 10**12))
def test_a_difference_is_written_with_its_sign_in_front(centi: int) -> None:
    assert format_hours(-centi) == "-" + format_hours(centi)


def test_a_legal_day_begins_at_sixteen_hours_utc_of_the_day_before() -> None:
    assert datetime(2020, 1, 1, tzinfo=LOCAL).astimezone(UTC) == datetime(2019, 12, 31, 16, tzinfo=UTC)
    assert LOCAL.utcoffset(None) == timedelta(hours=8)


def test_the_three_categories_have_their_words() -> None:
    assert {category.value for category in Category} == {"professional", "sector_public", "general_public"}
