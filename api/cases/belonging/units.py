"""Units: registered by themselves, verified or rejected by the human resources department of their place (W 4).

A unit's name, code and place are public facts; its contact is a person's and is never shown here.
`tests/api/test_units.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from api.cases import reasons
from api.cases.doing import Asked, Done, Reading, do
from api.cases.events import events_of
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, logged_in, looking, present, seeing_scopes
from api.house import House
from api.law_of import law_now
from api.operational.callers import FOUNDER, Caller
from api.refusals.faults import BadFields, Fault, identifier
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.unit import Contact
from ledger.identifiers import phones, unit_code
from ledger.ids import PREFIXES
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import UnitId
from projections.pages import Page
from projections.units import Listed, units_counted, units_found

LEAST: Final = 2
"""So many characters of a name are needed to look for a unit by it."""


def register(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter an organisation; anyone may ask, an office verifies it before it is one to belong to."""
    unit = UnitId(house.new_id("unit"))
    code = identifier("/credit_code", lambda: unit_code.parse(fields["credit_code"]))
    contact = fields["contact"]
    if contact.get("phone") is not None:
        number = identifier("/contact/phone", lambda: phones.parse(contact["phone"]))
        contact = {**contact, "phone": number.normalised}
    known_sector(house, fields["sector"])
    command = units.RegisterUnit(
        unit=unit, credit_code=code.code, name=fields["name"], region=fields["region"],
        sector=fields["sector"], contact=Contact(**contact), kinds=tuple(fields.get("kinds", ("employer",))),
    )

    def decide(reading: Reading) -> Decision:
        return units.decide_unit_registration(reading.unit(unit), command)

    by = caller.by("applicant") if caller.id else caller._replace(id=unit).by("applicant")
    return do(house.ledger, by, asked, decide)


def known_sector(house: House, sector: str) -> None:
    """See that a sector is one of the words of the law."""
    sectors = law_now(house.answers).vocabulary.sectors
    if sector not in sectors:
        raise BadFields([Fault("/sector", "not_by_the_words_of_the_law", f"应为 {'、'.join(sectors)} 之一。")])


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
        return units.decide_rejection(reading.unit(unit), command, present(reading, caller))

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


class Sheet(NamedTuple):
    """Everything that is known of a unit, as of one position: public facts, all of them."""

    unit: units.Unit
    version: int
    body: dict[str, Any]   # As it is answered, with its events and with every name and seat.


def sheet(house: House, unit: str, *, as_of: int | None = None) -> Sheet | Refusal:
    """Show a unit whole, as it stood."""
    found = see(house, unit)
    if isinstance(found, Refusal):
        return found
    loaded = house.ledger.load(unit, units.evolve, as_of=as_of)
    if (state := loaded.state) is None:
        return Refusal.because("unit_absent")
    events = events_of(house, unit, as_of=as_of)["items"]
    body = {**view(state), "reason": found[0]["reason"] if as_of is None else None, "events": events,
            "names": [one._asdict() for one in state.names], "seats": [one._asdict() for one in state.seats]}
    return Sheet(state, loaded.version, body)


def is_id(text: str) -> bool:
    """Say whether a text could be the id of a unit; what is none is nowhere to be looked for."""
    return text.startswith(PREFIXES["unit"]) and text.isascii() and text.replace("_", "").isalnum()


def find(house: House, caller: Caller, text: str, *, limit: int) -> Page[Listed] | Refusal:
    """Look for a unit to belong to (W 4), by a part of its name or by its code: for whoever is known here.

    Of every unit that is found it is said how it stands: one that nobody has verified yet is there, and not to be had.
    """
    if no := logged_in(house, caller):
        return no
    if caller.kind == "nobody":
        return Refusal.because("login_required")
    if (behind := house.settled()) is not None:
        return behind
    wanted = text.strip()
    if len(wanted) < LEAST:
        return Page((), None, house.answers.position())
    return units_found(house.answers, wanted, limit=limit)


def within(
    house: House, caller: Caller, text: str, status: str | None, *, as_of: int, after: str, limit: int
) -> Page[Listed] | Refusal:
    """The units within the asker's scopes, in the order of their registration."""
    scopes = _seen_by(house, caller)
    return scopes if isinstance(scopes, Refusal) else units_found(
        house.answers, text.strip(), scopes=scopes, status=status, as_of=as_of, after=after, limit=limit)


def counted_within(house: House, caller: Caller, text: str, *, as_of: int) -> dict[str, int] | Refusal:
    """How many of them stand how: that looks at every one, so a list is counted once and not page by page."""
    scopes = _seen_by(house, caller)
    return scopes if isinstance(scopes, Refusal) else units_counted(
        house.answers, text.strip(), scopes=scopes, as_of=as_of)


def _seen_by(house: House, caller: Caller) -> Sequence[Scope] | Refusal:
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    return seeing_scopes(asking) or Refusal.because("not_for_reading")


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
