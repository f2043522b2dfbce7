"""What several nouns share: what every answer is, what a record says of itself, why somebody looks.

`tests/api/test_openapi.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Body, Query, Shaped, Shared, Text

PHONE_MOST = 40


class Answer(Shared):
    """What is answered, field by field: a field that is not described here is answered nowhere."""


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
