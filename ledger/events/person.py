"""What happens to a person: entered, corrected, moved between units, restricted, forgotten."""

from __future__ import annotations

from datetime import date

from ledger.events.base import Event, Hand, Name, Open, Part, Pseudonym, Sealed, Secret, Words
from ledger.vocabulary import PersonId, StreamId, TransferId, UnitId


class PersonEvent(Event):
    """The base of all events of a person's stream."""

    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.person)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class Identity(Sealed):
    """Who it is: the raw name as given and the name as compared, one identity document."""

    name: Secret[str]
    name_normalised: Secret[str]
    id_kind: Secret[str]
    id_number: Secret[str]
    phone: Secret[str | None] = None

    def id_name(self) -> Name:
        """Give the name under which this identity document is reserved and found."""
        return Name("id_number", f"{self.id_kind}:{self.id_number}")


class PersonRegistered(PersonEvent, tag="person.registered/1"):
    """A professional entered the register, alone or by an office."""

    sealed_as = Identity

    name_uncertain: Open[bool] = False  # The name holds a character that a feed could not carry.
    origin: Open[str] = "self"          # self, office or import

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        assert isinstance(sealed, Identity)
        return (sealed.id_name(),)


class IdentityChange(Sealed):
    """The identity as it is now known, and the words given for the change."""

    identity: Secret[Identity]
    words: Secret[str | None] = None


class PersonCorrected(PersonEvent, tag="person.corrected/1"):
    """A name, document or phone was put right; what stood before stays in the event before."""

    sealed_as = IdentityChange

    fields: Open[tuple[str, ...]]
    evidence: Open[tuple[str, ...]] = ()  # SHA-256 of what was shown.

    def freed(self) -> frozenset[str]:
        return frozenset({"id_number"})

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        assert isinstance(sealed, IdentityChange)
        return (sealed.identity.id_name(),)


class Affiliation(Part):
    """Where a person belongs from a day on (人事隶属关系): the law that rules an entry follows from it."""

    unit: Pseudonym[UnitId]
    starts: Open[date]
    region: Open[str]
    sector: Open[str]
    major: Open[str | None] = None
    standing: Open[str | None] = None  # directly_under_department, talent_market, ... (R 8).


class PersonAffiliated(PersonEvent, tag="person.affiliated/1"):
    """From a day on the person belongs to this unit; a later affiliation ends the one before it."""

    affiliation: Open[Affiliation]
    transfer: Pseudonym[TransferId | None] = None

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.affiliation.unit)


class AffiliationVoided(PersonEvent, tag="person.affiliation_voided/1"):
    """An affiliation had been entered that never was; both entries stay to be seen."""

    unit: Pseudonym[UnitId]
    starts: Open[date]

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.unit)


class PersonLeft(PersonEvent, tag="person.left/1"):
    """The person's last day with a unit."""

    unit: Pseudonym[UnitId]
    ends: Open[date]

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.unit)


class DepartureVoided(PersonEvent, tag="person.departure_voided/1"):
    """A last day had been entered that was not one; both entries stay to be seen."""

    unit: Pseudonym[UnitId]
    ends: Open[date]

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.unit)


class TitleRecorded(PersonEvent, tag="person.title_recorded/1"):
    """A professional title (职称) and the day it was obtained: the count of years begins after it (N 9)."""

    level: Open[str]
    obtained_on: Open[date]
    series: Open[str | None] = None
    evidence: Open[tuple[str, ...]] = ()


class TitleVoided(PersonEvent, tag="person.title_voided/1"):
    """A title had been entered in error; one that was truly granted and taken away again is another matter (N 10)."""

    level: Open[str]
    obtained_on: Open[date]
    series: Open[str | None] = None


class PersonRestricted(PersonEvent, tag="person.restricted/1"):
    """All processing but storage and safeguarding stops (PIPL 47, last paragraph)."""

    sealed_as = Words

    basis: Open[str]


class RestrictionLifted(PersonEvent, tag="person.restriction_lifted/1"):
    """Processing goes on."""

    basis: Open[str]


class ErasureProposed(PersonEvent, tag="person.erasure_proposed/1"):
    """One hand proposed that the person be forgotten; another has to destroy the key, and not before a day."""

    sealed_as = Words

    hand: Open[Hand]
    basis: Open[str]          # request: the person's own; order: an authority's.
    document: Open[str]       # The number of the application or of the order.
    asked_on: Open[date]
    not_before: Open[date]
    restricts: Open[bool] = True  # False: they were restricted before, and stay so when it is withdrawn.
    evidence: Open[tuple[str, ...]] = ()


class ErasureWithdrawn(PersonEvent, tag="person.erasure_withdrawn/1"):
    """The proposal no longer stands; nothing was destroyed."""

    sealed_as = Words


class KeyDestroyed(PersonEvent, tag="person.key_destroyed/1"):
    """The person's key is gone: what was sealed under it reads as 已销毁 from now on, every proof stays valid."""

    basis: Open[str]
    final_after: Open[date]  # When the last backup of the key has expired.

    def freed(self) -> frozenset[str]:
        return frozenset({"id_number"})
