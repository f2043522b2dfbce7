"""What is sent and answered about statements. `tests/api/test_statements.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Body, Choice, Id, Many, Number, Text, Word
from api.routes.schemas.common import Answer, Recorded, Words


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
