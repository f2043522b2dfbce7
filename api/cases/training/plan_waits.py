"""Plans whose year has ended and which an office has on file and has not evaluated: for that office (P 12).

P 12 has both departments evaluate how a plan was carried out, and next year's filing and public money rest on that;
nothing that waits tells it, since no act begins with the end of a year. None of the texts gives a term: what is said is
since when. Whether an office may evaluate one is asked of the use case that does it, by trial.

`tests/console/test_plan_waits.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from api.cases.doing import Asked
from api.cases.standing import acting
from api.cases.training import plan_filings
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from projections.trainings_reading import Plan, unevaluated

MOST: Final = 20
"""So many are told, those of the oldest year first; and of so many more it is asked whose they are."""
_ASKED_MOST: Final = 60


class Waits(NamedTuple):
    """One plan, and the day after its year."""

    plan: Plan
    since: date


def waiting(house: House, caller: Caller, role: str | None, *, as_of: int) -> tuple[list[Waits], bool] | Refusal:
    """What waits for an account's office to evaluate it now; and whether there is more than is told."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = [one for one in actor.scopes if role in (None, one.role)]
    found: list[Waits] = []
    for one in unevaluated(house.answers, scopes, before=house.today.year, as_of=as_of, limit=_ASKED_MOST):
        tried = plan_filings.evaluate(house, caller, one.plan, {"grade": "qualified", "words": "-"},
                                      Asked(dry_run=True))
        if not isinstance(tried, Refusal):
            found.append(Waits(one, date(one.year + 1, 1, 1)))
        if len(found) > MOST:
            break
    return found[:MOST], len(found) > MOST
