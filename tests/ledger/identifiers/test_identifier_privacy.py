"""Whatever comes in: a value or one of our errors, and no error and no printed value that repeats what came in."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.identifiers import id_number, names, phones, regions, resident_id, unit_code
from ledger.identifiers.errors import BadIdentifier, BadIdNumber

TODAY = date(2026, 11, 21)

PARSERS: dict[str, Callable[[str], object]] = {
    **{kind: (lambda text, kind=kind: id_number.parse(kind, text, today=TODAY)) for kind in id_number.KINDS},  # type: ignore[misc]
    "normalise": lambda text: resident_id.normalise(text, today=TODAY),
    "unit_code": unit_code.parse,
    "name": names.parse,
    "phone": phones.parse,
}

# Text that nearly is something reaches deeper than text that is nothing.
nearly = st.text(alphabet="0123456789XxOIl０１Ｘ 　-()+转HM\u200b\u0661①ſ", max_size=24)
anything = st.text(st.characters(), max_size=40) | nearly | st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True)


@settings(derandomize=True, max_examples=1500)
@given(st.sampled_from(sorted(PARSERS)), anything)
def test_any_text_gives_a_value_or_one_of_our_errors(parser: str, text: str) -> None:
    try:
        PARSERS[parser](text)
    except BadIdentifier as error:
        assert error.reason
        assert str(error)


@settings(derandomize=True, max_examples=300)
@given(anything, st.dates(min_value=date(2010, 1, 1), max_value=date(2030, 1, 1)))
def test_any_text_may_be_asked_for_as_a_region(text: str, on: date) -> None:
    for ask in (lambda: regions.known(text, on), lambda: regions.name(text, on), lambda: regions.successors(text, on),
                lambda: regions.parent(text), lambda: regions.within("330102", text)):
        try:
            ask()
        except BadIdentifier as error:
            assert text == "" or len(text) <= 6 or text not in str(error)


def every_text_of(error: BaseException) -> str:
    """What any log could print of an error: text, repr, arguments, attributes, and the errors behind it."""
    texts = [str(error), repr(error), repr(error.args), repr(vars(error)), "".join(getattr(error, "__notes__", []))]
    behind = [every_text_of(other) for other in (error.__cause__, error.__context__) if other is not None]
    return " ".join(texts + behind)


BAD_NUMBERS = [
    "330102199003070018", "330102198513070018", "330102209003070018", "33010219900307001", "33O102199003070019",
    "330102199003070019\u200b", "810000199001010019", "911124198108030024", "3301021990030700199", "330102901307001",
]


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("kind", id_number.KINDS)
def test_no_error_repeats_four_digits_of_the_number_it_refuses(kind: str, number: str) -> None:
    try:
        id_number.parse(kind, number, today=TODAY)
    except BadIdNumber as error:
        said = every_text_of(error).replace("810000", "").replace("820000", "").replace("830000", "")  # Fixed text.
        pieces = {number[start:start + 4] for start in range(len(number) - 3)} - {"2023"}
        assert not [piece for piece in pieces if piece in said]


def test_no_error_says_which_check_digit_would_have_been_right() -> None:
    said = set()
    for wrong in "012345678X":  # 9 is right.
        with pytest.raises(BadIdNumber) as caught:
            resident_id.normalise(f"33010219900307001{wrong}", today=TODAY)
        said.add(every_text_of(caught.value))
    assert len(said) == 1
    assert "9" not in said.pop()


def test_no_error_about_a_name_or_phone_repeats_it() -> None:
    for parse, value, piece in ((names.parse, "欧阳娜娜\u200b", "欧阳"), (phones.parse, "1380000123", "1380"),
                                (phones.parse, "1380000123x", "1380"), (names.parse, "欧阳" * 40, "欧阳")):
        with pytest.raises(BadIdentifier) as caught:
            parse(value)
        assert piece not in every_text_of(caught.value)


def test_values_of_persons_print_themselves_masked() -> None:
    values = (
        id_number.parse("resident_id", "330102199003070019", today=TODAY),
        names.parse("欧阳娜娜"),
        phones.parse("13800001234"),
    )
    for text in (repr(values), str(values), f"{values[0]} {values[1]} {values[2]}"):
        for secret in ("19900307", "阳娜", "0000"):
            assert secret not in text


def test_errors_survive_pickling_with_reason_place_and_text() -> None:
    with pytest.raises(BadIdNumber) as caught:
        resident_id.normalise("33O102199003070019", today=TODAY)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.code, again.reason, again.position, str(again)) == (
        "bad_id_number", "character", 3, str(caught.value))
