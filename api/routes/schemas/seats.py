"""What is sent and answered when exams are planned, booked, held, and their results entered.

`tests/api/test_seats.py` and `tests/api/test_results.py` show it.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api.cases.learning.result_lists import ROWS_MOST
from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Flag, Id, Number, Shaped, Text
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.courses import ANNOUNCED, Mark, PlaceBody
from api.routes.schemas.exams import BOOKED_AFTER, MOVED, BookingAnswer
from api.routes.schemas.histories import Reflects
from api.routes.schemas.rosters import File
from ledger.streams.exam_session import CAUSES

SEATS_MOST = 1_000
BOOKING_STATES = ("booked", "released", "attended", "absent", "passed", "failed")


class Time(Shaped):
    """A time of day, local."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("^([01][0-9]|2[0-3]):[0-5][0-9]$", "HH:MM 的时刻", example="09:00", **kwargs)


class ExamBody(PlaceBody):
    """A session for the plan of exams."""

    day = Day(required=True)
    starts = Time(required=True)
    ends = Time(required=True)
    place = Text(200, required=True, metadata={"example": "温州市人事考试中心 3 楼机房"})
    seats = Number(1, SEATS_MOST, required=True, metadata={"example": 60})
    pass_mark = Mark(required=True, metadata={"example": "60"})
    full_mark = Mark(metadata={"description": "满分，成绩不会高于它；不写即 100", "example": "100"})
    book_until = Day(required=True, metadata={"description": "报名截止日，早于考试日"})
    resits = Flag(metadata={"description": "缺考或不合格的当年可否再考，不写即可以"})


class ExamRecord(Recorded):
    """A session after a decision."""

    exam = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    year = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    starts = ma.fields.String(required=True)
    ends = ma.fields.String(required=True)
    place = ma.fields.String(required=True)
    seats = ma.fields.Integer(required=True)
    pass_mark = ma.fields.String(required=True)
    full_mark = ma.fields.String(required=True, allow_none=True, metadata={"description": "早先安排的没有"})
    book_until = ma.fields.Date(required=True)
    resits = ma.fields.Boolean(required=True)
    moves = ma.fields.Integer(required=True, metadata={"description": MOVED})
    status = ma.fields.String(required=True, metadata={"enum": ["scheduled", "held", "called_off"]})
    booked = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "结束时的报名人数"})
    attended = ma.fields.Integer(required=True, allow_none=True)
    passed = ma.fields.Integer(required=True, allow_none=True)


class MoveBody(Body):
    """Where and when a session is held from now on, and with how many seats; what is not said stays as it is."""

    because = Choice(*CAUSES, required=True, metadata={
        "description": "缘由：weather 天气，place 场地，organiser 主办部门的安排，seats 座位增减，other 其他"})
    day = Day(metadata={"description": "不早于今天，与原定的同一年度；成绩不早于这一天登记"})
    starts = Time()
    ends = Time()
    place = Text(200, metadata={"example": "温州市人事考试中心 2 楼机房"})
    seats = Number(1, SEATS_MOST, metadata={"description": "不少于已有人报名的最大座位号", "example": 80})
    book_until = Day(metadata={"description": "报名截止日，早于考试日"})


class ClosingBody(Body):
    """How a session ended."""

    held = Flag(required=True, metadata={"description": "true 已举行，各人须有结果；false 取消，座位全部退回"})


class BookBody(Body):
    """Which seat somebody takes, for which course."""

    exam = Id("exam", required=True)
    enrolment = Id("enrolment", required=True)
    seat = Number(1, SEATS_MOST, metadata={"description": "座位号；不写即由系统分配"})


class BookingRecord(Recorded):
    """A booking as it stands."""

    booking = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    exam = ma.fields.String(required=True)
    enrolment = ma.fields.String(required=True)
    course = ma.fields.String(required=True)
    seat = ma.fields.Integer(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(BOOKING_STATES)})
    score = ma.fields.String(required=True, allow_none=True)
    announced_on = ma.fields.Date(required=True, allow_none=True)
    moves = ma.fields.Integer(required=True, metadata={"description": BOOKED_AFTER})
    claim = ma.fields.String(allow_none=True, metadata={"description": "登记成绩后：随之登记的学时，或更正前已登记的"})


class AttendanceBody(Body):
    """Whether somebody came."""

    present = Flag(required=True)


class ResultBody(Body):
    """What somebody reached."""

    score = Mark(required=True)
    announced_on = Day(metadata=ANNOUNCED)


class ResultCorrectionBody(Words):
    """What somebody had reached in truth, and why it was entered otherwise."""

    score = Mark(required=True)
    announced_on = Day(metadata=ANNOUNCED)


class ResultsBody(Body):
    """The results of a session, as a list."""

    file = File(required=True, metadata={
        "description": "XLSX、CSV（列：座位号、成绩，可有到场、证件号码）或 NDJSON（seat、score、present、"
                       f"id_number），至多 {ROWS_MOST} 行",
        "example": "5bqn5L2N5Y+3LOaIkOe7qQo3LDcxLjUK"})
    announced_on = Day(metadata=ANNOUNCED)


class ResultsAnswer(Answer):
    """What a list came to."""

    exam = ma.fields.String(required=True)
    present = ma.fields.Integer(required=True)
    absent = ma.fields.Integer(required=True)
    results = ma.fields.Integer(required=True)
    passed = ma.fields.Integer(required=True)
    failed = ma.fields.Integer(required=True)
    registered = ma.fields.Integer(required=True, metadata={"description": "随之登记学时的人数"})
    waiting = ma.fields.List(ma.fields.String(), required=True, metadata={
        "description": "合格而学时待规定的部门登记的报名"})
    events = ma.fields.List(ma.fields.Integer(), required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class SeatAnswer(BookingAnswer):
    """A seat on the list of a session."""

    class Meta:
        exclude = ("exam", "course", "pass_mark", "moves", "events")

    person = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class SeatsAnswer(Reflects):
    """Everyone who has booked a session."""

    exam = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(SeatAnswer), required=True)
