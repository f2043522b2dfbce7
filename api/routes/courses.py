"""Courses over HTTP: published, chosen, studied, completed; their hours registered.

`tests/api/test_courses.py`, `tests/api/test_studying.py` and `tests/api/test_course_hours.py` show it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.cases.claiming import claims
from api.cases.doing import Asked, Done
from api.cases.learning import course_hours, courses, results, studying
from api.operational.addresses import address_of_asker
from api.operational.callers import Caller
from api.operational.study_sessions import Whereabouts
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.schemas.claims import ClaimAnswer
from api.routes.schemas.common import Purpose
from api.routes.schemas.courses import (
    BeginAnswer,
    CertificateBody,
    CourseBody,
    CourseRecord,
    EnrolBody,
    EnrolmentRecord,
    HeartbeatAnswer,
    HeartbeatBody,
    QuizBody,
)
from ledger.errors import Refusal

door = Door("courses", __name__, description="公需科目课程：发布、选课、学习、学完、登记学时")

_Fields = dict[str, Any]
_Outcome = Told | Refusal
_DEVICE_MOST = 200

_AT_COURSE, _AT = "/v1/courses/<course:course>", "/v1/enrolments/<enrolment:enrolment>"


def _told(noun: str, done: Done | Refusal) -> _Outcome:
    return done if isinstance(done, Refusal) else Told(done, {}, f"/v1/{noun}/{done.stream}")


@door.writes("/v1/courses", summary="发布课程", body=CourseBody, answers=CourseRecord, show=courses.course_view)
def publish(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    done = courses.publish(house(), caller, fields, asked)
    if isinstance(done, Refusal):
        return done
    return Told(done, {"years_before": courses.years_before(house(), done)}, f"/v1/courses/{done.stream}")


_of_course = Acts(door, _AT_COURSE, "courses", CourseRecord, courses.course_view)
_of_course.offer("withdrawal", "停止选课", courses.withdraw)


@door.writes("/v1/enrolments", summary="选课", body=EnrolBody, answers=EnrolmentRecord, show=courses.enrolment_view)
def enrol(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _told("enrolments", courses.enrol(house(), caller, fields, asked))


@door.reads(_AT, summary="一项选课：学到哪里", query=Purpose, answers=EnrolmentRecord)
def show(caller: Caller, query: _Fields, enrolment: str) -> tuple[dict[str, Any], int] | Refusal:
    return courses.see(house(), caller, enrolment, query.get("purpose"))


_of_enrolment = Acts(door, _AT, "enrolments", EnrolmentRecord, courses.enrolment_view)
_of_enrolment.offer("cancellation", "退选：尚未开始学习的", courses.cancel)


@door.writes(f"{_AT}/study-sessions", summary="开始学习：此前未结束的学习随之结束", answers=BeginAnswer, show=dict)
def begin(caller: Caller, _: _Fields, asked: Asked, enrolment: str) -> Response | Refusal:
    device = request.headers.get("User-Agent", "")[:_DEVICE_MOST]
    whereabouts = Whereabouts(address_of_asker() or None, device or None)
    return _operational(studying.begin(house(), caller, enrolment, whereabouts, asked), asked)


@door.writes(f"{_AT}/heartbeats", summary="学习中的心跳；有提问的带上应答", body=HeartbeatBody,
             answers=HeartbeatAnswer, show=dict)
def beat(caller: Caller, fields: _Fields, asked: Asked, enrolment: str) -> Response | Refusal:
    return _operational(studying.beat(house(), caller, enrolment, fields, asked), asked)


@door.writes(f"{_AT}/study-sessions/end", summary="结束学习：登记计入的分钟，学满的即为学完", answers=EnrolmentRecord,
             show=courses.enrolment_view)
def end(caller: Caller, _: _Fields, asked: Asked, enrolment: str) -> _Outcome | Response:
    done = studying.end(house(), caller, enrolment, asked)
    return _operational(done, asked) if isinstance(done, dict) else _told("enrolments", done)


_of_enrolment.offer("quiz", "登记课程考核的成绩；合格而由系统登记的，学时随之登记", results.examine, QuizBody)


@door.writes(f"{_AT}/hours", summary="登记学时：由规定的部门，或由系统自动", answers=ClaimAnswer, show=claims.view,
             conditional=True)
def register(caller: Caller, _: _Fields, asked: Asked, enrolment: str) -> Done | Refusal:
    return course_hours.register(house(), caller, enrolment, asked)


@door.writes("/v1/course-certificates", summary="凭培训证明登记在别处学完的公需科目课程", body=CertificateBody,
             answers=ClaimAnswer, show=claims.view)
def certify(caller: Caller, fields: _Fields, asked: Asked) -> Done | Refusal:
    return course_hours.certify(house(), caller, fields, asked)


def _operational(found: dict[str, Any] | Refusal, asked: Asked) -> Response | Refusal:
    """What was done outside the log: there is no event to show, and a trial says what would be."""
    if isinstance(found, Refusal):
        return found
    return answer({"dry_run": True, "would": found}) if asked.dry_run else answer(found, 201)
