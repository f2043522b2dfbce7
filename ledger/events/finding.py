"""What people decide about a finding: taken up, given on, ruled out, substantiated, referred (P 17, W 16).

A detector writes nothing here: what it found is derived, and found again. The stream begins with the first thing that a
person does about it. Each event names the pattern with its version and the digest of the facts that were decided upon:
when these change, the decision is about former facts, and the finding waits again.

As with a case, the finding is the only subject of its events, its words are sealed under its own key, and nobody whom
it concerns is told of it by the list of their events. `tests/ledger/streams/test_finding_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Hand, Open, Part, Pseudonym, Words
from ledger.events.case import CaseId
from ledger.vocabulary import ActorId, PersonId, StreamId, UnitId

FindingId = NewType("FindingId", str)


class Upon(Part):
    """What a decision is about: a finding as it stood, so that it can be told later what was known."""

    pattern: Open[str]                                  # With its version: D01/1.
    facts_sha256: Open[str]                             # Of everything it rested on, however much that was.
    region: Open[str]                                   # Who may decide follows from the place.
    sector: Open[str | None] = None
    events: Open[tuple[int, ...]] = ()                  # The events that it rested on, by position: the first of them,
    events_count: Open[int] = 0                         # of so many in all.
    persons: Pseudonym[tuple[PersonId, ...]] = ()
    actors: Pseudonym[tuple[ActorId, ...]] = ()
    organisers: Pseudonym[tuple[UnitId, ...]] = ()


class FindingEvent(Event):
    """The base of all events of a finding's stream."""

    finding: Pseudonym[FindingId]
    upon: Open[Upon]
    hand: Pseudonym[Hand]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.finding)

    def subjects(self) -> tuple[str, ...]:
        return (self.finding,)

    def untold(self) -> tuple[str, ...]:
        return (*self.upon.persons, *self.upon.actors, *self.upon.organisers)


class FindingTakenUp(FindingEvent, tag="finding.taken_up/1"):
    """Somebody looks into it, until a day."""

    due: Open[date]


class FindingGiven(FindingEvent, tag="finding.given/1"):
    """Somebody else looks into it from here on."""

    to: Pseudonym[ActorId]
    due: Open[date]


class FindingRuledOut(FindingEvent, tag="finding.ruled_out/1"):
    """An honest look-alike, or a mistake of the pattern (排除): it stays so until the facts change."""

    sealed_as = Words


class FindingSubstantiated(FindingEvent, tag="finding.substantiated/1"):
    """It is so (属实); what follows for the entries is decided in a case or upon each of them."""

    sealed_as = Words

    basis: Open[str]


class FindingReferred(FindingEvent, tag="finding.referred/1"):
    """Handed over to whoever is competent (移送): the supervisory organ, the office above (P 17, W 16)."""

    sealed_as = Words

    to: Open[str]
    document: Open[str | None] = None


class FindingLinked(FindingEvent, tag="finding.linked/1"):
    """It is looked into in a case, whose own stream says so in the same transaction."""

    case: Pseudonym[CaseId]
