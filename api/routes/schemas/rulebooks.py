"""What is sent and answered about rulebooks. `tests/api/test_rulebooks.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Body, Document
from api.routes.schemas.common import Answer, Recorded


class RulebookBody(Body):
    """A rulebook and the text that it quotes, in full."""

    source = Document(required=True, metadata={"description": "细则文件（TOML）全文"})
    text = Document(required=True, metadata={"description": "公布的原文全文"})


class RulebookAnswer(Recorded):
    """A rulebook's life so far."""

    rulebook = ma.fields.String(required=True)
    in_force_from = ma.fields.String(allow_none=True)
    revision = ma.fields.Integer(required=True)
    digests = ma.fields.List(ma.fields.String(), required=True)
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)


class EnactedAnswer(Answer):
    """One enacted revision."""

    id = ma.fields.String(required=True)
    family = ma.fields.String(required=True)
    in_force_from = ma.fields.String(required=True)
    revision = ma.fields.Integer(required=True)
    digest = ma.fields.String(required=True)
    document = ma.fields.String(required=True)
    event = ma.fields.Integer(required=True)
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)
    source = ma.fields.String()
    text = ma.fields.String(allow_none=True)


class RulebooksAnswer(Answer):
    """Every rulebook that was enacted."""

    items = ma.fields.List(ma.fields.Nested(EnactedAnswer), required=True)


class WordsAnswer(Answer):
    """The words of the law as of now."""

    sectors = ma.fields.Dict(required=True)
    categories = ma.fields.Dict(required=True)
    levels = ma.fields.Dict(required=True)
    routes = ma.fields.List(ma.fields.Dict(), required=True)
