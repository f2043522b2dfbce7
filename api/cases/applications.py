"""Applications for titles and sanctions, asked about; what has become of what they rested on; and who may apply.

All of it is a person's: to themselves, or to an office where they belong, for a purpose, recorded.
`tests/api/test_http_applications.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from api.callers import Caller
from api.cases.doing import Reading
from api.cases.standing import absent, by_actor, look_at, looking, may_see, places, seeing_scopes
from api.house import House
from ledger.access import record_accesses
from ledger.errors import Refusal
from ledger.streams.standing import Actor, standing
from projections import applications as _applications
from projections.applications import Application
from projections.basis import Axes
from projections.eligibility import Question, eligibility
from projections.pages import Page
from projections.reliance import reliance
from projections.sanctions import (
    Disqualification,
    Revocation,
    disqualifications_of,
    disqualified_on,
    revocations_of,
)

_After = tuple[Any, ...] | None
_ROUTE = "applications"


def application(
    house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """An application; of another person's not even that there is one."""
    found = _applications.application_of(house.answers, name, as_of=as_of)
    if found is None:
        return absent(house, caller, "application_absent")
    no = look_at(house, caller, found.person, purpose, what=("applications",), route=_ROUTE,
                 otherwise="application_absent")
    return no if no is not None else application_view(found)


def within(
    house: House, caller: Caller, status: str | None, purpose: str | None, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The applications that were filed where the asker's scopes reach, oldest first; each is recorded as seen."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    if not (scopes := seeing_scopes(asking)):
        return Refusal.because("not_for_reading")
    if purpose is None:
        return Refusal.because("purpose_missing")
    page = _applications.applications_within(
        house.answers, scopes, status=status, as_of=as_of, after="" if after is None else after[0], limit=limit)
    if page.items:
        record_accesses(
            house.register.access, by=by_actor(caller, asking, scopes[0].role),
            subjects=tuple(dict.fromkeys(one.person for one in page.items)), purpose=purpose, what=("applications",),
            route=_ROUTE, now_ms=house.now // 1_000)
    return page.of([application_view(one) for one in page.items])


def of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """A person's applications, the sanctions that stand against them, and the titles that were taken away."""
    if no := look_at(house, caller, person, purpose, what=("applications", "sanctions"), route=_ROUTE):
        return no
    return {
        "person": person,
        "applications": [
            application_view(one) for one in _applications.applications_of(house.answers, person, as_of=as_of)],
        "disqualifications": [
            sanction_view(one) for one in disqualifications_of(house.answers, person, as_of=as_of)],
        "revoked_titles": [sanction_view(one) for one in revocations_of(house.answers, person, as_of=as_of)],
    }


def effects(
    house: House, caller: Caller, person: str, claim: str | None, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """What has become of what a person's assessments rested on (P 16, N 10); of those alone that one claim touches."""
    if no := look_at(house, caller, person, purpose, what=("applications", "claims"), route=_ROUTE):
        return no
    known = (reliance(house.answers, one, as_of=as_of)
             for one in _applications.applications_of(house.answers, person, as_of=as_of))
    items = [one for one in known if one is not None
             and (claim is None or any(change["claim"] == claim for change in one["changes"]))]
    return {"person": person, "items": items}


def barred(
    house: House, caller: Caller, on: date, purpose: str | None, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """Who may apply for nothing on a day, of those whom the asker's scopes reach; each is recorded as seen."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    if not (scopes := seeing_scopes(asking)):
        return Refusal.because("not_for_reading")
    if no := standing(asking, scopes[0].role):
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    page = disqualified_on(house.answers, on, as_of=as_of, after=after or ("", 0), limit=limit)
    found = [one for one in page.items if _is_within(house, asking, one.person)]
    if found:
        record_accesses(
            house.register.access, by=by_actor(caller, asking, scopes[0].role),
            subjects=tuple(dict.fromkeys(one.person for one in found)), purpose=purpose, what=("sanctions",),
            route=_ROUTE, now_ms=house.now // 1_000)
    return page.of([sanction_view(one) for one in found])


def _is_within(house: House, asking: Actor, person: str) -> bool:
    known = Reading(house.ledger).person(person)
    return known is not None and any(may_see(asking, place) is None for place in places(known, house.today))


def may_apply(
    house: House, caller: Caller, person: str, question: Question, axes: Axes, purpose: str | None
) -> dict[str, Any] | Refusal:
    """Whether the person may apply on a day, on a basis that is echoed."""
    if no := look_at(house, caller, person, purpose, what=("eligibility",), route=_ROUTE):
        return no
    if axes.as_of is None and (behind := house.settled()) is not None:
        return behind
    found = eligibility(house.answers, person, question, axes)
    if found is None:
        return Refusal.because("person_absent")
    return {
        **found,
        "sanctions": [_case(one) for one in found["sanctions"]],
        "revoked_titles": [_case(one) for one in found["revoked_titles"]],
    }


def application_view(one: Application) -> dict[str, Any]:
    """An application as it is shown, with what an office decided as it decided it."""
    decided = None
    if one.decided is not None:
        decided = {**msgspec.structs.asdict(one.decided.assessment), "event": one.decided.event}
    return {**one._asdict(), "decided": decided, "version": len(one.events)}


def sanction_view(one: Disqualification | Revocation) -> dict[str, Any]:
    """A sanction as it is shown."""
    return _case(one._asdict())


def _case(said: dict[str, Any]) -> dict[str, Any]:
    """The column is called otherwise, since SQL has a word of its own for it."""
    return {("case" if name == "case_id" else name): value for name, value in said.items()}
