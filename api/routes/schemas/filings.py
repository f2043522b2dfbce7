"""What is sent and answered when trainings are filed, answered, held and certified.

`tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Flag, HalfDays, Hours, Id, Many, Number, Part, Subject, Text, Word
from api.routes.schemas.claims import EvidenceBody
from api.routes.schemas.common import ReasonCode, Recorded, Words
from api.routes.schemas.trainings import CLASS_STATES, LIST_RETURNED, PLAN_STATES, HeldAnswer

_PAPERS = {"description": "材料的种类和摘要"}


class ItemBody(Body):
    """One class that a plan foresees."""

    number = Number(1, 9_999, required=True, metadata={"description": "项目序号，重新申报时不变", "example": 1})
    title = Text(200, required=True, metadata={"example": "智能制造高级研修班"})
    route = Word(required=True, metadata={"description": "途径，如 advanced_seminar", "example": "filed_training"})
    days = HalfDays(required=True)
    headcount = Number(1, 50_000, required=True, metadata={"example": 40})
    level = Word(metadata={"example": "municipal"})
    month = Number(1, 12)
    seeks_funding = Flag(metadata={"description": "申请财政资助；上年度计划的评估是重要参考"})


class RefiledPlanBody(Body):
    """A plan's items as they now are."""

    items = Many(Part(ItemBody), 500, least=1, required=True)
    evidence = Many(Part(EvidenceBody), 50, metadata=_PAPERS)


class PlanBody(RefiledPlanBody):
    """A year's plan; with whom it is filed the law says (P 11)."""

    year = Number(1950, 2099, required=True, metadata={"example": 2027})
    sector = Word(metadata={"description": "行业；不写即办班单位的行业", "example": "industry"})


class PlanReturnBody(Words):
    """Why a plan is sent back, by a code and in words."""

    reason = ReasonCode("plan.returned")


class ClassRefusalBody(Words):
    """Why a class is not put on file, by a code and in words."""

    reason = ReasonCode("class.refused")


class RosterReturnBody(Words):
    """Why the list of a class is sent back, by a code and in words."""

    reason = ReasonCode("class.roster_returned")


class EvaluationBody(Words):
    """How a plan was carried out; what was held of it is read from the register."""

    grade = Choice("excellent", "qualified", "unqualified", required=True,
                   metadata={"description": "优、合格、不合格：第十二条没有规定等次"})


class EvaluationCorrectionBody(EvaluationBody):
    """How a plan was carried out, put right; what was held is read from the register once more."""

    document = Text(100, required=True, metadata={"description": "更正所依据的文号", "example": "甬人社函〔2027〕12号"})


class LessonBody(Body):
    """One subject of a class."""

    title = Text(200, required=True, metadata={"example": "数字孪生"})
    hours = Hours(required=True)


class ClassBody(Body):
    """A class that is going to be held (办班计划)."""

    title = Text(200, required=True, metadata={"example": "智能制造高级研修班"})
    category = Subject(required=True)
    route = Word(required=True, metadata={"example": "filed_training"})
    lessons = Many(Part(LessonBody), 200, least=1, required=True)
    starts = Day(required=True)
    ends = Day(required=True)
    days = HalfDays(required=True)
    headcount = Number(1, 50_000, required=True, metadata={"example": 40})
    sector = Word(metadata={"description": "行业；不写即办班单位的行业", "example": "industry"})
    level = Word(metadata={"example": "municipal"})
    recipient = Word(metadata={"description": "向哪个部门备案；须是细则指明的，不写即其中第一个",
                               "example": "sector_authority"})
    room = Number(1, 50_000, metadata={"description": "场地容纳人数"})
    location = Text(200, metadata={"example": "宁波市某路1号"})
    plan = Id("plan", metadata={"description": "所属的年度计划"})
    item = Number(1, 9_999, metadata={"description": "计划中的项目序号"})
    approval = Text(100, metadata={"description": "批准文号", "example": "甬人社发〔2026〕8号"})
    evidence = Many(Part(EvidenceBody), 50, metadata=_PAPERS)


class AcceptanceBody(Body):
    """Under which number a class is put on file."""

    number = Text(100, required=True, metadata={"description": "备案号，本部门内不重复", "example": "甬备2026-7"})


class HoldingBody(Body):
    """How a class was held, with its summary, roster and attendance."""

    starts = Day(required=True)
    ends = Day(required=True)
    days = HalfDays(required=True)
    attended = Number(0, 50_000, required=True, metadata={"description": "参加人数", "example": 38})
    passed = Number(0, 50_000, required=True, metadata={"description": "考核合格人数", "example": 37})
    evidence = Many(Part(EvidenceBody), 50, metadata={"description": "总结、名单、考勤（summary、roster、attendance）"})


class CardBody(Body):
    """A card that an organiser issues to one person."""

    training_class = Id("class", required=True)
    person = Id("person", required=True)
    number = Text(100, required=True, metadata={"description": "卡号，本单位内不重复", "example": "2026-017"})
    attended_days = HalfDays(required=True)
    hours = Hours(required=True)
    result = Choice("passed", "failed", required=True)


class FiledPlanAnswer(Recorded):
    """A plan after a decision."""

    plan = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(PLAN_STATES)})
    revision = ma.fields.Integer(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    filed_on = ma.fields.Date(required=True)
    recipients = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "细则指明的受理部门"})
    missing = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "尚未备案的受理部门"})
    evaluated = ma.fields.List(ma.fields.String(), required=True)
    items = ma.fields.Integer(required=True)


class FiledClassAnswer(Recorded):
    """A class after a decision."""

    training_class = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(CLASS_STATES)})
    revision = ma.fields.Integer(required=True)
    filed_on = ma.fields.Date(required=True)
    lead_days = ma.fields.Integer(required=True, metadata={"description": "拟开班前多少天申报"})
    recipient = ma.fields.String(allow_none=True, required=True)
    number = ma.fields.String(allow_none=True, required=True)
    plan = ma.fields.String(allow_none=True, required=True)
    item = ma.fields.Integer(allow_none=True, required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True)
    days = ma.fields.String(required=True)
    headcount = ma.fields.Integer(required=True)
    held = ma.fields.Nested(HeldAnswer, allow_none=True, required=True)
    list_returned = ma.fields.String(allow_none=True, required=True, metadata=LIST_RETURNED)
    rosters = ma.fields.List(ma.fields.Dict(), required=True)


class IssuedCardAnswer(Recorded):
    """A card after a decision, without its number."""

    card = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    training_class = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["issued", "voided"]})
    attended_days = ma.fields.String(required=True)
    hours = ma.fields.String(required=True)
    result = ma.fields.String(required=True, metadata={"enum": ["passed", "failed"]})
