"""An exam session (场次) and a booking of a seat in it, as they stand; and how a session is put into the plan (W 10).

    booked      → attended, absent, released
    attended    → absent, absent → attended (put right by another hand)
    attended    → passed, failed
    passed      → failed, failed → passed (a result put right)

A session may move as long as nobody sat; what is asked of it from then on is asked of the new day and place.

A session does not count its seats: a crowd that books would race for one version. A seat is a reserved name of whoever
booked it, and the last day of booking lies before the day of the exam, so that whoever closes a session has seen all of
its bookings.

Decisions on seats stand in `ledger.streams.booking`, those on a session that has seats in
`ledger.streams.exam_session`; these are the states that they rest on.
`tests/ledger/streams/test_exam_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft, Hand
from ledger.events.exam import (
    AttendanceRecorded,
    BookingEvent,
    BookingId,
    ExamClosed,
    ExamEvent,
    ExamId,
    ExamMoved,
    ExamScheduled,
    ResultCorrected,
    ResultRecorded,
    SeatBooked,
    SeatReleased,
)
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import Category, PersonId


class Exam(State):
    """A session as it stands."""

    scheduled: ExamScheduled          # As it was last moved.
    closed: ExamClosed | None = None
    moves: int = 0                    # How often it was put elsewhere or to another time; other seats are no move.

    @property
    def exam(self) -> ExamId:
        """Name the session."""
        return self.scheduled.exam

    @property
    def matter(self) -> Matter:
        """Take the session as the matter of an act."""
        scheduled = self.scheduled
        return Matter(scheduled.region, scheduled.sector, scheduled.category)


class Status(StrEnum):
    """Where a booking is in life."""

    BOOKED = "booked"
    RELEASED = "released"
    ATTENDED = "attended"
    ABSENT = "absent"
    PASSED = "passed"
    FAILED = "failed"


class Result(NamedTuple):
    """What was announced, when, and whose hand entered it."""

    score_centi: int
    on: date
    hand: Hand


class Booking(State):
    """A booking as it stands."""

    booked: SeatBooked
    status: Status = Status.BOOKED
    result: Result | None = None
    attendance_by: Hand | None = None   # Who said whether they came.

    @property
    def booking(self) -> BookingId:
        """Name the booking."""
        return self.booked.booking

    @property
    def person(self) -> PersonId:
        """Name whose seat it is."""
        return self.booked.person

    @property
    def is_passed(self) -> bool:
        """Say whether the exam was passed."""
        return self.status is Status.PASSED

    def was_moved(self, exam: Exam) -> bool:
        """Say whether the session was put elsewhere or to another time since this was booked."""
        return self.booked.moves < exam.moves

    @property
    def holds_the_year(self) -> bool:
        """Say whether the person has no other turn beside this one."""
        return self.status in (Status.BOOKED, Status.ATTENDED, Status.PASSED)


class ScheduleExam(Command):
    """Put a session into the plan."""

    exam: ExamId
    role: str
    region: str
    year: int
    category: Category
    day: date
    starts: str
    ends: str
    place: str
    seats: int
    pass_mark_centi: int
    book_until: date
    sector: str | None = None
    resits: bool = True
    full_mark_centi: int | None = None


def decide_scheduling(exam: Exam | None, command: ScheduleExam, by: Actor) -> Decision:
    """Schedule once, with at least one seat, booking ended before the day, and a pass that can be reached."""
    if exam is not None:
        return Refusal.because("exam_exists", exam=exam.exam)
    if no := standing(by, command.role, Matter(command.region, command.sector, command.category)):
        return no
    if no := unfit(command.day, (command.starts, command.ends), command.seats, command.book_until):
        return no
    if command.full_mark_centi is not None and command.pass_mark_centi > command.full_mark_centi:
        return Refusal.because("pass_mark_unfit", pass_mark_centi=command.pass_mark_centi,
                               full_mark_centi=command.full_mark_centi)
    scheduled = ExamScheduled(
        exam=command.exam,
        unit=by.organisation,
        region=command.region,
        year=command.year,
        category=command.category,
        day=command.day,
        starts=command.starts,
        ends=command.ends,
        place=command.place,
        seats=command.seats,
        pass_mark_centi=command.pass_mark_centi,
        book_until=command.book_until,
        sector=command.sector,
        resits=command.resits,
        full_mark_centi=command.full_mark_centi,
    )
    return (Draft(scheduled),)


def unfit(day: date, hours: tuple[str, str], seats: int, book_until: date) -> Refusal | None:
    """Say why nobody could book and sit a session that is planned so. `hours`: from when to when."""
    starts, ends = hours
    if seats <= 0 or starts >= ends:
        return Refusal.because("exam_empty", seats=seats, starts=starts, ends=ends)
    if book_until >= day:
        return Refusal.because("book_until_unfit", book_until=book_until, day=day)
    return None


def evolve(exam: Exam | None, event: ExamEvent) -> Exam:
    """Accept what happened to a session."""
    if isinstance(event, ExamScheduled):
        return Exam(event)
    if exam is None:
        raise Beheaded(event)
    if isinstance(event, ExamMoved):
        return _moved(exam, event)
    assert isinstance(event, ExamClosed)
    return replace(exam, closed=event)


def _moved(exam: Exam, event: ExamMoved) -> Exam:
    before = exam.scheduled
    now = replace(before, day=event.day, starts=event.starts, ends=event.ends, place=event.place, seats=event.seats,
                  book_until=event.book_until)
    return replace(exam, scheduled=now, moves=exam.moves + (where_and_when(now) != where_and_when(before)))


def where_and_when(planned: ExamScheduled | ExamMoved) -> tuple[date, str, str, str]:
    """What whoever has a seat has to know."""
    return planned.day, planned.starts, planned.ends, planned.place


def evolve_booking(booking: Booking | None, event: BookingEvent) -> Booking:
    """Accept what happened to a booking."""
    if isinstance(event, SeatBooked):
        return Booking(event)
    if booking is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](booking, event)


def _announced(booking: Booking, event: ResultRecorded | ResultCorrected) -> Booking:
    status = Status.PASSED if event.passed else Status.FAILED
    return replace(booking, status=status, result=Result(event.score_centi, event.on, event.hand))


_EVOLVE: Final[dict[type[BookingEvent], Callable[[Booking, Any], Booking]]] = {
    SeatReleased: lambda booking, event: replace(booking, status=Status.RELEASED),
    AttendanceRecorded: lambda booking, event: replace(
        booking, status=Status.ATTENDED if event.present else Status.ABSENT, attendance_by=event.hand
    ),
    ResultRecorded: _announced,
    ResultCorrected: _announced,
}
