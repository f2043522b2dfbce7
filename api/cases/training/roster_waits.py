"""Classes that were held and wait for their list to be registered: for the office that does it, and the organiser.

Once a class was held its organiser has handed in what there is to hand in, and the office registers everyone at once
(W 13); until it does, nobody has the hours, and nothing else tells it. Which office that is the law says, so the list
is read by reach and then asked of the law class by class. None of the texts gives a term: what is said is since when.

`tests/console/test_roster_waits.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from api.cases import reasons
from api.cases.standing import acting
from api.cases.training.organising import organisers_of
from api.cases.training.roster_offices import is_for, offices_of
from api.cases.training.training_files import list_of
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from policies.authority import Office
from projections.trainings_reading import TrainingClass, Unregistered, training_class, unregistered

MOST: Final = 20
"""So many are told, those that have waited longest; and of so many more the law is asked whose they are."""
_ASKED_MOST: Final = 100


class Waits(NamedTuple):
    """One class: what it is called, whose it is, and who registers it by which words."""

    one: Unregistered
    title: str
    organiser_name: str
    offices: tuple[Office, ...]
    is_ours: bool               # It waits for the office of whoever asks; else they wait for another.
    is_own_hand: bool           # They said who was there: a colleague registers them.
    is_own: bool                # It is of the organisation of whoever asks, or passed on to it.
    is_brought: bool            # The organiser handed in its list, so that it can be registered as it came.
    returned: dict[str, Any] | None  # Why it was sent back, where it was and the organiser has brought none since.


def waiting(house: House, caller: Caller, role: str | None, *, as_of: int) -> tuple[list[Waits], bool] | Refusal:
    """What waits for an account's office, or is its organisation's own and waits for another; and whether there is
    more than is told."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = [one for one in actor.scopes if role in (None, one.role)]
    found = unregistered(house.answers, scopes=scopes, as_of=as_of, limit=_ASKED_MOST)
    own = organisers_of(actor)
    theirs = unregistered(house.answers, organisers=own, as_of=as_of, limit=_ASKED_MOST)
    told: dict[str, Waits] = {}
    for one in sorted({*found, *theirs}, key=lambda one: (one.since_at, one.training_class)):
        if len(told) > MOST:
            break
        is_ours = is_for(house, actor, one.training_class, role)
        if is_ours or one.organiser in own:
            told[one.training_class] = _told(house, caller, one, as_of, is_ours=is_ours, is_own=one.organiser in own)
    kept = list(told.values())
    return kept[:MOST], len(kept) > MOST


def _told(house: House, caller: Caller, one: Unregistered, as_of: int, *, is_ours: bool, is_own: bool) -> Waits:
    found = training_class(house.answers, one.training_class, as_of=as_of)
    assert found is not None and found.held is not None, "it waits since it was held"
    is_brought = list_of(house, found.held, found.list_returned) is not None
    return Waits(one, found.filed.title, found.filed.organiser_name, offices_of(house, one.training_class), is_ours,
                 found.held.hand.actor == caller.id, is_own, is_brought,
                 None if found.list_returned is None else _why(house, found))


def _why(house: House, found: TrainingClass) -> dict[str, Any]:
    """What was said with a list that was sent back: the last that happened to its class."""
    said = reasons.said(house, found.training_class, found.filed.region, found.filed.sector)
    return next((one for one in said if one["event"] == found.events[-1]), {"words": "", "reason": None})
