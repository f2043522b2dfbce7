"""What waits, counted: office by office for those who answer for a region.

Human resources and those who supervise see what waits with every office of their region; any other office what waits
with itself. The count names no person. `tests/api/test_http_work.py` shows it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from api.cases.differences import await_differences
from api.cases.standing import HUMAN_RESOURCES, SUPERVISOR, acting
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.actor import SEPARATED
from ledger.streams.standing import standing
from projections.basis import read_axes, written_time
from projections.differences.queue import known_at
from projections.workload import Load, days_waited, told_each, workload

_WATCH: Final = frozenset({HUMAN_RESOURCES, SUPERVISOR})


def counted_on(house: House, as_of: str | None) -> date:
    """Up to which day waiting is counted: today, or of a past moment the day of the last event that was known then."""
    if as_of is None:
        return house.today
    at = house.answers.reflects(house.answers.settle(read_axes(as_of)))["as_of_time"]
    return house.today if at is None else datetime.fromisoformat(at).date()  # A log of no events: nothing waits.


class Loads(NamedTuple):
    """What waits with each office, the one whose oldest has waited longest first."""

    counted_on: date
    items: list[Load]
    differences_as_of: int | None
    at: int


def loads(house: House, caller: Caller, region: str, as_of: str | None) -> dict[str, Any] | Refusal:
    """How much waits with each office within the asker's scopes, and since when."""
    found = offices(house, caller, region, as_of)
    if isinstance(found, Refusal):
        return found
    return {"counted_on": found.counted_on.isoformat(), "waiting": sum(one.waiting for one in found.items),
            "items": [load_told(one, found.counted_on) for one in found.items],
            "differences_as_of": found.differences_as_of, **house.answers.reflects(found.at)}


def offices(house: House, caller: Caller, region: str, as_of: str | None) -> Loads | Refusal:
    """The same for whoever shows some of them."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    held = [one for one in actor.scopes if one.role not in SEPARATED]
    if no := standing(actor, held[0].role if held else HUMAN_RESOURCES):
        return no
    if as_of is None and (behind := house.settled()) is not None:
        return behind
    at = house.answers.position() if as_of is None else house.answers.settle(read_axes(as_of))
    if as_of is not None:
        await_differences(house, at)
    differences_as_of = known_at(house.answers.differences, at)
    day, found = counted_on(house, as_of), list[Load]()
    watching = [one for one in held if one.role in _WATCH]
    for scopes, every_role in ((watching, True), ([one for one in held if one.role not in _WATCH], False)):
        found += workload(house.answers, scopes, organisation=actor.organisation, region=region, as_of=at,
                          differences_as_of=differences_as_of, every_role=every_role)[0]
    # Of an office that is reached twice, the wider view.
    each = told_each(region)
    widest = {(one[:4], one.unit if each else None): one for one in sorted(found, key=lambda one: one.waiting)}
    return Loads(day, sorted(widest.values(), key=lambda one: (one.since, one.oldest)), differences_as_of, at)


def load_told(one: Load, day: date) -> dict[str, Any]:
    """What waits with one office, as it is answered."""
    return {**one._asdict(), "since_at": written_time(one.since_at), "days": days_waited(one.since_at, day)}
