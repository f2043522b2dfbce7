"""What several nouns share: what every answer is, what a record says of itself, why somebody looks.

`tests/api/test_openapi.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body, Query, Shared
from api.routes.fields import Choice, Shaped, Text
from policies.reasons import OTHER, reasons

PHONE_MOST = 40


class Answer(Shared):
    """What is answered, field by field: a field that is not described here is answered nowhere."""


class UnitEndedAnswer(Answer):
    """Since when the unit of a submission is no more, and who goes on with what it had in hand."""

    since = ma.fields.String(required=True)
    unit = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "承接的单位；null：由人力社保部门办理"})


class Recorded(Answer):
    """A record as it stands: its version, and after a write the events that were recorded."""

    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    events = ma.fields.List(ma.fields.Integer(), metadata={"description": "本次登记的事件序号"})
    recorded_at = ma.fields.String(metadata={"format": "date-time"})


class Purpose(Query):
    """What somebody else's data is looked at for."""

    purpose = Shaped("^[a-z][a-z0-9_]{0,39}$", "小写英文代码，至多 40 位，不能是文字", example="annual_review",
                     metadata={"description": "查阅他人信息的目的，逐次留痕；查阅本人的不需要"})


class DifferencesAsOf(ma.fields.Integer):
    """Up to where the differences in an answer are known."""

    def __init__(self) -> None:
        super().__init__(allow_none=True, metadata={
            "description": "其中的差异按第几个事件为止所知；细则施行之后会晚一些，赶上后再以同一 as_of 查询即为全部。"
                           "null：当时的差异无从知道"})


class Words(Body):
    """The reason that is told to whom it concerns."""

    words = Text(1000, required=True, metadata={"description": "理由"})


class ReasonCode(Choice):
    """Why something is returned or refused: one of the codes for this kind of event."""

    def __init__(self, kind: str) -> None:
        known = {"description": "理由代码，见 /v1/reasons；不写即 other（见所说的理由）"}
        super().__init__(*(one.code for one in reasons()[kind]), load_default=OTHER, metadata=known)


class ReasonAnswer(Answer):
    """A reason by its code: what it is called, what to do, and the words of law that hold there."""

    code = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    cure = ma.fields.String(required=True, metadata={"description": "请对方怎么做"})
    rules = ma.fields.List(ma.fields.Dict(), required=True,
                           metadata={"description": "所依的条文：rulebook、document、article、quote；没有的为空"})


class ReasonsQuery(Query):
    """Of which kind of event."""

    kind = Choice(*reasons(), metadata={"description": "只看一类事件的，如 claim.returned"})


class KindOfReasonAnswer(ReasonAnswer):
    """A reason, and with which kind of event it is given."""

    kind = ma.fields.String(required=True, metadata={"description": "事件的种类，如 claim.returned"})


class ReasonsAnswer(Answer):
    """Every reason that may be given."""

    items = ma.fields.List(ma.fields.Nested(KindOfReasonAnswer), required=True)


class SaidAnswer(Answer):
    """A reason that was given."""

    event = ma.fields.Integer(required=True)
    type = ma.fields.String(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    role = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    reason = ma.fields.Nested(ReasonAnswer, allow_none=True, metadata={"description": "退回、驳回的理由代码；没有则空"})
