"""What is sent and answered when courses are published, chosen, studied and registered.

`tests/api/test_courses.py` and `tests/api/test_studying.py` show it.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api.cases.learning.result_lists import MARK, mark_of
from api.operational.study_sessions import NONCE_LENGTH
from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Flag, Hours, Id, Many, Number, Part, Region, Shaped, Text, Word
from api.routes.schemas.claims import EvidenceBody
from api.routes.schemas.common import Answer, Recorded
from ledger.vocabulary import Category

PUBLIC = (Category.GENERAL_PUBLIC.value, Category.SECTOR_PUBLIC.value)
ENROLMENT_STATES = ("enrolled", "completed", "registered", "cancelled")
_SUBJECT = {"description": "general_public 一般公需、sector_public 行业公需"}
ANNOUNCED = {"description": "成绩公布之日，学时以此为佐证日期；不写即今天"}
_SECTOR = {"description": "行业公需科目的行业；一般公需科目不写", "example": "industry"}


class Mark(Shaped):
    """A mark as a decimal string, held in hundredths."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(f"^{MARK}$", "带引号的分数，至多两位小数，如 \"71.5\"", example="71.5", **kwargs)

    def read(self, text: str) -> Any:
        return mark_of(text)


class PlaceBody(Body):
    """Of which place, year and subject a course or a session is."""

    region = Region(required=True)
    year = Number(1950, 2099, required=True, metadata={"description": "课程年度", "example": 2026})
    category = Choice(*PUBLIC, required=True, metadata=_SUBJECT)
    sector = Word(metadata=_SECTOR)


class CourseBody(PlaceBody):
    """A course for the catalogue of a year (W 7, P 10)."""

    code = Shaped("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "课件代码：字母、数字和 . _ -，至多 64 位", example="ai-2026",
                  required=True)
    title = Text(200, required=True, metadata={"example": "人工智能与社会治理"})
    minutes = Number(1, 60_000, required=True, metadata={"description": "须学满的分钟数", "example": 810})
    hours = Hours(required=True, metadata={"description": "标注的学时", "example": "18"})
    one_a_year = Flag(metadata={"description": "这类课程每年只选一门；当地细则有规定的从规定"})
    gap_seconds = Number(30, 600, metadata={"description": "两次心跳相隔超过多少秒不计时；不得宽于当地细则"})
    challenge_minutes = Number(1, 60, metadata={"description": "每学多少分钟须应答一次；不得宽于当地细则"})


class CourseRecord(Recorded):
    """A course after a decision."""

    course = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    year = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    category = ma.fields.String(required=True)
    minutes = ma.fields.Integer(required=True)
    hours = ma.fields.String(required=True)
    one_a_year = ma.fields.Boolean(required=True)
    gap_seconds = ma.fields.Integer(required=True)
    challenge_minutes = ma.fields.Integer(required=True)
    withdrawn_on = ma.fields.Date(required=True, allow_none=True)
    years_before = ma.fields.List(ma.fields.Integer(), metadata={
        "description": "发布时：同一课件此前在哪些年度的目录中；课件每年更新一批"})


class EnrolBody(Body):
    """Which course somebody chooses for themselves."""

    course = Id("course", required=True)


class QuizAnswer(Answer):
    """What somebody reached in a course's own quiz."""

    score = ma.fields.String(required=True)
    pass_mark = ma.fields.String(required=True)
    passed = ma.fields.Boolean(required=True)
    announced_on = ma.fields.Date(required=True)


class EnrolmentRecord(Recorded):
    """An enrolment as it stands."""

    enrolment = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    course = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.String(required=True, metadata={"enum": list(ENROLMENT_STATES)})
    minutes = ma.fields.Integer(required=True, metadata={"description": "计入的学习分钟数"})
    sessions = ma.fields.Integer(required=True)
    completed_on = ma.fields.Date(required=True, allow_none=True)
    quiz = ma.fields.Nested(QuizAnswer, required=True, allow_none=True)
    claim = ma.fields.String(required=True, allow_none=True, metadata={"description": "登记的学时"})


class QuizBody(Body):
    """What somebody reached in a course's own quiz."""

    score = Mark(required=True)
    pass_mark = Mark(required=True, metadata={"description": "合格线", "example": "60"})
    announced_on = Day(metadata=ANNOUNCED)


class BeginAnswer(Answer):
    """A session of study that has begun, and what it asks."""

    enrolment = ma.fields.String(required=True)
    course = ma.fields.String(required=True)
    minutes_needed = ma.fields.Integer(required=True, metadata={"description": "课程须学满的分钟数"})
    heartbeat_seconds = ma.fields.Integer(required=True, metadata={"description": "宜每隔多少秒发一次心跳"})
    gap_seconds = ma.fields.Integer(required=True, metadata={"description": "相隔超过多少秒的时间不计"})
    challenge_minutes = ma.fields.Integer(required=True, metadata={"description": "每学多少分钟提问一次"})
    began_at = ma.fields.String(metadata={"format": "date-time"})
    nonce = ma.fields.String(metadata={"description": "下一次心跳所带的一次性随机数"})


class HeartbeatBody(Body):
    """A sign of life. What a client says of its own time is not asked for."""

    nonce = Shaped(f"^[A-Za-z0-9_-]{{{NONCE_LENGTH}}}$", f"上一次答复给出的 {NONCE_LENGTH} 位随机数", required=True,
                   example="A" * NONCE_LENGTH)
    answer = Text(20, metadata={"description": "对提问的应答", "example": "12"})


class HeartbeatAnswer(Answer):
    """What has been counted, and what is asked."""

    enrolment = ma.fields.String(required=True)
    minutes = ma.fields.Integer(required=True, metadata={"description": "本次学习已计入的分钟数"})
    held_minutes = ma.fields.Integer(required=True, metadata={"description": "提问之后、应答之前暂不计入的分钟数"})
    is_full = ma.fields.Boolean(required=True, metadata={"description": "学满了：不再计时和提问，可以结束学习"})
    missed_seconds = ma.fields.Integer(required=True, metadata={"description": "相隔过久，没有计入的秒数"})
    forfeited_seconds = ma.fields.Integer(required=True, metadata={"description": "提问未按时答对，没有计入的秒数"})
    last_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    challenges = ma.fields.Integer(required=True)
    answered = ma.fields.Integer(required=True)
    question = ma.fields.String(required=True, allow_none=True, metadata={"example": "三加八等于几？请填数字。"})
    answer_within_seconds = ma.fields.Integer(required=True, allow_none=True)
    nonce = ma.fields.String(required=True)


class CertificateBody(Body):
    """A course that somebody completed elsewhere, shown by a printed certificate (N 8, W 11)."""

    person = Id("person", required=True)
    category = Choice(*PUBLIC, required=True, metadata=_SUBJECT)
    title = Text(200, required=True, metadata={"example": "工业互联网与智能制造"})
    issuer = Text(100, required=True, metadata={"description": "出具证明的平台", "example": "省经信厅网络远程课堂"})
    number = Text(100, required=True, metadata={"description": "证明编号，同一人不得重复", "example": "JX-2026-0017"})
    hours = Hours(required=True, metadata={"example": "6"})
    date = Day(required=True, metadata={"description": "证明的日期"})
    completed_by = Choice("exam", "completion", metadata={"description": "考核合格（不写即是）或学完"})
    platform = Text(100, metadata={"description": "学习的平台"})
    occasion = Text(100, metadata={"description": "同一次学习的编号，用于查重"})
    evidence = Many(Part(EvidenceBody), 20, least=1, required=True, metadata={"description": "证明的摘要"})
