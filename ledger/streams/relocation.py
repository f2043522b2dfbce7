"""What moves with a unit that moves: from that day on its people belong to it where it then is.

Reading: a unit that moves is not another unit. An application is asked for where somebody changes to one (W 4); here
nobody does, and the law of a day follows from where the unit is on it (P 13: by 人事隶属). So affiliations are dated
anew with the move and by the same hand. What was decided before stays as it was decided.

Reading: an account that is allotted for one unit (W 5 and R 8 speak of departments) acts for it wherever it is, so its
scope is granted for the new place as well; in the old one it keeps what waits there. That an organiser is recognised is
what the offices of a place said of it (N 7), and is not taken along.

`tests/ledger/streams/test_relocation.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from ledger.events.actor import Scope, ScopeGranted
from ledger.events.base import Draft
from ledger.events.person import Affiliation, PersonAffiliated
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import OF_A_UNIT, Actor, Matter, Status, covers
from ledger.streams.unit import MoveUnit
from ledger.vocabulary import UnitId

ACTS_FOR_IT: Final = OF_A_UNIT[0]


def dated_anew(people: Iterable[Person], unit: UnitId, command: MoveUnit, by: Actor) -> tuple[Draft, ...]:
    """The affiliations that follow from a move: from its day on, and of those that were entered for a later one.

    Of whoever is restricted or forgotten nothing is processed (PIPL 47), and nobody changes their own record (D07):
    they stay where they are, to be seen.
    """
    return tuple(Draft(PersonAffiliated(person=one.person, affiliation=each))
                 for one in people if closed_to_processing(one) is None and one.person != by.person
                 for each in _there(one, unit, command))


def acting_anew(hands: Iterable[Actor], unit: UnitId, command: MoveUnit, by: Actor) -> tuple[Draft, ...]:
    """What the accounts of the unit itself may do from a move on; nobody's own account by their own hand."""
    return tuple(Draft(ScopeGranted(actor=one.actor, scope=scope))
                 for one in hands if one.status is not Status.DISMISSED and not by.is_same_hand(one.hand)
                 for scope in dict.fromkeys(_moved(each, command) for each in one.scopes
                                            if each.role == ACTS_FOR_IT and each.unit == unit)
                 if not any(covers(held, Matter.of(scope)) for held in one.scopes if held.role == ACTS_FOR_IT))


def _moved(scope: Scope, command: MoveUnit) -> Scope:
    return replace(scope, region=command.region, sector=None if scope.sector is None else command.sector)


def _there(person: Person, unit: UnitId, command: MoveUnit) -> Iterator[Affiliation]:
    now = person.affiliation_on(command.starts)
    for one in person.affiliations:
        if one.unit != unit or (one.starts < command.starts and one is not now):
            continue  # Elsewhere, or over by then.
        if (one.region, one.sector) != (command.region, command.sector):
            yield replace(one, starts=max(one.starts, command.starts), region=command.region, sector=command.sector,
                          major=one.major if one.sector == command.sector else None)  # A major is its sector's (R 4).
