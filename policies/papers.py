"""Papers: what the rulebooks ask a person to show of a study, each with the sentence that asks (W 12, E 8, N 8).

Every rulebook that holds the person is asked, the closest first: what a city wants to be shown with a claim and what a
sector rests its hours on are two lists, and whoever brings one of them may still be asked for the other. What an
organiser hands in of a class, before it is held and after, stands in lists of its own (W 13).

`tests/policies/test_papers.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from policies.law import Law

EVIDENCE: Final = "evidence"
PERSON: Final = "person"
CLASS_FILING: Final = "class_filing"


class Paper(NamedTuple):
    """A paper, and the words that ask for it."""

    document: str
    rulebook: str
    article: str
    quote: str


def papers(law: Law, day: date, region: str, sector: str, major: str | None, route: str) -> tuple[Paper, ...]:
    """Say what is to be shown of a study of this route, on a day, by a person who belongs there."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, major)
    return tuple(
        Paper(document, book.id, duty.article, duty.quote)
        for book in layer.books for duty in book.duties
        if duty.kind == EVIDENCE and duty.who == PERSON and route in duty.routes
        for document in duty.documents
    )


def class_papers(law: Law, day: date, region: str, sector: str) -> tuple[Paper, ...]:
    """Say what an organiser hands in of a class that is held on a day, to be registered for everyone at once (W 13)."""
    layer = law.layer(law.interval(day.toordinal()), region, sector, None)
    return tuple(
        Paper(document, book.id, duty.article, duty.quote)
        for book in layer.books for duty in book.duties if duty.kind == CLASS_FILING for document in duty.documents
    )
