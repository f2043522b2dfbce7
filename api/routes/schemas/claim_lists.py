"""What a list of claims is asked by, and what it says of each. `tests/api/test_claim_lists.py` shows it."""

from __future__ import annotations

from typing import Final

import marshmallow as ma

from api.cases.claiming.claim_list import SORTS
from api.cases.holders.allotment import DELEGATES, ORGANISER, SECTOR
from api.cases.standing import HUMAN_RESOURCES, UNIT
from api.routes.fields import Area, Choice, Day, Id, QueryNumber, Subject, Word
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import AsOfQuery, PageAnswer, PageQuery
from ledger.streams.claim import Status
from projections.claim_lists import FLAGS
from projections.work import CLAIMANT

_STATES: Final = tuple(Status)
HANDS: Final = (UNIT, ORGANISER, SECTOR, HUMAN_RESOURCES, *DELEGATES, CLAIMANT)
"""For whom a claim may wait."""
EXAMPLE: Final = {
    "claim": "clm_01JDC0V6T8Y3N5M7K9Q1R2S3T4", "person": "per_01JDBZ9X4W6V8T0S2R4Q6P8N1M", "name": "李*",
    "status": "approved", "origin": "self", "region": "330203", "sector": "industry",
    "unit": "unt_01JDBZ7A2C4E6G8J0K2M4N6P8R", "category": "professional", "route": "advanced_seminar",
    "level": "municipal", "date": "2026-05-03", "year": 2026, "submitted_on": "2026-05-10", "revision": 1,
    "assessed": "24", "rulebook": "ningbo-industry/2019-01-01",
    "flags": [], "waits": None,
}


class ClaimsFileQuery(AsOfQuery):
    """Which claims."""

    status = Choice(*_STATES, metadata={"description": "只看这一状态的", "example": "under_review"})
    year = QueryNumber(1950, 2099, metadata={"description": "只看归属这一年度的", "example": 2026})
    category = Subject(metadata={"description": "只看这一科目的"})
    unit = Id("unit", metadata={"description": "只看经这一单位申报的"})
    region = Area(metadata={"description": "只看在这一地区申报的"})
    officer = Id("actor", metadata={"description": "只看这一经办账号办理过的：审核、退回、认定或其后任何一步"})
    person = Id("person", metadata={"description": "只看这一人员的"})
    sector = Word(metadata={"description": "只看在这一行业申报的", "example": "industry"})
    route = Word(metadata={"description": "只看这一途径的", "example": "advanced_seminar"})
    flag = Choice(*FLAGS, metadata={
        "description": "只看有这一标记的：补录（提交的年份晚于佐证）、比照执行、逾期备案、主管部门认定"})
    role = Choice(*HANDS, metadata={"description": "只看等着这一角色办理的；claimant：退回后等着本人修改的"})
    holder = Id("actor", metadata={"description": "只看指定给这一经办账号的"})
    waits_since = Day(metadata={"description": "只看在这一天已经等着的", "example": "2026-01-31"})
    sort = Choice(*SORTS, metadata={"description": "按提交先后：-submitted 新的在前（不写即是），submitted 旧的在前"})
    first = Day(data_key="from", metadata={"description": "自哪一天提交起", "example": "2026-01-01"})
    last = Day(data_key="to", metadata={"description": "至哪一天提交为止", "example": "2026-12-31"})


class ClaimsQuery(ClaimsFileQuery, PageQuery):
    """Which page of them."""


class ClaimWaitsAnswer(Answer):
    """For whom a claim waits."""

    kind = ma.fields.String(required=True, metadata={"description": "什么事项：申报、申诉、申诉后更正"})
    role = ma.fields.String(required=True, metadata={"description": "等着哪一角色办理；claimant：本人"})
    since = ma.fields.String(required=True, metadata={"format": "date-time"})
    holder = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "指定给哪一经办账号；null：未指定，对本人总是 null"})


class ListedClaimAnswer(Answer):
    """A claim on the list."""

    claim = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "已遮盖；null：密钥已销毁"})
    status = ma.fields.String(required=True, metadata={"enum": list(_STATES)})
    origin = ma.fields.String(required=True, metadata={"description": "怎样登记的：本人申报、名单、导入、系统"})
    region = ma.fields.String(required=True, metadata={"description": "申报时的地区"})
    sector = ma.fields.String(required=True)
    unit = ma.fields.String(required=True, metadata={"description": "申报时的单位"})
    category = ma.fields.String(required=True)
    route = ma.fields.String(required=True)
    level = ma.fields.String(required=True, allow_none=True)
    date = ma.fields.Date(required=True, metadata={"description": "佐证日期"})
    year = ma.fields.Integer(required=True, metadata={"description": "归属年度"})
    submitted_on = ma.fields.String(required=True, metadata={"format": "date"})
    revision = ma.fields.Integer(required=True, metadata={"description": "第几稿"})
    assessed = ma.fields.String(required=True, allow_none=True, metadata={"description": "核定学时；没有认定的为空"})
    rulebook = ma.fields.String(required=True, allow_none=True)
    flags = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "标记，如补录 late"})
    waits = ma.fields.Nested(ClaimWaitsAnswer, required=True, allow_none=True, metadata={
        "description": "在谁手里，自何时；null：没有等着谁办理"})


class ListedClaimsAnswer(PageAnswer):
    """Claims, the newest first."""

    items = ma.fields.List(ma.fields.Nested(ListedClaimAnswer), required=True, metadata={
        "description": "按提交先后，新的在前，另有要求的除外", "example": [EXAMPLE]})
