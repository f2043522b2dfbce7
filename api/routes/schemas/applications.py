"""What is asked and answered about applications, sanctions and eligibility.

`tests/api/test_http_applications.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.fields import Choice, Day, QueryNumber, Word
from api.routes.schemas.common import Answer
from api.routes.schemas.histories import PageAnswer, PageQuery, Reflects
from api.routes.schemas.questions import AxesQuery


class EligibilityQuery(AxesQuery):
    """What is to be applied for, and when."""

    applied_on = Day(required=True, metadata={"description": "申报之日"})
    minimum_years = QueryNumber(0, 50, required=True, metadata={"description": "该级别规定的资历年限"})
    level = Word(metadata={"description": "拟申报的级别", "example": "senior"})
    committee = Choice("inside", "outside", metadata={"description": "outside：市外评委会，按其规定"})
    title_obtained_on = Day(metadata={"description": "现职称取得之日；不给则取已登记的最近一个"})


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
    event = ma.fields.Integer(required=True)


class ApplicationAnswer(Answer):
    """An application as it stands."""

    application = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": [
        "filed", "assessed", "postponed", "withdrawn", "disqualified", "lifted"]})
    level = ma.fields.String(required=True)
    series = ma.fields.String(required=True, allow_none=True)
    committee = ma.fields.String(required=True, metadata={"enum": ["inside", "outside"]})
    applied_on = ma.fields.Date(required=True)
    title_obtained_on = ma.fields.Date(required=True)
    minimum_years = ma.fields.Integer(required=True)
    unit = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True)
    statement = ma.fields.String(required=True, allow_none=True)
    earliest_year = ma.fields.Integer(required=True, allow_none=True,
                                      metadata={"description": "延期后最早可申报的年份"})
    decided = ma.fields.Nested(AssessmentAnswer, required=True, allow_none=True)
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


class BarredQuery(PageQuery):
    """On which day."""

    on = Day(required=True, metadata={"description": "哪一天不得申报"})


class BarredAnswer(PageAnswer):
    """Who may apply for nothing on a day, whoever has been barred longest first."""

    items = ma.fields.List(ma.fields.Nested(DisqualificationAnswer), required=True)


class EligibilityAnswer(Answer):
    """Whether the person may apply, by the law and by what an office took away."""

    person = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True)
    applied_on = ma.fields.Date(required=True)
    level = ma.fields.String(required=True, allow_none=True)
    committee = ma.fields.String(required=True)
    title = ma.fields.Dict(required=True, metadata={"description": "年限从它的取得之日起算"})
    eligible = ma.fields.Boolean(required=True, allow_none=True,
                                 metadata={"description": "null：细则没有规定，不作结论"})
    reasons = ma.fields.List(ma.fields.String(), required=True)
    hours = ma.fields.Dict(required=True,
                           metadata={"description": "按细则对学时的回答：达标年数、连续两年、逐年、逐步"})
    sanctions = ma.fields.List(ma.fields.Nested(DisqualificationAnswer), required=True)
    revoked_titles = ma.fields.List(ma.fields.Nested(RevocationAnswer), required=True)
