"""A case as it stands: what it names and holds, who works on it, what is asked for and done; and how that came about.

Decisions about it are in `ledger.streams.case`, `case_members`, `case_work` and `case_bulk`; history is accepted here.

`tests/ledger/streams/test_case_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.events.application import ApplicationId
from ledger.events.case import (
    CaseClosed,
    CaseEvent,
    CaseId,
    CaseOpened,
    CaseReferred,
    CaseWidened,
    ClaimsHeld,
    Concerned,
    ConsequenceNamed,
    DeadlineSet,
    FindingRecorded,
    FindingsTaken,
    MaterialReceived,
    MaterialRequested,
    MaterialRequestEnded,
    MemberNamed,
    MemberReleased,
    NoteAdded,
)
from ledger.events.case_bulk import BulkAbandoned, BulkClosed, BulkListed, BulkOpened
from ledger.streams.decision import Beheaded, State
from ledger.streams.standing import Matter
from ledger.vocabulary import ActId, ActorId, ClaimId


class Finding(StrEnum):
    """What it comes to."""

    PENDING = "pending"              # 待核查
    RULED_OUT = "ruled_out"          # 排除
    SUBSTANTIATED = "substantiated"  # 属实
    REFERRED = "referred"            # 移送


DECIDABLE: Final = (Finding.PENDING, Finding.RULED_OUT, Finding.SUBSTANTIATED)
"""What a finding can be recorded as; a referral names to whom and is an act of its own."""


class Request(State):
    """Material that was asked for."""

    number: int
    due: date
    outcome: str | None = None  # complete, withdrawn, not_provided; None: it is waited for.


class Bulk(State):
    """What is or was done to many entries at once, with its list while that is needed."""

    opened: BulkOpened
    claims: tuple[ClaimId, ...] = ()
    versions: tuple[int, ...] = ()
    status: str = "open"        # open, closed, abandoned


class Case(State):
    """A case as it stands."""

    opened: CaseOpened
    concerned: Concerned            # All of it, also what it was widened by.
    due: date | None = None
    finding: str = Finding.PENDING  # A word of history, which may have had others.
    held: tuple[ClaimId, ...] = ()  # Whatever was held in it, whether it is still or not.
    is_closed: bool = False
    members: tuple[ActorId, ...] = ()
    requests: tuple[Request, ...] = ()
    bulks: tuple[Bulk, ...] = ()
    findings: tuple[str, ...] = ()
    sanctions: tuple[ApplicationId, ...] = ()

    @property
    def case(self) -> CaseId:
        """Name the case."""
        return self.opened.case

    @property
    def matter(self) -> Matter:
        """Take the case as the matter of an act."""
        return Matter(self.opened.region, self.opened.sector)

    @property
    def bulk_open(self) -> Bulk | None:
        """Give what is being done to many at once and is neither closed nor abandoned."""
        return next((one for one in self.bulks if one.status == "open"), None)


def evolve(case: Case | None, event: CaseEvent) -> Case:
    """Accept what happened."""
    if isinstance(event, CaseOpened):
        return Case(event, event.concerned, event.due)
    if case is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](case, event)


def joined(one: Concerned, other: Concerned) -> Concerned:
    """Whom and what two of them name, each once."""
    return Concerned(**{
        name: tuple(dict.fromkeys((*getattr(one, name), *getattr(other, name)))) for name in one.__struct_fields__})


def _requested(case: Case, number: int, outcome: str) -> Case:
    return replace(case, requests=tuple(
        replace(one, outcome=outcome) if one.number == number else one for one in case.requests))


def _bulk(case: Case, act: ActId, change: Callable[[Bulk], Bulk]) -> Case:
    return replace(case, bulks=tuple(change(one) if one.opened.act == act else one for one in case.bulks))


def _over(case: Case, act: ActId, status: str) -> Case:
    return _bulk(case, act, lambda one: replace(one, status=status, claims=(), versions=()))


def _listed(case: Case, event: BulkListed) -> Case:
    return _bulk(case, event.act, lambda one: replace(
        one, claims=one.claims + event.claims, versions=one.versions + event.versions))


def _bulk_closed(case: Case, event: BulkClosed) -> Case:
    held = [claim for one in case.bulks if one.opened.act == event.act and one.opened.effect == "hold"
            for claim in one.claims]
    return _over(replace(case, held=tuple(dict.fromkeys((*case.held, *held)))), event.act, "closed")


_EVOLVE: Final[dict[type[CaseEvent], Callable[[Case, Any], Case]]] = {
    ClaimsHeld: lambda case, event: replace(case, held=tuple(dict.fromkeys((*case.held, *event.claims)))),
    FindingRecorded: lambda case, event: replace(case, finding=event.finding),
    CaseReferred: lambda case, event: replace(case, finding=Finding.REFERRED),
    CaseClosed: lambda case, event: replace(case, is_closed=True),
    MemberNamed: lambda case, event: replace(case, members=(*case.members, event.actor)),
    MemberReleased: lambda case, event: replace(
        case, members=tuple(one for one in case.members if one != event.actor)),
    NoteAdded: lambda case, event: case,
    DeadlineSet: lambda case, event: replace(case, due=event.due),
    CaseWidened: lambda case, event: replace(case, concerned=joined(case.concerned, event.concerned)),
    FindingsTaken: lambda case, event: replace(case, findings=(*case.findings, *event.findings)),
    ConsequenceNamed: lambda case, event: replace(case, sanctions=(*case.sanctions, event.application)),
    MaterialRequested: lambda case, event: replace(case, requests=(*case.requests, Request(event.number, event.due))),
    MaterialReceived: lambda case, event: _requested(case, event.number, "complete") if event.is_complete else case,
    MaterialRequestEnded: lambda case, event: _requested(case, event.number, event.why),
    BulkOpened: lambda case, event: replace(case, bulks=(*case.bulks, Bulk(event))),
    BulkListed: _listed,
    BulkClosed: _bulk_closed,
    BulkAbandoned: lambda case, event: _over(case, event.act, "abandoned"),
}
