"""What is sent and answered about statements. `tests/api/test_statements.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Body, Choice, Many, Number, Text
from api.routes.schemas.common import Recorded


class StatementBody(Body):
    """Which years, on which basis, and whether the name stands there in clear."""

    years = Many(Number(1950, 2099), 60, unique=True)
    as_of = Text(60)
    valid_on = Text(20)
    law = Text(2000)
    name = Choice("masked", "clear")


class StatementAnswer(Recorded):
    """A statement."""

    statement = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
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
    text = ma.fields.String(allow_none=True)
