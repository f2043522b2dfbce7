"""A person as they stand: entered in the register, corrected, restricted, in the end forgotten.

Follows PIPL 47 (a restricted person's data is stored and nothing else; a destroyed key ends everything). Affiliations
and last days are kept as they were entered, and `affiliation_on` is computed from them: so an affiliation entered late,
or struck out, gives the same answers as if it had been entered in time, or never. They and titles are decided in
`ledger.streams.person_career`.

Nobody enters or changes their own record under an actor's account (D07); an account's person asks a colleague.

`tests/ledger/streams/test_person_stream.py` shows it.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import (
    Affiliation,
    AffiliationVoided,
    DepartureVoided,
    ErasureProposed,
    ErasureWithdrawn,
    Identity,
    IdentityChange,
    KeyDestroyed,
    PersonAffiliated,
    PersonCorrected,
    PersonEvent,
    PersonLeft,
    PersonRegistered,
    PersonRestricted,
    RestrictionLifted,
    TitleRecorded,
    TitleVoided,
)
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import PersonId, UnitId


class Departure(NamedTuple):
    """A last day with a unit."""

    unit: UnitId
    ends: date


class Title(NamedTuple):
    """A professional title and the day it was obtained."""

    obtained_on: date
    level: str
    series: str | None


class Person(State):
    """A person as they stand: opaque, since names and numbers are sealed and no decision needs them."""

    person: PersonId
    affiliations: tuple[Affiliation, ...] = ()  # By first day; no two share one.
    departures: tuple[Departure, ...] = ()
    titles: tuple[Title, ...] = ()
    is_restricted: bool = False
    is_forgotten: bool = False
    erasure: ErasureProposed | None = None  # What stands to be confirmed by another hand, or withdrawn.

    def affiliation_on(self, day: date) -> Affiliation | None:
        """Say where the person belonged on a day: the latest that had begun, unless its last day had passed."""
        for one in reversed(self.affiliations):
            if one.starts <= day:
                left = self.departures and any(
                    gone.unit == one.unit and one.starts <= gone.ends < day for gone in self.departures)
                return None if left else one
        return None

    def affiliation_from(self, day: date) -> Affiliation | None:
        """Give the affiliation that begins on a day."""
        return next((one for one in self.affiliations if one.starts == day), None)


def closed_to_processing(person: Person) -> Refusal | None:
    """Say why nothing but storing may be done with a person's data (PIPL 47); None when it may."""
    if person.is_forgotten:
        return Refusal.because("key_destroyed", person=person.person)
    if person.is_restricted:
        return Refusal.because("person_restricted", person=person.person)
    return None


def matter_of(person: Person) -> Matter | None:
    """Take the person where they last belonged as the matter of an act; None, any region's, while they never did."""
    if not person.affiliations:
        return None
    last = person.affiliations[-1]
    return Matter(last.region, last.sector, unit=last.unit)


class RegisterPerson(Command):
    """Enter a professional into the register, by themselves or by an office."""

    person: PersonId
    identity: Identity
    name_uncertain: bool = False
    origin: Literal["self", "office", "import"] = "self"
    role: str | None = None


class CorrectPerson(Command):
    """Put a name, document or phone right."""

    role: str
    identity: Identity
    fields: tuple[str, ...]
    words: str | None = None
    evidence: tuple[str, ...] = ()


class RestrictPerson(Command):
    """Stop all processing but storage and safeguarding."""

    role: str
    basis: str
    words: str | None = None


class LiftRestriction(Command):
    """Let processing go on."""

    role: str
    basis: str


def decide_person_registration(person: Person | None, command: RegisterPerson, by: Actor | None = None) -> Decision:
    """Register a person; one identity document has one person."""
    if person is not None:
        return Refusal.because("person_exists", person=person.person)
    if command.origin != "self":
        if by is None or command.role is None:
            return Refusal.because("actor_required", origin=command.origin)
        if no := standing(by, command.role):
            return no
    registered = PersonRegistered(
        person=command.person, name_uncertain=command.name_uncertain, origin=command.origin
    )
    return (Draft(registered, command.identity),)


def decide_person_correction(person: Person | None, command: CorrectPerson, by: Actor) -> Decision:
    """Correct what is wrong; the event names the fields, their content is sealed."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if not command.fields:
        return Refusal.because("nothing_changed")
    corrected = PersonCorrected(person=known.person, fields=command.fields, evidence=command.evidence)
    return (Draft(corrected, IdentityChange(identity=command.identity, words=command.words)),)


def decide_restriction(person: Person | None, command: RestrictPerson, by: Actor) -> Decision:
    """Restrict once."""
    known = known_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.is_restricted:
        return Refusal.because("already_restricted", person=known.person)
    return (Draft(PersonRestricted(person=known.person, basis=command.basis), spoken(command.words)),)


def decide_restriction_lift(person: Person | None, command: LiftRestriction, by: Actor) -> Decision:
    """Lift a restriction that stands; one that a proposal to forget them needs ends with that."""
    known = known_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.erasure is not None:
        return Refusal.because("erasure_proposed", not_before=known.erasure.not_before)
    if not known.is_restricted:
        return Refusal.because("not_restricted", person=known.person)
    return (Draft(RestrictionLifted(person=known.person, basis=command.basis)),)


def known_by(person: Person | None, role: str, by: Actor, matter: Matter | None = None) -> Person | Refusal:
    """Give a person whose record this hand may touch, or say why not. Restriction is the caller's to ask."""
    if person is None:
        return Refusal.because("person_absent")
    if no := standing(by, role, matter or matter_of(person)):
        return no
    if by.person == person.person:
        return Refusal.because("own_record", actor=by.actor)
    if person.is_forgotten:
        return Refusal.because("key_destroyed", person=person.person)
    return person


def processed_by(person: Person | None, role: str, by: Actor, matter: Matter | None = None) -> Person | Refusal:
    """Give a person whose record this hand may touch and whose data may be processed, or say why not."""
    known = known_by(person, role, by, matter)
    return known if isinstance(known, Refusal) else closed_to_processing(known) or known


def evolve(person: Person | None, event: PersonEvent) -> Person:
    """Accept what happened."""
    if isinstance(event, PersonRegistered):
        return Person(event.person)
    if person is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](person, event)


def _affiliated(person: Person, event: PersonAffiliated) -> Person:
    affiliations = [one for one in person.affiliations if one.starts != event.affiliation.starts]
    insort(affiliations, event.affiliation, key=lambda one: one.starts)
    return replace(person, affiliations=tuple(affiliations))


def _affiliation_voided(person: Person, event: AffiliationVoided) -> Person:
    stay = tuple(one for one in person.affiliations if (one.unit, one.starts) != (event.unit, event.starts))
    return replace(person, affiliations=stay)


def _left(person: Person, event: PersonLeft) -> Person:
    return replace(person, departures=(*person.departures, Departure(event.unit, event.ends)))


def _departure_voided(person: Person, event: DepartureVoided) -> Person:
    voided = Departure(event.unit, event.ends)
    return replace(person, departures=tuple(one for one in person.departures if one != voided))


def _title_recorded(person: Person, event: TitleRecorded) -> Person:
    titles = (*person.titles, Title(event.obtained_on, event.level, event.series))
    return replace(person, titles=tuple(sorted(titles, key=lambda one: one.obtained_on)))


def _title_voided(person: Person, event: TitleVoided) -> Person:
    voided = Title(event.obtained_on, event.level, event.series)
    return replace(person, titles=tuple(one for one in person.titles if one != voided))


_EVOLVE: Final[dict[type[PersonEvent], Callable[[Person, Any], Person]]] = {
    PersonCorrected: lambda person, event: person,  # What changed is sealed; no decision rests on it.
    PersonAffiliated: _affiliated,
    AffiliationVoided: _affiliation_voided,
    PersonLeft: _left,
    DepartureVoided: _departure_voided,
    TitleRecorded: _title_recorded,
    TitleVoided: _title_voided,
    PersonRestricted: lambda person, event: replace(person, is_restricted=True),
    RestrictionLifted: lambda person, event: replace(person, is_restricted=False),
    ErasureProposed: lambda person, event: replace(person, erasure=event),
    ErasureWithdrawn: lambda person, event: replace(person, erasure=None),
    KeyDestroyed: lambda person, event: replace(person, is_forgotten=True, erasure=None),
}
