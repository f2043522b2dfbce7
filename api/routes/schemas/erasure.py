"""What is sent and answered about forgetting somebody. `tests/api/test_erasure.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Many, Sha256, Text
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.histories import PageAnswer

DOCUMENT_MOST = 60


class ProposalBody(Words):
    """Why somebody is to be forgotten, and by which document."""

    basis = Choice("request", "order", required=True, metadata={
        "description": "request 本人申请、order 有权机关的公文"})
    document = Text(DOCUMENT_MOST, required=True, metadata={"description": "申请书或公文的编号，公开登记：不写姓名"})
    asked_on = Day(required=True, metadata={"description": "申请或公文的日期"})
    evidence = Many(Sha256(), 20, unique=True, metadata={"description": "申请书或公文的摘要"})


class DestructionBody(Body):
    """The document once more: a wrong person has another."""

    document = Text(DOCUMENT_MOST, required=True, metadata={"description": "对照申请书或公文重写的编号"})


class ProposedAnswer(Answer):
    """A proposal that stands."""

    basis = ma.fields.String(required=True, metadata={"enum": ["request", "order"]})
    document = ma.fields.String(required=True)
    asked_on = ma.fields.Date(required=True)
    not_before = ma.fields.Date(required=True, metadata={"description": "自此日起可以确认"})
    proposed_by = ma.fields.String(required=True, metadata={"description": "提出的经办账号；确认须由另一人"})
    evidence = ma.fields.List(ma.fields.String(), required=True)


class WaitsAnswer(Answer):
    """Something that has to end first."""

    kind = ma.fields.String(required=True)
    what = ma.fields.String(required=True)
    why = ma.fields.String(required=True)
    cure = ma.fields.String(required=True)
    ids = ma.fields.List(ma.fields.String(), required=True)
    until = ma.fields.Date(required=True, allow_none=True)


class SealedAnswer(Answer):
    """How many events of a kind hold something under the key."""

    kind = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    events = ma.fields.Integer(required=True)


class UnreadableAnswer(Answer):
    """What nobody could read any more, or use."""

    sealed = ma.fields.List(ma.fields.Nested(SealedAnswer), required=True,
                            metadata={"description": "含密封内容（姓名、号码、标题、理由等）的事件，按种类"})
    evidence_files = ma.fields.Integer(required=True)
    drafts = ma.fields.Integer(required=True)
    credentials = ma.fields.Integer(required=True, metadata={"description": "有效的令牌、会话和单点登录的关联"})
    has_password = ma.fields.Boolean(required=True)
    has_second_factor = ma.fields.Boolean(required=True)


class StaysAnswer(Answer):
    """What stays and goes on being proved, under a number that leads to nobody."""

    events = ma.fields.Integer(required=True)
    registered = ma.fields.Integer(required=True, metadata={"description": "已登记的学时申报"})
    statements = ma.fields.Integer(required=True, metadata={"description": "已出具的登记情况表"})


class CopyAnswer(Answer):
    """A copy of the keys that is not known to be gone."""

    name = ma.fields.String(required=True)
    taken = ma.fields.String(required=True, metadata={"format": "date-time"})
    expires = ma.fields.String(required=True, metadata={"format": "date-time"})


class DestroyedAnswer(Answer):
    """When a key was destroyed, and whether a copy of it may be left."""

    event = ma.fields.Integer(required=True)
    at = ma.fields.String(required=True, metadata={"format": "date-time"})
    basis = ma.fields.String(required=True)
    is_final = ma.fields.Boolean(required=True, metadata={"description": "含这把密钥的备份是否都已登记删除"})
    final_from = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class ErasureAnswer(Recorded):
    """How forgetting somebody stands; asked for, also what it would do and what stands in its way."""

    person = ma.fields.String(required=True)
    restricted = ma.fields.Boolean(required=True)
    forgotten = ma.fields.Boolean(required=True)
    erasure = ma.fields.Nested(ProposedAnswer, required=True, allow_none=True)
    in_the_way = ma.fields.List(ma.fields.Nested(WaitsAnswer), metadata={"description": "须先办结的；本人查看时不列"})
    unreadable = ma.fields.Nested(UnreadableAnswer)
    stays = ma.fields.Nested(StaysAnswer)
    backups = ma.fields.List(ma.fields.Nested(CopyAnswer))
    rests_until = ma.fields.Date(metadata={"description": "今日提出的，或已提出的，自此日起可以确认"})
    destroyed = ma.fields.Nested(DestroyedAnswer)
    final_after = ma.fields.Date(metadata={"description": "密钥的最后一份备份到期之日；到期并删除之后即为最终"})


class ErasureRow(Answer):
    """One of a list: no name, no number."""

    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["proposed", "withdrawn", "destroyed"]})
    basis = ma.fields.String(required=True)
    document = ma.fields.String(required=True)
    asked_on = ma.fields.Date(required=True)
    not_before = ma.fields.Date(required=True)
    final_after = ma.fields.Date(required=True, allow_none=True)
    event = ma.fields.Integer(required=True)


class ErasuresAnswer(PageAnswer):
    """What was proposed, the last that changed first."""

    items = ma.fields.List(ma.fields.Nested(ErasureRow), required=True)
