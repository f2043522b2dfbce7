"""A finding of a detector as work (核查线索): taken up, given on, ruled out, substantiated, referred (P 17, W 16).

    pending (待核查) → ruled_out (排除), substantiated (属实), referred (移送); all of them pending again on other facts

A detector proposes, a person decides (PIPL 24): a stream of this kind begins with the first thing that somebody does
about what was found. Every command carries the finding as it stands and the digest of the facts that whoever acts was
shown; where the two differ they are shown it anew. A decision holds for its facts and no others. It may be changed,
with reasons, until the finding was referred: then it is for others to say. Who is concerned by it, themselves, through
their account or their organisation, does nothing with it (D07).

`tests/ledger/streams/test_finding_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import CaseId
from ledger.events.finding import (
    FindingEvent,
    FindingGiven,
    FindingId,
    FindingLinked,
    FindingReferred,
    FindingRuledOut,
    FindingSubstantiated,
    FindingTakenUp,
    Upon,
)
from ledger.streams.decision import Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActorId


class Status(StrEnum):
    """What it comes to, on the facts as they are."""

    PENDING = "pending"              # 待核查
    RULED_OUT = "ruled_out"          # 排除
    SUBSTANTIATED = "substantiated"  # 属实
    REFERRED = "referred"            # 移送


class Finding(State):
    """A finding as people have dealt with it."""

    finding: FindingId
    upon: Upon                            # As it stood when something was last done about it.
    owner: ActorId | None = None
    due: date | None = None               # None: nobody has it in hand, or it was decided.
    decided: Status = Status.PENDING      # On the facts of `decided_on`.
    decided_on: str | None = None
    cases: tuple[CaseId, ...] = ()

    def status(self, facts_sha256: str) -> Status:
        """Say what it comes to on some facts: what was decided on others is history."""
        return self.decided if self.decided_on == facts_sha256 else Status.PENDING


class Looking(Command):
    """The base of what is done about a finding: in what role, upon what it is, having been shown which facts."""

    role: str
    finding: FindingId
    upon: Upon
    shown: str


class TakeUp(Looking):
    """Look into it oneself, until a day."""

    due: date


class Give(Looking):
    """Have somebody look into it."""

    due: date


class RuleOut(Looking):
    """Say that there is nothing in it."""

    words: str


class Substantiate(Looking):
    """Say that it is so."""

    words: str
    basis: str


class ReferFinding(Looking):
    """Hand it over to whoever is competent."""

    words: str
    to: str
    document: str | None = None


class LinkCase(Looking):
    """Look into it in a case."""

    case: CaseId


def decide_taking_up(finding: Finding | None, command: TakeUp, by: Actor) -> Decision:
    """Take it in hand, or put another day to what one has; what a colleague has is given, not taken."""
    if no := _barred(command, by):
        return no
    if (decided := _status(finding, command)) is not Status.PENDING:
        return Refusal.because("finding_decided", status=decided.value)
    if finding is not None and (finding.owner, finding.due, finding.upon) == (by.actor, command.due, command.upon):
        return Refusal.because("nothing_changed")
    if finding is not None and finding.due is not None and finding.owner != by.actor:
        return Refusal.because("finding_of_another", owner=finding.owner)
    return (Draft(FindingTakenUp(finding=command.finding, upon=command.upon, hand=by.hand, due=command.due)),)


def decide_giving(finding: Finding | None, command: Give, by: Actor, to: Actor) -> Decision:
    """Give it to a colleague who could take it up as well; whoever supervises the place may, so that nothing lies."""
    if no := _barred(command, by):
        return no
    if (decided := _status(finding, command)) is not Status.PENDING:
        return Refusal.because("finding_decided", status=decided.value)
    if to.organisation != by.organisation:
        return Refusal.because("assignee_elsewhere", to=to.actor)
    if not can_take(command.role, command.upon, to):
        return Refusal.because("assignee_unfit", to=to.actor, role=command.role)
    if finding is not None and (finding.owner, finding.due, finding.upon) == (to.actor, command.due, command.upon):
        return Refusal.because("assignment_unchanged")
    given = FindingGiven(finding=command.finding, upon=command.upon, hand=by.hand, to=to.actor, due=command.due)
    return (Draft(given),)


def can_take(role: str, upon: Upon, actor: Actor) -> bool:
    """Say whether somebody could have it in hand: the place is theirs to supervise, and it is not about them."""
    return standing(actor, role, Matter(upon.region, upon.sector)) is None and not is_concerned(upon, actor)


def decide_ruling_out(finding: Finding | None, command: RuleOut, by: Actor) -> Decision:
    """Rule it out, with reasons."""
    if no := _barred(command, by) or _settled(finding, command, Status.RULED_OUT, by):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(FindingRuledOut(finding=command.finding, upon=command.upon, hand=by.hand), words),)


def decide_substantiation(finding: Finding | None, command: Substantiate, by: Actor) -> Decision:
    """Say that it is so, with reasons and by which clause."""
    if no := _barred(command, by) or _settled(finding, command, Status.SUBSTANTIATED, by):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    found = FindingSubstantiated(finding=command.finding, upon=command.upon, hand=by.hand, basis=command.basis)
    return (Draft(found, words),)


def decide_finding_referral(finding: Finding | None, command: ReferFinding, by: Actor) -> Decision:
    """Refer it, once on the same facts."""
    if no := _barred(command, by) or _settled(finding, command, Status.REFERRED, by):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    referred = FindingReferred(
        finding=command.finding, upon=command.upon, hand=by.hand, to=command.to, document=command.document)
    return (Draft(referred, words),)


def decide_linking(finding: Finding | None, command: LinkCase, by: Actor) -> Decision:
    """Link a case. What was ruled out on these facts is first decided otherwise, so that reasons stand beside it."""
    if no := _barred(command, by):
        return no
    if (decided := _status(finding, command)) is Status.RULED_OUT:
        return Refusal.because("finding_decided", status=decided.value)
    return (Draft(FindingLinked(finding=command.finding, upon=command.upon, hand=by.hand, case=command.case)),)


def _barred(command: Looking, by: Actor) -> Refusal | None:
    """Say why this hand does nothing with it, or that it has become another finding since it was shown."""
    upon = command.upon
    if no := standing(by, command.role, Matter(upon.region, upon.sector)):
        return no
    if is_concerned(upon, by):
        return Refusal.because("own_finding", actor=by.actor)
    if command.shown != upon.facts_sha256:
        return Refusal.because("finding_changed", facts_sha256=upon.facts_sha256)
    return None


def _settled(finding: Finding | None, command: Looking, wanted: Status, by: Actor) -> Refusal | None:
    """Say why it is not to be decided so: it was, it is with others, or a colleague has it in hand."""
    if finding is None:
        return None
    decided = _status(finding, command)
    if decided is Status.REFERRED:
        return Refusal.because("finding_referred")
    if decided is wanted:
        return Refusal.because("finding_decided", status=decided.value)
    if finding.due is not None and finding.owner != by.actor:
        return Refusal.because("finding_of_another", owner=finding.owner)
    return None


def _status(finding: Finding | None, command: Looking) -> Status:
    return Status.PENDING if finding is None else finding.status(command.upon.facts_sha256)


def is_concerned(upon: Upon, by: Actor) -> bool:
    """Say that this hand is itself the subject: its account, the person behind it, or its organisation."""
    return by.actor in upon.actors or by.person in upon.persons or by.organisation in upon.organisers


def evolve(finding: Finding | None, event: FindingEvent) -> Finding:
    """Accept what happened; the stream begins with whatever was done first."""
    known = Finding(event.finding, event.upon) if finding is None else replace(finding, upon=event.upon)
    return replace(known, **_EVOLVE[type(event)](known, event))


def _decided(status: Status, event: FindingEvent) -> dict[str, Any]:
    """A decision is its hand's, and nothing is due any more."""
    return {"decided": status, "decided_on": event.upon.facts_sha256, "owner": event.hand.actor, "due": None}


_EVOLVE: Final[dict[type[FindingEvent], Any]] = {
    FindingTakenUp: lambda _, event: {"owner": event.hand.actor, "due": event.due},
    FindingGiven: lambda _, event: {"owner": event.to, "due": event.due},
    FindingRuledOut: lambda _, event: _decided(Status.RULED_OUT, event),
    FindingSubstantiated: lambda _, event: _decided(Status.SUBSTANTIATED, event),
    FindingReferred: lambda _, event: _decided(Status.REFERRED, event),
    FindingLinked: lambda known, event: {"cases": (*known.cases, event.case)},
}
