"""统一社会信用代码 by GB 32100. The codes are synthetic but one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.identifiers import unit_code
from ledger.identifiers.errors import BadUnitCode
from ledger.identifiers.unit_code import ALPHABET


def refused(text: str) -> BadUnitCode:
    with pytest.raises(BadUnitCode) as caught:
        unit_code.parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "category", "area"),
    [
        ("12330000470051232P", "public_institution", "330000"),
        ("91330100MA27XYA111", "enterprise", "330100"),
        ("52330100MJ87123436", "private_non_enterprise", "330100"),
        ("N2330327MF1234567C", "rural_collective", "330327"),  # Checkers that want eight leading digits refuse it.
        ("11330000002482760D", "state_organ", "330000"),
        ("91110000600037341L", "enterprise", "110000"),        # A real one, widely published.
    ],
)
def test_right_codes_are_accepted_and_say_what_and_where(text: str, category: str, area: str) -> None:
    code = unit_code.parse(text)
    assert (code.code, code.category, code.area) == (text, category, area)


def test_small_letters_full_width_and_spaces_are_read_as_the_code_they_mean() -> None:
    assert unit_code.parse("n2330327 mf1234567c").code == "N2330327MF1234567C"
    assert unit_code.parse("９１３３０１００ＭＡ２７ＸＹＡ１１１").code == "91330100MA27XYA111"


def test_the_inner_check_refuses_nobody() -> None:
    body = "91330100MA27XYA12"  # The organisation code would end in 1.
    assert unit_code.parse(body + unit_code.check_character(body)).code.startswith(body)


def test_a_category_without_a_word_is_other_and_accepted() -> None:
    body = "G1330100MA27XYA11"
    assert unit_code.parse(body + unit_code.check_character(body)).category == "other"


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "empty", None),
        ("12330000470051232", "length", None),
        ("12330000470051232P1", "length", None),
        ("1233000047OO51232P", "character", 11),
        ("I2330000470051232P", "character", 1),
        ("12330000470051232-", "character", 18),
        ("\ufeff12330000470051232P", "character", 1),
        ("1233A000470051232P", "region_digits", 5),
        ("12330000470051232Q", "check_digit", None),
    ],
)
def test_the_rule_that_failed_is_named_with_its_place(text: str, reason: str, position: int | None) -> None:
    error = refused(text)
    assert (error.reason, error.position) == (reason, position)


def test_a_letter_the_alphabet_lacks_is_shown_with_the_character_it_looks_like() -> None:
    for letter, like in {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}.items():
        assert letter not in ALPHABET
        text = str(refused(f"91330100MA27{letter}YA111"))
        assert f"字母 {letter}" in text
        assert like in text


codes = st.builds(
    lambda head, area, rest: (body := f"{head}{area:06d}{rest}") + unit_code.check_character(body),
    st.text(alphabet=ALPHABET, min_size=2, max_size=2),
    st.integers(0, 999_999),
    st.text(alphabet=ALPHABET, min_size=9, max_size=9),
)


@settings(derandomize=True, max_examples=300)
@given(codes)
def test_every_generated_code_passes(code: str) -> None:
    assert unit_code.parse(code).code == code


@settings(derandomize=True, max_examples=50)
@given(codes)
def test_every_wrong_character_is_caught_because_31_is_prime(code: str) -> None:
    for place in range(18):
        for char in ALPHABET:
            if char != code[place]:
                refused(code[:place] + char + code[place + 1:])


@settings(derandomize=True, max_examples=300)
@given(codes, st.integers(0, 16))
def test_every_exchange_of_neighbours_is_caught_because_neighbouring_weights_differ(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    refused(code[:place] + code[place + 1] + code[place] + code[place + 2:])
