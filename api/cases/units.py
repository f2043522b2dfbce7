"""Units: registered by themselves, verified or rejected by the human resources department of their place (W 4).

A unit's name, code and place are public facts; its contact is a person's and is never shown here.
`tests/api/test_units.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.callers import FOUNDER, Caller
from api.cases import reasons
from api.cases.doing import Asked, Done, Reading, do
from api.cases.faults import BadFields, Fault, identifier
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor
from api.house import House
from api.law_of import law_now
from ledger.errors import Refusal
from ledger.events.unit import Contact
from ledger.identifiers import phones, unit_code
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import UnitId


def register(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter an organisation; anyone may ask, an office verifies it before it is one to belong to."""
    unit = UnitId(house.new_id("unit"))
    code = identifier("/credit_code", lambda: unit_code.parse(fields["credit_code"]))
    contact = fields["contact"]
    if contact.get("phone") is not None:
        number = identifier("/contact/phone", lambda: phones.parse(contact["phone"]))
        contact = {**contact, "phone": number.normalised}
    sectors = law_now(house.answers).vocabulary.sectors
    if fields["sector"] not in sectors:
        raise BadFields([Fault("/sector", "not_by_the_words_of_the_law", f"应为 {'、'.join(sectors)} 之一。")])
    command = units.RegisterUnit(
        unit=unit, credit_code=code.code, name=fields["name"], region=fields["region"],
        sector=fields["sector"], contact=Contact(**contact), kinds=tuple(fields.get("kinds", ("employer",))),
    )

    def decide(reading: Reading) -> Decision:
        return units.decide_unit_registration(reading.unit(unit), command)

    by = caller.by("applicant") if caller.id else caller._replace(id=unit).by("applicant")
    return do(house.ledger, by, asked, decide)


def verify(house: House, caller: Caller, unit: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that an office has seen the papers; the installation verifies its first offices itself."""
    command = units.VerifyUnit(role=HUMAN_RESOURCES, evidence=tuple(fields.get("evidence", ())))
    founder = caller.kind == FOUNDER
    actor = None if founder else acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = None if founder else reading.actor(caller.id)
        return units.decide_verification(reading.unit(unit), command, by)

    return do(house.ledger, _by(caller, actor), asked, decide, upon=unit, show=view)


def reject(house: House, caller: Caller, unit: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that the papers are wrong; the code is free again for its true holder."""
    command = units.RejectUnit(role=HUMAN_RESOURCES, words=fields["words"])
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = reading.actor(caller.id)
        assert by is not None, "whoever acts was appointed"
        return units.decide_rejection(reading.unit(unit), command, by)

    return do(house.ledger, _by(caller, actor), asked.because(fields), decide, upon=unit, show=view)


def _by(caller: Caller, actor: Actor | None) -> Any:
    return caller.by(FOUNDER) if actor is None else by_actor(caller, actor, HUMAN_RESOURCES)


def see(house: House, unit: str) -> tuple[dict[str, Any], int] | Refusal:
    """Show a unit to anyone, and of one that was turned away the reason by its code; the words stay sealed."""
    reading = Reading(house.ledger)
    found = reading.unit(unit)
    if found is None:
        return Refusal.because("unit_absent")
    seat, (*_, (last, _)) = found.seats[-1], house.ledger.store.stream(unit)
    why = reasons.at(house, last, seat.region, seat.sector)
    return {**view(found), "reason": why}, reading.versions[found.unit]  # type: ignore[index]


def view(unit: units.Unit) -> dict[str, Any]:
    """A unit as anyone may see it."""
    seat = unit.seats[-1]
    return {
        "unit": unit.unit,
        "status": unit.status,
        "credit_code": unit.credit_code,
        "name": unit.names[-1].name,
        "region": seat.region,
        "sector": seat.sector,
        "kinds": list(unit.kinds),
        "into": unit.into,
        "ended_on": unit.ended_on,
    }
