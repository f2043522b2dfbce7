"""What is sent and answered about actors: their accounts, scopes and tokens. `tests/api/test_actors.py` shows it."""

from __future__ import annotations

import marshmallow as ma

from api.cases.holders.allotment import ROLES
from api.routes.bodies import Body, Query
from api.routes.fields import Area, Choice, Id, Part, QueryNumber, Shaped, Subject, Text, Word
from api.routes.schemas.common import PHONE_MOST, Answer, Recorded
from api.routes.schemas.histories import PageAnswer


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


class ActorsQuery(Query):
    """Which accounts, as they were known when, and which page."""

    organisation = Id("unit")
    status = Choice("active", "suspended", "dismissed")
    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知回答"})
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class GrantedScopeAnswer(ScopeAnswer):
    """What an actor may act upon, and by which event."""

    event = ma.fields.Integer(required=True)


class ActorLine(Answer):
    """An account on a list."""

    actor = ma.fields.String(required=True)
    official = ma.fields.String(required=True, allow_none=True, metadata={"description": "经办人姓名，遮盖"})
    organisation = ma.fields.String(required=True)
    organisation_name = ma.fields.String(required=True)
    region = ma.fields.String(required=True, metadata={"description": "单位所在地"})
    sector = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["active", "suspended", "dismissed"]})
    event = ma.fields.Integer(required=True, metadata={"description": "任用的事件"})
    since = ma.fields.Integer(required=True, metadata={"description": "现在的状态由哪个事件而来"})
    scopes = ma.fields.List(ma.fields.Nested(GrantedScopeAnswer), required=True)


class ActorsAnswer(PageAnswer):
    """Accounts, oldest first."""

    items = ma.fields.List(ma.fields.Nested(ActorLine), required=True)


class TokenAnswer(Answer):
    """A token, shown this once."""

    holder = ma.fields.String(required=True)
    token = ma.fields.String(required=True)
