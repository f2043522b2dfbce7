"""The law that rules a date and a place: which rulebooks are in force, whom they hold, which one gives the hours.

A `Law` is made of exactly the rulebooks it is handed; for each date the version in force on it, newest revision. So
`then`, `now` and `set:...` are three choices of what to hand over, not three kinds of law. Layering (AMB-01): hours
from the most specific rulebook that has the route; every applicable requirement applies; binding conditions add up.

`tests/policies/test_layering.py` shows it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from ledger.vocabulary import Category
from policies.rulebook import ApplicationRule, Clause, Condition, Cycle, MakeUp, Minimum, Rulebook
from policies.shelf import Shelf
from policies.words import Vocabulary

ASKED_MOST: Final = 100_000
"""Answers remembered by day and place; beyond it the memory starts anew."""

CATEGORIES: Final = tuple(category.value for category in Category)
EXAM: Final = "exam"
BY_EXAM: Final = 1 << len(CATEGORIES)


class Layer(NamedTuple):
    """The rulebooks that hold one affiliation on one date, most specific first, indexed for the interpreter."""

    books: tuple[Rulebook, ...]
    clauses: Mapping[tuple[str, str], tuple[tuple[Rulebook, Clause], ...]]
    binding: Mapping[tuple[str, str], tuple[tuple[Rulebook, Condition], ...]]


class Due(NamedTuple):
    """One requirement that applies to a person's year, in the order in which it is answered."""

    rulebook: Rulebook
    minimum: Minimum
    mask: int                # The categories that fill it, a bit each.
    base: int                # The categories of which a minimum in per cent is a part.
    class_: tuple[str, str] | None
    need: int                # Hundredths, where it is absolute.
    percent: int | None
    cycle: Cycle | None


def mask_of(categories: Iterable[str]) -> int:
    """Categories as bits, in the order of the vocabulary; hours by exam are a part of all of them and the last bit."""
    return sum(BY_EXAM if category == EXAM else 1 << CATEGORIES.index(category) for category in categories)


class Law:
    """A set of rulebooks, answering by date and place. Immutable but for its memory of answers given."""

    def __init__(self, books: Iterable[Rulebook], vocabulary: Vocabulary | None = None) -> None:
        shelf = Shelf.of(book for book in books if not book.off)
        self.books: Final = shelf.books
        self.vocabulary: Final = vocabulary or shelf.vocabulary
        edges = {book.in_force_from.toordinal() for book in self.books}
        edges |= {book.in_force_to.toordinal() + 1 for book in self.books if book.in_force_to is not None}
        self.edges: Final = sorted(edges)
        self.make_up: Final[tuple[MakeUp, ...]] = tuple(window for book in self.books for window in book.make_up)
        self.deadlines: Final = any(clause.claim_within for book in self.books for clause in book.clauses)
        self._in_force: Final = [self._versions(edge) for edge in (0, *self.edges)]
        self._layers: dict[tuple[Rulebook, ...], Layer] = {}
        self._held: dict[tuple[int, str, str, str | None], Layer] = {}
        self._due: dict[tuple[tuple[Rulebook, ...], int], tuple[Due, ...]] = {}
        self._due_on: dict[tuple[int, str, str, str | None, int], tuple[Due, ...]] = {}

    def interval(self, day: int) -> int:
        """The number of the stretch of dates, between two changes of the law, in which this ordinal day lies."""
        return bisect_right(self.edges, day)

    def in_force(self, day: date) -> tuple[Rulebook, ...]:
        """The versions in force on a date: of each family the newest, newest revision."""
        return self._in_force[self.interval(day.toordinal())]

    def _versions(self, day: int) -> tuple[Rulebook, ...]:
        newest: dict[str, Rulebook] = {}
        for book in self.books:
            since, until = book.in_force_from.toordinal(), book.in_force_to
            if since <= day and (until is None or day <= until.toordinal()):
                other = newest.get(book.family)
                if other is None or (other.in_force_from, other.revision) < (book.in_force_from, book.revision):
                    newest[book.family] = book
        gone = {name for book in newest.values() for name in book.supersedes}
        return tuple(book for book in newest.values() if book.id not in gone and book.family not in gone)

    def layer(self, interval: int, region: str, sector: str, major: str | None) -> Layer:
        """The rulebooks that hold an affiliation in a stretch of dates, most specific first."""
        key = (interval, region, sector, major)
        held = self._held.get(key)
        if held is None:
            books = [book for book in self._in_force[interval] if book.scope.holds(region, sector, major)]
            books.sort(key=lambda book: (book.scope.specificity, book.id), reverse=True)
            held = self._held[key] = self._layer_of(tuple(books))
        return held

    def _layer_of(self, books: tuple[Rulebook, ...]) -> Layer:
        known = self._layers.get(books)
        if known is not None:
            return known
        clauses: dict[tuple[str, str], list[tuple[Rulebook, Clause]]] = {}
        binding: dict[tuple[str, str], list[tuple[Rulebook, Condition]]] = {}
        for book in books:
            for clause in book.clauses:
                for category in clause.categories:
                    for route in clause.routes:
                        clauses.setdefault((category, route), []).append((book, clause))
            for condition in book.binding:
                assert condition.binds is not None
                for category in condition.binds.categories:
                    for route in condition.binds.routes:
                        binding.setdefault((category, route), []).append((book, condition))
        layer = Layer(
            books,
            {key: tuple(rows) for key, rows in clauses.items()},
            {key: tuple(rows) for key, rows in binding.items()},
        )
        return self._layers.setdefault(books, layer)

    def due(self, day: int, region: str, sector: str, major: str | None, year: int) -> tuple[Due, ...]:
        """The requirements that judge a year, of every rulebook in force on the deciding day that holds the person."""
        asked = (day, region, sector, major, year)
        known = self._due_on.get(asked)
        if known is None:
            if len(self._due_on) >= ASKED_MOST:
                self._due_on.clear()
            known = self._due_on[asked] = self._due_of_layer(*asked)
        return known

    def _due_of_layer(self, day: int, region: str, sector: str, major: str | None, year: int) -> tuple[Due, ...]:
        books = self.layer(self.interval(day), region, sector, major).books
        known = self._due.get((books, year))
        if known is None:
            relieved = {
                name for book in books for relief in book.relief if year in relief.years for name in relief.minimums
            }
            order = {name: place for place, name in enumerate(self.vocabulary.minimums)}
            known = self._due[books, year] = tuple(
                self._due_of(book, minimum)
                for book in sorted(books, key=lambda book: book.id)
                for minimum in sorted(book.minimums, key=lambda minimum: order[minimum.name])
                if f"{book.family} {minimum.name}" not in relieved
                and (minimum.first_year or book.first_year_judged) <= year <= (minimum.last_year or year)
            )
        return known

    def _due_of(self, book: Rulebook, minimum: Minimum) -> Due:
        base = self.vocabulary.minimums[minimum.percent_of].categories if minimum.percent_of else ()
        class_ = (book.family, minimum.class_) if minimum.class_ is not None else None
        return Due(
            book, minimum, mask_of(minimum.categories), mask_of(base), class_,
            minimum.hours_centi, minimum.percent, minimum.cycle,
        )

    def application_rule(
        self, day: int, region: str, sector: str, major: str | None
    ) -> tuple[Rulebook, ApplicationRule] | None:
        """The most specific rule on applying for the next title, if any."""
        for book in self.layer(self.interval(day), region, sector, major).books:
            if book.application is not None:
                return book, book.application
        return None
