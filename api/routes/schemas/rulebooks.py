"""What is sent and answered about rulebooks and impact reports.

`tests/api/test_rulebooks.py` and `tests/api/test_impact_reports.py` show it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Document, Text
from api.routes.schemas.common import Answer, ReasonAnswer, ReasonCode, Recorded, Words
from api.routes.schemas.histories import PublicAsOf, Reflects


class RulebookBody(Body):
    """A rulebook and the text that it quotes, in full."""

    source = Document(required=True, metadata={"description": "细则文件（TOML）全文"})
    text = Document(required=True, metadata={"description": "公布的原文全文"})


class RulebookAnswer(Recorded):
    """A rulebook's life so far."""

    rulebook = ma.fields.String(required=True)
    in_force_from = ma.fields.String(allow_none=True)
    revision = ma.fields.Integer(required=True)
    digests = ma.fields.List(ma.fields.String(), required=True)
    proposed = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "提出过的各版的摘要"})
    refused = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "其中不予施行的"})
    withdrawn = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "其中由提出人撤回的"})
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)
    impact_reports = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "影响报告的摘要"})


class EnactedAnswer(Answer):
    """One enacted revision."""

    id = ma.fields.String(required=True)
    family = ma.fields.String(required=True)
    in_force_from = ma.fields.String(required=True)
    revision = ma.fields.Integer(required=True)
    digest = ma.fields.String(required=True)
    document = ma.fields.String(required=True)
    event = ma.fields.Integer(required=True)
    superseded_by = ma.fields.String(allow_none=True)
    last_day = ma.fields.String(allow_none=True)
    impact_reports = ma.fields.List(ma.fields.String(), metadata={"description": "影响报告的摘要"})
    source = ma.fields.String()
    text = ma.fields.String(allow_none=True)


class EnactedAsOfAnswer(EnactedAnswer, Reflects):
    """One enacted revision, and what was announced of it, as of when."""


class ProposalRefusalBody(Words):
    """Why what was proposed is not enacted, by a code and in words."""

    reason = ReasonCode("rulebook.proposal_refused")


class ProposalEndedAnswer(Answer):
    """Who ended a proposal without enacting it, when and why."""

    by = ma.fields.String(required=True, metadata={"description": "办理的账号"})
    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    words = ma.fields.String(required=True, allow_none=True, metadata={"description": "所说的理由；null：已遮盖"})
    reason = ma.fields.Nested(ReasonAnswer, required=True, allow_none=True, metadata={
        "description": "不予施行的理由代码；撤回的没有"})


class ProposalAnswer(Answer):
    """A revision that was proposed."""

    id = ma.fields.String(required=True)
    digest = ma.fields.String(required=True)
    document = ma.fields.String(required=True)
    proposed_by = ma.fields.String(required=True, metadata={"description": "提出的经办账号；施行须由另一人"})
    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    status = ma.fields.String(required=True, metadata={
        "enum": ["open", "enacted", "refused", "withdrawn", "overtaken"],
        "description": "待施行、已施行、不予施行、已撤回、已另行施行（同一版次施行了另一份文件）"})
    enacted = ma.fields.Integer(required=True, allow_none=True, metadata={
        "description": "施行于哪个事件；null：未施行"})
    ended = ma.fields.Nested(ProposalEndedAnswer, required=True, allow_none=True, metadata={
        "description": "不予施行或撤回：谁、何时、为何；null：没有"})


class ProposalInFullAnswer(ProposalAnswer):
    """One of them with its bytes; of the same bytes the last proposal, and those before it."""

    version = ma.fields.Integer(required=True, metadata={"description": "细则的版本，也在 ETag 中"})
    former = ma.fields.List(ma.fields.Nested(ProposalAnswer), required=True, metadata={
        "description": "同一份文件从前的提议，先提出的在前"})
    source = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class ProposalsAnswer(Reflects):
    """Everything that was proposed, oldest first."""

    items = ma.fields.List(ma.fields.Nested(ProposalAnswer), required=True)


class RulebooksAnswer(Reflects):
    """Every rulebook that had been enacted."""

    items = ma.fields.List(ma.fields.Nested(EnactedAnswer), required=True)


class ImpactReportBody(Body):
    """A report as `xueshi replay` wrote it."""

    report = Document(required=True, metadata={"description": "重放报告中 report.json 的全文，一字不改"})


class ImpactQuery(PublicAsOf):
    """Which reports, as of when."""

    rulebook = Text(100, metadata={"description": "只看这一版细则的", "example": "wenzhou/2020-11-27"})


class ImpactAnswer(Answer):
    """What a report announced of one rulebook, as its event says it."""

    rulebook = ma.fields.String(required=True)
    rulebook_digest = ma.fields.String(required=True, metadata={"description": "重放所用细则文件的摘要，草案也有"})
    digest = ma.fields.String(required=True, metadata={"description": "report.json 的摘要"})
    under = ma.fields.List(ma.fields.String(), required=True)
    against = ma.fields.List(ma.fields.String(), required=True)
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)
    impact = ma.fields.Dict(required=True, metadata={"description": "人数、人年度数、增减学时（百分之一学时）等"})
    event = ma.fields.Integer(required=True)
    recorded_at = ma.fields.String(required=True, metadata={"format": "date-time"})


class ImpactReportAnswer(Reflects):
    """One report, on each rulebook that it announces."""

    digest = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(ImpactAnswer), required=True)


class ImpactReportsAnswer(Reflects):
    """What was announced by a position."""

    items = ma.fields.List(ma.fields.Nested(ImpactAnswer), required=True)


class WordsAnswer(Answer):
    """The words of the law as of now."""

    sectors = ma.fields.Dict(required=True)
    categories = ma.fields.Dict(required=True)
    levels = ma.fields.Dict(required=True)
    routes = ma.fields.List(ma.fields.Dict(), required=True)
