"""Courses and exams, asked about: catalogue and plan by whoever is logged in, what a person did by those it concerns.

`tests/api/test_http_exams.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.standing import logged_in, look_at
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from projections import exams as _exams
from projections.exams import Booking, Course, Enrolment, Exam, Wanted
from projections.pages import Page

_After = tuple[Any, ...] | None
_ROUTE = "exams"


def course(house: House, caller: Caller, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """A course of the catalogue."""
    if no := logged_in(house, caller):
        return no
    found = _exams.course_of(house.answers, name, as_of=as_of)
    return Refusal.because("course_absent") if found is None else course_view(found)


def courses(
    house: House, caller: Caller, wanted: Wanted, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The catalogue, by year."""
    if no := logged_in(house, caller):
        return no
    year, name = after or (0, "")
    page = _exams.courses(house.answers, wanted, as_of=as_of, after=(year, name), limit=limit)
    return page.of([course_view(one) for one in page.items])


def exam(house: House, caller: Caller, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """A session with its seats: how many, of whom is not said."""
    if no := logged_in(house, caller):
        return no
    found = _exams.exam_of(house.answers, name, as_of=as_of)
    return Refusal.because("exam_absent") if found is None else exam_view(found)


def seats_taken(house: House, caller: Caller, name: str, *, as_of: int) -> list[int] | Refusal:
    """The numbers of the seats that are taken, in order: by whom is not said, and nobody is looked at."""
    if no := logged_in(house, caller):
        return no
    found = _exams.bookings_of(house.answers, exam=name, as_of=as_of)
    return sorted({one.seat for one in found if one.status != "released"})


def exams(
    house: House, caller: Caller, wanted: Wanted, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The plan of exams, by day."""
    if no := logged_in(house, caller):
        return no
    day, name = after or ("", "")
    page = _exams.exams(house.answers, wanted, as_of=as_of, after=(day, name), limit=limit)
    return page.of([exam_view(one) for one in page.items])


def of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """What a person chose, how far they came, where they sat and what came of it."""
    if no := look_at(house, caller, person, purpose, what=("courses", "exams"), route=_ROUTE):
        return no
    return {
        "person": person,
        "enrolments": [enrolment_view(one) for one in _exams.enrolments_of(house.answers, person, as_of=as_of)],
        "bookings": [booking_view(one) for one in _exams.bookings_of(house.answers, person=person, as_of=as_of)],
    }


def course_view(one: Course) -> dict[str, Any]:
    """A course as it is shown."""
    return {**_without(one, "hours_centi"), "hours": format_hours(one.hours_centi),
            "version": 1 if one.withdrawn_on is None else 2}


def exam_view(one: Exam) -> dict[str, Any]:
    """A session as it is shown: marks as decimals, and the seats that are left."""
    return {**_without(one, "pass_mark_centi"), "pass_mark": format_hours(one.pass_mark_centi), "free": one.free}


def enrolment_view(one: Enrolment) -> dict[str, Any]:
    """An enrolment as it is shown."""
    return _without(one, "person")


def booking_view(one: Booking) -> dict[str, Any]:
    """A booking as it is shown."""
    marks = {"score": one.score_centi, "pass_mark": one.pass_mark_centi}
    written = {name: None if mark is None else format_hours(mark) for name, mark in marks.items()}
    return {**_without(one, "person", "score_centi", "pass_mark_centi"), **written}


def _without(one: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in one._asdict().items() if name not in names}
