"""What is sent and answered about logging in. `tests/api/test_http_accounts.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Number, Text
from api.routes.schemas.common import Answer


class PasswordBody(Body):
    """A password, and what shows whose it is: the code, or beside a token the password so far."""

    password = Text(400, required=True, metadata={"description": "新口令：12 到 128 个字符，可以是一句话"})
    code = Text(64, metadata={"description": "一次性设置码；不用令牌时必填"})
    current = Text(400, metadata={"description": "现用口令；凭令牌更改已有口令时必填"})


class TokenNameBody(Body):
    """A further token, for a program."""

    name = Text(40, required=True, metadata={"description": "令牌的名称，如 办公系统；同名的被取代"})
    lasts_days = Number(1, 366, required=True, metadata={"description": "多少天后失效"})


class CodeAnswer(Answer):
    """A code, shown this once."""

    holder = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    lasts_days = ma.fields.Integer(required=True)


class PasswordAnswer(Answer):
    """Whose password was set."""

    holder = ma.fields.String(required=True)
    sessions_ended = ma.fields.Integer(required=True)


class NamedTokenAnswer(Answer):
    """A named token, shown this once."""

    holder = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    token = ma.fields.String(required=True)
    expires_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class CredentialAnswer(Answer):
    """A token or a session, by what it is called; the secret itself is kept nowhere."""

    credential = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, metadata={"enum": ["token", "session", "link"]})
    name = ma.fields.String(required=True, allow_none=True)
    issued_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    expires_at = ma.fields.String(required=True, allow_none=True)


class CredentialsAnswer(Answer):
    """Everything that opens anything in somebody's name."""

    holder = ma.fields.String(required=True)
    password = ma.fields.Boolean(required=True, metadata={"description": "是否设有口令"})
    items = ma.fields.List(ma.fields.Nested(CredentialAnswer), required=True)


class EndedAnswer(Answer):
    """What no longer opens anything."""

    holder = ma.fields.String(required=True)
    credential = ma.fields.String(required=True)
