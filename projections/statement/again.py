"""A statement weighed again from what is printed on it: its sums, then each study under the rulebooks it rests on.

Sums are arithmetic: a statement whose columns do not come to what stands under them is not believed, whoever signed it.
What a study is worth is asked of the law once more, of the very rulebooks whose digests the log's event holds, with the
facts that the text prints. Where that comes out otherwise it is said and nothing more: paper printed before all facts
were on it cannot be weighed, a cap or a cycle may rest on years that it does not list, an office may have decided
otherwise with reasons. So this finds what was reckoned wrongly, and proves nothing of what was registered.

`tests/projections/test_statement_again.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.offline.verdict import Unverified, Verdict
from ledger.offline.verify_map import UNPROVEN_HOURS
from ledger.vocabulary import format_hours, parse_hours
from policies.assess import OVERRIDDEN, Override
from policies.entries import Entry
from policies.errors import BadLine
from policies.law import Law
from policies.person import Bench, PersonRuling
from policies.places import NO_LATER, Place
from policies.shelf import Shelf
from policies.words import Vocabulary
from policies.year import GENERAL_PUBLIC, PROFESSIONAL, SECTOR_PUBLIC
from projections.statement.contents import EntryLine, Need, Statement, YearLine
from projections.statement.reading import UnreadableStatement, read_statement
from projections.statement.sheets import counted_on, evaluated
from projections.statement.tables import FACTS, FLAGS, meant

_CATEGORIES: Final = {"专业": "professional", "行业公需": "sector_public", "一般公需": "general_public"}
_HELD: Final = {
    "总学时": ("专业", "行业公需", "一般公需"), "专业科目": ("专业",), "公需科目": ("行业公需", "一般公需"),
    "一般公需科目": ("一般公需",),
}
_QUANTITIES: Final = {
    "天": "days", "学时": "hours", "分钟": "minutes", "科": "subjects", "门": "courses", "字": "characters",
}
_NUMBERS: Final = frozenset({"minutes", "subjects", "courses", "characters"})
_QUANTITY: Final = re.compile(rf"([\d.]+) ?({'|'.join(_QUANTITIES)})")
_RANK: Final = re.compile(r"第 ?(\d+) ?名")
_SHOWN_MOST: Final = 10


class Again(NamedTuple):
    """What came out: what was redone and agrees, and what does not or could not be redone."""

    checked: tuple[str, ...]
    unproven: tuple[str, ...]


def weighed(verdict: Verdict, shelf: Shelf) -> Verdict:
    """A verdict on a statement with its arithmetic done again; Unverified where its sums are none."""
    if verdict.text is None:
        return verdict
    try:
        told = again(read_statement(verdict.text), verdict.events[0]["event"]["rulebooks"], shelf)
    except UnreadableStatement as no:
        told = Again((), (f"没有重新计算学时：{no}",))
    rest = tuple(words for words in verdict.unproven if words != UNPROVEN_HOURS)
    return replace(verdict, checked=(*verdict.checked, *told.checked), unproven=(*rest, *told.unproven))


def again(statement: Statement, digests: Sequence[str], shelf: Shelf) -> Again:
    """Redo the sums, then ask the law once more."""
    known = {book.digest: book for book in shelf.books}
    absent = [digest for digest in digests if digest not in known]
    law = Law(known[digest] for digest in digests if digest in known)
    if any(clause.credit is not None for book in law.books for clause in book.clauses):
        return Again((), ("没有重新计算学时：所引细则把一项学习的学时分记两个科目。",))
    try:
        for year in statement.years:
            _check_sums(year, [one for one in statement.entries if one.year == year.year])
    except ValueError as no:  # A figure that is none, such as 00: whoever wrote it was not this program.
        raise UnreadableStatement(f"其中有不成形的学时（{no}）") from no
    lines, entries = len(statement.years), len(statement.entries)
    sums = (f"算术重做：{lines} 行年度的合计由 {entries} 条明细逐条相加得出，缺额和达标与要求相符。",)
    if absent:
        short = "、".join(digest[:12] for digest in absent)
        return Again(sums, (f"没有按条款重新核定：本程序没有摘要为 {short} 的细则。",))
    return _by_law(statement, law, sums)


# Sums


def _check_sums(year: YearLine, entries: Sequence[EntryLine]) -> None:
    """The columns of a year are the sums of its entries, and its verdict is that of its requirements."""
    where = f"登记情况表 {year.year} 年度{year.side}"
    columns = dict(zip(_CATEGORIES, (year.professional, year.sector_public, year.general_public), strict=True))
    for category, written in columns.items():
        summed = sum(parse_hours(counted_on(one, year.side)) for one in entries if one.category == category)
        if summed != parse_hours(written):
            raise Unverified(where, f"{category}写作 {written}，明细相加是 {format_hours(summed)}")
    if sum(map(parse_hours, columns.values())) != parse_hours(year.total):
        raise Unverified(where, f"合计写作 {year.total}，与各科目之和不符")
    for need in year.needs:
        _check_need(need, columns, where)
    if year.met is not _met(year.needs):
        raise Unverified(where, "达标与否与所列要求不符")


def _check_need(need: Need, columns: Mapping[str, str], where: str) -> None:
    have = parse_hours(need.need) - parse_hours(need.short) if need.short is not None else parse_hours(need.have or "0")
    if need.name in _HELD and need.span is None:
        held = sum(parse_hours(columns[one]) for one in _HELD[need.name])
        if have != held:
            raise Unverified(where, f"{need.name}写作已有 {format_hours(have)}，应为 {format_hours(held)}")
    if need.short is None and not need.is_open and have < parse_hours(need.need):
        raise Unverified(where, f"{need.name}不足 {need.need} 而没有写缺额")


def _met(needs: Sequence[Need]) -> bool | None:
    """False if any is short; else open if any is undetermined or none applies; else true if any is reached."""
    if any(one.short is not None for one in needs):
        return False
    if any("待定" in one.words for one in needs):
        return None
    return True if any(not one.is_open for one in needs) else None


# The law


def _by_law(statement: Statement, law: Law, sums: tuple[str, ...]) -> Again:
    bench = Bench(law)
    counting = [one for one in statement.entries if one.status != "已撤销"]
    try:
        entries = [_entry(bench, one, law.vocabulary) for one in counting]
        ruled = bench.judge(_places(statement, law.vocabulary, counting), entries)
    except (BadLine, KeyError, IndexError) as error:
        return Again(sums, (f"没有按条款重新核定：所列事实不足以重算（{error}）。",))
    books = "、".join(book.id for book in law.books)
    wrong = [*_differing(counting, ruled), *_years_differing(statement, ruled)]
    if not wrong:
        by_hand = sum(one.rulebook is None for one in counting)
        apart = f"其中 {by_hand} 条没有条款，由登记部门确认学时；" if by_hand else ""
        told = f"按 {books} 的条款，由所列事实逐条重新核定 {len(counting)} 条：{apart}核定、计入与各年度合计都相同。"
        return Again((*sums, told), ())
    shown = "；".join(wrong[:_SHOWN_MOST]) + ("……" if len(wrong) > _SHOWN_MOST else "")
    return Again(sums, (f"按 {books} 的条款由所列事实重新核定，有 {len(wrong)} 处与所载不同：{shown}。"
                        "这可能因为计算涉及未列出的年度，或登记部门另有决定，请据此查问。",))


def _differing(entries: Sequence[EntryLine], ruled: PersonRuling) -> Iterator[str]:
    for at, one in enumerate(entries):
        found = (format_hours(ruled.weighed[at].ruling.assessed), format_hours(ruled.folded.counted[at]))
        if found != evaluated(one):
            told = "核定 {} 计入 {}".format(*evaluated(one))
            yield f"第 {one.number} 条所载{told}，重算核定 {found[0]} 计入 {found[1]}"


def _years_differing(statement: Statement, ruled: PersonRuling) -> Iterator[str]:
    for year in statement.years:
        sums = ruled.folded.years.get(year.year)
        if year.side == "认定" or sums is None:
            continue
        held = [format_hours(sums.by_category[place]) for place in (PROFESSIONAL, SECTOR_PUBLIC, GENERAL_PUBLIC)]
        if held != [year.professional, year.sector_public, year.general_public]:
            yield f"{year.year} 年度所载 {year.total}，重算 {format_hours(sums.total)}"


def _places(statement: Statement, words: Vocabulary, entries: Sequence[EntryLine]) -> list[Place]:
    """Where the person belonged, each until the next; from the first entry on, if that is earlier."""
    codes = {name: code for code, name in words.sectors.items()}
    first = min((_day(one.day) for one in entries), default=NO_LATER)
    found = []
    for at, one in enumerate(statement.places):
        begins = min(_day(one.starts), first) if at == 0 else _day(one.starts)
        until = NO_LATER if one.ends is None else _day(one.ends)
        if at + 1 < len(statement.places):
            until = min(until, _day(statement.places[at + 1].starts) - 1)
        found.append(Place(begins, until, one.region, codes.get(one.sector, one.sector), one.major))
    return found


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _entry(bench: Bench, one: EntryLine, words: Vocabulary) -> Entry:
    """An entry as it is weighed; of hours that a department gave, where a clause leaves room, with what it gave."""
    entry = bench.entry(**_values(one, words))._replace(year=one.year)
    if f"，{FLAGS[OVERRIDDEN]}" not in one.notes["依据"].partition("；")[0]:
        return entry
    return bench.overridden(entry, Override(int(parse_hours(one.assessed)), one.clauses.partition(" ")[2]))


def _values(one: EntryLine, words: Vocabulary) -> dict[str, Any]:
    """The fields of an entry, out of the words in which they were printed."""
    route, level = _route(one.route, words)
    values: dict[str, Any] = {
        "id": str(one.number), "person": "p", "date": one.day, "category": _CATEGORIES[one.category], "route": route}
    if level is not None:
        values["level"] = level
    for number, unit in _QUANTITY.findall(one.quantity):
        name = _QUANTITIES[unit]
        values[name] = int(number) if name in _NUMBERS else number
    if (rank := _RANK.search(one.quantity)) is not None:
        values["rank"] = int(rank[1])
    names = {printed: name for name, printed in FACTS.items()}
    for fact in filter(None, one.notes.get("事实", "").split("；")):
        printed, _, value = fact.partition("：")
        values[names[printed]] = meant(names[printed], value)
    values.pop("attributed", None)  # The column of years says it.
    if one.rulebook is None:  # No clause gave it: the office said how much, at the latest when it decided.
        values.setdefault("confirmed_hours", one.assessed)
    if "confirmed_hours" in values:
        values["document"] = "见依据"
    if "起止" in one.notes:
        days = one.notes["起止"].replace(" ", "").split("至")
        values["starts"], values["ends"] = days[0], days[-1]
    return values


def _route(printed: str, words: Vocabulary) -> tuple[str, str | None]:
    """The codes of a route and its level, which stand there as one."""
    for route in words.routes.values():
        if printed == route.name:
            return route.code, None
        for level in words.levels:
            if printed == f"{route.name}（{words.level_name(level, route.code)}）":
                return route.code, level
    raise KeyError(printed)
