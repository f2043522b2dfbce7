"""What happens to a case (监察案件): opened on claims, people, accounts or organisers (P 17, W 16).

A detector proposes, a person decides: no event of this stream follows from a pattern by itself. The case is the only
subject of its events: what it says in words is about everyone it concerns at once, so it is sealed under the case's own
key, and nobody's forgetting takes the words from the others; and nobody is told of it by the list of their events.

A long list stands here whole, in parts of `LISTED_MOST`, all of which are written in one append. An id is some 29 bytes
and what then happens to its entry some 700, so that a list costs little beside what follows from it; a criterion with a
digest would have to be asked again, of answers that have moved on, and could only say that they have. The criterion and
the digest stand beside the list, to say how it came about. What is done to many at once: `ledger.events.case_bulk`.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NewType

from ledger.events.application import ApplicationId
from ledger.events.base import Event, Hand, Open, Part, Pseudonym, Sealed, Secret, Words
from ledger.vocabulary import ActorId, ClaimId, PersonId, StreamId, UnitId

CaseId = NewType("CaseId", str)

LISTED_MOST: Final = 500
"""So many entries one event names: with their claimants some 30 KB, and a leaf that is served holds 64 KB at most."""


class Chosen(Part):
    """By what a list was chosen, all of it at once; nothing of it where the entries were named one by one."""

    training_class: Open[str | None] = None
    organiser: Open[str | None] = None
    approver: Pseudonym[ActorId | None] = None
    finding: Pseudonym[str | None] = None
    decided_from: Open[date | None] = None
    decided_until: Open[date | None] = None


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


# Who is in it


class MemberNamed(CaseEvent, tag="case.member_named/1"):
    """An account works on the case from here on. As soon as a case has members, its contents are for them alone."""

    actor: Pseudonym[ActorId]
    hand: Pseudonym[Hand]


class MemberReleased(CaseEvent, tag="case.member_released/1"):
    """An account works on it no longer."""

    sealed_as = Words

    actor: Pseudonym[ActorId]
    hand: Pseudonym[Hand]


# How it goes on


class NoteAdded(CaseEvent, tag="case.note_added/1"):
    """Something was noted down by somebody who works on it."""

    sealed_as = Words

    hand: Pseudonym[Hand]


class DeadlineSet(CaseEvent, tag="case.deadline_set/1"):
    """It is to be ended by another day, for a reason."""

    sealed_as = Words

    due: Open[date]
    hand: Pseudonym[Hand]
    former: Open[date | None] = None


class CaseWidened(CaseEvent, tag="case.widened/1"):
    """More is looked into; a list of many comes in parts, all of them in one append, the reason with the first."""

    sealed_as = Words

    concerned: Open[Concerned]       # What is new of it, with the claimants of these entries.
    hand: Pseudonym[Hand]
    part: Open[int] = 1
    parts: Open[int] = 1
    list_sha256: Open[str | None] = None  # Of the whole list, as it was shown before.
    chosen: Open[Chosen | None] = None

    def untold(self) -> tuple[str, ...]:
        concerned = self.concerned
        return (*concerned.persons, *concerned.actors, *concerned.organisers)


class FindingsTaken(CaseEvent, tag="case.findings_taken/1"):
    """Findings of patterns are looked into in this case, from here on."""

    findings: Pseudonym[tuple[str, ...]]
    hand: Pseudonym[Hand]


class ConsequenceNamed(CaseEvent, tag="case.consequence_named/1"):
    """A sanction that did not name the case followed from it: a disqualification, a title revoked (P 16, N 10)."""

    application: Pseudonym[ApplicationId]
    hand: Pseudonym[Hand]


# What is asked of others


class MaterialWanted(Sealed):
    """Whom something is asked of, as it is addressed, and what."""

    source: Secret[str]
    what: Secret[str]


class MaterialRequested(CaseEvent, tag="case.material_requested/1"):
    """Material was asked for (要求提供材料): from whom, what, until when. Requests are numbered within their case."""

    sealed_as = MaterialWanted

    number: Open[int]
    due: Open[date]
    hand: Pseudonym[Hand]
    party: Pseudonym[str | None] = None  # The unit, person or account that is asked, where the register knows it.


class MaterialReceived(CaseEvent, tag="case.material_received/1"):
    """Something of it came, as files that are named by their digests."""

    sealed_as = Words

    number: Open[int]
    files: Open[tuple[str, ...]]
    is_complete: Open[bool]              # Nothing more is waited for.
    hand: Pseudonym[Hand]


class MaterialRequestEnded(CaseEvent, tag="case.material_request_ended/1"):
    """It is waited for no longer: withdrawn, or not handed over (拒不提供), which is a fact of its own."""

    sealed_as = Words

    number: Open[int]
    why: Open[str]                       # withdrawn, not_provided
    hand: Pseudonym[Hand]
