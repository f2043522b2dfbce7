"""What is asked, sent and answered about cases.

`tests/api/test_http_cases.py` and `tests/api/test_case_acts.py` show it.
"""

from __future__ import annotations

from typing import Final

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import Choice, Day, Id, Many, Number, QueryNumber, Region, Shaped, Text, Word
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.histories import PageAnswer, Reflects
from ledger.streams.case import DECIDABLE

_MOST: Final = 500  # A hold writes to each of them in one transaction.


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
    members = ma.fields.List(ma.fields.String(), required=True, metadata={
        "description": "办案人员的经办账号；有了办案人员，内容只对其开放"})
    access = ma.fields.String(required=True, metadata={
        "enum": ["contents", "head"], "description": "head：不是办案人员，只见概况"})
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

    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    counts = ma.fields.Dict(required=True, metadata={"description": "各有多少；下列各项至多 500 个，其余逐页读取"})
    claims = ma.fields.List(ma.fields.String(), required=True)
    persons = ma.fields.List(ma.fields.String(), required=True)
    actors = ma.fields.List(ma.fields.String(), required=True)
    organisers = ma.fields.List(ma.fields.String(), required=True)
    findings = ma.fields.List(ma.fields.Integer(), required=True, metadata={"description": "所依据的事件"})
    linked_findings = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "并入本案的线索"})
    held = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "冻结过的学时"})
    released = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "办结时解冻的学时"})


class CaseBody(Body):
    """What is to be looked into, where, and on what it rests."""

    kind = Word(required=True, metadata={
        "description": "事由，如 falsification（弄虚作假）、double_count（重复登记）、misconduct（履职问题）",
        "example": "falsification"})
    region = Region(required=True, metadata={"description": "案件所在的地区：由监督此地的账号办理"})
    words = Text(1000, required=True, metadata={"description": "查什么、因何立案", "example": "同一证书有两人申报"})
    sector = Word(metadata={"description": "行业；不限行业的不写", "example": "industry"})
    claims = Many(Id("claim"), _MOST, unique=True, metadata={"description": "所涉的学时；其申报人即所涉人员"})
    persons = Many(Id("person"), _MOST, unique=True, metadata={"description": "所涉的人员"})
    actors = Many(Id("actor"), _MOST, unique=True, metadata={"description": "所涉的经办账号"})
    organisers = Many(Id("unit"), _MOST, unique=True, metadata={"description": "所涉的单位"})
    findings = Many(Number(1, 2**53 - 1), _MOST, unique=True, metadata={"description": "所依据的事件的序号"})
    pattern = Shaped("^D[0-9]{2}/[0-9]{1,4}$", "核查规则及版本，如 D01/1", example="D01/1",
                     metadata={"description": "由核查规则提示的，写明规则及版本"})
    due = Day(metadata={"description": "办结限期", "example": "2027-01-31"})


class HoldBody(Words):
    """Which entries are frozen."""

    claims = Many(Id("claim"), _MOST, least=1, unique=True, metadata={"description": "不写即所涉的全部"})


class FindingBody(Words):
    """What it comes to."""

    finding = Choice(*DECIDABLE, required=True, metadata={
        "description": "pending 待核查、ruled_out 排除、substantiated 属实；移送另办"})
    basis = Text(200, metadata={"description": "所依据的条款", "example": "第十六条"})


class ReferralBody(Words):
    """To whom it is handed over."""

    to = Text(200, required=True, metadata={"description": "接收机关", "example": "市监察机关"})
    document = Text(100, metadata={"description": "移送文号", "example": "甬人社移〔2026〕3号"})


class DecidedCaseAnswer(Recorded):
    """A case after a decision: how many are concerned, not who."""

    case = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    pattern = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.String(required=True, metadata={"enum": ["open", "closed"]})
    finding = ma.fields.String(
        required=True, metadata={"enum": ["pending", "ruled_out", "substantiated", "referred"]})
    due = ma.fields.Date(required=True, allow_none=True)
    members = ma.fields.List(ma.fields.String(), required=True)
    counts = ma.fields.Dict(required=True)
