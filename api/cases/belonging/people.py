"""People: registered by themselves or by an office, and looked at masked, by themselves or for a purpose.

Whoever registers themselves needs no login and gets their token once. That an ID number is taken is said; whose it is,
or that there is such a person, is not: the same answer comes for every reason for which it is held.
`tests/api/test_http_people.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from api.cases.doing import Asked, Done, Reading, do
from api.cases.factor_shown import fresh
from api.cases.standing import (
    HUMAN_RESOURCES,
    UNIT,
    absent,
    acting,
    by_actor,
    handed_over,
    in_sight,
    look,
    places,
    present,
    role_for,
)
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import identifier
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.person import Affiliation, Identity, IdentityChange, PersonCorrected, PersonRegistered
from ledger.identifiers import id_number, names, phones
from ledger.ledger import Ledger
from ledger.reading import Recorded
from ledger.streams import person as persons
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId

REGISTERING = (HUMAN_RESOURCES, UNIT)


def register(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter a person: themselves, without a login, or an office for them."""
    person = PersonId(house.new_id("person"))
    name, identity = _identity(fields, house.today)
    by: By
    role: str | None = None
    if caller.kind == "nobody":
        by = caller._replace(id=person).by("person")
    else:
        actor = acting(house, caller)
        if isinstance(actor, Refusal):
            return actor
        role = role_for(actor, REGISTERING, None)
        by = by_actor(caller, actor, role)
    command = persons.RegisterPerson(
        person=person, identity=identity, name_uncertain=name.uncertain, origin="self" if role is None else "office",
        role=role,
    )

    def decide(reading: Reading) -> Decision:
        actor = None if role is None else reading.actor(caller.id)
        return persons.decide_person_registration(reading.person(person), command, actor)

    return do(house.ledger, by, asked, decide)


def give_token(house: House, caller: Caller, person: str, request: bytes, *, dry_run: bool) -> str | Refusal:
    """Give a person a new token, which takes the place of the one they lost."""
    by = hand_for(house, caller, person)
    if isinstance(by, Refusal) or dry_run:
        return by if isinstance(by, Refusal) else ""
    if (stale := fresh(house, caller, of_tokens=True)) is not None:
        return stale
    handed_over(house, by, person, "persons")
    return house.operations.issue(person, request=request, now=house.now)


def hand_for(house: House, caller: Caller, person: str) -> By | Refusal:
    """In whose name what opens a person's record is handed to them: human resources', who have seen them."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = _seen(house, actor, person)
    if isinstance(found, Refusal):
        return found
    if no := standing(actor, HUMAN_RESOURCES, persons.matter_of(found)) or persons.closed_to_processing(found):
        return no
    if actor.person == person:
        return Refusal.because("own_record", actor=actor.actor)
    return by_actor(caller, actor, HUMAN_RESOURCES)


def see(house: House, caller: Caller, person: str, purpose: str | None) -> tuple[dict[str, Any], int] | Refusal:
    """Show a person: to themselves, or to an office where they belong, which says what for."""
    reading = Reading(house.ledger)
    found = reading.person(person)
    if found is None:
        return absent(house, caller, "person_absent")
    no = look(house, caller, person=person, matters=places(found, house.today), purpose=purpose,
              what=("identity", "affiliations", "titles"), route="persons")
    if no is not None:
        return no
    return view(found) | {"identity": identity_of(house, found)}, reading.versions[found.person]  # type: ignore[index]


def correct(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a name, a document or a phone right, as human resources have seen it on paper; what stood before stays."""

    def decide(_: Reading, role: str, found: persons.Person, by: Actor) -> Decision:
        known = persons.processed_by(found, role, by)
        if isinstance(known, Refusal):
            return known
        before = sealed_identity(house, person)
        assert before is not None, "of whoever is not forgotten the identity can be read"
        after = _corrected(before, fields, house.today)
        changed = tuple(name for name in ("name", "id_kind", "id_number", "phone")
                        if getattr(before, name) != getattr(after, name))
        return persons.decide_person_correction(found, persons.CorrectPerson(
            role=role, identity=after, fields=changed, words=fields["words"],
            evidence=tuple(fields.get("evidence", ()))), by)

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide)


def _corrected(before: Identity, fields: dict[str, Any], today: date) -> Identity:
    """An identity with what was sent in the place of what was wrong; what was not sent is not looked at again."""
    after = before
    if "name" in fields:
        name = identifier("/name", lambda: names.parse(fields["name"]))
        after = replace(after, name=name.raw, name_normalised=name.normalised)
    if "id_kind" in fields or "id_number" in fields:
        kind, text = fields.get("id_kind", before.id_kind), fields.get("id_number", before.id_number)
        number = identifier("/id_number", lambda: id_number.parse(kind, text, today=today))
        after = replace(after, id_kind=number.kind, id_number=number.normalised)
    if "phone" in fields:
        after = replace(after, phone=identifier("/phone", lambda: phones.parse(fields["phone"])).normalised)
    return after


def upon_person(
    house: House, caller: Caller, name: str, asked: Asked, roles: tuple[str, ...],
    decide_it: Callable[[Reading, str, persons.Person, Actor], Decision], *,
    show: Callable[[Any], dict[str, Any]] | None = None,
) -> Done | Refusal:
    """Decide upon a person who is within sight, in the first of these roles that reaches where they last belonged.

    `show`: of what stands about the person, where it is decided upon the version that was seen of it.
    """
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    seen = _seen(house, actor, name)
    if isinstance(seen, Refusal):
        return seen
    role = role_for(actor, roles, persons.matter_of(seen))

    def decide(reading: Reading) -> Decision:
        person = reading.person(name)
        assert person is not None, "nobody is ever taken out of the register"
        return decide_it(reading, role, person, present(reading, caller))

    upon = None if show is None else name
    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def _seen(house: House, actor: Actor, name: str) -> persons.Person | Refusal:
    """A person whom an office may know of."""
    found = Reading(house.ledger).person(name)
    if no := in_sight(actor, () if found is None else places(found, house.today), "person_absent"):
        return no
    assert found is not None, "whoever is not there is in nobody's sight"
    return found


def _identity(fields: dict[str, Any], today: date) -> tuple[names.Name, Identity]:
    name = identifier("/name", lambda: names.parse(fields["name"]))
    number = identifier("/id_number", lambda: id_number.parse(fields["id_kind"], fields["id_number"], today=today))
    phone = None if fields.get("phone") is None else identifier("/phone", lambda: phones.parse(fields["phone"]))
    identity = Identity(
        name=name.raw, name_normalised=name.normalised, id_kind=number.kind, id_number=number.normalised,
        phone=None if phone is None else phone.normalised,
    )
    return name, identity


def view(person: persons.Person) -> dict[str, Any]:
    """A person without anything sealed."""
    return {
        "person": person.person,
        "restricted": person.is_restricted,
        "forgotten": person.is_forgotten,
        "affiliations": [
            {
                "unit": one.unit, "from": one.starts, "to": _last_day(person, at), "region": one.region,
                "sector": one.sector, "major": one.major, "standing": one.standing,
            }
            for at, one in enumerate(person.affiliations)
        ],
        "titles": [title._asdict() for title in person.titles],
    }


def _last_day(person: persons.Person, at: int) -> date | None:
    """The last day of an affiliation: that on which the person left, or the day before the next one begins."""
    one: Affiliation = person.affiliations[at]
    ends = [gone.ends for gone in person.departures if gone.unit == one.unit and gone.ends >= one.starts]
    if at + 1 < len(person.affiliations):
        ends.append(person.affiliations[at + 1].starts - timedelta(days=1))
    return min(ends, default=None)


def identity_of(house: House, person: persons.Person) -> dict[str, Any] | None:
    """Who it is, masked; None when the key is destroyed."""
    sealed = sealed_identity(house, person.person)
    if sealed is None:
        return None
    number = id_number.IdNumber(sealed.id_kind, sealed.id_number)
    name = names.Name(sealed.name, sealed.name_normalised, uncertain=False)
    phone = None if sealed.phone is None else phones.parse(sealed.phone).mask()
    return {"name": name.mask(), "id_kind": sealed.id_kind, "id_number": number.mask(), "phone": phone}


def sealed_identity(house: House, person: str) -> Identity | None:
    """The identity as it was last registered or corrected, in clear; None when the key is destroyed."""
    return last_identity(house.ledger, person)


def last_identity(ledger: Ledger, person: str) -> Identity | None:
    """The same, of a ledger that has no house around it."""
    for position, leaf in reversed(ledger.store.stream(person)):
        envelope = decode(leaf)
        if isinstance(envelope.event, PersonRegistered | PersonCorrected):
            opened = ledger.opened(Recorded(position, envelope))
            if isinstance(opened, IdentityChange):
                return opened.identity
            return opened if isinstance(opened, Identity) else None
    return None
