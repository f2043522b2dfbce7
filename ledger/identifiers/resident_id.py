"""公民身份号码: six digits of area, eight of birth, three of sequence, one check character.

GB 11643-1999, check by ISO 7064 MOD 11-2. The number is given once and kept for life, so its area is the
area of first registration: districts that were abolished since, or created since, are as good as any other.
The area never rejects a number; `area` only says what is known about it. A number of fifteen digits (before
1999-10-01) is converted.

`tests/ledger/identifiers/test_resident_id.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from operator import mul
from typing import Final, Literal, NoReturn

from ledger.identifiers import regions
from ledger.identifiers.characters import DIGITS, first_invisible, first_outside, in_words, typed
from ledger.identifiers.errors import BadIdNumber

Sex = Literal["female", "male"]

LENGTHS: Final = (15, 18)
"""Characters of a number: fifteen before 1999-10-01."""

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_LAST: Final = DIGITS | {"X"}
_LONGEST_LIFE_YEARS: Final = 150  # Nobody older is registered; a birth in the year 0199 is a typing error.


@dataclass(frozen=True, slots=True)
class Area:
    """What is known about the first six digits. Nothing known is no fault: the table holds Zhejiang alone."""

    province: str | None
    span: regions.Span | None


def check_character(body: str) -> str:
    """The eighteenth character that belongs to seventeen digits."""
    assert len(body) == 17, "the last character belongs to seventeen digits"
    return _CHECKS[sum(map(mul, _WEIGHTS, map(int, body))) % 11]


def normalise(text: str, *, today: date) -> str:
    """Eighteen characters, half-width and upper case, or `BadIdNumber`."""
    number = typed(text)
    if not number:
        raise BadIdNumber("empty", "证件号码为空：请填写 18 位公民身份号码。")
    if (position := first_invisible(number)) is not None:
        _bad_character(number[position - 1], position, "数字")
    if len(number) == 15:
        number = _converted(number)
    elif len(number) != 18:
        counted = f"现为 {len(number)} 位（不计空格）"
        raise BadIdNumber("length", f"证件号码应为 18 位（旧号码 15 位），{counted}：请核对证件。")
    _require_characters(number[:17], DIGITS)
    _require_characters(number[17:], _LAST, offset=17)
    _require_birth(number[6:14], today)
    if check_character(number[:17]) != number[17]:
        raise BadIdNumber("check_digit", "证件号码校验不符：至少有一位抄录有误，请对照证件逐位核对。")
    return number


def birth_date(number: str) -> date:
    """The date of birth in a normalised number."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> Sex:
    """Odd sequence numbers are given to men, even ones to women."""
    return "male" if int(number[16]) % 2 else "female"


def area(number: str) -> Area:
    """What is known about the area of first registration. Advice for a reader, never a ground for refusal."""
    return Area(regions.province(number[:2]), regions.span(number[:6]))


def _converted(number: str) -> str:
    """Fifteen digits say the year in two and have no check: all of them were born in 19yy."""
    _require_characters(number, DIGITS)
    body = f"{number[:6]}19{number[6:]}"
    return body + check_character(body)


def _require_characters(part: str, allowed: frozenset[str], offset: int = 0) -> None:
    if (position := first_outside(part, allowed)) is not None:
        _bad_character(part[position - 1], position + offset, "数字" if allowed is DIGITS else "数字或字母 X")


def _bad_character(char: str, position: int, wanted: str) -> NoReturn:
    text = f"证件号码第 {position} 位应为{wanted}，现为{in_words(char)}：请对照证件改正。"
    raise BadIdNumber("character", text, position)


def _require_birth(digits: str, today: date) -> None:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    exists = 1 <= month <= 12 and 1 <= day <= _days_in(year, month)
    if not exists or year < today.year - _LONGEST_LIFE_YEARS:
        raise BadIdNumber("date", "证件号码第 7 至 14 位不是存在的出生日期：请对照证件核对。", 7)
    if date(year, month, day) > today:
        raise BadIdNumber("future_date", "证件号码第 7 至 14 位的出生日期晚于今天：请对照证件核对。", 7)


def _days_in(year: int, month: int) -> int:
    """Counted rather than caught: an exception in flight keeps the number it failed on in its context."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
