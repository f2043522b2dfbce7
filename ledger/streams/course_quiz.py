"""The quiz that belongs to a course itself, taken online once it is studied (课程考核, P 10, E 9, N 5).

Its result is entered by the office whose course it is, never one's own (D07). Who did not pass may take it again; who
did has passed. An exam on site is another thing: a seat in a session (`ledger.streams.booking`).

`tests/ledger/streams/test_course_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.course import CourseExamined
from ledger.streams.course import Course
from ledger.streams.decision import Command, Decision
from ledger.streams.enrolment import Enrolment, Status
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, standing


class RecordQuiz(Command):
    """Enter what somebody reached."""

    role: str
    score_centi: int
    pass_mark_centi: int
    on: date


def decide_quiz(
    enrolment: Enrolment | None, command: RecordQuiz, person: Person, course: Course, by: Actor
) -> Decision:
    """Record what was reached by whoever has studied the course and not passed its quiz before."""
    if enrolment is None:
        return Refusal.because("enrolment_absent")
    assert person.person == enrolment.person, "the caller brought another person"
    assert course.course == enrolment.course, "the caller brought another course"
    if no := standing(by, command.role, course.matter):
        return no
    if by.person == enrolment.person:
        return Refusal.because("own_exam", actor=by.actor)
    if no := closed_to_processing(person):
        return no
    if enrolment.status is Status.REGISTERED:
        return Refusal.because("hours_registered", claim=enrolment.claim)
    if enrolment.status is not Status.COMPLETED:
        return Refusal.because("course_not_completed", status=enrolment.status)
    if enrolment.has_passed:
        return Refusal.because("quiz_passed")
    examined = CourseExamined(
        enrolment=enrolment.enrolment,
        person=enrolment.person,
        course=enrolment.course,
        score_centi=command.score_centi,
        pass_mark_centi=command.pass_mark_centi,
        passed=command.score_centi >= command.pass_mark_centi,
        on=command.on,
        hand=by.hand,
    )
    return (Draft(examined),)
