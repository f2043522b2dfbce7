"""The forms that a value in a rulebook file may have: hours, days, words, whole numbers, and the row that holds them.

Each says in Chinese what was found and what is wanted. A number of the law is a whole number or a decimal string; a
TOML float is refused, because 4.35 is not a float.

`tests/policies/test_rulebook_errors.py` shows it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields

from ledger.vocabulary import parse_hours
from policies.errors import shown


class FloatText(str):
    """A number with a point as it stood in the file; kept as text so that it can be refused by name."""

    __slots__ = ()


_HOURS: Final = "应为不小于 0 的整数或至多两位小数的字符串，如 6 或 \"4.5\""


def _is_negative(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | str) and str(value).startswith("-")


class Hours(fields.Field[int]):
    """Hours: a whole number, or a decimal string of at most two decimals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        try:
            if isinstance(value, bool | FloatText) or not isinstance(value, int | str):
                raise ValueError
            return int(parse_hours(str(value)))
        except ValueError:
            raise ValidationError(f"读到 {shown(value)}，学时不能是负数：{_HOURS}" if _is_negative(value)
                                  else f"读到 {shown(value)}，{_HOURS}") from None


class Day(fields.Field[date]):
    """A plain TOML date."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValidationError(f"读到 {shown(value)}，应为不带引号的日期，如 2019-01-01")
        return value


class Text(fields.Field[str]):
    """Words, not empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or isinstance(value, FloatText) or not value.strip():
            raise ValidationError(f"读到 {shown(value)}，应为不空的文字")
        return value


class RegionPrefix(Text):
    """Where a rulebook holds: the digits with which the codes of a place begin. Which are places: `soundness`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        if not isinstance(value, str) or not _PREFIX.fullmatch(value):
            raise ValidationError(f"读到 {shown(value)}，{REGION}")
        return super()._deserialize(value, attr, data, **rest)


REGION: Final = "应为 GB/T 2260 区划代码的前缀，加引号：省两位（如 \"33\"）、市四位（\"3302\"）或区县六位（\"330203\"）"
_PREFIX: Final = re.compile(r"[0-9]{2}([0-9]{2}){0,2}")


class Whole(fields.Field[int]):
    """A whole number within bounds."""

    def __init__(self, least: int, most: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValidationError(f"读到 {shown(value)}，应为 {self.least} 到 {self.most} 的整数")
        return value


class OneOf(Text):
    """One word of a closed list."""

    def __init__(self, *words: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in self.words:
            raise ValidationError(f"读到 {shown(value)}，应为 {'、'.join(self.words)} 之一")
        return str(value)


class Flag(fields.Field[bool]):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"读到 {shown(value)}，应为 true 或 false")
        return value


def words(**rest: Any) -> fields.List[str]:
    """A list of words."""
    return fields.List(Text(), error_messages={"invalid": "应为一列文字，如 [\"exam\"]"}, **rest)


_UNKNOWN: Final = "没有这个字段，请查拼写"


class Row(Schema):
    """A row knows all its fields; an unknown one is a spelling mistake, never ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": _UNKNOWN, "type": "应为一张表（[...] 或 {...}）"}  # noqa: RUF012

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **_: Any) -> None:
        """Name the field that was probably meant beside each that is not known."""
        told = error.messages
        for name, said in told.items() if isinstance(told, dict) else ():
            meant = get_close_matches(str(name), self.fields, 1) if said == [_UNKNOWN] else []
            if meant:
                told[name] = [f"没有这个字段，疑为 {meant[0]}"]
