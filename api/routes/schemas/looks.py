"""What is asked and answered about who saw whose data. `tests/console/test_officer_screens.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Day, Id, QueryNumber, Shaped
from api.routes.schemas.common import Answer, Purpose


class LooksQuery(Purpose):
    """By which account or at which person, and when."""

    actor = Id("actor", metadata={"description": "这个经办账号看过的；与 person 恰给其一"})
    person = Id("person", metadata={"description": "看过这个人的"})
    first = Day(data_key="from", metadata={"description": "从这一天起"})
    last = Day(data_key="to", metadata={"description": "到这一天为止"})
    wanted = Shaped("^[a-z][a-z0-9_]{0,39}$", "查阅目的的代码", data_key="for", metadata={
        "description": "只看以此目的查阅的"})
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class LookAnswer(Answer):
    """Somebody saw something of somebody's."""

    position = ma.fields.Integer(required=True, metadata={"description": "在查阅日志中的序号"})
    at = ma.fields.String(required=True, metadata={"format": "date-time"})
    reader = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    organisation = ma.fields.String(allow_none=True, required=True)
    subject = ma.fields.String(required=True)
    purpose = ma.fields.String(required=True)
    what = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "看了什么，代码"})
    route = ma.fields.String(allow_none=True, required=True)


class AnchorAnswer(Answer):
    """Where the access log was last recorded in the ledger."""

    event = ma.fields.Integer(required=True, metadata={"description": "账本中的事件"})
    size = ma.fields.Integer(required=True, metadata={"description": "其时查阅日志有几条"})
    holds = ma.fields.Boolean(required=True, metadata={"description": "false：查阅日志被改动或截断过"})


class PrunedAnswer(Answer):
    """What was taken out of the access log, since its time was over."""

    event = ma.fields.Integer(required=True, metadata={"description": "账本中记载清除的事件"})
    upto = ma.fields.Integer(required=True, metadata={"description": "到第几条为止已清除"})
    before = ma.fields.String(required=True, metadata={"format": "date-time", "description": "都早于此时"})
    months = ma.fields.Integer(required=True, metadata={"description": "保存几个月"})


class LooksAnswer(Answer):
    """A page of looks, the newest first."""

    items = ma.fields.List(ma.fields.Nested(LookAnswer), required=True)
    next_cursor = ma.fields.String(allow_none=True, required=True)
    as_of = ma.fields.Integer(required=True, metadata={"description": "按查阅日志的第几条为止"})
    behind = ma.fields.Integer(required=True, metadata={"description": "还有几条没有读到；稍后再查"})
    anchor = ma.fields.Nested(AnchorAnswer, allow_none=True, required=True)
    pruned = ma.fields.Nested(PrunedAnswer, allow_none=True, required=True)
