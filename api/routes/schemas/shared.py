"""What is asked and answered about what entries share. `tests/api/test_http_shared.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Choice, QueryFlag, Text
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import LineAnswer, PageAnswer, PageQuery
from projections.findings.having import DIMENSIONS

VALUE_MOST = 200
_DIMENSION = {
    "description": "certificate：证书编号（连同发证单位）；number：证书、登记卡、培训班的编号；evidence：同一份文件；"
                   "picture：文件里的同一张图；document：同一次生成的文件；device：设备；address：网络地址；class：培训班；"
                   "organiser：主办单位；approver：认定的账号；hour：在同一小时认定"}


class DimensionQuery(PageQuery):
    """Which dimension alone."""

    dimension = Choice(*DIMENSIONS, metadata=_DIMENSION)


class KeyQuery(PageQuery):
    """What it is that entries have."""

    dimension = Choice(*DIMENSIONS, required=True, metadata={**_DIMENSION, "example": "evidence"})
    value = Text(VALUE_MOST, required=True, metadata={
        "description": "一份申报的共用情况中给出的值；密封的（证书编号、设备、地址）只有其摘要，没有原文",
        "example": "ab" * 32})


class KeyEventsQuery(KeyQuery):
    """In which order."""

    newest = QueryFlag(metadata={"description": "true：新的在前"})


class KeyAnswer(Answer):
    """Something that entries may have."""

    dimension = ma.fields.String(required=True, metadata={"enum": list(DIMENSIONS)})
    value = ma.fields.String(required=True)


class GuardAnswer(Answer):
    """What speaks for those who share it."""

    code = ma.fields.String(required=True)
    words = ma.fields.String(required=True)


class DimensionAnswer(KeyAnswer):
    """Something that was begun with, and how many others have it."""

    starts = ma.fields.Integer(required=True, metadata={"description": "起点的申报中有几项如此"})
    claims = ma.fields.Integer(required=True, metadata={"description": "另有几项申报"})
    persons = ma.fields.Integer(required=True, metadata={"description": "另有几人"})
    beyond = ma.fields.Integer(required=True, metadata={"description": "其中几项在权限之外"})
    same_class = ma.fields.Integer(required=True, metadata={"description": "其中几项与起点同班"})
    records = ma.fields.Integer(required=True, metadata={"description": "此外的登记卡、培训班、在线学习"})
    is_more = ma.fields.Boolean(required=True, metadata={"description": "true：还有更多，没有数完"})
    is_telling = ma.fields.Boolean(required=True, metadata={"description": "true：别人没有理由与之相同"})
    guards = ma.fields.List(ma.fields.Nested(GuardAnswer), required=True, metadata={"description": "为何相同不足为奇"})


class FurtherAnswer(KeyAnswer):
    """What several of those found share among themselves."""

    claims = ma.fields.Integer(required=True)
    persons = ma.fields.Integer(required=True)
    through = ma.fields.List(ma.fields.Nested(KeyAnswer), required=True, metadata={"description": "经由哪些而来"})


class SharingAnswer(Answer):
    """An entry that shares something."""

    claim = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    name = ma.fields.String(allow_none=True, required=True, metadata={"description": "已遮盖；第一页之后不再显示"})
    shares = ma.fields.List(ma.fields.Nested(KeyAnswer), required=True, metadata={"description": "与起点相同的有哪些"})
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    category = ma.fields.String(required=True)
    route = ma.fields.String(required=True)
    evidence_on = ma.fields.String(required=True, metadata={"format": "date"})
    assessed_centi = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "核定学时的百分之一"})
    training_class = ma.fields.String(allow_none=True, required=True)
    organiser = ma.fields.String(allow_none=True, required=True)
    decided_by = ma.fields.String(allow_none=True, required=True)
    decided_at = ma.fields.String(allow_none=True, required=True, metadata={"format": "date-time"})
    act = ma.fields.String(allow_none=True, required=True)


class SharedAnswer(PageAnswer):
    """What is shared, a step further, and page by page by whom."""

    starts = ma.fields.List(ma.fields.String(), required=True)
    dimensions = ma.fields.List(ma.fields.Nested(DimensionAnswer), required=True)
    left = ma.fields.Integer(required=True, metadata={"description": "起点太多时，没有往下查的有几个"})
    compares_sealed = ma.fields.Boolean(required=True, metadata={
        "description": "false：密封的内容还没有整理，编号、设备和地址没有比较"})
    further = ma.fields.List(ma.fields.Nested(FurtherAnswer), required=True)
    stopped = ma.fields.List(ma.fields.Nested(KeyAnswer), required=True, metadata={
        "description": "相同的太多，没有再往外一步"})
    items = ma.fields.List(ma.fields.Nested(SharingAnswer), required=True)


class HandedInAnswer(Answer):
    """How a file came in with an entry, and who had it before them."""

    claim = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    received_at = ma.fields.String(allow_none=True, required=True, metadata={"format": "date-time"})
    by = ma.fields.String(allow_none=True, required=True)
    opened = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "系统所见，保留九十天"})
    decisions = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "历次认定，以及认定人是否自述打开过这份文件"})


class KeyEventsAnswer(PageAnswer):
    """Everything that happened to whatever has something."""

    dimension = ma.fields.String(required=True)
    value = ma.fields.String(required=True)
    claims = ma.fields.Integer(required=True, metadata={"description": "权限之内有几项申报"})
    beyond = ma.fields.Integer(required=True, metadata={"description": "权限之外有几项"})
    records = ma.fields.Integer(required=True)
    is_more = ma.fields.Boolean(required=True, metadata={"description": "true：太多，只读了其中最早的"})
    papers = ma.fields.List(ma.fields.Nested(HandedInAnswer), required=True)
    items = ma.fields.List(ma.fields.Nested(LineAnswer), required=True)
