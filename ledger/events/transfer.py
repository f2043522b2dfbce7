"""A unit transfer (单位变更): asked for by the person, decided by the receiving unit (W 4).

Reading: W 4 does not say who confirms; the receiving unit does, because it answers for the affiliation afterwards.
A first match to a unit is a transfer from none.
"""

from __future__ import annotations

from datetime import date

from ledger.events.base import Event, Open, Pseudonym, Words
from ledger.vocabulary import PersonId, TransferId, UnitId


class TransferEvent(Event):
    """The base of all events of a transfer's stream."""

    transfer: Pseudonym[TransferId]
    person: Pseudonym[PersonId]

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


class TransferConfirmed(TransferEvent, tag="transfer.confirmed/1"):
    """The receiving unit confirmed; the affiliation is recorded in the same transaction."""

    starts: Open[date]  # The unit may put the day right.


class TransferRefused(TransferEvent, tag="transfer.refused/1"):
    """The receiving unit refused, with a reason code and words."""

    sealed_as = Words


class TransferWithdrawn(TransferEvent, tag="transfer.withdrawn/1"):
    """The person took the request back."""
