"""What is asked and answered about timelines, affiliations, shared papers and statements.

`tests/api/test_histories.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Query
from api.routes.fields import Choice, Day, QueryFlag, QueryNumber, Shaped, Text
from api.routes.schemas.common import Answer, Purpose
from projections.duplicates import KINDS
from projections.timeline import SIDES

_AS_OF = {"description": "事件序号、带时区的时间或日期：按当时所知回答"}


class PublicAsOf(Query):
    """As it was known when: of what is nobody's data."""

    as_of = Text(60, metadata=_AS_OF)


class AsOfQuery(Purpose):
    """As it was known when."""

    as_of = Text(60, metadata=_AS_OF)


class PageQuery(AsOfQuery):
    """Which page of it."""

    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class Reflects(Answer):
    """What an answer rests on: the same position gives the same bytes again."""

    as_of = ma.fields.Integer(required=True, metadata={"description": "按第几个事件为止所知"})
    as_of_time = ma.fields.String(allow_none=True, required=True, metadata={"format": "date-time"})
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)


class PageAnswer(Reflects):
    """One page of a list."""

    next_cursor = ma.fields.String(allow_none=True, required=True)


# Timelines


class TimelineQuery(PageQuery):
    """Which lines."""

    kinds = Shaped(r"^[a-z_]{1,40}(\.[a-z_]{1,40})?(,[a-z_]{1,40}(\.[a-z_]{1,40})?){0,19}$",
                   "事件代码或类别，以逗号相连", example="claim.approved",
                   metadata={"description": "只看这些事件：代码（claim.approved）或一类（claim），至多 20 个"})
    first = Day(data_key="from", metadata={"description": "从这一天起记录的"})
    last = Day(data_key="to", metadata={"description": "到这一天为止记录的"})
    stream = Shaped("^[a-z]{3}_[!-~]{1,80}$", "一条记录的编号", metadata={"description": "只看这条记录的"})
    newest = QueryFlag(metadata={"description": "true：新的在前"})
    hand = Shaped("^[!-~]{1,80}$", "一个经办账号或人员的编号", metadata={"description": "只看由其办理的"})
    organisation = Shaped("^[!-~]{1,80}$", "一个单位的编号", metadata={"description": "只看以该单位名义办理的"})
    correlation = Shaped("^[!-~]{1,80}$", "一次请求的编号", metadata={"description": "只看同一次请求中的"})


class ActorTimelineQuery(TimelineQuery):
    """Which lines, and on which side of them the account stood."""

    side = Choice(*SIDES, metadata={"description": "about：与其有关的；done：其办理的；on_behalf：代其办理的"})


class LineAnswer(Answer):
    """One line: where and when, what, by whom, in which record, caused by what."""

    position = ma.fields.Integer(required=True, metadata={"description": "从这里起生效；整批登记的，在该批结束之处"})
    event = ma.fields.Integer(required=True, metadata={"description": "事件的序号"})
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    happened_on = ma.fields.String(allow_none=True, required=True, metadata={
        "format": "date", "description": "按事件自己所说发生在哪一天；null：就是记录之时"})
    what = ma.fields.String(required=True, metadata={"description": "事件代码，不会改变"})
    words = ma.fields.String(required=True)
    sides = ma.fields.List(ma.fields.String(), required=True)
    by = ma.fields.Dict(required=True)
    stream = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    cause = ma.fields.Integer(allow_none=True, required=True)
    correlation = ma.fields.String(allow_none=True, required=True)
    act = ma.fields.String(allow_none=True, required=True)
    facts = ma.fields.Dict(allow_none=True, required=True, metadata={"description": "密封的不在其中"})
    decision = ma.fields.Dict(metadata={"description": "办结的一步：等了多久、属于哪里、看了多少佐证"})
    became = ma.fields.Dict(metadata={"description": "一批登记后来怎样"})


class TimelineAnswer(PageAnswer):
    """Lines in order."""

    items = ma.fields.List(ma.fields.Nested(LineAnswer), required=True)


# Affiliations


class AffiliationsQuery(AsOfQuery):
    """As known when, and of which had happened by a day."""

    valid_on = Day(metadata={"description": "只看这一天及以前发生的"})


class MembersQuery(PageQuery):
    """On which day."""

    on = Day(required=True, metadata={"description": "哪一天隶属于该单位"})


class BelongingAnswer(Answer):
    """Where a person belonged, from when to when."""

    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    major = ma.fields.String(allow_none=True, required=True)
    standing = ma.fields.String(allow_none=True, required=True)
    first = ma.fields.String(data_key="from", required=True, metadata={"format": "date"})
    last = ma.fields.String(data_key="to", allow_none=True, required=True, metadata={"format": "date"})
    ended_by = ma.fields.String(allow_none=True, required=True, metadata={"enum": ["next", "departure", None]})
    transfer = ma.fields.String(allow_none=True, required=True)
    event = ma.fields.Integer(required=True)
    events = ma.fields.List(ma.fields.Integer(), required=True)


class AffiliationsAnswer(Reflects):
    """Every affiliation of a person."""

    person = ma.fields.String(required=True)
    valid_on = ma.fields.String(allow_none=True, required=True, metadata={"format": "date"})
    items = ma.fields.List(ma.fields.Nested(BelongingAnswer), required=True)


class MemberAnswer(BelongingAnswer):
    """Someone who belonged to the unit."""

    person = ma.fields.String(required=True)


class MembersAnswer(PageAnswer):
    """Who belonged to a unit on a day."""

    on = ma.fields.String(required=True, metadata={"format": "date"})
    items = ma.fields.List(ma.fields.Nested(MemberAnswer), required=True)


# Duplicates


class DuplicatesQuery(PageQuery):
    """Which groups."""

    kind = Choice(*KINDS, metadata={
        "description": "occasion：同一活动；output：同一成果；certificate：同一证书文件；paper：同一其他佐证"})
    across = QueryFlag(metadata={"description": "true：只看涉及多人的"})


class GroupAnswer(Answer):
    """Claims that share something."""

    kind = ma.fields.String(required=True, metadata={"enum": list(KINDS)})
    value = ma.fields.String(required=True)
    since = ma.fields.Integer(required=True, metadata={"description": "从第几个事件起"})
    claims = ma.fields.Integer(required=True, metadata={"description": "未被驳回的申报数"})
    persons = ma.fields.Integer(required=True)
    members = ma.fields.List(ma.fields.Dict(), required=True)


class GroupsAnswer(PageAnswer):
    """Groups, the longest standing first."""

    items = ma.fields.List(ma.fields.Nested(GroupAnswer), required=True)


class OwnGroupsAnswer(Reflects):
    """What the claims of one person share."""

    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(GroupAnswer), required=True)


class SameNumberAnswer(Reflects):
    """Other claims that hold the number of a claim's certificate."""

    claim = ma.fields.String(required=True)
    has_number = ma.fields.Boolean(required=True, metadata={"description": "申报写了证书编号，且密钥未销毁"})
    items = ma.fields.List(ma.fields.Dict(), required=True)


class ShownAnswer(Reflects):
    """The claims that show a file."""

    sha256 = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "权限之内的，先出示的在前"})
    beyond = ma.fields.Integer(required=True, metadata={"description": "权限之外还有几项申报出示过"})


# Statements


class CodeQuery(AsOfQuery):
    """Which statement."""

    code = Text(40, required=True, metadata={"description": "纸上的核验码", "example": "7K3M-9QXT-0AHB"})


class StandingAnswer(Answer):
    """A statement as it stands, and whether what it says is still so."""

    statement = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["issued", "superseded", "voided"]})
    code = ma.fields.String(required=True)
    sha256 = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True, metadata={"description": "出具时的依据"})
    years = ma.fields.List(ma.fields.Integer(), required=True)
    superseded_by = ma.fields.String(allow_none=True, required=True)
    events = ma.fields.List(ma.fields.Integer(), required=True)
    since = ma.fields.Dict(required=True, metadata={"description": "出具之后，所载内容有没有变化、因哪些事件"})


class StandingsAnswer(Reflects):
    """Every statement about one person."""

    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(StandingAnswer), required=True)


class FoundStatementAnswer(Reflects):
    """The statement of a code."""

    statement = ma.fields.Nested(StandingAnswer, required=True)
