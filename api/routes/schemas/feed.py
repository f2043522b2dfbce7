"""What is asked of the feed and answered by it. `tests/api/test_feed.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.cases.log.feed import WAIT_MOST_S
from api.routes.bodies import Query
from api.routes.fields import QueryNumber
from api.routes.schemas.common import Answer
from api.routes.schemas.questions import LOG_SIZE_MOST


class FeedQuery(Query):
    """Past which position, and how long to wait for something."""

    after = QueryNumber(0, LOG_SIZE_MOST, metadata={"default": 0, "description": "从哪个位置之后：见 Link 的下一页"})
    limit = QueryNumber(1, 1_000, metadata={"default": 200})
    wait = QueryNumber(0, WAIT_MOST_S, metadata={"default": 0, "description": "没有新事件时最多等多少秒"})


class CloudEvent(Answer):
    """An event (CloudEvents 1.0, structured): what happened to which record, and where to read it."""

    specversion = ma.fields.String(required=True, metadata={"const": "1.0"})
    id = ma.fields.String(required=True, metadata={"description": "事件序号"})
    source = ma.fields.String(required=True, metadata={"description": "账本的名称"})
    type = ma.fields.String(required=True, metadata={"example": "cn.xueshi.claim.approved.v1"})
    subject = ma.fields.String(required=True, metadata={"description": "哪一条记录"})
    time = ma.fields.String(required=True, metadata={"format": "date-time"})
    datacontenttype = ma.fields.String(required=True)
    sequence = ma.fields.String(required=True, metadata={"description": "按字面排序即为先后"})
    data = ma.fields.Dict(required=True, metadata={"description": "记录的版本，到哪里读取；不含个人信息"})
    correlationid = ma.fields.String(metadata={"description": "哪次请求"})
    causationid = ma.fields.String(metadata={"description": "由哪个事件引起"})
    act = ma.fields.String(metadata={"description": "所属批次：批次关闭（act.closed）后才生效"})
