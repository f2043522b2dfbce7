"""What happens to courses and exams, as traces: sessions of study as the server counted them, completions, seats.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final

from ledger.events.base import Event
from ledger.events.course import CourseCompleted, CourseHoursRegistered, CoursePublished, StudyRecorded
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
from ledger.vocabulary import LOCAL
from projections.basis import microseconds
from projections.files.projection import Effect, Handler, Rows


def _published(rows: Rows, effect: Effect) -> None:
    event: CoursePublished = effect.event
    rows.insert("course", {
        "course": event.course, "unit": event.unit, "region": event.region, "sector": event.sector,
        "category": event.category.value, "code": event.code, "year": event.year, "minutes": event.minutes,
        "hours_centi": event.hours_centi, "gap_seconds": event.gap_seconds,
        "challenge_minutes": event.challenge_minutes, "event": effect.recorded, "from_position": effect.position})


def _studied(rows: Rows, effect: Effect) -> None:
    event: StudyRecorded = effect.event
    rows.lasting["session"].enter((
        effect.recorded, event.enrolment, event.person, event.course, event.started_at, event.ended_at, event.minutes,
        event.heartbeats, event.challenges, event.answered, event.spread_ms, event.answer_ms, event.answer_spread_ms,
        effect.envelope.recorded_at, effect.position, None))


def _completed(rows: Rows, effect: Effect) -> None:
    event: CourseCompleted = effect.event
    rows.lasting["completion"].enter((
        event.enrolment, event.person, event.course, event.on.isoformat(), event.minutes, effect.recorded,
        effect.position, None))


def _registered(rows: Rows, effect: Effect) -> None:
    event: CourseHoursRegistered = effect.event
    rows.lasting["registered"].enter((
        event.claim, event.enrolment, event.person, event.course, event.completed_by, event.booking,
        event.on.isoformat(), event.hours_centi, effect.recorded, effect.position, None))


@lru_cache(maxsize=4_096)
def _moment(day: date, clock: str) -> int:
    """A time of day here, in microseconds."""
    return microseconds(datetime.combine(day, time.fromisoformat(clock), LOCAL))


def _scheduled(rows: Rows, effect: Effect) -> None:
    event: ExamScheduled = effect.event
    rows.begin("exam", effect.position, {
        "exam": event.exam, "unit": event.unit, "region": event.region, "day": event.day.isoformat(),
        "status": "scheduled", "year": event.year, "starts_at": _moment(event.day, event.starts),
        "ends_at": _moment(event.day, event.ends), "seats": event.seats, "event": effect.recorded})


def _moved(rows: Rows, effect: Effect) -> None:
    event: ExamMoved = effect.event
    times = {"starts_at": _moment(event.day, event.starts), "ends_at": _moment(event.day, event.ends)}
    rows.change("exam", effect.position, {"exam": event.exam}, {
        "day": event.day.isoformat(), "seats": event.seats, **times})
    for booking, status in rows.now("booking", ("booking", "status"), {"exam": event.exam}):
        if status != "released":  # Who gave the seat back is in no other place by it.
            rows.change("booking", effect.position, {"booking": booking}, times)


def _closed(rows: Rows, effect: Effect) -> None:
    event: ExamClosed = effect.event
    rows.change("exam", effect.position, {"exam": event.exam}, {"status": "held" if event.held else "called_off"})


def _booked(rows: Rows, effect: Effect) -> None:
    event: SeatBooked = effect.event
    found = rows.now("exam", ("starts_at", "ends_at"), {"exam": event.exam})
    starts_at, ends_at = found[0] if found else (None, None)
    rows.begin("booking", effect.position, {
        "booking": event.booking, "exam": event.exam, "person": event.person, "enrolment": event.enrolment,
        "course": event.course, "status": "booked", "present": None, "score_centi": None, "passed": None,
        "event": effect.recorded, "starts_at": starts_at, "ends_at": ends_at})


def _seat(rows: Rows, effect: Effect, values: Mapping[str, Any]) -> None:
    rows.change("booking", effect.position, {"booking": effect.event.booking}, values)


def _released(rows: Rows, effect: Effect) -> None:
    _seat(rows, effect, {"status": "released"})


def _attended(rows: Rows, effect: Effect) -> None:
    event: AttendanceRecorded = effect.event
    _seat(rows, effect, {"present": int(event.present), "status": "present" if event.present else "absent"})


def _examined(rows: Rows, effect: Effect) -> None:
    event: ResultRecorded | ResultCorrected = effect.event
    _seat(rows, effect, {"status": "passed" if event.passed else "failed", "score_centi": event.score_centi,
                         "passed": int(event.passed)})


HANDLERS: Final[Mapping[type[Event], Handler]] = {
    CoursePublished: _published,
    StudyRecorded: _studied,
    CourseCompleted: _completed,
    CourseHoursRegistered: _registered,
    ExamScheduled: _scheduled,
    ExamMoved: _moved,
    ExamClosed: _closed,
    SeatBooked: _booked,
    SeatReleased: _released,
    AttendanceRecorded: _attended,
    ResultRecorded: _examined,
    ResultCorrected: _examined,
}
