"""What is asked and answered about a unit's people and their years. `tests/api/test_unit_years.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Day, QueryNumber, Shaped
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import PageAnswer
from api.routes.schemas.questions import AxesQuery


class UnitYearsQuery(AxesQuery):
    """Who belongs to the unit on which day, which years, on which axes."""

    on = Day(metadata={"description": "哪一天隶属于该单位；不写即 valid_on，否则按当时所知的那一天"})
    first = QueryNumber(1950, 2099, data_key="from", metadata={"description": "自哪一年度；不写即 to", "example": 2024})
    last = QueryNumber(1950, 2099, data_key="to", metadata={"description": "至哪一年度；不写即 on 所在的年度",
                                                            "example": 2026})


class UnitYearsPageQuery(UnitYearsQuery):
    """Which page of it."""

    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class LackAnswer(Answer):
    """A requirement that is not reached, or of which it is not known yet."""

    name = ma.fields.String(required=True)
    rulebook = ma.fields.String(required=True)
    article = ma.fields.String(required=True)
    need = ma.fields.String(required=True)
    have = ma.fields.String(required=True)
    short = ma.fields.String(required=True, metadata={"description": "还差多少"})
    reason = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "in_progress 周期未满、undetermined 有待定的学时；null：已可断定不足"})
    first = ma.fields.Integer(data_key="from", metadata={"description": "周期的第一年"})
    last = ma.fields.Integer(data_key="to", metadata={"description": "周期的最后一年"})


class YearLineAnswer(Answer):
    """A year of one person, as evaluated by the law of the axes; what was decided beside it."""

    year = ma.fields.Integer(required=True)
    met = ma.fields.Boolean(required=True, allow_none=True)
    total = ma.fields.String(required=True)
    professional = ma.fields.String(required=True)
    sector_public = ma.fields.String(required=True)
    general_public = ma.fields.String(required=True)
    exam_hours = ma.fields.String(required=True)
    decided_total = ma.fields.String(required=True, metadata={"description": "认定时的合计"})
    lacking = ma.fields.List(ma.fields.Nested(LackAnswer), required=True)


class MemberYearsAnswer(Answer):
    """Somebody of the unit, masked, with their years."""

    person = ma.fields.String(required=True)
    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "已遮盖；null：密钥已销毁"})
    id_number = ma.fields.String(required=True, allow_none=True)
    since = ma.fields.Date(data_key="from", required=True, metadata={"description": "隶属自"})
    years = ma.fields.List(ma.fields.Nested(YearLineAnswer), required=True)


class UnitYearsAnswer(PageAnswer):
    """A unit's people, by their ids."""

    unit = ma.fields.String(required=True)
    on = ma.fields.Date(required=True)
    basis = ma.fields.Dict(required=True)
    items = ma.fields.List(ma.fields.Nested(MemberYearsAnswer), required=True)
