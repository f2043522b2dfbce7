"""Courses and exams as answers: the catalogue of a year, who studied what for how long, sessions with their seats.

Seats that are free are not stored: a session says how many there are, and the bookings that hold as of a position say
how many are taken. So a seat that was given back is free from then on, and as of before it still is taken.

`tests/projections/test_exams.py` shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

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
    ExamScheduled,
    ResultCorrected,
    ResultRecorded,
    SeatBooked,
    SeatReleased,
)
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged
from projections.tables.gathered import Former

if TYPE_CHECKING:
    from projections.opened import Files


class Course(NamedTuple):
    """A course in the catalogue of a year."""

    course: str
    unit: str
    region: str
    sector: str | None
    year: int
    code: str
    title: str
    category: str
    minutes: int
    hours_centi: int
    one_a_year: bool
    withdrawn_on: str | None
    event: int


class Enrolment(NamedTuple):
    """A person's enrolment, with what was studied so far."""

    enrolment: str
    person: str
    course: str
    year: int
    category: str
    status: str
    minutes: int
    sessions: int
    challenges: int
    answered: int
    completed_on: str | None
    completed_by: str | None
    claim: str | None
    events: tuple[int, ...]


class Exam(NamedTuple):
    """A session, with how its seats stand."""

    exam: str
    unit: str
    region: str
    sector: str | None
    year: int
    category: str
    day: str
    starts: str
    ends: str
    place: str
    seats: int
    pass_mark_centi: int
    book_until: str
    resits: bool
    status: str            # scheduled, held, called_off
    event: int
    taken: int
    attended: int
    absent: int
    passed: int
    failed: int

    @property
    def free(self) -> int:
        """How many seats nobody has."""
        return self.seats - self.taken


class Booking(NamedTuple):
    """A seat of a person, and the result."""

    booking: str
    person: str
    exam: str
    enrolment: str
    course: str
    seat: int
    status: str
    score_centi: int | None
    pass_mark_centi: int | None
    announced_on: str | None
    events: tuple[int, ...]


# Folding


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
        "event": effect.recorded,
    })


def _closed(rows: Rows, effect: Effect) -> None:
    event: ExamClosed = effect.event
    rows.change("exams", effect.position, {"exam": event.exam}, {"status": "held" if event.held else "called_off"})


def _booked(rows: Rows, effect: Effect) -> None:
    event: SeatBooked = effect.event
    rows.begin("bookings", effect.position, {
        "booking": event.booking, "person": event.person, "exam": event.exam, "enrolment": event.enrolment,
        "course": event.course, "seat": event.seat, "status": "booked", "score_centi": None, "pass_mark_centi": None,
        "announced_on": None, "events": json.dumps([effect.recorded]),
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
    version: ClassVar = 1
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
            _columns(("year", "seats", "pass_mark_centi", "resits", "event"), "exam", "unit", "region", "sector",
                     "category", "day", "starts", "ends", "place", "book_until", "status"),
            ("exam", "from_position"), (("day", "exam"),)),
        "bookings": Table(
            _columns(("seat", "score_centi", "pass_mark_centi"), "booking", "person", "exam", "enrolment", "course",
                     "status", "announced_on", "events"),
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
        ExamClosed: _closed,
        SeatBooked: _booked,
        SeatReleased: _released,
        AttendanceRecorded: _attendance,
        ResultRecorded: _announced,
        ResultCorrected: _announced,
    }


# Reading

_COURSES: Final = (
    f"SELECT {', '.join(Course._fields)} FROM courses WHERE {{}} AND {HOLDS} "
    "AND (year, course) > (:year_after, :course_after) ORDER BY year, course LIMIT :limit"
)
_ENROLMENTS: Final = (
    f"SELECT {', '.join(Enrolment._fields)} FROM enrolments WHERE person = :key AND {HOLDS} ORDER BY year, enrolment"
)
_SEATS: Final = (
    f"SELECT exam, sum(status <> 'released') AS taken, sum(status IN ('attended', 'passed', 'failed')) AS attended, "
    "sum(status = 'absent') AS absent, sum(status = 'passed') AS passed, sum(status = 'failed') AS failed "
    f"FROM bookings WHERE {HOLDS} AND {{}} GROUP BY exam"
)
_OF_PAGE: Final = (
    f"exam IN (SELECT exam FROM exams WHERE {HOLDS} AND {{}} AND (day, exam) > (:day_after, :exam_after) "
    "ORDER BY day, exam LIMIT :limit)"
)
_EXAMS: Final = (
    f"SELECT {', '.join('e.' + name for name in Exam._fields[:-5])}, coalesce(s.taken, 0), coalesce(s.attended, 0), "
    "coalesce(s.absent, 0), coalesce(s.passed, 0), coalesce(s.failed, 0) FROM ("
    f"SELECT * FROM exams WHERE {HOLDS} AND {{}} AND (day, exam) > (:day_after, :exam_after) "
    "ORDER BY day, exam LIMIT :limit"
    ") e LEFT JOIN ({}) s ON s.exam = e.exam ORDER BY e.day, e.exam"
)
_BOOKINGS: Final = f"SELECT {', '.join(Booking._fields)} FROM bookings WHERE {{}} = :key AND {HOLDS} ORDER BY booking"
_ANY: Final = "1"


class Wanted(NamedTuple):
    """Which courses or sessions: of a year, of a place and all within it, of a subject."""

    year: int | None = None
    region: str | None = None
    category: str | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Say it in SQL."""
        parts, values = [_ANY], {name: value for name, value in self._asdict().items() if value is not None}
        if self.year is not None:
            parts.append("year = :year")
        if self.region is not None:  # Codes are digits: all with this prefix lie before the prefix with a colon.
            parts.append("region >= :region AND region < :region || ':'")
        if self.category is not None:
            parts.append("category = :category")
        return " AND ".join(parts), values


EVERYTHING: Final = Wanted()


def courses(
    files: Files, wanted: Wanted = EVERYTHING, *, as_of: int | None = None, after: tuple[int, str] = (0, ""),
    limit: int = 50,
) -> Page[Course]:
    """The catalogue, by year."""
    reader, at = files.file("exams", as_of)
    condition, values = wanted.condition()
    values |= {"as_of": at, "year_after": after[0], "course_after": after[1], "limit": limit + 1}
    found = [_course(row) for row in reader.rows(_COURSES.format(condition), values)]
    return paged(found, limit, at, lambda one: (one.year, one.course))


def course_of(files: Files, course: str, *, as_of: int | None = None) -> Course | None:
    """One course."""
    reader, at = files.file("exams", as_of)
    values = {"as_of": at, "key": course, "year_after": 0, "course_after": "", "limit": 1}
    return next(map(_course, reader.rows(_COURSES.format("course = :key"), values)), None)


def exams(
    files: Files, wanted: Wanted = EVERYTHING, *, as_of: int | None = None, after: tuple[str, str] = ("", ""),
    limit: int = 50,
) -> Page[Exam]:
    """The plan of exams, by day, each session with its seats."""
    reader, at = files.file("exams", as_of)
    condition, values = wanted.condition()
    values |= {"as_of": at, "day_after": after[0], "exam_after": after[1], "limit": limit + 1}
    # Counted are the seats of this page's sessions alone: of a province's history a page is little.
    page = _EXAMS.format(condition, _SEATS.format(_OF_PAGE.format(condition)))
    found = [_exam(row) for row in reader.rows(page, values)]
    return paged(found, limit, at, lambda one: (one.day, one.exam))


def exam_of(files: Files, exam: str, *, as_of: int | None = None) -> Exam | None:
    """One session with its seats."""
    reader, at = files.file("exams", as_of)
    values = {"as_of": at, "key": exam, "day_after": "", "exam_after": "", "limit": 1}
    query = _EXAMS.format("exam = :key", _SEATS.format("exam = :key"))
    return next(map(_exam, reader.rows(query, values)), None)


def enrolments_of(files: Files, person: str, *, as_of: int | None = None) -> list[Enrolment]:
    """What a person chose and how far they came, by year."""
    reader, at = files.file("exams", as_of)
    return [Enrolment._make((*row[:-1], tuple(json.loads(row[-1]))))
            for row in reader.rows(_ENROLMENTS, {"key": person, "as_of": at})]


def bookings_of(
    files: Files, *, person: str | None = None, exam: str | None = None, as_of: int | None = None
) -> list[Booking]:
    """The bookings of a person, or of a session."""
    reader, at = files.file("exams", as_of)
    by, key = ("exam", exam) if person is None else ("person", person)
    return [Booking._make((*row[:-1], tuple(json.loads(row[-1]))))
            for row in reader.rows(_BOOKINGS.format(by), {"key": key, "as_of": at})]


def _course(row: tuple[Any, ...]) -> Course:
    found = Course._make(row)
    return found._replace(one_a_year=bool(found.one_a_year))


def _exam(row: tuple[Any, ...]) -> Exam:
    found = Exam._make(row)
    return found._replace(resits=bool(found.resits))
