"""Columns of plain text, in which a Chinese character is two wide: measured, wrapped, set side by side.

Width follows Unicode's East Asian Width (UAX 11): wide and full-width take two columns, marks that sit on another
character none. What is *ambiguous* (dashes, curly quotes, the middle dot of a name) takes one in some terminals and two
in others, so whoever lays out a table puts free text into its last column, where it can push nothing aside.

`tests/projections/test_columns.py` shows it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

GAP: Final = "  "
_CLOSES: Final = frozenset("，。、；：！？）》」』】％,.;:!?)]")  # These may not begin a line,
_OPENS: Final = frozenset("（《「『【([")  # and these may not end one.


class Column(NamedTuple):
    """One column of a table: its head, its width, and whether it holds numbers."""

    head: str
    width: int
    is_number: bool = False


def width(text: str) -> int:
    """Count the columns that a text takes."""
    return sum(map(_width, text))


def fill(text: str, columns: int, *, right: bool = False) -> str:
    """Pad a text to a width; one that is wider stays as it is."""
    blank = " " * (columns - width(text))
    return blank + text if right else text + blank


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most so many columns; nothing is lost but the spaces at which a line breaks."""
    assert columns >= 2, "a Chinese character has to fit"
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph, columns):
            if width(line) + width(piece.rstrip()) > columns:
                if line.strip():
                    lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def unwrap(lines: Sequence[str], columns: int) -> str:
    """Put the lines of `wrap` together again.

    A space between two narrow characters is put back; of one beside a wide character nothing is known, and none is put.
    """
    text = ""
    for before, line in zip(("", *lines), lines, strict=False):
        is_cut = not before or width(before) == columns or _width(before[-1]) != 1 or _width(line[:1] or "中") != 1
        text += line if is_cut else f" {line}"
    return text


def cut(line: str, table: Sequence[Column]) -> list[str]:
    """Undo one line of `row`: the cells at their places."""
    cells, start, at = [], 0, 0
    for column in table:
        end = start + column.width
        first = at
        while at < len(line) and (start < end or _width(line[at]) == 0):
            start += _width(line[at])
            at += 1
        cells.append(line[first:at].strip(" "))
        gap = end + len(GAP)
        while at < len(line) and start < gap:
            start += _width(line[at])
            at += 1
        start = gap
    return cells


def row(cells: Sequence[str], table: Sequence[Column]) -> list[str]:
    """Set cells side by side, each wrapped within its column."""
    wrapped = [wrap(cell, column.width) for cell, column in zip(cells, table, strict=True)]
    return [
        GAP.join(
            fill(line, column.width, right=column.is_number) for line, column in zip(lines, table, strict=True)
        ).rstrip()
        for lines in zip_longest(*wrapped, fillvalue="")
    ]


def heads(table: Sequence[Column]) -> list[str]:
    """Write the heads of a table and a line under each."""
    return [*row([column.head for column in table], table), GAP.join("-" * column.width for column in table)]


def _width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _pieces(text: str, columns: int) -> Iterator[str]:
    """Cut where a line may break: between Chinese characters, at spaces; anywhere in a word that fits no line."""
    for piece in _cut(text):
        while width(piece) > columns:
            end = 1
            while end < len(piece) and (width(piece[:end + 1]) <= columns or _width(piece[end]) == 0):
                end += 1
            yield piece[:end]
            piece = piece[end:]
        yield piece


def _cut(text: str) -> Iterator[str]:
    piece = ""
    for char in text:
        if piece and _may_break(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in _CLOSES or before in _OPENS or _width(after) == 0 or after == " ":
        return False
    return before == " " or _width(before) != 1 or _width(after) == 2


_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_SPACES: Final = re.compile(r"\s+")


def visible(text: str) -> str:
    """Make free text fit for one line: what nobody can see shows as U+FFFD, and runs of spaces become one."""
    shown = "".join("\ufffd" if unicodedata.category(char) in _INVISIBLE else char for char in text)
    return _SPACES.sub(" ", shown).strip()
