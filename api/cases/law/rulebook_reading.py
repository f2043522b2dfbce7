"""Rulebooks as anybody may read them: which hold where, what one says and how often it decided, what two change.

The law is public: nobody is asked who they are, and nothing is recorded. Of a past moment it is what had been enacted
by then. Examples are run and findings made each time somebody reads, beside what else is enacted. The drafts that come
with the software are read like the others, and said to be drafts. `tests/console/test_rule_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from api.house import House
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.analysis import Finding, analyse
from policies.examples import Example, examples
from policies.law import Law
from policies.page import Page, begun, page_of
from policies.person import Bench
from policies.render import Row
from policies.rulebook import Rulebook
from policies.rules import Change, changes
from policies.shelf import drafts
from policies.soundness import fold
from projections.basis import written_time
from projections.clause_counts import Counted, count_clauses
from projections.laws import Enacted, ImpactReport

FOUND_MOST: Final = 60


class OnShelf(NamedTuple):
    """A rulebook, how it was enacted, and what it is on the day that is asked about."""

    book: Rulebook
    enacted: Enacted | None      # None: a draft.
    state: str                   # in_force, later, superseded, ended, off or draft.


class Piece(NamedTuple):
    """A piece of the official text, and the chapter, article or item that begins with it."""

    article: str | None
    words: str

    @property
    def is_article(self) -> bool:
        """Say whether a chapter or an article begins here, not an item of one."""
        return self.article is not None and "（" not in self.article

    @property
    def lead(self) -> str:
        """The number that the piece begins with, as it is printed: 第六条, （一） or (七)."""
        if self.article is None:
            return ""
        return self.article if self.is_article else self.words[:self.words.replace(")", "）").index("）") + 1]

    @property
    def rest(self) -> str:
        """What follows it."""
        return self.words[len(self.lead):].lstrip()


class Group(NamedTuple):
    """The rows of one place beside a sentence."""

    kind: str
    article: str
    place: str
    is_first: bool               # Of its article on the page: here links to it lead,
    is_told: bool                # and of its clauses: here it is said how often they decided.
    rows: tuple[Row, ...]


class Sentence(NamedTuple):
    """One sentence of the text and the rows that it gives; `within`: the article that it stands in."""

    number: int
    within: str
    pieces: tuple[Piece, ...]
    groups: tuple[Group, ...]


class Opened(NamedTuple):
    """One rulebook with everything that is known of it."""

    shelf: OnShelf
    articles: tuple[tuple[Sentence, ...], ...]
    counted: Counted | None
    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]
    reports: tuple[ImpactReport, ...]
    family: tuple[OnShelf, ...]  # Its other versions.


class Hit(NamedTuple):
    """A place in which every word that was looked for stands."""

    shelf: OnShelf
    kind: str                    # text, row or reading.
    place: str
    anchor: str
    words: str


# The shelf


def shelf(house: House, as_of: int, day: date) -> list[OnShelf]:
    """Every rulebook that had been enacted by a position, newest first of each family; then the drafts."""
    known = house.answers.rulebooks(as_of)
    law = law_of(house, known)
    in_force = {book.digest for book in law.in_force(day)}
    found = [OnShelf(book, one, _state(book, day, in_force))
             for one in known for book in [house.library.archive.book(one.digest)]]
    found.sort(key=lambda one: (one.book.scope.specificity, one.book.family))
    return [*found, *(OnShelf(book, None, "draft") for book in drafts().books)]


def law_of(house: House, known: Iterable[Enacted]) -> Law:
    """The law that these make."""
    return house.answers.books.seat(tuple(one.digest for one in known)).bench.law


def _state(book: Rulebook, day: date, in_force: set[str]) -> str:
    if book.off:
        return "off"
    if book.digest in in_force:
        return "in_force"
    if book.in_force_from > day:
        return "later"
    return "ended" if book.in_force_to is not None and book.in_force_to < day else "superseded"


def coverage(house: House, as_of: int, day: date) -> list[tuple[str, list[tuple[str, tuple[Rulebook, ...]]]]]:
    """Of each place that the law in force tells apart, and each sector: its rulebooks, the most specific first."""
    law = law_of(house, house.answers.rulebooks(as_of))
    regions = sorted({book.scope.region for book in law.in_force(day)}, key=lambda one: (len(one), one))
    interval = law.interval(day.toordinal())
    return [(region, [(sector, law.layer(interval, region.ljust(6, "0"), sector, None).books)
                      for sector in law.vocabulary.sectors]) for region in regions]


def find(house: House, name: str, as_of: int, day: date) -> OnShelf | Refusal:
    """A rulebook by its id: as it was enacted by then, else the draft of that name."""
    found = next((one for one in shelf(house, as_of, day) if one.book.id == name), None)
    return found or Refusal.because("rulebook_absent", rulebook=name)


# One of them


def opened(house: House, one: OnShelf, as_of: int, day: date) -> Opened:
    """Everything about a rulebook of the shelf."""
    book, every = one.book, shelf(house, as_of, day)
    bench = Bench(Law(_beside(book, every)))
    version = f"{book.family}/{book.in_force_from}"
    return Opened(
        one, laid_out(book), None if one.enacted is None else count_clauses(house.answers, book.digest, as_of),
        tuple(examples(book, bench)), findings(bench.law, book),
        tuple(house.answers.impact_reports(as_of, rulebook=version)),
        tuple(other for other in every if other.book.family == book.family and other.book.id != book.id),
    )


def _beside(book: Rulebook, every: Sequence[OnShelf]) -> list[Rulebook]:
    """A rulebook and those it stands beside: the enacted ones of other families, and beside a draft the drafts."""
    return [book, *(one.book for one in every if one.book.id != book.id and one.book.family != book.family
                    and (one.enacted is not None or book.draft))]


def findings(law: Law, book: Rulebook) -> tuple[Finding, ...]:
    """What an author of a rulebook should look at: gaps, overlaps and rows that never speak."""
    return tuple(one for one in analyse(law) if one.rulebook == book.id)


@lru_cache(maxsize=64)
def laid_out(book: Rulebook) -> tuple[tuple[Sentence, ...], ...]:
    """The text sentence by sentence, an article together, each with the rows that it gives."""
    page = page_of(book)
    found: list[list[Sentence]] = [[]]
    for sentence, starts in _sentences(page):
        if starts and found[-1]:
            found.append([])
        found[-1].append(sentence)
    return tuple(map(tuple, found))


def _sentences(page: Page) -> Iterator[tuple[Sentence, bool]]:
    """Each sentence, and whether a chapter or an article begins with it."""
    seen: set[str] = set()
    told: set[str] = set()
    within, number = "", 0
    for passage, own in zip(page.passages, begun(page), strict=True):
        pieces = tuple(map(Piece, own, passage.pieces))
        begins = next((place for place, piece in enumerate(pieces) if piece.is_article), 0)
        for part, rows in ((pieces[:begins], ()), (pieces[begins:], passage.rows)):
            if part:  # What stands above an article without an end of its own, such as a title, is not of it.
                number += 1
                within = next((piece.article for piece in reversed(part) if piece.article), within)
                yield Sentence(number, within, part, _groups(rows, seen, told)), part[0].is_article


def _groups(rows: Iterable[Row], seen: set[str], told: set[str]) -> tuple[Group, ...]:
    """Rows of one place together; the articles that were seen before, and those whose clauses were told of."""
    groups: list[Group] = []
    for place, together in groupby(rows, key=lambda row: row.place):
        held = tuple(together)
        kind, article = held[0].kind, held[0].article
        groups.append(Group(kind, article, place, article not in seen, kind == "clause" and article not in told, held))
        seen.add(article)
        told.update([article] if kind == "clause" else [])
    return tuple(groups)


def anchors(articles: Iterable[Iterable[Sentence]]) -> set[str]:
    """The articles and items that begin somewhere in the text: a link to one leads there."""
    return {piece.article for article in articles for sentence in article for piece in sentence.pieces
            if piece.article is not None}


def compared(
    house: House, old: str, new: str, as_of: int, day: date
) -> tuple[OnShelf, OnShelf, list[Change]] | Refusal:
    """What changes from one version to another, told of rows and of the text."""
    one, two = (find(house, name, as_of, day) for name in (old, new))
    if isinstance(one, Refusal):
        return one
    return two if isinstance(two, Refusal) else (one, two, changes(one.book, two.book))


# Looking for words


def search(every: Iterable[OnShelf], asked: str) -> list[Hit]:
    """Where all of some words stand together: in a sentence, in what a row says, in a reading. So many at most."""
    terms = [fold(one) for one in asked.split()]
    found: list[Hit] = []
    if not terms:
        return found
    for one in every:
        for hit in _places(one):
            if all(term in fold(hit.words) for term in terms):
                found.append(hit)
                if len(found) == FOUND_MOST:
                    return found
    return found


def _places(one: OnShelf) -> Iterator[Hit]:
    told: set[tuple[str, str]] = set()
    for article in laid_out(one.book):
        for sentence in article:
            for piece in sentence.pieces:
                if one.book.text is not None:
                    yield Hit(one, "text", sentence.within, f"s{sentence.number}", piece.words)
            for group in sentence.groups:
                for row in group.rows:
                    if (group.place, row.words) not in told:
                        told.add((group.place, row.words))
                        yield Hit(one, "row", group.place, f"s{sentence.number}", row.words)
    for reading in one.book.readings:
        yield Hit(one, "reading", reading.id, reading.id, f"{reading.question} {reading.chosen} {reading.reason}")


# As data


def view(one: OnShelf) -> dict[str, Any]:
    """A rulebook of the shelf."""
    book, enacted = one.book, one.enacted
    return {
        "id": book.id, "document": book.document, "title": book.title, "issuers": list(book.issuers),
        "in_force_from": book.in_force_from.isoformat(),
        "in_force_to": None if book.in_force_to is None else book.in_force_to.isoformat(),
        "state": one.state, "region": book.scope.region, "sector": book.scope.sector, "majors": list(book.scope.majors),
        "revision": book.revision, "digest": book.digest, "event": None if enacted is None else enacted.event,
        "superseded_by": None if enacted is None else enacted.superseded_by,
        "last_day": None if enacted is None else enacted.last_day,
    }


def opened_view(one: Opened) -> dict[str, Any]:
    """What stands beside the text of a rulebook."""
    counted = one.counted
    return {
        "counts": None if counted is None else {
            "among": counted.among, "is_every": counted.is_every, "as_of": counted.as_of,
            "by_clause": {clause: {"decisions": count.decisions, "assessed": format_hours(count.assessed)}
                          for clause, count in sorted(counted.by_clause.items())}},
        "examples": [{**each._asdict(), "holds": each.holds} for each in one.examples],
        "findings": [{"kind": each.kind, "weight": each.weight, "where": each.where, "words": each.words,
                      "example": dict(each.example)} for each in one.findings],
        "impact_reports": [{**each._asdict(), "recorded_at": written_time(each.recorded_at)} for each in one.reports],
        "versions": [view(each) for each in one.family],
    }
