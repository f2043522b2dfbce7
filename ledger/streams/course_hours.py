"""The hours of a course (学时登记): registered once, by the exam that was passed or by completion (W 10, N 8).

Registering hours writes two streams in one transaction: the claim, of origin `auto`, and the enrolment that led to it.

Hours whose exam turned out not to be passed, and that were revoked for it, are earned anew by sitting again: whoever
was given a wrong mark has not lost the year by it. What was revoked while its pass stands comes back on appeal alone.
One claim of a course stands at a time: nothing that was revoked comes back beside another, and nothing is
earned anew while an earlier one stands.

`tests/ledger/streams/test_course_stream.py` and `tests/api/test_same_hours.py` show it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.course import CourseHoursRegistered
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.streams.claim import Claim
from ledger.streams.claim import Status as ClaimStatus
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.course import Course
from ledger.streams.decision import Command, Decision
from ledger.streams.enrolment import Enrolment, Status, theirs
from ledger.streams.exam import Booking
from ledger.streams.person import Person
from ledger.vocabulary import ClaimId

ROUTE: Final = "course"


class Former(NamedTuple):
    """The hours that were registered before: their claim, and the seat whose pass earned them, as both stand now.

    Where an earlier claim of the course came back on appeal it is that one: the course has its hours.
    """

    claim: Claim
    booking: Booking


class RegisterCourseHours(Command):
    """Enter the hours, by the exam that was passed or, where no booking is given, by completion."""

    claim: ClaimId
    on: date          # The day of registration.
    step: str         # Who registers them by the law of the place (W 10, N 8).
    title: str        # The course's own, for the claim's details.
    ruling: Ruling


def study_of(enrolment: Enrolment, course: Course, booking: Booking | None = None) -> Study:
    """State the facts of the hours: what the law is asked about before they are registered."""
    assert enrolment.completed_on is not None, "only what was completed has hours"
    result = booking.result if booking is not None else enrolment.quiz
    passed_on = None if result is None or (booking is None and not enrolment.has_passed) else result.on
    return Study(
        category=course.published.category,
        route=ROUTE,
        # AMB-15: of an exam the day of announcement; of a course that needs none, the day of completion.
        evidence_on=passed_on or enrolment.completed_on,
        year=None,
        hours_centi=course.published.hours_centi,
        completed_by="completion" if passed_on is None else "exam",
        occasion=f"{course.published.code}/{course.published.year}",
    )


def decide_course_hours(
    enrolment: Enrolment | None,
    command: RegisterCourseHours,
    person: Person,
    course: Course,
    booking: Booking | None = None,
    former: Former | None = None,
) -> Decision:
    """Register the hours once, as the system saw them earned: two streams, one transaction."""
    own = theirs(enrolment, person)
    if isinstance(own, Refusal):
        return own
    assert course.course == own.course, "the caller brought another course"
    is_anew = booking is not None and earned_anew(own, former)
    if own.status is Status.REGISTERED and not is_anew:
        return Refusal.because("hours_registered", claim=standing_claim(own, former))
    if own.status is not Status.COMPLETED and not is_anew:
        return Refusal.because("course_not_completed", status=own.status)
    if booking is not None and (booking.booked.enrolment != own.enrolment or not booking.is_passed):
        return Refusal.because("exam_not_passed", booking=booking.booking, status=booking.status)
    study = study_of(own, course, booking)
    submission = SubmitClaim(
        claim=command.claim, person=own.person, on=command.on, study=study, details=StudyDetails(title=command.title),
        steps=(command.step,), origin="auto",
    )
    year = study.evidence_on.year
    drafts = decide_registration(None, RegisterClaim(submission=submission, ruling=command.ruling, year=year), person)
    if isinstance(drafts, Refusal):
        return drafts
    registered = CourseHoursRegistered(
        enrolment=own.enrolment,
        person=own.person,
        course=own.course,
        claim=command.claim,
        completed_by=study.completed_by or "completion",
        hours_centi=course.published.hours_centi,
        on=study.evidence_on,
        booking=None if booking is None else booking.booking,
    )
    return (*drafts, Draft(registered))


def earned_anew(enrolment: Enrolment, former: Former | None) -> bool:
    """Say whether hours were taken back since their exam turned out not to be passed: then another one may be sat."""
    return (former is not None and (former.claim.claim, former.booking.booking) == (enrolment.claim, enrolment.booking)
            and former.claim.status is ClaimStatus.REVOKED and not former.booking.is_passed)


def standing_claim(enrolment: Enrolment, former: Former | None) -> ClaimId | None:
    """Name the claim as which the hours stand, or stood last."""
    return former.claim.claim if former is not None and former.claim.is_registered else enrolment.claim
