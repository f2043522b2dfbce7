"""Who goes on with what a unit has in hand when it goes up in another or ceases: its accounts' scopes pass over.

Reading: AMB-28 leaves what waits with the hands that have it when a person moves; a unit that is no more has none. Its
people's claims stay where they were submitted, and whoever acts for the unit that took it in acts for it too: for what
waits, and for what it registered and may have to put right. Where there is no such hand, the office that ended it does.

The same of an organiser's plans, classes, rosters and cards: they stay its own (P 11, N 7), and who organises for the
unit that took it in carries them out. That it was recognised is not passed on: such a scope names the one that was.

`tests/ledger/streams/test_succession.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from ledger.events.actor import Scope, ScopeGranted, ScopeWithdrawn
from ledger.events.base import Draft
from ledger.streams.standing import OF_A_UNIT, Actor, Status
from ledger.streams.unit import Unit

UNIT, ORGANISER = OF_A_UNIT


def acts_for(one: Actor, unit: Unit, role: str = UNIT) -> bool:
    """Say whether a hand takes the steps of a unit in this role."""
    return one.status is Status.ACTIVE and any(
        scope.role == role and (scope.unit == unit.unit or _is_whole(scope)) for scope in one.scopes)


def _is_whole(scope: Scope) -> bool:
    """Whether an organiser's scope names no unit, and so means the one that its account acts for."""
    return scope.role == ORGANISER and scope.unit is None


def passed_on(
    unit: Unit, former: Sequence[Actor], heirs: Iterable[Actor], role: str = UNIT, *, seats: bool = True
) -> tuple[Draft, ...]:
    """What the former accounts may no longer do, and the heirs may from now on; of whoever came before them, too.

    `seats`: wherever the unit was, also where none of its accounts reached.
    """
    ended = [(one, scope) for one in former if one.status is not Status.DISMISSED
             for scope in one.scopes if scope.role == role and (scope.unit is not None or _is_whole(scope))]
    held = [replace(scope, unit=scope.unit or unit.unit) for _, scope in ended]
    passing = dict.fromkeys([*held, *(_of_its_seats(unit, held, role) if seats else ())])
    return (*(Draft(ScopeWithdrawn(actor=one.actor, scope=scope)) for one, scope in ended),
            *(Draft(ScopeGranted(actor=one.actor, scope=scope))
              for one in heirs for scope in passing if scope not in one.scopes))


def _of_its_seats(unit: Unit, held: Sequence[Scope], role: str) -> Iterator[Scope]:
    """Where the unit was and none of its accounts reached, for it may never have had one."""
    for seat in unit.seats:
        if not any(one.unit == unit.unit and seat.region.startswith(one.region) for one in held):
            yield Scope(role=role, region=seat.region, unit=unit.unit)
