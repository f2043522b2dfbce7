"""What is asked and answered about plans, classes, cards and imports. `tests/api/test_http_trainings.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.evidence.types import LISTS, TYPES
from api.routes.bodies import Query
from api.routes.fields import Choice, Id, QueryFlag, QueryNumber, Shaped, Text
from api.routes.schemas.common import Answer, ReasonAnswer, UnitEndedAnswer
from api.routes.schemas.histories import AsOfQuery, PageAnswer, Reflects
from api.routes.schemas.questions import LOG_SIZE_MOST

_AS_OF = {"description": "事件序号、带时区的时间或日期：按当时所知回答"}
_DAYS = {"description": "天数，0.5 的倍数", "example": "2.5"}
_HOURS = {"description": "学时", "example": "24"}


_SAID = {"description": "各部门对办班单位说的话（退回计划或名册、不予备案、评估），只给办班单位和受理部门看"}

LIST_RETURNED = {"description": "退回办班单位、还没有重新交来的名册（SHA-256）"}
_ENDED = {"description": "举办单位已并入或注销的，由谁承接"}


class MomentQuery(Query):
    """As it was known when. It concerns no person: no purpose is asked."""

    as_of = Text(60, metadata=_AS_OF)


class ListQuery(MomentQuery):
    """Which page of it."""

    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


PLAN_STATES = ("filed", "returned", "acknowledged", "evaluated")
CLASS_STATES = ("filed", "accepted", "announced", "refused", "held")


class OfOrganiserQuery(ListQuery):
    """Whose, of which year."""

    organiser = Id("unit", metadata={"description": "办班单位"})
    year = QueryNumber(1950, 2099)


class PlansQuery(OfOrganiserQuery):
    """Whose plans, of which year, as they stand."""

    status = Choice(*PLAN_STATES, metadata={"description": "filed：还有受理部门未备案的"})
    seeks_funding = QueryFlag(metadata={"description": "true：只看有项目申请财政资助的，上年度的评估在旁"})


class ClassesQuery(OfOrganiserQuery):
    """Whose classes, of which year, under which plan, as they stand."""

    plan = Id("plan", metadata={"description": "只看此计划之下的"})
    status = Choice(*CLASS_STATES, metadata={"description": "filed：待备案的"})


class ClassQuery(MomentQuery):
    """As it was known when, and under which law."""

    law = Text(2000, metadata={"description": "then、now 或 set:甲,乙"})
    log_size = QueryNumber(1, LOG_SIZE_MOST, metadata={"description": "law=now 时：账本到这么长为止施行的细则"})


class CardNumberQuery(AsOfQuery):
    """What is printed on the card."""

    organiser = Id("unit", required=True, metadata={"description": "出具登记卡的办班单位"})
    number = Text(100, required=True, metadata={"description": "卡号", "example": "2026-017"})


class ImportsQuery(ListQuery):
    """Of which system."""

    system = Shaped("^[a-z][a-z0-9_-]{0,39}$", "来源系统代码", example="ningbo")


class PaperAnswer(Answer):
    """A paper that was handed in, by its digest."""

    kind = ma.fields.String(required=True)
    sha256 = ma.fields.String(required=True)
    issued_on = ma.fields.Date(allow_none=True)


class PlanAnswer(Answer):
    """A year's plan as it stands."""

    plan = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(PLAN_STATES)})
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    revision = ma.fields.Integer(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    filed_on = ma.fields.Date(required=True)
    recipients = ma.fields.List(ma.fields.String(), required=True)
    acknowledged = ma.fields.List(ma.fields.Dict(), required=True)
    missing = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "尚未备案的受理部门"})
    items = ma.fields.List(ma.fields.Dict(), required=True)
    carried = ma.fields.Dict(required=True, metadata={"description": "实施情况：申报、举办的班次和参加人数"})
    evaluations = ma.fields.List(ma.fields.Dict(), required=True,
                                 metadata={"description": "各部门的评估；更正过的带文号 document"})
    corrected = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "更正之前的评估，按先后"})
    last_year = ma.fields.List(ma.fields.Dict(), required=True,
                               metadata={"description": "上一年度计划的评估，本年度备案以此为依据"})
    evidence = ma.fields.List(ma.fields.Nested(PaperAnswer), required=True)
    events = ma.fields.List(ma.fields.Integer(), required=True)


class TrainingFileAnswer(Answer):
    """A paper of a plan or class that is here to be opened; the name it has with its organiser comes with it."""

    sha256 = ma.fields.String(required=True)
    media_type = ma.fields.String(required=True, metadata={"description": "按内容判定", "enum": [*TYPES, *LISTS]})
    bytes = ma.fields.Integer(required=True)
    received_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    by = ma.fields.String(required=True, metadata={"description": "上传者的编号"})


_FILES = {
    "description": "材料中可以打开的原件，不在其中的只登记了摘要；只给办班单位和受理、登记的部门看，其他人为 null"}


class OnePlanAnswer(PlanAnswer, Reflects):
    """A plan, why it was sent back if it was, and what the answer rests on."""

    reason = ma.fields.Nested(ReasonAnswer, allow_none=True, required=True, metadata={"description": "退回的理由"})
    said = ma.fields.List(ma.fields.Dict(), required=True, metadata=_SAID)
    unit_ended = ma.fields.Nested(UnitEndedAnswer, allow_none=True, required=True, metadata=_ENDED)
    files = ma.fields.List(ma.fields.Nested(TrainingFileAnswer), required=True, allow_none=True, metadata=_FILES)


class PlansAnswer(PageAnswer):
    """Plans in the order in which they were filed."""

    items = ma.fields.List(ma.fields.Nested(PlanAnswer), required=True)


class LessonAnswer(Answer):
    """One subject of a class."""

    title = ma.fields.String(required=True)
    hours = ma.fields.String(required=True, metadata=_HOURS)


class HeldAnswer(Answer):
    """How a class was held."""

    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True)
    days = ma.fields.String(required=True, metadata=_DAYS)
    attended = ma.fields.Integer(required=True)
    passed = ma.fields.Integer(required=True)
    evidence = ma.fields.List(ma.fields.Nested(PaperAnswer), required=True)


class ClassAnswer(Answer):
    """A class as it was filed and as it was held."""

    training_class = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    organiser_name = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(CLASS_STATES)})
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    revision = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    route = ma.fields.String(required=True)
    level = ma.fields.String(allow_none=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    lessons = ma.fields.List(ma.fields.Nested(LessonAnswer), required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True)
    days = ma.fields.String(required=True, metadata=_DAYS)
    headcount = ma.fields.Integer(required=True)
    room = ma.fields.Integer(allow_none=True)
    location = ma.fields.String(allow_none=True)
    filed_on = ma.fields.Date(required=True)
    recorded_on = ma.fields.Date(
        required=True, metadata={"description": "申报记录的日期；晚于申报日的，申报日是补填的"})
    lead_days = ma.fields.Integer(required=True, metadata={"description": "开班前多少天申报备案；负数：开班之后"})
    recipient = ma.fields.String(allow_none=True)
    number = ma.fields.String(allow_none=True, metadata={"description": "备案号"})
    office = ma.fields.String(allow_none=True)
    plan = ma.fields.String(allow_none=True)
    item = ma.fields.Integer(allow_none=True)
    approval = ma.fields.String(allow_none=True, metadata={"description": "批准文号"})
    evidence = ma.fields.List(ma.fields.Nested(PaperAnswer), required=True)
    held = ma.fields.Nested(HeldAnswer, allow_none=True, required=True)
    list_returned = ma.fields.String(allow_none=True, required=True, metadata=LIST_RETURNED)
    rosters = ma.fields.List(ma.fields.Dict(), required=True)
    cards = ma.fields.Integer(required=True, metadata={"description": "有效的登记卡数"})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class OneClassAnswer(ClassAnswer):
    """A class, why it was not put on file if it was not, what the law demands of its filing, and on what basis."""

    reason = ma.fields.Nested(ReasonAnswer, allow_none=True, required=True, metadata={
        "description": "不予备案或退回名册的理由"})
    said = ma.fields.List(ma.fields.Dict(), required=True, metadata=_SAID)
    unit_ended = ma.fields.Nested(UnitEndedAnswer, allow_none=True, required=True, metadata=_ENDED)
    files = ma.fields.List(ma.fields.Nested(TrainingFileAnswer), required=True, allow_none=True, metadata=_FILES)
    duties = ma.fields.List(ma.fields.Dict(), required=True,
                            metadata={"description": "适用细则对备案期限的要求、迟了多少天、后果"})
    papers = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "适用细则要求报送的材料和现状 state：handed_in、lacking、late（开班之后才报）、"
                       "to_come（结束后提交）、returned（已退回）、unknown（本系统看不出）"})
    basis = ma.fields.Dict(required=True)


class ClassesAnswer(PageAnswer):
    """Classes in the order in which they were filed."""

    items = ma.fields.List(ma.fields.Nested(ClassAnswer), required=True)


class CardAnswer(Answer):
    """A card."""

    card = ma.fields.String(required=True)
    number = ma.fields.String(allow_none=True, required=True, metadata={"description": "卡号；密钥已销毁的为空"})
    person = ma.fields.String(required=True)
    training_class = ma.fields.String(required=True)
    organiser = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["issued", "voided"]})
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    attended_days = ma.fields.String(required=True, metadata=_DAYS)
    hours = ma.fields.String(required=True, metadata=_HOURS)
    result = ma.fields.String(required=True, metadata={"enum": ["passed", "failed"]})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class OneCardAnswer(CardAnswer, Reflects):
    """A card, and what the answer rests on."""


class CardsAnswer(Reflects):
    """The cards of a person or of a class."""

    items = ma.fields.List(ma.fields.Nested(CardAnswer), required=True)


class ImportAnswer(Answer):
    """An import as it stands."""

    batch = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    system = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["open", "closed", "abandoned"]})
    file_sha256 = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(allow_none=True)
    outcome = ma.fields.Dict(allow_none=True, required=True, metadata={"description": "接受、拒绝、重复各多少行"})
    why = ma.fields.String(allow_none=True)
    reconciliations = ma.fields.List(ma.fields.Dict(), required=True)
    proved = ma.fields.Dict(allow_none=True, required=True, metadata={
        "description": "另一本账移交的：哪本账、从哪里到哪里、检查点原文、由谁携带"})
    contradictions = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "那本账另签的历史：两份检查点原文，作为证据"})
    fork_decisions = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "登记部门对那本账的两种历史所作的决定：结果、文件号、事件"})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class OneImportAnswer(ImportAnswer, Reflects):
    """An import, how far it is, and what the answer rests on."""

    progress = ma.fields.Dict(allow_none=True, required=True,
                              metadata={"description": "导入中的：已写入多少行，共多少行"})


class ImportsAnswer(PageAnswer):
    """Imports in the order in which they were opened."""

    items = ma.fields.List(ma.fields.Nested(ImportAnswer), required=True)
