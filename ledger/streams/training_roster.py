"""A row of a roster: one person's hours of one class, registered by whoever opened the roster (W 13, W 14, N 8).

The row is a claim of its own with origin `batch`, decided as every registration is: nobody registers themselves, and
what it is worth comes in as a `Ruling`. What it says of the class is what the class says of itself, so no row can name
other days, another level or another filing than its class; only how long this person was there is the row's own.

Reading: the occasion of all rows of a class is the class, so that whoever also claims it by hand under that occasion,
or stands on two of its rosters, has it once (E 10, AMB-30).

`ledger.rosters` writes rows; `tests/ledger/streams/test_training_roster.py` shows it.
"""

from __future__ import annotations

from datetime import date

from ledger.errors import Refusal
from ledger.events.claim import Evidence, Ruling, Study, StudyDetails
from ledger.streams.claim import Claim
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.decision import Command, Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.training_class import TrainingClass
from ledger.vocabulary import ClaimId, PersonId


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


def study_of(held: TrainingClass, days_half: int) -> Study:
    """Give the facts of a class that was held as those of somebody who was there so long: what a ruling is asked on."""
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
    held: TrainingClass | None, claim: Claim | None, command: RegisterRow, person: Person | None, by: Actor
) -> Decision:
    """Register a row of the roster that is open, of somebody who was there at most as long as the class was held."""
    if held is None:
        return Refusal.because("class_absent")
    roster = held.open_roster
    if held.held is None or roster is None:
        return Refusal.because("roster_not_open", rosters=len(held.rosters))
    if by.is_same_hand(held.held.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if not 1 <= command.days_half <= held.held.days_half:
        return Refusal.because("attendance_unfit", days_half=command.days_half, held_half=held.held.days_half)
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
    )
    registration = RegisterClaim(submission=submission, ruling=command.ruling, year=command.year)
    return decide_registration(claim, registration, person, by)
