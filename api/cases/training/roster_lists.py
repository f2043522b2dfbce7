"""A roster as somebody wrote it: which column holds what, what each row says, and what is wrong with it (W 13).

A row names a person by document and name, says how many days they were there, and may carry the number of a card and,
where no rulebook says what the class is worth, the hours that an authority confirms. Whatever cannot be read is told
with its row, its column and the cure; what was typed is never repeated in a message, since it may be anybody's number.

`tests/api/test_roster_lists.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from api.paper.sheets import (
    Cell,
    Columns,
    Mark,
    Sheet,
    bad,
    cell_name,
    columns,
    is_formula,
    is_number,
    is_scientific,
    is_uncomputed,
    text_of,
)
from api.paper.uncomputed import WORDS
from ledger.identifiers import id_number, names
from ledger.identifiers.errors import BadIdentifier
from ledger.identifiers.id_number import IdNumber
from ledger.vocabulary import HOURS_PATTERN, parse_hours

NAMES: Final = {
    "id_number": ("证件号码", "身份证号码", "身份证号", "身份证", "证件号", "公民身份号码"),
    "name": ("姓名", "学员姓名", "参加人员"),
    "id_kind": ("证件类型", "证件种类"),
    "days": ("出勤天数", "参加天数", "天数"),
    "card": ("登记卡号", "卡号", "证书编号", "证书号"),
    "hours": ("确认学时", "学时"),
}
NEEDED: Final = ("id_number", "name")
KINDS: Final = {
    "": "resident_id", "居民身份证": "resident_id", "身份证": "resident_id", "护照": "passport",
    "港澳台居民居住证": "hmt_residence_permit", "外国人永久居留身份证": "foreign_permanent_residence",
    "港澳居民来往内地通行证": "mainland_travel_permit", "台湾居民来往大陆通行证": "mainland_travel_permit",
    "其他": "other",
}
"""What people call a document, and its code."""
HEADS: Final = tuple(spellings[0] for spellings in NAMES.values())
NOTES: Final = (
    "每行一人。证件号码和姓名必填；其余可空。",
    "证件号码须为文本：本模板各列已设为文本格式，请勿改为数字，否则末几位会丢失。",
    "证件类型不写即居民身份证；可写护照、港澳台居民居住证、外国人永久居留身份证、港澳居民来往内地通行证等。",
    "出勤天数是 0.5 的倍数；不写即全程。不得超过班次实际举办的天数。",
    "登记卡号由办班单位编写，同一单位内不得重复。",
    "确认学时只在细则没有规定学时时填写，并在提交时写明确认的文件号；细则有规定的由系统计算。",
)
_DAYS: Final = re.compile(r"(0\.5|[1-9][0-9]{0,2}(\.[05])?)")


class Wrong(NamedTuple):
    """What is wrong with a row: a stable code, words with the cure, and the column if it is one's."""

    code: str
    words: str
    column: int | None = None


class Listed(msgspec.Struct, gc=False):  # Of a long list the collector would walk through every row, again and again.
    """One row: where it stands, what it says as far as it could be read, and what is wrong with it."""

    row: int                        # Counted from 0.
    id: IdNumber | None = None
    name: str = ""                  # In the form in which names are compared.
    days_half: int | None = None    # None: all of it.
    card: str | None = None
    hours_centi: int | None = None
    wrongs: tuple[Wrong, ...] = ()

    def is_wrong(self, wrong: Wrong) -> None:
        """Note what is wrong, beside what was found before."""
        self.wrongs = (*self.wrongs, wrong)


def listed(sheet: Sheet, today: date) -> tuple[Columns, list[Listed]]:
    """Read every row of a list; raises BadFields where it is none."""
    found = columns(sheet.rows, NAMES, NEEDED)
    read = _Reader(found, today).read
    rows = [one for at, row in enumerate(sheet.rows[found.row + 1:], found.row + 1)
            if (one := read(at, row)) is not None]
    if not rows:
        raise bad("sheet_empty", "名单里只有列名，没有人员。请填写后再提交。")
    _repeated(rows, found)
    return found, rows


def _repeated(rows: Sequence[Listed], found: Columns) -> None:
    """A person or a card number that stands on the list before."""
    persons: dict[IdNumber, int] = {}
    cards: dict[str, int] = {}
    for one in rows:
        if one.id is not None:
            first = persons.setdefault(one.id, one.row)
            if first != one.row:
                one.is_wrong(Wrong("person_twice", f"与第 {first + 1} 行是同一证件号码；请只保留一行。",
                                   found.places["id_number"]))
        if one.card is not None and (first := cards.setdefault(one.card, one.row)) != one.row:
            one.is_wrong(Wrong("card_twice", f"与第 {first + 1} 行的登记卡号相同；每人一号。", found.places["card"]))


class _Reader:
    """Reads rows cell by cell; a column that the list does not have reads as empty."""

    def __init__(self, found: Columns, today: date) -> None:
        self._places, self._today = found.places, today
        self._wide = max(found.places.values()) + 1
        self._at = {name: found.places.get(name, self._wide) for name in NAMES}

    def read(self, at: int, row: Sequence[Cell]) -> Listed | None:
        """Read one row; None where nothing stands in it."""
        texts = [cell.strip() if type(cell) is str else text_of(cell) for cell in row]
        if not any(texts):
            return None
        one, place = Listed(at), self._at
        unread = {name for name, where in self._places.items() if where < len(row) and is_uncomputed(row[where])}
        for name in sorted(unread):
            texts[place[name]] = ""
            self._wrong(one, name, "formula_uncomputed", WORDS)
        del texts[self._wide:]  # What stands past the last column that has a name is no column's.
        texts += [""] * (self._wide + 1 - len(texts))
        if not unread & {"id_number", "id_kind"}:
            one.id = self._id(one, row, texts[place["id_number"]], texts[place["id_kind"]])
        if "name" not in unread:
            one.name = self._name(one, texts[place["name"]])
        if text := texts[place["days"]]:
            one.days_half = self._days(one, text)
        if text := texts[place["card"]]:
            one.card = self._card(one, row, text)
        if text := texts[place["hours"]]:
            one.hours_centi = self._hours(one, text)
        return one

    def _wrong(self, one: Listed, name: str, code: str, words: str) -> None:
        place = self._places.get(name)
        where = "" if place is None else f"{cell_name(one.row, place)}："
        one.is_wrong(Wrong(code, where + words, place))

    def _computes(self, one: Listed, name: str, text: str) -> bool:
        """Whether a cell that must be text is a formula, which has then been said."""
        if not is_formula(text):
            return False
        self._wrong(one, name, "formula", "以公式符号（= + - @）开头，打开时会被当作公式；请改为普通文字。")
        return True

    def _is_lost(self, row: Sequence[Cell], name: str, text: str) -> bool:
        """Whether a spreadsheet took a code for a number."""
        place = self._at[name]
        return (place < len(row) and is_number(row[place])) or is_scientific(text)

    def _id(self, one: Listed, row: Sequence[Cell], text: str, kind_named: str) -> IdNumber | None:
        if self._computes(one, "id_number", text):
            return None
        if self._is_lost(row, "id_number", text):
            self._wrong(one, "id_number", "id_number_numeric", "证件号码是数字格式，末几位可能已经丢失；"
                                                               "请把该列设为文本后，按证件重新填写这个号码。")
            return None
        kind = KINDS.get(kind_named)
        if kind is None:
            known = "、".join(one for one in KINDS if one)
            self._wrong(one, "id_kind", "id_kind_unknown", f"证件类型应为 {known} 之一。")
            return None
        try:
            return id_number.parse(kind, text, today=self._today)
        except BadIdentifier as wrong:
            self._wrong(one, "id_number", f"{wrong.code}_{wrong.reason}", wrong.text)
            return None

    def _name(self, one: Listed, text: str) -> str:
        if self._computes(one, "name", text):
            return ""
        try:
            return names.parse(text).normalised
        except BadIdentifier as wrong:
            self._wrong(one, "name", f"{wrong.code}_{wrong.reason}", wrong.text)
            return ""

    def _days(self, one: Listed, text: str) -> int | None:
        days = _half_days(text)
        if days is None:
            self._wrong(one, "days", "days_malformed", "出勤天数应为 0.5 的倍数，如 2 或 2.5。")
        return days

    def _card(self, one: Listed, row: Sequence[Cell], text: str) -> str | None:
        if self._computes(one, "card", text):
            return None
        if self._is_lost(row, "card", text):
            self._wrong(one, "card", "card_numeric", "登记卡号是数字格式，前面的零和末几位可能已经丢失；"
                                                     "请把该列设为文本后重填。")
            return None
        if len(text) > 100 or not text.isprintable():
            self._wrong(one, "card", "card_malformed", "登记卡号最多 100 个字符，不含看不见的字符。")
            return None
        return text

    def _hours(self, one: Listed, text: str) -> int | None:
        if not re.fullmatch(HOURS_PATTERN, text):
            self._wrong(one, "hours", "hours_malformed", "学时应为至多两位小数的数，如 12 或 4.5。")
            return None
        return int(parse_hours(text))


@lru_cache(1_000)
def _half_days(text: str) -> int | None:
    return int(parse_hours(text)) // 50 if _DAYS.fullmatch(text) else None


def marks_of(rows: Sequence[Listed], wide: int) -> dict[int, Mark]:
    """What is to be coloured in the workbook that goes back."""
    return {
        one.row: Mark(frozenset(wrong.column for wrong in one.wrongs if wrong.column is not None)
                      or frozenset(range(wide)), "".join(wrong.words for wrong in one.wrongs))
        for one in rows if one.wrongs
    }


def told(found: Columns) -> list[dict[str, Any]]:
    """Which column was taken for what."""
    return [{"column": cell_name(found.row, place), "name": found.names[place], "taken_as": name}
            for name, place in sorted(found.places.items(), key=lambda one: one[1])]
