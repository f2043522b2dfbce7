"""What happens to an exam session (场次) and to a person's booking of a seat in it (W 10, W 11).

Sessions and bookings are streams of their own, so that a crowd that books does not race for one version: what two may
not have is a reserved name, the seat. One booking a person and session, and one a year until it is released; who was
absent or failed may sit again where the session says so.

A session may move (改期、改场地) after seats were booked. A seat stays its person's; a booking says how many moves
there had been, so that who booked before the last one may give the seat up where others no longer may.

`tests/ledger/streams/test_exam_stream.py` shows it; `tests/ledger/streams/test_last_seat.py` the race for a seat.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NewType

from ledger.events.base import Event, Hand, Name, Open, Pseudonym, Sealed, Words
from ledger.events.course import CourseId, EnrolmentId
from ledger.vocabulary import Category, PersonId, StreamId, UnitId

ExamId = NewType("ExamId", str)
BookingId = NewType("BookingId", str)

SEAT: Final = frozenset({"seat", "seat_of_person"})
TURN: Final = frozenset({"exam_of_year"})
"""A person's one turn of a year: held until the booking is released, or for good by whoever passes."""


class ExamEvent(Event):
    """The base of all events of a session's stream; a session concerns no person."""

    exam: Open[ExamId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.exam)

    def subjects(self) -> tuple[str, ...]:
        return ()


class ExamScheduled(ExamEvent, tag="exam.scheduled/1"):
    """A session was put into the plan of exams (考试计划): when, where, how many seats."""

    unit: Pseudonym[UnitId]       # The office that holds it.
    region: Open[str]
    year: Open[int]               # Whose courses it examines.
    category: Open[Category]
    day: Open[date]
    starts: Open[str]             # HH:MM, local time.
    ends: Open[str]
    place: Open[str]
    seats: Open[int]
    pass_mark_centi: Open[int]    # In hundredths of a mark.
    book_until: Open[date]
    sector: Open[str | None] = None
    resits: Open[bool] = True     # Whether who was absent or failed may sit again in the year; W 10 does not say.
    full_mark_centi: Open[int | None] = None  # Nobody reaches more; not kept at first.


class ExamMoved(ExamEvent, tag="exam.moved/1"):
    """A session was put off, or held elsewhere, or with other seats: how it stands from here on, in full."""

    because: Open[str]            # weather, place, organiser, seats, other
    day: Open[date]
    starts: Open[str]
    ends: Open[str]
    place: Open[str]
    seats: Open[int]
    book_until: Open[date]


class ExamClosed(ExamEvent, tag="exam.closed/1"):
    """Every seat has its result; or the session was called off, and every seat is released."""

    held: Open[bool]
    booked: Open[int]
    attended: Open[int]
    passed: Open[int]


class BookingEvent(Event):
    """The base of all events of a booking's stream."""

    booking: Pseudonym[BookingId]
    person: Pseudonym[PersonId]
    exam: Open[ExamId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.booking)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class SeatBooked(BookingEvent, tag="booking.booked/1"):
    """A person who has completed a course of the year took a seat."""

    enrolment: Pseudonym[EnrolmentId]
    course: Open[CourseId]
    seat: Open[int]
    moves: Open[int] = 0          # How often the session had been put elsewhere or to another time by then.

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (
            Name("seat", f"{self.exam}:{self.seat}"),
            Name("seat_of_person", f"{self.exam}:{self.person}"),
            Name("exam_of_year", self.enrolment),  # An enrolment is one person's, for one course of one year.
        )


class SeatReleased(BookingEvent, tag="booking.released/1"):
    """The seat is free again: given back by the person, or the session was called off."""

    because: Open[str]  # given_back, called_off; moved: given up since the session was, also when booking is over

    def freed(self) -> frozenset[str]:
        return SEAT | TURN


class AttendanceRecorded(BookingEvent, tag="booking.attendance_recorded/1"):
    """Whether the person came; the seat stays theirs either way, since the session was that day (D12).

    Said anew by another hand where it was wrong, as long as there is no result; both stay to be seen.
    """

    present: Open[bool]
    resits: Open[bool] = False  # As the session says.
    hand: Pseudonym[Hand | None] = None  # Whoever said it does not put it right (D14); not kept at first.

    def freed(self) -> frozenset[str]:
        return TURN if self.resits and not self.present else frozenset()


class ResultRecorded(BookingEvent, tag="booking.result_recorded/1"):
    """The result as it was announced."""

    score_centi: Open[int]
    pass_mark_centi: Open[int]
    passed: Open[bool]
    on: Open[date]              # The day of announcement: the evidence date of the hours (AMB-15).
    hand: Pseudonym[Hand]       # Whoever recorded it does not correct it (D14).
    resits: Open[bool] = False

    def freed(self) -> frozenset[str]:
        return TURN if self.resits and not self.passed else frozenset()


class ResultCorrected(BookingEvent, tag="booking.result_corrected/1"):
    """The result had been recorded wrongly; both stay to be seen. Hours that rest on it are another decision."""

    sealed_as = Words

    score_centi: Open[int]
    pass_mark_centi: Open[int]
    passed: Open[bool]
    on: Open[date]
    hand: Pseudonym[Hand]
    resits: Open[bool] = False

    def freed(self) -> frozenset[str]:
        return TURN if self.resits and not self.passed else frozenset()
