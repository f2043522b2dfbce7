"""How far the projections are, over HTTP. `tests/api/test_upkeep.py` shows it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api.operational.callers import Caller
from api.routes.door import Door, house
from api.routes.schemas.common import Answer
from api.upkeep import upkeep

door = Door("projections", __name__, description="查询所用的投影")


class ProjectionAnswer(Answer):
    """One projection: up to where it speaks, and what keeps it."""

    name = ma.fields.String(required=True)
    position = ma.fields.Integer(required=True)
    behind = ma.fields.Integer(required=True, metadata={"description": "落后多少个事件"})
    building = ma.fields.Dict(allow_none=True, required=True, metadata={"description": "正在重建的进度"})
    failure = ma.fields.Dict(allow_none=True, required=True, metadata={"description": "停在哪个事件之前、何种错误"})


class ProjectionsAnswer(Answer):
    """Every projection."""

    log_size = ma.fields.Integer(required=True)
    items = ma.fields.List(ma.fields.Nested(ProjectionAnswer), required=True)


@door.reads("/v1/projections", summary="各投影处理到哪里、落后多少、重建进度", answers=ProjectionsAnswer, login=False)
def every(_: Caller) -> dict[str, Any]:
    return upkeep(house())
