"""Exams over HTTP: planned, booked, held; results one by one or as a list.

`tests/api/test_seats.py` and `tests/api/test_results.py` show it.
"""

from __future__ import annotations

import base64
from typing import Any

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.learning import results, seats
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.common import Purpose
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.seats import (
    AttendanceBody,
    BookBody,
    BookingRecord,
    ClosingBody,
    ExamBody,
    ExamRecord,
    MoveBody,
    ResultBody,
    ResultCorrectionBody,
    ResultsAnswer,
    ResultsBody,
    SeatsAnswer,
)
from ledger.errors import Refusal
from projections.basis import written_time

door = Door("seats", __name__, description="考试：场次、报名、到场、成绩")

_Fields = dict[str, Any]
_Outcome = Told | Refusal

_AT_EXAM, _AT = "/v1/exams/<exam:exam>", "/v1/bookings/<booking:booking>"


def _told(noun: str, done: Done | Refusal) -> _Outcome:
    return done if isinstance(done, Refusal) else Told(done, {}, f"/v1/{noun}/{done.stream}")


def _resulted(done: Done | Refusal) -> _Outcome:
    """A result, with the hours that stand for it, or stood before it was put right."""
    if isinstance(done, Refusal):
        return done
    return Told(done, {"claim": results.hours_of(house(), done)}, f"/v1/bookings/{done.stream}")


@door.writes("/v1/exams", summary="安排考试场次", body=ExamBody, answers=ExamRecord, show=seats.exam_view)
def schedule(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _told("exams", seats.schedule(house(), caller, fields, asked))


@door.writes(f"{_AT_EXAM}/move", summary="改期、改场地、增减座位；已报名的座位不变，此后可以退座", body=MoveBody,
             answers=ExamRecord, show=seats.exam_view, conditional=True)
def move(caller: Caller, fields: _Fields, asked: Asked, exam: str) -> _Outcome:
    return _told("exams", seats.move(house(), caller, exam, fields, asked))


@door.writes(f"{_AT_EXAM}/closing", summary="结束场次，或取消并退回全部座位", body=ClosingBody, answers=ExamRecord,
             show=seats.exam_view, conditional=True)
def close(caller: Caller, fields: _Fields, asked: Asked, exam: str) -> _Outcome:
    done = seats.close(house(), caller, exam, fields, asked)
    return done if isinstance(done, Refusal) else Told(done, {}, f"/v1/exams/{exam}")


@door.reads(f"{_AT_EXAM}/bookings", summary="一个场次的报名，按座位", query=AsOfQuery, answers=SeatsAnswer)
def of_exam(caller: Caller, query: _Fields, exam: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: seats.of_exam(house(), caller, exam, query.get("purpose"), as_of=as_of))


@door.writes(f"{_AT_EXAM}/results", summary="按名单登记到场和成绩；试办给出逐行检查和退回的工作簿", body=ResultsBody,
             answers=ResultsAnswer, show=dict, conditional=True)
def enter(caller: Caller, fields: _Fields, asked: Asked, exam: str) -> Response | Refusal:
    found = results.enter(house(), caller, exam, fields, asked)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, results.Judged):
        back = results.returned_workbook(found)
        workbook = None if back is None else base64.b64encode(back).decode("ascii")
        return answer({"dry_run": True, "would": {**results.preview(exam, found), "workbook": workbook}})
    assert found.receipt is not None, "what was not tried was recorded"
    response = answer({
        **results.entered_view(exam, found.drafts), "events": list(found.receipt.positions),
        "recorded_at": written_time(found.receipt.recorded_at)}, 201)
    response.headers["Location"] = f"/v1/exams/{exam}"
    if found.receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@door.writes("/v1/bookings", summary="报名考试：占一个座位", body=BookBody, answers=BookingRecord,
             show=seats.booking_view)
def book(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _told("bookings", seats.book(house(), caller, fields, asked))


@door.reads(_AT, summary="一项考试报名：座位和成绩", query=Purpose, answers=BookingRecord)
def show(caller: Caller, query: _Fields, booking: str) -> tuple[dict[str, Any], int] | Refusal:
    return seats.see(house(), caller, booking, query.get("purpose"))


_acts = Acts(door, _AT, "bookings", BookingRecord, seats.booking_view)
_acts.offer("release", "退座", seats.release)
_acts.offer("attendance", "登记到场或缺考", results.attend, AttendanceBody)


@door.writes(f"{_AT}/result", summary="登记成绩；合格而由系统登记的，学时随之登记", body=ResultBody,
             answers=BookingRecord, show=seats.booking_view, conditional=True)
def announce(caller: Caller, fields: _Fields, asked: Asked, booking: str) -> _Outcome:
    return _resulted(results.announce(house(), caller, booking, fields, asked))


@door.writes(f"{_AT}/result-correction", summary="更正成绩：由另一位经办人", body=ResultCorrectionBody,
             answers=BookingRecord, show=seats.booking_view, conditional=True)
def put_right(caller: Caller, fields: _Fields, asked: Asked, booking: str) -> _Outcome:
    return _resulted(results.put_right(house(), caller, booking, fields, asked))
