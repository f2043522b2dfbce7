"""A roster: those who were at a class, registered at once by an office, each by a row of its own (W 13, W 14, N 8).

The list that an organiser handed in is registered, or sent back with the reason by whoever would register it; what was
sent back is registered once it was handed in anew.

Class and act begin and end in one decision, one roster of a class at a time, and the same list is registered once.
A row is a claim of its own with origin `batch`, decided as every registration is: nobody registers themselves, and
what it is worth comes in as a `Ruling`. What it says of the class is what the class says of itself, so no row can name
other days, another level or another filing than its class; only how long this person was there is the row's own.

Reading: the occasion of all rows of a class is the class, so that whoever also claims it by hand under that occasion,
or stands on two of its rosters, has it once (E 10, AMB-30). The number of a card on a roster is its organiser's and
one person's: it stands on no other row of any of the organiser's rosters, and on no card of another (P 15, D01). Once
a row is put right, the number that stood on it wrongly is free for whoever holds it.

`ledger.acts.rosters` runs it; `tests/ledger/streams/test_training_matrix.py` and
`tests/ledger/streams/test_training_roster.py` show it.
"""

from __future__ import annotations

from datetime import date

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.events.training import (
    ClassRosterAbandoned,
    ClassRosterClosed,
    ClassRosterOpened,
    ClassRosterReturned,
)
from ledger.streams import act as acts
from ledger.streams.claim import Claim
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.streams.training_card import Card, of_another
from ledger.streams.training_class import Roster, TrainingClass
from ledger.vocabulary import ActId, ClaimId, PersonId


class ReturnRoster(Command):
    """Send back the list that the organiser handed in."""

    role: str
    words: str


class OpenRoster(Command):
    """Begin to register those who were there."""

    role: str
    act: ActId
    rows: int
    chunk: int
    list_sha256: str


class CloseRoster(Command):
    """Let every row take effect."""

    role: str


class AbandonRoster(Command):
    """Give it up: no row ever takes effect."""

    role: str


class RegisterRow(Command):
    """Register one person of the list."""

    claim: ClaimId
    person: PersonId
    on: date
    role: str
    days_half: int
    ruling: Ruling
    year: int
    card_number: str | None = None


def decide_roster_return(known: TrainingClass | None, command: ReturnRoster, by: Actor) -> Decision:
    """Send the list back before anybody on it is registered, with words for the organiser."""
    held = _registrable(known, command.role, by)
    if isinstance(held, Refusal):
        return held
    if held.open_roster is not None:
        return Refusal.because("roster_open", act=held.open_roster.act)
    if any(one.status == "closed" for one in held.rosters):
        return Refusal.because("class_not_open", status=held.status, rosters=len(held.rosters))
    if (handed_in := held.list_handed_in) is None:
        return Refusal.because("roster_not_handed_in", list_returned=held.list_returned)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    returned = ClassRosterReturned(
        training_class=held.training_class, organiser=held.organiser, office=by.organisation, list_sha256=handed_in
    )
    return (Draft(returned, words),)


def decide_roster_opening(known: TrainingClass | None, command: OpenRoster, by: Actor) -> Decision:
    """Open a roster together with the act that will hold its rows; one at a time, and the same list once."""
    held = _registrable(known, command.role, by)
    if isinstance(held, Refusal):
        return held
    if held.open_roster is not None:
        return Refusal.because("roster_open", act=held.open_roster.act)
    if any(one.list_sha256 == command.list_sha256 and one.status == "closed" for one in held.rosters):
        return Refusal.because("roster_exists", list_sha256=command.list_sha256)
    if held.list_returned == command.list_sha256:
        return Refusal.because("roster_returned", list_sha256=command.list_sha256)
    opening = acts.OpenAct(
        act=command.act, kind="roster", rows=command.rows, chunk=command.chunk, list_sha256=command.list_sha256
    )
    opened = acts.decide_opening(None, opening)
    if isinstance(opened, Refusal):
        return opened
    roster = ClassRosterOpened(
        training_class=held.training_class,
        organiser=held.organiser,
        act=command.act,
        rows=command.rows,
        list_sha256=command.list_sha256,
    )
    return (Draft(roster), *opened)


def decide_roster_closing(
    known: TrainingClass | None, command: CloseRoster, act: acts.Act | None, by: Actor
) -> Decision:
    """Close it together with its act, once every row is written."""
    found = _open_roster(known, command.role, act, by)
    if isinstance(found, Refusal):
        return found
    held, roster = found
    ended: Decision = ()  # The act alone may have been closed before.
    if act is None or act.status is not acts.Status.CLOSED:
        ended = acts.decide_act_closing(act, acts.CloseAct())
    if isinstance(ended, Refusal):
        return ended
    closed = ClassRosterClosed(
        training_class=held.training_class, organiser=held.organiser, act=roster.act, rows=roster.rows
    )
    return (Draft(closed), *ended)


def decide_roster_abandonment(
    known: TrainingClass | None, command: AbandonRoster, act: acts.Act | None, by: Actor
) -> Decision:
    """Abandon it together with its act."""
    found = _open_roster(known, command.role, act, by)
    if isinstance(found, Refusal):
        return found
    held, roster = found
    ended: Decision = ()
    if act is None or act.status is not acts.Status.ABANDONED:
        ended = acts.decide_abandonment(act, acts.AbandonAct())
    if isinstance(ended, Refusal):
        return ended
    abandoned = ClassRosterAbandoned(
        training_class=held.training_class, organiser=held.organiser, act=roster.act
    )
    return (Draft(abandoned), *ended)


def study_of(held: TrainingClass, days_half: int) -> Study:
    """The facts of a class for somebody who was there for so many half days; a ruling is asked on them."""
    assert held.held is not None, "a class that was not held has no facts"
    filed, was = held.filed, held.held
    return Study(
        category=filed.category,
        route=filed.route,
        evidence_on=was.ends,  # The end of the activity, where no certificate has a date of its own (AMB-15).
        level=filed.level,
        starts=was.starts,
        ends=was.ends,
        days_half=days_half,
        organiser=filed.organiser_name,
        filing=held.number,
        filed_on=filed.filed_on,
        training_class=held.training_class,
        occasion=held.training_class,
    )


def decide_row(
    held: TrainingClass | None, claim: Claim | None, command: RegisterRow, person: Person | None, by: Actor,
    card: Card | None = None,
) -> Decision:
    """Register a row of the roster that is open, of somebody who was there at most as long as the class was held.

    `card`: the one that the organiser issued under the row's number.
    """
    if held is None:
        return Refusal.because("class_absent")
    roster = held.open_roster
    if held.held is None or roster is None:
        return Refusal.because("roster_not_open", rosters=len(held.rosters))
    if by.is_same_hand(held.held.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if not 1 <= command.days_half <= held.held.days_half:
        return Refusal.because("attendance_unfit", days_half=command.days_half, held_half=held.held.days_half)
    if no := of_another(card, command.person, held.training_class):
        return no
    details = StudyDetails(title=held.filed.title)
    if command.card_number is not None:
        details = StudyDetails(
            title=held.filed.title,
            certificate_issuer=held.filed.organiser_name,
            certificate_number=command.card_number,
        )
    submission = SubmitClaim(
        claim=command.claim,
        person=command.person,
        on=command.on,
        study=study_of(held, command.days_half),
        details=details,
        steps=(command.role,),
        evidence=(Evidence(kind="roster", sha256=roster.list_sha256),),
        origin="batch",
        role=command.role,
        card_of=None if command.card_number is None else held.organiser,
    )
    registration = RegisterClaim(submission=submission, ruling=command.ruling, year=command.year)
    return decide_registration(claim, registration, person, by)


def _registrable(known: TrainingClass | None, role: str, by: Actor) -> TrainingClass | Refusal:
    """Give a class that was held and whose people this hand may register, or say why not."""
    if known is None:
        return Refusal.because("class_absent")
    if no := standing(by, role, known.matter):
        return no
    if known.held is None:
        return Refusal.because("class_not_held", status=known.status)
    if by.is_same_hand(known.held.hand):
        return Refusal.because("same_hand", actor=by.actor)
    return known


def _open_roster(
    known: TrainingClass | None, role: str, act: acts.Act | None, by: Actor
) -> tuple[TrainingClass, Roster] | Refusal:
    """Give a class with the roster that is open, or say why not."""
    held = _registrable(known, role, by)
    if isinstance(held, Refusal):
        return held
    roster = held.open_roster
    if roster is None:
        return Refusal.because("roster_not_open", rosters=len(held.rosters))
    assert act is None or act.act == roster.act, "the caller brought another act"
    return held, roster
