"""Documents of every kind: one stored form, one kind for a number, a mask that shows what is promised."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.identifiers import id_number, resident_id
from ledger.identifiers.characters import typed
from ledger.identifiers.errors import BadIdNumber
from ledger.identifiers.id_number import IdNumber, parse

TODAY = date(2026, 11, 21)


def reason(kind: str, text: str) -> str:
    with pytest.raises(BadIdNumber) as caught:
        parse(kind, text, today=TODAY)
    return caught.value.reason


def test_a_resident_id_tells_birth_sex_and_area() -> None:
    number = parse("resident_id", "330102 19900307 0019", today=TODAY)
    assert number == IdNumber("resident_id", "330102199003070019")
    assert (number.birth_date, number.sex) == (date(1990, 3, 7), "male")
    assert number.area is not None
    assert number.area.province == "浙江省"


@pytest.mark.parametrize("text", ["810000199001010019", "830000199001010012"])
def test_a_residence_permit_has_the_check_of_a_resident_id_and_a_kind_of_its_own(text: str) -> None:
    number = parse("hmt_residence_permit", text, today=TODAY)
    assert (number.birth_date, number.sex, number.area) == (date(1990, 1, 1), "male", None)
    assert reason("resident_id", text) == "other_kind"
    assert reason("hmt_residence_permit", "330102199003070019") == "format"
    assert reason("hmt_residence_permit", text[:-1] + "3") == "check_digit"
    assert reason("hmt_residence_permit", f"{text[:6]}{text[8:17]}") == "format"  # Fifteen digits.


def test_the_card_of_permanent_residence_of_2023_is_checked_like_a_resident_id() -> None:
    number = parse("foreign_permanent_residence", "911124198108030024", today=TODAY)  # The specimen of the card.
    assert (number.birth_date, number.sex) == (date(1981, 8, 3), None)
    assert reason("foreign_permanent_residence", "911124198108030025") == "check_digit"
    assert reason("foreign_permanent_residence", "330102199003070019") == "format"
    assert reason("resident_id", "911124198108030024") == "other_kind"


def test_the_older_card_of_permanent_residence_has_three_letters_and_twelve_digits() -> None:
    number = parse("foreign_permanent_residence", "can110081080310", today=TODAY)
    assert (number.normalised, number.birth_date) == ("CAN110081080310", None)
    assert reason("foreign_permanent_residence", "CA1110081080310") == "format"


def test_the_issue_count_of_a_travel_permit_is_no_part_of_who_its_holder_is() -> None:
    first = parse("mainland_travel_permit", "H1234567801", today=TODAY)
    second = parse("mainland_travel_permit", "h12345678 02", today=TODAY)
    assert first == second == parse("mainland_travel_permit", "Ｈ１２３４５６７８", today=TODAY)
    assert parse("mainland_travel_permit", "12345678", today=TODAY).normalised == "12345678"
    assert reason("mainland_travel_permit", "K12345678") == "format"
    assert reason("mainland_travel_permit", "H123456789") == "format"


def test_passports_are_letters_and_digits_and_other_documents_anything_legible() -> None:
    assert parse("passport", "e12345678", today=TODAY).normalised == "E12345678"
    assert reason("passport", "ABCDEFG") == "format"
    assert reason("passport", "E1234-5678") == "format"
    assert parse("other", "军字第（2016）001号", today=TODAY).normalised == "军字第(2016)001号"
    assert reason("other", "1" * 41) == "format"


@pytest.mark.parametrize("kind", ["passport", "other"])
@pytest.mark.parametrize("text", ["330102199003070019", "810000199001010019", "911124198108030024"])
def test_a_number_with_a_kind_of_its_own_does_not_pass_under_a_freer_one(kind: str, text: str) -> None:
    assert reason(kind, text) == "other_kind"
    assert parse(kind, text[:-1] + "3", today=TODAY)  # The check digit is wrong: it is some other number.


def test_a_kind_without_a_rule_is_refused_and_an_empty_number_of_any_kind() -> None:
    assert reason("residentid", "330102199003070019") == "unknown_kind"
    for kind in id_number.KINDS:
        assert reason(kind, " \u3000") == "empty"


def test_masks_show_what_is_promised() -> None:
    assert IdNumber("resident_id", "330102199003070019").mask() == "330102********0019"
    assert IdNumber("resident_id", "33010219700307001X").mask() == "330102********001X"
    assert IdNumber("passport", "E12345678").mask() == "E1******8"
    assert IdNumber("mainland_travel_permit", "12345678").mask() == "1******8"
    assert IdNumber("foreign_permanent_residence", "CAN110081080310").mask() == "CAN**********10"
    assert IdNumber("other", "7").mask() == "*"
    assert IdNumber("resident_id", "1990").mask() == "1***"  # Built by hand, and still not shown.
    assert IdNumber("other", "1234").mask() == "1***"
    assert IdNumber("other", "1" * 18).mask() == "111************111"  # Looks like a resident ID and is none.


@settings(derandomize=True, max_examples=300)
@given(st.sampled_from(id_number.KINDS), st.text(alphabet="0123456789X", min_size=1, max_size=40))
def test_masks_show_ten_characters_of_a_resident_id_and_at_most_a_third_of_others(kind: str, text: str) -> None:
    checked = kind in {"resident_id", "hmt_residence_permit", "foreign_permanent_residence"}
    if checked:
        text = ("9" + text)[:17].ljust(17, "0").replace("X", "0")
        text += resident_id.check_character(text)
    masked = IdNumber(kind, text).mask()
    shown = [index for index, char in enumerate(masked) if char != "*"]
    assert len(masked) == len(text)
    assert all(masked[index] == text[index] for index in shown)
    if checked:
        assert set(shown) == {*range(6), *range(14, 18)}
    else:
        assert len(shown) <= min(len(text) // 3, 6)


def test_of_plain_characters_small_letters_are_capitals_and_spaces_are_dropped() -> None:
    assert typed("".join(map(chr, range(128)))) == "".join(
        chr(code - 32 if ord("a") <= code <= ord("z") else code) for code in range(128) if code != ord(" "))
