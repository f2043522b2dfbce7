"""A person's enrolment in a course (学习报名): enrolled, studied, completed, its hours registered (W 8 to W 11).

    enrolled    → enrolled (study recorded), completed, cancelled (before any study)
    completed   → completed (examined online), registered
    registered  → registered (anew, by another exam)
    cancelled: the end

Who has learned a course never chooses it again, and of courses of which one is chosen a year nobody has two (W 8): both
are reserved names, so that of two choices at once one stands; the streams that hold them are handed in so that the
second asker is told which. Time counts once: a session that overlaps another of the same person is refused, whichever
course it was for (W 9, D10).

Reading: a course of any place's catalogue may be chosen (R 7 lets cities and the province offer them side by side);
what its hours count for whom is law.

A course may have a quiz of its own, taken online (`ledger.streams.course_quiz`); whether that is exam enough is law.
How its hours are registered, once, stands in `ledger.streams.course_hours`.

`tests/ledger/streams/test_course_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.course import (
    CourseCompleted,
    CourseExamined,
    CourseHoursRegistered,
    CourseId,
    Device,
    EnrolmentCancelled,
    EnrolmentEvent,
    EnrolmentId,
    PersonEnrolled,
    StudyRecorded,
)
from ledger.streams.course import Course
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.streams.person import Person, closed_to_processing
from ledger.vocabulary import ClaimId, PersonId

MINUTE: Final = 60_000_000
"""In microseconds, as times stand in events."""


class Status(StrEnum):
    """Where an enrolment is in life."""

    ENROLLED = "enrolled"
    COMPLETED = "completed"
    REGISTERED = "registered"
    CANCELLED = "cancelled"


class Session(NamedTuple):
    """When somebody studied, in microseconds."""

    started_at: int
    ended_at: int


class Enrolment(State):
    """An enrolment as it stands."""

    enrolled: PersonEnrolled
    status: Status = Status.ENROLLED
    sessions: tuple[Session, ...] = ()
    minutes: int = 0
    completed_on: date | None = None
    quiz: CourseExamined | None = None   # The last one that was taken.
    claim: ClaimId | None = None
    booking: str | None = None           # The seat whose pass earned the hours.
    claims: tuple[ClaimId, ...] = ()     # Every one as which its hours ever stood: what was revoked may come back.

    @property
    def enrolment(self) -> EnrolmentId:
        """Name the enrolment."""
        return self.enrolled.enrolment

    @property
    def person(self) -> PersonId:
        """Name who is enrolled."""
        return self.enrolled.person

    @property
    def course(self) -> CourseId:
        """Name the course."""
        return self.enrolled.course

    @property
    def has_passed(self) -> bool:
        """Say whether the course's own quiz was passed."""
        return self.quiz is not None and self.quiz.passed


class Enrol(Command):
    """Choose a course."""

    enrolment: EnrolmentId
    person: PersonId  # Who asks: for themselves alone.
    on: date


class CancelEnrolment(Command):
    """Take the choice back."""

    person: PersonId


class RecordStudy(Command):
    """Enter a session as the server counted it."""

    started_at: int
    ended_at: int
    minutes: int
    heartbeats: int
    challenges: int = 0
    answered: int = 0
    spread_ms: int | None = None
    answer_ms: int | None = None
    answer_spread_ms: int | None = None
    address: str | None = None
    device: str | None = None


class CompleteCourse(Command):
    """Say that all of it was studied."""

    on: date


def decide_enrolment(
    enrolment: Enrolment | None, command: Enrol, person: Person | None, course: Course | None,
    learned: Enrolment | None = None, chosen: Enrolment | None = None,
) -> Decision:
    """Enrol in a course of the year. `learned` holds this courseware already, `chosen` is the year's other choice."""
    if enrolment is not None:
        return Refusal.because("enrolment_exists", enrolment=enrolment.enrolment)
    if course is None:
        return Refusal.because("course_absent")
    if person is None:
        return Refusal.because("person_absent")
    if command.person != person.person:
        return Refusal.because("not_the_learner")
    if no := closed_to_processing(person):
        return no
    published = course.published
    if course.withdrawn_on is not None and command.on >= course.withdrawn_on:
        return Refusal.because("course_withdrawn", withdrawn_on=course.withdrawn_on)
    if published.year != command.on.year:
        return Refusal.because("course_not_of_year", year=published.year, on=command.on)
    if learned is not None and learned.status is not Status.CANCELLED:
        if learned.course == course.course:  # Not of a past year: the very one that they are at.
            return Refusal.because("course_enrolled", enrolment=learned.enrolment, status=learned.status)
        return Refusal.because("course_learned", enrolment=learned.enrolment, year=learned.enrolled.year)
    if chosen is not None and chosen.status is not Status.CANCELLED:
        return Refusal.because("course_chosen", enrolment=chosen.enrolment, course=chosen.course)
    enrolled = PersonEnrolled(
        enrolment=command.enrolment,
        person=person.person,
        course=course.course,
        code=published.code,
        year=published.year,
        category=published.category,
        region=published.region,
        sector=published.sector,
        one_a_year=published.one_a_year,
    )
    return (Draft(enrolled),)


def decide_cancellation(enrolment: Enrolment | None, command: CancelEnrolment, person: Person) -> Decision:
    """Cancel before anything was studied: what was begun was chosen."""
    own = theirs(enrolment, person)
    if isinstance(own, Refusal):
        return own
    if command.person != own.person:
        return Refusal.because("not_the_learner")
    if no := closed_to_processing(person):
        return no
    if own.status is not Status.ENROLLED:
        return Refusal.because("enrolment_not_open", status=own.status)
    if own.sessions:
        return Refusal.because("study_begun", minutes=own.minutes)
    return (Draft(EnrolmentCancelled(enrolment=own.enrolment, person=own.person, course=own.course)),)


def decide_study(
    enrolment: Enrolment | None, command: RecordStudy, person: Person, others: Iterable[Enrolment] = ()
) -> Decision:
    """Record a session. `others` are the person's other enrolments: nobody studies two courses at one time."""
    own = theirs(enrolment, person)
    if isinstance(own, Refusal):
        return own
    if no := closed_to_processing(person):
        return no
    if own.status is not Status.ENROLLED:
        return Refusal.because("enrolment_not_open", status=own.status)
    span = command.ended_at - command.started_at
    if not 0 < command.minutes * MINUTE <= span or not 0 <= command.answered <= command.challenges:
        return Refusal.because(
            "session_unsound", minutes=command.minutes, span_minutes=span // MINUTE, challenges=command.challenges,
            answered=command.answered,
        )
    for other in (own, *others):
        assert other.person == own.person, "the caller brought another person's enrolment"
        for session in other.sessions:
            if session.started_at < command.ended_at and command.started_at < session.ended_at:
                return Refusal.because("session_overlaps", enrolment=other.enrolment, started_at=session.started_at)
    recorded = StudyRecorded(
        enrolment=own.enrolment,
        person=own.person,
        course=own.course,
        started_at=command.started_at,
        ended_at=command.ended_at,
        minutes=command.minutes,
        heartbeats=command.heartbeats,
        challenges=command.challenges,
        answered=command.answered,
        spread_ms=command.spread_ms,
        answer_ms=command.answer_ms,
        answer_spread_ms=command.answer_spread_ms,
    )
    return (Draft(recorded, Device(address=command.address, device=command.device)),)


def decide_completion(
    enrolment: Enrolment | None, command: CompleteCourse, person: Person, course: Course
) -> Decision:
    """Complete what was studied for as long as the catalogue asks."""
    own = theirs(enrolment, person)
    if isinstance(own, Refusal):
        return own
    assert course.course == own.course, "the caller brought another course"
    if no := closed_to_processing(person):
        return no
    if own.status is not Status.ENROLLED:
        return Refusal.because("enrolment_not_open", status=own.status)
    if own.minutes < course.published.minutes:
        return Refusal.because("study_short", minutes=own.minutes, needed=course.published.minutes)
    completed = CourseCompleted(
        enrolment=own.enrolment, person=own.person, course=own.course, on=command.on, minutes=own.minutes
    )
    return (Draft(completed),)


def theirs(enrolment: Enrolment | None, person: Person) -> Enrolment | Refusal:
    """Give an enrolment of this person, or say that there is none."""
    if enrolment is None:
        return Refusal.because("enrolment_absent")
    assert person.person == enrolment.person, "the caller brought another person"
    return enrolment


def evolve(enrolment: Enrolment | None, event: EnrolmentEvent) -> Enrolment:
    """Accept what happened."""
    if isinstance(event, PersonEnrolled):
        return Enrolment(event)
    if enrolment is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](enrolment, event)


def _studied(enrolment: Enrolment, event: StudyRecorded) -> Enrolment:
    session = Session(event.started_at, event.ended_at)
    return replace(enrolment, sessions=(*enrolment.sessions, session), minutes=enrolment.minutes + event.minutes)


_EVOLVE: Final[dict[type[EnrolmentEvent], Callable[[Enrolment, Any], Enrolment]]] = {
    EnrolmentCancelled: lambda enrolment, event: replace(enrolment, status=Status.CANCELLED),
    StudyRecorded: _studied,
    CourseCompleted: lambda enrolment, event: replace(enrolment, status=Status.COMPLETED, completed_on=event.on),
    CourseExamined: lambda enrolment, event: replace(enrolment, quiz=event),
    CourseHoursRegistered: lambda enrolment, event: replace(
        enrolment, status=Status.REGISTERED, claim=event.claim, booking=event.booking,
        claims=(*enrolment.claims, event.claim),
    ),
}
