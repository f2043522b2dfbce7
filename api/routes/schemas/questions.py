"""What is asked and answered about years and open work. `tests/api/test_http_work.py` shows it."""

from __future__ import annotations

from typing import Final

import marshmallow as ma

from api.cases.holders.allotment import ROLES
from api.routes.fields import Choice, QueryNumber, Shaped, Text
from api.routes.schemas.common import Answer, DifferencesAsOf, Purpose

LOG_SIZE_MOST: Final = (1 << 53) - 1  # What every reader of JSON holds exactly.


class AxesQuery(Purpose):
    """When it was known, when it happened, under which law."""

    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知回答"})
    valid_on = Text(20, metadata={"description": "只看这一天及以前发生的"})
    law = Text(2000, metadata={"description": "then、now 或 set:甲,乙"})
    log_size = QueryNumber(1, LOG_SIZE_MOST, metadata={
        "description": "law=now 时：账本到这么长为止施行的细则。照旧答 basis 中的四项再问，得到同样的回答"})


class YearsAnswer(Answer):
    """A person's years as decided and as evaluated, on a basis that gives the same answer again."""

    person = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True)
    years = ma.fields.List(ma.fields.Dict(), required=True)
    affiliations = ma.fields.List(ma.fields.Dict(), required=True)


class WorkQuery(Purpose):
    """Which work, and which page of it."""

    role = Choice(*ROLES)
    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：当时的待办"})
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class WaitingAnswer(Answer):
    """One thing that waits."""

    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    category = ma.fields.String(allow_none=True)
    unit = ma.fields.String(allow_none=True)
    person = ma.fields.String(allow_none=True)
    title = ma.fields.String(allow_none=True, required=True, metadata={
        "description": "名称：什么计划、哪个班、哪个单位；个人的事项给出 purpose 才有：从哪里转到哪里、申报什么职称。"
                       "学时申报的名称打开时才看得到"})
    name = ma.fields.String(allow_none=True, required=True, metadata={
        "description": "谁的，姓名隐去一部分；给出 purpose 才有"})
    holder = ma.fields.String(allow_none=True, metadata={"description": "指定给哪个经办账号；null：未指定"})
    since = ma.fields.Integer(required=True)
    since_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    days = ma.fields.Integer(required=True, metadata={"description": "已等多少天"})


class WorkAnswer(Answer):
    """What waits, longest first."""

    items = ma.fields.List(ma.fields.Nested(WaitingAnswer), required=True)
    next_cursor = ma.fields.String(allow_none=True)
    counted_on = ma.fields.String(required=True, metadata={"format": "date", "description": "天数算到这一天"})
    differences_as_of = DifferencesAsOf()
    as_of = ma.fields.Integer(required=True)
    as_of_time = ma.fields.String(allow_none=True, required=True, metadata={"format": "date-time"})
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)
