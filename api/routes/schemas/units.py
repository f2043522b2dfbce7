"""What is sent and answered about units. `tests/api/test_units.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Many, Part, Region, Sha256, Shaped, Text, Word
from api.routes.schemas.common import PHONE_MOST, ReasonAnswer, ReasonCode, Recorded, Words


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


class UnitRejectionBody(Words):
    """Why a unit is turned away, by a code and in words."""

    reason = ReasonCode("unit.rejected")


class UnitRenamingBody(Body):
    """What a unit is called from a day on."""

    name = Text(100, required=True, metadata={"description": "新名称", "example": "温州市生态环境监测中心"})
    starts = Day(required=True, metadata={"description": "自哪一天起，不晚于今天"})


class UnitRelocationBody(Body):
    """Where a unit is from a day on."""

    region = Region(required=True)
    sector = Word(required=True, metadata={"description": "行业，词表见 /v1/words；不变的照写", "example": "industry"})
    starts = Day(required=True, metadata={"description": "自哪一天起，不晚于今天"})


class RelocationEffects(ma.Schema):
    """What a move does, or would."""

    accounts = ma.fields.Integer(required=True, metadata={"description": "单位经办账号数，在新所在地同样可办"})
    recognised = ma.fields.Integer(required=True, metadata={
        "description": "认定的举办单位账号数：认定不随迁，由新所在地部门认定后授权"})
    people = ma.fields.Integer(required=True, metadata={"description": "那一天隶属于该单位的人数，随单位改记"})
    left = ma.fields.Integer(required=True, metadata={"description": "其中限制处理或已删除、不改记的人数"})
    claims_waiting = ma.fields.Integer(required=True, metadata={"description": "在办的申报，仍由原部门办理"})
    claims_registered = ma.fields.Integer(
        required=True, metadata={"description": "那一天起已登记的学时：认定不变，重算时依新所在地的细则"})
    applications_waiting = ma.fields.Integer(required=True, metadata={"description": "在办的职称申报，仍由原部门办理"})


class UnitMergerBody(Body):
    """In what a unit goes up."""

    into = Shaped(r"^(unt_[0-9a-hjkmnp-tv-z]{22}|[0-9A-HJ-NPQRTUWXY]{18})$", "单位编号或统一社会信用代码",
                  example="12330000470051232P", required=True)
    starts = Day(required=True, metadata={"description": "人员自哪一天起属于存续的单位，不晚于今天"})


class UnitClosingBody(Body):
    """Until when a unit existed."""

    ends = Day(required=True, metadata={"description": "最后一日，不晚于今天"})


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
    reason = ma.fields.Nested(ReasonAnswer, allow_none=True, metadata={"description": "不予核验的理由，仅在查看时给出"})


class RelocationAnswer(UnitAnswer):
    """A unit that moved, or would."""

    effects = ma.fields.Nested(RelocationEffects, metadata={"description": "试办时给出：会改变什么，不会改变什么"})
