"""What becomes of a unit after it was verified: renamed, moved, merged, closed, by human resources of its place.

A credit code survives a change of name and not a merger (GB 32100). What people registered with a unit stays theirs and
its own: nobody changes to another with it, since that is each person's to ask for (W 4). Where a unit moves they stay
with it, and from that day on belong where it is (`ledger.streams.relocation`). What a unit that ends has in hand goes
to whoever acts for the other, or to the office (`ledger.streams.succession`).

Reading: such a change is entered once its day has come. One that is foretold may not happen, and until then the unit
would be told to those who look as what it is not yet.

`tests/api/test_unit_life.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from api.cases.belonging.units import is_id, known_sector, view
from api.cases.doing import Asked, Done, Reading, do
from api.cases.everything import everything_of
from api.cases.standing import HUMAN_RESOURCES, UNIT, acting, by_actor, present
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.base import Draft, Name
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.relocation import acting_anew, dated_anew
from ledger.streams.standing import OF_A_UNIT, Actor, standing
from ledger.streams.succession import ORGANISER, acts_for, passed_on
from ledger.streams.unit import Unit, matter_of
from ledger.vocabulary import UnitId
from projections import trainings_reading as trainings
from projections.affiliations import ever_of, members_of
from projections.applications import applications_of

_Fields = dict[str, Any]

_HANDS_MOST: Final = 500
ALONG_MOST: Final = 1_900
"""So many people come along with their unit in one append, which holds 2,000 events."""


def rename(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Give a unit its new name; what was registered under the old one stays."""
    _come(house, "starts", fields["starts"])
    command = units.RenameUnit(role=HUMAN_RESOURCES, name=fields["name"], starts=fields["starts"])
    return _change(house, caller, unit, asked, lambda _, found, by: units.decide_renaming(found, command, by))


def relocate(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Put a unit in another place or sector, and its people with it.

    Of very many, some go before it in appends of their own: those are right by themselves, and whoever is cut short
    asks again. The rest follow, and the unit at last.
    """
    _come(house, "starts", fields["starts"])
    known_sector(house, fields["sector"])
    command = units.MoveUnit(role=HUMAN_RESOURCES, **{name: fields[name] for name in ("region", "sector", "starts")})

    def decide(reading: Reading, found: Unit | None, by: Actor) -> Decision:
        decided = units.decide_move(found, command, by)
        if isinstance(decided, Refusal) or asked.dry_run:  # Whom it takes along, `effects` says.
            return decided
        if (behind := everything_of(house, reading, unit)) is not None:
            return behind
        return (*decided, *dated_anew(_people(house, reading, unit), UnitId(unit), command, by),
                *acting_anew(_hands(house, reading, unit), UnitId(unit), command, by))

    def decide_some(reading: Reading, found: Unit | None, by: Actor) -> Decision:
        decided = decide(reading, found, by)
        if isinstance(decided, Refusal) or len(decided) <= ALONG_MOST:
            return Refusal.because("nothing_changed")
        return decided[1:ALONG_MOST]

    some = asked._replace(key=None)
    while not asked.dry_run and isinstance(_change(house, caller, unit, some, decide_some), Done):
        pass
    return _change(house, caller, unit, asked, decide)


def effects(house: House, unit: str, starts: date) -> dict[str, Any]:
    """What a move from a day on would do, as of now: who comes along, and what stays with the hands that have it.

    What waits stays where it was submitted or filed (AMB-28); what is registered stays as it was decided, and from
    that day on is evaluated by the law of the new place. Whoever acts for the unit does so in both places, for what
    waits in the old one; as an organiser it is recognised by the offices of the new one.
    """
    house.settled()
    reading = Reading(house.ledger)
    found = reading.unit(unit)
    assert found is not None, "what is not there does not move"
    there = [one for one in _people(house, reading, unit)
             if (now := one.affiliation_on(starts)) is not None and now.unit == unit]
    names = [claim for one in there for claim in house.answers.claims_of(one.person)]
    held = [one for one in reading.states(names, claims.evolve).values() if one is not None]
    applied = [one for whose in there for one in applications_of(house.answers, whose.person)]
    return {
        "accounts": sum(acts_for(one, found) for one in _hands(house, reading, unit)),
        "recognised": sum(acts_for(one, found, ORGANISER) for one in _hands(house, reading, unit)),
        "people": len(there), "left": sum(closed_to_processing(one) is not None for one in there),
        "claims_waiting": sum(one.is_open for one in held),
        "claims_registered": sum(one.is_registered and one.study.evidence_on >= starts for one in held),
        "applications_waiting": sum(one.status in ("filed", "assessed") for one in applied),
    }


def _people(house: House, reading: Reading, unit: str) -> list[Person]:
    found = reading.states(ever_of(house.answers, unit), persons.evolve)
    return [one for one in found.values() if one is not None]


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
        if isinstance(decided, Refusal) or asked.dry_run:
            return decided
        return _passed_on(house, reading, decided, found, other, by)

    return _change(house, caller, unit, asked, decide)


def close(house: House, caller: Caller, unit: str, fields: _Fields, asked: Asked) -> Done | Refusal:
    """Let a unit cease to exist, with its last day."""
    _come(house, "ends", fields["ends"])
    command = units.CloseUnit(role=HUMAN_RESOURCES, ends=fields["ends"])

    def decide(reading: Reading, found: Unit | None, by: Actor) -> Decision:
        decided = units.decide_closing(found, command, by)
        if isinstance(decided, Refusal) or asked.dry_run:
            return decided
        return _passed_on(house, reading, decided, found, None, by)

    return _change(house, caller, unit, asked, decide)


def _passed_on(
    house: House, reading: Reading, decided: tuple[Draft, ...], unit: Unit | None, into: Unit | None, by: Actor
) -> Decision:
    """The end of a unit, and who goes on with what it has in hand: whoever acts for the other, or else the office."""
    assert unit is not None, "what is not there does not end"
    if (behind := everything_of(house, reading, *(one.unit for one in (unit, into) if one is not None))) is not None:
        return behind  # Who acts for them is a list: an account may be opened meanwhile.
    others = [] if into is None else _hands(house, reading, into.unit)
    heirs, organisers = ([one for one in others if into is not None and acts_for(one, into, role)]
                         for role in OF_A_UNIT)
    organised = _organised(house, unit)
    waits = _in_hand(house, unit) or (organised and not organisers)
    office = [] if heirs or not waits else [one for one in _hands(house, reading, by.organisation)
                                            if standing(one, HUMAN_RESOURCES, matter_of(unit)) is None]
    former = _hands(house, reading, unit.unit)
    return (*decided, *passed_on(unit, former, heirs or office),
            *passed_on(unit, former, organisers, ORGANISER, seats=organised))


def _in_hand(house: House, unit: Unit) -> bool:
    """Whether anything waits for the unit, or may yet: where nothing does, no officer needs to act for it."""
    places = [Scope(role=UNIT, region=seat.region, unit=unit.unit) for seat in unit.seats]
    return bool(house.answers.work(places, limit=1).items or
                members_of(house.answers, unit.unit, house.today, limit=1).items)


def _organised(house: House, unit: Unit) -> bool:
    """Whether the unit ever filed a plan or a class: of those something may always have to be put right."""
    return any(ask(house.answers, organiser=unit.unit, limit=1).items for ask in (trainings.plans, trainings.classes))


def _hands(house: House, reading: Reading, organisation: str) -> list[Actor]:
    """Every account of an organisation, as it stands."""
    found = (reading.actor(one) for one in house.answers.colleagues(organisation, limit=_HANDS_MOST))
    return [one for one in found if one is not None]


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
