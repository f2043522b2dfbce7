"""What a log line may not hold: resident ID numbers, mobile numbers, whatever stands under a personal name.

The rule is that nothing personal is handed to the log in the first place; this is the net below that
rule. Shapes are found inside longer text too, in full-width digits too, and a wrong check digit does
not make a number public: a mistyped ID number is still somebody's. Values of types we do not know are
named, not printed, because their `repr` is not ours.

`tests/api/test_logs.py` shows it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

REDACTED: Final = "[已隐去]"

_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_SHAPES: Final = re.compile(
    r"(?<![0-9])(?:"
    rf"[0-9]{{6}}[ -]?(?:18|19|20)[0-9]{{2}}{_MONTH_DAY}[ -]?[0-9]{{3}}[0-9Xx]"    # GB 11643: 18 characters.
    rf"|[0-9]{{8}}{_MONTH_DAY}[0-9]{{3}}"                                          # The 15 of before 1999.
    r"|(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"                       # A mobile number.
    r")(?![0-9])"
)

_LENGTH_LEAST: Final = 11  # Of any of these: the mobile number.
_SHORTER: Final = 10 ** (_LENGTH_LEAST - 1)

# A key is personal when its last words are these: `name`, `person_name`, `unit_contact_phone`.
_PERSONAL: Final = re.compile(
    r"(?:^|_)(?:name|id_number|identity|id_card|phone|mobile|email|address|birth_date|password|secret|token"
    r"|authorization|cookie|ip|remote_addr|user_agent|query|body|referer)$",
    re.IGNORECASE,
)


def is_personal(key: str) -> bool:
    """Say whether a value under this key is hidden whatever it looks like."""
    return _PERSONAL.search(key.replace("-", "_")) is not None


def redact_text(text: str) -> str:
    """Hide every ID number and mobile number in a text."""
    plain = text if text.isascii() else "".join(map(_narrow, text))
    pieces, end = [], 0
    for found in _SHAPES.finditer(plain):
        pieces += [text[end : found.start()], REDACTED]
        end = found.end()
    return "".join(pieces) + text[end:]


def redact(value: object) -> object:
    """Hide what is personal in a value, however deep."""
    match value:
        case None | bool() | float():
            return value
        case int():
            is_short = -_SHORTER < value < _SHORTER
            return value if is_short or redact_text(str(value)) == str(value) else REDACTED
        case str():
            return value if len(value) < _LENGTH_LEAST else redact_text(value)
        case Mapping():
            keys = [_key(str(key)) for key in value]
            return {
                key: REDACTED if hides else redact(each)
                for (key, hides), each in zip(keys, value.values(), strict=True)
            }
        case list() | tuple() | set() | frozenset():
            return [redact(each) for each in value]
        case _:
            return f"<{type(value).__name__}>"


@lru_cache(256)
def _key(key: str) -> tuple[str, bool]:
    """Give a key as it may be shown, and whether its value is hidden: nearly always one of our own few words."""
    return redact_text(key), is_personal(key)


def _narrow(character: str) -> str:
    """One character for one: any decimal digit of Unicode as its ASCII digit, and the full-width X."""
    digit = unicodedata.decimal(character, None)
    return str(digit) if digit is not None else {"Ｘ": "X", "ｘ": "x"}.get(character, character)
