"""Cells of a workbook whose value the file does not hold: formulas that nobody computed, and errors (#N/A).

A program that writes a workbook leaves its formulas to whoever opens it: it writes no value, or 0 and asks for all to
be computed on opening (fullCalcOnLoad). The reader gives the one as empty and the other as 0, and an error as empty as
well; a mark of 0, or no days at all, would be registered. So such a cell is told apart, and is refused where it stands.

`tests/api/test_sheets.py` shows it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

_PREFIX: Final = rb"(?:[A-Za-z_][\w.-]*:)?"
_REST: Final = rb"(?=[\s/>])[^<>]{0,300}"
_VALUE: Final = rb"(?:<" + _PREFIX + rb"v" + _REST + rb">(?:([^<]*)</)?)?"
_FORMULA: Final = re.compile(  # Each part ends at the next tag: however a file was made, it is gone through once.
    rb"<" + _PREFIX + rb"c(?=[\s>])([^<>]{0,300})>\s*<" + _PREFIX + rb"f" + _REST + rb">(?:[^<]*</" + _PREFIX
    + rb"f\s*>)?\s*" + _VALUE)
_ERROR: Final = re.compile(
    rb"<" + _PREFIX + rb"c(?=\s)([^<>]{0,300}\st\s{0,9}=\s{0,9}[\"']e[\"'][^<>]{0,300})>")
_ATTRIBUTE: Final = re.compile(rb"(?:^|[\s:])(r|t|id|Id|Target)\s*=\s*[\"']([^\"'<>]*)[\"']")
_SHEET: Final = re.compile(rb"<" + _PREFIX + rb"sheet\s([^<>]*)>")
_RELATION: Final = re.compile(rb"<" + _PREFIX + rb"Relationship\s([^<>]*)>")
_COMPUTES_LATER: Final = re.compile(rb"\sfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
_CELL: Final = re.compile(rb"([A-Z]{1,3})([1-9][0-9]{0,6})")


class Uncomputed(str):
    """A cell without a value; what it shows is no value either."""

    __slots__ = ()


NEVER: Final = Uncomputed("（公式没有计算）")
ERROR: Final = Uncomputed("（公式出错）")
WORDS: Final = "公式没有结果（没有计算过，或算出错误）；请用表格软件打开、核对、保存后再提交，或复制后按“值”粘贴。"


def uncomputed(workbook: bytes) -> dict[tuple[int, int], Uncomputed]:
    """Say which cells of the first sheet have no value, by row and column counted from 0; raises ValueError."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        names = set(parts.namelist())
        book = parts.read("xl/workbook.xml") if "xl/workbook.xml" in names else b""
        links = parts.read("xl/_rels/workbook.xml.rels") if "xl/_rels/workbook.xml.rels" in names else b""
        first = _first(book, links)
        sheet = parts.read(first) if first in names else b""
    return dict(_found(sheet, _COMPUTES_LATER.search(book) is not None))


def _first(book: bytes, links: bytes) -> str:
    """The part that holds the sheet that is listed first."""
    listed = _SHEET.search(book)
    wanted = b"" if listed is None else dict(_ATTRIBUTE.findall(listed[1])).get(b"id", b"")
    for link in _RELATION.finditer(links):
        said = dict(_ATTRIBUTE.findall(link[1]))
        if said.get(b"Id") == wanted:
            target = said.get(b"Target", b"").decode("utf-8", "replace")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _found(sheet: bytes, computes_later: bool) -> Iterator[tuple[tuple[int, int], Uncomputed]]:
    for cell in _FORMULA.finditer(sheet):
        said = dict(_ATTRIBUTE.findall(cell[1]))
        if _is_missing(cell[2], said.get(b"t", b""), computes_later):
            yield _place(said), NEVER
    for cell in _ERROR.finditer(sheet):
        yield _place(dict(_ATTRIBUTE.findall(cell[1]))), ERROR


def _is_missing(value: bytes | None, kind: bytes, computes_later: bool) -> bool:
    """A formula that came to an empty text says so (t="str"); one without a value was never computed."""
    found = None if value is None else value.strip()
    if computes_later:
        return found in (None, b"", b"0")
    return found is None or (found == b"" and kind != b"str")


def _place(said: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Where a cell says that it stands; every spreadsheet program says so."""
    place = _CELL.fullmatch(said.get(b"r", b""))
    if place is None:
        raise ValueError("a formula stands nowhere")
    return int(place[2]) - 1, column_number(place[1]) - 1


def column_number(letters: bytes) -> int:
    """A is 1, and so on; what has no letters is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
