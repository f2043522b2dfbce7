"""A statement's text read again: the other half of `projections.statement.text`.

The text is what the log holds the digest of, so whoever shows a statement in another dress (a page, a PDF) or weighs it
again (`projections.statement.again`) does so from these bytes and from nothing else. Nothing is guessed: a line that
the writer could not have written makes the whole text unreadable. Of a value that took several lines, a space beside a
Chinese character may be lost where a line ended.

`tests/projections/test_statement_reading.py` shows that what was written is what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from projections.errors import ProjectionError
from projections.statement.columns import Column, cut, heads, unwrap
from projections.statement.contents import Cited, EntryLine, Need, Place, Statement, YearLine
from projections.statement.tables import ENTRIES, INDENT, NOTES, WIDTH, YEARS
from projections.statement.text import TITLE

HEADINGS: Final = ("打印依据", "年度情况", "登记明细", "说明")
_NOTES: Final[Mapping[tuple[Column, ...], re.Pattern[str]]] = {
    table: re.compile(rf"{INDENT}({'|'.join(names)})  (.*)")
    for table, names in ((YEARS, ("差异", "关账")), (ENTRIES, NOTES))
}
_PLACE: Final = re.compile(
    r"(?P<starts>\d{4}-\d\d-\d\d) ?(?:至 ?(?P<ends>\d{4}-\d\d-\d\d)|起)，"
    r"(?P<place>[^，（]*)(?:（(?P<region>\d{2,6})）|(?P<code>\d{2,6}))，"
    r"(?P<sector>[^，]+)，(?:(?P<major>[^，]+)专业，)?(?P<unit>.+)（事件 ?(?P<event>\d+)）")
_BOOK: Final = re.compile(r"(?P<sign>[甲乙丙丁戊己庚辛壬癸]|#\d+) (?P<id>[a-z0-9-]+/\d{4}-\d\d-\d\d(?:\.\d+)?)"
                          r"(?:，摘要 ?(?P<digest>[0-9a-f]{12}))?(?P<rest>，.+)?")
_NEED: Final = re.compile(
    r"(?P<name>\D+?) ?(?:(?P<first>\d{4}) ?至 ?(?P<last>\d{4}) ?年 ?)?(?P<need>[\d.]+)，"
    r"(?:缺 ?(?P<short>[\d.]+)|已有 ?(?P<have>[\d.]+)(?:，(?P<open>周期未满|待定))?)"
    r"（(?P<sign>\S+?) ?(?P<article>第.+)）")
_CITED: Final = re.compile(r"(?P<sign>[甲乙丙丁戊己庚辛壬癸]|#\d+) ?(?P<clauses>第[^，；]*)")
_MET: Final = {"是": True, "否": False, "未定": None}


class UnreadableStatement(ProjectionError):
    """A text is no statement that this program has written."""

    code = "statement_unreadable"

    def __init__(self, found: str) -> None:
        super().__init__(f"读不出登记情况表的正文：{found}。它可能由别的版本写成；正文和证明仍可核验，只是不能另作排版。")


def read_statement(text: str) -> Statement:
    """Read a text; UnreadableStatement says which part could not have been written."""
    lines = text.split("\n")
    rule = "=" * WIDTH
    if lines[:1] != [rule] or lines[1:2] == [] or lines[1].strip() != TITLE or lines[-2:] != [rule, ""]:
        raise UnreadableStatement("没有登记情况表的标题和边线")
    whose, basis, years, entries, foot = _parts(lines[3:-2])
    values = dict(_fields([*whose, *basis]))
    if "规则" not in values:
        raise UnreadableStatement("没有“规则”一项")
    books = tuple(_book(words) for words in values["规则"][1:] if not words.startswith("注意："))
    signs = {book.sign: book.id for book in books}
    single = {name: words[0] for name, words in values.items() if name != "人事隶属"}
    read_years, differences, closings = _years(years, signs)
    return Statement(
        fields=single, places=tuple(map(_place, values.get("人事隶属", ()))), books=books,
        law=single["规则"].rpartition("（")[2].rstrip("）"),
        years=read_years, differences=differences, entries=tuple(_entries(entries, signs)), remarks=tuple(_foot(foot)),
        closings=closings,
    )


def _parts(lines: list[str]) -> Iterator[list[str]]:
    """Cut where the headings stand, each once and in their order."""
    start = 0
    for heading in HEADINGS:
        if lines.count(heading) != 1 or lines.index(heading) < start:
            raise UnreadableStatement(f"“{heading}”一节不在其位")
        at = lines.index(heading)
        yield [line for line in lines[start:at] if line]
        start = at + 1
    yield [line for line in lines[start:] if line]


_BEGINS: Final = {
    "人事隶属": re.compile(r"\d{4}-\d\d-\d\d (至|起)"),
    "规则": re.compile(r"([甲乙丙丁戊己庚辛壬癸]|#\d+) [a-z0-9-]+/\d{4}-|注意：评定"),
}


def _fields(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Names and values; of the two names that have several, each begins as no other line of theirs does."""
    name, values = "", list[list[str]]()
    for line in lines:
        head, value = cut(line, (Column("", 10),))[0], line.lstrip(" ") if line.startswith(" ") else ""
        if not line.startswith(" "):
            if name:
                yield name, [unwrap(one, WIDTH - 12) for one in values]
            name, values = head, [[line[len(head):].lstrip(" ")]]
        elif not name:
            raise UnreadableStatement("第一行没有名称")
        elif name in _BEGINS and _BEGINS[name].match(value):
            values.append([value])
        else:
            values[-1].append(value)
    if name:
        yield name, [unwrap(one, WIDTH - 12) for one in values]


def _matched(pattern: re.Pattern[str], words: str) -> re.Match[str]:
    found = pattern.fullmatch(words)
    if found is None:
        raise UnreadableStatement(f"“{words[:40]}”不成形")
    return found


def _is_number(words: str) -> bool:
    return words.isascii() and words.isdigit()  # Or ² would be one.


def _place(words: str) -> Place:
    one = _matched(_PLACE, words)
    return Place(one["starts"], one["ends"], one["place"], one["region"] or one["code"], one["sector"], one["major"],
                 one["unit"], int(one["event"]))


def _book(words: str) -> Cited:
    one = _matched(_BOOK, words)
    return Cited(one["sign"], one["id"], one["digest"], "仅为认定时所引用" not in (one["rest"] or ""))


def _rows(lines: list[str], table: tuple[Column, ...]) -> Iterator[tuple[list[str], list[tuple[str, str]]]]:
    """The rows of a table, each with the notes under it. Every row has a line of its own that fills its first cells."""
    if lines[:2] != heads(table):
        raise UnreadableStatement(f"表头不是{'、'.join(column.head for column in table)}")
    cells: list[list[str]] = []
    notes: list[tuple[str, list[str]]] = []

    def done() -> tuple[list[str], list[tuple[str, str]]]:
        joined = [unwrap([one for one in parts if one], column.width)
                  for parts, column in zip(zip(*cells, strict=True), table[:-1], strict=False)]
        last = "\n".join(parts[-1] for parts in cells)
        return ([*joined, last],
                [(name, unwrap(words, WIDTH - len(INDENT) - 6)) for name, words in notes])

    for line in lines[2:]:
        if (note := _NOTES[table].fullmatch(line)) is not None and cells:
            notes.append((note[1], [note[2]]))
        elif notes and line.startswith(INDENT + " " * 6):
            notes[-1][1].append(line[len(INDENT) + 6:])
        elif line.startswith(" " * 12) and cells:
            cells.append(cut(line, table))
        else:
            if cells:
                yield done()
            cells, notes = [cut(line, table)], []
    if cells:
        yield done()


def _years(
    lines: list[str], signs: Mapping[str, str]
) -> tuple[tuple[YearLine, ...], tuple[str, ...], tuple[str, ...]]:
    rows, differences, closings, year = list[YearLine](), list[str](), list[str](), 0
    for cells, notes in _rows(lines, YEARS):
        first, side, professional, sector, general, total, met, needs = cells
        year = int(first) if _is_number(first) else year
        if met not in _MET or not year:
            raise UnreadableStatement(f"{year} 年度一行不成形")
        rows.append(YearLine(year, side, professional, sector, general, total, _MET[met],
                             tuple(_needs(needs, signs))))
        differences += [words for name, words in notes if name == "差异"]
        closings += [f"{year} 年度{words}。" for name, words in notes if name == "关账"]
    return tuple(rows), tuple(differences), tuple(closings)


def _needs(lines: str, signs: Mapping[str, str]) -> Iterator[Need]:
    """The requirements of a year: each ends with the bracket that says whose it is."""
    if lines == "没有适用的要求":
        return
    parts: list[str] = []
    for line in lines.split("\n"):
        parts.append(line)
        words = unwrap(parts, YEARS[-1].width)
        if words.endswith("）") and words.count("（") == words.count("）"):
            one = _matched(_NEED, words)
            span = (int(one["first"]), int(one["last"])) if one["first"] else None
            yield Need(words, one["name"], span, one["need"], one["short"], one["have"], one["open"] is not None,
                       one["sign"], _of(one["sign"], signs), one["article"])
            parts = []
    if parts:
        raise UnreadableStatement(f"要求“{parts[0][:40]}”没有写完")


def _entries(lines: list[str], signs: Mapping[str, str]) -> Iterator[EntryLine]:
    if lines[2:] == ["所列年度没有已登记的学时。"]:
        return
    for number, (cells, pairs) in enumerate(_rows(lines, ENTRIES), 1):
        notes = dict(pairs)
        if cells[0] != str(number) or len(notes) != len(pairs) or "依据" not in notes or not _is_number(cells[1]):
            raise UnreadableStatement(f"明细第 {number} 条不成形")
        cited = _CITED.match(notes["依据"])
        _, _, category, route, day, quantity, assessed, counted, status = cells
        yield EntryLine(number, int(cells[1]), category, route, day, quantity, assessed, counted,
                        status.replace("\n", ""), notes, None if cited is None else _of(cited["sign"], signs),
                        "" if cited is None else cited["clauses"])


def _of(sign: str, signs: Mapping[str, str]) -> str:
    if sign not in signs:
        raise UnreadableStatement(f"没有代号为 {sign} 的细则")
    return signs[sign]


def _foot(lines: list[str]) -> Iterator[str]:
    """The remarks, one by one, without the place for seals."""
    parts: list[str] = []
    for line in lines:
        if line.startswith("单位意见"):
            break
        if re.match(r"  [一二三四五六]、", line) and parts:
            yield unwrap(parts, WIDTH - 6)
            parts = []
        parts.append(line.strip(" "))
    if parts:
        yield unwrap(parts, WIDTH - 6)
