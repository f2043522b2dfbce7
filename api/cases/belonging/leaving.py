"""Where somebody belonged is put right: their last day with a unit, and what was entered of either in error.

Whoever retires or leaves asks for no transfer: the unit, or human resources of the place, enter the last day, and from
the next on the person belongs nowhere until they ask for another unit (P 13: by 人事隶属). What never was is struck out
by human resources; both entries stay to be seen, and what was decided meanwhile stays as it was decided.

Reading: a last day may lie ahead, since a retirement is known before it comes; until then the person belongs there.

`tests/api/test_leaving.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from api.cases.belonging.people import upon_person
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import HUMAN_RESOURCES, UNIT
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams import person_career as careers
from ledger.streams.decision import Decision
from ledger.streams.person import Person, processed_by
from ledger.streams.standing import Actor

_LEAVING: Final = (UNIT, HUMAN_RESOURCES)


def leave(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter somebody's last day with the unit to which they then belong."""
    ends: date = fields["ends"]

    def decide(_: Reading, role: str, found: Person, by: Actor) -> Decision:
        there = found.affiliation_on(ends)
        if there is None:  # Whose record it is comes first: of one's own nothing is said under another hat.
            known = processed_by(found, role, by)
            return known if isinstance(known, Refusal) else Refusal.because("not_affiliated", day=ends)
        return careers.decide_departure(found, careers.RecordDeparture(role=role, unit=there.unit, ends=ends), by)

    return upon_person(house, caller, person, asked, _LEAVING, decide)


def stay(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Strike out a last day that was none: the person belonged there on."""
    ends: date = fields["ends"]

    def decide(_: Reading, role: str, found: Person, by: Actor) -> Decision:
        gone = next((one for one in found.departures if one.ends == ends), None)
        if gone is None:
            known = processed_by(found, role, by)
            return known if isinstance(known, Refusal) else Refusal.because("departure_absent", ends=ends)
        return careers.decide_departure_void(found, careers.VoidDeparture(role=role, unit=gone.unit, ends=ends), by)

    return upon_person(house, caller, person, asked, _LEAVING, decide)


def strike_out(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Strike out an affiliation that never was: a wrong unit, or a wrong first day."""
    starts: date = fields["starts"]

    def decide(_: Reading, role: str, found: Person, by: Actor) -> Decision:
        return careers.decide_affiliation_void(found, careers.VoidAffiliation(role=role, starts=starts), by)

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide)
