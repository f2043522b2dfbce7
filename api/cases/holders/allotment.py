"""Who allots what: the roles that an office gives to accounts, and whether to its own level or only to those below.

W 5: the city's human resources department allots the accounts of the counties and of the city's departments. R 8: the
province's department allots those of its cities, of the blasting association, of the talent market and of the bodies
directly under it, whose own human resources departments register as units. So an office's own account of a kind that
it has itself comes from the office above, and at the top from the system's administrator (GB/T 22239).

Reading: neither text speaks of units, organisers and title review committees (评委会); whoever verifies or recognises
them within its area allots their accounts. A scope decides how far each reaches, as everywhere.

`tests/api/test_allotment.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR, SYSTEM_ADMINISTRATOR, UNIT
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.streams.actor import SEPARATED
from ledger.streams.standing import Actor, Matter, covers

SECTOR: Final = "sector_authority"
ORGANISER: Final = "recognised_organiser"
DELEGATES: Final = ("blasting_association", "talent_market")
COMMITTEE: Final = "title_committee"

RESERVED: Final = frozenset({*SEPARATED, POLICY_OFFICE, SUPERVISOR})
"""Roles that run, rule or watch the system: from its administrators alone."""

ROLES: Final = (*sorted(SEPARATED), HUMAN_RESOURCES, SECTOR, UNIT, *DELEGATES, ORGANISER, COMMITTEE, POLICY_OFFICE,
                SUPERVISOR)

Reach = Literal["within", "below"]

ALLOTS: Final[dict[str, dict[str, Reach]]] = {
    SYSTEM_ADMINISTRATOR: dict.fromkeys(ROLES, "within"),
    HUMAN_RESOURCES: {
        HUMAN_RESOURCES: "below", SECTOR: "within",  # W 5.
        UNIT: "within", ORGANISER: "within", COMMITTEE: "within", "talent_market": "within",
    },
    SECTOR: {
        SECTOR: "below", **dict.fromkeys(DELEGATES, "within"), UNIT: "within",  # R 8.
        ORGANISER: "within", COMMITTEE: "within",
    },
}


def allotting(role: str) -> tuple[str, ...]:
    """The roles in which somebody may allot this one, the widest first."""
    return tuple(office for office, roles in ALLOTS.items() if role in roles)


def reserved(scopes: Iterable[Scope], role: str, by: Actor | None) -> Refusal | None:
    """Say that a role is one of those that run, rule or watch the system, and this hand none of its administrators."""
    if by is None or role == SYSTEM_ADMINISTRATOR:
        return None
    held = next((scope.role for scope in scopes if scope.role in RESERVED), None)
    return None if held is None else Refusal.because("role_reserved", role=held)


def not_above(scopes: Iterable[Scope], role: str, by: Actor | None) -> Refusal | None:
    """Say that one of these scopes is not this office's to allot: not its kind, or not below it."""
    if by is None:
        return None
    for scope in scopes:
        reach = ALLOTS[role].get(scope.role)
        if reach is None:
            return Refusal.because("role_not_allotted", role=scope.role, by=role)
        if reach == "below" and not any(_is_above(held, scope) for held in by.scopes if held.role == role):
            return Refusal.because("not_the_office_above", role=scope.role, region=scope.region)
    return None


def _is_above(held: Scope, scope: Scope) -> bool:
    return len(held.region) < len(scope.region) and covers(held, Matter.of(scope))
