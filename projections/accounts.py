"""Accounts as answers: who acts for which organisation, what each may act upon, and since when.

Only what the log says in the open: an account's name and its holder's are sealed. The tables stand in the file of
people and units, as what is in the register beside them: where an account is, its organisation's seat says.

`tests/projections/test_account_answers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import (
    ActorAppointed,
    ActorDismissed,
    ActorReinstated,
    ActorSuspended,
    Scope,
    ScopeGranted,
    ScopeWithdrawn,
)
from ledger.events.base import Event
from ledger.vocabulary import UnitId
from projections.files.projection import HOLDS, Effect, Handler, Rows, Table
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files


class Held(NamedTuple):
    """What an account may act upon, and the event that granted it."""

    scope: Scope
    event: int


class Account(NamedTuple):
    """An account as it stands."""

    actor: str
    organisation: str
    region: str              # Of its organisation's seat on the day that is asked about.
    sector: str
    status: str              # active, suspended, dismissed
    event: int               # By which it was appointed.
    since: int               # The event by which it stands as it does.
    scopes: tuple[Held, ...]


# Folding. What a scope leaves out is kept as "": NULL would equal nothing, and a withdrawal could not find it.


def _scope_key(event: ScopeGranted | ScopeWithdrawn) -> dict[str, str]:
    one = event.scope
    return {"actor": event.actor, "role": one.role, "region": one.region, "sector": one.sector or "",
            "category": one.category or "", "unit": one.unit or ""}


def _appointed(rows: Rows, effect: Effect) -> None:
    event: ActorAppointed = effect.event
    rows.begin("accounts", effect.position, {
        "actor": event.actor, "organisation": event.organisation, "status": "active", "event": effect.recorded,
        "since": effect.recorded,
    })


def _becomes(status: str) -> Any:
    def handle(rows: Rows, effect: Effect) -> None:
        rows.change("accounts", effect.position, {"actor": effect.event.actor},
                    {"status": status, "since": effect.recorded})

    return handle


def _granted(rows: Rows, effect: Effect) -> None:
    rows.begin("scopes", effect.position, {**_scope_key(effect.event), "event": effect.recorded})


def _withdrawn(rows: Rows, effect: Effect) -> None:
    rows.end("scopes", effect.position, _scope_key(effect.event))


TABLES: Final = {
    "accounts": Table({"actor": str, "organisation": str, "status": str, "event": int, "since": int},
                      ("actor", "from_position"), (("organisation",),)),
    "scopes": Table({**dict.fromkeys(("actor", "role", "region", "sector", "category", "unit"), str), "event": int},
                    ("actor", "role", "region", "sector", "category", "unit", "from_position")),
}
HANDLERS: Final[dict[type[Event], Handler]] = {
    ActorAppointed: _appointed, ScopeGranted: _granted, ScopeWithdrawn: _withdrawn,
    ActorSuspended: _becomes("suspended"), ActorReinstated: _becomes("active"), ActorDismissed: _becomes("dismissed"),
}


# Reading

_SEAT: Final = (
    "(SELECT {} FROM unit_seats WHERE unit = organisation AND from_position <= :as_of "
    "AND (starts IS NULL OR starts <= :day) ORDER BY starts DESC, event DESC LIMIT 1)"
)
_ACCOUNTS: Final = (
    "SELECT * FROM (SELECT actor, organisation, "
    f"{_SEAT.format('region')} AS region, {_SEAT.format('sector')} AS sector, status, event, since "
    f"FROM accounts WHERE {HOLDS}) WHERE ({{}}) AND actor > :after AND (:actor IS NULL OR actor = :actor) "
    "AND (:organisation IS NULL OR organisation = :organisation) AND (:status IS NULL OR status = :status) "
    "ORDER BY actor LIMIT :limit"
)
_SCOPES: Final = (
    f"SELECT role, region, sector, category, unit, event FROM scopes WHERE actor = :key AND {HOLDS} ORDER BY event"
)


def accounts(
    files: Files, within: Iterable[Scope], *, day: str, organisation: str | None = None, status: str | None = None,
    actor: str | None = None, as_of: int | None = None, after: str = "", limit: int = 50,
) -> Page[Account]:
    """The accounts of organisations that these scopes reach, oldest first, where they sat on a day."""
    reader, at = files.file("people", as_of)
    values: dict[str, Any] = {"as_of": at, "day": day, "after": after, "limit": limit + 1,
                              "organisation": organisation, "status": status, "actor": actor}
    reached = [_reaches(number, scope, values) for number, scope in enumerate(within)]
    if not reached:
        return paged([], limit, at, lambda one: ())
    found = [
        Account._make((*row, tuple(map(_held, reader.rows(_SCOPES, {"key": row[0], "as_of": at})))))
        for row in reader.rows(_ACCOUNTS.format(" OR ".join(reached)), values)
    ]
    return paged(found, limit, at, lambda one: (one.actor,))


def _reaches(number: int, scope: Scope, values: dict[str, Any]) -> str:
    """Say in SQL whether a scope reaches an organisation. Its category is of hours, and leaves an account aside."""
    values |= {f"region{number}": scope.region, f"beyond{number}": f"{scope.region}:", f"sector{number}": scope.sector,
               f"unit{number}": scope.unit}
    return (f"(region >= :region{number} AND region < :beyond{number} "
            f"AND (:sector{number} IS NULL OR sector = :sector{number}) "
            f"AND (:unit{number} IS NULL OR organisation = :unit{number}))")


def _held(row: tuple[Any, ...]) -> Held:
    role, region, sector, category, unit, event = row
    return Held(Scope(role=role, region=region, sector=sector or None, category=category or None,
                      unit=UnitId(unit) if unit else None), event)
