"""What is asked and answered about how an account decides. `tests/api/test_histories.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Day
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import AsOfQuery, Reflects


class ConductQuery(AsOfQuery):
    """Over which days."""

    first = Day(data_key="from", metadata={"description": "从这一天起记录的；与同类相比时，不写即一年"})
    last = Day(data_key="to", metadata={"description": "到这一天为止记录的"})


class BeyondAnswer(Answer):
    """Hours that an office gave itself."""

    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    claim = ma.fields.String(required=True)
    person = ma.fields.String(allow_none=True, required=True)
    kind = ma.fields.String(required=True, metadata={
        "enum": ["manual", "override"], "description": "manual：细则没有规定；override：多于条文一般所给"})
    assessed_centi = ma.fields.Integer(required=True, metadata={"description": "核定学时的百分之一"})
    ordinary_centi = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "条文一般所给"})
    clauses = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "所依；文件号在最后"})
    reason = ma.fields.String(allow_none=True, required=True)
    words = ma.fields.String(allow_none=True, required=True, metadata={"description": "说给本人的理由"})


class MeasureAnswer(Answer):
    """One number of an account beside those of its peers; shares are thousandths."""

    name = ma.fields.String(required=True, metadata={"enum": [
        "waited_seconds", "quick", "together", "at_night", "on_weekends", "none_opened"]})
    own = ma.fields.Integer(required=True)
    low = ma.fields.Integer(required=True, metadata={"description": "同类中有四分之一在此以下"})
    middle = ma.fields.Integer(required=True)
    high = ma.fields.Integer(required=True, metadata={"description": "同类中有四分之一在此以上"})
    place = ma.fields.Integer(required=True, metadata={"description": "1：没有更高的"})
    of = ma.fields.Integer(required=True)


class BesideAnswer(Answer):
    """How an account takes one kind of step, beside its peers."""

    role = ma.fields.String(required=True)
    what = ma.fields.String(required=True)
    steps = ma.fields.Integer(required=True)
    peers = ma.fields.Integer(required=True)
    measures = ma.fields.List(ma.fields.Nested(MeasureAnswer), required=True, metadata={
        "description": "同类账号太少时为空"})
    hours = ma.fields.List(ma.fields.Integer(), required=True, metadata={"description": "0 至 23 时各占千分之几"})
    peers_hours = ma.fields.List(ma.fields.Integer(), required=True)


class ConductAnswer(Reflects):
    """How an account decides, by the newest of its steps."""

    actor = ma.fields.String(required=True)
    steps = ma.fields.Integer(required=True)
    is_all = ma.fields.Boolean(required=True, metadata={"description": "false：只算了最近的"})
    kinds = ma.fields.Dict(required=True)
    hours = ma.fields.List(ma.fields.Integer(), required=True)
    at_night = ma.fields.Integer(required=True)
    on_weekends = ma.fields.Integer(required=True)
    waited_seconds = ma.fields.List(ma.fields.Integer(), allow_none=True, required=True)
    quick = ma.fields.Integer(required=True)
    together = ma.fields.Integer(required=True)
    own_organisation = ma.fields.Integer(required=True)
    with_papers = ma.fields.Integer(required=True)
    all_opened = ma.fields.Integer(required=True)
    none_opened = ma.fields.Integer(required=True)
    beyond = ma.fields.List(ma.fields.Nested(BeyondAnswer), required=True)
    compared_from = ma.fields.String(required=True, metadata={"format": "date"})
    compared_to = ma.fields.String(required=True, metadata={"format": "date"})
    peers = ma.fields.List(ma.fields.Nested(BesideAnswer), allow_none=True, required=True, metadata={
        "description": "与权限内同类账号相比；null：不给账号自己看"})
