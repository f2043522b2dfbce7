"""A document of ours as sections: pairs, tables, paragraphs. Written as a page that needs nothing beside it, or set.

What a document says is made elsewhere (a case's report, a notice); here it only gets its form, the same on a screen and
on paper. `tests/api/test_case_notices.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from api.paper.typesetting import typeset, typeset_apart

Cell = str | int | None

_PAGE: Final = "document_alone.html"
_ROWS_HERE: Final = 300  # So many take 40 MB for a while; of more a process of its own takes less than what it saves.
_UNBROKEN_MOST: Final = 32
_EIGHT: Final = re.compile(".{8}(?=.)")
_LINE_PT: Final = {False: 470, True: 756}  # Upright and across, as `document.typ` has them.
_CELL_PT: Final = 8                        # To the left and right of what stands in a cell.
_NARROW_PT: Final = 5.2                    # A letter or a digit of a table, rather more than less.


class Table(NamedTuple):
    """Rows under heads. Of a column that is a number the digits stand under each other; `widths` share the line."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()
    widths: Sequence[int] = ()          # In parts of the line; none: as wide as what stands in it.


class Section(NamedTuple):
    """Something under a heading."""

    title: str | None = None
    paragraphs: Sequence[str] = ()
    pairs: Sequence[tuple[str, Cell]] = ()
    table: Table | None = None


class Document(NamedTuple):
    """Something to be read from paper."""

    title: str
    number: str                          # Under which it is asked about; it stands on each page.
    sections: Sequence[Section]
    lead: Sequence[str] = ()             # Before the first heading: to whom, what it is.
    close: Sequence[str] = ()            # At the end, to the right: who, when.
    seals: Sequence[str] = ()            # Whose seals are put there: a place for each.
    mark: str | None = None              # What must not be overlooked: a redacted copy.
    wide: bool = False


def pages(documents: Sequence[Document], title: str) -> bytes:
    """Documents as one HTML file, each beginning a page when it is printed."""
    return _template().render(documents=[_plain(one) for one in documents], title=title).encode()


def set_as_pdf(document: Document, at: datetime) -> bytes:
    """A document as PDF; raises PdfImpossible."""
    plain = {**_plain(document), "sections": [_fitting(each, document.wide) for each in document.sections]}
    told = {**_breakable(plain), "at": list(at.timetuple()[:6])}
    rows = sum(len(one.table.rows) for one in document.sections if one.table is not None)
    return (typeset if rows <= _ROWS_HERE else typeset_apart)("document.typ", told, at)


def _plain(one: Document) -> dict[str, Any]:
    return {**one._asdict(), "lead": list(one.lead), "close": list(one.close), "seals": list(one.seals),
            "sections": [_section(each) for each in one.sections]}


def _section(one: Section) -> dict[str, Any]:
    table = one.table
    return {
        "title": one.title, "paragraphs": list(one.paragraphs),
        "pairs": [[name, _text(cell)] for name, cell in one.pairs if cell not in (None, "")],
        "table": None if table is None else {
            "heads": list(table.heads), "rows": [[_text(cell) for cell in row] for row in table.rows],
            "numbers": [at in table.numbers for at in range(len(table.heads))],
            "widths": [f"{width}fr" for width in table.widths] or ["auto"] * len(table.heads)},
    }


def _fitting(one: Section, wide: bool) -> dict[str, Any]:
    """A section whose ids, too, may end a line in a column that they are wider than."""
    told, table = _section(one), one.table
    if table is None or not table.widths:
        return told
    line, parts = _LINE_PT[wide], sum(table.widths)
    fit = [min(_UNBROKEN_MOST, int((line * width / parts - _CELL_PT) / _NARROW_PT)) for width in table.widths]
    rows = [[_divided(cell, most) for cell, most in zip(row, fit, strict=True)] for row in told["table"]["rows"]]
    return {**told, "table": {**told["table"], "rows": rows}}


def _divided(text: str, most: int) -> str:
    return re.sub(f"[!-~]{{{most + 1},}}", lambda run: _EIGHT.sub("\\g<0>\u200b", run[0]), text)


def _breakable(value: Any) -> Any:
    """The same with places where a line may end in what has none, such as an address; ids and digests stay whole."""
    if isinstance(value, str):
        return _divided(value, _UNBROKEN_MOST)
    if isinstance(value, dict):
        return {name: _breakable(one) for name, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, list) else value


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True).get_template(_PAGE)
