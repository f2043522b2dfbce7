"""What is asked and answered about open work, office by office. `tests/api/test_http_work.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Shaped
from api.routes.schemas.common import Answer, DifferencesAsOf
from api.routes.schemas.histories import AsOfQuery, Reflects


class WorkloadQuery(AsOfQuery):
    """Of which region."""

    region = Shaped("^[0-9]{2}([0-9]{2}){0,2}$", "两位、四位或六位的区划代码前缀", example="3303")


class LoadAnswer(Answer):
    """What waits with one office."""

    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    unit = ma.fields.String(allow_none=True, required=True, metadata={"description": "只有一个单位待办时是哪个单位"})
    units = ma.fields.Integer(required=True, metadata={
        "description": "多少个单位待办；部门为 0。按六位区划代码查询一县时，逐个单位列出"})
    waiting = ma.fields.Integer(required=True)
    oldest = ma.fields.String(required=True)
    since = ma.fields.Integer(required=True)
    since_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    days = ma.fields.Integer(required=True, metadata={"description": "最久的已等多少天"})


class WorkloadAnswer(Reflects):
    """What waits, office by office."""

    counted_on = ma.fields.String(required=True, metadata={"format": "date", "description": "天数算到这一天"})
    waiting = ma.fields.Integer(required=True)
    items = ma.fields.List(ma.fields.Nested(LoadAnswer), required=True)
    differences_as_of = DifferencesAsOf()
