"""A statement as sheets of paper (E 12, P 15, R 9): a head, a row for each year, a row for each study, a foot.

Which form a person's paper takes, `statement_forms.toml` says: that of the closest rulebook among those it rests on.
All cells come from the text (`projections.statement.reading`), so no dress says what the text does not. The page and
the PDF are both made of these sheets, cell for cell.

`tests/projections/test_statement_sheets.py` shows it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ledger.vocabulary import format_hours, parse_hours
from policies.rulebook import Rulebook
from policies.shelf import Shelf
from projections.statement.contents import EntryLine, Need, Place, Statement, YearLine

_FILE: Final = Path(__file__).with_name("statement_forms.toml")
_ALL: Final = ("专业", "行业公需", "一般公需")
_HEAD: Final = ("姓名", "证件", "人员编号", "现职称", "单位")
_BASIS: Final = ("记录时间", "发生时间", "规则", "日志", "根", "本人事件", "本表编号", "核验码", "随机数")
_COUNTED: Final = re.compile(r"核定 ?([\d.]+)，计入 ?([\d.]+)，")
_RANK: Final = re.compile(r"第 ?(\d+) ?名")
SEALS: Final = ("单位意见（章）", "主管部门意见（章）")
WHERE: Final = "以下“本文件”指登记情况表的文本文件：在 PDF 里它是附件；纸上没有证明，请凭二维码或核验码查询。"
"""The remarks are the text's own, and speak of lines that no paper has."""

Lines = tuple[str, ...]
"""What stands in one cell, line by line."""


class Apart(msgspec.Struct, frozen=True):
    """A part that is printed as a form of its own, for people of some majors."""

    title: str
    article: str
    quote: str
    majors: tuple[str, ...]
    categories: tuple[str, ...]


class Form(msgspec.Struct, frozen=True):
    """How the paper of one regulation looks."""

    family: str
    title: str
    article: str
    quote: str | None = None
    classes: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()


class Table(NamedTuple):
    """A table: its heads, which of its columns hold numbers, and its rows."""

    heads: Lines
    numbers: tuple[bool, ...]
    rows: tuple[tuple[Lines, ...], ...]


class Sheet(NamedTuple):
    """One form, from its title to the place for seals."""

    title: str
    head: tuple[tuple[str, Lines], ...]
    years: Table
    entries: Table
    differences: Lines
    basis: tuple[tuple[str, Lines], ...]
    remarks: Lines
    seals: Lines


@cache
def forms() -> Mapping[str, Form]:
    """The forms by the family of their rulebook."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))["form"]
    return {one.family: one for one in msgspec.convert(found, tuple[Form, ...])}


def sheets(statement: Statement, shelf: Shelf) -> tuple[Sheet, ...]:
    """The sheets of a statement: one, or two where a part is printed apart (R 9)."""
    known = {book.id: book for book in shelf.books}
    form = form_of(statement, known)
    major = statement.places[-1].major if statement.places else None
    apart = [one for one in form.apart if major in one.majors]
    away = {category for one in apart for category in one.categories}
    here = tuple(one for one in _ALL if one not in away)
    return (_sheet(statement, form, known, form.title, here, _ALL),
            *(_sheet(statement, form, known, one.title, one.categories, one.categories) for one in apart))


def form_of(statement: Statement, known: Mapping[str, Rulebook]) -> Form:
    """That of the closest rulebook whose scope holds where the person belongs; the province's for everybody else."""
    books = [known[one.id] for one in statement.books if one.is_basis and one.id in known]
    if statement.places:
        last = statement.places[-1]
        sector = _sector(last, known)
        own = [book for book in books if book.family in forms() and book.scope.holds(last.region, sector, last.major)]
        if own:
            return forms()[max(own, key=lambda book: book.scope.specificity).family]
    return forms()["zhejiang"]


def _sector(place: Place, known: Mapping[str, Rulebook]) -> str:
    """The code of a sector that stands there in words."""
    words = Shelf.of(known.values()).vocabulary.sectors
    return next((code for code, name in words.items() if name == place.sector), place.sector)


def _sheet(
    statement: Statement, form: Form, known: Mapping[str, Rulebook], title: str, categories: Sequence[str],
    summed: Sequence[str],
) -> Sheet:
    """One sheet: the studies of some categories, and what these or all of them come to in each year."""
    entries = [one for one in statement.entries if one.category in categories]
    fields = statement.fields
    head: list[tuple[str, Lines]] = [(name, (fields[name],)) for name in _HEAD if name in fields]
    head.append(("人事隶属", tuple(map(_belonging, statement.places)) or ("没有登记",)))
    books = [f"{one.sign} {one.id}{_document(one.id, known)}" for one in statement.books]
    fields = {**fields, "规则": fields["规则"].removesuffix("（then）").removesuffix("（now）")}  # For programs alone.
    basis = [(name, (fields[name], *books) if name == "规则" else (fields[name],)) for name in _BASIS if name in fields]
    remarks = (*statement.closings, WHERE, *statement.remarks)
    return Sheet(
        title, tuple(head), _years(statement, form, known, summed), _entries(entries, form, known),
        statement.differences if summed == _ALL else (), tuple(basis), remarks, SEALS,
    )


def _belonging(one: Place) -> str:
    until = f"至 {one.ends}" if one.ends is not None else "起"
    major = f"，{one.major}专业" if one.major is not None else ""
    return f"{one.starts} {until}，{one.place or one.region}，{one.sector}{major}，{one.unit}（事件 {one.event}）"


def _document(book: str, known: Mapping[str, Rulebook]) -> str:
    return f"，{known[book].document}" if book in known else ""


def _years(
    statement: Statement, form: Form, known: Mapping[str, Rulebook], categories: Sequence[str]
) -> Table:
    """The rows of the years, with what each category holds; of a part that is printed apart only its own."""
    whole = tuple(categories) == _ALL
    names = [one for one in _ALL if one in categories]
    classes = form.classes if "专业" in categories else ()
    heads = ("年度", "口径", *names, *(f"其中 {one} 类" for one in classes), *(("合计",) if whole else ()),
             "要求", "达标", "数据来源")
    count = len(names) + len(classes) + whole
    rows = []
    for year in statement.years:
        held = dict(zip(_ALL, (year.professional, year.sector_public, year.general_public), strict=True))
        own = [one for one in statement.entries if one.year == year.year]
        cells = [(held[name],) for name in names]
        cells += [(_of_class(own, year, one, known),) for one in classes]
        if whole:
            cells.append((year.total,))
        needs = tuple(_grouped(one for one in year.needs if whole or _concerns(one, categories)))
        met = {True: "是", False: "否", None: "未定"}[year.met] if whole else "见总表"
        rows.append(((str(year.year),), (year.side or "认定即评定",), *cells, needs or ("—",), (met,), _sources(own)))
    return Table(heads, (True, False, *[True] * count, False, False, False), tuple(rows))


def _grouped(needs: Iterable[Need]) -> Iterator[str]:
    """The requirements of one article on one line, its name once."""
    by_article: dict[str, list[str]] = {}
    for one in needs:
        words, _, whose = one.words.partition(f"（{one.sign}")
        by_article.setdefault(f"（{one.sign}{whose}", []).append(words)
    for whose, words_of in by_article.items():
        yield "；".join(words_of) + whose


def _concerns(need: Need, categories: Sequence[str]) -> bool:
    """Whether a requirement is about what this part shows alone."""
    is_professional = need.name.startswith(("专业", "B 类"))
    return need.name != "总学时" and is_professional == ("专业" in categories)


def _sources(entries: Sequence[EntryLine]) -> Lines:
    """Where a year's entries were registered first: here, or in the systems that they were brought in from."""
    found = dict.fromkeys(_system(one) or "本系统" for one in entries)
    return tuple(found) or ("—",)


def _system(one: EntryLine) -> str | None:
    registered = one.notes.get("登记", "")
    return registered.rpartition("来自")[2].strip() or None if "来自" in registered else None


def _of_class(entries: Sequence[EntryLine], year: YearLine, class_: str, known: Mapping[str, Rulebook]) -> str:
    counted = (parse_hours(counted_on(one, year.side)) for one in entries if _class(one, known) == class_)
    return format_hours(sum(counted))


def counted_on(entry: EntryLine, side: str) -> str:
    """The hours of an entry that count on one side of its year."""
    return evaluated(entry)[1] if side == "评定" else entry.counted


def evaluated(entry: EntryLine) -> tuple[str, str]:
    """What an entry is worth and what of it counts under the law that was asked for."""
    if entry.status == "已撤销":
        return "0", "0"
    found = _COUNTED.match(entry.notes.get("评定", ""))
    return (entry.assessed, entry.counted) if found is None else (found[1], found[2])


def _class(entry: EntryLine, known: Mapping[str, Rulebook]) -> str | None:
    """The class of the clause that an entry was decided under (R 6: A, B, C)."""
    book = known.get(entry.rulebook or "")
    if book is None or entry.category != "专业":
        return None
    cited = entry.clauses.split()
    return next((clause.class_ for clause in book.clauses if clause.article in cited and clause.class_), None)


def _entries(entries: Sequence[EntryLine], form: Form, known: Mapping[str, Rulebook]) -> Table:
    classes = ("类别",) if form.classes else ()
    heads = ("序号", "年度", "科目", *classes, "途径（条款）", "项目名称、主办单位", "起止日期", "数量", "排名",
             "核定学时", "计入学时", "证书、佐证", "登记", "状态、事件")
    numbers = (True, True, False, *(False for _ in classes), False, False, False, False, True, True, True, False, False,
               False)
    return Table(heads, numbers, tuple(tuple(_cells(one, form, known)) for one in entries))


def _cells(one: EntryLine, form: Form, known: Mapping[str, Rulebook]) -> Iterator[Lines]:
    rests, _, after = one.notes["依据"].partition("；")
    yield (str(one.number),)
    yield (str(one.year),)
    yield (one.category,)
    if form.classes:
        yield (_class(one, known) or "—",)
    yield one.route, rests
    facts = dict(fact.partition("：")[::2] for fact in one.notes.get("事实", "").split("；"))
    organiser = [facts[name] for name in ("组织者",) if name in facts]
    yield one.notes.get("项目", "—"), *organiser
    yield tuple(one.notes.get("起止", one.day).split(" 至 "))
    rank = _RANK.search(one.quantity)
    yield (_RANK.sub("", one.quantity).strip("，") or "1 项",)
    yield (rank[1] if rank else "—",)
    if "评定" in one.notes:
        assessed, counted = evaluated(one)
        yield one.assessed, f"评定 {assessed}"
        yield one.counted, f"评定 {counted}"
    else:
        yield (one.assessed,)
        yield (one.counted,)
    papers = (f"佐证 {one.notes['佐证']}",) if "佐证" in one.notes else ()
    yield one.notes.get("证书", "—"), *papers
    yield tuple(one.notes.get("登记", "—").split("，"))
    yield one.status, after.partition("；")[0]


def as_data(given: tuple[Sheet, ...]) -> list[dict[str, Any]]:
    """The sheets as plain data, for whatever sets them."""
    return [{**one._asdict(), "years": one.years._asdict(), "entries": one.entries._asdict()} for one in given]
