"""Telephone numbers of mainland China: 手机 and 固定电话, one stored form, masked where shown.

Mobile numbers have eleven digits and start with 13 to 19; fixed numbers have an area code (010, 02x or 0xxx)
and seven or eight digits, with an extension where there is one. Which prefixes are in use changes every year
and is not checked.

`tests/ledger/identifiers/test_phones.py` shows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from ledger.identifiers.characters import first_outside, in_words, typed
from ledger.identifiers.errors import BadPhone

_ALLOWED: Final = frozenset("0123456789+-()转")
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_COUNTRY: Final = re.compile(r"^(?:\+|00)86-?")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_FIXED: Final = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})-?([2-9][0-9]{6,7})(?:[-转]([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True, repr=False)
class Phone:
    """A number in its one stored form: 13800001234, 0571-87050001, 0571-87050001-802. Prints itself masked."""

    kind: Literal["mobile", "fixed"]
    normalised: str

    def mask(self) -> str:
        """`138****1234`; of a fixed number the area code and the last four digits, never the extension."""
        if self.kind == "mobile":
            return f"{self.normalised[:3]}****{self.normalised[-4:]}"
        area, number = self.normalised.split("-")[:2]
        return f"{area}-{'*' * (len(number) - 4)}{number[-4:]}"

    def __repr__(self) -> str:
        return f"Phone(kind={self.kind!r}, normalised={self.mask()!r})"


def parse(text: str) -> Phone:
    """Read a number as people write it: with +86, spaces, dashes or brackets; or raise `BadPhone`."""
    number = typed(text).translate(_DASHES)
    if not number:
        raise BadPhone("empty", "电话号码为空：请填写。")
    if (position := first_outside(number, _ALLOWED)) is not None:
        found = in_words(number[position - 1])
        raise BadPhone("character", f"电话号码第 {position} 位（不计空格）是{found}：请只填数字。", position)
    national = _COUNTRY.sub("", number)
    abroad = national != number  # From abroad an area code loses its 0.
    if _MOBILE.fullmatch(digits := national.replace("-", "")):
        return Phone("mobile", digits)
    national = national.replace("(", "").replace(")", "-")
    for candidate in (national, f"0{national}") if abroad else (national,):
        if (fixed := _FIXED.fullmatch(candidate)) and (len(fixed[1]) == 4 or len(fixed[2]) == 8):
            return Phone("fixed", "-".join(part for part in fixed.groups() if part))
    raise BadPhone("format", "电话号码应为 11 位手机号码，或区号加 7 至 8 位固定电话：请核对。")
