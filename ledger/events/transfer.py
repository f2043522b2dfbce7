"""A unit transfer (单位变更): asked for by the person, decided by the receiving unit (W 4).

Reading: W 4 does not say who confirms; the receiving unit does, because it answers for the affiliation afterwards.
A first match to a unit is a transfer from none.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.events.base import Event, Name, Open, Pseudonym, Sealed, Words
from ledger.vocabulary import PersonId, StreamId, TransferId, UnitId

OPEN_TRANSFER: Final = frozenset({"open_transfer"})
"""A person has one open transfer at a time: the name is theirs while it is open, so of two at once one wins."""


class TransferEvent(Event):
    """The base of all events of a transfer's stream."""

    transfer: Pseudonym[TransferId]
    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.transfer)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class TransferRequested(TransferEvent, tag="transfer.requested/1"):
    """The person asked to belong to another unit from a day on."""

    to_unit: Pseudonym[UnitId]
    starts: Open[date]
    from_unit: Pseudonym[UnitId | None] = None
    major: Open[str | None] = None
    standing: Open[str | None] = None
    evidence: Open[tuple[str, ...]] = ()

    def subjects(self) -> tuple[str, ...]:
        units = (self.to_unit,) if self.from_unit is None else (self.from_unit, self.to_unit)
        return (self.person, *units)

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("open_transfer", self.person),)


class TransferConfirmed(TransferEvent, tag="transfer.confirmed/1"):
    """The receiving unit confirmed; the affiliation is recorded in the same transaction."""

    starts: Open[date]  # The unit may put the day right.

    def freed(self) -> frozenset[str]:
        return OPEN_TRANSFER


class TransferRefused(TransferEvent, tag="transfer.refused/1"):
    """The receiving unit refused, with a reason code and words."""

    sealed_as = Words

    def freed(self) -> frozenset[str]:
        return OPEN_TRANSFER


class TransferWithdrawn(TransferEvent, tag="transfer.withdrawn/1"):
    """The person took the request back."""

    def freed(self) -> frozenset[str]:
        return OPEN_TRANSFER
