"""What is sent and what is answered, noun by noun. Requests refuse what they do not name; answers may grow.

`tests/api/test_openapi.py` compares these with the committed description; the tests of each noun send and read them.
"""

from __future__ import annotations

import marshmallow as ma

from api.cases.actors import ROLES
from api.routes.fields import (
    Area,
    Body,
    Choice,
    Day,
    Id,
    Many,
    Part,
    Query,
    Region,
    Sha256,
    Shaped,
    Subject,
    Text,
    Word,
)
from ledger.identifiers.id_number import KINDS

PHONE_MOST = 40


class Answer(ma.Schema):
    """What is answered. Fields may be added to it; readers pass over what they do not know."""


class Recorded(Answer):
    """A record as it stands: its version, and after a write the events that were recorded."""

    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    events = ma.fields.List(ma.fields.Integer(), metadata={"description": "本次登记的事件序号"})
    recorded_at = ma.fields.String(metadata={"format": "date-time"})


class Purpose(Query):
    """What somebody else's data is looked at for."""

    purpose = Text(100, metadata={"description": "查阅他人信息的目的，逐次留痕；查阅本人的不需要"})


class Words(Body):
    """The reason that is told to whom it concerns."""

    words = Text(1000, required=True, metadata={"description": "理由"})


# Units


class ContactBody(Body):
    """Whom to ask at the unit."""

    name = Text(60, required=True)
    phone = Text(PHONE_MOST)
    email = Shaped(r"^[^@\s\u0000-\u001f]{1,64}@[A-Za-z0-9.-]{1,190}$", "电子邮箱地址", example="someone@example.cn")


class UnitBody(Body):
    """A unit that registers itself."""

    credit_code = Text(40, required=True, metadata={"description": "统一社会信用代码"})
    name = Text(100, required=True)
    region = Region(required=True)
    sector = Word(required=True, metadata={"description": "行业，词表见 /v1/words", "example": "industry"})
    kinds = Many(Choice("employer", "organiser", "department", "association", "committee"), 5, unique=True)
    contact = Part(ContactBody, required=True)


class VerificationBody(Body):
    """What was shown."""

    evidence = Many(Sha256(), 50, unique=True)


class UnitAnswer(Recorded):
    """A unit."""

    unit = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    credit_code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    kinds = ma.fields.List(ma.fields.String(), required=True)
    into = ma.fields.String(allow_none=True)
    ended_on = ma.fields.String(allow_none=True)


# Actors


class OfficialBody(Body):
    """Who acts."""

    name = Text(60, required=True)
    phone = Text(PHONE_MOST)


class ActorBody(Body):
    """An account that is allotted."""

    organisation = Id("unit", required=True)
    account = Shaped(r"^[A-Za-z0-9][A-Za-z0-9._@-]{2,63}$", "3 到 64 位字母、数字和 . _ @ -", required=True,
                     example="lucheng-hr-01")
    official = Part(OfficialBody, required=True)
    person = Id("person", metadata={"description": "经办人本人的人员编号：不得经办自己的事项"})


class ScopeBody(Body):
    """What an actor may act upon."""

    role = Choice(*ROLES, required=True)
    region = Area(required=True)
    sector = Word()
    category = Subject()
    unit = Id("unit")


class ScopeAnswer(Answer):
    """What an actor may act upon."""

    role = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String()
    category = ma.fields.String()
    unit = ma.fields.String()


class ActorAnswer(Recorded):
    """An actor."""

    actor = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    person = ma.fields.String(allow_none=True)
    scopes = ma.fields.List(ma.fields.Nested(ScopeAnswer), required=True)


class TokenAnswer(Answer):
    """A token, shown this once."""

    holder = ma.fields.String(required=True)
    token = ma.fields.String(required=True)


# People


class PersonBody(Body):
    """A person who is registered."""

    name = Text(120, required=True)
    id_kind = Choice(*KINDS, required=True)
    id_number = Text(60, required=True)
    phone = Text(PHONE_MOST)


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


# Transfers


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
