"""Applications for titles and sanctions, asked about; what has become of what they rested on; and who may apply.

All of it is a person's: to themselves, or to an office where they belong, for a purpose, recorded.
`tests/api/test_http_applications.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import msgspec

from api.cases import reasons
from api.cases.belonging.people import identity_of
from api.cases.belonging.unit_years import identities
from api.cases.doing import Reading
from api.cases.events import events_of
from api.cases.looked import record_looks
from api.cases.standing import absent, by_actor, look_at, looking, may_see, places, seeing_scopes
from api.cases.titles import packets
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.standing import Actor
from projections import applications as _applications
from projections.applications import Application
from projections.basis import Axes
from projections.eligibility import Question, eligibility
from projections.entries_reading import Version, read_registered
from projections.pages import Page
from projections.reliance import reliance
from projections.sanctions import (
    Disqualification,
    Revocation,
    disqualifications_of,
    disqualified_on,
    revocations_of,
)
from projections.years import REVOKED

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


class Sheet(NamedTuple):
    """Everything that is known of an application as of one position, for whoever decides upon it or filed it."""

    application: Application
    body: dict[str, Any]             # As it is answered, with its events and what was said.
    identity: dict[str, Any] | None  # Whose it is, masked; None: the key is destroyed.
    packet: dict[str, Any]           # What goes along with it, and what lacks (P 15).
    effect: dict[str, Any] | None    # What has become of what it was assessed by; None: it has not been.


def sheet(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> Sheet | Refusal:
    """Show an application whole, in one look."""
    found = _applications.application_of(house.answers, name, as_of=as_of)
    if found is None:
        return absent(house, caller, "application_absent")
    no = look_at(house, caller, found.person, purpose, what=("applications", "claims", "identity"), route=_ROUTE,
                 otherwise="application_absent")
    if no is not None:
        return no
    person = Reading(house.ledger).person(found.person)
    assert person is not None, "whoever applied is registered"
    said = [one for one in reasons.said(house, name, found.region, found.sector) if one["event"] <= as_of]
    events = events_of(house, name, as_of=as_of)["items"]
    body = {**application_view(found), "said": said, "events": events}
    return Sheet(found, body, identity_of(house, person), packets.contents(house, found, as_of=as_of),
                 reliance(house.answers, found, as_of=as_of))


class Record(NamedTuple):
    """What somebody has been granted, applies for, and has lost."""

    body: dict[str, Any]             # As `of_person` answers it, with the titles.
    identity: dict[str, Any] | None
    tainted: list[Version]           # Entries that were revoked: what a sanction may rest on (N 10).


def record(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> Record | Refusal:
    """Show a person's titles, applications and sanctions whole, in one look."""
    no = look_at(house, caller, person, purpose, what=("applications", "sanctions", "titles", "claims", "identity"),
                 route=_ROUTE)
    if no is not None:
        return no
    known, then = Reading(house.ledger).person(person), house.answers.person(person, as_of)
    if known is None or then is None:
        return Refusal.because("person_absent")
    body = {**_of_person(house, person, as_of), "titles": titles_of(house, person, as_of=as_of),
            "belongs": bool(known.affiliations)}
    return Record(body, identity_of(house, known), revoked_entries(house, person, as_of=as_of))


def titles_of(house: House, person: str, *, as_of: int) -> list[dict[str, Any]]:
    """Every title that is entered, oldest first, each with the day on which it was taken away, if it was."""
    known = house.answers.person(person, as_of)
    lost = {(one.level, one.series, one.obtained_on): one.revoked_on
            for one in revocations_of(house.answers, person, as_of=as_of)}
    return [{**one._asdict(), "revoked_on": lost.get((one.level, one.series, one.obtained_on))}
            for one in (known.titles if known is not None else ())]


def revoked_entries(house: House, person: str, *, as_of: int) -> list[Version]:
    """The entries of a person that turned out to be nothing, the newest first."""
    reader, at = house.answers.file("entries", as_of)
    found = [one for one in read_registered(reader, person, at) if one.status == REVOKED]
    return found[::-1]


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
    record_looks(house, by_actor(caller, asking, scopes[0].role), (one.person for one in page.items), purpose,
                 what=("applications", "identity"), route=_ROUTE)
    called = _called(house, (one.person for one in page.items))
    return page.of([{**application_view(one), "name": called[one.person], "effect": _effect(house, one, as_of)}
                    for one in page.items])


def _called(house: House, persons: Iterable[str]) -> dict[str, str | None]:
    """Names as every list has them, masked; None of those whose key is destroyed."""
    return {person: said["name"] for person, said in identities(house, [*dict.fromkeys(persons)])}


def _effect(house: House, one: Application, as_of: int) -> dict[str, Any] | None:
    """In a line what `effects` lists; None where nothing has become of what the application was assessed by."""
    found = reliance(house.answers, one, as_of=as_of)
    return {"changes": len(found["changes"]), "holds": found["holds"]} if found and found["changes"] else None


def of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """A person's applications, the sanctions that stand against them, and the titles that were taken away."""
    no = look_at(house, caller, person, purpose, what=("applications", "sanctions"), route=_ROUTE)
    return _of_person(house, person, as_of) if no is None else no


def _of_person(house: House, person: str, as_of: int) -> dict[str, Any]:
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
    if purpose is None:
        return Refusal.because("purpose_missing")
    page = disqualified_on(house.answers, on, as_of=as_of, after=after or ("", 0), limit=limit)
    found = [one for one in page.items if _is_within(house, asking, one.person)]
    record_looks(house, by_actor(caller, asking, scopes[0].role), (one.person for one in found), purpose,
                 what=("sanctions", "identity"), route=_ROUTE)
    called = _called(house, (one.person for one in found))
    return page.of([{**sanction_view(one), "name": called[one.person]} for one in found])


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
