"""Results of an exam session as they were sent: a table (XLSX, CSV) or a line of JSON for each seat (NDJSON).

A row names a seat, and says who stayed away or what mark was reached; an ID number beside it is compared with whoever
has the seat, so that a list that slipped by a line is told and not recorded. What cannot be read is told with its row;
a number that was typed is never repeated in a message. A table in which anything is wrong goes back with it in red.
`tests/api/test_result_lists.py` shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from api.cases.training.roster_lists import Wrong
from api.paper.sheets import (
    Columns,
    Mark,
    Sheet,
    bad,
    cell_name,
    columns,
    is_number,
    is_scientific,
    is_uncomputed,
    read,
    returned,
    text_of,
)
from api.paper.uncomputed import WORDS
from ledger.identifiers import id_number
from ledger.identifiers.errors import BadIdentifier
from ledger.identifiers.id_number import IdNumber
from ledger.stores.append import EVENTS_MAX

EVENTS_A_ROW: Final = 5  # Attendance, result, claim, approval and the end of the course.
ROWS_MOST: Final = EVENTS_MAX // EVENTS_A_ROW
"""So many rows with their events fit one append.

A list stands whole or not at all, and its rows are in force at once. So it is one append and no larger act, which would
hold every seat of the session until whoever began it comes back. A session has at most a thousand seats: three lists.
"""

MARK: Final = r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,2})?"
NAMES: Final = {
    "seat": ("座位号", "座位", "座号"),
    "score": ("成绩", "分数", "得分"),
    "present": ("到场", "是否到场", "出勤"),
    "id_number": ("证件号码", "身份证号码", "身份证号", "身份证"),
}
_CAME: Final = {"是": True, "到场": True, "1": True, "TRUE": True, "否": False, "缺考": False, "0": False,
                "FALSE": False}
_FIELDS: Final = frozenset({"seat", "score", "present", "id_number"})


@dataclass(slots=True)
class Row:
    """One row: where it stands, what it says as far as it could be read, and what is wrong with it."""

    row: int                        # As on the screen, counted from 1.
    places: Mapping[str, int] = field(default_factory=dict)  # Of a table: which column says what.
    seat: int = 0
    present: bool = True
    score_centi: int | None = None
    id: IdNumber | None = None
    wrongs: list[Wrong] = field(default_factory=list)

    def blame(self, code: str, words: str, name: str | None = None) -> None:
        """Note what is wrong with it; `name`: of which of its cells, where it is one's."""
        self.wrongs.append(Wrong(code, words, None if name is None else self.places.get(name)))


def listed(content: bytes, today: date) -> list[Row]:
    """Read every row; raises BadFields where it is no list of results."""
    table = table_of(content)
    cells, places = (_lines(content), {}) if table is None else (_table(*table), table[1].places)
    rows = [_row(Row(at, places), said, today) for at, said in cells]
    if not rows:
        raise bad("sheet_empty", "文件里没有成绩。请填写后再提交。")
    if len(rows) > ROWS_MOST:
        raise bad("sheet_too_large", f"一次至多 {ROWS_MOST} 行，现为 {len(rows)} 行：整份要么全部登记，要么都不登记，"
                                     f"每行有 {EVENTS_A_ROW} 个事件，一次至多写 {EVENTS_MAX} 个。请按座位分成几份。")
    first: dict[int, int] = {}
    for one in rows:
        if first.setdefault(one.seat, one.row) != one.row and one.seat:
            one.blame("seat_twice", f"与第 {first[one.seat]} 行是同一个座位；请只保留一行。", "seat")
    return rows


def table_of(content: bytes) -> tuple[Sheet, Columns] | None:
    """The table that was sent; None where it is lines of JSON."""
    if content.lstrip()[:1] == b"{":
        return None
    sheet = read(content)
    return sheet, columns(sheet.rows, NAMES, ("seat", "score"))


def returned_workbook(content: bytes, rows: Iterable[Row]) -> bytes | None:
    """The table as it came, what is wrong in red with the reason; None where nothing is, or where it is none."""
    wrong, table = [one for one in rows if one.wrongs], table_of(content)
    if table is None or not wrong:
        return None
    sheet, found = table
    wide = frozenset(range(max(map(len, sheet.rows))))
    return returned(sheet.rows, found.row, {
        one.row - 1: Mark(frozenset(each.column for each in one.wrongs if each.column is not None) or wide,
                          "；".join(each.words for each in one.wrongs))
        for one in wrong})


def mark_of(text: str) -> int | None:
    """A mark in hundredths; None where it is none."""
    found = re.fullmatch(MARK, text)
    if found is None:
        return None
    return 100 * int(found[1]) + int((found[2] or ".0")[1:].ljust(2, "0"))


def _lines(content: bytes) -> Iterable[tuple[int, Mapping[str, Any]]]:
    for at, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
        try:
            said = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or not said.keys() <= _FIELDS:
            raise bad("line_malformed", f"第 {at} 行应为一个 JSON 对象，字段只有 {'、'.join(sorted(_FIELDS))}。")
        present = said.get("present")
        yield at, said | ({} if present is None else {"present": {True: "1", False: "0"}.get(present, "?")
                                                      if isinstance(present, bool) else "?"})


def _table(sheet: Sheet, found: Columns) -> Iterable[tuple[int, Mapping[str, Any]]]:
    for at, row in enumerate(sheet.rows[found.row + 1:], found.row + 2):
        said = {name: row[place] for name, place in found.places.items() if place < len(row)}
        if any(text_of(cell) for cell in said.values()):
            empty = [name for name, cell in said.items() if is_uncomputed(cell)]
            yield at, said | ({"uncomputed": empty} if empty else {})


def _row(one: Row, said: Mapping[str, Any], today: date) -> Row:
    if "uncomputed" in said:
        for name in said["uncomputed"]:
            one.blame("formula_uncomputed", f"{cell_name(one.row - 1, one.places[name])}：{WORDS}", name)
        return one
    text = {name: text_of(said[name]) if name in said else "" for name in _FIELDS}
    seat = re.fullmatch("[1-9][0-9]{0,3}", text["seat"], re.ASCII)
    if seat is None:
        one.blame("seat_malformed", "座位号应为从 1 起的整数。", "seat")
    else:
        one.seat = int(seat[0])
    _marked(one, text["present"], text["score"])
    if text["id_number"]:
        _identified(one, said["id_number"], text["id_number"], today)
    return one


def _marked(one: Row, present: str, score: str) -> None:
    """Who came, and with what mark; a mark of 缺考 says that nobody came."""
    came = _CAME.get(present.upper(), None) if present else score != "缺考"
    if came is None:
        one.blame("present_malformed", "到场应为“是”或“否”。", "present")
        return
    one.present = came
    if score in ("", "缺考"):
        return
    one.score_centi = mark_of(score)
    if one.score_centi is None:
        one.blame("score_malformed", "成绩应为至多两位小数的数，如 71.5；没有到场的写缺考。", "score")
    elif not came:
        one.blame("score_of_nobody", "没有到场的人没有成绩；请核对到场和成绩。", "score")


def _identified(one: Row, cell: Any, text: str, today: date) -> None:
    if is_number(cell) or is_scientific(text):
        one.blame("id_number_numeric", "证件号码是数字格式，末几位可能已经丢失；"
                                          "请把该列设为文本后，按证件重新填写这个号码。", "id_number")
        return
    try:
        one.id = id_number.parse("resident_id", text, today=today)
    except BadIdentifier as wrong:
        one.blame(f"{wrong.code}_{wrong.reason}", wrong.text, "id_number")
