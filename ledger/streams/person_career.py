"""A person's affiliations, last days and titles: entered, also late, and struck out where they never were.

Follows P 13 and AMB-28 (hours follow the person; the affiliation of a day decides the law of that day), N 9 (titles).
Nobody enters or changes their own record under an actor's account (D07).

`tests/ledger/streams/test_person_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import (
    Affiliation,
    AffiliationVoided,
    DepartureVoided,
    PersonAffiliated,
    PersonLeft,
    TitleRecorded,
    TitleVoided,
)
from ledger.streams.decision import Command, Decision
from ledger.streams.person import Departure, Person, Title, processed_by
from ledger.streams.standing import Actor, Matter
from ledger.streams.unit import Unit, unfit
from ledger.vocabulary import UnitId


class AffiliatePerson(Command):
    """Let the person belong to a unit from a day on, by an office or an import; people themselves ask for transfers."""

    role: str
    affiliation: Affiliation


class VoidAffiliation(Command):
    """Strike out an affiliation that never was."""

    role: str
    starts: date


class RecordDeparture(Command):
    """Enter the person's last day with the unit they then belong to."""

    role: str
    unit: UnitId
    ends: date


class VoidDeparture(Command):
    """Strike out a last day that was none."""

    role: str
    unit: UnitId
    ends: date


class RecordTitle(Command):
    """Enter a professional title."""

    role: str
    level: str
    obtained_on: date
    series: str | None = None
    evidence: tuple[str, ...] = ()


class VoidTitle(Command):
    """Strike out a title that was entered in error."""

    role: str
    level: str
    obtained_on: date
    series: str | None = None


def decide_affiliation(person: Person | None, command: AffiliatePerson, unit: Unit | None, by: Actor) -> Decision:
    """Affiliate, also for a day in the past: what was entered late still was so."""
    one = command.affiliation
    known = processed_by(person, command.role, by, Matter(one.region, one.sector, unit=one.unit))
    if isinstance(known, Refusal):
        return known
    if unit is None:
        return Refusal.because("unit_absent")
    if no := unfit(unit):
        return no
    if (found := known.affiliation_from(one.starts)) is not None:
        return Refusal.because("affiliation_exists", starts=one.starts, unit=found.unit)
    return (Draft(PersonAffiliated(person=known.person, affiliation=one)),)


def decide_affiliation_void(person: Person | None, command: VoidAffiliation, by: Actor) -> Decision:
    """Strike out an affiliation that stands."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (found := known.affiliation_from(command.starts)) is None:
        return Refusal.because("affiliation_absent", starts=command.starts)
    return (Draft(AffiliationVoided(person=known.person, unit=found.unit, starts=found.starts)),)


def decide_departure(person: Person | None, command: RecordDeparture, by: Actor) -> Decision:
    """Record a last day on which the person does belong to the unit, and has no later one that is entered."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    found = known.affiliation_on(command.ends)
    if found is None or found.unit != command.unit:
        return Refusal.because("not_affiliated", unit=command.unit, day=command.ends)
    for gone in known.departures:
        later = known.affiliation_on(gone.ends)
        if gone.unit == found.unit and later is found:
            return Refusal.because("departure_exists", unit=gone.unit, ends=gone.ends)
    return (Draft(PersonLeft(person=known.person, unit=command.unit, ends=command.ends)),)


def decide_departure_void(person: Person | None, command: VoidDeparture, by: Actor) -> Decision:
    """Strike out a last day that stands."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if Departure(command.unit, command.ends) not in known.departures:
        return Refusal.because("departure_absent", unit=command.unit, ends=command.ends)
    return (Draft(DepartureVoided(person=known.person, unit=command.unit, ends=command.ends)),)


def decide_title(person: Person | None, command: RecordTitle, by: Actor) -> Decision:
    """Record a title; each once."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if Title(command.obtained_on, command.level, command.series) in known.titles:
        return Refusal.because("title_exists", level=command.level, obtained_on=command.obtained_on)
    recorded = TitleRecorded(
        person=known.person,
        level=command.level,
        obtained_on=command.obtained_on,
        series=command.series,
        evidence=command.evidence,
    )
    return (Draft(recorded),)


def decide_title_void(person: Person | None, command: VoidTitle, by: Actor) -> Decision:
    """Strike out a title that stands."""
    known = processed_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    title = Title(command.obtained_on, command.level, command.series)
    if title not in known.titles:
        return Refusal.because("title_absent", level=command.level, obtained_on=command.obtained_on)
    voided = TitleVoided(person=known.person, level=title.level, obtained_on=title.obtained_on, series=title.series)
    return (Draft(voided),)
