"""A session that has seats: moved, closed over all its results, or called off (考试改期、结束、取消; W 10).

Each rests on all of its bookings. A session moves as long as nobody sat it; seats stay with their people, so there are
never fewer than the highest that is booked, and who booked may give theirs up (`ledger.streams.booking`).

Reading: a session stays within the calendar year of its day. Hours belong to the year in which the result is announced
(E 10, AMB-15), and nobody who booked for one year finds themselves examined for another.

`tests/ledger/streams/test_exam_session.py` and `tests/ledger/streams/test_exam_stream.py` show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.exam import ExamClosed, ExamMoved, SeatReleased
from ledger.streams.decision import Command, Decision
from ledger.streams.exam import Booking, Exam, Status, unfit, where_and_when
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId

CAUSES: Final = ("weather", "place", "organiser", "seats", "other")
"""Why a session moves (天气、场地、主办部门、座位、其他)."""


class MoveExam(Command):
    """Hold it another day, elsewhere or with other seats; given in full, as it is to stand."""

    role: str
    because: str
    day: date
    starts: str
    ends: str
    place: str
    seats: int
    book_until: date
    on: date


class CloseExam(Command):
    """Close a session that was held, or call it off."""

    role: str
    held: bool
    on: date


def decide_move(exam: Exam | None, command: MoveExam, bookings: Sequence[Booking], by: Actor) -> Decision:
    """Move what nobody has sat to a day that is not past, of the same year, keeping every seat that is booked."""
    if exam is None:
        return Refusal.because("exam_absent")
    assert all(one.booked.exam == exam.exam for one in bookings), "the caller brought another session's bookings"
    if no := standing(by, command.role, exam.matter):
        return no
    if exam.closed is not None:
        return Refusal.because("exam_closed", held=exam.closed.held)
    taken = [one for one in bookings if one.status is not Status.RELEASED]
    if sat := [one for one in taken if one.status is not Status.BOOKED]:
        return Refusal.because("exam_was_held", bookings=len(sat))
    if no := unfit(command.day, (command.starts, command.ends), command.seats, command.book_until):
        return no
    if command.day < command.on:
        return Refusal.because("exam_day_past", day=command.day, today=command.on)
    if command.day.year != exam.scheduled.day.year:
        return Refusal.because("exam_of_another_year", day=command.day, year=exam.scheduled.day.year)
    highest = max((one.booked.seat for one in taken), default=0)
    if command.seats < highest:
        return Refusal.because("seats_booked", seats=command.seats, highest=highest)
    moved = ExamMoved(
        exam=exam.exam, because=command.because, day=command.day, starts=command.starts, ends=command.ends,
        place=command.place, seats=command.seats, book_until=command.book_until,
    )
    before = exam.scheduled
    if (*where_and_when(moved), moved.seats, moved.book_until) == (
            *where_and_when(before), before.seats, before.book_until):
        return Refusal.because("nothing_changed", exam=exam.exam)
    return (Draft(moved),)


def decide_closing(
    exam: Exam | None, command: CloseExam, bookings: Sequence[Booking], persons: Mapping[PersonId, Person], by: Actor
) -> Decision:
    """Close over all bookings of the session: each has its result, or each is released where it is called off.

    Of people whose data may only be stored nothing can be entered any more: their bookings stay as they are.
    """
    if exam is None:
        return Refusal.because("exam_absent")
    assert all(one.booked.exam == exam.exam for one in bookings), "the caller brought another session's bookings"
    if no := standing(by, command.role, exam.matter):
        return no
    if exam.closed is not None:
        return Refusal.because("exam_closed", held=exam.closed.held)
    taken = [one for one in bookings if one.status is not Status.RELEASED]
    waiting = [one for one in taken if one.status in (Status.BOOKED, Status.ATTENDED)
               and closed_to_processing(persons[one.person]) is None]
    if not command.held:
        return _called_off(exam, taken, waiting)
    if command.on < exam.scheduled.day:
        return Refusal.because("exam_not_held_yet", day=exam.scheduled.day)
    if waiting:
        return Refusal.because("results_missing", bookings=len(waiting))
    closed = ExamClosed(
        exam=exam.exam,
        held=True,
        booked=len(taken),
        attended=sum(one.status in _CAME for one in taken),
        passed=sum(one.is_passed for one in taken),
    )
    return (Draft(closed),)


_CAME: Final = (Status.ATTENDED, Status.PASSED, Status.FAILED)


def _called_off(exam: Exam, taken: Sequence[Booking], waiting: Sequence[Booking]) -> Decision:
    sat = [one for one in taken if one.status is not Status.BOOKED]
    if sat:  # Somebody came: it was held.
        return Refusal.because("exam_was_held", bookings=len(sat))
    released = [
        Draft(SeatReleased(booking=one.booking, person=one.person, exam=exam.exam, because="called_off"))
        for one in waiting
    ]
    return (*released, Draft(ExamClosed(exam=exam.exam, held=False, booked=len(taken), attended=0, passed=0)))
