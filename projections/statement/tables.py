"""The two tables of a statement's text: a row for each side of a year, a row for each study with the notes under it.

Free text only ever stands at the end of a line, and every line is 96 columns at most, in which a Chinese character
takes two. Every fact that the law weighs stands there (事实), for whoever wants to weigh it again: `said` and `meant`.

`tests/projections/test_statement_text.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.vocabulary import Category, format_hours, parse_hours
from policies.words import base_vocabulary
from projections.statement.columns import Column, row, visible, wrap
from projections.statement.form import Answer, Closed, Entry, Evaluated, Minimum, Registered

WIDTH: Final = 96
_SIGNS: Final = "甲乙丙丁戊己庚辛壬癸"
CATEGORIES: Final = {
    Category.PROFESSIONAL: "专业", Category.SECTOR_PUBLIC: "行业公需", Category.GENERAL_PUBLIC: "一般公需",
}
STATUSES: Final = {"approved": "已登记", "frozen": "冻结", "revoked": "已撤销"}
EVALUATIONS: Final = {
    "ruled": "按条款核定", "manual": "按确认文件", "refused": "不予登记", "duplicate": "重复，只计一次",
    "unruled": "没有条款，待定", "revoked": "已撤销",
}
FLAGS: Final = {"by_analogy": "比照执行", "late_filing": "逾期备案", "override": "主管部门认定"}
AFTER_CLOSE: Final = "关账后更正"
_QUANTITIES: Final = (
    ("days", "天"), ("hours", "学时"), ("minutes", "分钟"), ("subjects", "科"), ("courses", "门"), ("characters", "字"),
)
YEARS: Final = (
    Column("年度", 4), Column("口径", 4), Column("专业", 8, True), Column("行业公需", 8, True),
    Column("一般公需", 8, True), Column("合计", 8, True), Column("达标", 4), Column("要求", 38),
)
ENTRIES: Final = (
    Column("序号", 4, True), Column("年度", 4), Column("科目", 8), Column("途径", 22), Column("日期", 10),
    Column("数量", 10), Column("核定学时", 8, True), Column("计入学时", 8, True), Column("状态", 6),
)
FACTS: Final = {
    "completed_by": "完成方式", "filed_on": "备案日期", "platform": "学习平台", "organiser": "组织者",
    "organiser_level": "组织者级别", "approved_by": "批准者", "major": "专业", "attributed": "计入年度",
    "confirmed_hours": "确认学时", "occasion": "活动编号", "output": "成果编号",
}
"""Each is followed by its value: a choice in the words for it, anything else as it stands."""
INDENT: Final = " " * 6
NOTES: Final = ("项目", "起止", "证书", "佐证", "登记", "事实", "依据", "评定")
"""What a line under the row of an entry may begin with."""
DIGEST_SHOWN: Final = 12
"""So many characters name a paper: its whole digest stands in the event that the row leads to."""


class Books:
    """Short signs for rulebooks: those of the basis first, then what was cited when it was decided."""

    def __init__(self, answer: Answer) -> None:
        self.of_basis = {book.id: book for book in answer.basis.rulebooks}
        entries = [entry for year in answer.years for entry in year.entries]
        self.others: dict[str, str | None] = {}
        for book, digest in [
            *((entry.decided.rulebook, entry.decided.digest) for entry in entries),
            *((entry.evaluated.rulebook, None) for entry in entries),
            *((one.rulebook, None) for year in answer.years for sums in (year.decided, year.evaluated)
              for one in sums.minimums),
        ]:
            if book is not None and book not in self.of_basis:
                self.others.setdefault(book, digest)
        names = [*self.of_basis, *self.others]
        self._signs = {book: _SIGNS[place] if place < len(_SIGNS) else f"#{place + 1}"
                       for place, book in enumerate(names)}

    def sign(self, book: str) -> str:
        """Give the sign of a rulebook."""
        return self._signs[book]

    def clause(self, book: str | None, clauses: Iterable[str]) -> str:
        """Write what a ruling rests on."""
        return " ".join([self.sign(book), *clauses]) if book is not None else "人工确认"


def years_table(answer: Answer, books: Books) -> Iterator[str]:
    for year in answer.years:
        rows = [("认定", year.decided), ("评定", year.evaluated)] if year.differs else [("", year.decided)]
        for place, (kind, sums) in enumerate(rows):
            met = {True: "是", False: "否", None: "未定"}[sums.met]
            needs = "\n".join(_minimum(one, books) for one in sums.minimums) or "没有适用的要求"
            yield from row((
                "" if place else str(year.year), kind, sums.professional, sums.sector_public, sums.general_public,
                sums.total, met, needs,
            ), YEARS)
        for one in year.differences:
            words = f"{one.entry} 认定 {one.decided}，评定 {one.evaluated}：{visible(one.because)}"
            yield from _note("差异", words)
        if year.closed is not None:
            yield from _note("关账", _closed(year.closed))


def _closed(one: Closed) -> str:
    since = f"其后更正 {one.changed} 项，标有“{AFTER_CLOSE}”" if one.changed else "其后没有更正"
    return f"已关账（事件 {one.event}，合计据事件 {one.as_of}），{since}"


def _minimum(one: Minimum, books: Books) -> str:
    words = base_vocabulary().minimums
    name = words[one.name].name if one.name in words else one.name
    span = f"{one.first} 至 {one.last} 年 " if one.first is not None and one.last is not None else ""
    missing = parse_hours(one.need) - parse_hours(one.have)
    open_words = "周期未满" if one.reason == "in_progress" else "待定"
    have = f"已有 {one.have}"
    state = {True: have, False: f"缺 {format_hours(missing)}", None: f"{have}，{open_words}"}[one.met]
    return f"{name} {span}{one.need}，{state}（{books.sign(one.rulebook)} {one.article}）"


def entries_table(answer: Answer, books: Books) -> Iterator[str]:
    entries = [(year.year, entry) for year in answer.years for entry in year.entries]
    if not entries:
        yield "所列年度没有已登记的学时。"
    for number, (year, entry) in enumerate(entries, 1):
        decided = entry.decided
        yield from row((
            str(number), str(year), CATEGORIES[Category(entry.category)], _route(entry), str(entry.on),
            _quantity(entry), decided.assessed, decided.counted, STATUSES[entry.status],
        ), ENTRIES)
        if entry.title is not None and visible(entry.title):
            yield from _note("项目", visible(entry.title))
        if entry.starts is not None or entry.ends is not None:
            yield from _note("起止", " 至 ".join(str(day) for day in (entry.starts, entry.ends) if day is not None))
        if entry.certificate is not None and visible(entry.certificate):
            yield from _note("证书", visible(entry.certificate))
        if entry.evidence:
            papers = "、".join(one[:DIGEST_SHOWN] for one in entry.evidence)
            yield from _note("佐证", f"{len(entry.evidence)} 件：{papers}")
        if entry.registered is not None:
            yield from _note("登记", "，".join(_registered(entry.registered)))
        if facts := list(_facts(entry)):
            yield from _note("事实", "；".join(facts))
        basis = books.clause(decided.rulebook, map(visible, decided.clauses))  # A typed document may be among them.
        if entry.document is not None and visible(entry.document) and entry.document not in decided.clauses:
            basis += f"，文件 {visible(entry.document)}"
        marks = "".join(f"，{FLAGS.get(flag, flag)}" for flag in decided.flags)
        marks += f"，{AFTER_CLOSE}" if entry.after_close else ""
        yield from _note("依据", f"{basis}{marks}；事件 {'、'.join(map(str, entry.events))}；{entry.claim}")
        is_same = (entry.evaluated.assessed, entry.evaluated.counted) == (decided.assessed, decided.counted)
        if not is_same and entry.status != "revoked":
            yield from _note("评定", _evaluation(entry.evaluated, books))


def _registered(one: Registered) -> Iterator[str]:
    yield str(one.on)
    if one.office is not None:
        yield visible(one.office)
    if one.system is not None:
        yield f"来自 {visible(one.system)}"


def _facts(entry: Entry) -> Iterator[str]:
    """What the law weighs and no column shows; no value can look like two of them."""
    for name, words in FACTS.items():
        value = getattr(entry, name)
        if value is not None:
            yield f"{words}：{visible(said(name, str(value))).replace('；', '，')}"


def said(name: str, value: str) -> str:
    """A fact's value as people read it. Only of a choice, where no value can be what another one is called."""
    known = base_vocabulary().fields.get(name)
    return value if known is None or known.kind != "choice" else known.names.get(value, value)


def meant(name: str, printed: str) -> str:
    """The value that stands there in words, or as its code, as statements had it before."""
    known = base_vocabulary().fields.get(name)
    codes = {} if known is None or known.kind != "choice" else {words: code for code, words in known.names.items()}
    return codes.get(printed, printed)


def _route(entry: Entry) -> str:
    words = base_vocabulary()
    level = f"（{words.level_name(entry.level, entry.route)}）" if entry.level is not None else ""
    return words.route_name(entry.route) + level


def _quantity(entry: Entry) -> str:
    found = [f"{value} {unit}" for name, unit in _QUANTITIES if (value := getattr(entry, name)) is not None]
    if entry.rank is not None:
        found.append(f"第 {entry.rank} 名")
    if not found and entry.confirmed_hours is not None:
        found.append(f"确认 {entry.confirmed_hours}")
    return "，".join(found) or "1 项"


def _evaluation(one: Evaluated, books: Books) -> str:
    rests = f"（{books.clause(one.rulebook, (one.clause,) if one.clause else ())}）" if one.rulebook is not None else ""
    return f"核定 {one.assessed}，计入 {one.counted}，{EVALUATIONS[one.status]}{rests}"


def _note(name: str, words: str) -> Iterator[str]:
    """Write a line under a row: it never begins at the margin, so it can never pass for the separator."""
    first, *rest = wrap(words, WIDTH - len(INDENT) - 6)
    yield f"{INDENT}{name}  {first}"
    for line in rest:
        yield INDENT + " " * 6 + line
