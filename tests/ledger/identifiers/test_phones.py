"""Telephone numbers: one stored form however they are written, masked where shown."""

from __future__ import annotations

import pytest

from ledger.identifiers import phones
from ledger.identifiers.errors import BadPhone
from ledger.identifiers.phones import Phone


@pytest.mark.parametrize(
    "text",
    ["13800001234", "138 0000 1234", "138-0000-1234", "+86 138 0000 1234", "+86-13800001234", "008613800001234",
     "１３８００００１２３４"],
)
def test_a_mobile_number_is_eleven_digits_however_it_is_written(text: str) -> None:
    assert phones.parse(text) == Phone("mobile", "13800001234")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("0571-87050001", "0571-87050001"),
        ("057187050001", "0571-87050001"),
        ("(0571) 8705 0001", "0571-87050001"),
        ("（0571）87050001转802", "0571-87050001-802"),
        ("0571—87050001-802", "0571-87050001-802"),
        ("+86 571 87050001", "0571-87050001"),
        ("+86 (0571) 87050001", "0571-87050001"),
        ("010 62000000", "010-62000000"),
        ("0578-2000001", "0578-2000001"),
    ],
)
def test_a_fixed_number_is_area_code_number_and_extension(text: str, stored: str) -> None:
    assert phones.parse(text) == Phone("fixed", stored)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), ("  ", "empty"), ("1380000123", "format"), ("12800001234", "format"), ("87050001", "format"),
     ("010-6200000", "format"), ("0571-17050001", "format"), ("1380000l234", "character"),
     ("138\u200b00001234", "character"), ("13800001234转1", "format"), ("+852 61234567", "format")],
)
def test_what_is_no_number_of_mainland_china_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadPhone) as caught:
        phones.parse(text)
    assert caught.value.reason == reason


def test_masks_show_three_and_four_digits_or_the_area_code_and_four_and_never_an_extension() -> None:
    assert phones.parse("13800001234").mask() == "138****1234"
    assert phones.parse("0571-87050001转802").mask() == "0571-****0001"
    assert phones.parse("0578-2000001").mask() == "0578-***0001"
