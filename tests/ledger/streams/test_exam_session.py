"""A session moves while nobody has sat it: seats stay with their people, who may give them up (W 10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from course_cast import ATTENDED, BOOK, BOOKED, COME, COMPLETED, EXAM, HOLDER, MARK, ROLE
from msgspec.structs import replace
from stream_cast import LI, PERSON, event, outcome, refusal

from ledger.events.exam import SEAT, TURN, ExamClosed, ExamMoved
from ledger.streams import booking as bookings
from ledger.streams import exam as exams
from ledger.streams import exam_session as sessions
from ledger.streams.exam import Booking, Exam, Status

MOVE = sessions.MoveExam(
    role=ROLE, because="weather", day=date(2026, 5, 16), starts="09:00", ends="10:00", place="温州市人事考试中心",
    seats=2, book_until=date(2026, 5, 8), on=date(2026, 4, 17),
)
SECOND_SEAT = replace(BOOKED, booked=replace(BOOKED.booked, booking="bkg_2", seat=2))


def moved(exam: Exam = EXAM, **change: Any) -> Exam:
    given = sessions.decide_move(exam, replace(MOVE, **change), [BOOKED], HOLDER)
    found: ExamMoved = event(given)
    return exams.evolve(exam, found)


def move(*seats: Booking, exam: Exam | None = EXAM, **change: Any) -> str:
    return outcome(sessions.decide_move(exam, replace(MOVE, **change), seats, HOLDER))


def give_back(exam: Exam, on: date, seat: Booking = BOOKED) -> str:
    command = bookings.ReleaseSeat(person=LI, on=on)
    decided = bookings.decide_seat_release(seat, command, PERSON, exam)
    return decided[0].event.because if isinstance(decided, tuple) else decided.code  # type: ignore[attr-defined]


def test_a_session_moves_to_a_day_to_come_of_the_same_year() -> None:
    assert moved().scheduled == replace(EXAM.scheduled, day=MOVE.day, book_until=MOVE.book_until)
    assert move(day=date(2026, 4, 16), book_until=date(2026, 4, 1)) == "exam_day_past"
    assert move(day=date(2027, 1, 9)) == "exam_of_another_year", "the hours would count for another year (E 10)"
    assert move(book_until=MOVE.day) == "book_until_unfit"
    assert move(starts="10:00") == move(seats=0) == "exam_empty"
    assert move(exam=None) == "exam_absent"


def test_nothing_moves_that_somebody_sat_or_that_is_over_or_that_would_stay_as_it_is() -> None:
    closed = replace(EXAM, closed=ExamClosed(exam=EXAM.exam, held=False, booked=0, attended=0, passed=0))

    assert move(BOOKED, SECOND_SEAT) == "ExamMoved"
    assert move(BOOKED, ATTENDED) == "exam_was_held"
    assert move(exam=closed) == "exam_closed"
    assert move(exam=moved()) == "nothing_changed"
    away = replace(HOLDER, scopes=(replace(HOLDER.scopes[0], region="3302"),))
    assert outcome(sessions.decide_move(EXAM, MOVE, [], away)) == "outside_scope"


def test_there_are_never_fewer_seats_than_the_highest_that_is_booked() -> None:
    no = refusal(sessions.decide_move(EXAM, replace(MOVE, seats=1), [BOOKED, SECOND_SEAT], HOLDER))

    assert (no.code, no.seen) == ("seats_booked", {"seats": 1, "highest": 2})
    assert move(BOOKED, replace(SECOND_SEAT, status=Status.RELEASED), seats=1) == "ExamMoved"
    third = replace(BOOK, seat=3)
    assert outcome(bookings.decide_booking(None, third, PERSON, moved(seats=3), COMPLETED)) == "SeatBooked"


def test_nobody_came_or_was_marked_before_the_new_day() -> None:
    exam = moved()
    attended = bookings.decide_attendance(BOOKED, COME, PERSON, exam, HOLDER)
    marked = bookings.decide_result(ATTENDED, MARK, PERSON, exam, HOLDER)

    assert outcome(attended) == outcome(marked) == "exam_not_held_yet"
    assert outcome(sessions.decide_closing(
        exam, sessions.CloseExam(role=ROLE, held=True, on=MOVE.on), [], {}, HOLDER)) == "exam_not_held_yet"
    assert outcome(bookings.decide_attendance(BOOKED, replace(COME, on=MOVE.day), PERSON, exam, HOLDER)) == (
        "AttendanceRecorded")


def test_who_booked_before_it_moved_gives_the_seat_up_until_the_new_day_and_loses_no_turn() -> None:
    exam, late = moved(), date(2026, 5, 9)
    after = replace(BOOKED, booked=replace(BOOKED.booked, moves=1))

    assert give_back(exam, date(2026, 5, 8)) == "given_back"
    assert give_back(exam, late) == give_back(exam, MOVE.day) == "moved"
    assert give_back(exam, date(2026, 5, 17)) == "booking_over"
    assert give_back(exam, late, after) == "booking_over", "they chose the day as it is"
    assert event(bookings.decide_booking(None, BOOK, PERSON, exam, COMPLETED)).moves == 1
    command = bookings.ReleaseSeat(person=LI, on=late)
    assert event(bookings.decide_seat_release(BOOKED, command, PERSON, exam)).freed() == SEAT | TURN


@pytest.mark.parametrize(("change", "is_told"), [
    ({"day": EXAM.scheduled.day, "book_until": EXAM.scheduled.book_until, "seats": 9}, False),
    ({"day": EXAM.scheduled.day, "book_until": EXAM.scheduled.book_until, "place": "另一处"}, True),
    ({}, True),
])
def test_other_seats_are_no_move_for_who_has_one(change: dict[str, Any], is_told: bool) -> None:
    exam = moved(**change)

    assert BOOKED.was_moved(exam) is is_told
    back = moved(exam, day=EXAM.scheduled.day, book_until=EXAM.scheduled.book_until, seats=7)
    assert back.moves == exam.moves + (exam.scheduled.day != EXAM.scheduled.day or "place" in change)
