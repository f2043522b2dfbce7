"""What is sent and answered about replays and the jobs that do them. `tests/api/test_replays.py` shows it."""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma

from api.routes.bodies import Body, Query
from api.routes.fields import Day, Document, Many, Part, QueryNumber, Region, Shaped, Text, Word
from api.routes.paging import LIMIT_MOST
from api.routes.schemas.common import Answer, Purpose

_NAME: Final = r"([a-z][a-z0-9-]{0,59}/[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]{1,3})?|[0-9a-f]{64})"
_LAW: Final = rf"^(now|then|(now\+|set:){_NAME}(,{_NAME}){{0,15}})$"
_LAW_SAYS: Final = "now、then、now+甲,乙（现行的加上这些）或 set:甲,乙（恰为这些）；甲、乙为细则编号或摘要"
_DRAFTS_MOST: Final = 10


class DraftRulebook(Body):
    """A rulebook that is not enacted: its file, the cases beside it, and the text that it quotes, if it does."""

    source = Document(required=True, metadata={"description": "细则文件（TOML）全文"})
    cases = Document(metadata={"description": "案例文件（.cases.toml）全文；没有案例的草案通不过检查"})
    text = Document(metadata={"description": "所引原文全文；草案（draft = true）可以没有"})


class ReplayBody(Body):
    """A question to the whole history: either a law by name, or drafts beside the law in force."""

    under = Shaped(_LAW, _LAW_SAYS, metadata={"example": "now+hangzhou-credits/2025-06-06", "description":
                                              "新的细则；与 drafts 二者择一"})
    drafts = Many(Part(DraftRulebook), _DRAFTS_MOST, least=1, metadata={
        "description": "随附的草案：都是草案的，加在现行细则之上；否则恰为这些"})
    against = Shaped(_LAW, _LAW_SAYS, load_default="now", metadata={"description": "与之比较的细则"})
    as_of = Text(60, metadata={"description": "事件序号、带时区的时间或日期：按当时所知重放（默认到现在）"})
    valid_on = Day(metadata={"description": "只看到这一天为止已发生的；这样的报告不能登记为影响报告"})
    region = Region(metadata={"description": "只报告这个区划（默认为本账号的地区）"})
    sector = Word(metadata={"description": "只报告这个行业（默认为本账号的行业，没有限定的为全部）"})

    @ma.validates_schema
    def _one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if ("under" in data) == ("drafts" in data):
            raise ma.ValidationError("under 与 drafts 须写且只写一个。", "under")


class CostAnswer(Answer):
    """What a replay takes."""

    entries = ma.fields.Integer(required=True, metadata={"description": "要评定的已登记学时，条"})
    people = ma.fields.Integer(required=True, metadata={"description": "要评定的人"})
    seconds = ma.fields.Integer(required=True, metadata={"description": "估计的秒数，按最近一次所用推算；不含排队"})


class ProgressAnswer(Answer):
    """How far the present step is."""

    step = ma.fields.String(required=True, metadata={"description": "正在做的一步：follow、read、gather、judge、check、"
                                                     "person_years、entries、titles，依次；批量处理只有 write"})
    done = ma.fields.Integer(required=True)
    total = ma.fields.Integer(required=True)
    rate = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "这一步每秒做多少"})
    eta = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "这一步还要多少秒"})


class JobAnswer(Answer):
    """A job as it stands."""

    job = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, metadata={
        "enum": ["replay", "replay_check", "case_bulk", "case_bundle"],
        "description": "种类：重放；施行之后核对一份重放的报告；案件的批量处理；案件的移送材料"})
    state = ma.fields.String(required=True, metadata={
        "enum": ["queued", "running", "done", "failed", "cancelled"], "description": "后三种不再改变"})
    asked_by = ma.fields.String(required=True, metadata={"description": "提交的经办账号"})
    made_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    begun_at = ma.fields.String(required=True, allow_none=True)
    ended_at = ma.fields.String(required=True, allow_none=True)
    kept_until = ma.fields.String(required=True, allow_none=True, metadata={"description": "到这时清除文件"})
    kept_for = ma.fields.List(ma.fields.String(), required=True, metadata={
        "description": "登记为影响报告的，还要等哪些细则施行并核对，或被退回、撤回；等待期间 kept_until 为空"})
    ahead = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "排在前面的还有几项"})
    question = ma.fields.Dict(required=True, metadata={
        "description": "重放的是什么：细则、截至、根、区划、行业；批量处理的是哪个案件的哪一批；"
                       "移送材料的是哪个案件、截至何时、遮盖什么"})
    cost = ma.fields.Nested(CostAnswer, required=True)
    progress = ma.fields.Nested(ProgressAnswer, required=True, allow_none=True)
    result = ma.fields.String(required=True, allow_none=True, metadata={"description": "做完之后，在何处读取"})
    is_cleared = ma.fields.Boolean(required=True, metadata={"description": "报告的文件是否已过保留期而清除"})
    cancelled_by = ma.fields.String(required=True, allow_none=True)
    error = ma.fields.Dict(required=True, allow_none=True, metadata={"description": "没有做成的原因（RFC 9457）"})
    ledger = ma.fields.String(required=True, metadata={
        "description": "这项作业与账本：重放和移送材料不写入；批量处理写入，写完才生效"})


class JobsQuery(Query):
    """Which page."""

    cursor = Text(2_000, metadata={"description": "上一页给出的 next_cursor，原样带上"})
    limit = QueryNumber(1, LIMIT_MOST)


class JobsAnswer(Answer):
    """One's own jobs, newest first."""

    items = ma.fields.List(ma.fields.Nested(JobAnswer), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class ReportFileAnswer(Answer):
    """A file of a report."""

    name = ma.fields.String(required=True)
    bytes = ma.fields.Integer(required=True)
    sha256 = ma.fields.String(required=True, allow_none=True)
    href = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "在何处读取；涉及个人的逐行读取，须写明目的，只见权限之内的人"})


class ReplayAnswer(Answer):
    """What a replay came to."""

    job = ma.fields.String(required=True)
    digest = ma.fields.String(required=True, metadata={"description": "report.json 的摘要，登记影响报告时的编号"})
    question = ma.fields.Dict(required=True)
    people = ma.fields.Integer(required=True)
    person_years = ma.fields.Integer(required=True)
    entries = ma.fields.Integer(required=True)
    changed_people = ma.fields.Integer(required=True)
    changed_person_years = ma.fields.Integer(required=True)
    moved_entries = ma.fields.Integer(required=True)
    gained = ma.fields.String(required=True, metadata={"description": "增加的学时"})
    given_up = ma.fields.String(required=True, metadata={"description": "减少的学时"})
    newly_failed = ma.fields.Integer(required=True)
    newly_passed = ma.fields.Integer(required=True)
    touched_titles = ma.fields.Integer(required=True)
    touched_applications = ma.fields.Integer(required=True)
    amendments = ma.fields.List(ma.fields.Dict(), metadata={
        "description": "只有新的一方才有的细则；施行以来年末属于其范围的人数（people）和人年度数（person_years）"})
    names = ma.fields.Dict(metadata={"description": "各细则的文号和名称，及其所添的要求和行业的说法"})
    files = ma.fields.List(ma.fields.Nested(ReportFileAnswer), required=True)
    kept_until = ma.fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    kept_for = ma.fields.List(ma.fields.String(), required=True, metadata={
        "description": "登记为影响报告的，还要等哪些细则施行并核对，或被退回、撤回；等待期间 kept_until 为空"})
    ledger = ma.fields.String(required=True)


class ReplayCheckAnswer(Answer):
    """Whether what a report announced is what happened."""

    job = ma.fields.String(required=True, metadata={"description": "核对的作业"})
    report = ma.fields.String(required=True, metadata={"description": "做出报告的重放"})
    checked_at = ma.fields.String(required=True, metadata={"format": "date-time"})
    holds = ma.fields.Boolean(required=True, metadata={"description": "预告与实际是否逐行相同"})
    digest = ma.fields.String(required=True, metadata={"description": "报告的摘要"})
    differ = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "不同的文件：多少行（many）、最前的几处（lines；涉及个人的文件不列）"})
    rulebooks = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "报告所预告的细则：预告时和施行时的摘要，施行的事件"})
    recorded = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "报告登记为哪些事件，是否在施行之前（before）；已在 log_size 个事件的根之下核验"})
    others = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "同一细则登记过的其他报告"})
    page = ma.fields.Boolean(required=True, allow_none=True, metadata={
        "description": "report.html 是否就是由 report.json 写出的那一页"})
    changed_person_years = ma.fields.Integer(required=True)
    moved_entries = ma.fields.Integer(required=True)
    newly_failed = ma.fields.Integer(required=True)
    newly_passed = ma.fields.Integer(required=True)
    touched_titles = ma.fields.Integer(required=True)
    touched_applications = ma.fields.Integer(required=True)
    question = ma.fields.Dict(required=True)
    ledger = ma.fields.String(required=True)


class ReplayRowsQuery(Purpose):
    """Which page, and what for."""

    cursor = Text(2_000, metadata={"description": "上一页给出的 next_cursor，原样带上"})
    limit = QueryNumber(1, LIMIT_MOST)


class ReplayRowsAnswer(Answer):
    """Rows of a report that speak of people, as its file has them, each with its line."""

    items = ma.fields.List(ma.fields.Dict(), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True, metadata={
        "description": "一页可以不满；没有 next_cursor 才是完了"})
    question = ma.fields.Dict(required=True)
    digest = ma.fields.String(required=True, metadata={"description": "报告的摘要"})
    sha256 = ma.fields.String(required=True, metadata={"description": "这些行所在文件的摘要，载于报告"})
    as_of = ma.fields.Integer(required=True)
    as_of_time = ma.fields.String(required=True, allow_none=True)
    log_size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)
