"""证件: the kinds of document by which a person is known, each with its rule and one stored form.

A person is looked up by kind and number together, so a number has exactly one kind and one stored form here:
a residence permit typed as a resident ID is refused with the kind it belongs to, and the issue count of a
travel permit is dropped. Kinds are plain words; another document is another row of the table. A word without
a row is refused rather than let through unchecked: `other` is the row for everything else.

- `resident_id` 居民身份证, GB 11643 (`resident_id.py`).
- `hmt_residence_permit` 港澳台居民居住证 (国办发〔2018〕81号): area 810000, 820000 or 830000, otherwise as
  GB 11643.
- `foreign_permanent_residence` 外国人永久居留身份证: since 2023-12-01 eighteen characters, the first a 9,
  birth and check as in GB 11643; before, three letters of nationality and twelve digits.
- `passport` 护照 (ICAO 9303: letters and digits only); `mainland_travel_permit` 港澳居民来往内地通行证 (H or
  M and eight digits, on older cards two more for the issue) and 台湾居民来往大陆通行证 (eight digits);
  `other` anything legible.

`tests/ledger/identifiers/test_id_number.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.identifiers import resident_id
from ledger.identifiers.characters import typed
from ledger.identifiers.errors import BadIdNumber

_PERMIT_AREAS: Final = {"810000": "香港", "820000": "澳门", "830000": "台湾"}  # In GB/T 2260 台湾 is 71.
_BORN: Final = {"resident_id", "hmt_residence_permit"}  # Kinds whose sequence tells the sex.


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """A document's kind and number in its one stored form. Prints itself masked: a log sees everything one day."""

    kind: str
    normalised: str

    def mask(self) -> str:
        """GB 11643 shows area and tail (330102********0019); any other number at most a third and at most six."""
        number = self.normalised
        if self._is_like_resident_id():
            return f"{number[:6]}{'*' * 8}{number[14:]}"
        shown = min(len(number) // 3, 6)
        head, tail = shown - shown // 2, shown // 2
        return number[:head] + "*" * (len(number) - shown) + number[len(number) - tail:]

    @property
    def birth_date(self) -> date | None:
        """Where the number tells it with its century."""
        return resident_id.birth_date(self.normalised) if self._is_like_resident_id() else None

    @property
    def sex(self) -> resident_id.Sex | None:
        """Where the number tells it. For the foreign card no text says so."""
        return resident_id.sex(self.normalised) if self.kind in _BORN else None

    @property
    def area(self) -> resident_id.Area | None:
        """What is known about the area of first registration: advice, never a ground for refusal."""
        return resident_id.area(self.normalised) if self.kind == "resident_id" else None

    def _is_like_resident_id(self) -> bool:
        return self.kind in {*_BORN, "foreign_permanent_residence"} and len(self.normalised) == 18

    def __repr__(self) -> str:
        return f"IdNumber(kind={self.kind!r}, normalised={self.mask()!r})"


def parse(kind: str, text: str, *, today: date) -> IdNumber:
    """Read a number as that kind of document, or raise `BadIdNumber` with the rule that failed and the cure."""
    rule = _RULES.get(kind)
    if rule is None:
        raise BadIdNumber("unknown_kind", f"证件类型不在名单内：请选择 {'、'.join(KINDS)} 之一。")
    if not typed(text):
        raise BadIdNumber("empty", "证件号码为空：请填写。")
    return IdNumber(kind, rule(text, today))


def _resident(text: str, today: date) -> str:
    number = resident_id.normalise(text, today=today)
    if number[:6] in _PERMIT_AREAS:
        cure = "证件类型请选港澳台居民居住证（hmt_residence_permit）。"
        raise BadIdNumber("other_kind", f"该号码属于港澳台居民居住证：{cure}")
    if number[0] == "9":
        kind = "foreign_permanent_residence"
        raise BadIdNumber("other_kind", f"该号码属于外国人永久居留身份证：证件类型请选 {kind}。")
    return number


def _residence_permit(text: str, today: date) -> str:
    number = resident_id.normalise(text, today=today)
    if number[:6] not in _PERMIT_AREAS or len(typed(text)) != 18:  # There are none from the time of fifteen digits.
        starts = "、".join(_PERMIT_AREAS)
        raise BadIdNumber("format", f"港澳台居民居住证的号码为 18 位，以 {starts} 之一开头：请核对。", 1)
    return number


def _permanent_residence(text: str, today: date) -> str:
    number = typed(text)
    return resident_id.normalise(text, today=today) if re.fullmatch("9.{17}", number) else _OLD_FOREIGN(number, today)


def _travel_permit(text: str, today: date) -> str:
    """Two digits after H or M and eight count the issues of one person's permit: they are not part of who it is."""
    number = typed(text)
    return number[:9] if re.fullmatch(r"[HM][0-9]{10}", number) else _TRAVEL_PERMIT(number, today)


def _shaped(pattern: str, shape: str) -> Callable[[str, date], str]:
    """A rule for numbers that have a shape but no check digit."""

    def rule(text: str, today: date) -> str:
        number = typed(text)
        if not re.fullmatch(pattern, number):
            raise BadIdNumber("format", f"{shape}：请对照证件核对，并确认证件类型。")
        if _holds_as_resident_id(number, today):  # Under another kind, one person could be registered twice.
            raise BadIdNumber("other_kind", "该号码符合公民身份号码的规则：请核对证件类型。")
        return number

    return rule


def _holds_as_resident_id(number: str, today: date) -> bool:
    try:
        return resident_id.normalise(number, today=today) == number
    except BadIdNumber:
        return False


_OLD_FOREIGN: Final = _shaped(
    r"[A-Z]{3}[0-9]{12}", "外国人永久居留身份证的号码应为 9 开头的 18 位，或 3 个字母加 12 位数字")
_TRAVEL_PERMIT: Final = _shaped(
    r"[HM]?[0-9]{8}", "来往内地（大陆）通行证的号码应为 H 或 M 加 8 位数字（港澳），或 8 位数字（台湾）")

_RULES: Final[dict[str, Callable[[str, date], str]]] = {
    "resident_id": _resident,
    "hmt_residence_permit": _residence_permit,
    "foreign_permanent_residence": _permanent_residence,
    "passport": _shaped(r"(?=.*[0-9])[A-Z0-9]{5,20}", "护照号码应为 5 至 20 位字母和数字"),
    "mainland_travel_permit": _travel_permit,
    "other": _shaped(
        r"[0-9A-Z\u3400-\u9fff()/.\-]{1,40}", "证件号码只能含汉字、字母、数字、括号、斜线、点和横线，最多 40 位"),
}
KINDS: Final = tuple(_RULES)
