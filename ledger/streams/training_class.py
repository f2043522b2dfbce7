"""A class (培训班): filed before it begins, accepted or refused, held, and its roster registered by an office.

    filed     → filed (anew), accepted, refused
    accepted  → filed (anew), held
    announced → announced (anew), held          a department's own class, which is filed with nobody (W 14)
    held      → held (its list sent back and handed in anew; with a roster open, closed or abandoned)
    refused: the end

Follows W 13 (approval and plan before, summary and list after, then one registration for all) and W 14. How it is filed
is decided in `ledger.streams.training_class_filing` (N 3, N 7), its rosters in `ledger.streams.training_roster`.

Reading: whoever filed a class does not accept it, nobody accepts one of their own organisation, and whoever said who
was there does not register them. Where the law lets an organiser register its own participants (N 8), two hands do it.

`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.study import Evidence
from ledger.events.training import (
    ClassAccepted,
    ClassEvent,
    ClassFiled,
    ClassHeld,
    ClassId,
    ClassRefused,
    ClassRosterAbandoned,
    ClassRosterClosed,
    ClassRosterOpened,
    ClassRosterReturned,
)
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter
from ledger.streams.training_hands import of_office, of_organiser
from ledger.vocabulary import ActId, UnitId


class Status(StrEnum):
    """Where a class is in life."""

    FILED = "filed"
    ACCEPTED = "accepted"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    HELD = "held"


class Roster(NamedTuple):
    """A list of those who were there: the act that registers them, and whether that is over."""

    act: ActId
    rows: int
    list_sha256: str
    status: str = "open"


class TrainingClass(State):
    """A class as it stands: as it was last filed, as it was held, and its rosters."""

    filed: ClassFiled
    status: Status
    revision: int = 1
    number: str | None = None
    held: ClassHeld | None = None
    rosters: tuple[Roster, ...] = ()
    list_returned: str | None = None  # The list that was sent back, until the holding is said anew.

    @property
    def training_class(self) -> ClassId:
        """Name the class."""
        return self.filed.training_class

    @property
    def organiser(self) -> UnitId:
        """Name whose class it is."""
        return self.filed.organiser

    @property
    def matter(self) -> Matter:
        """Take the class as the matter of an act."""
        return Matter(self.filed.region, self.filed.sector, self.filed.category.value, self.organiser)

    @property
    def open_roster(self) -> Roster | None:
        """Give the roster that is being registered, if one is."""
        return next((one for one in self.rosters if one.status == "open"), None)

    @property
    def list_handed_in(self) -> str | None:
        """Give the newest list that came with the holding and waits for an office."""
        shown = () if self.held is None or self.list_returned is not None else self.held.evidence
        return next((one.sha256 for one in reversed(shown) if one.kind == "roster"), None)

    @property
    def is_mendable(self) -> bool:
        """Whether its holding may be said anew: until somebody registers, and after that was given up for a return."""
        return all(one.status == "abandoned" and self.list_returned is not None for one in self.rosters)


class AcceptClass(Command):
    """Put it on file under a number."""

    role: str
    number: str


class RefuseClass(Command):
    """Do not put it on file."""

    role: str
    words: str


class RecordHolding(Command):
    """Say that it took place, and how."""

    role: str
    on: date  # The legal day on which it is said.
    starts: date
    ends: date
    days_half: int
    attended: int
    passed: int
    evidence: tuple[Evidence, ...] = ()


def decide_acceptance(known: TrainingClass | None, command: AcceptClass, by: Actor) -> Decision:
    """Put it on file by its recipient, by another hand than the one that filed it; also after it began (AMB-24)."""
    waiting = _waiting(known, command.role, by)
    if isinstance(waiting, Refusal):
        return waiting
    if by.is_same_hand(waiting.filed.hand):
        return Refusal.because("same_hand", actor=by.actor)
    accepted = ClassAccepted(
        training_class=waiting.training_class,
        organiser=waiting.organiser,
        recipient=command.role,
        office=by.organisation,
        number=command.number,
    )
    return (Draft(accepted),)


def decide_class_refusal(known: TrainingClass | None, command: RefuseClass, by: Actor) -> Decision:
    """Do not put it on file, with words for the organiser."""
    waiting = _waiting(known, command.role, by)
    if isinstance(waiting, Refusal):
        return waiting
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    refused = ClassRefused(
        training_class=waiting.training_class,
        organiser=waiting.organiser,
        recipient=command.role,
        office=by.organisation,
    )
    return (Draft(refused, words),)


def decide_holding(known: TrainingClass | None, command: RecordHolding, by: Actor) -> Decision:
    """Record that it took place once it is over, by its organiser; mended until somebody begins to register, and again
    once the list was sent back."""
    if known is None:
        return Refusal.because("class_absent")
    if no := of_organiser(known.organiser, command.role, by):
        return no
    if not known.is_mendable or known.status not in (Status.ACCEPTED, Status.ANNOUNCED, Status.HELD):
        return Refusal.because("class_not_open", status=known.status, rosters=len(known.rosters))
    if no := impossible(command.starts, command.ends, command.days_half):
        return no
    if command.ends > command.on:
        return Refusal.because("class_not_over", ends=command.ends, on=command.on)
    if not 0 <= command.passed <= command.attended:
        return Refusal.because("counts_unfit", attended=command.attended, passed=command.passed)
    held = ClassHeld(
        training_class=known.training_class,
        organiser=known.organiser,
        starts=command.starts,
        ends=command.ends,
        days_half=command.days_half,
        attended=command.attended,
        passed=command.passed,
        hand=by.hand,
        evidence=command.evidence,
    )
    return (Draft(held),)


def _waiting(known: TrainingClass | None, role: str, by: Actor) -> TrainingClass | Refusal:
    """Give a class that waits for this hand to put it on file, or say why it does not."""
    if known is None:
        return Refusal.because("class_absent")
    if no := of_office(known.matter, role, by):
        return no
    if role != known.filed.recipient:
        return Refusal.because("not_a_recipient", role=role, recipients=(known.filed.recipient,))
    if known.status is not Status.FILED:
        return Refusal.because("class_not_open", status=known.status)
    return known


def impossible(starts: date, ends: date, days_half: int) -> Refusal | None:
    """Say why no class can have lasted so long between these days (D05)."""
    if not 1 <= days_half <= 2 * ((ends - starts).days + 1):
        return Refusal.because("dates_unfit", starts=starts, ends=ends, days_half=days_half)
    return None


def evolve(known: TrainingClass | None, event: ClassEvent) -> TrainingClass:
    """Accept what happened."""
    if isinstance(event, ClassFiled):
        status = Status.ANNOUNCED if event.recipient is None else Status.FILED
        return TrainingClass(event, status, revision=1 if known is None else known.revision + 1)
    if known is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](known, event)


def _roster_ends(status: str) -> Callable[[TrainingClass, Any], TrainingClass]:
    def ends(known: TrainingClass, event: ClassRosterClosed | ClassRosterAbandoned) -> TrainingClass:
        rosters = tuple(one._replace(status=status) if one.act == event.act else one for one in known.rosters)
        return replace(known, rosters=rosters)

    return ends


_EVOLVE: Final[dict[type[ClassEvent], Callable[[TrainingClass, Any], TrainingClass]]] = {
    ClassAccepted: lambda known, event: replace(known, status=Status.ACCEPTED, number=event.number),
    ClassRefused: lambda known, event: replace(known, status=Status.REFUSED),
    ClassHeld: lambda known, event: replace(known, status=Status.HELD, held=event, list_returned=None),
    ClassRosterReturned: lambda known, event: replace(known, list_returned=event.list_sha256),
    ClassRosterOpened: lambda known, event: replace(
        known, rosters=(*known.rosters, Roster(event.act, event.rows, event.list_sha256))
    ),
    ClassRosterClosed: _roster_ends("closed"),
    ClassRosterAbandoned: _roster_ends("abandoned"),
}
