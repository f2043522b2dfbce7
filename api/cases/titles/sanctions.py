"""Sanctions: the right to apply taken and given back, a title revoked (P 16, E 13, R 10, W 15, N 10).

What follows for which cause is read from the rulebooks in force where the person belongs (`policies.sanctions`); what
rests on another text names its document and article. A falsification rests on entries that were revoked, or on a case
that found it: the register does not hold an entry to be true and punish somebody for it.

Reading: the human resources department and the sector authority of the place take the right to apply; titles are
revoked by human resources departments, which certify them. Whoever took it does not give it back (D14).

`tests/api/test_sanctions.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

from api.cases import reasons
from api.cases.belonging.people import upon_person
from api.cases.doing import Asked, Done, Reading
from api.cases.events import events_of
from api.cases.holders.allotment import SECTOR
from api.cases.standing import HUMAN_RESOURCES, absent, look_at
from api.cases.titles.petitions import application_of, as_office, view
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.application import ApplicationId, Sanction
from ledger.streams import application_sanctions as sanctions
from ledger.streams import case as cases
from ledger.streams.application import TERM, THIS_APPLICATION, Application, not_by
from ledger.streams.claim import Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import RulebookId
from policies.law import Law
from policies.sanctions import (
    FALSIFIED,
    POSTPONED,
    SHORT,
    Consequence,
    Place,
    for_application,
    for_title,
    for_what_is_to_come,
)

SANCTIONING: Final = (HUMAN_RESOURCES, SECTOR)
REVOKING: Final = (HUMAN_RESOURCES,)


class Term(NamedTuple):
    """What is taken, for how long, by which text."""

    sanction: Sanction
    lasts: str
    starts: date
    until: date | None


def see(house: House, caller: Caller, name: str, purpose: str | None) -> tuple[dict[str, Any], int] | Refusal:
    """Show what was taken in one act, as it stands: to the person, or to an office for a purpose."""
    reading = Reading(house.ledger)
    found = application_of(reading, name)
    if found is None or not (found.disqualified or found.revoked):
        return absent(house, caller, "application_absent")
    no = look_at(house, caller, found.person, purpose, what=("sanctions",), route="applications",
                 otherwise="application_absent")
    return no if no is not None else (view(found), reading.versions[found.application])  # type: ignore[index]


def taken(house: House, name: str) -> Application:
    """What `see` let somebody look at, as the ledger has it."""
    found = application_of(Reading(house.ledger), name)
    assert found is not None, "it was seen a moment ago"
    return found


def happened(house: House, name: str) -> dict[str, Any]:
    """What happened to it, and what was said, for whom `see` let look at it."""
    return {"events": events_of(house, name)["items"], "said": list(reasons.said(house, name, "", None))}


def disqualify(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take an application, and what is to come where a text in force gives a term."""

    def decide(reading: Reading, found: Application, role: str, person: Person, by: Actor) -> Decision:
        if no := not_by(found, role, person, by) or _groundless(reading, person, fields):
            return no
        if found.filed is None:
            return Refusal.because("application_absent")
        if no := _not_short(found, fields["cause"]):
            return no
        goal = found.filed.goal
        at = person.affiliation_on(goal.applied_on)
        place = Place(house.today, found.filed.region, found.filed.sector, None if at is None else at.major)
        term = _term(house, place, fields, upon_application=True)
        if isinstance(term, Refusal):
            return term
        return sanctions.decide_disqualification(found, _command(found.application, role, term, fields), person, by)

    return as_office(house, caller, name, asked, SANCTIONING, decide)


def bar(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Bar a person from applying for a term, where no application has been filed that could be taken."""
    name = ApplicationId(house.new_id("application"))

    def decide(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        if no := not_by(None, role, found, by) or _groundless(reading, found, fields):
            return no
        place = _place(house, found, house.today)
        term = place if isinstance(place, Refusal) else _term(house, place, fields, upon_application=False)
        if isinstance(term, Refusal):
            return term
        reading.fresh(name)
        return sanctions.decide_disqualification(None, _command(name, role, term, fields), found, by)

    return upon_person(house, caller, person, asked, SANCTIONING, decide)


def lift(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Give the right to apply back, by another hand."""

    def decide(_: Reading, found: Application, role: str, person: Person, by: Actor) -> Decision:
        command = sanctions.LiftDisqualification(
            role=role, on=fields.get("on", house.today), basis=fields["basis"], words=fields["words"])
        return sanctions.decide_lifting(found, command, person, by)

    return as_office(house, caller, name, asked, SANCTIONING, decide)


def revoke_title(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take away a title that rested on what was false, naming the entries (N 10)."""
    name = ApplicationId(house.new_id("application"))

    def decide(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        if no := not_by(None, role, found, by) or _groundless(reading, found, fields):
            return no
        place = _place(house, found, fields["obtained_on"])  # By the law of where it was applied for.
        sanction = place if isinstance(place, Refusal) else _sanction(house, place, fields, for_title)
        if isinstance(sanction, Refusal):
            return sanction
        command = sanctions.RevokeTitle(
            application=name, role=role, sanction=sanction[0], level=fields["level"], series=fields.get("series"),
            obtained_on=fields["obtained_on"], on=house.today, words=fields["words"],
        )
        reading.fresh(name)
        return sanctions.decide_title_revocation(None, command, found, by)

    return upon_person(house, caller, person, asked, REVOKING, decide)


def _groundless(reading: Reading, person: Person, fields: dict[str, Any]) -> Refusal | None:
    """Say that an entry is not the person's or still stands, or that no case found anything about them."""
    for name in fields.get("claims", ()):
        claim = reading.claim(name)
        if claim is None or claim.person != person.person:
            return Refusal.because("claim_absent")
        if claim.status is not Status.REVOKED:
            return Refusal.because("tainted_entry_stands", claim=name, status=claim.status)
    if (named := fields.get("case")) is None:
        return None
    case = reading.state(named, cases.evolve)
    is_found = case is not None and case.finding in (cases.Finding.SUBSTANTIATED, cases.Finding.REFERRED)
    if case is None or not is_found or person.person not in case.concerned.persons:
        return Refusal.because("case_absent")  # Whether there is any other case is its own people's to know.
    return None


def _not_short(found: Application, cause: str) -> Refusal | None:
    made = found.assessment
    if cause != SHORT or (made is not None and made.eligible is not True):
        return None
    return Refusal.because("application_not_short", eligible=None if made is None else made.eligible)


def _place(house: House, person: Person, day: date) -> Place | Refusal:
    """Where the person belonged on a day, or else last, under the law of today."""
    if not person.affiliations:
        return Refusal.because("not_affiliated", day=day)
    at = person.affiliation_on(day) or person.affiliations[-1]
    return Place(house.today, at.region, at.sector, at.major)


def _term(house: House, place: Place, fields: dict[str, Any], *, upon_application: bool) -> Term | Refusal:
    """For how long, as the text says that is named, or else the rulebooks: a term, or the application alone."""
    starts = fields.get("starts", house.today)
    found = _sanction(house, place, fields, for_what_is_to_come)
    if not isinstance(found, Refusal):
        sanction, by_law = found
        return Term(sanction, TERM, starts, fields.get("until") if by_law is None else by_law.until(starts))
    if not upon_application:
        return found
    alone = _sanction(house, place, fields, for_application)
    if isinstance(alone, Refusal):
        return alone
    sanction, by_law = alone
    if by_law is not None and by_law.effect == POSTPONED:
        return Refusal.because("postponement_instead", rulebook=by_law.rulebook, article=by_law.article,
                               quote=by_law.quote)
    return Term(sanction, THIS_APPLICATION, starts, None)


def _sanction(
    house: House, place: Place, fields: dict[str, Any], read: Callable[[Law, Place, str], Consequence | None]
) -> tuple[Sanction, Consequence | None] | Refusal:
    """By the document that is named, or by what the rulebooks in force say."""
    cause = fields.get("cause", FALSIFIED)
    document, article = fields.get("document"), fields.get("article")
    if (document is None) != (article is None):
        pointer = "/article" if article is None else "/document"
        raise BadFields([Fault(pointer, "missing", "依其他文件处理的，文号和条款须一并写明。")])
    named = {"cause": cause, "claims": tuple(fields.get("claims", ())), "case": fields.get("case")}
    if document is not None and article is not None:
        return Sanction(**named, document=document, article=article), None
    found = read(law_now(house.answers), place, cause)
    if found is None:
        return Refusal.because("no_such_consequence", cause=cause, region=place.region, sector=place.sector)
    return Sanction(**named, rulebook=RulebookId(found.rulebook), article=found.article), found


def _command(
    name: ApplicationId, role: str, term: Term, fields: dict[str, Any]
) -> sanctions.DisqualifyApplicant:
    return sanctions.DisqualifyApplicant(
        application=name, role=role, sanction=term.sanction, lasts=term.lasts, starts=term.starts, until=term.until,
        words=fields["words"],
    )
