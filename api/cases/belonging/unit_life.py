"""What becomes of a unit after it was verified: renamed, merged into another, closed, by human resources of its place.

A credit code survives a change of name and not a merger (GB 32100). What people registered with a unit stays theirs and
its own: nobody is moved with it, since a change of unit is each person's to ask for (W 4).

Reading: such a change is entered once its day has come. One that is foretold may not happen, and until then the unit
would be told to those who look as what it is not yet.

`tests/api/test_unit_life.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from api.cases.belonging.units import is_id, view
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, present
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.unit import Unit

_Fields = dict[str, Any]


def rename(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Give a unit its new name; what was registered under the old one stays."""
    _come(house, "starts", fields["starts"])
    command = units.RenameUnit(role=HUMAN_RESOURCES, name=fields["name"], starts=fields["starts"])
    return _change(house, caller, unit, asked, lambda _, found, by: units.decide_renaming(found, command, by))


def merge(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Let a unit go up in another, named by its id or its credit code."""
    _come(house, "starts", fields["starts"])
    named: str = fields["into"]
    into = named if is_id(named) else house.ledger.find(Name("credit_code", named))
    command = units.MergeUnit(role=HUMAN_RESOURCES, starts=fields["starts"])

    def decide(reading: Reading, found: Unit | None, by: Actor) -> Decision:
        other = None if into is None else reading.unit(into)
        decided = units.decide_merger(found, command, other, by)
        if found is not None and other is None and isinstance(decided, Refusal) and decided.code == "unit_absent":
            raise BadFields([Fault("/into", "unit_unknown", f"读到 {named}；没有这个编号或代码的单位。")])
        return decided

    return _change(house, caller, unit, asked, decide)


def close(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Let a unit cease to exist, with its last day."""
    _come(house, "ends", fields["ends"])
    command = units.CloseUnit(role=HUMAN_RESOURCES, ends=fields["ends"])
    return _change(house, caller, unit, asked, lambda _, found, by: units.decide_closing(found, command, by))


def _change(
    house: House, caller: Caller, unit: str, asked: Asked, decide_it: Callable[[Reading, Unit | None, Actor], Decision]
) -> Done | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        return decide_it(reading, reading.unit(unit), present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, HUMAN_RESOURCES), asked, decide, upon=unit, show=view)


def _come(house: House, name: str, day: date) -> None:
    if day > house.today:
        raise BadFields([Fault(f"/{name}", "day_to_come", f"{day} 还没有到；变更在当日或之后登记。")])
