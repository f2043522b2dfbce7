"""What is asked and answered about cases. `tests/api/test_http_cases.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Choice, Query, QueryNumber, Shaped, Text
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import PageAnswer, Reflects


class CasesQuery(Query):
    """Which cases, as they were known when, and which page."""

    status = Choice("open", "closed")
    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知回答"})
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class CaseHead(Answer):
    """What a case is and how it stands."""

    case = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    pattern = ma.fields.String(required=True, allow_none=True, metadata={"description": "提示它的核查规则及版本"})
    status = ma.fields.String(required=True, metadata={"enum": ["open", "closed"]})
    finding = ma.fields.String(
        required=True, metadata={"enum": ["pending", "ruled_out", "substantiated", "referred"]})
    referred_to = ma.fields.String(required=True, allow_none=True)
    due = ma.fields.Date(required=True, allow_none=True)
    opened_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class CaseLine(CaseHead):
    """A case on a list: how many are concerned, not who."""

    counts = ma.fields.Dict(required=True)


class CasesAnswer(PageAnswer):
    """Cases, oldest first."""

    items = ma.fields.List(ma.fields.Nested(CaseLine), required=True)


class CaseAnswer(CaseHead, Reflects):
    """A case with everyone in it."""

    claims = ma.fields.List(ma.fields.String(), required=True)
    persons = ma.fields.List(ma.fields.String(), required=True)
    actors = ma.fields.List(ma.fields.String(), required=True)
    organisers = ma.fields.List(ma.fields.String(), required=True)
    findings = ma.fields.List(ma.fields.Integer(), required=True, metadata={"description": "所依据的事件"})
    held = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "冻结过的学时"})
    released = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "办结时解冻的学时"})
