"""A unit that is no more: since when, and which goes on with what it had in hand (AMB-28, `ledger.streams.succession`).

`tests/api/test_unit_life.py` and `tests/api/test_organiser_ended.py` show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.cases.doing import Reading
from api.house import House
from ledger.streams import unit as units
from ledger.streams.unit import Unit


def unit_ended(house: House, unit: str, as_of: int | None) -> dict[str, Any] | None:
    """Since when a unit is no more, and which goes on with what it had in hand; None: an office."""
    first = found = house.ledger.load(unit, units.evolve, as_of=as_of).state
    while found is not None and found.into is not None:  # Chains end: none goes up in one that went up in it.
        found = house.ledger.load(found.into, units.evolve, as_of=as_of).state
    if first is None or first.ended_on is None:
        return None
    return {"since": first.ended_on, "unit": None if found is None or found.ended_on is not None else found.unit}


def gone_up_in(reading: Reading, unit: str) -> Unit | None:
    """A unit, or the one that it went up in where it is no more."""
    found = reading.unit(unit)
    while found is not None and found.into is not None:
        found = reading.unit(found.into)
    return found


def words_of(reading: Reading, name: str, ended: Mapping[str, Any] | None) -> str:
    """A unit by its name; of one that is no more, who goes on with what it had in hand."""
    if ended is None:
        return name
    heir = None if ended["unit"] is None else reading.unit(ended["unit"])
    if heir is None:
        return f"{name}（{ended['since']} 起注销，由人力社保部门办理）"
    return f"{name}（{ended['since']} 起并入{heir.names[-1].name}，由承接的经办办理）"
