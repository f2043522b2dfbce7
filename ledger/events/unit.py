"""What happens to a unit (用人单位), an organiser or an office: all are organisations with one credit code."""

from __future__ import annotations

from datetime import date

from ledger.events.base import Event, Name, Open, Pseudonym, Sealed, Secret, Words
from ledger.vocabulary import StreamId, UnitId


class Contact(Sealed):
    """Whom to ask at the unit."""

    name: Secret[str]
    phone: Secret[str | None] = None
    email: Secret[str | None] = None


class UnitEvent(Event):
    """The base of all events of a unit's stream."""

    unit: Pseudonym[UnitId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.unit)

    def subjects(self) -> tuple[str, ...]:
        return (self.unit,)


class UnitRegistered(UnitEvent, tag="unit.registered/1"):
    """An organisation entered the register. Its name and code are public facts, its contact is a person and sealed."""

    sealed_as = Contact

    credit_code: Open[str]
    name: Open[str]
    region: Open[str]
    sector: Open[str]
    kinds: Open[tuple[str, ...]] = ("employer",)  # employer, organiser, department, association, committee

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("credit_code", self.credit_code),)


class UnitVerified(UnitEvent, tag="unit.verified/1"):
    """An office saw the unit's papers: from now on people can be matched to it (W 4)."""

    evidence: Open[tuple[str, ...]] = ()


class UnitRejected(UnitEvent, tag="unit.rejected/1"):
    """An office found the papers wrong: nobody was ever matched to it, its code is free for the true holder."""

    sealed_as = Words

    def freed(self) -> frozenset[str]:
        return frozenset({"credit_code"})


class UnitRenamed(UnitEvent, tag="unit.renamed/1"):
    """The code survives a change of name; so does every affiliation."""

    name: Open[str]
    starts: Open[date]


class UnitMoved(UnitEvent, tag="unit.moved/1"):
    """The unit's seat or sector changed, from a day on."""

    region: Open[str]
    sector: Open[str]
    starts: Open[date]


class UnitMerged(UnitEvent, tag="unit.merged/1"):
    """The unit went up in another: its code does not survive, its people and history lead there."""

    into: Pseudonym[UnitId]
    starts: Open[date]

    def subjects(self) -> tuple[str, ...]:
        return (self.unit, self.into)


class UnitClosed(UnitEvent, tag="unit.closed/1"):
    """The unit ceased to exist."""

    ends: Open[date]
