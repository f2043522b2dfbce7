"""What is sent and answered about the systems that records are taken over from. `tests/api/test_import_sources.py`."""

from __future__ import annotations

import marshmallow as ma

from api.cases.importing.sources import KINDS
from api.routes.bodies import Body
from api.routes.fields import Choice, Many, Region, Subject, Text, Word
from api.routes.schemas.common import Answer, Recorded
from api.routes.schemas.histories import Reflects
from api.routes.schemas.imports import System

_KINDS = "；".join(f"{code} {words}" for code, words in KINDS.items())


class ImportSourceBody(Body):
    """A system, and what it may register."""

    system = System(required=True)
    name = Text(100, required=True, metadata={"description": "系统的名称", "example": "宁波市学时登记系统"})
    kind = Choice(*KINDS, required=True, metadata={"description": _KINDS, "example": "local_system"})
    region = Region(required=True, metadata={"description": "记录所属地区", "example": "330200"})
    sector = Word(metadata={"description": "只含一个行业的记录时", "example": "industry"})
    categories = Many(Subject(), 3, least=1, unique=True, required=True, metadata={
        "description": "可以报送的科目", "example": ["general_public"]})
    platform = Text(100, metadata={"description": "只报送一个学习平台的：平台的名称，与记录中的 platform 相同"})
    document = Text(100, metadata={"description": "依据的文件号"})


class ImportSourceClosingBody(Body):
    """From which system nothing more is taken over, and why, as a code."""

    system = System(required=True)
    why = Word(required=True, metadata={"description": "原因代码", "example": "replaced"})


class _Source(Answer):
    system = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, metadata={"enum": list(KINDS)})
    region = ma.fields.String(required=True)
    sector = ma.fields.String(allow_none=True, required=True)
    categories = ma.fields.List(ma.fields.String(), required=True)
    platform = ma.fields.String(allow_none=True, required=True)
    document = ma.fields.String(allow_none=True, required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["open", "closed"]})
    why = ma.fields.String(allow_none=True, required=True, metadata={"description": "停用的原因代码"})


class ImportSourceAnswer(Recorded, _Source):
    """A source as it stands after it was acted upon."""


class ListedSource(_Source):
    """A source in a list."""

    event = ma.fields.Integer(required=True, metadata={"description": "最近一次登记或停用它的事件"})


class ImportSourcesAnswer(Reflects):
    """Every source that was registered, by its code."""

    items = ma.fields.List(ma.fields.Nested(ListedSource), required=True)
