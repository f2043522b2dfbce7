"""As what a caller acts: the role that their standing gives them for a matter, and who may look at whose data.

Which office registers what is the law's to say (`policies.authority`); which account holds which role is a fact of the
ledger (`ledger.streams.standing`). Here the two meet: of the roles that could do a thing, the one this actor holds.

Reading: any office whose scope holds a person may look at what is that person's, for a purpose that it names; whoever
acts for a unit looks at its people alone. The three separated administrators run the system and the policy office makes
its rules: these look at nobody (GB/T 22239). What lies beyond an account's sight is answered in the words for what is
not there: an id learned elsewhere confirms nothing.

`tests/api/test_callers.py` and `tests/api/test_authority_matrix.py` show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.base import By
from ledger.streams.actor import SEPARATED
from ledger.streams.person import Person
from ledger.streams.standing import OF_A_UNIT, Actor, Matter, barred, covers, standing
from ledger.streams.unit import matter_of
from ledger.vocabulary import PersonId
from policies.authority import Office

HUMAN_RESOURCES: Final = "human_resources"
SYSTEM_ADMINISTRATOR: Final = "system_administrator"
SUPERVISOR: Final = "supervisor"
POLICY_OFFICE: Final = "policy_office"
UNIT: Final = "unit"

_SEE_NOBODY: Final = SEPARATED | {POLICY_OFFICE}


def acting(house: House, caller: Caller) -> Actor | Refusal:
    """Give the actor who asks, as they stand now, or say why no actor does."""
    if caller.kind == "nobody":
        return Refusal.because("login_required")
    if caller.kind != "actor":
        return Refusal.because("official_needed")
    actor = Reading(house.ledger).actor(caller.id)
    return Refusal.because("official_needed") if actor is None else barred(actor) or actor


def present(reading: Reading, caller: Caller) -> Actor:
    """Read whoever acts, as they stand when it is decided."""
    by = reading.actor(caller.id)
    assert by is not None, "whoever acts was appointed"
    return by


def looking(house: House, caller: Caller) -> Actor | Refusal:
    """Give the actor who asks to look at what is not theirs, or say why nobody of that kind may."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal) and actor.code == "official_needed":
        return Refusal.because("not_for_reading")
    return actor


def logged_in(house: House, caller: Caller) -> Refusal | None:
    """Say why somebody may not read what is for everyone who is known here."""
    actor = None if caller.kind not in ("nobody", "actor") else acting(house, caller)
    return actor if isinstance(actor, Refusal) else None


def not_a_person(caller: Caller) -> Refusal | None:
    """Say why whoever asks is nobody who acts for themselves."""
    if caller.kind == "person":
        return None
    return Refusal.because("login_required" if caller.kind == "nobody" else "person_needed")


def oneself(caller: Caller, person: str) -> PersonId | Refusal:
    """Give the person who asks for themselves, or say why it is not they."""
    if no := not_a_person(caller):
        return no
    return PersonId(caller.id) if caller.id == person else Refusal.because("not_your_own")


def role_for(actor: Actor, roles: Iterable[str], matter: Matter | None) -> str:
    """Choose the first of these roles in which the actor may act; else one they hold, for the refusal to speak of."""
    offered = tuple(roles)
    held = [role for role in offered if any(scope.role == role for scope in actor.scopes)]
    return next((role for role in held if standing(actor, role, matter) is None), (held or offered)[0])


def of_another_level(named: Iterable[Office], matter: Matter, role: str, by: Actor) -> Refusal | None:
    """Say that none of the areas for which this account acts in its role is of a level that the law names for it."""
    offices = [one for one in named if one.role == role]
    held = [scope.region for scope in by.scopes if scope.role == role and covers(scope, matter)]
    if not offices or any(one.is_of_level(region) for one in offices for region in held):
        return None
    office = offices[0]
    return Refusal.because(
        "not_the_registrar", role=role, level=office.level, region=office.region, rulebook=office.rulebook,
        article=office.article, quote=office.quote,
    )


def by_actor(caller: Caller, actor: Actor, role: str) -> By:
    """Name an actor in an event, for the organisation they act for."""
    return caller.by(role, organisation=actor.organisation)


def seeing_scopes(actor: Actor) -> list[Scope]:
    """Within which of their scopes an actor may look at what is somebody's.

    Whoever acts for a unit and no other is named looks at its people: of a region, an organiser recognised there is a
    guest, and holds no office.
    """
    return [scope if scope.role not in OF_A_UNIT or scope.unit is not None
            else msgspec.structs.replace(scope, unit=actor.organisation)
            for scope in actor.scopes if scope.role not in _SEE_NOBODY]


def may_look(actor: Actor) -> Refusal | None:
    """Say why an actor may look at nobody, wherever anybody belongs."""
    if no := barred(actor):
        return no
    return None if seeing_scopes(actor) else Refusal.because("not_for_reading")


def may_see(actor: Actor, matter: Matter | None) -> Refusal | None:
    """Say why an actor may not look at what is somebody's; a matter of None belongs nowhere yet."""
    if no := may_look(actor):
        return no
    held = seeing_scopes(actor)
    if matter is None:  # Who belongs nowhere yet is still in the register, which human resources keep.
        reached = any(scope.role == HUMAN_RESOURCES for scope in held)
    else:
        reached = any(reaches(scope, matter) for scope in held)
    if reached:
        return None
    return Refusal.because("outside_scope", actor=actor.actor)


def reading_unit(house: House, caller: Caller, unit: str, purpose: str | None) -> Actor | Refusal:
    """Give the actor who asks for a purpose to look at a unit's people, or say why they may not."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    found = Reading(house.ledger).unit(unit)
    if found is None:
        return Refusal.because("unit_absent")
    if no := may_see(asking, matter_of(found)):
        return no
    return Refusal.because("purpose_missing") if purpose is None else asking


def reaches(scope: Scope, matter: Matter) -> bool:
    """Say whether a scope holds a place. A year is read whole or not understood: the category is left aside."""
    return covers(msgspec.structs.replace(scope, category=None), matter)


def absent(house: House, caller: Caller, code: str) -> Refusal:
    """What whoever asks is told of a record that is not there, and in the same words of one beyond their sight."""
    if caller.kind == "person":  # Of people, that an id is not one's own says nothing of whether it is anyone's.
        return Refusal.because("not_your_own" if code == "person_absent" else code)
    actor = looking(house, caller)
    return actor if isinstance(actor, Refusal) else may_look(actor) or Refusal.because(code)


def in_sight(actor: Actor, matters: Iterable[Matter | None], code: str) -> Refusal | None:
    """Keep from an actor who would act on a record beyond their sight that there is one; how they act is asked after.

    Without any matter there is no record.
    """
    if no := barred(actor):
        return no
    return None if any(may_see(actor, matter) is None for matter in matters) else Refusal.because(code)


def look(
    house: House, caller: Caller, *, person: str, matters: Iterable[Matter | None], purpose: str | None,
    what: tuple[str, ...], route: str, otherwise: str = "person_absent",
) -> Refusal | None:
    """Let someone see what is a person's, or say why not. Whoever looks at another's is recorded before they see.

    `otherwise`: what is said of it to those who may not.
    """
    if caller.kind == "person":
        return None if caller.id == person else absent(house, caller, otherwise)
    actor = acting(house, caller)
    if isinstance(actor, Refusal) or all(may_see(actor, matter) is not None for matter in matters):
        return absent(house, caller, otherwise)
    if purpose is None:
        return Refusal.because("purpose_missing")
    role = seeing_scopes(actor)[0].role
    record_looks(house, by_actor(caller, actor, role), (person,), purpose, what=what, route=route)
    return None


def look_at(
    house: House, caller: Caller, person: str, purpose: str | None, *, what: tuple[str, ...], route: str,
    otherwise: str = "person_absent",
) -> Refusal | None:
    """Let someone see what is a person's, wherever that person belongs or belonged, or say why not."""
    matters: tuple[Matter | None, ...] = ()  # Where others must be in office; oneself need not be anywhere.
    if caller.kind != "person":
        found = Reading(house.ledger).person(person)
        if found is None:
            return absent(house, caller, otherwise)
        matters = places(found, house.today)
    return look(house, caller, person=person, matters=matters, purpose=purpose, what=what, route=route,
                otherwise=otherwise)


def handed_over(house: House, by: By, holder: str, route: str) -> None:
    """Record who handed out a token, before anyone has it: whoever does so could act as its holder."""
    record_looks(house, by, (holder,), "token_issued", what=("token",), route=route)


def places(person: Person, today: date) -> tuple[Matter | None, ...]:
    """Every place where a person belongs or belonged; None while they never belonged anywhere.

    Of units it names only the one they belong to today: whom they left sees the claims it handled, and no more.
    """
    now = person.affiliation_on(today)
    found = {Matter(one.region, one.sector, unit=one.unit if one is now else None): None for one in person.affiliations}
    return tuple(found) or (None,)
