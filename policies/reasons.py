"""Why something was returned or refused, as codes: stable for programs and statistics, with words for people.

`reasons.toml` holds them beside the law: for each kind of event its codes, what each is called, what to do about it,
and where a regulation says so, its article and words. Nothing is decided by a code; free words always go with it.

Reading: of a reason's words of law those are shown that hold where the matter belongs, for as long as the version in
force says them; a reason that no regulation speaks of (a scan that nobody can read) has none.

`tests/policies/test_reason_codes.py` shows it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from policies.authority import GENERAL
from policies.law import Law
from policies.rulebook import Rulebook
from policies.soundness import fold
from policies.words import HERE

OTHER: Final = "other"
"""What no code says; the words alone do."""


class Rule(NamedTuple):
    """The words of a regulation on which a reason rests."""

    family: str
    article: str
    quote: str

    def of(self, book: Rulebook) -> dict[str, str]:
        """The words as they are cited, in a version of the rulebook."""
        return {"rulebook": book.id, "document": book.document, "article": self.article, "quote": self.quote}

    def is_said_by(self, book: Rulebook) -> bool:
        """Say whether the words stand in this version: an amendment may have left them out."""
        return book.text is not None and fold(self.quote) in _folded(book.text)


class Reason(NamedTuple):
    """A code, what it is called, what to do, and the words of law, if any."""

    code: str
    title: str
    cure: str
    rules: tuple[Rule, ...] = ()

    def where(self, law: Law, day: date, region: str, sector: str | None) -> dict[str, Any]:
        """The reason as it is told to whom it concerns: with the rulebooks that hold there."""
        layer = law.layer(law.interval(day.toordinal()), region, sector or GENERAL, None)
        return self.under(layer.books)

    def under(self, books: Iterable[Rulebook]) -> dict[str, Any]:
        """The reason with those of its words that these rulebooks say."""
        known = {book.family: book for book in books}
        rules = [rule.of(book) for rule in self.rules
                 if (book := known.get(rule.family)) is not None and rule.is_said_by(book)]
        return {"code": self.code, "title": self.title, "cure": self.cure, "rules": rules}


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    return fold(text)


@cache
def reasons() -> Mapping[str, tuple[Reason, ...]]:
    """Every reason by the kind of event that it is given with (`claim.returned`), in the order of the file."""
    data = tomllib.loads((HERE / "reasons.toml").read_text("utf-8"))
    return {
        f"{family}.{name}": tuple(
            Reason(row["code"], row["title"], row["cure"], tuple(Rule(**rule) for rule in row.get("law", ())))
            for row in rows)
        for family, names in data.items() for name, rows in names.items()
    }


def reason(kind: str, code: str | None) -> Reason | None:
    """The reason of this code for this kind of event; None where none was given, or by a program newer than this."""
    return next((one for one in reasons().get(kind, ()) if one.code == code), None)
