"""A unit (用人单位), also an organiser or an office: registered, verified, then renamed, moved, merged or closed.

Follows W 4 (people match only a registered unit) and the life of a credit code (GB 32100: it survives a change of
name and not a merger). Names and seats are dated, since the law asks where a unit was on a day; each dated change lies
on or after the one before it, so that there is one answer for every day.

Reading: nobody may be matched to a unit before an office has seen its papers. W 4 says registered; a name that anyone
typed in is not yet a unit.

`tests/ledger/streams/test_unit_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.unit import (
    Contact,
    UnitClosed,
    UnitEvent,
    UnitMerged,
    UnitMoved,
    UnitRegistered,
    UnitRejected,
    UnitRenamed,
    UnitVerified,
)
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import UnitId


class Status(StrEnum):
    """Where a unit is in life."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    REJECTED = "rejected"
    MERGED = "merged"
    CLOSED = "closed"


class Seat(NamedTuple):
    """Where a unit is, and in which sector, from a day on."""

    starts: date
    region: str
    sector: str


class DatedName(NamedTuple):
    """What a unit is called from a day on."""

    starts: date
    name: str


class Unit(State):
    """A unit as it stands."""

    unit: UnitId
    credit_code: str
    kinds: tuple[str, ...]
    names: tuple[DatedName, ...]
    seats: tuple[Seat, ...]
    status: Status = Status.REGISTERED
    into: UnitId | None = None
    ended_on: date | None = None  # Its last day where it closed, the first day of its people elsewhere where it merged.

    @property
    def changed_on(self) -> date:
        """Give the day of the last dated change; date.min when there was none."""
        return max(self.names[-1].starts, self.seats[-1].starts)

    def name_on(self, day: date) -> str:
        """Say what the unit was called on a day."""
        return next(one.name for one in reversed(self.names) if one.starts <= day)

    def seat_on(self, day: date) -> Seat:
        """Say where the unit was on a day."""
        return next(one for one in reversed(self.seats) if one.starts <= day)


def matter_of(unit: Unit) -> Matter:
    """Take the unit where it now is as the matter of an act."""
    seat = unit.seats[-1]
    return Matter(seat.region, seat.sector, unit=unit.unit)


def unfit(unit: Unit) -> Refusal | None:
    """Say why nobody can belong to a unit or act for it; None for a verified unit that still exists."""
    if unit.status is Status.REGISTERED:
        return Refusal.because("unit_not_verified", unit=unit.unit)
    if unit.status is Status.REJECTED:
        return Refusal.because("unit_rejected", unit=unit.unit)
    if unit.status is Status.MERGED:
        return Refusal.because("unit_merged", unit=unit.unit, into=unit.into)
    if unit.status is Status.CLOSED:
        return Refusal.because("unit_closed", unit=unit.unit, ended_on=unit.ended_on)
    return None


class RegisterUnit(Command):
    """Enter an organisation into the register."""

    unit: UnitId
    credit_code: str
    name: str
    region: str
    sector: str
    contact: Contact
    kinds: tuple[str, ...] = ("employer",)


class VerifyUnit(Command):
    """Say that an office saw the unit's papers."""

    role: str
    evidence: tuple[str, ...] = ()


class RejectUnit(Command):
    """Say that the papers are wrong."""

    role: str
    words: str


class RenameUnit(Command):
    """Give the unit its new name, from a day on."""

    role: str
    name: str
    starts: date


class MoveUnit(Command):
    """Put the unit in another place or sector, from a day on."""

    role: str
    region: str
    sector: str
    starts: date


class MergeUnit(Command):
    """Let the unit go up in another, from a day on."""

    role: str
    starts: date


class CloseUnit(Command):
    """Let the unit cease to exist."""

    role: str
    ends: date


def decide_unit_registration(unit: Unit | None, command: RegisterUnit) -> Decision:
    """Register a unit; anyone may ask, and the code has one holder."""
    if unit is not None:
        return Refusal.because("unit_exists", unit=unit.unit)
    registered = UnitRegistered(
        unit=command.unit,
        credit_code=command.credit_code,
        name=command.name,
        region=command.region,
        sector=command.sector,
        kinds=command.kinds,
    )
    return (Draft(registered, command.contact),)


def decide_verification(unit: Unit | None, command: VerifyUnit, by: Actor | None) -> Decision:
    """Verify a unit that waits for it. `by` None: the installation verifies its first office itself."""
    waiting = _waiting(unit, command.role, by)
    if isinstance(waiting, Refusal):
        return waiting
    return (Draft(UnitVerified(unit=waiting.unit, evidence=command.evidence)),)


def decide_rejection(unit: Unit | None, command: RejectUnit, by: Actor) -> Decision:
    """Reject a unit that waits to be verified."""
    waiting = _waiting(unit, command.role, by)
    if isinstance(waiting, Refusal):
        return waiting
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(UnitRejected(unit=waiting.unit), words),)


def decide_renaming(unit: Unit | None, command: RenameUnit, by: Actor) -> Decision:
    """Rename a unit, in the order of days."""
    living = _living(unit, command.role, by, command.starts)
    if isinstance(living, Refusal):
        return living
    if command.name == living.names[-1].name:
        return Refusal.because("nothing_changed", name=command.name)
    return (Draft(UnitRenamed(unit=living.unit, name=command.name, starts=command.starts)),)


def decide_move(unit: Unit | None, command: MoveUnit, by: Actor) -> Decision:
    """Move a unit, in the order of days. Its people's affiliations are dated anew by whoever answers for them."""
    living = _living(unit, command.role, by, command.starts)
    if isinstance(living, Refusal):
        return living
    seat = living.seats[-1]
    if (command.region, command.sector) == (seat.region, seat.sector):
        return Refusal.because("nothing_changed", region=seat.region, sector=seat.sector)
    moved = UnitMoved(unit=living.unit, region=command.region, sector=command.sector, starts=command.starts)
    return (Draft(moved),)


def decide_merger(unit: Unit | None, command: MergeUnit, into: Unit | None, by: Actor) -> Decision:
    """Merge a unit into another that lives; chains end, since the other cannot already have gone up in this one."""
    living = _living(unit, command.role, by, command.starts)
    if isinstance(living, Refusal):
        return living
    if by.organisation == living.unit:
        return Refusal.because("own_unit", unit=living.unit)
    if into is None:
        return Refusal.because("unit_absent")
    if into.unit == living.unit:
        return Refusal.because("merged_into_itself", unit=living.unit)
    if no := unfit(into):
        return no
    return (Draft(UnitMerged(unit=living.unit, into=into.unit, starts=command.starts)),)


def decide_closing(unit: Unit | None, command: CloseUnit, by: Actor) -> Decision:
    """Close a unit on or after the day of its last change."""
    living = _living(unit, command.role, by, command.ends)
    if isinstance(living, Refusal):
        return living
    if by.organisation == living.unit:
        return Refusal.because("own_unit", unit=living.unit)
    return (Draft(UnitClosed(unit=living.unit, ends=command.ends)),)


def _waiting(unit: Unit | None, role: str, by: Actor | None) -> Unit | Refusal:
    """Give a unit that waits to be verified by this hand, or say why not."""
    if unit is None:
        return Refusal.because("unit_absent")
    if by is not None:
        if no := standing(by, role, matter_of(unit)):
            return no
        if by.organisation == unit.unit:  # A unit does not vouch for itself.
            return Refusal.because("own_unit", unit=unit.unit)
    if unit.status is Status.VERIFIED:
        return Refusal.because("already_verified", unit=unit.unit)
    if unit.status is not Status.REGISTERED and (no := unfit(unit)):
        return no
    return unit


def _living(unit: Unit | None, role: str, by: Actor, day: date) -> Unit | Refusal:
    """Give a verified unit that this hand may change from a day on, or say why not."""
    if unit is None:
        return Refusal.because("unit_absent")
    if no := standing(by, role, matter_of(unit)) or unfit(unit):
        return no
    if day < unit.changed_on:
        return Refusal.because("date_out_of_order", day=day, changed_on=unit.changed_on)
    return unit


def evolve(unit: Unit | None, event: UnitEvent) -> Unit:
    """Accept what happened."""
    if isinstance(event, UnitRegistered):
        names, seats = (DatedName(date.min, event.name),), (Seat(date.min, event.region, event.sector),)
        return Unit(event.unit, event.credit_code, event.kinds, names, seats)
    if unit is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](unit, event)


_EVOLVE: Final[dict[type[UnitEvent], Callable[[Unit, Any], Unit]]] = {
    UnitVerified: lambda unit, event: replace(unit, status=Status.VERIFIED),
    UnitRejected: lambda unit, event: replace(unit, status=Status.REJECTED),
    UnitRenamed: lambda unit, event: replace(unit, names=(*unit.names, DatedName(event.starts, event.name))),
    UnitMoved: lambda unit, event: replace(unit, seats=(*unit.seats, Seat(event.starts, event.region, event.sector))),
    UnitMerged: lambda unit, event: replace(unit, status=Status.MERGED, into=event.into, ended_on=event.starts),
    UnitClosed: lambda unit, event: replace(unit, status=Status.CLOSED, ended_on=event.ends),
}
