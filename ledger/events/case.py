"""What happens to a case (监察案件): opened on claims, people, accounts or organisers (P 17, W 16).

A detector proposes, a person decides: no event of this stream follows from a pattern by itself. The case is the only
subject of its events: what it says in words is about everyone it concerns at once, so it is sealed under the case's own
key, and nobody's forgetting takes the words from the others; and nobody is told of it by the list of their events.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Hand, Open, Part, Pseudonym, Words
from ledger.vocabulary import ActorId, ClaimId, PersonId, StreamId, UnitId

CaseId = NewType("CaseId", str)


class Concerned(Part):
    """Whom and what a case is about."""

    claims: Pseudonym[tuple[ClaimId, ...]] = ()
    persons: Pseudonym[tuple[PersonId, ...]] = ()      # The claimants of the claims among them.
    actors: Pseudonym[tuple[ActorId, ...]] = ()
    organisers: Pseudonym[tuple[UnitId, ...]] = ()


class CaseEvent(Event):
    """The base of all events of a case's stream."""

    case: Pseudonym[CaseId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.case)

    def subjects(self) -> tuple[str, ...]:
        return (self.case,)


class CaseOpened(CaseEvent, tag="case.opened/1"):
    """Somebody saw, or a detector proposed, what has to be looked into."""

    sealed_as = Words

    kind: Open[str]                              # falsification, double_count, self_approval, misconduct, ...
    region: Open[str]                            # Who may look into it follows from the place.
    concerned: Open[Concerned]
    sector: Open[str | None] = None
    pattern: Open[str | None] = None             # The rule of a detector with its version: D01/1.
    findings: Open[tuple[int, ...]] = ()         # The events that it rests on, by position.
    due: Open[date | None] = None

    def untold(self) -> tuple[str, ...]:
        # Whoever is looked into must not read it from the complete list of events that comes with a statement.
        concerned = self.concerned
        return (*concerned.persons, *concerned.actors, *concerned.organisers)


class ClaimsHeld(CaseEvent, tag="case.held/1"):
    """Entries were frozen while it is looked into; each claim's own stream says so, too, in the same transaction."""

    claims: Pseudonym[tuple[ClaimId, ...]]
    hand: Pseudonym[Hand]


class FindingRecorded(CaseEvent, tag="case.finding_recorded/1"):
    """A person decided what it comes to: ruled out (排除), substantiated (属实), still to be looked into (待核查)."""

    sealed_as = Words

    finding: Open[str]
    hand: Pseudonym[Hand]
    basis: Open[str | None] = None


class CaseReferred(CaseEvent, tag="case.referred/1"):
    """Handed over to whoever is competent (移送): the supervisory organ, the office above (P 17, W 16)."""

    sealed_as = Words

    to: Open[str]
    hand: Pseudonym[Hand]
    document: Open[str | None] = None


class CaseClosed(CaseEvent, tag="case.closed/1"):
    """Nothing remains to be done; what was held and ruled out is released in the same transaction."""

    outcome: Open[str]                            # The finding with which it ends.
    hand: Pseudonym[Hand]
    released: Pseudonym[tuple[ClaimId, ...]] = ()
