"""A rulebook as people read it, printed: as text, as Markdown, as a HTML page.

All three hold the same sentences, rows and readings (`page.py`): text for a terminal in two columns where there is
room, Markdown, and a page that stands alone and prints.

`tests/policies/test_rulebook_page.py` shows it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest
from typing import Final

from policies.page import ARTICLE, Page, page_of
from policies.render import Row
from policies.rulebook import Reading, Rulebook

FORMS: Final = ("text", "markdown", "html")
COLUMNS: Final = 100
TWO_COLUMNS_FROM: Final = 84
"""On a narrower terminal the rows stand under their sentence."""

_WORD: Final = re.compile(r"[（《〔“(]*(?:[A-Za-z0-9.%—:_/#-]+|.)[，。；：、！？）》”〕)]*")


def show(book: Rulebook, form: str = "text", columns: int = COLUMNS) -> str:
    """The page in one of `FORMS`."""
    page = page_of(book)
    match form:
        case "markdown":
            return _markdown(page)
        case "html":
            return _html(page)
        case _:
            return _text(page, columns)


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one place together."""
    for place, group in groupby(rows, key=lambda row: row.place):
        yield place, list(group)


def _read_as(row: Row) -> str:
    return f" 〔{'、'.join(row.readings)}〕" if row.readings else ""


def _of_reading(one: Reading) -> str:
    return f"{one.chosen} 理由：{one.reason} 另一种读法：{'；'.join(one.alternatives)}"


# ── text ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def wrap(text: str, columns: int, indent: str = "") -> list[str]:
    """Lines of at most so many columns; none begins with a mark that closes, no number or word is cut in two."""
    lines, line = [], ""
    for word in _WORD.findall(text):
        if line.strip() and width(line + word) > columns:
            lines.append(line.rstrip())
            line = indent + word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _text(page: Page, columns: int) -> str:
    beside = columns >= TWO_COLUMNS_FROM
    left = columns * 48 // 100 if beside else columns
    right = columns - left - 3 if beside else columns - 4
    lines = [*wrap(page.title, columns), ""]
    lines += [page.state, ""] if page.state is not None else []
    for name, value in page.facts():
        lines += wrap(f"{name}  {value}", columns, " " * 6)
    lines += ["", *([f"{padded('原文', left)} │ 细则", f"{'─' * left}─┼─{'─' * right}"] if beside else [])]
    for passage in page.passages:
        told = [line for piece in passage.pieces for line in wrap(piece, left)]
        rows = [line for place, group in _grouped(passage.rows) for line in _row_lines(place, group, right)]
        if beside:
            lines += [f"{padded(one, left)} │ {two}".rstrip() for one, two in zip_longest(told, rows, fillvalue="")]
            lines.append(f"{'':{left}} │")
        else:
            lines += [*told, *(f"  │ {line}" for line in rows), ""]
    lines += ["", "读法", ""]
    for reading in page.readings:
        lines += wrap(f"{reading.id}  {reading.question}", columns)
        lines += [f"    {line}" for line in wrap(_of_reading(reading), columns - 4)]
    if not page.readings:
        lines.append("（没有：条文没有留下两可之处）")
    return "\n".join(lines) + "\n"


def _row_lines(place: str, rows: Iterable[Row], columns: int) -> Iterator[str]:
    yield place
    for row in rows:
        yield from wrap(f"· {row.words}{_read_as(row)}", columns, "  ")


def padded(text: str, columns: int) -> str:
    """With spaces to fill so many columns."""
    return text + " " * (columns - width(text))


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _markdown(page: Page) -> str:
    lines = [f"# {_cell(page.title)}", ""]
    lines += [f"> **{page.state}**", ""] if page.state is not None else []
    lines += [*(f"- {name}：{_cell(value)}" for name, value in page.facts()), "", "| 原文 | 细则 |", "|---|---|"]
    for passage in page.passages:
        told = "<br><br>".join(_cell(piece) for piece in passage.pieces)
        rows = "<br>".join(
            f"**{_cell(place)}**<br>" + "<br>".join(f"· {_cell(row.words)}{_read_as(row)}" for row in group)
            for place, group in _grouped(passage.rows)
        )
        lines.append(f"| {told} | {rows} |")
    lines += ["", "## 读法", ""]
    for one in page.readings:
        lines.append(f"- **{one.id} {_cell(one.question)}** {_cell(_of_reading(one))}")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that means nothing to Markdown."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", text)


# ── HTML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1b19; --paper: #fffdf8; --faint: #6b665c; --line: #e2dccf;
        --seal: #9d2f22; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #ece8df; --paper: #1b1a18; --faint: #a39d90; --line: #3a3731; --seal: #e58a7c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; color: var(--ink); background: var(--paper);
       font: 1rem/1.75 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.4; }
h2 { margin: 3rem 0 1rem; padding-bottom: .25rem; border-bottom: 2px solid var(--seal); font-size: 1.15rem; }
.state { margin: 0 0 1rem; padding: .5rem .75rem; border: 2px solid var(--seal); color: var(--seal); font-weight: 700; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 2rem; font-size: .9rem; }
.facts dt { color: var(--faint); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
caption { text-align: left; color: var(--faint); font-size: .9rem; padding-bottom: .5rem; }
th { text-align: left; font-size: .85rem; color: var(--faint); font-weight: 600; }
th, td { padding: .6rem .75rem .6rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
td + td, th + th { padding-left: 1rem; border-left: 1px solid var(--line); }
.text { font-family: "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, serif; }
.text p { margin: 0 0 .4rem; text-align: justify; }
.rows { font-size: .9rem; line-height: 1.6; }
.rows h3 { margin: 0; font-size: .85rem; color: var(--seal); }
.rows ul { margin: 0 0 .5rem; padding-left: 1.1rem; }
.rows a { color: var(--faint); }
.readings dt { font-weight: 700; }
.readings dd { margin: 0 0 1rem; }
.readings dd span { color: var(--faint); }
@media screen and (max-width: 44rem) {
  thead { display: none; }
  tr, td { display: block; }
  td { border: 0; padding: .4rem 0; }
  td + td { border-left: 3px solid var(--line); padding-left: .75rem; margin-bottom: 1rem; }
  td:empty { display: none; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  @page { margin: 14mm;
          @bottom-right { content: "第 " counter(page) " 页，共 " counter(pages) " 页"; font-size: 8pt; } }
  tr { break-inside: avoid; }
  .rows a { text-decoration: none; }
}
"""


def _html(page: Page) -> str:
    escape = html.escape
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in page.facts())
    state = f'<p class="state" role="note">{escape(page.state)}</p>\n' if page.state is not None else ""
    rows = "".join(
        f'<tr id="s{number}"><td class="text">{"".join(_piece(piece) for piece in passage.pieces)}</td>'
        f'<td class="rows">{"".join(_html_rows(place, group) for place, group in _grouped(passage.rows))}</td></tr>\n'
        for number, passage in enumerate(page.passages, 1)
    )
    readings = "".join(
        f'<dt id="{escape(one.id)}">{escape(one.id)} {escape(one.question)}</dt><dd>{escape(one.chosen)}<br>'
        f"<span>理由：{escape(one.reason)} 另一种读法：{escape('；'.join(one.alternatives))}</span></dd>\n"
        for one in page.readings
    )
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.book.id)} {escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        "<body>\n<main>\n"
        f'<h1>{escape(page.title)}</h1>\n{state}<dl class="facts">\n{facts}</dl>\n'
        '<table>\n<caption>左为原文，右为由这句话而来的各行</caption>\n'
        '<thead><tr><th scope="col">原文</th><th scope="col">细则</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n"
        f'<section>\n<h2>读法</h2>\n<dl class="readings">\n{readings}</dl>\n</section>\n'
        "</main>\n</body>\n</html>\n"
    )


def _piece(piece: str) -> str:
    told = ARTICLE.sub(r"<strong>\1</strong>", html.escape(piece))
    return f"<p>{told}</p>"


def _html_rows(place: str, rows: Iterable[Row]) -> str:
    def told(row: Row) -> str:
        links = "、".join(f'<a href="#{html.escape(one)}">{html.escape(one)}</a>' for one in row.readings)
        return f"<li>{html.escape(row.words)}{f' 〔{links}〕' if links else ''}</li>"

    return f"<h3>{html.escape(place)}</h3><ul>{''.join(told(row) for row in rows)}</ul>"
