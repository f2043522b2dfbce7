"""What is sent and answered about drafts of claims. `tests/api/test_claim_drafts.py` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.schemas.common import Answer

_STUDY: Final = {"category": "professional", "route": "training", "days": ""}
_DETAILS: Final = {"title": "焊接工艺培"}


class Typed(ma.fields.Raw):
    """Whatever a form holds: an object or a list of texts, numbers and the like, not deeper than a claim's own."""

    deepest: Final = 4

    def __init__(self, kind: type, said: str, **kwargs: Any) -> None:
        self.kind, self.said = kind, said
        shape = {"type": "object" if kind is dict else "array", **kwargs.pop("metadata", {})}
        super().__init__(metadata=shape, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, self.kind):
            raise ma.ValidationError(f"应为 JSON {self.said}。")
        if _depth(value) > self.deepest:
            raise ma.ValidationError(f"至多 {self.deepest} 层。")
        return value


def _depth(value: Any) -> int:
    """How deep something goes; the reader of JSON has refused what goes deeper than Python does."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


class DraftBody(Body):
    """What was typed so far, in the places that it has in a claim; nothing of it is required, nothing need be right."""

    study = Typed(dict, "对象", metadata={"example": _STUDY})
    details = Typed(dict, "对象", metadata={"example": _DETAILS})
    evidence = Typed(list, "数组", metadata={"example": [{"kind": "certificate", "sha256": ""}]})


class DraftAnswer(Answer):
    """A draft."""

    person = ma.fields.String(required=True)
    draft = ma.fields.String(required=True, metadata={"description": "草稿的名称，由保存者取"})
    claim = ma.fields.String(required=True, metadata={"description": "提交后的申报编号"})
    version = ma.fields.Integer(required=True, metadata={"description": "草稿的版本，也在 ETag 中"})
    saved_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    kept_until = ma.fields.String(required=True, metadata={
        "format": "date-time", "description": "到这时还没有再保存，即清除"})
    study = ma.fields.Dict()
    details = ma.fields.Dict()
    evidence = ma.fields.List(ma.fields.Raw())


class DraftsAnswer(Answer):
    """All drafts of a person, the last saved first."""

    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(DraftAnswer), required=True)
