"""What is asked and answered about a case's papers: its sealed bundle, and the notices of what was decided.

`tests/api/test_case_bundle.py` and `tests/api/test_case_notices.py` show it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Flag, Many, Number, Shaped, Text, Word
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import AsOfQuery, Reflects


class BundleQuery(AsOfQuery):
    """What goes along beside the case itself, and what is blacked out."""

    events = Shaped(
        "^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15}){0,499}$", "以逗号分隔的事件序号，至多 500 个", example="17,23",
        metadata={"description": "另行选附的事件"})
    redact = Shaped(
        "^[a-z_]{1,40}(,[a-z_]{1,40}){0,29}$", "以逗号分隔的项目", example="name,id_number",
        metadata={"description": "遮盖这些密封的项目；佐证文件不附，证明和签章照样成立"})
    redact_persons = Choice("true", metadata={"description": "遮盖全部密封的个人信息和文字"})


class BundleBody(Body):
    """What goes along beside the case itself, what is blacked out, and what for."""

    purpose = Word(required=True, metadata={"description": "目的代码，写进材料和查阅记录", "example": "court_referral"})
    as_of = Text(40, metadata={"description": "截至何时所知：事件位置、带时区的时间或日期；默认到现在"})
    events = Many(Number(1, 10**15), 500, unique=True, metadata={"description": "另行选附的事件的序号"})
    redact = Many(Shaped("^[a-z_]{1,40}$", "密封的项目的名称", example="name"), 30, unique=True, metadata={
        "description": "遮盖这些密封的项目；佐证文件不附"})
    redact_persons = Flag(metadata={"description": "遮盖全部密封的个人信息和文字"})


class AppealWayAnswer(Answer):
    """Where and until when a decision can be appealed against, by which words."""

    office = ma.fields.String(required=True, metadata={"example": "human_resources"})
    region = ma.fields.String(required=True, metadata={"example": "33"})
    until = ma.fields.Date(required=True)
    days = ma.fields.Integer(required=True)
    rulebook = ma.fields.String(required=True)
    document = ma.fields.String(required=True, metadata={"example": "浙人社发〔2016〕63号"})
    article = ma.fields.String(required=True)
    quote = ma.fields.String(required=True)
    made = ma.fields.Boolean(required=True, metadata={"description": "已提出过申诉"})


class NoticeDecisionAnswer(Answer):
    """What was decided on a claim."""

    claim = ma.fields.String(required=True)
    title = ma.fields.String(required=True, allow_none=True, metadata={"example": "数控加工培训"})
    route = ma.fields.String(required=True)
    year = ma.fields.Integer(required=True)
    year_before = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True, metadata={"example": "claim.revoked"})
    what = ma.fields.String(required=True, metadata={"example": "撤销登记"})
    event = ma.fields.Integer(required=True)
    on = ma.fields.Date(required=True)
    basis = ma.fields.String(required=True, allow_none=True)
    words = ma.fields.String(required=True, allow_none=True, metadata={"description": "案件中所说的理由不在此"})
    hours_before = ma.fields.String(required=True, metadata={"example": "24"})
    hours_after = ma.fields.String(required=True, metadata={"example": "0"})
    role = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True, allow_none=True)
    organisation_name = ma.fields.String(required=True, allow_none=True)
    appeal = ma.fields.Nested(AppealWayAnswer, required=True, allow_none=True)


class NoticeYearAnswer(Answer):
    """A year before the decisions and now."""

    year = ma.fields.Integer(required=True)
    before = ma.fields.Dict(required=True, allow_none=True)
    after = ma.fields.Dict(required=True, allow_none=True)


class NoticeStatementAnswer(Answer):
    """A statement in use that says something of what was decided on."""

    statement = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    years = ma.fields.List(ma.fields.Integer(), required=True)
    event = ma.fields.Integer(required=True)
    claims = ma.fields.List(ma.fields.String(), required=True)
    corrected = ma.fields.Boolean(required=True, metadata={"description": "所载内容已与登记不符"})


class NoticeApplicationAnswer(Answer):
    """An application whose assessment rested on it."""

    application = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    applied_on = ma.fields.Date(required=True)
    status = ma.fields.String(required=True)
    obtained_on = ma.fields.Date(required=True, allow_none=True)
    event = ma.fields.Integer(required=True)
    claims = ma.fields.List(ma.fields.String(), required=True)
    holds = ma.fields.Boolean(required=True, metadata={"description": "按现在的登记，审核结论是否依然成立"})


class NoticeAnswer(Answer):
    """All that one person is to be told."""

    person = ma.fields.String(required=True)
    name = ma.fields.String(required=True, allow_none=True, metadata={"example": "李明"})
    unit = ma.fields.String(required=True, allow_none=True)
    unit_name = ma.fields.String(required=True, allow_none=True)
    decisions = ma.fields.List(ma.fields.Nested(NoticeDecisionAnswer), required=True)
    years = ma.fields.List(ma.fields.Nested(NoticeYearAnswer), required=True)
    statements = ma.fields.List(ma.fields.Nested(NoticeStatementAnswer), required=True)
    applications = ma.fields.List(ma.fields.Nested(NoticeApplicationAnswer), required=True)


class NoticesAnswer(Reflects):
    """Whom the decisions of a case concern."""

    case = ma.fields.String(required=True)
    counts = ma.fields.Dict(required=True, metadata={
        "example": {"persons": 1, "claims": 1, "statements": 1, "applications": 0}})
    items = ma.fields.List(ma.fields.Nested(NoticeAnswer), required=True)
