"""What is sent and answered about the close of a year. `tests/api/test_year_closing.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Text
from api.routes.schemas.common import Answer, Recorded
from api.routes.schemas.histories import Reflects


class YearClosingBody(Body):
    """Which year, and the document that announces it."""

    year = ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(2000, 2100),
                             metadata={"description": "已经结束的年度"})
    document = Text(200, metadata={"description": "公布该年度合计的文件，如有"})


class _Closing(ma.Schema):
    year = ma.fields.Integer(required=True)
    as_of = ma.fields.Integer(required=True, metadata={"description": "合计所据的最后一个事件"})
    root = ma.fields.String(required=True, metadata={"description": "日志在该事件处的根（base64）"})
    format = ma.fields.String(required=True)
    totals_root = ma.fields.String(required=True, metadata={"description": "每人一行的合计的 Merkle 根（base64）"})
    people = ma.fields.Integer(required=True)
    entries = ma.fields.Integer(required=True)
    total = ma.fields.String(required=True, metadata={"description": "核定学时合计"})
    still_open = ma.fields.Integer(required=True, metadata={"description": "当时尚未办结的该年度申报"})
    document = ma.fields.String(required=True, allow_none=True)


class YearClosingAnswer(_Closing, Recorded):
    """A year that was just closed."""


class YearClosedAnswer(_Closing, Answer):
    """A year that is closed."""

    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class YearClosingsAnswer(Reflects):
    """Every year that is closed, the newest first."""

    items = ma.fields.List(ma.fields.Nested(YearClosedAnswer), required=True)


class YearClosedNowAnswer(YearClosedAnswer):
    """A closed year beside what stands now."""

    holds = ma.fields.Boolean(required=True, metadata={"description": "由账本重算的合计与关账时的根一致"})
    now = ma.fields.Dict(required=True, metadata={"description": "现在的 as_of、people、entries、total、totals_root"})
    changed_people = ma.fields.Integer(required=True)
    changed_claims = ma.fields.Integer(required=True)
    changes = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "关账后更正的各项（至多 500）：claim，当时和现在的 status_、hours_ 各一；"
                       "null：当时或现在不在该年度"})


class YearClosedLineAnswer(YearClosedAnswer):
    """One person's line, which `totals_root` proves."""

    person = ma.fields.String(required=True)
    line = ma.fields.String(required=True, metadata={"description": "行的原文，含换行；叶子是它的字节"})
    index = ma.fields.Integer(required=True)
    path = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "到根的路径（base64），叶侧在前"})
    hours = ma.fields.Dict(required=True)
    file = ma.fields.String(required=True, metadata={"description": "可离线核验的文件，含关账事件的证明"})
    checkpoint = ma.fields.Integer(required=True, metadata={"description": "其中证明所通向的检查点的大小"})
    time_stamps = ma.fields.List(ma.fields.String(), required=True, metadata={
        "description": "哪些机构给了它时间：/log/checkpoints/<大小>/<机构>.tsr"})
