"""What is asked, sent and answered about the desk of a case: members, notes, deadline, requests, what it names.

`tests/api/test_case_members.py` shows it.
"""

from __future__ import annotations

from typing import Final

import marshmallow as ma

from api.routes.bodies import Body
from api.routes.fields import Choice, Day, Flag, Id, Many, Sha256, Shaped, Text, Word
from api.routes.schemas.common import Answer, Words
from api.routes.schemas.histories import PageAnswer, PageQuery, Reflects
from projections.cases import NAMED

_MOST: Final = 2_000


class MemberBody(Body):
    """Who works on it from here on."""

    actor = Id("actor", required=True, metadata={"description": "监督同一地区、与案件无关的经办账号"})


class SomeWordsBody(Body):
    """The reason, where there is one to be said."""

    words = Text(1000, metadata={"description": "说明", "example": "调离监督岗位"})


class NoteBody(Body):
    """What is noted down."""

    words = Text(10_000, required=True, metadata={
        "description": "只对办案人员开放，密封保存", "example": "签到表第三页与第五页笔迹相同，已约谈班主任"})


class DeadlineBody(Words):
    """Until when it is to be ended, and why."""

    due = Day(required=True, metadata={"description": "新的办结限期", "example": "2027-03-31"})


class TakenFindingsBody(Body):
    """Which findings of patterns are looked into in it."""

    findings = Many(Shaped("^fnd_[!-~]{1,60}$", "以 fnd_ 开头的线索编号"), 200, least=1, unique=True, required=True,
                    metadata={"description": "线索的编号"})


class ConsequenceBody(Body):
    """Which sanction followed."""

    application = Id("application", required=True, metadata={
        "description": "取消资格或撤销职称的编号；所涉的人须是本案所涉的人"})


class MaterialRequestBody(Body):
    """Whom something is asked of, what, and until when."""

    source = Text(200, required=True, metadata={"description": "向谁要求", "example": "甬江学院继续教育中心"})
    what = Text(2_000, required=True, metadata={"description": "要求提供什么", "example": "二〇二六年第三期的签到原件"})
    due = Day(required=True, metadata={"description": "何时之前", "example": "2027-01-15"})
    party = Shaped("^(unt|per|acr)_[0-9a-z]{22}$", "单位、人员或经办账号的编号",
                   metadata={"description": "在本系统中登记的，写明编号"})


class MaterialReceiptBody(Body):
    """What came."""

    files = Many(Sha256(), 200, unique=True, metadata={"description": "收到的文件的 SHA-256 摘要"})
    is_complete = Flag(load_default=True, metadata={"description": "false：还要等其余的"})
    words = Text(2_000, metadata={"description": "说明；没有文件的必须写", "example": "来函称原件已毁损"})


class MaterialEndBody(Words):
    """Why it is waited for no longer."""

    why = Choice("withdrawn", "not_provided", required=True, metadata={
        "description": "withdrawn：不再需要；not_provided：拒不提供"})


class ChoiceBody(Words):
    """Which entries: named, or by what they have in common, all of which is met at once."""

    claims = Many(Id("claim"), _MOST, least=1, unique=True, metadata={"description": "逐项列出的学时"})
    training_class = Id("class", metadata={"description": "这个班次的"})
    organiser = Id("unit", metadata={"description": "这个举办单位的"})
    approver = Id("actor", metadata={"description": "由这个经办账号认定的"})
    decided_from = Day(metadata={"description": "从这一天起认定的", "example": "2026-03-01"})
    decided_until = Day(metadata={"description": "到这一天为止认定的", "example": "2026-06-30"})
    finding = Shaped("^fnd_[!-~]{1,60}$", "以 fnd_ 开头的线索编号", metadata={"description": "这条线索所涉的"})
    list_sha256 = Sha256(metadata={"description": "试办时给出的清单摘要；清单变了就不办理"})


class WideningBody(ChoiceBody):
    """What else is looked into."""

    persons = Many(Id("person"), 500, unique=True, metadata={"description": "所涉的人员"})
    actors = Many(Id("actor"), 500, unique=True, metadata={"description": "所涉的经办账号"})
    organisers = Many(Id("unit"), 500, unique=True, metadata={"description": "所涉的单位"})


class NamedQuery(PageQuery):
    """Of which kind."""

    kind = Choice(*NAMED, load_default="claims", metadata={"description": "哪一类；默认是学时"})


class FollowedQuery(PageQuery):
    """Of which act."""

    act = Shaped("^act_[0-9a-z]{22}$", "以 act_ 开头的批次编号", metadata={"description": "只看这一批的"})


class ItemsAnswer(Reflects):
    """A list that is whole."""

    case = ma.fields.String(required=True)
    version = ma.fields.Integer()
    items = ma.fields.List(ma.fields.Dict(), required=True)


class OverdueAnswer(Reflects):
    """What is waited for too long."""

    today = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Dict(), required=True)


class DeskPageAnswer(PageAnswer):
    """One page of it."""

    items = ma.fields.List(ma.fields.Dict(), required=True)


class CaseBulkBody(ChoiceBody):
    """What is done to which entries; without a choice, to every one of the case."""

    act = Choice("hold", "release", "revoke", "reinstate", required=True, metadata={
        "description": "hold 冻结、release 解冻、revoke 撤销、reinstate 恢复"})
    basis = Word(metadata={"description": "撤销和恢复须写明依据，如 falsified（弄虚作假）", "example": "falsified"})


class CaseBulkAnswer(Answer):
    """An act upon many entries as it stands."""

    act = ma.fields.String(required=True)
    case = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"enum": ["open", "closed", "abandoned"]})
    rows = ma.fields.Integer(required=True)
    rows_done = ma.fields.Integer(required=True, metadata={"description": "已写入多少；全部写入并关闭后一并生效"})
    version = ma.fields.Integer(required=True, metadata={"description": "案件的版本，也在 ETag 中"})
    job = ma.fields.String(allow_none=True, metadata={"description": "在后台续办的作业，见 /v1/jobs/{job}"})
    effect = ma.fields.String()
    list_sha256 = ma.fields.String()
    basis = ma.fields.String(allow_none=True)
    words = ma.fields.String(allow_none=True)
    chosen = ma.fields.Dict()
    actor = ma.fields.String()
    opened_event = ma.fields.Integer()
    opened_at = ma.fields.String(metadata={"format": "date-time"})
    ended_event = ma.fields.Integer(allow_none=True)
    ended_at = ma.fields.String(allow_none=True)
