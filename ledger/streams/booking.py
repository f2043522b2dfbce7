"""Seats in an exam session (考试报名): booked, released, attended, and their results (W 10).

Only who has completed a course of the year books, one seat a session and one turn a year; a seat, a person in a session
and a turn are reserved names, so that of two at once one stands. Bookings rest on the session, so none slips in after
it was closed (`ledger.streams.exam_session`). Results are an office's to record, never one's own (D07), and another
hand's to put right (D14).

Reading: W 10 names no limit; one turn at a time is held, and whether who stayed away or failed has another in the year
is for the session to say. Whoever booked before a session moved may give the seat up until the new day is over, and
loses no turn by it: they did not choose that day.

`tests/ledger/streams/test_exam_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.exam import (
    AttendanceRecorded,
    BookingId,
    ResultCorrected,
    ResultRecorded,
    SeatBooked,
    SeatReleased,
)
from ledger.streams import enrolment as enrolments
from ledger.streams.course_hours import Former, earned_anew, standing_claim
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.enrolment import Enrolment
from ledger.streams.exam import Booking, Exam, Status
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId

_Result = TypeVar("_Result", ResultRecorded, ResultCorrected)


class BookSeat(Command):
    """Take a seat."""

    booking: BookingId
    person: PersonId  # Who asks: for themselves alone.
    seat: int
    on: date


class ReleaseSeat(Command):
    """Give the seat back."""

    person: PersonId
    on: date


class RecordAttendance(Command):
    """Say whether the person came."""

    role: str
    present: bool
    on: date


class RecordResult(Command):
    """Enter the result as it was announced."""

    role: str
    score_centi: int
    on: date


class CorrectResult(Command):
    """Put a result right that was entered wrongly."""

    role: str
    score_centi: int
    on: date
    words: str


def decide_booking(
    booking: Booking | None, command: BookSeat, person: Person | None, exam: Exam | None,
    enrolment: Enrolment | None, turn: Booking | None = None, former: Former | None = None,
) -> Decision:
    """Book a seat of a session for a course that was completed. `turn` is what holds the person's turn of the year.

    `former`: the hours that were registered before, which may have been taken back.
    """
    if booking is not None:
        return Refusal.because("booking_exists", booking=booking.booking)
    if exam is None:
        return Refusal.because("exam_absent")
    if enrolment is None:
        return Refusal.because("enrolment_absent")
    if person is None:
        return Refusal.because("person_absent")
    if command.person != person.person or enrolment.person != person.person:
        return Refusal.because("not_the_learner")
    if no := closed_to_processing(person):
        return no
    if no := _shut(exam, command.on):
        return no
    if no := _not_studied(exam, enrolment, former):
        return no
    if turn is not None and turn.holds_the_year:
        return Refusal.because("turn_taken", booking=turn.booking, exam=turn.booked.exam, status=turn.status)
    if not 1 <= command.seat <= exam.scheduled.seats:
        return Refusal.because("seat_absent", seat=command.seat, seats=exam.scheduled.seats)
    booked = SeatBooked(
        booking=command.booking,
        person=person.person,
        exam=exam.exam,
        enrolment=enrolment.enrolment,
        course=enrolment.course,
        seat=command.seat,
        moves=exam.moves,
    )
    return (Draft(booked),)


def _not_studied(exam: Exam, enrolment: Enrolment, former: Former | None) -> Refusal | None:
    """Say why this session does not end this study: it is another course's, or the study is not over, or counted."""
    scheduled, enrolled = exam.scheduled, enrolment.enrolled
    differs = next((name for name, of_exam, of_course in (
        ("year", scheduled.year, enrolled.year), ("category", scheduled.category, enrolled.category),
        ("place", (scheduled.region, scheduled.sector), (enrolled.region, enrolled.sector)),
    ) if of_exam != of_course), None)
    if differs is not None:
        return Refusal.because("exam_of_another_course", exam=exam.exam, course=enrolment.course, differs=differs,
                               year=scheduled.year, course_year=enrolled.year)
    is_anew = earned_anew(enrolment, former)
    if enrolment.status is enrolments.Status.REGISTERED and not is_anew:
        return Refusal.because("hours_registered", claim=standing_claim(enrolment, former))
    if enrolment.status is not enrolments.Status.COMPLETED and not is_anew:  # W 10: after the study is completed.
        return Refusal.because("course_not_completed", status=enrolment.status)
    return None


def decide_seat_release(booking: Booking | None, command: ReleaseSeat, person: Person, exam: Exam) -> Decision:
    """Release one's own seat while others can still book it, or since the session moved after it was booked."""
    own = _of(booking, person, exam)
    if isinstance(own, Refusal):
        return own
    if command.person != own.person:
        return Refusal.because("not_the_learner")
    if no := closed_to_processing(person):
        return no
    if own.status is not Status.BOOKED:
        return not_waiting(own)
    off = exam.closed is not None and not exam.closed.held  # Booked in the moment in which it was called off.
    because = "called_off" if off else "given_back"
    if not off and (no := _shut(exam, command.on)):
        if exam.closed is not None or not own.was_moved(exam) or command.on > exam.scheduled.day:
            return no
        because = "moved"
    return (Draft(SeatReleased(booking=own.booking, person=own.person, exam=exam.exam, because=because)),)


def decide_attendance(
    booking: Booking | None, command: RecordAttendance, person: Person, exam: Exam, by: Actor
) -> Decision:
    """Record once, on the day or after it; by another hand the other way round, as long as there is no result (D14)."""
    seat = _by_office(booking, command.role, person, exam, by)
    if isinstance(seat, Refusal):
        return seat
    is_put_right = seat.status is (Status.ABSENT if command.present else Status.ATTENDED)
    if seat.status is not Status.BOOKED and not is_put_right:
        return not_waiting(seat)
    if seat.attendance_by is not None and by.is_same_hand(seat.attendance_by):
        return Refusal.because("same_hand", actor=by.actor)
    if command.on < exam.scheduled.day:
        return Refusal.because("exam_not_held_yet", day=exam.scheduled.day)
    recorded = AttendanceRecorded(
        booking=seat.booking,
        person=seat.person,
        exam=exam.exam,
        present=command.present,
        resits=exam.scheduled.resits,
        hand=by.hand,
    )
    return (Draft(recorded),)


def decide_result(
    booking: Booking | None, command: RecordResult, person: Person, exam: Exam, by: Actor
) -> Decision:
    """Record the result of whoever came, once; whether it is a pass the session's own mark says."""
    seat = _by_office(booking, command.role, person, exam, by)
    if isinstance(seat, Refusal):
        return seat
    if seat.result is not None:
        return Refusal.because("result_exists", status=seat.status)
    if seat.status is not Status.ATTENDED:
        return Refusal.because("not_attended", status=seat.status)
    recorded = _announced(ResultRecorded, seat, command, exam, by)
    return recorded if isinstance(recorded, Refusal) else (Draft(recorded),)


def decide_result_correction(
    booking: Booking | None, command: CorrectResult, person: Person, exam: Exam, by: Actor
) -> Decision:
    """Correct a result by another hand, also after the session was closed; hours that rest on it are not touched."""
    seat = _by_office(booking, command.role, person, exam, by)
    if isinstance(seat, Refusal):
        return seat
    if seat.result is None:
        return Refusal.because("result_absent", status=seat.status)
    if by.is_same_hand(seat.result.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if command.score_centi == seat.result.score_centi:
        return Refusal.because("nothing_changed", score_centi=command.score_centi)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    corrected = _announced(ResultCorrected, seat, command, exam, by)
    return corrected if isinstance(corrected, Refusal) else (Draft(corrected, words),)


def _announced(
    kind: type[_Result], seat: Booking, command: RecordResult | CorrectResult, exam: Exam, by: Actor
) -> _Result | Refusal:
    """A result that can be one: announced no earlier than the exam, and not beyond the full mark."""
    if command.on < exam.scheduled.day:
        return Refusal.because("exam_not_held_yet", day=exam.scheduled.day)
    if no := _beyond(exam, command.score_centi):
        return no
    mark = exam.scheduled.pass_mark_centi
    return kind(
        booking=seat.booking,
        person=seat.person,
        exam=exam.exam,
        score_centi=command.score_centi,
        pass_mark_centi=mark,
        passed=command.score_centi >= mark,
        on=command.on,
        hand=by.hand,
        resits=exam.scheduled.resits,
    )


def not_waiting(seat: Booking) -> Refusal:
    """Say that a seat does not wait for its exam any more, and since which result."""
    if seat.result is None:
        return Refusal.because("booking_not_open", status=seat.status)
    return Refusal.because("booking_not_open", status=seat.status, announced_on=seat.result.on)


def _beyond(exam: Exam, score_centi: int) -> Refusal | None:
    """Say that nobody reaches so much: 715 is a 71.5 that was mistyped, and no pass."""
    full = exam.scheduled.full_mark_centi
    if full is None or score_centi <= full:
        return None
    return Refusal.because("score_above_full_mark", score_centi=score_centi, full_mark_centi=full)


def _shut(exam: Exam, on: date) -> Refusal | None:
    """Say why no seat changes hands any more."""
    if exam.closed is not None:
        return Refusal.because("exam_closed", held=exam.closed.held)
    if on > exam.scheduled.book_until:
        return Refusal.because("booking_over", book_until=exam.scheduled.book_until)
    return None


def _of(booking: Booking | None, person: Person, exam: Exam) -> Booking | Refusal:
    if booking is None:
        return Refusal.because("booking_absent")
    assert person.person == booking.person, "the caller brought another person"
    assert exam.exam == booking.booked.exam, "the caller brought another session"
    return booking


def _by_office(
    booking: Booking | None, role: str, person: Person, exam: Exam, by: Actor
) -> Booking | Refusal:
    """Give a booking that this hand may act upon, or say why not."""
    seat = _of(booking, person, exam)
    if isinstance(seat, Refusal):
        return seat
    if no := standing(by, role, exam.matter):
        return no
    if by.person == seat.person:
        return Refusal.because("own_exam", actor=by.actor)
    return closed_to_processing(person) or seat
