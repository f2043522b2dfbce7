"""Cases, asked about: by those who supervise where the case lies, and never by whom it concerns (P 17, W 16).

A list tells how many are concerned and not who. Whoever opens a case sees them, says what for, and is recorded as
having seen each person and each account. Reading: a case about an account concerns its colleagues, too; the texts give
it to the office above or to the supervisory organ.

`tests/api/test_http_cases.py` shows it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from api.callers import Caller
from api.cases.doing import Reading
from api.cases.standing import SUPERVISOR, acting, by_actor
from api.house import House
from ledger.access import record_accesses
from ledger.errors import Refusal
from ledger.streams.standing import Actor, Matter, standing
from projections import cases as _cases
from projections.basis import written_time
from projections.cases import Case
from projections.pages import Page

_After = tuple[Any, ...] | None
_COUNTED = ("claims", "persons", "actors", "organisers", "findings", "held", "released")


def cases(
    house: House, caller: Caller, *, status: str | None, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The cases within the scopes of whoever supervises, oldest first, without those that concern the asker."""
    actor = _supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = [scope for scope in actor.scopes if scope.role == SUPERVISOR]
    page = _cases.cases(
        house.answers, scopes, status=status, as_of=as_of, after="" if after is None else after[0], limit=limit)
    reading = Reading(house.ledger)
    return page.of([_line(one) for one in page.items if not _is_concerned(reading, one, actor)])


def case(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """A case with everyone in it, for a purpose."""
    actor = _supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = _cases.case_of(house.answers, name, as_of=as_of)
    # To whom it is about not even that there is one.
    if found is None or _is_concerned(Reading(house.ledger), found, actor):
        return Refusal.because("case_absent")
    if standing(actor, SUPERVISOR, Matter(found.region, found.sector)) is not None:
        return Refusal.because("case_absent")
    if purpose is None:
        return Refusal.because("purpose_missing")
    if concerned := (*found.persons, *found.actors):
        record_accesses(
            house.register.access, by=by_actor(caller, actor, SUPERVISOR), subjects=concerned, purpose=purpose,
            what=("case",), route="cases", now_ms=house.now // 1_000)
    return case_view(found)


def _supervising(house: House, caller: Caller) -> Actor | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return standing(actor, SUPERVISOR) or actor


def _is_concerned(reading: Reading, one: Case, actor: Actor) -> bool:
    return is_about(reading, actor, one.actors, one.persons, one.organisers)


def is_about(
    reading: Reading, by: Actor, actors: Collection[str], persons: Collection[str], organisers: Collection[str]
) -> bool:
    """Say whether a case is about this account, the person behind it, its organisation or a colleague's account."""
    if by.person in persons or by.organisation in organisers:
        return True
    accounts = (reading.actor(one) for one in actors)
    return any(one is not None and one.organisation == by.organisation for one in accounts)


def _line(one: Case) -> dict[str, Any]:
    return {**_head(one), "counts": {name: len(getattr(one, name)) for name in _COUNTED}}


def case_view(one: Case) -> dict[str, Any]:
    """A case as it is shown to whoever may open it."""
    return {**_head(one), **{name: list(getattr(one, name)) for name in _COUNTED}, "version": len(one.events)}


def _head(one: Case) -> dict[str, Any]:
    return {
        "case": one.case_id, "kind": one.kind, "region": one.region, "sector": one.sector, "pattern": one.pattern,
        "status": one.status, "finding": one.finding, "referred_to": one.referred_to, "due": one.due,
        "opened_at": written_time(one.opened_at), "events": list(one.events),
    }
