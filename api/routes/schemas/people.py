"""What is sent and answered about people. `tests/api/test_http_people.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Many, Sha256, Text
from api.routes.schemas.common import PHONE_MOST, Answer, Recorded, Words
from ledger.identifiers.id_number import KINDS


class PersonBody(Body):
    """A person who is registered."""

    name = Text(120, required=True)
    id_kind = Choice(*KINDS, required=True)
    id_number = Text(60, required=True)
    phone = Text(PHONE_MOST)


class CorrectedPersonBody(Words):
    """What of somebody's identity was wrong, as it is right; what is not sent stays."""

    name = Text(120, metadata={"description": "更正后的姓名"})
    id_kind = Choice(*KINDS)
    id_number = Text(60, metadata={"description": "更正后的证件号码"})
    phone = Text(PHONE_MOST)
    evidence = Many(Sha256(), 20, unique=True, metadata={"description": "所核对的证件或证明的摘要"})


class DepartureBody(Body):
    """Somebody's last day with the unit to which they then belong."""

    ends = Day(required=True, metadata={"description": "在单位的最后一日，可以是将来的退休之日"})


class StruckOutBody(Body):
    """Which affiliation is struck out."""

    starts = Day(required=True, metadata={"description": "登记错的人事隶属自哪一天起"})


class RestrictionLiftedBody(Body):
    """By what processing goes on."""

    basis = Text(100, required=True, metadata={
        "description": "依据的条款或公文文号；记入公开的日志，不写个人情况", "example": "申〔2026〕9号"})


class RestrictionBody(Words):
    """By what, and why, processing stops; the words are sealed."""

    basis = Text(100, required=True, metadata={
        "description": "依据的条款或公文文号；记入公开的日志，不写个人情况", "example": "申〔2026〕8号"})


class RestrictionEffects(ma.Schema):
    """What rests while processing is restricted, or goes on after."""

    claims = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "在办的申报"})
    transfers = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "待确认的单位变更"})
    applications = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "在办的职称申报"})


class IdentityAnswer(Answer):
    """Who it is, masked."""

    name = ma.fields.String(required=True)
    id_kind = ma.fields.String(required=True)
    id_number = ma.fields.String(required=True)
    phone = ma.fields.String(allow_none=True)


class AffiliationAnswer(Answer):
    """Where a person belongs from a day on."""

    unit = ma.fields.String(required=True)
    from_ = ma.fields.String(required=True, data_key="from")
    to = ma.fields.String(allow_none=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    major = ma.fields.String(allow_none=True)
    standing = ma.fields.String(allow_none=True)


class TitleAnswer(Answer):
    """A professional title."""

    obtained_on = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    series = ma.fields.String(allow_none=True)


class PersonAnswer(Recorded):
    """A person."""

    person = ma.fields.String(required=True)
    restricted = ma.fields.Boolean(required=True)
    forgotten = ma.fields.Boolean(required=True)
    identity = ma.fields.Nested(IdentityAnswer, allow_none=True)
    affiliations = ma.fields.List(ma.fields.Nested(AffiliationAnswer), required=True)
    titles = ma.fields.List(ma.fields.Nested(TitleAnswer), required=True)
    token = ma.fields.String(metadata={"description": "只在本人登记的答复中给出；请妥善保存"})


class RestrictionAnswer(PersonAnswer):
    """A person who is restricted, or no longer."""

    effects = ma.fields.Nested(RestrictionEffects, metadata={"description": "试办时给出：随之停办或恢复的事项"})
