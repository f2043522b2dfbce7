"""A unit transfer (单位变更): asked for by the person, confirmed or refused by the receiving unit, or taken back (W 4).

Confirming records the affiliation in the same transaction: its decision yields drafts for two streams. One transfer a
person is open at a time; the requested event reserves that as a name, so that of two at once exactly one stands, and
`open_transfer` is handed in so that the second asker is told which.

Reading: the receiving unit's people do not confirm their own transfer (D07). Where a unit has only one account, the
office above enters the affiliation.

`tests/ledger/streams/test_transfer_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import Affiliation, PersonAffiliated
from ledger.events.transfer import (
    TransferConfirmed,
    TransferEvent,
    TransferRefused,
    TransferRequested,
    TransferWithdrawn,
)
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, standing
from ledger.streams.unit import Unit, matter_of, unfit
from ledger.vocabulary import PersonId, TransferId, UnitId


class Status(StrEnum):
    """Where a transfer is in life."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Transfer(State):
    """A transfer as it stands."""

    transfer: TransferId
    person: PersonId
    to_unit: UnitId
    starts: date
    from_unit: UnitId | None
    major: str | None
    standing: str | None
    status: Status = Status.REQUESTED


class RequestTransfer(Command):
    """Ask to belong to another unit from a day on."""

    transfer: TransferId
    person: PersonId  # Who asks: for themselves alone.
    starts: date
    major: str | None = None
    standing: str | None = None
    evidence: tuple[str, ...] = ()


class ConfirmTransfer(Command):
    """Say for the receiving unit that the person belongs to it; the unit may put the day right."""

    role: str
    starts: date | None = None


class RefuseTransfer(Command):
    """Say for the receiving unit that the person does not."""

    role: str
    words: str


class WithdrawTransfer(Command):
    """Take the request back."""

    person: PersonId


def decide_request(
    transfer: Transfer | None,
    command: RequestTransfer,
    person: Person | None,
    to_unit: Unit | None,
    open_transfer: Transfer | None = None,
) -> Decision:
    """Ask, where no other request is open and the unit is there to answer."""
    if transfer is not None:
        return Refusal.because("transfer_exists", transfer=transfer.transfer)
    if person is None:
        return Refusal.because("person_absent")
    if to_unit is None:
        return Refusal.because("unit_absent")
    if command.person != person.person:
        return Refusal.because("not_the_person")
    if no := closed_to_processing(person) or unfit(to_unit):
        return no
    if open_transfer is not None and open_transfer.status is Status.REQUESTED:
        return Refusal.because("transfer_open", transfer=open_transfer.transfer)
    before = person.affiliation_on(command.starts)
    if (found := person.affiliation_from(command.starts)) is not None:
        return Refusal.because("affiliation_exists", starts=command.starts, unit=found.unit)
    if before is not None and _as_before(before, command, to_unit):
        return Refusal.because("nothing_changed", unit=before.unit, since=before.starts)
    requested = TransferRequested(
        transfer=command.transfer,
        person=person.person,
        to_unit=to_unit.unit,
        starts=command.starts,
        from_unit=None if before is None else before.unit,
        major=command.major,
        standing=command.standing,
        evidence=command.evidence,
    )
    return (Draft(requested),)


def _as_before(before: Affiliation, command: RequestTransfer, to_unit: Unit) -> bool:
    """Say that somebody asks for where they are: another major or standing there, or a unit that moved, is no such."""
    seat = to_unit.seat_on(command.starts)
    return (before.unit, before.region, before.sector, before.major, before.standing) == (
        to_unit.unit, seat.region, seat.sector, command.major, command.standing)


def decide_confirmation(
    transfer: Transfer | None, command: ConfirmTransfer, person: Person, to_unit: Unit, by: Actor
) -> Decision:
    """Confirm, and record the affiliation where the unit is on that day: two streams, one transaction."""
    asked = _answerable(transfer, command.role, person, to_unit, by)
    if isinstance(asked, Refusal):
        return asked
    if no := unfit(to_unit):
        return no
    starts = asked.starts if command.starts is None else command.starts
    if (found := person.affiliation_from(starts)) is not None:
        return Refusal.because("affiliation_exists", starts=starts, unit=found.unit)
    seat = to_unit.seat_on(starts)
    affiliation = Affiliation(
        unit=to_unit.unit,
        starts=starts,
        region=seat.region,
        sector=seat.sector,
        major=asked.major,
        standing=asked.standing,
    )
    return (
        Draft(TransferConfirmed(transfer=asked.transfer, person=asked.person, starts=starts)),
        Draft(PersonAffiliated(person=asked.person, affiliation=affiliation, transfer=asked.transfer)),
    )


def decide_transfer_refusal(
    transfer: Transfer | None, command: RefuseTransfer, person: Person, to_unit: Unit, by: Actor
) -> Decision:
    """Refuse, with words for the person."""
    asked = _answerable(transfer, command.role, person, to_unit, by)
    if isinstance(asked, Refusal):
        return asked
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(TransferRefused(transfer=asked.transfer, person=asked.person), words),)


def decide_transfer_withdrawal(transfer: Transfer | None, command: WithdrawTransfer, person: Person) -> Decision:
    """Withdraw, by the person alone and before an answer."""
    if transfer is None:
        return Refusal.because("transfer_absent")
    if command.person != transfer.person:
        return Refusal.because("not_the_person")
    if no := _shut(transfer, person):
        return no
    return (Draft(TransferWithdrawn(transfer=transfer.transfer, person=transfer.person)),)


def _shut(transfer: Transfer, person: Person) -> Refusal | None:
    """Say why a request can be answered or withdrawn no more."""
    assert person.person == transfer.person, "the caller brought another person"
    if no := closed_to_processing(person):
        return no
    if transfer.status is not Status.REQUESTED:
        return Refusal.because("transfer_not_open", status=transfer.status)
    return None


def _answerable(
    transfer: Transfer | None, role: str, person: Person, to_unit: Unit, by: Actor
) -> Transfer | Refusal:
    """Give a transfer that this hand may still answer for the receiving unit, or say why not."""
    if transfer is None:
        return Refusal.because("transfer_absent")
    assert to_unit.unit == transfer.to_unit, "the caller brought another unit"
    if no := standing(by, role, matter_of(to_unit)):
        return no
    if by.organisation != transfer.to_unit:
        return Refusal.because("not_the_receiving_unit", unit=transfer.to_unit, organisation=by.organisation)
    if by.person == transfer.person:
        return Refusal.because("own_transfer", actor=by.actor)
    return _shut(transfer, person) or transfer


def evolve(transfer: Transfer | None, event: TransferEvent) -> Transfer:
    """Accept what happened."""
    if isinstance(event, TransferRequested):
        return Transfer(
            event.transfer, event.person, event.to_unit, event.starts, event.from_unit, event.major, event.standing
        )
    if transfer is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](transfer, event)


_EVOLVE: Final[dict[type[TransferEvent], Callable[[Transfer, Any], Transfer]]] = {
    TransferConfirmed: lambda transfer, event: replace(transfer, status=Status.CONFIRMED, starts=event.starts),
    TransferRefused: lambda transfer, event: replace(transfer, status=Status.REFUSED),
    TransferWithdrawn: lambda transfer, event: replace(transfer, status=Status.WITHDRAWN),
}
