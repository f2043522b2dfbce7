"""The names of a question to the whole history, from the rulebooks that are kept here; a report brings its own.

`tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from api.house import House
from api.replays.names import Names
from policies.archive import RulebookMissing
from policies.rulebook import Rulebook
from projections.replay.names import names_of


def names_in(house: House, question: Mapping[str, Any], told: Mapping[str, Any] | None = None) -> Names:
    """The names that were told, else those that are known; a draft that was sent along is known by its report alone."""
    if told:
        return Names(**told)
    books: list[Rulebook] = []
    for digest in {one["digest"] for side in ("against", "under") for one in question[side]["rulebooks"]}:
        with suppress(RulebookMissing):
            books.append(house.answers.books.book(digest))
    return Names(**names_of(books))
