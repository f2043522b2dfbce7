"""Fields of what is sent and answered: own forms for hours, half days, dates, regions and ids, with Chinese messages.

Each tells OpenAPI exactly what it accepts, as a pattern or an enumeration, so that description and check cannot part.
Hours are decimal strings: `fields.Decimal` would document itself as a number.

`tests/api/test_bad_requests.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import marshmallow as ma

from ledger.ids import PREFIXES
from ledger.vocabulary import HOURS_PATTERN, Category, format_hours, parse_hours
from policies.facts import FIRST_DAY, LAST_DAY
from policies.words import is_region

_REQUIRED: Final[dict[str, str]] = {"required": "这个字段必须给出。", "null": "不能为 null；没有的请不写。"}
_CONTROLS: Final = r"\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""What nobody sees: a tab and a line end may stand in words, marks that turn or hide what follows them may not."""
_PLAIN: Final = f"[^{_CONTROLS}]"
_ID: Final = "[0-9a-hjkmnp-tv-z]{22}"


class Shaped(ma.fields.String):
    """A text of one shape; `says` completes the sentence 应为…."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it

    def __init__(self, pattern: str, says: str, *, example: str | None = None, **kwargs: Any) -> None:
        self.shape = re.compile(pattern)
        self.says = says
        known = {"pattern": pattern} | ({} if example is None else {"example": example})
        super().__init__(metadata=known | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        # `fullmatch`, since `$` would let a line end through.
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            raise ma.ValidationError(f"应为{self.says}。")
        return self.read(value)

    def read(self, text: str) -> Any:
        """Turn a well-shaped text into a value; a ValueError says that no such value exists."""
        return text


class Text(ma.fields.String):
    """Words for people: not empty, nothing invisible, at most so many characters."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it

    _CONTROL: Final = re.compile(f"[{_CONTROLS}]")

    def __init__(self, most: int, **kwargs: Any) -> None:
        self.most = most
        shape = {"minLength": 1, "maxLength": most, "pattern": rf"^{_PLAIN}*[^\s{_CONTROLS}]{_PLAIN}*$"}
        super().__init__(metadata=shape | kwargs.pop("metadata", {}), **kwargs)

    @classmethod
    def is_plain(cls, value: str, most: int) -> bool:
        """Say whether words are words, wherever they came from."""
        return bool(value.strip()) and len(value) <= most and not cls._CONTROL.search(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ma.ValidationError("应为不空的文字。")
        if len(value) > self.most:
            raise ma.ValidationError(f"最多 {self.most} 个字符，现为 {len(value)} 个。")
        if self._CONTROL.search(value):
            raise ma.ValidationError("含有看不见的控制字符，常由复制粘贴带入；请删去。")
        return value


class Id(Shaped):
    """An id of one kind: its prefix and 22 letters."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        prefix = PREFIXES[kind]
        super().__init__(f"^{prefix}{_ID}$", f"以 {prefix} 开头的编号", example=f"{prefix}{'0' * 22}", **kwargs)


class Hours(Shaped):
    """Hours as a decimal string, held in hundredths."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(HOURS_PATTERN, "带引号的十进制数，至多两位小数，如 \"4.5\"", example="4.5", **kwargs)

    def read(self, text: str) -> Any:
        return int(parse_hours(text))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value if value is None or isinstance(value, str) else format_hours(value)


class HalfDays(Shaped):
    """Days as a decimal string in steps of a half, held in halves."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^(0\.5|[1-9][0-9]{0,2}(\.[05])?)$", "带引号的天数，0.5 的倍数，如 \"2.5\"", example="2.5",
                         **kwargs)

    def read(self, text: str) -> Any:
        return int(parse_hours(text)) // 50


class Day(Shaped):
    """A legal date, as YYYY-MM-DD and in no other of the many ways that ISO 8601 has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"^(19[5-9][0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            f"YYYY-MM-DD 的日期，在 {FIRST_DAY} 到 {LAST_DAY} 之间", example="2026-11-21",
            metadata={"format": "date", **kwargs.pop("metadata", {})}, **kwargs,
        )

    def read(self, text: str) -> Any:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ma.ValidationError("没有这一天；请核对日期。") from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class Region(Shaped):
    """A place: six digits of GB/T 2260 that stand for one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^[0-9]{6}$", "六位区划代码，如 330302；省本级为 330000", example="330302", **kwargs)

    def read(self, text: str) -> Any:
        if not is_region(text):
            raise ma.ValidationError("没有这个区划代码；请核对（GB/T 2260）。")
        return text


class Area(Shaped):
    """An area: a prefix of two, four or six digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^[0-9]{2}([0-9]{2}){0,2}$", "两位、四位或六位的区划代码前缀", example="3303", **kwargs)


class Word(Shaped):
    """An open word: rulebooks declare which there are, so the door checks only how it is spelled."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^[a-z][a-z0-9_]{0,63}$", "小写英文单词，以下划线相连", **kwargs)


class Sha256(Shaped):
    """A digest, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^[0-9a-f]{64}$", "SHA-256 摘要，64 位小写十六进制", example="0" * 64, **kwargs)


class Choice(ma.fields.String):
    """One of a closed list."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it

    def __init__(self, *among: str, **kwargs: Any) -> None:
        self.among = among
        super().__init__(metadata={"enum": list(among)} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self.among:
            raise ma.ValidationError(f"应为以下之一：{'、'.join(self.among)}。")
        return value


class Subject(Choice):
    """One of the three subjects of P 2(1)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(*(category.value for category in Category), **kwargs)


class Number(ma.fields.Integer):
    """A whole number within bounds, written as a JSON number."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        bounds = {"minimum": least, "maximum": most}
        super().__init__(strict=True, metadata=bounds | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ma.ValidationError(f"应为 {self.least} 到 {self.most} 的整数，不带引号。")
        return value


class QueryNumber(Number):
    """A whole number in an address."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        plain = isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,17}", value, re.ASCII)
        return super()._deserialize(int(value) if plain else value, attr, data, **kwargs)


class Flag(ma.fields.Boolean):
    """True or false, and nothing that merely looks like it."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ma.ValidationError("应为 true 或 false。")
        return value


class QueryFlag(Flag):
    """True or false in an address."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        return super()._deserialize({"true": True, "false": False}.get(value, value), attr, data, **kwargs)


class Part(ma.fields.Nested):
    """An object within."""

    default_error_messages = {**_REQUIRED, "type": "应为 JSON 对象。"}  # noqa: RUF012 - the library's name for it


class Many(ma.fields.List[Any]):
    """A list of at most so many, and of at least so many."""

    default_error_messages = {**_REQUIRED, "invalid": "应为 JSON 数组。"}  # noqa: RUF012 - the library's name for it

    def __init__(self, inner: Any, most: int, *, least: int = 0, unique: bool = False, **kwargs: Any) -> None:
        self.most, self.least, self.unique = most, least, unique
        shape: dict[str, Any] = {"maxItems": most}
        shape |= ({"minItems": least} if least else {}) | ({"uniqueItems": True} if unique else {})
        super().__init__(inner, metadata=shape | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self.most:
            raise ma.ValidationError(f"最多 {self.most} 项，现为 {len(value)} 项。")
        if isinstance(value, list) and len(value) < self.least:
            raise ma.ValidationError(f"至少 {self.least} 项，现为 {len(value)} 项。")
        found: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        if self.unique and any(one in found[:at] for at, one in enumerate(found)):
            raise ma.ValidationError("有重复的项；每项只写一次。")
        return found


class Document(ma.fields.String):
    """A whole text, of at most a megabyte."""

    default_error_messages = {**_REQUIRED}  # noqa: RUF012 - the library's name for it
    most: Final = 1_000_000

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"minLength": 1, "maxLength": self.most, **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= self.most:
            raise ma.ValidationError(f"应为不空的文字，最多 {self.most} 个字符。")
        return value


class Further(ma.fields.Dict):
    """Fields that only a rulebook declares, as texts; whether it does is asked of the law."""

    default_error_messages = {**_REQUIRED, "invalid": "应为 JSON 对象。"}  # noqa: RUF012 - the library's name for it
    most: Final = 20

    def __init__(self, **kwargs: Any) -> None:
        shape = {"maxProperties": self.most, **kwargs.pop("metadata", {})}
        super().__init__(keys=Word(), values=Text(100), metadata=shape, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict) and len(value) > self.most:
            raise ma.ValidationError(f"最多 {self.most} 项。")
        found: dict[str, str] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        return found
