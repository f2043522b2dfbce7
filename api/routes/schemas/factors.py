"""What is sent and answered about a second factor. `tests/api/test_http_second_factor.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.cases.holders.factors import REASONS
from api.routes.bodies import Body
from api.routes.fields import Choice, Text
from api.routes.schemas.common import Answer


class FactorEnrolBody(Body):
    """To set one up: the password, where there is one and no second factor yet."""

    current = Text(400, metadata={"description": "现用口令；设有口令而尚无第二因素时必填"})


class OneTimeCodeBody(Body):
    """A code."""

    code = Text(64, required=True, metadata={"description": "动态口令（6 位），或一个恢复码"})


class ResetBody(Body):
    """Why somebody's is taken away."""

    reason = Choice(*REASONS, required=True, metadata={
        "description": "；".join(f"{code} {words}" for code, words in REASONS.items())})


class FactorAnswer(Answer):
    """What somebody has."""

    holder = ma.fields.String(required=True)
    since = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    recovery_codes_left = ma.fields.Integer(required=True)
    demanded = ma.fields.Boolean(required=True, metadata={"description": "本服务是否要求这个账号启用"})


class OfferedAnswer(Answer):
    """A secret, to be put into an authenticator; it counts once a code of it was sent."""

    holder = ma.fields.String(required=True)
    secret = ma.fields.String(required=True, metadata={"description": "密钥（Base32）：SHA-1、6 位、30 秒"})
    address = ma.fields.String(required=True, metadata={"description": "二维码的内容（otpauth://）"})


class RecoveryCodesAnswer(Answer):
    """Codes on paper, shown this once."""

    holder = ma.fields.String(required=True)
    recovery_codes = ma.fields.List(ma.fields.String(), required=True)


class FactorShownAnswer(Answer):
    """That it was shown."""

    holder = ma.fields.String(required=True)
    recovery_codes_left = ma.fields.Integer(required=True)


class GivenUpAnswer(Answer):
    """Who has none any more."""

    holder = ma.fields.String(required=True)


class ResetAnswer(Answer):
    """Whose was taken away, and why."""

    holder = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    sessions_ended = ma.fields.Integer(required=True)
