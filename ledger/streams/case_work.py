"""A case as it is worked on: noted, widened, its deadline set anew, material asked for, findings and sanctions linked.

Material is asked for until a day, under a number of its case (P 15, W 12: whoever asserts hours shows what for). What
comes is named by digests; what does not come is said, too. Closing a case ends what is still waited for.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from ledger.errors import Refusal
from ledger.events.application import ApplicationId
from ledger.events.base import Draft
from ledger.events.case import (
    CaseWidened,
    Chosen,
    Concerned,
    ConsequenceNamed,
    DeadlineSet,
    FindingsTaken,
    MaterialReceived,
    MaterialRequested,
    MaterialRequestEnded,
    MaterialWanted,
    NoteAdded,
)
from ledger.streams.application import Application
from ledger.streams.case import NAMED_MOST, Case, Request, at_work, is_concerned, joined, parts_of
from ledger.streams.claim import Claim
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.standing import Actor


class AddNote(Command):
    """Write something down."""

    role: str
    words: str


class SetDeadline(Command):
    """Say anew until when."""

    role: str
    due: date
    words: str


class WidenCase(Command):
    """Look into more."""

    role: str
    words: str
    concerned: Concerned
    chosen: Chosen | None = None
    list_sha256: str | None = None


class TakeFindings(Command):
    """Look into findings of patterns."""

    role: str
    findings: tuple[str, ...]


class NameConsequence(Command):
    """Say that a sanction followed from it."""

    role: str
    application: ApplicationId


class RequestMaterial(Command):
    """Ask somebody for something until a day."""

    role: str
    source: str
    what: str
    due: date
    party: str | None = None


class ReceiveMaterial(Command):
    """Take what came of it."""

    role: str
    number: int
    files: tuple[str, ...]
    is_complete: bool
    words: str | None = None


class EndRequest(Command):
    """Wait for it no longer."""

    role: str
    number: int
    why: Literal["withdrawn", "not_provided"]
    words: str


def decide_note(case: Case | None, command: AddNote, by: Actor) -> Decision:
    """Note what is said."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(NoteAdded(case=known.case, hand=by.hand), words),)


def decide_deadline(case: Case | None, command: SetDeadline, by: Actor) -> Decision:
    """Set another day than stands, saying why."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if command.due == known.due:
        return Refusal.because("nothing_changed")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(DeadlineSet(case=known.case, due=command.due, hand=by.hand, former=known.due), words),)


def decide_widening(case: Case | None, command: WidenCase, claims: Sequence[Claim], by: Actor) -> Decision:
    """Widen it by what it does not name yet. `claims` are those that are named: their claimants are concerned."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    assert tuple(one.claim for one in claims) == command.concerned.claims, "the caller brought other claims"
    if len(claims) > NAMED_MOST:
        return Refusal.because("too_many_entries", rows=len(claims), most=NAMED_MOST)
    named = joined(command.concerned, Concerned(persons=tuple(one.person for one in claims)))
    new = _but(named, known.concerned)
    if new == Concerned():
        return Refusal.because("nothing_changed")
    if no := is_concerned(new, by):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    parts, drafts = parts_of(new), list[Draft]()
    for part, concerned in enumerate(parts, 1):
        widened = CaseWidened(case=known.case, concerned=concerned, hand=by.hand, part=part, parts=len(parts),
                              list_sha256=command.list_sha256, chosen=command.chosen)
        drafts.append(Draft(widened, words if part == 1 else None))
    return tuple(drafts)


def decide_findings(case: Case | None, command: TakeFindings, by: Actor) -> Decision:
    """Take findings that it has not taken yet."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    new = tuple(one for one in dict.fromkeys(command.findings) if one not in known.findings)
    if not new:
        return Refusal.because("nothing_changed")
    return (Draft(FindingsTaken(case=known.case, findings=new, hand=by.hand)),)


def decide_consequence(
    case: Case | None, command: NameConsequence, sanctioned: Application | None, by: Actor
) -> Decision:
    """Name a sanction upon somebody whom the case concerns."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    if sanctioned is None or not (sanctioned.disqualified or sanctioned.revoked):
        return Refusal.because("application_absent")
    if sanctioned.person not in known.concerned.persons:
        return Refusal.because("application_absent")  # Of anybody else this case has nothing to say.
    if command.application in known.sanctions:
        return Refusal.because("nothing_changed")
    return (Draft(ConsequenceNamed(case=known.case, application=command.application, hand=by.hand)),)


def decide_request(case: Case | None, command: RequestMaterial, by: Actor) -> Decision:
    """Ask for material, under the next number."""
    known = at_work(case, command.role, by)
    if isinstance(known, Refusal):
        return known
    source, what = command.source.strip(), command.what.strip()
    if not source or not what:
        return Refusal.because("words_missing")
    requested = MaterialRequested(
        case=known.case, number=len(known.requests) + 1, due=command.due, hand=by.hand, party=command.party)
    return (Draft(requested, MaterialWanted(source=source, what=what)),)


def decide_receipt(case: Case | None, command: ReceiveMaterial, by: Actor) -> Decision:
    """Take files for a request that waits; what is said to be complete without any names why."""
    waited = _waited_for(case, command.role, command.number, by)
    if isinstance(waited, Refusal):
        return waited
    known, _ = waited
    words = spoken(command.words)
    if not command.files and words is None:
        return Refusal.because("words_missing")
    received = MaterialReceived(case=known.case, number=command.number, files=tuple(dict.fromkeys(command.files)),
                                is_complete=command.is_complete, hand=by.hand)
    return (Draft(received, words),)


def decide_request_end(case: Case | None, command: EndRequest, by: Actor) -> Decision:
    """End a request that waits, saying why."""
    waited = _waited_for(case, command.role, command.number, by)
    if isinstance(waited, Refusal):
        return waited
    known, _ = waited
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(MaterialRequestEnded(
        case=known.case, number=command.number, why=command.why, hand=by.hand), words),)


def _waited_for(case: Case | None, role: str, number: int, by: Actor) -> tuple[Case, Request] | Refusal:
    """Give the request of a number that is not over, or say why there is none."""
    known = at_work(case, role, by)
    if isinstance(known, Refusal):
        return known
    found = next((one for one in known.requests if one.number == number), None)
    if found is None:
        return Refusal.because("request_absent", number=number)
    return (known, found) if found.outcome is None else Refusal.because("request_over", number=number)


def _but(named: Concerned, known: Concerned) -> Concerned:
    """What is named and not known already."""
    fields = {}
    for name in named.__struct_fields__:
        before = frozenset(getattr(known, name))
        fields[name] = tuple(one for one in getattr(named, name) if one not in before)
    return Concerned(**fields)
