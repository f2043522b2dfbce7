"""What must hold in a rulebook beyond its form: quotes stand in the text, words are known, hours stay exact.

Each check yields Chinese sentences; `shelf.py` refuses a file for which any is found.

`tests/policies/test_rulebook_errors.py` shows each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.vocabulary import format_hours
from policies.errors import shown
from policies.rulebook import Clause, Rulebook
from policies.schema_fields import REGION
from policies.words import Vocabulary, is_region

UNIT: Final = 10_000
"""Quantities are counted in ten-thousandths of a unit, so that half a day and one character are whole numbers."""

FINEST: Final[Mapping[str, int]] = {"day": UNIT // 2, "marked_hour": UNIT // 100, "characters_prorata": 1}
"""The smallest step of a quantity; every other quantity comes in whole units."""

QUANTITY: Final[Mapping[str, str]] = {
    "day": "days", "subject": "subjects", "course": "courses", "marked_hour": "hours", "whole_minutes": "minutes",
    "ten_thousand_characters": "characters", "characters_prorata": "characters",
}
"""The field that a rate counts; an item, an exam and a class count as one."""

_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Text without white space: the published texts break lines inside sentences."""
    return _SPACE.sub("", text)


def quotes_of(plain: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Every quoted passage of a file, with the row it stands in."""
    if isinstance(plain, Mapping):
        here = str(plain.get("article") or plain.get("name") or where)
        for key, value in plain.items():
            if isinstance(value, str) and (key == "quote" or key.endswith("_quote")):
                yield here, value
            else:
                yield from quotes_of(value, here)
    elif isinstance(plain, list):
        for value in plain:
            yield from quotes_of(value, where)


def quote_problems(plain: Mapping[str, Any], text: str) -> Iterator[str]:
    """Quotes that the regulation's text does not hold."""
    folded = fold(text)
    for where, quote in quotes_of(plain):
        if fold(quote) not in folded:
            yield f"{where} quote：读到 {shown(quote)}，应为原文中连续的一段（空白不计）"


def word_problems(book: Rulebook, words: Vocabulary) -> Iterator[str]:
    """Routes, levels, categories, sectors and fields that nobody declared."""
    if not is_region(book.scope.region.ljust(6, "0")):
        yield f"scope region：读到 {shown(book.scope.region)}，没有这个地方；{REGION}"
    if book.scope.sector is not None and book.scope.sector not in words.sectors:
        yield _unknown("scope sector", book.scope.sector, words.sectors)
    for clause in book.clauses:
        here = f"clause 第 {clause.index + 1} 条（{clause.article}）"
        for route in clause.routes:
            if route not in words.routes:
                yield _unknown(f"{here} routes", route, words.routes)
        for category in clause.categories:
            if category not in words.categories:
                yield _unknown(f"{here} categories", category, words.categories)
        known = {level for route in clause.routes if route in words.routes for level in words.routes[route].levels}
        used = [*clause.levels, *clause.analogy, *clause.analogy.values()]
        used += clause.rate.by_level if clause.rate is not None else ()
        for level in used:
            if level not in known:
                yield _unknown(f"{here} 级别", level, known)
        if clause.credit is not None and clause.credit.category not in words.categories:
            yield _unknown(f"{here} credit", clause.credit.category, words.categories)
        if clause.threshold is not None and clause.threshold.field not in words.fields:
            yield _unknown(f"{here} threshold", clause.threshold.field, words.fields)
        if clause.when is not None and clause.when.field not in words.fields:
            yield _unknown(f"{here} when", clause.when.field, words.fields)
    for condition in book.conditions:
        here = f"condition {condition.name}"
        names = [condition.field, condition.when.field if condition.when else None]
        names += [condition.filing.by, condition.filing.before] if condition.filing else []
        for name in names:
            if name is not None and name not in words.fields:
                yield _unknown(here, name, words.fields)
        if (condition.field is None) == (condition.filing is None):
            yield f"{here}：field 与 filing 应恰有一个"
        if condition.field is not None and bool(condition.among) == bool(condition.not_among):
            yield f"{here}：among 与 not_among 应恰有一个"
    for minimum in book.minimums:
        if minimum.name not in words.minimums:
            yield _unknown("minimum name", minimum.name, words.minimums)
        if minimum.percent_of is not None and minimum.percent_of not in words.minimums:
            yield _unknown("minimum percent_of", minimum.percent_of, words.minimums)


def _unknown(where: str, found: str, known: Iterable[str]) -> str:
    return f"{where}：读到 {shown(found)}，应为 {'、'.join(sorted(known))} 之一，或先在 [declares] 里声明"


def clause_problems(book: Rulebook) -> Iterator[str]:
    """Rows that say too little or too much."""
    for clause in book.clauses:
        here = f"clause 第 {clause.index + 1} 条（{clause.article}）"
        rate = clause.rate
        if (rate is None) == (clause.refuses is None):
            yield f"{here}：rate 与 refuses 应恰有一个"
        if rate is None:
            continue
        if (rate.hours_centi is None) == (not rate.by_level):
            yield f"{here} rate：hours 与 by_level 应恰有一个"
        if (rate.each == "whole_minutes") != (rate.of > 1):
            yield f"{here} rate：of（几分钟）只与 whole_minutes 同用"
        for level, target in clause.analogy.items():
            if target not in rate.by_level or level in rate.by_level:
                yield f"{here} analogy：{level} 应比照 by_level 里另一个级别，读到 {shown(target)}"
    for minimum in book.minimums:
        absolute, part = minimum.hours_centi > 0, minimum.percent is not None and minimum.percent_of is not None
        if absolute == part:
            yield f"minimum {minimum.name}：hours 与 percent（连同 percent_of）应恰有一种，且大于零"


def inexact_problems(book: Rulebook) -> Iterator[str]:
    """Rates that could give more than two decimals, in a rulebook that does not say how it rounds (AMB-12)."""
    if book.rounding is not None:
        return
    for clause in book.clauses:
        if clause.rate is None:
            continue
        step = FINEST.get(clause.rate.each, UNIT)
        percents = {100} if clause.share is None else {*clause.share.percent, clause.share.then}
        rates = {clause.rate.hours_centi or 0, clause.rate.without_level or 0, *clause.rate.by_level.values()}
        for rate in sorted(rates):
            if any(rate * step * percent % (UNIT * 100) for percent in percents):
                yield (f"clause 第 {clause.index + 1} 条（{clause.article}）：每单位 {format_hours(rate)} 学时"
                       "会算出两位以上小数，应写明 [rounding]（mode 与 unit）")


def reading_problems(book: Rulebook, plain: Mapping[str, Any]) -> Iterator[str]:
    """Readings whose value is not the one that stands in the file: then the reason explains something else."""
    for reading in book.readings:
        if reading.parameter is None:
            continue
        try:
            found = parameter(plain, reading.parameter)
        except LookupError:
            if reading.value == "none":    # A row that is left out.
                continue
            yield f"reading {reading.id} parameter：文件里没有 {shown(reading.parameter)}"
            continue
        if found is None and reading.value in ("none", ()):   # A parameter that is left out.
            continue
        if _plain(found) != _plain(reading.value):
            yield f"reading {reading.id}：value 写的是 {shown(reading.value)}，{reading.parameter} 却是 {shown(found)}"


def _plain(value: object) -> object:
    """Numbers and their decimal strings compare equal."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool) else str(value)


def parameter(plain: Mapping[str, Any], path: str) -> Any:
    """What stands at `clause.第六条（七）#2.rate.without_level`; None when only its last part is missing."""
    table, *rest = path.split(".")
    at: Any = plain[table] if table in plain else plain.get(path)
    if at is None:                       # A whole table that is left out.
        return None
    if isinstance(at, list):
        name, _, number = rest.pop(0).partition("#")
        rows = [row for row in at if name in (row.get("article"), row.get("name"), row.get("id"))]
        if not number and len(rows) > 1:
            rows = [row for row in rows if rest[0] in row] or rows
        at = rows[int(number or 1) - 1]
    for part in rest[:-1]:
        at = at[part]
    return at.get(rest[-1]) if rest else at


def capped_rows_agree(clauses: Iterable[Clause]) -> Iterator[str]:
    """Rows of one article share one bucket, so they must name one cap."""
    caps: dict[str, int | None] = {}
    for clause in clauses:
        if clause.rate is None:
            continue
        cap = clause.cap.hours_centi if clause.cap else None
        if caps.setdefault(clause.bucket, cap) != cap:
            yield f"clause 第 {clause.index + 1} 条（{clause.article}） cap：同一个桶 {clause.bucket} 有两个不同的上限"
