"""Who goes on with what a unit has in hand when it goes up in another or ceases: its accounts' scopes pass over.

Reading: AMB-28 leaves what waits with the hands that have it when a person moves; a unit that is no more has none. Its
people's claims stay where they were submitted, and whoever acts for the unit that took it in acts for it too: for what
waits, and for what it registered and may have to put right. Where there is no such hand, the office that ended it does.

`tests/ledger/streams/test_succession.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ledger.events.actor import Scope, ScopeGranted, ScopeWithdrawn
from ledger.events.base import Draft
from ledger.streams.standing import Actor, Status
from ledger.streams.unit import Unit

_UNIT: Final = "unit"


def acts_for(one: Actor, unit: Unit) -> bool:
    """Say whether a hand takes the steps of a unit."""
    return one.status is Status.ACTIVE and any(
        scope.role == _UNIT and scope.unit == unit.unit for scope in one.scopes)


def passed_on(unit: Unit, former: Sequence[Actor], heirs: Iterable[Actor]) -> tuple[Draft, ...]:
    """What the former accounts may no longer do, and the heirs may from now on; of whoever came before them, too."""
    ended = [(one, scope) for one in former if one.status is not Status.DISMISSED
             for scope in one.scopes if scope.role == _UNIT and scope.unit is not None]
    passing = dict.fromkeys([*(scope for _, scope in ended), *_of_its_seats(unit, [scope for _, scope in ended])])
    return (*(Draft(ScopeWithdrawn(actor=one.actor, scope=scope)) for one, scope in ended),
            *(Draft(ScopeGranted(actor=one.actor, scope=scope))
              for one in heirs for scope in passing if scope not in one.scopes))


def _of_its_seats(unit: Unit, held: Sequence[Scope]) -> Iterator[Scope]:
    """Where the unit was and none of its accounts reached, for it may never have had one."""
    for seat in unit.seats:
        if not any(one.unit == unit.unit and seat.region.startswith(one.region) for one in held):
            yield Scope(role=_UNIT, region=seat.region, unit=unit.unit)
