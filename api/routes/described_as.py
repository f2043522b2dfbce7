"""What the description of the API says of every operation alike: its headers, who may ask, what a trial answers.

`tests/api/test_openapi.py` shows it.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api.routes import conditions
from api.routes.bodies import Body, Shared


class Nothing(Body):
    """A body that has nothing to say."""


class Trial(Shared):
    """What would be done, decided in full and not written."""

    dry_run = ma.fields.Boolean(required=True, metadata={"const": True})
    would = ma.fields.Dict(required=True)


def needs_body(body: type[ma.Schema] | None) -> bool:
    """Say whether a body has a field that must be there."""
    return body is not None and any(field.required for field in body().fields.values())


def security(*, login: bool) -> list[dict[str, list[str]]]:
    """Say who may ask: whoever has a token, or anybody at all."""
    return [{"token": []}] if login else [{}, {"token": []}]


def common_parameters(*, conditional: bool, login: bool = True) -> list[dict[str, Any]]:
    """Give what every write is asked with: its key, the version that was seen where it decides on one, a trial."""
    least = "" if login else f"未登录时至少 {conditions.KEY_OF_NOBODY_LEAST} 个字符。"  # A schema knows no caller.
    key = {
        "in": "header", "name": "Idempotency-Key", "required": True,
        "description": f"每个请求一个新的键（建议 UUID）；重试时用原来的键。{least}试办时可不带。",
        "schema": {"type": "string", "minLength": 1, "maxLength": conditions.KEY_MOST, "pattern": "^[!-~]+$"},
    }
    match = {
        "in": "header", "name": "If-Match", "required": True, "description": "读取时得到的 ETag。试办时可不带。",
        "schema": {"type": "string", "pattern": '^"v(0|[1-9][0-9]{0,9})"$'},
    }
    dry = {
        "in": "query", "name": "dry_run", "description": "true：只试办，给出完整的决定和依据，不写入。",
        "schema": {"type": "boolean", "default": False},
    }
    return [key, *([match] if conditional else []), dry]
