"""A course in the catalogue of a year (公需科目课程): published by the office that answers for it, withdrawn (W 7).

What a course asks is a fact of its catalogue: how long it takes, with what it is marked, whether one of its kind may be
chosen a year. Whether its hours count, and for whom an exam is needed, is law and is not asked here.

`tests/ledger/streams/test_course_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.course import CourseEvent, CourseId, CoursePublished, CourseWithdrawn
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import Category


class Course(State):
    """A course as it stands: what was published, and since when nobody enrols any more."""

    published: CoursePublished
    withdrawn_on: date | None = None

    @property
    def course(self) -> CourseId:
        """Name the course."""
        return self.published.course

    @property
    def matter(self) -> Matter:
        """Take the course, in its catalogue's place, as the matter of an act."""
        published = self.published
        return Matter(published.region, published.sector, published.category)


class PublishCourse(Command):
    """Put a course into the catalogue of a year."""

    course: CourseId
    role: str
    region: str
    year: int
    code: str
    title: str
    category: Category
    minutes: int
    hours_centi: int
    sector: str | None = None
    one_a_year: bool = False
    gap_seconds: int = 120
    challenge_minutes: int = 15


class WithdrawCourse(Command):
    """Let nobody enrol any more."""

    role: str
    on: date


def decide_publication(course: Course | None, command: PublishCourse, by: Actor) -> Decision:
    """Publish once, by an office whose scope holds the place, the sector and the subject."""
    if course is not None:
        return Refusal.because("course_exists", course=course.course)
    if no := standing(by, command.role, Matter(command.region, command.sector, command.category)):
        return no
    if command.category is Category.PROFESSIONAL:  # P 10, W 7, W 11: the catalogue is of the two public subjects.
        return Refusal.because("course_not_public", category=command.category)
    if command.minutes <= 0 or command.hours_centi <= 0:
        return Refusal.because("course_empty", minutes=command.minutes, hours_centi=command.hours_centi)
    published = CoursePublished(
        course=command.course,
        unit=by.organisation,
        region=command.region,
        year=command.year,
        code=command.code,
        title=command.title,
        category=command.category,
        minutes=command.minutes,
        hours_centi=command.hours_centi,
        sector=command.sector,
        one_a_year=command.one_a_year,
        gap_seconds=command.gap_seconds,
        challenge_minutes=command.challenge_minutes,
    )
    return (Draft(published),)


def decide_course_withdrawal(course: Course | None, command: WithdrawCourse, by: Actor) -> Decision:
    """Withdraw once."""
    if course is None:
        return Refusal.because("course_absent")
    if no := standing(by, command.role, course.matter):
        return no
    if course.withdrawn_on is not None:
        return Refusal.because("course_withdrawn", withdrawn_on=course.withdrawn_on)
    return (Draft(CourseWithdrawn(course=course.course, on=command.on)),)


def evolve(course: Course | None, event: CourseEvent) -> Course:
    """Accept what happened."""
    if isinstance(event, CoursePublished):
        return Course(event)
    if course is None:
        raise Beheaded(event)
    assert isinstance(event, CourseWithdrawn)
    return replace(course, withdrawn_on=event.on)
