"""Sheets: rows of cells out of a file that somebody filled in (XLSX or CSV), and workbooks that are handed out or back.

A file is hostile until it is read: an archive is unpacked here, counted as it comes out and never trusted for its own
sizes, and only what was counted is given to the reader; a sheet that claims cells far from where any are is refused
before room is made for it. Which cells were numbers stays known, since a number has lost what it could not hold: of an
ID number written as one the last digits are gone. So does which hold no value, being formulas that nobody computed.

What is written is text and nothing else: no cell that we write is ever a formula or a link.

`tests/api/test_sheets.py` shows it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from api.paper.uncomputed import Uncomputed, column_number, uncomputed
from api.refusals.faults import BadFields, Fault

ROWS_MOST: Final = 50_000
COLUMNS_MOST: Final = 60
FILE_BYTES_MOST: Final = 6 * 1024 * 1024     # In base64 it still fits the largest body.
_UNPACKED_MOST: Final = 96 * 1024 * 1024     # 50,000 rows of twenty columns unpack to some forty.
_PARTS_MOST: Final = 200
_HEAD_ROWS: Final = 20                       # A title and notes may stand above the names of the columns.

_REFERENCE: Final = re.compile(rb"""[\s]r\s*=\s*["'](?:([A-Z]{0,3})([0-9]{1,7})["'])?""")  # What is none has no number.
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_SCIENTIFIC: Final = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]{1,3}")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # Full width too, in Chinese Excel.

Cell = Any
"""Text, or what the file says is none: a number, a day, a truth value."""


class Sheet(NamedTuple):
    """The rows of a file's first sheet as they stand, empty ones too: the number of a row is that on the screen."""

    rows: list[list[Cell]]


def read(content: bytes) -> Sheet:
    """Read a file by what it is, not by what it is called; raises BadFields."""
    if not content:
        raise bad("sheet_empty", "文件是空的。请选择填写好的名单。")
    if len(content) > FILE_BYTES_MOST:
        raise bad("sheet_too_large", f"文件超过 {FILE_BYTES_MOST >> 20} MB。请删去图片和多余的工作表，或分成几份名单。")
    if content.startswith(b"PK"):
        return Sheet(_workbook(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise bad("sheet_not_read", "这是旧的 xls 格式，或设有打开密码。请另存为不加密的 xlsx 或 CSV。")
    return Sheet(_table(content))


def bad(code: str, detail: str, pointer: str = "/file") -> BadFields:
    """What is wrong with a file as a whole."""
    return BadFields([Fault(pointer, code, detail)])


def _workbook(content: bytes) -> list[list[Cell]]:
    plain = _unpacked(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(plain))
        rows: list[list[Cell]] = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
        without = uncomputed(plain)
    except (CalamineError, IndexError, ValueError, OSError):
        raise bad("sheet_not_read", "读不出这个工作簿：文件损坏，或不是 xlsx。请用表格软件打开后重新另存。") from None
    for (row, column), cell in without.items():  # The reader makes no room for what has no value.
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = cell
    return _few(rows)


def _unpacked(content: bytes) -> bytes:
    """The archive as it really is: every part unpacked within a limit, and packed again without compression."""
    plain, left = io.BytesIO(), _UNPACKED_MOST
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(plain, "w") as counted:
            parts = packed.infolist()
            if len(parts) > _PARTS_MOST or len({one.filename for one in parts}) != len(parts):
                raise bad("sheet_bomb", "这个工作簿的内部部件过多或重复，不像是名单。请新建工作簿，只复制名单。")
            for one in parts:
                with packed.open(one) as part:
                    text = part.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise bad("sheet_bomb", f"文件解压后超过 {_UNPACKED_MOST >> 20} MB。请新建工作簿，只复制名单。")
                if _SHEET.fullmatch(one.filename):
                    _demand_sane(text)
                counted.writestr(one.filename, text)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, OSError, zlib.error):
        raise bad("sheet_not_read", "读不出这个工作簿：文件损坏，或设有密码。请另存为不加密的 xlsx 或 CSV。") from None
    return plain.getvalue()


def _demand_sane(sheet: bytes) -> None:
    """No cell may say that it stands where nobody could have filled one in: the reader makes room up to the last."""
    if b"\0" in sheet:
        raise bad("sheet_not_read", "工作表的编码不是 UTF-8。请用表格软件打开后重新另存。")
    places = _REFERENCE.findall(sheet)
    letters, numbers = ({one[part] for one in places} for part in (0, 1))  # Of many cells each is looked at once.
    if (b"" in numbers or any(int(row) > ROWS_MOST + _HEAD_ROWS for row in numbers)
            or any(column_number(column) > COLUMNS_MOST for column in letters)):
        raise bad("sheet_too_wide", f"工作表超出 {ROWS_MOST} 行或 {COLUMNS_MOST} 列（常由格式刷到最后一行造成）。"
                                    "请新建工作簿，只复制名单。")


def _table(content: bytes) -> list[list[Cell]]:
    text = _decoded(content)
    if "\0" in text:
        raise bad("sheet_not_read", "这不是 CSV 文本。请另存为 xlsx 或 CSV（UTF-8）。")
    first = text[:4_096].partition("\n")[0]
    try:
        rows: list[list[Cell]] = list(csv.reader(io.StringIO(text, newline=""), strict=True,
                                                 delimiter="\t" if first.count("\t") > first.count(",") else ","))
    except csv.Error:
        raise bad("sheet_not_read", "CSV 的引号不成对，或有一格过长。请用表格软件重新另存。") from None
    return _few(rows)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):  # The second is what a Chinese spreadsheet writes unless told otherwise.
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise bad("sheet_not_read", "文字编码既不是 UTF-8 也不是 GB18030。请另存为 CSV（UTF-8）。")


def _few(rows: list[list[Cell]]) -> list[list[Cell]]:
    while rows and not any(text_of(cell) for cell in rows[-1]):
        rows.pop()
    if len(rows) > ROWS_MOST + _HEAD_ROWS or any(len(row) > COLUMNS_MOST for row in rows):
        raise bad("sheet_too_wide", f"名单超过 {ROWS_MOST} 行或 {COLUMNS_MOST} 列。请分成几份。")
    return rows


def text_of(cell: Cell) -> str:
    """A cell as somebody reads it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, date | datetime | time | timedelta):
        return str(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return repr(cell).removesuffix(".0")


def is_uncomputed(cell: Cell) -> bool:
    """Whether the file holds no value of it: a formula that nobody computed, or an error."""
    return type(cell) is Uncomputed


def is_number(cell: Cell) -> bool:
    """Whether the file holds it as a number: digits past the fifteenth, and zeros before the first, are gone."""
    return not isinstance(cell, str)


def is_scientific(text: str) -> bool:
    """Whether a text is what a spreadsheet makes of a long number when it writes CSV."""
    return _SCIENTIFIC.fullmatch(text) is not None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens it would compute it (CSV injection)."""
    return text.startswith(_FORMULA)


class Columns(NamedTuple):
    """Where the names of the columns stand, and which column holds what."""

    row: int                      # Counted from 0.
    places: Mapping[str, int]     # By our own name of the column.
    names: tuple[str, ...]
    unknown: tuple[str, ...]


def columns(rows: Sequence[Sequence[Cell]], names: Mapping[str, tuple[str, ...]], needed: Iterable[str]) -> Columns:
    """Find the row that names the columns; `names` are the spellings of each, the first is ours to show."""
    wanted = tuple(needed)
    by_spelling = {spelling: name for name, spellings in names.items() for spelling in spellings}
    best: tuple[str, ...] = ()
    for at, row in enumerate(rows[:_HEAD_ROWS]):
        heads = tuple("".join(text_of(cell).split()).rstrip("*：:") for cell in row)
        found = [by_spelling[head] for head in heads if head in by_spelling]
        if len(set(found)) != len(found):
            twice = "、".join(sorted({names[one][0] for one in found if found.count(one) > 1}))
            raise bad("column_twice", f"第 {at + 1} 行有两列都是“{twice}”。请只保留一列。")
        if set(wanted) <= set(found):
            places = {by_spelling[head]: place for place, head in enumerate(heads) if head in by_spelling}
            return Columns(at, places, heads, tuple(head for head in heads if head and head not in by_spelling))
        best = max(best, tuple(found), key=len)
    missing = "、".join(names[one][0] for one in wanted if one not in best)
    raise bad("column_missing", f"前 {_HEAD_ROWS} 行中没有找到列名“{missing}”。请用模板，或把列名改成模板中的写法。")


def cell_name(row: int, column: int) -> str:
    """第 5 行 B 列, both counted from 0 here and from 1 on the screen."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"第 {row + 1} 行 {letters} 列"


# Written


class Mark(NamedTuple):
    """What is wrong with a row: the columns that are coloured, and the words beside it."""

    columns: frozenset[int]
    words: str


PLAINLY: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
                  "in_memory": True}
"""How a workbook is opened for writing: text is text, whatever it looks like."""


def template(title: str, heads: Sequence[str], notes: Sequence[str]) -> bytes:
    """A workbook to be filled in: every column is text, so that no ID number becomes a number."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, PLAINLY) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet = book.add_worksheet(title)
        sheet.set_column(0, len(heads) - 1, 24, text)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, bold)
        sheet.freeze_panes(1, 0)
        told = book.add_worksheet("填写说明")
        told.set_column(0, 0, 100)
        for line, note in enumerate(notes):
            told.write_string(line, 0, note)
    return file.getvalue()


def returned(rows: Sequence[Sequence[Cell]], head: int, marks: Mapping[int, Mark]) -> bytes:
    """The file as it came, as text throughout, with what is wrong in red and the reason in a column at the end."""
    file = io.BytesIO()
    wide = max((len(row) for row in rows), default=0)
    with xlsxwriter.Workbook(file, {**PLAINLY, "constant_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        red = book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        sheet = book.add_worksheet("名单")
        sheet.set_column(0, wide, 24, text)
        for number, row in enumerate(rows):
            mark = marks.get(number)
            for place in range(wide):
                words = text_of(row[place]) if place < len(row) else ""
                is_wrong = mark is not None and place in mark.columns
                if words or is_wrong:
                    sheet.write_string(number, place, words, red if is_wrong else text)
            if number == head:
                sheet.write_string(number, wide, "原因", text)
            elif mark is not None:
                sheet.write_string(number, wide, mark.words, red)
    return file.getvalue()
