"""The words that every room uses: identifiers, hours, categories, legal dates.

Hours are whole hundredths everywhere in code (`HoursCenti`) and exact decimal strings wherever they are read or written
by people or programs; there is no float between the two. Legal dates are plain dates in +08:00. Routes, levels and
sectors are open words (plain strings): rulebooks declare them, so an amendment needs no change here.

`tests/ledger/test_vocabulary.py` shows it.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from enum import StrEnum
from typing import Final, NewType

PersonId = NewType("PersonId", str)
UnitId = NewType("UnitId", str)
ActorId = NewType("ActorId", str)
ClaimId = NewType("ClaimId", str)
TransferId = NewType("TransferId", str)
ActId = NewType("ActId", str)
RulebookId = NewType("RulebookId", str)
StreamId = NewType("StreamId", str)
"""Any of the ids above where a stream is meant: `per_`, `unt_`, `act_`, ... and a sortable rest."""

HoursCenti = NewType("HoursCenti", int)
"""Hours in hundredths: 4.5 学时 is 450."""

DaysHalf = NewType("DaysHalf", int)
"""Days in halves: 4.5 days is 9."""

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Legal dates are dates here. China keeps one offset and no summer time since 1992, so a fixed offset is exact."""


class Category(StrEnum):
    """The three subjects of P 2(1)."""

    PROFESSIONAL = "professional"      # 专业科目
    SECTOR_PUBLIC = "sector_public"    # 行业公需科目
    GENERAL_PUBLIC = "general_public"  # 一般公需科目


HOURS_PATTERN: Final = r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$"
_HOURS = re.compile(HOURS_PATTERN)
_READ_MOST: Final = 4_096  # Texts that are remembered; the others are read each time.


class _Read(dict[str, HoursCenti]):
    """Hours that were read, by their text: a register holds a million of them, and few that differ."""

    def __missing__(self, text: str) -> HoursCenti:
        if not _HOURS.fullmatch(text):
            raise _not_hours(text)
        whole, _, fraction = text.partition(".")
        centi = HoursCenti(int(whole) * 100 + int(fraction.ljust(2, "0")))
        if len(self) < _READ_MOST:
            self[text] = centi
        return centi


_READ: Final = _Read()


def parse_hours(text: str) -> HoursCenti:
    """Read `"19.6"` as 1960 hundredths; anything but a plain decimal of at most two decimals is a ValueError."""
    if not isinstance(text, str):
        raise _not_hours(text)
    return _READ[text]


def _not_hours(value: object) -> ValueError:
    return ValueError(f"{value!r} is not a decimal number of hours with at most two decimals")


def format_hours(centi: int) -> str:
    """Write 1960 hundredths as `"19.6"`: exact, without trailing zeros, a minus sign in front where one is due."""
    sign, centi = ("-", -centi) if centi < 0 else ("", centi)
    whole, fraction = divmod(centi, 100)
    return f"{sign}{whole}.{fraction:02d}".rstrip("0").rstrip(".")
