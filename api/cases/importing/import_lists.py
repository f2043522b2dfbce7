"""A file of another system's records, taken apart into rows: NDJSON in the words of the API, or a sheet with columns.

Both come to the same: a row is what the API would be sent as JSON, and its form is checked by the same declaration. In
a sheet a cell that holds an ID number as a number is told so, since its last digits are gone; subjects, routes, levels
and how a course was completed may be written as people call them, and dates as spreadsheets write them.

`tests/api/test_import_lists.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.training.roster_lists import KINDS
from api.paper.sheets import (
    ROWS_MOST,
    Cell,
    Columns,
    Sheet,
    bad,
    cell_name,
    columns,
    is_number,
    is_scientific,
    is_uncomputed,
    read,
    template,
    text_of,
)
from api.paper.uncomputed import WORDS
from api.whole import whole_or_as_typed
from policies.words import base_vocabulary

NAMES: Final = {
    "record": ("来源记录号", "记录号", "record"), "version": ("版本", "版本号", "version"),
    "recorded_at": ("来源登记时间", "recorded_at"),
    "id_number": ("证件号码", "身份证号码", "身份证号", "id_number"), "id_kind": ("证件类型", "id_kind"),
    "name": ("姓名", "name"), "title": ("项目名称", "课程名称", "title"), "category": ("科目类别", "科目", "category"),
    "route": ("途径", "途径代码", "route"), "date": ("日期", "完成日期", "date"), "level": ("级别", "level"),
    "starts": ("起", "开始日期", "starts"), "ends": ("止", "结束日期", "ends"), "year": ("年度", "year"),
    "days": ("天数", "days"), "hours": ("学时", "hours"), "minutes": ("分钟", "minutes"),
    "subjects": ("合格科目数", "科目数", "subjects"), "courses": ("课程门数", "门数", "courses"),
    "characters": ("字数", "characters"), "rank": ("排名", "作者排名", "rank"),
    "filing": ("备案号", "filing"), "filed_on": ("备案日期", "filed_on"), "approved_by": ("批准单位", "approved_by"),
    "platform": ("平台", "platform"), "organiser": ("举办单位", "organiser"),
    "completed_by": ("完成方式", "completed_by"),
    "confirmed_hours": ("确认学时", "confirmed_hours"), "document": ("文号", "document"),
    "occasion": ("活动编号", "occasion"), "certificate_issuer": ("发证单位", "certificate_issuer"),
    "certificate_number": ("证书编号", "certificate_number"),
}
NEEDED: Final = ("record", "version", "id_number", "name", "title", "category", "route", "date")
_OF_ROW: Final = frozenset({"record", "version", "recorded_at", "id_number", "id_kind", "name"})
_OF_DETAILS: Final = frozenset({"title", "certificate_issuer", "certificate_number"})
_COUNTS: Final = frozenset({"version", "year", "minutes", "subjects", "courses", "characters", "rank"})
_EXACT: Final = ("record", "id_number", "certificate_number", "occasion")
_DATES: Final = frozenset({"date", "starts", "ends", "filed_on"})
_DATE: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?( 0?0:00(:00)?)?")
_COMPLETED: Final = {"考试": "exam", "考试合格": "exam", "考核合格": "exam", "学完": "completion",
                     "完成学习": "completion"}
_CATEGORIES: Final = {"一般公需": "general_public", "公需": "general_public", "行业公需": "sector_public",
                      "专业": "professional", "专业科目": "professional", "一般公需科目": "general_public",
                      "行业公需科目": "sector_public"}


class Wrong(NamedTuple):
    """What is wrong with a row: a stable code, words with the cure, and the names of the columns, if it is theirs."""

    code: str
    words: str
    at: tuple[str, ...] = ()
    claim: str | None = None  # What stands instead, where that is what is wrong.
    faults: tuple[tuple[str, str], ...] = ()  # Of its form: where in the JSON, and what; of these the words are made.


class Line(NamedTuple):
    """A row as JSON, as it was written or taken out of a sheet; or what is wrong with its cells."""

    row: int                      # Counted from 1, of a sheet as on the screen.
    text: bytes = b""
    wrong: Wrong | None = None


class Listing(NamedTuple):
    """A file taken apart; of a sheet also how it came, so that it can go back."""

    lines: list[Line]
    sheet: Sheet | None = None
    columns: Columns | None = None


def listing(content: bytes) -> Listing:
    """Take a file apart; raises BadFields where it is none."""
    if content.lstrip()[:1] == b"{":
        found = Listing([Line(row, text) for row, text in enumerate(content.removesuffix(b"\n").split(b"\n"), 1)])
    else:
        sheet = read(content)
        heads = columns(sheet.rows, NAMES, NEEDED)
        found = Listing(list(_of_sheet(sheet, heads)), sheet, heads)
    if not found.lines:
        raise bad("sheet_empty", "文件里只有列名，没有记录。请填写后再提交。")
    if len(found.lines) > ROWS_MOST:
        raise bad("sheet_too_wide", f"文件超过 {ROWS_MOST} 行。请分成几份。")
    return found


def _of_sheet(sheet: Sheet, found: Columns) -> Iterator[Line]:
    for at, row in enumerate(sheet.rows[found.row + 1:], found.row + 1):
        cells = {name: row[place] for name, place in found.places.items()
                 if place < len(row) and text_of(row[place])}
        if empty := next((name for name, cell in cells.items() if is_uncomputed(cell)), None):
            yield Line(at + 1, wrong=Wrong(
                "formula_uncomputed", f"{cell_name(at, found.places[empty])}：{WORDS}", (empty,)))
        elif cells:
            lost = next((name for name in _EXACT if _is_lost(cells.get(name, ""))), None)
            yield Line(at + 1, msgspec.json.encode(_fields(cells))) if lost is None else Line(at + 1, wrong=Wrong(
                "number_numeric", f"{cell_name(at, found.places[lost])}：“{NAMES[lost][0]}”是数字格式，前面的零和末几位"
                                  "可能已经丢失；请把该列设为文本后重填。", (lost,)))


def blank() -> bytes:
    """The workbook to be filled in."""
    words = base_vocabulary()
    routes = "；".join(f"{route.name}（{code}）" for code, route in words.routes.items())
    levels = "；".join(f"{name}（{code}）" for code, name in words.levels.items())
    return template("导入", tuple(spellings[0] for spellings in NAMES.values()), (
        f"每行一条来源记录。必填：{'、'.join(NAMES[name][0] for name in NEEDED)}；其余按途径填写，没有的留空。",
        "各列已设为文本，请勿改为数字：证件号码、来源记录号、证书编号的前导零和末几位会丢失。",
        "来源记录号是来源系统自己的编号，不含个人信息；版本从 1 起，来源每更正一次加一。同一记录一个文件中只写一次。",
        "证件类型不写即居民身份证。科目类别：专业、行业公需、一般公需。",
        f"途径写名称或代码：{routes}；各地细则另定的途径写代码。",
        f"级别写名称或代码：{levels}。课题写省部级、市厅级、县处级，论文写全国性刊物、省级刊物，也可。",
        "日期是佐证材料的日期，写 2026-05-04 或 2026/5/4，须在所属期间之内；起、止是活动的首日和末日。",
        "公需科目课程须写学时和完成方式：考试，或学完。天数是 0.5 的倍数；网络课件写学时或分钟；考试写合格科目数。",
        "课题、论文、著作、专利须写本人排名，著作写字数；备案的培训写备案日期和首日；支援服务写批准单位。",
        "细则没有规定学时的，写确认学时和文号。",
    ))


def _is_lost(cell: Cell) -> bool:
    return is_number(cell) or is_scientific(text_of(cell))


def _fields(cells: dict[str, Cell]) -> dict[str, Any]:
    """The row as it would be sent as JSON."""
    row: dict[str, Any] = {"study": {}, "details": {}}
    for name, cell in cells.items():
        text = text_of(cell)
        value: Any = whole_or_as_typed(text) if name in _COUNTS else _coded(name, text)
        into = row if name in _OF_ROW else row["details"] if name in _OF_DETAILS else row["study"]
        into[name] = value
    return row


def _coded(name: str, text: str) -> str:
    """A cell in the words of the API; what nobody knows stays as it was typed, for whoever says what is wrong."""
    if name in _DATES and (found := _DATE.fullmatch(text)) is not None:
        year, month, day = (int(one) for one in found.group(1, 2, 3))
        return f"{year:04}-{month:02}-{day:02}"
    return _spoken().get(name, {}).get(text, text)


@cache
def _spoken() -> dict[str, dict[str, str]]:
    """What people call the words of a column, and their codes."""
    words = base_vocabulary()
    levels = {name: code for route in words.routes.values() for code, name in route.level_names.items()}
    return {
        "category": _CATEGORIES, "id_kind": KINDS, "completed_by": _COMPLETED,
        "route": {route.name: code for code, route in words.routes.items()},
        "level": levels | {name: code for code, name in words.levels.items()},
    }
