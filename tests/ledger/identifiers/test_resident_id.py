"""公民身份号码 by GB 11643: what is accepted, what is refused and why. All numbers are synthetic."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.identifiers import resident_id
from ledger.identifiers.errors import BadIdNumber

TODAY = date(2026, 11, 21)
CHARACTERS = "0123456789X"


def reason(text: str, today: date = TODAY) -> str:
    with pytest.raises(BadIdNumber) as caught:
        resident_id.normalise(text, today=today)
    return caught.value.reason


@pytest.mark.parametrize(
    "number",
    [
        "330102199003070019",
        "330102198503070010",
        "33010219700307001X",  # Born before 330102 was a code: area tables that start in 1983 refuse it.
        "330203198801011029",
        "330103198001010014",  # 下城区, abolished 2021.
        "330183199001010010",  # 富阳市, a district since 2014.
        "330383199501010018",  # 龙港市, a town until 2019.
        "330113200101010014",  # 临平区, since 2021: a checker that looks areas up crashes here.
        "330114200101010010",  # 钱塘区, since 2021.
    ],
)
def test_a_right_number_is_accepted_whatever_became_of_its_area(number: str) -> None:
    assert resident_id.normalise(number, today=TODAY) == number


@pytest.mark.parametrize(
    "text",
    [
        "33010219700307001x",
        "３３０１０２１９７００３０７００１Ｘ",
        "３３０１０２１９７００３０７００１ｘ",
        " 330102 19700307 001X ",
        "330102\u300019700307\u00a0001x",
    ],
)
def test_full_width_digits_small_x_and_spaces_are_read_as_the_number_they_mean(text: str) -> None:
    assert resident_id.normalise(text, today=TODAY) == "33010219700307001X"


def test_fifteen_digits_are_converted_to_the_eighteen_of_the_same_person() -> None:
    assert resident_id.normalise("330102700307001", today=TODAY) == "33010219700307001X"
    assert resident_id.normalise("３３０１０２ 900307 001", today=TODAY) == "330102199003070019"
    assert reason("330102701307001") == "date"
    assert reason("33010270030700X") == "character"


def test_a_day_that_never_was_is_refused_before_the_check_digit_is_asked() -> None:
    assert reason("330302198502290012") == "date"  # 1985 had no 29 February, and the check digit is right.
    for birth in ("19000229", "19850431", "19851301", "19850001", "19850100", "19850132", "00000101"):
        body = f"330302{birth}001"
        assert reason(body + resident_id.check_character(body)) == "date", birth


def test_the_leap_days_of_1984_and_2000_are_accepted() -> None:
    for birth in ("19840229", "20000229"):
        body = f"330302{birth}001"
        assert resident_id.normalise(body + resident_id.check_character(body), today=TODAY)


def test_a_birth_today_is_accepted_and_a_birth_tomorrow_is_not() -> None:
    body = "33010220261121001"
    number = body + resident_id.check_character(body)
    assert resident_id.normalise(number, today=date(2026, 11, 21)) == number
    assert reason(number, today=date(2026, 11, 20)) == "future_date"


def test_nobody_is_born_more_than_150_years_ago() -> None:
    for year, accepted in (("1876", True), ("1875", False)):
        body = f"330102{year}0307001"
        number = body + resident_id.check_character(body)
        if accepted:
            assert resident_id.normalise(number, today=TODAY) == number
        else:
            assert reason(number) == "date"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \u3000 ", "empty"),
        ("33010219900307001", "length"),
        ("3301021990030700190", "length"),
        ("330102199003070018", "check_digit"),
        ("33O102199003070019", "character"),   # The letter O.
        ("330102l99003070019", "character"),
        ("3301021990030700１Y", "character"),
        ("33010219900307001١", "character"),   # An Arabic digit is a digit to Python and not to GB 11643.
        ("①30102199003070019", "character"),
    ],
)
def test_the_rule_that_failed_is_named(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_a_letter_o_is_pointed_out_with_its_place_and_an_unseen_character_before_the_length() -> None:
    with pytest.raises(BadIdNumber) as caught:
        resident_id.normalise("33 0O02199003070019", today=TODAY)
    assert (caught.value.reason, caught.value.position) == ("character", 4)
    assert "字母 O" in str(caught.value)
    assert "数字 0" in str(caught.value)
    with pytest.raises(BadIdNumber) as caught:
        resident_id.normalise("33010219900307001Y", today=TODAY)
    assert (caught.value.reason, caught.value.position) == ("character", 18)
    with pytest.raises(BadIdNumber) as caught:
        resident_id.normalise("\u202d330102199003070019", today=TODAY)
    assert (caught.value.reason, caught.value.position) == ("character", 1)
    assert "看不见" in str(caught.value)


def test_birth_and_sex_are_read_from_the_number() -> None:
    assert resident_id.birth_date("330102199003070019") == date(1990, 3, 7)
    assert resident_id.sex("330102199003070019") == "male"
    assert resident_id.sex("330203198801011029") == "female"


def test_the_area_is_advice_with_the_time_in_which_it_was_known() -> None:
    abolished = resident_id.area("330103198001010014")
    assert abolished.province == "浙江省"
    assert abolished.span is not None
    assert (abolished.span.name, abolished.span.last) == ("下城区", date(2021, 4, 8))
    elsewhere = resident_id.area("110101199003070010")
    assert (elsewhere.province, elsewhere.span) == ("北京市", None)
    nowhere = resident_id.area("990101199003070010")
    assert (nowhere.province, nowhere.span) == (None, None)


births = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)
bodies = st.builds("{:06d}{:%Y%m%d}{:03d}".format, st.integers(0, 999_999), births, st.integers(0, 999))
numbers = bodies.map(lambda body: body + resident_id.check_character(body))


@settings(derandomize=True, max_examples=300)
@given(numbers)
def test_every_generated_number_passes_with_its_birth_and_sex(number: str) -> None:
    assert resident_id.normalise(number, today=TODAY) == number
    assert f"{resident_id.birth_date(number):%Y%m%d}" == number[6:14]
    assert (resident_id.sex(number) == "male") == (int(number[16]) % 2 == 1)


@settings(derandomize=True, max_examples=100)
@given(numbers)
def test_every_wrong_character_is_caught_because_no_weight_is_zero_modulo_11(number: str) -> None:
    for place in range(18):
        for char in CHARACTERS:
            if char != number[place]:
                with pytest.raises(BadIdNumber):
                    resident_id.normalise(number[:place] + char + number[place + 1:], today=TODAY)


@settings(derandomize=True, max_examples=200)
@given(numbers, st.integers(0, 16))
def test_every_exchange_of_neighbours_is_caught_because_neighbouring_weights_differ(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    exchanged = number[:place] + number[place + 1] + number[place] + number[place + 2:]
    with pytest.raises(BadIdNumber):
        resident_id.normalise(exchanged, today=TODAY)


@settings(derandomize=True, max_examples=300)
@given(births, st.integers(0, 999))
def test_fifteen_digits_lose_nothing_but_the_century(birth: date, sequence: int) -> None:
    assume(birth.year < 2000)
    long = resident_id.normalise(f"330102{birth:%y%m%d}{sequence:03d}", today=TODAY)
    assert long[:6] + long[8:17] == f"330102{birth:%y%m%d}{sequence:03d}"
    assert resident_id.birth_date(long) == birth


def test_every_day_of_two_centuries_is_a_birth_date_exactly_when_the_calendar_has_it() -> None:
    for year in range(1900, 2027):
        for month in range(14):
            for day in range(33):
                body = f"330102{year:04d}{month:02d}{day:02d}001"
                number = body + resident_id.check_character(body)
                try:
                    exists = date(year, month, day) <= TODAY
                except ValueError:
                    exists = False
                if exists:
                    assert resident_id.normalise(number, today=TODAY) == number
                else:
                    assert reason(number) in {"date", "future_date"}
