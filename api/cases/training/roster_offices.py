"""Who registers the lists of a class: the offices that the law lets, whether an account is of one, and who only tries.

The law is read from the rulebooks (`policies.authority`). An organiser tries its own list as whoever will register it
would, before it hands it in (W 13).

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from api.cases.doing import Reading
from api.cases.standing import acting, of_another_level, role_for
from api.cases.training.class_filings import class_of
from api.cases.training.organising import organisers_of, speaking_role
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.streams import training_class as classes
from ledger.streams.standing import Actor, standing
from ledger.streams.training_hands import of_organiser
from ledger.vocabulary import ActorId, UnitId
from policies.authority import NobodyRegisters, Office, roster_offices

_OF_THEIR_OWN: Final = ("recognised_organiser", "unit")


def registrar(house: House, caller: Caller, name: str) -> tuple[Actor, str] | Refusal:
    """The actor who asks, and of the roles that the law lets register this class the one that they hold."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = class_of(Reading(house.ledger), name)
    if found is None:
        return Refusal.because("class_absent")
    offices = offices_by_law(house, found)
    role = role_for(actor, [one.role for one in offices], found.matter)
    no = standing(actor, role, found.matter) or of_another_level(offices, found.matter, role, actor)
    return no if no is not None else (actor, role)


class Hand(NamedTuple):
    """As whom a list is read, and in which role; `is_check`: by the organiser, who registers nobody."""

    actor: Actor
    role: str
    is_check: bool


def hand_for(
    house: House, caller: Caller, name: str, found: classes.TrainingClass | None, *, is_trial: bool
) -> Hand | Refusal:
    """As whom this account reads a list: whoever registers; in a trial also the organiser, as whoever will."""
    registers_as = registrar(house, caller, name)
    if found is not None and is_trial and (checker := _checker(house, caller, found)) is not None and (
            isinstance(registers_as, Refusal) or _said_who_was_there(found, registers_as[0])):
        return Hand(*checker, is_check=True)
    return registers_as if isinstance(registers_as, Refusal) else Hand(*registers_as, is_check=False)


def registers(house: House, caller: Caller, name: str) -> bool:
    """Say whether this account may register the lists of a class: not as the hand that said who was there."""
    found, registers_as = class_of(Reading(house.ledger), name), registrar(house, caller, name)
    return found is not None and not isinstance(registers_as, Refusal) and not _said_who_was_there(
        found, registers_as[0])


def offices_of(house: House, name: str) -> tuple[Office, ...]:
    """The offices that the law lets register a class; none where the law names nobody."""
    found = class_of(Reading(house.ledger), name)
    try:
        return () if found is None else offices_by_law(house, found)
    except NobodyRegisters:
        return ()


def is_for(house: House, actor: Actor, name: str, role: str | None) -> bool:
    """Say whether a class waits for this account's office, in this of its roles or in any: for a department that the
    law names, and for an organiser or a unit only if the class is its own, or passed on to it."""
    found = class_of(Reading(house.ledger), name)
    is_own = found is not None and found.organiser in organisers_of(actor)
    offices = [one for one in offices_of(house, name)
               if role in (None, one.role) and (is_own or one.role not in _OF_THEIR_OWN)]
    if found is None or not offices:
        return False
    held = role_for(actor, [one.role for one in offices], found.matter)
    return standing(actor, held, found.matter) is None and of_another_level(
        offices, found.matter, held, actor) is None


def offices_by_law(house: House, found: classes.TrainingClass) -> tuple[Office, ...]:
    """The offices that the law lets register this class."""
    filed = found.filed
    return roster_offices(law_now(house.answers), filed.starts, filed.region, filed.sector, filed.category.value)


def _said_who_was_there(found: classes.TrainingClass, actor: Actor) -> bool:
    return found.held is not None and actor.is_same_hand(found.held.hand)


def _checker(house: House, caller: Caller, found: classes.TrainingClass) -> tuple[Actor, str] | None:
    """As whom an organiser tries its own list: whoever will register it, who is nobody yet."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal) or of_organiser(found.organiser, speaking_role(actor, found.organiser), actor):
        return None
    offices = offices_of(house, found.training_class)
    if not offices:
        return None
    scope = Scope(role=offices[0].role, region="")
    return Actor(ActorId("-"), UnitId("-"), None, scopes=(scope,)), scope.role
