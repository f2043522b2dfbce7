"""What follows from a shortage or a falsification: read from the rulebooks' consequences.

P 16, E 13, R 10, W 15, N 9 and N 10. What becomes of an application the closest rulebook says that speaks of the
cause: N 9 postpones for a shortage where P 16 cancels. What comes on top of it, a bar for a term or the loss of a
title, any rulebook in force may say; none of the five has a term (AMB-06), and of them N 10 alone takes a title.

`tests/policies/test_consequences.py` shows it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from policies.errors import RulebookError
from policies.law import Law

SHORT: Final = "short"
FALSIFIED: Final = "falsified"

CANCELLED: Final = "application_cancelled"
POSTPONED: Final = "application_postponed"
BARRED: Final = "application_barred"
TITLE_REVOKED: Final = "title_revoked"

_YEARS: Final = {"three_years": 3}
"""How long the words for a term last; which rulebook uses one, and for what, stands there."""


class Place(NamedTuple):
    """Where and when whoever is concerned belonged."""

    day: date
    region: str
    sector: str
    major: str | None = None


class Consequence(NamedTuple):
    """What follows, for how long, by which words."""

    effect: str
    lasts: str | None
    rulebook: str
    article: str
    quote: str

    def until(self, starts: date) -> date | None:
        """The last day of a term that begins on a day; None of what has no term."""
        if self.lasts not in _YEARS:
            return None
        year = starts.year + _YEARS[self.lasts]
        leap = (starts.month, starts.day) == (2, 29)  # The day after the last one may not exist.
        return date(year, 2, 28) if leap else starts.replace(year=year) - timedelta(days=1)


def for_application(law: Law, place: Place, cause: str) -> Consequence | None:
    """What becomes of the application for this cause: cancelled or postponed."""
    return _first(law, place, cause, (CANCELLED, POSTPONED))


def for_what_is_to_come(law: Law, place: Place, cause: str) -> Consequence | None:
    """The term for which nothing may be applied for."""
    found = _first(law, place, cause, (BARRED,))
    if found is not None and found.lasts not in _YEARS:
        raise RulebookError(f"{found.rulebook} {found.article} 禁止申报而没有可算的期限（lasts）。请在细则文件中补上。")
    return found


def for_title(law: Law, place: Place, cause: str) -> Consequence | None:
    """That a title which was granted is taken away again."""
    return _first(law, place, cause, (TITLE_REVOKED,))


def _first(law: Law, place: Place, cause: str, effects: tuple[str, ...]) -> Consequence | None:
    layer = law.layer(law.interval(place.day.toordinal()), place.region, place.sector, place.major)
    return next((
        Consequence(row.effect, row.lasts, book.id, row.article, row.quote)
        for book in layer.books for row in book.consequences if cause in row.when and row.effect in effects
    ), None)
