"""Courses and exams, folded: what each event does to catalogue, enrolments, sessions and seats.

What is read of them stands in `projections.exams`. `tests/projections/test_exams.py` shows both.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from ledger.events.course import (
    CourseCompleted,
    CourseExamined,
    CourseHoursRegistered,
    CoursePublished,
    CourseWithdrawn,
    EnrolmentCancelled,
    PersonEnrolled,
    StudyRecorded,
)
from ledger.events.exam import (
    AttendanceRecorded,
    ExamClosed,
    ExamMoved,
    ExamScheduled,
    ResultCorrected,
    ResultRecorded,
    SeatBooked,
    SeatReleased,
)
from projections.files.projection import Effect, Projection, Rows, Table
from projections.tables.gathered import Former


def _published(rows: Rows, effect: Effect) -> None:
    event: CoursePublished = effect.event
    rows.begin("courses", effect.position, {
        "course": event.course, "unit": event.unit, "region": event.region, "sector": event.sector,
        "year": event.year, "code": event.code, "title": event.title, "category": event.category.value,
        "minutes": event.minutes, "hours_centi": event.hours_centi, "one_a_year": event.one_a_year,
        "withdrawn_on": None, "event": effect.recorded,
    })


def _withdrawn(rows: Rows, effect: Effect) -> None:
    event: CourseWithdrawn = effect.event
    rows.change("courses", effect.position, {"course": event.course}, {"withdrawn_on": event.on.isoformat()})


def _enrolled(rows: Rows, effect: Effect) -> None:
    event: PersonEnrolled = effect.event
    rows.begin("enrolments", effect.position, {
        "enrolment": event.enrolment, "person": event.person, "course": event.course, "year": event.year,
        "category": event.category.value, "status": "enrolled", "minutes": 0, "sessions": 0, "challenges": 0,
        "answered": 0, "completed_on": None, "completed_by": None, "claim": None,
        "events": json.dumps([effect.recorded]),
    })


def _of_enrolment(rows: Rows, effect: Effect, **values: Any) -> None:
    rows.change("enrolments", effect.position, {"enrolment": effect.event.enrolment},
                lambda former: {**values, "events": _grown(former, effect)})


def _of_booking(rows: Rows, effect: Effect, **values: Any) -> None:
    rows.change("bookings", effect.position, {"booking": effect.event.booking},
                lambda former: {**values, "events": _grown(former, effect)})


def _grown(former: Former, effect: Effect) -> str:
    return f"{former('events')[:-1]}, {effect.recorded}]"  # A list in JSON grows at its end.


def _cancelled(rows: Rows, effect: Effect) -> None:
    _of_enrolment(rows, effect, status="cancelled")


def _studied(rows: Rows, effect: Effect) -> None:
    event: StudyRecorded = effect.event
    more = {"minutes": event.minutes, "sessions": 1, "challenges": event.challenges, "answered": event.answered}
    rows.change("enrolments", effect.position, {"enrolment": event.enrolment}, lambda former: {
        **{name: former(name) + count for name, count in more.items()}, "events": _grown(former, effect)})


def _completed(rows: Rows, effect: Effect) -> None:
    event: CourseCompleted = effect.event
    _of_enrolment(rows, effect, status="completed", completed_on=event.on.isoformat())


def _examined(rows: Rows, effect: Effect) -> None:
    _of_enrolment(rows, effect)  # What was reached is read from the enrolment itself.


def _hours_registered(rows: Rows, effect: Effect) -> None:
    event: CourseHoursRegistered = effect.event
    _of_enrolment(rows, effect, status="registered", completed_by=event.completed_by, claim=event.claim)


def _scheduled(rows: Rows, effect: Effect) -> None:
    event: ExamScheduled = effect.event
    rows.begin("exams", effect.position, {
        "exam": event.exam, "unit": event.unit, "region": event.region, "sector": event.sector, "year": event.year,
        "category": event.category.value, "day": event.day.isoformat(), "starts": event.starts, "ends": event.ends,
        "place": event.place, "seats": event.seats, "pass_mark_centi": event.pass_mark_centi,
        "book_until": event.book_until.isoformat(), "resits": event.resits, "status": "scheduled",
        "event": effect.recorded, "moves": 0, "version": 1,
    })


def _moved(rows: Rows, effect: Effect) -> None:
    event: ExamMoved = effect.event
    now = {"day": event.day.isoformat(), "starts": event.starts, "ends": event.ends, "place": event.place}
    rows.change("exams", effect.position, {"exam": event.exam}, lambda former: {
        **now, "seats": event.seats, "book_until": event.book_until.isoformat(), "version": former("version") + 1,
        "moves": former("moves") + any(former(name) != value for name, value in now.items())})


def _closed(rows: Rows, effect: Effect) -> None:
    event: ExamClosed = effect.event
    rows.change("exams", effect.position, {"exam": event.exam}, lambda former: {
        "status": "held" if event.held else "called_off", "version": former("version") + 1})


def _booked(rows: Rows, effect: Effect) -> None:
    event: SeatBooked = effect.event
    rows.begin("bookings", effect.position, {
        "booking": event.booking, "person": event.person, "exam": event.exam, "enrolment": event.enrolment,
        "course": event.course, "seat": event.seat, "status": "booked", "score_centi": None, "pass_mark_centi": None,
        "announced_on": None, "moves": event.moves, "events": json.dumps([effect.recorded]),
    })


def _released(rows: Rows, effect: Effect) -> None:
    _of_booking(rows, effect, status="released")


def _attendance(rows: Rows, effect: Effect) -> None:
    _of_booking(rows, effect, status="attended" if effect.event.present else "absent")


def _announced(rows: Rows, effect: Effect) -> None:
    event: ResultRecorded | ResultCorrected = effect.event
    _of_booking(rows, effect, status="passed" if event.passed else "failed", score_centi=event.score_centi,
                pass_mark_centi=event.pass_mark_centi, announced_on=event.on.isoformat())


def _columns(numbers: tuple[str, ...], *texts: str) -> dict[str, type]:
    return {**dict.fromkeys(texts, str), **dict.fromkeys(numbers, int)}


class Exams(Projection):
    """The fold."""

    name: ClassVar = "exams"
    version: ClassVar = 2  # 1 knew no session that moved.
    tables: ClassVar = {
        "courses": Table(
            _columns(("year", "minutes", "hours_centi", "one_a_year", "event"), "course", "unit", "region", "sector",
                     "code", "title", "category", "withdrawn_on"),
            ("course", "from_position"), (("year", "region"),)),
        "enrolments": Table(
            _columns(("year", "minutes", "sessions", "challenges", "answered"), "enrolment", "person", "course",
                     "category", "status", "completed_on", "completed_by", "claim", "events"),
            ("enrolment", "from_position"), (("person",),)),
        "exams": Table(
            _columns(("year", "seats", "pass_mark_centi", "resits", "event", "moves", "version"), "exam", "unit",
                     "region", "sector", "category", "day", "starts", "ends", "place", "book_until", "status"),
            ("exam", "from_position"), (("day", "exam"),)),
        "bookings": Table(
            _columns(("seat", "score_centi", "pass_mark_centi", "moves"), "booking", "person", "exam", "enrolment",
                     "course", "status", "announced_on", "events"),
            ("booking", "from_position"), (("exam",), ("person",))),
    }
    handlers: ClassVar = {
        CoursePublished: _published,
        CourseWithdrawn: _withdrawn,
        PersonEnrolled: _enrolled,
        EnrolmentCancelled: _cancelled,
        StudyRecorded: _studied,
        CourseCompleted: _completed,
        CourseExamined: _examined,
        CourseHoursRegistered: _hours_registered,
        ExamScheduled: _scheduled,
        ExamMoved: _moved,
        ExamClosed: _closed,
        SeatBooked: _booked,
        SeatReleased: _released,
        AttendanceRecorded: _attendance,
        ResultRecorded: _announced,
        ResultCorrected: _announced,
    }
