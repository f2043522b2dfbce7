"""What is asked, sent and answered about findings: what patterns propose and people decide.

`tests/api/test_http_findings.py` shows it.
"""

from __future__ import annotations

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import Choice, Day, Id, Many, QueryFlag, QueryNumber, Sha256, Shaped, Text, Word
from api.routes.schemas.common import Answer, Recorded, Words
from api.routes.schemas.histories import PageAnswer, Reflects
from ledger.streams.finding import Status

SEVERITIES = ("critical", "high", "medium", "low")
_STATUSES = tuple(one.value for one in Status)
_MOST = 50  # Cases are opened on what belongs together.

_FACTS = {"description": "所据事实的摘要：查看线索时得到的；事实已变的，须重新查看"}


class FindingsQuery(Query):
    """Which findings, and which page."""

    pattern = Shaped("^D[0-9]{2}$", "核查规则的编号，如 D01", example="D01")
    severity = Choice(*SEVERITIES)
    status = Choice(*_STATUSES)
    owner = Shaped("^(me|nobody|acr_[0-9a-z]{22})$", "me、nobody 或经办账号的编号",
                   metadata={"description": "由谁承办：me 自己，nobody 无人承办"})
    person = Id("person", metadata={"description": "涉及某人的；须写明查阅目的，逐次留痕"})
    claim = Id("claim", metadata={"description": "涉及某项学时的；须写明查阅目的，逐次留痕"})
    case = Id("case", metadata={"description": "据以立了某个案件的"})
    overdue = QueryFlag(metadata={"description": "true：只看承办期限已过的"})
    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知回答"})
    purpose = Shaped("^[a-z][a-z0-9_]{0,39}$", "小写英文代码，至多 40 位，不能是文字", example="investigation")
    cursor = Shaped("^[A-Za-z0-9_-]{1,1000}$", "上一页的 next_cursor")
    limit = QueryNumber(1, 200, metadata={"default": 50})


class FindingHead(Answer):
    """What was found, and what people did about it."""

    finding = ma.fields.String(required=True)
    pattern = ma.fields.String(required=True, metadata={"description": "核查规则及版本，如 D01/1"})
    title = ma.fields.String(required=True, metadata={"description": "规则的名称"})
    severity = ma.fields.String(required=True, metadata={"enum": list(SEVERITIES)})
    region = ma.fields.String(required=True)
    sector = ma.fields.String(required=True, allow_none=True)
    sentence = ma.fields.String(required=True, metadata={"description": "发现了什么，只有数字，没有人名"})
    status = ma.fields.String(required=True, metadata={
        "enum": list(_STATUSES),
        "description": "pending 待核查、ruled_out 排除、substantiated 属实、referred 移送；事实变了即重新待核查"})
    is_found = ma.fields.Boolean(required=True, metadata={"description": "按现有事实是否仍能发现"})
    is_new_facts = ma.fields.Boolean(required=True, metadata={"description": "曾就以前的事实作过决定，事实已变"})
    owner = ma.fields.String(required=True, allow_none=True, metadata={"description": "承办或作出决定的账号"})
    due = ma.fields.Date(required=True, allow_none=True)
    is_overdue = ma.fields.Boolean(required=True)
    cases = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "据以立的案件"})
    since = ma.fields.Integer(required=True, metadata={"description": "按第几个事件为止的事实首次发现"})
    found_at = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    facts_sha256 = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True, metadata={"description": "已办理的次数，也在 ETag 中；0：还没有办理过"})
    counts = ma.fields.Dict(required=True, metadata={"description": "涉及的人员、学时、账号、单位和事件各多少"})


class UnaskedPattern(Answer):
    """A pattern that nobody had asked by the moment in question."""

    pattern = ma.fields.String(required=True)
    from_event = ma.fields.Integer(required=True, metadata={"description": "自第几个事件起才开始查找"})
    from_time = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class FindingsAnswer(PageAnswer):
    """Findings, the gravest and oldest first."""

    items = ma.fields.List(ma.fields.Nested(FindingHead), required=True)
    facets = ma.fields.Dict(required=True, metadata={
        "description": "同样筛选之下各规则、各严重程度、各状态的条数，各项不计自身的筛选"})
    unasked = ma.fields.List(ma.fields.Nested(UnaskedPattern), required=True, metadata={
        "description": "所问之时还没有开始查找的规则：当时有没有，这里不知道；空：各规则都已查找"})


class FindingAnswer(FindingHead, Reflects):
    """A finding with everything it rests on and everyone it concerns."""

    rule = ma.fields.Dict(required=True, allow_none=True, metadata={
        "description": "规则、理由和排除误报的办法；规则已不用的为 null"})
    thresholds = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "发现时所用的界限及其沿革"})
    figures = ma.fields.Dict(required=True)
    counter = ma.fields.Dict(required=True, metadata={"description": "相反的情况"})
    figures_words = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "各数字的名称和读法"})
    compared = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "与同行比较的数字：本身、同行中位数、离散、名次"})
    counter_words = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "相反情况的名称和读法"})
    persons = ma.fields.List(ma.fields.String(), required=True)
    claims = ma.fields.List(ma.fields.String(), required=True)
    actors = ma.fields.List(ma.fields.String(), required=True)
    organisers = ma.fields.List(ma.fields.String(), required=True)
    events = ma.fields.List(ma.fields.Integer(), required=True, metadata={"description": "所据事件的序号"})
    rests_on = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "所据事件的前 200 个：种类、记录时间、所在的记录、读取的地址"})
    decisions = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "办理经过，先办的在前"})


class PatternsAnswer(Answer):
    """Every pattern, with its text and its thresholds."""

    items = ma.fields.List(ma.fields.Dict(), required=True)


class _Shown(Body):
    """Upon which facts something is done."""

    facts_sha256 = Sha256(required=True, metadata=_FACTS)


class TakingUpBody(_Shown):
    """Until when."""

    due = Day(required=True, metadata={"description": "承办期限", "example": "2027-01-31"})


class GivingBody(TakingUpBody):
    """To whom, until when."""

    to = Id("actor", required=True, metadata={"description": "本机构的另一个监督账号"})


class RulingOutBody(Words, _Shown):
    """Why there is nothing in it."""


class SubstantiationBody(RulingOutBody):
    """Why it is so, and by which clause."""

    basis = Text(200, required=True, metadata={"description": "所依据的条款", "example": "第十七条"})


class FindingReferralBody(RulingOutBody):
    """To whom it is handed over, and why."""

    to = Text(200, required=True, metadata={"description": "接收机关", "example": "市监察机关"})
    document = Text(100, metadata={"description": "移送文号", "example": "甬人社移〔2026〕3号"})


class FindingCaseBody(RulingOutBody):
    """What is looked into, and with which other findings."""

    kind = Word(required=True, metadata={
        "description": "事由，如 falsification（弄虚作假）", "example": "falsification"})
    others = Many(Id("finding"), _MOST, unique=True, metadata={"description": "并案的其他线索"})
    due = Day(metadata={"description": "办结限期", "example": "2027-01-31"})


class DecidedFindingAnswer(Recorded):
    """A finding after a decision: how it stands, and nobody whom it concerns."""

    finding = ma.fields.String(required=True)
    pattern = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(_STATUSES)})
    facts_sha256 = ma.fields.String(required=True)
    owner = ma.fields.String(required=True, allow_none=True)
    due = ma.fields.Date(required=True, allow_none=True)
    cases = ma.fields.List(ma.fields.String(), required=True)
