"""Courses and exams over HTTP, to be read. `tests/api/test_http_exams.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.learning import exams
from api.operational.callers import Caller
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.exams import (
    CoursesAnswer,
    ExamsAnswer,
    OneCourseAnswer,
    OneExamAnswer,
    PlanQuery,
    StudiesAnswer,
)
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.trainings import MomentQuery
from ledger.errors import Refusal
from projections.exams import Wanted

door = Door("exams", __name__, description="公需科目课程、考试场次、选课和考试报名")

_Query = dict[str, Any]


def _wanted(query: _Query) -> Wanted:
    return Wanted(query.get("year"), query.get("region"), query.get("category"))


def _versioned(said: dict[str, Any] | Refusal) -> Response | Refusal:
    """Whoever decides upon a record names the version that they saw. It is never answered as unchanged (304):

    seats are booked and given back while the version of a session stays.
    """
    return said if isinstance(said, Refusal) else answer(said, version=said["version"])


@door.reads("/v1/courses", summary="公需科目课程目录，按年度", query=PlanQuery, answers=CoursesAnswer)
def every_course(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "courses", query, lambda as_of, after, limit: exams.courses(
        house(), caller, _wanted(query), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/courses/<course:course>", summary="一门课程", query=MomentQuery, answers=OneCourseAnswer)
def one_course(caller: Caller, query: _Query, course: str) -> Response | Refusal:
    return _versioned(as_it_stood(query, lambda as_of: exams.course(house(), caller, course, as_of=as_of)))


@door.reads("/v1/exams", summary="考试计划，按日期，各场次的空余座位", query=PlanQuery, answers=ExamsAnswer)
def every_exam(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "exams", query, lambda as_of, after, limit: exams.exams(
        house(), caller, _wanted(query), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/exams/<exam:exam>", summary="一个考试场次：座位、到场、成绩的计数", query=MomentQuery,
            answers=OneExamAnswer)
def one_exam(caller: Caller, query: _Query, exam: str) -> Response | Refusal:
    return _versioned(as_it_stood(query, lambda as_of: exams.exam(house(), caller, exam, as_of=as_of)))


@door.reads("/v1/persons/<person:person>/courses", summary="一个人的选课、学习、考试报名和成绩", query=AsOfQuery,
            answers=StudiesAnswer)
def of_person(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: exams.of_person(
        house(), caller, person, query.get("purpose"), as_of=as_of))
