"""Tables out: a list as a file that a spreadsheet opens, CSV or XLSX, which says itself what it is and as of when.

Above the names of the columns stand the title, the position and time as of which the list was read, what it was
narrowed to and how many rows there are: a file that was cut off, or is passed on under another name, can be told.
A spreadsheet computes what looks like a formula, also in CSV (CSV injection): such text is given an apostrophe there,
and in a workbook every text is written as text. CSV begins with a byte order mark, without which Chinese is not read
as what it is. A list that nobody has whole is written as it is read (`streamed`), and says at its end that it is whole.

`tests/api/test_tables_out.py` shows it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

import xlsxwriter

from api.paper.sheets import PLAINLY, is_formula

Form = Literal["csv", "xlsx"]

FORMS: Final[Mapping[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ROWS: Final = "行数"
_WHOSE: Final = ("单位名称", "名称")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?", re.ASCII)  # Of more digits a spreadsheet keeps fifteen.

Value = str | int | Decimal | date | None
"""A cell. Hours are decimals, so that a workbook can add them up; what only looks like a number stays text."""


class Table(NamedTuple):
    """A list to be taken away."""

    name: str                           # Of the file, in ASCII.
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Value]]
    as_of: int
    as_of_time: str | None = None       # As `Answers.reflects` writes it.
    asked: Mapping[str, str] = {}       # What it was narrowed to, in the words of the reader.


class TableFile(NamedTuple):
    """The file, with what it is and what it is called."""

    content: bytes
    media_type: str
    name: str
    words: str                          # The name that people read, without its ending.


def file_of(table: Table, form: Form) -> TableFile:
    """Write a list in a form; the same list gives the same CSV."""
    written = _table(table) if form == "csv" else _workbook(table)
    return TableFile(written, FORMS[form], plain_of(table, form), words_of(table))


def plain_of(table: Table, form: Form) -> str:
    """What the file of a list is called in ASCII."""
    return f"{table.name}-as-of-{table.as_of}.{form}"


def words_of(table: Table) -> str:
    """What it is called in Chinese: the list, whose it is, as of when."""
    whose = [table.asked[name] for name in _WHOSE if name in table.asked]
    day = [] if table.as_of_time is None else [table.as_of_time[:10]]
    return "-".join([table.title, *whose, *day, f"序号{table.as_of}"])


def streamed(table: Table, parts: Iterable[Sequence[Sequence[Value]] | str]) -> Iterator[bytes]:
    """A CSV as its rows are read, part by part; words in the place of a part say why the rest is not there."""
    wide, rows = max(2, len(table.heads)), 0
    head = [line for line in about(table) if line[0] != _ROWS]
    yield _lines((*head, (_ROWS, "写在最后一行：没有那一行的，文件不完整"), table.heads), wide).encode("utf-8-sig")
    for part in parts:
        if isinstance(part, str):
            yield _lines([("未写完", f"写到第 {rows} 行为止：{part}")], wide).encode()
            return
        rows += len(part)
        yield _lines(part, wide).encode()
    yield _lines([(_ROWS, f"{rows}，至此完整")], wide).encode()


def about(table: Table) -> list[tuple[str, str]]:
    """What a file says of itself, line by line."""
    when = "" if table.as_of_time is None else f"{table.as_of_time} · "
    return [(table.title, ""), ("数据截至", f"{when}序号 #{table.as_of}"), *table.asked.items(),
            (_ROWS, str(len(table.rows)))]


def safe(value: Value) -> str:
    """A cell of a CSV as text that no spreadsheet computes; a number stays the number it is."""
    text = "" if value is None else str(value)
    return f"'{text}" if is_formula(text) and not _NUMBER.fullmatch(text) else text


def _table(table: Table) -> bytes:
    return _lines((*about(table), table.heads, *table.rows), max(2, len(table.heads))).encode("utf-8-sig")


def _lines(rows: Iterable[Sequence[Value]], wide: int) -> str:
    """Rows as CSV, every line with as many fields."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # CR LF and quotation marks where they are needed (RFC 4180).
    for row in rows:
        cells = [safe(cell) for cell in row]
        writer.writerow(cells + [""] * (wide - len(cells)))
    return text.getvalue()


def _workbook(table: Table) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {**PLAINLY, "constant_memory": True}) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        sheet = book.add_worksheet(table.title[:31])
        sheet.set_column(0, max(1, len(table.heads) - 1), 20, text)
        above = about(table)
        _write(sheet, 0, above, text)
        _write(sheet, len(above), [table.heads], bold)
        sheet.freeze_panes(len(above) + 1, 0)
        _write(sheet, len(above) + 1, table.rows, text)
    return file.getvalue()


def _write(sheet: Any, first: int, rows: Iterable[Sequence[Value]], cell_format: Any) -> None:
    for number, row in enumerate(rows, first):
        for place, value in enumerate(row):
            if isinstance(value, int | Decimal):
                sheet.write_number(number, place, value)
            elif value is not None:
                sheet.write_string(number, place, str(value), cell_format)
