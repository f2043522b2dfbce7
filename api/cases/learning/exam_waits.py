"""Exam sessions whose day has passed and that still wait: for their results, or only to be closed (W 10).

Until a result stands nobody has the hours, and nothing else tells the office that holds the exam; so its workbench
does, the longest first. None of the texts gives a term: what is said is since when.

`tests/console/test_moved_screens.py` shows it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from api.cases.learning.courses import offices_of
from api.cases.standing import acting, of_another_level
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.standing import Matter, standing
from ledger.vocabulary import Category
from projections.exams import Exam, unfinished

MOST: Final = 20
"""So many are told, those that have waited longest."""

_ASKED_MOST: Final = 200


class Waits(NamedTuple):
    """A session, and of how many who booked it no result is known."""

    exam: Exam
    without_result: int


def waiting(house: House, caller: Caller, role: str | None, *, as_of: int) -> tuple[list[Waits], bool] | Refusal:
    """What waits for an account's office in a role; and whether there is more than is told."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    regions = [one.region for one in actor.scopes if role in (None, one.role)]
    found = unfinished(house.answers, house.today.isoformat(), regions, as_of=as_of, limit=_ASKED_MOST)
    told: list[Waits] = []
    for one in found:
        matter = Matter(one.region, one.sector, Category(one.category))
        offices = [office for office in offices_of(house, matter) if role in (None, office.role)]
        if any(standing(actor, office.role, matter) is None
               and of_another_level(offices, matter, office.role, actor) is None for office in offices):
            told.append(Waits(one, one.taken - one.absent - one.passed - one.failed))
        if len(told) > MOST:
            break
    return told[:MOST], len(told) > MOST
