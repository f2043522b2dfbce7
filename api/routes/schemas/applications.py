"""What is asked, sent and answered about applications, sanctions and eligibility.

`tests/api/test_http_applications.py`, `tests/api/test_petitions.py` and `tests/api/test_sanctions.py` show it.
"""

from __future__ import annotations

from typing import Final

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Id, Many, Number, QueryFlag, QueryNumber, Sha256, Text, Word
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.histories import AsOfQuery, PageAnswer, PageQuery, Reflects
from api.routes.schemas.people import PersonAnswer
from api.routes.schemas.questions import AxesQuery

_STATES: Final = ("filed", "assessed", "postponed", "granted", "withdrawn", "disqualified", "lifted")


class EligibilityQuery(AxesQuery):
    """What is to be applied for, and when."""

    applied_on = Day(required=True, metadata={"description": "申报之日"})
    minimum_years = QueryNumber(0, 50, required=True, metadata={"description": "该级别规定的资历年限"})
    level = Word(metadata={"description": "拟申报的级别", "example": "senior"})
    committee = Choice("inside", "outside", metadata={"description": "outside：市外评委会，按其规定"})
    title_obtained_on = Day(metadata={"description": "现职称取得之日；不给则取已登记的最近一个"})
    first_title = QueryFlag(metadata={"description": "true：首次申报，尚无职称"})


class AssessmentAnswer(Answer):
    """What an office decided on the hours, as it decided it."""

    eligible = ma.fields.Boolean(required=True, allow_none=True)
    years_met = ma.fields.Integer(required=True)
    years = ma.fields.List(ma.fields.Integer(), required=True)
    consecutive = ma.fields.List(ma.fields.Integer(), required=True)
    reasons = ma.fields.List(ma.fields.String(), required=True)
    as_of = ma.fields.Integer(required=True)
    rulebooks = ma.fields.List(ma.fields.String(), required=True)
    rulebook = ma.fields.String(required=True, allow_none=True)
    digest = ma.fields.String(required=True, allow_none=True)
    article = ma.fields.String(required=True, allow_none=True)
    years_needed = ma.fields.Integer(allow_none=True, metadata={"description": "审核时核对的资历年限"})
    earliest = ma.fields.Integer(allow_none=True, metadata={"description": "学时不足的，最早可申报的年份"})
    event = ma.fields.Integer(required=True)


class ApplicationAnswer(Answer):
    """An application as it stands."""

    application = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(_STATES)})
    level = ma.fields.String(required=True)
    series = ma.fields.String(required=True, allow_none=True)
    committee = ma.fields.String(required=True, metadata={"enum": ["inside", "outside"]})
    applied_on = ma.fields.Date(required=True)
    title_obtained_on = ma.fields.Date(required=True, allow_none=True,
                                       metadata={"description": "现职称取得之日；null：首次申报，尚无职称"})
    minimum_years = ma.fields.Integer(required=True)
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    statement = ma.fields.String(required=True, allow_none=True)
    earliest_year = ma.fields.Integer(required=True, allow_none=True,
                                      metadata={"description": "延期后最早可申报的年份"})
    obtained_on = ma.fields.Date(required=True, allow_none=True, metadata={"description": "申报通过，取得职称之日"})
    decided = ma.fields.Nested(AssessmentAnswer, required=True, allow_none=True)
    version = ma.fields.Integer(required=True, metadata={"description": "记录的版本，也在 ETag 中"})
    events = ma.fields.List(ma.fields.Integer(), required=True)


class OneApplicationAnswer(ApplicationAnswer, Reflects):
    """An application, and what the answer rests on."""


class SanctionAnswer(Answer):
    """For what, by which text, resting on which entries."""

    application = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    cause = ma.fields.String(required=True)
    article = ma.fields.String(required=True)
    rulebook = ma.fields.String(required=True, allow_none=True)
    document = ma.fields.String(required=True, allow_none=True)
    claims = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "所依据的不实学时"})
    case = ma.fields.String(required=True, allow_none=True)
    event = ma.fields.Integer(required=True)


class DisqualificationAnswer(SanctionAnswer):
    """The right to apply as it was taken, and given back."""

    lasts = ma.fields.String(required=True, metadata={"enum": ["this_application", "term"]})
    starts = ma.fields.Date(required=True)
    until = ma.fields.Date(required=True, allow_none=True)
    lifted_on = ma.fields.Date(required=True, allow_none=True)
    lifted_event = ma.fields.Integer(required=True, allow_none=True)
    bars = ma.fields.Boolean(metadata={"description": "在所问之日不得申报"})


class RevocationAnswer(SanctionAnswer):
    """A title that was taken away."""

    level = ma.fields.String(required=True)
    series = ma.fields.String(required=True, allow_none=True)
    obtained_on = ma.fields.Date(required=True)
    revoked_on = ma.fields.Date(required=True)


class ApplicationsAnswer(Reflects):
    """A person's applications and the sanctions against them."""

    person = ma.fields.String(required=True)
    applications = ma.fields.List(ma.fields.Nested(ApplicationAnswer), required=True)
    disqualifications = ma.fields.List(ma.fields.Nested(DisqualificationAnswer), required=True)
    revoked_titles = ma.fields.List(ma.fields.Nested(RevocationAnswer), required=True)


class FiledQuery(PageQuery):
    """Of which status."""

    status = Choice(*_STATES, metadata={"description": "只看这一状态的"})


class ChangedAnswer(Answer):
    """What has become of the entries that an application was assessed by."""

    changes = ma.fields.Integer(required=True, metadata={"description": "此后有变化的学时条数"})
    holds = ma.fields.Boolean(required=True, metadata={"description": "审核的结论是否依然成立"})


class FiledApplicationAnswer(ApplicationAnswer):
    """An application in a list of an office."""

    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "遮盖的姓名；已注销的没有"})
    effect = ma.fields.Nested(ChangedAnswer, required=True, allow_none=True, metadata={
        "description": "审核所依据的学时此后有变化的；逐条见 /v1/persons/{person}/applications/effects"})


class FiledAnswer(PageAnswer):
    """Applications, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(FiledApplicationAnswer), required=True)


class BarredPersonAnswer(DisqualificationAnswer):
    """Who may apply for nothing, in a list of an office."""

    name = ma.fields.String(required=True, allow_none=True, metadata={"description": "遮盖的姓名；已注销的没有"})


class BarredQuery(PageQuery):
    """On which day."""

    on = Day(required=True, metadata={"description": "哪一天不得申报"})


class BarredAnswer(PageAnswer):
    """Who may apply for nothing on a day, whoever has been barred longest first."""

    items = ma.fields.List(ma.fields.Nested(BarredPersonAnswer), required=True)


class EligibilityAnswer(Answer):
    """Whether the person may apply, by the law and by what an office took away."""

    person = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True)
    applied_on = ma.fields.Date(required=True)
    level = ma.fields.String(required=True, allow_none=True)
    committee = ma.fields.String(required=True)
    title = ma.fields.Dict(required=True, allow_none=True,
                           metadata={"description": "年限从它的取得之日起算；null：首次申报，年限无从起算"})
    eligible = ma.fields.Boolean(required=True, allow_none=True,
                                 metadata={"description": "null：细则没有规定，不作结论"})
    reasons = ma.fields.List(ma.fields.String(), required=True)
    hours = ma.fields.Dict(required=True,
                           metadata={"description": "按细则对学时的回答：达标年数、连续两年、逐年、逐步"})
    sanctions = ma.fields.List(ma.fields.Nested(DisqualificationAnswer), required=True)
    revoked_titles = ma.fields.List(ma.fields.Nested(RevocationAnswer), required=True)


class EffectsQuery(AsOfQuery):
    """Of all that was assessed, or of what one claim touches."""

    claim = Id("claim", metadata={"description": "只看所依据的学时含这一项、而此后有变化的"})


class EffectAnswer(Answer):
    """An assessment, and what has become of what it rested on."""

    application = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(_STATES)})
    level = ma.fields.String(required=True)
    applied_on = ma.fields.Date(required=True)
    obtained_on = ma.fields.Date(required=True, allow_none=True)
    assessed = ma.fields.Dict(required=True, metadata={"description": "当时的审核结论和所用年度"})
    changes = ma.fields.List(ma.fields.Dict(), required=True,
                             metadata={"description": "此后有变化的学时：当时、现在、哪些事件；used：在所用年度之内"})
    holds = ma.fields.Boolean(required=True, metadata={"description": "按同一细则以现在所知再问，结论是否依然成立"})
    now = ma.fields.Dict(required=True, allow_none=True)


class EffectsAnswer(Reflects):
    """What has become of what a person's assessments rested on."""

    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(EffectAnswer), required=True)


class PacketAnswer(Reflects):
    """What goes along with an application: each thing with the event that proves it, and what lacks."""

    application = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "statement 情况表、title 现职称、entry 学时及佐证、card 登记卡、assessment 审核；"
                       "position 可取证明（/v1/events/{position}/proof）"})
    missing = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "细则要求而没有的，附原文"})


# What is sent


class ApplicationBody(Body):
    """What the person applies for; the day is that on which it comes in."""

    person = Id("person", required=True)
    level = Word(required=True, metadata={"description": "拟申报的级别", "example": "senior"})
    title_obtained_on = Day(metadata={"description": "现职称取得之日，须已登记；首次申报、尚无职称的不写"})
    minimum_years = Number(0, 50, required=True, metadata={"description": "该级别规定的资历年限", "example": 5})
    series = Word(metadata={"description": "职称系列", "example": "engineering"})
    committee = Choice("inside", "outside", load_default="inside",
                       metadata={"description": "outside：市外评委会，按其规定"})
    statement = Id("statement", metadata={"description": "随同提交的学时登记情况表"})


class AssessmentBody(Body):
    """What whoever assesses confirms; the hours the law judges."""

    minimum_years = Number(0, 50, required=True, metadata={"description": "核对过的资历年限", "example": 5})


class GrantBody(Body):
    """Since when the title is held."""

    obtained_on = Day(required=True, metadata={"description": "取得职称之日"})


class TitleBody(GrantBody):
    """A title that was granted elsewhere, or before."""

    level = Word(required=True, metadata={"description": "级别", "example": "intermediate"})
    series = Word(metadata={"description": "职称系列", "example": "engineering"})
    evidence = Many(Sha256(), 20, unique=True, metadata={"description": "证书的摘要"})


class TitleVoidingBody(GrantBody):
    """A title that was entered in error, as it was entered."""

    level = Word(required=True, metadata={"description": "级别", "example": "intermediate"})
    series = Word(metadata={"description": "职称系列", "example": "engineering"})


class TitleVoidingAnswer(PersonAnswer):
    """A person without the title."""

    applications = ma.fields.List(ma.fields.String(), metadata={
        "description": "试办时给出：以该职称起算年数、尚在办理的职称申报"})


class GroundsBody(Words):
    """On what it rests: entries that were revoked, a case; and another text, where it is not the rulebooks."""

    claims = Many(Id("claim"), 500, unique=True, metadata={"description": "不实的学时，须已撤销"})
    case = Id("case", metadata={"description": "认定属实或已移送的案件"})
    document = Text(100, metadata={"description": "依细则以外的文件处理的，写文号", "example": "人社部发〔2024〕56号"})
    article = Text(100, metadata={"description": "该文件的条款", "example": "虚假承诺"})


class DisqualificationBody(GroundsBody):
    """Why the right to apply is taken; for how long the text says."""

    cause = Choice("short", "falsified", required=True, metadata={"description": "short 学时不足、falsified 弄虚作假"})
    starts = Day(metadata={"description": "期限的第一日；不写即今日"})
    until = Day(metadata={"description": "期限的最后一日；细则规定期限的，由细则算出", "example": "2029-11-20"})


class LiftingBody(Words):
    """Why the right to apply is given back, and since when."""

    basis = Word(required=True, metadata={"description": "依据的代码", "example": "decided_in_error"})
    on = Day(metadata={"description": "自哪一日恢复；不写即今日"})


class TitleRevocationBody(GroundsBody):
    """Which title is taken away, for entries that were false (N 10)."""

    level = Word(required=True, metadata={"example": "senior"})
    obtained_on = Day(required=True, metadata={"description": "该职称取得之日"})
    series = Word(metadata={"example": "engineering"})
    claims = Many(Id("claim"), 500, least=1, unique=True, required=True,
                  metadata={"description": "不实的学时，须已撤销"})


class DecidedApplicationAnswer(Recorded):
    """An application after a decision; or a sanction that no application came before."""

    application = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": ["none", *_STATES]})
    goal = ma.fields.Dict(required=True, allow_none=True)
    statement = ma.fields.String(required=True, allow_none=True)
    assessment = ma.fields.Dict(required=True, allow_none=True)
    disqualified = ma.fields.Dict(required=True, allow_none=True)
    revoked_titles = ma.fields.List(ma.fields.Dict(), required=True)
