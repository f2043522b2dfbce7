"""What is asked and answered about courses and exams. `tests/api/test_http_exams.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Query
from api.routes.fields import Area, QueryNumber, Shaped, Subject, Text
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import PageAnswer, Reflects

_AS_OF = {"description": "事件序号、带时区的时间或日期：按当时所知回答"}
_HOURS = {"description": "标注的学时", "example": "18"}
MOVED = "改期、改场地的次数；只改座位数的不算"
BOOKED_AFTER = "报名时场次已改期、改场地几次；少于场次的次数即报名之后改过，考完之前可以退座"
_MARK = {"description": "分数", "example": "60"}


class PlanQuery(Query):
    """Of which year, place and subject, as it was known when, and which page."""

    year = QueryNumber(1950, 2099, metadata={"description": "课程年度"})
    region = Area(metadata={"description": "只看此地区及其下的"})
    category = Subject()
    as_of = Text(60, metadata=_AS_OF)
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class CourseAnswer(Answer):
    """A course in the catalogue of a year."""

    course = ma.fields.String(required=True)
    unit = ma.fields.String(required=True, metadata={"description": "发布的部门"})
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    year = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True, metadata={"description": "课件代码：历年同一课件代码相同"})
    title = ma.fields.String(required=True)
    category = ma.fields.String(required=True)
    minutes = ma.fields.Integer(required=True, metadata={"description": "须学满的分钟数"})
    hours = ma.fields.String(required=True, metadata=_HOURS)
    one_a_year = ma.fields.Boolean(required=True, metadata={"description": "这类课程每年只选一门"})
    withdrawn_on = ma.fields.Date(required=True, allow_none=True)
    event = ma.fields.Integer(required=True)
    years_before = ma.fields.List(ma.fields.Integer(), required=True, metadata={
        "description": "同一课件此前在当地哪些年度的目录中；空的是新课件。课件每年更新一批"})
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，单独查看时也在 ETag 中"})


class OneCourseAnswer(CourseAnswer, Reflects):
    """A course, and what the answer rests on."""


class CoursesAnswer(PageAnswer):
    """The catalogue, by year."""

    items = ma.fields.List(ma.fields.Nested(CourseAnswer), required=True)


class ExamAnswer(Answer):
    """A session with its seats."""

    exam = ma.fields.String(required=True)
    unit = ma.fields.String(required=True, metadata={"description": "主办的部门"})
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    year = ma.fields.Integer(required=True, metadata={"description": "所考课程的年度"})
    category = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    starts = ma.fields.String(required=True, metadata={"example": "09:00"})
    ends = ma.fields.String(required=True, metadata={"example": "10:00"})
    place = ma.fields.String(required=True)
    seats = ma.fields.Integer(required=True)
    taken = ma.fields.Integer(required=True)
    free = ma.fields.Integer(required=True)
    pass_mark = ma.fields.String(required=True, metadata=_MARK)
    book_until = ma.fields.Date(required=True, metadata={"description": "报名截止日"})
    resits = ma.fields.Boolean(required=True, metadata={"description": "缺考或不合格的可否再考"})
    status = ma.fields.String(required=True, metadata={"enum": ["scheduled", "held", "called_off"]})
    attended = ma.fields.Integer(required=True)
    absent = ma.fields.Integer(required=True)
    passed = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)
    event = ma.fields.Integer(required=True)
    moves = ma.fields.Integer(required=True, metadata={"description": MOVED})
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，单独查看时也在 ETag 中"})


class OneExamAnswer(ExamAnswer, Reflects):
    """A session, and what the answer rests on."""


class ExamsAnswer(PageAnswer):
    """The plan of exams, by day."""

    items = ma.fields.List(ma.fields.Nested(ExamAnswer), required=True)


class EnrolmentAnswer(Answer):
    """A course that somebody chose, and how far they came."""

    enrolment = ma.fields.String(required=True)
    course = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    status = ma.fields.String(
        required=True, metadata={"enum": ["enrolled", "completed", "registered", "cancelled"]})
    minutes = ma.fields.Integer(required=True, metadata={"description": "计入的学习分钟数"})
    sessions = ma.fields.Integer(required=True)
    challenges = ma.fields.Integer(required=True, metadata={"description": "人机交互询问次数"})
    answered = ma.fields.Integer(required=True)
    completed_on = ma.fields.Date(required=True, allow_none=True)
    completed_by = ma.fields.String(required=True, allow_none=True, metadata={"enum": ["exam", "completion", None]})
    claim = ma.fields.String(required=True, allow_none=True, metadata={"description": "登记的学时"})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class BookingAnswer(Answer):
    """A seat, and the result."""

    booking = ma.fields.String(required=True)
    exam = ma.fields.String(required=True)
    enrolment = ma.fields.String(required=True)
    course = ma.fields.String(required=True)
    seat = ma.fields.Integer(required=True)
    status = ma.fields.String(
        required=True, metadata={"enum": ["booked", "released", "attended", "absent", "passed", "failed"]})
    score = ma.fields.String(required=True, allow_none=True, metadata=_MARK)
    pass_mark = ma.fields.String(required=True, allow_none=True, metadata=_MARK)
    announced_on = ma.fields.Date(required=True, allow_none=True)
    moves = ma.fields.Integer(required=True, metadata={"description": BOOKED_AFTER})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class StudiesAnswer(Reflects):
    """A person's courses and exams."""

    person = ma.fields.String(required=True)
    enrolments = ma.fields.List(ma.fields.Nested(EnrolmentAnswer), required=True)
    bookings = ma.fields.List(ma.fields.Nested(BookingAnswer), required=True)
