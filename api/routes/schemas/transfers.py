"""What is sent and answered about unit transfers. `tests/api/test_transfers.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Day, Id, Many, Sha256, Text, Word
from api.routes.schemas.common import ReasonCode, Recorded, SaidAnswer, Words


class TransferBody(Body):
    """A unit that a person asks to belong to."""

    to_unit = Id("unit", required=True)
    starts = Day(required=True)
    major = Text(60, metadata={"description": "专业（自然资源九个专业之一）"})
    standing = Word(metadata={"description": "人事身份，如 talent_market、provincial_institution"})
    evidence = Many(Sha256(), 50, unique=True)


class ConfirmationBody(Body):
    """The receiving unit's answer; it may put the day right."""

    starts = Day()


class TransferRefusalBody(Words):
    """Why a transfer is refused, by a code and in words."""

    reason = ReasonCode("transfer.refused")


class TransferAnswer(Recorded):
    """A transfer."""

    transfer = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    to_unit = ma.fields.String(required=True)
    from_unit = ma.fields.String(allow_none=True)
    starts = ma.fields.String(required=True)
    major = ma.fields.String(allow_none=True)
    standing = ma.fields.String(allow_none=True)
    said = ma.fields.List(ma.fields.Nested(SaidAnswer), metadata={"description": "接收单位所说的理由，仅在查看时给出"})
