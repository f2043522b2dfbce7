"""What is sent and answered about statements. `tests/api/test_statements.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import Choice, Id, Many, Number, Shaped, Text, Word
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.histories import Reflects


class StatementBody(Body):
    """Which years, on which basis, and whether the name stands there in clear."""

    years = Many(Number(1950, 2099), 60, unique=True)
    as_of = Text(60)
    valid_on = Text(20)
    law = Text(2000)
    name = Choice("masked", "clear")


class SupersessionBody(Body):
    """Which statement takes its place."""

    by_statement = Id("statement", required=True, metadata={"description": "代替它的、仍然有效的同一人的情况表"})


class VoidingBody(Words):
    """On what basis it is void, and why."""

    basis = Word(required=True, metadata={"description": "依据代码，如 issued_in_error", "example": "issued_in_error"})


class VoidedAnswer(Answer):
    """Why a statement is void."""

    event = ma.fields.Integer(required=True)
    basis = ma.fields.String(required=True)
    words = ma.fields.String(allow_none=True)


class StatementAnswer(Recorded):
    """A statement."""

    statement = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(
        required=True, metadata={"description": "issued 有效；superseded 已由 superseded_by 代替；voided 已作废"}
    )
    code = ma.fields.String(required=True, metadata={"description": "核验码"})
    sha256 = ma.fields.String(required=True)
    as_of = ma.fields.Integer(required=True)
    valid_on = ma.fields.String(allow_none=True)
    law = ma.fields.String(required=True)
    rulebooks = ma.fields.List(ma.fields.String(), required=True)
    years = ma.fields.List(ma.fields.Integer(), required=True)
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(allow_none=True)
    superseded_by = ma.fields.String(allow_none=True)
    voided = ma.fields.Nested(VoidedAnswer, allow_none=True, metadata={"description": "仅在查看时给出"})
    text = ma.fields.String(allow_none=True)


# Public verification


class VerificationQuery(Query):
    """What stands on the paper."""

    code = Text(60, required=True, metadata={"description": "纸上的核验码", "example": "7K3M-9QXT-0AHB"})
    sha256 = Shaped("^[0-9a-f]{16,64}$", "正文 SHA-256 的前 16 至 64 位十六进制数字（小写）", example="ab" * 16)


class CorrectionAnswer(Answer):
    """What has happened to what a statement says."""

    at = ma.fields.String(required=True, metadata={"format": "date-time"})
    words = ma.fields.String(required=True)


class VerificationAnswer(Reflects):
    """How a statement stands, as anybody may know who holds it."""

    state = ma.fields.String(required=True, metadata={"description": (
        "valid 有效；superseded 已被取代；voided 已作废；corrected 所载内容此后已有更正；absent 从未出具；"
        "unreadable 核验码有误；other_text 核验码属实而正文摘要不符")})
    words = ma.fields.String(required=True)
    advice = ma.fields.String(required=True)
    code = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "姓名，总是遮盖"})
    years = ma.fields.List(ma.fields.Integer(), required=True)
    sha256 = ma.fields.String(required=True, allow_none=True)
    issued_at = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    law = ma.fields.String(required=True, allow_none=True)
    since = ma.fields.String(required=True, allow_none=True, metadata={
        "format": "date-time", "description": "何时被取代或作废"})
    changed = ma.fields.Boolean(required=True, metadata={"description": "此后又有登记，所载内容未必有变"})
    corrections = ma.fields.List(ma.fields.Nested(CorrectionAnswer), required=True)
