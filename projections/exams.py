"""Courses and exams as answers: the catalogue of a year, who studied what for how long, sessions with their seats.

Seats that are free are not stored: a session says how many there are, and the bookings that hold as of a position say
how many are taken. So a seat that was given back is free from then on, and as of before it still is taken.

They are folded by `projections.exam_fold`.

`tests/projections/test_exams.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.files.projection import HOLDS
from projections.pages import Page, paged

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
    years_before: tuple[int, ...]  # In whose catalogues of the same place and subject this courseware stood (P 10).


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
    moves: int             # How often it was put elsewhere or to another time,
    version: int           # and of its stream, which other seats change as well.
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
    moves: int             # How often its session had moved when it was booked.
    events: tuple[int, ...]


_COURSES: Final = (
    f"SELECT {', '.join(Course._fields[:-1])}, (SELECT json_group_array(DISTINCT b.year) FROM courses b "
    "WHERE b.code = courses.code AND b.region = courses.region AND b.category = courses.category "
    f"AND b.sector IS courses.sector AND b.year < courses.year AND {HOLDS}) FROM courses WHERE {{}} AND {HOLDS} "
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


def unfinished(
    files: Files, today: str, regions: Sequence[str], *, as_of: int | None = None, limit: int = 50
) -> list[Exam]:
    """Sessions of these places whose day has passed and that are not closed, longest past first."""
    if not regions:
        return []
    reader, at = files.file("exams", as_of)
    within = " OR ".join(f"(region >= :region{n} AND region < :region{n} || ':')" for n in range(len(regions)))
    condition = f"status = 'scheduled' AND day < :today AND ({within})"
    values = {"as_of": at, "today": today, "day_after": "", "exam_after": "", "limit": limit,
              **{f"region{n}": region for n, region in enumerate(regions)}}
    query = _EXAMS.format(condition, _SEATS.format(_OF_PAGE.format(condition)))
    return [_exam(row) for row in reader.rows(query, values)]


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
    return found._replace(one_a_year=bool(found.one_a_year), years_before=tuple(sorted(json.loads(row[-1]))))


def _exam(row: tuple[Any, ...]) -> Exam:
    found = Exam._make(row)
    return found._replace(resits=bool(found.resits))
