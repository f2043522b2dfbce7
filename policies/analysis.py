"""Static analysis of rulebooks by exact enumeration: no sample, every cell.

The space is finite: dates cut at every boundary of the law, one place for each set of rulebooks that can hold somebody,
categories, routes, levels, and which quantity is given. In each cell the interpreter's own layer is asked which rows
answer. Found: gaps (a level of a listed route that nothing rules), overlaps (two rows of one rulebook answer, so the
second never wins there), clauses that never win anywhere, levels out of reach, quotes used twice, hours of a row
that the words it quotes do not give. Each finding comes with an example fact.

`tests/policies/test_analysis.py` shows each kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, Final

from ledger.vocabulary import format_hours
from policies.law import Law, Layer
from policies.places import Place
from policies.rulebook import Clause, Rulebook
from policies.soundness import QUANTITY, fold
from policies.words import Route

SAMPLE: Final[Mapping[str, Any]] = {
    "days": "1", "hours": "1", "subjects": 1, "courses": 1, "characters": 10_000, "minutes": 90,
}
ERROR, NOTICE = "error", "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an author of a rulebook should look at, with a fact that shows it."""

    kind: str
    weight: str
    rulebook: str
    where: str
    words: str
    example: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One case of the finite space."""

    layer: Layer
    place: Place
    category: str
    route: Route
    level: str | None
    quantity: str | None

    def example(self) -> dict[str, Any]:
        """An entry that lies in this cell."""
        row: dict[str, Any] = {
            "date": date.fromordinal(self.place.first).isoformat(), "region": self.place.region,
            "sector": self.place.sector, "category": self.category, "route": self.route.code,
        }
        row |= {} if self.level is None else {"level": self.level}
        if self.quantity is not None:
            own = self.route.quantity
            names = {self.quantity} if self.quantity in own else {self.quantity, *own[:1]}
            row |= {name: SAMPLE.get(name, "1") for name in sorted(names)}
        return row | ({"rank": 1} if self.route.ranked else {})


def places(law: Law) -> list[Place]:
    """One place for every set of rulebooks that can hold somebody, in every stretch of dates."""
    prefixes = sorted({book.scope.region for book in law.books} | {"33", "11"}, key=len)
    regions = sorted({prefix.ljust(6, "0") for prefix in prefixes})
    majors: list[str | None] = [None, *sorted({major for book in law.books for major in book.scope.majors})]
    found: dict[tuple[int, tuple[Rulebook, ...]], Place] = {}
    for interval, region, sector, major in product(
        range(len(law.edges) + 1), regions, law.vocabulary.sectors, majors
    ):
        layer = law.layer(interval, region, sector, major)
        day = law.edges[interval - 1] if interval else law.edges[0] - 1 if law.edges else date(2000, 1, 1).toordinal()
        found.setdefault((interval, layer.books), Place(day, day, region, sector, major))
    return [place for (_, books), place in found.items() if books]


def cells(law: Law) -> Iterator[Cell]:
    """The whole space."""
    for place in places(law):
        layer = law.layer(law.interval(place.first), place.region, place.sector, place.major)
        for route in law.vocabulary.routes.values():
            levels: list[str | None] = list(route.levels) or [None]
            levels += [None] if route.level_optional else []
            counted = {QUANTITY.get(clause.rate.each) for category in route.categories
                       for _, clause in layer.clauses.get((category, route.code), ()) if clause.rate is not None}
            more = sorted(name for name in counted if name is not None and name not in route.quantity)
            quantities: list[str | None] = [*route.quantity, *more] or [None]
            for category, level, quantity in product(route.categories, levels, quantities):
                yield Cell(layer, place, category, route, level, quantity)


def answers(clause: Clause, level: str | None, quantity: str | None) -> bool:
    """Whether a row speaks of a level and a quantity."""
    rate = clause.rate
    if rate is None:
        return level in clause.levels
    if quantity != QUANTITY.get(rate.each) and rate.each in QUANTITY:
        return False
    if clause.levels and level not in clause.levels:
        return False
    if rate.hours_centi is not None:
        return True
    return rate.without_level is not None if level is None else level in rate.by_level or level in clause.analogy


def analyse(law: Law) -> list[Finding]:
    """Every finding about a law, errors first."""
    won: set[tuple[str, int]] = set()
    reached: set[tuple[str, int, str]] = set()
    spoke: dict[tuple[str, int, str | None], Cell] = {}   # Where a row speaks at all, whoever is heard.
    found: dict[tuple[str, str, str, str | None], Finding] = {}
    for cell in cells(law):
        rows = cell.layer.clauses.get((cell.category, cell.route.code), ())
        speaking = [(book, clause) for book, clause in rows if answers(clause, cell.level, cell.quantity)]
        silent = [book for book, _ in rows if book not in [one for one, _ in speaking]]
        if not speaking:
            for book in silent[:1]:
                names = law.vocabulary
                level = f"{names.level_name(cell.level, cell.route.code)}的" if cell.level is not None else ""
                counted = f"以{names.field_name(cell.quantity)}计的" if cell.quantity is not None else ""
                words = f"细则有{cell.route.name}，没有{level}{counted}标准，这样的记录待定"
                finding = Finding("gap", NOTICE, book.id, cell.route.code, words, cell.example())
                found.setdefault(("gap", book.id, cell.route.code, f"{cell.level} {cell.quantity}"), finding)
            continue
        for book, clause in speaking:
            spoke.setdefault((book.id, clause.index, cell.level), cell)
        sure = next(((book, clause) for book, clause in speaking if _unconditional(clause)), None)
        for book, clause in speaking:
            won.add((book.id, clause.index))
            if cell.level is not None:
                reached.add((book.id, clause.index, cell.level))
            if (book, clause) == sure:
                break
        if sure is not None:
            found |= _overlaps(cell, sure, speaking)
    findings = [*found.values(), *_never(law, won, reached, spoke), *_quotes_used_twice(law, spoke),
                *_not_in_their_words(law, spoke)]
    return sorted(findings, key=lambda one: (one.weight, one.kind, one.rulebook, one.where))


def _unconditional(clause: Clause) -> bool:
    """Whether a row answers whatever else is said of the entry."""
    return clause.when is None and clause.threshold is None


def _overlaps(
    cell: Cell, sure: tuple[Rulebook, Clause], speaking: list[tuple[Rulebook, Clause]]
) -> dict[tuple[str, str, str, str | None], Finding]:
    """Rows of the winner's own rulebook that answer the same case after it."""
    book, winner = sure
    return {
        ("overlap", book.id, clause.article, str(clause.index)): Finding(
            "overlap", ERROR, book.id, clause.article,
            f"第 {clause.index + 1} 条与第 {winner.index + 1} 条（{winner.article}）"
            f"都规定{cell.route.name} {cell.level or ''}".rstrip() + "，后一条不起作用",
            cell.example(),
        )
        for other, clause in speaking if other is book and clause.index > winner.index
    }


Spoke = Mapping[tuple[str, int, str | None], Cell]


def _example(book: Rulebook, clause: Clause, spoke: Spoke, level: str | None = None) -> dict[str, Any]:
    """A fact of which a row speaks; where there is none, what the row itself says of the fact that it wants."""
    for (name, index, reached), cell in spoke.items():
        if (name, index) == (book.id, clause.index) and level in (None, reached):
            return cell.example()
    row = {"date": book.in_force_from.isoformat(), "region": book.scope.region.ljust(6, "0"),
           "sector": book.scope.sector or "general", "category": clause.categories[0], "route": clause.routes[0]}
    return row | ({} if level is None else {"level": level})


def _never(
    law: Law, won: set[tuple[str, int]], reached: set[tuple[str, int, str]], spoke: Spoke
) -> Iterator[Finding]:
    """Rows that no case wins, and levels of a row that no case reaches; with a case that another row takes."""
    for book in law.books:
        for clause in book.clauses:
            if (book.id, clause.index) not in won:
                yield Finding("never_wins", ERROR, book.id, clause.article,
                              f"第 {clause.index + 1} 条（{clause.article}）在任何情形下都不起作用",
                              _example(book, clause, spoke))
                continue
            levels = [*clause.levels, *clause.analogy, *(clause.rate.by_level if clause.rate else ())]
            for level in levels:
                if (book.id, clause.index, level) not in reached:
                    yield Finding("level_out_of_reach", ERROR, book.id, clause.article,
                                  f"第 {clause.index + 1} 条（{clause.article}）的级别 {level} 没有情形能到达",
                                  _example(book, clause, spoke, level))


def _quotes_used_twice(law: Law, spoke: Spoke) -> Iterator[Finding]:
    """One passage that gives two rows their rate: right where it names two routes, else a slip of the pen."""
    for book in law.books:
        seen: dict[str, Clause] = {}
        for clause in book.clauses:
            first = seen.setdefault(fold(clause.quote), clause)
            if first is not clause:
                words = f"第 {clause.index + 1} 条与第 {first.index + 1} 条引用同一段原文"
                example = _example(book, clause, spoke)
                yield Finding("quote_used_twice", NOTICE, book.id, clause.article, words, example)


def _not_in_their_words(law: Law, spoke: Spoke) -> Iterator[Finding]:
    """Hours of a requirement or a rate that do not stand in what it quotes: either the row is wrong or the quote.

    A course is worth the hours that it is marked with: its words give no number, nor do they of what counts nothing.
    """
    for book in law.books:
        where = {"date": book.in_force_from.isoformat(), "region": book.scope.region.ljust(6, "0"),
                 "sector": book.scope.sector or "general"}
        for minimum in (one for one in book.minimums if one.percent_of is None):
            for hours in _missing([minimum.hours_centi], minimum.quote):
                yield Finding("number_not_quoted", NOTICE, book.id, minimum.article,
                              f"要求写的是 {hours} 学时，所引的原文里没有 {hours}", where)
        for clause in (one for one in book.clauses if one.rate is not None and one.rate.each != "marked_hour"):
            assert clause.rate is not None
            rates = (clause.rate.hours_centi, clause.rate.without_level, *clause.rate.by_level.values())
            for hours in _missing(rates, clause.quote):
                yield Finding("number_not_quoted", NOTICE, book.id, clause.article,
                              f"第 {clause.index + 1} 条写的是 {hours} 学时，所引的原文里没有 {hours}",
                              _example(book, clause, spoke))


def _missing(rates: Iterable[int | None], quote: str) -> list[str]:
    told = dict.fromkeys(format_hours(one) for one in rates if one)
    numbers = set(re.findall(r"[0-9]+(?:\.[0-9]+)?", fold(quote)))
    return [hours for hours in told if hours not in numbers]
