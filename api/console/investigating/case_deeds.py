"""What is done about one case: noted, asked for, dated, joined, linked, found, referred, closed.

Each on a page of its own with before and after (`deeds.py`); what is done to many entries is `case_bulk.py`, what the
forms send is `case_sent.py`.
`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from api.cases import cases as _cases
from api.cases.claiming.assignment import names_of
from api.cases.doing import Asked, Done, Reading
from api.cases.investigating import case_desk, inquiries
from api.cases.standing import SUPERVISOR, acting
from api.console import deeds
from api.console.deeds import Deed, Pairs, Room, Subject
from api.console.form import Field
from api.console.investigating.case_sent import (
    EndingForm,
    FindingsForm,
    MemberForm,
    ReceiptForm,
    ReleaseForm,
    WideningForm,
)
from api.console.investigating.case_words import FINDINGS, STATES, kind_words
from api.console.screen import Asking
from api.house import House
from api.operational.callers import Caller
from api.routes.schemas.case_desk import (
    ConsequenceBody,
    DeadlineBody,
    MaterialRequestBody,
    NoteBody,
)
from api.routes.schemas.cases import FindingBody, ReferralBody
from api.words.codes import ENDINGS
from ledger.errors import Refusal
from ledger.streams import case as streams
from ledger.streams.case import Case, Finding
from ledger.streams.standing import standing
from projections.files.projection import HOLDS

PURPOSE: Final = "investigation"
WORDS: Final = Field("words", "理由", "words", hint="密封记入账本，只给办案人员看。", is_required=True, most=1000)
COLLEAGUES_MOST: Final = 200
_EACH_MOST: Final = 100
_FROZEN: Final = ("SELECT count(*) FROM claims WHERE claim IN (SELECT value FROM json_each(:claims)) "
                  f"AND status = 'frozen' AND {HOLDS}")
_KEPT: Final = "记为一个事件，不能删除。"
_USUAL_DAYS: Final = 30
_WAITED_DAYS: Final = 14


def _see(asking: Asking, case: str) -> Subject | Refusal:
    house = asking.house
    if (behind := house.settled()) is not None:
        return behind
    body = _cases.case(house, asking.caller, case, PURPOSE, as_of=house.answers.position())
    return body if isinstance(body, Refusal) else subject(house, body)


def subject(house: House, body: Mapping[str, Any]) -> Subject:
    """A case as the page of a deed tells it."""
    case = house.ledger.load(body["case"], streams.evolve).state
    assert case is not None, "it was looked at a moment ago"
    title = f"{kind_words(body['kind'])}案件"
    return Subject(body["case"], f"/cases/{body['case']}", title, body["version"], _stands(house, case),
                   lambda then: _stands(house, then), PURPOSE, case)


def _stands(house: House, case: Case) -> Pairs:
    waited = sum(one.outcome is None for one in case.requests)
    named = case.concerned
    return [
        ("状态", STATES["closed" if case.is_closed else "open"]), ("结论", FINDINGS[str(case.finding)]),
        ("限期", str(case.due or "—")), ("办案人员", "、".join(account(house, one) for one in case.members) or "无人"),
        ("所涉", f"学时 {len(named.claims)} 项，{len(named.persons)} 人，账号 {len(named.actors)} 个，"
                 f"单位 {len(named.organisers)} 个"),
        ("待收的材料", f"{waited} 件" if waited else "—"),
        ("依据的线索", f"{len(case.findings)} 条" if case.findings else "—"),
        ("后续处理", f"{len(case.sanctions)} 件" if case.sanctions else "—"),
    ]


def account(house: House, actor: str) -> str:
    """An account in words: whose organisation's it is, and the end of its number."""
    reading = Reading(house.ledger)
    found = reading.actor(actor)
    unit = None if found is None else reading.unit(found.organisation)
    return f"账号尾号 {actor[-4:]}" + ("" if unit is None else f"（{unit.names[-1].name}）")


# Fields


def _in_days(asking: Asking, days: int) -> str:
    return (asking.house.today + timedelta(days=days)).isoformat()


def _note(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("words", "笔记", "words", hint="密封记入账本，只给办案人员看。", is_required=True, most=10_000),)


def _deadline(asking: Asking, _: Subject) -> Sequence[Field]:
    return Field("due", "新的限期", "date", is_required=True, value=_in_days(asking, _USUAL_DAYS)), WORDS


def _request(asking: Asking, _: Subject) -> Sequence[Field]:
    return (Field("source", "向谁要求", is_required=True, most=200, hint="如 甬江学院继续教育中心"),
            Field("due", "何时之前", "date", is_required=True, value=_in_days(asking, _WAITED_DAYS)),
            Field("party", "它的编号", most=26, hint="在本系统登记的单位、人员或账号"),
            Field("what", "要求提供什么", "words", is_required=True, most=2_000))


def _waited(subject: Subject) -> tuple[tuple[str, str], ...]:
    return tuple((str(one.number), f"第 {one.number} 件，限 {one.due}")
                 for one in subject.state.requests if one.outcome is None)


def _receipt(_: Asking, subject: Subject) -> Sequence[Field]:
    return (Field("number", "哪一件", "choice", _waited(subject), is_required=True),
            Field("is_complete", "是否收齐", "choice", (("yes", "收齐了"), ("no", "还要等其余的")), value="yes",
                  is_required=True),
            deeds.papers("收到的文件", "files", most=200 * 66),
            Field("words", "说明", "words", hint="没有文件的必须写。", most=2_000))


def _ending(_: Asking, subject: Subject) -> Sequence[Field]:
    return (Field("number", "哪一件", "choice", _waited(subject), is_required=True),
            Field("why", "为何不再等候", "choice", tuple(ENDINGS.items()), is_required=True), WORDS)


def _colleagues(asking: Asking, subject: Subject) -> tuple[tuple[str, str], ...]:
    """Accounts of one's own organisation that could work on it, by masked names."""
    house, actor, case = asking.house, acting(asking.house, asking.caller), subject.state
    if isinstance(actor, Refusal):
        return ()
    reading = Reading(house.ledger)
    able = [name for name in house.answers.colleagues(actor.organisation, limit=COLLEAGUES_MOST)
            if name not in case.members and (one := reading.actor(name)) is not None
            and standing(one, SUPERVISOR, case.matter) is None]
    return tuple((one.actor, one.words) for one in names_of(house, asking.caller, actor, able).values())


def _member(asking: Asking, subject: Subject) -> Sequence[Field]:
    known = _colleagues(asking, subject)
    chosen = [Field("colleague", "本单位的账号", "choice", known)] if known else []
    return (*chosen, Field("actor", "其他账号的编号" if known else "账号的编号", most=26, is_required=not known,
                           hint="能监督此地、与案件无关的；如 acr_…"))


def _leaving(asking: Asking, subject: Subject) -> Sequence[Field]:
    known = tuple((one, account(asking.house, one)) for one in subject.state.members)
    return (Field("actor", "哪个账号", "choice", known, is_required=True), Field("words", "说明", "words", most=1000))


def _findings(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("findings", "线索编号", "words", hint="每行一个，如 fnd_…", is_required=True, most=10_000),)


def _consequence(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("application", "处理的编号", is_required=True, most=26,
                  hint="取消申报资格或撤销职称的编号，所涉的人须是本案的；如 app_…"),)


def _widening(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("named", "学时、人员、账号或单位的编号", "words", is_required=True, most=60_000,
                  hint="每行一个；按班次、单位或时间成批列入的，在批量办理中查找。"), WORDS)


def _finding(_: Asking, __: Subject) -> Sequence[Field]:
    known = tuple((code, mark[2]) for code, mark in FINDINGS.items() if code in streams.DECIDABLE)
    return (Field("finding", "结论", "choice", known, is_required=True),
            Field("basis", "依据的条款", most=200, hint="如 浙人社发〔2016〕63号 第十六条"), WORDS)


def _referral(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("to", "接收机关", is_required=True, most=200, hint="如 市监察机关、上级主管部门"),
            Field("document", "移送文号", most=100), WORDS)


def _tried(**given: Any) -> Any:
    """What a deed is tried with before anything is typed."""
    return lambda _, __: {"words": "-", **given}


def _tried_member(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    known = _colleagues(asking, subject)
    return {"actor": known[0][0] if known else asking.caller.id}


def _tried_request(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    waited = _waited(subject)
    return {"number": int(waited[0][0]) if waited else 0, "files": ["0" * 64], "why": "withdrawn", "words": "-"}


def _tried_days(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    due = asking.house.today + timedelta(days=_USUAL_DAYS + (asking.house.today == subject.state.due))
    due += timedelta(days=due == subject.state.due)
    return {"due": due, "source": "-", "what": "-", "words": "-"}


def _tried_leaving(_: Asking, subject: Subject) -> Mapping[str, Any]:
    return {"actor": subject.state.members[-1] if subject.state.members else "-"}


def _name(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Name a member; where nobody is known who could be, whoever works on it may still type an account."""
    found: Case | None = house.ledger.load(case, streams.evolve).state
    if asked.dry_run and found is not None and fields["actor"] == caller.id in found.members:
        return _may_at_all(house, caller, case)
    return case_desk.name_member(house, caller, case, fields, asked)


def _widen(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    if asked.dry_run and not fields.keys() - {"words"}:
        return _may_at_all(house, caller, case)
    return case_desk.widen(house, caller, case, fields, asked)


def _name_consequence(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    if asked.dry_run and "application" not in fields:
        return _may_at_all(house, caller, case)
    return case_desk.name_consequence(house, caller, case, fields, asked)


def _close(house: House, caller: Caller, case: str, asked: Asked) -> Done | Refusal:
    """End it. Whether many holds stand in the way is asked of the answers first, and not of each entry's own stream."""
    found = house.ledger.load(case, streams.evolve).state
    if asked.dry_run and found is not None and len(found.held) > _EACH_MOST and not found.is_closed:
        entries, at = house.answers.file("entries")
        ((frozen,),) = entries.rows(_FROZEN, {"claims": json.dumps(found.held), "as_of": at})
        if frozen and (found.finding != Finding.RULED_OUT or frozen > streams.RELEASED_MOST):
            return Refusal.because("claims_undecided", held=frozen)
    return inquiries.close(house, caller, case, asked)


def _may_at_all(house: House, caller: Caller, case: str) -> Done | Refusal:
    """Whether somebody works on the case, where what they would do cannot be tried before it is typed."""
    return case_desk.add_note(house, caller, case, {"words": "-"}, Asked(dry_run=True))


_SEALED: Final = f"内容密封，只给办案人员看。{_KEPT}"

CASE: Final = Room(_see, deeds.named(
    Deed("note", "记办案笔记", case_desk.add_note, NoteBody, _note, _tried(), note=_SEALED),
    Deed("request", "要求提供材料", case_desk.request_material, MaterialRequestBody, _request, _tried_days,
         note=f"到期未交的，列在案件列表上方。{_SEALED}"),
    Deed("receipt", "收到材料", case_desk.receive_material, ReceiptForm, _receipt, _tried_request,
         note=f"文件以摘要记入，原件另行保存。{_KEPT}"),
    Deed("request-end", "不再等候材料", case_desk.end_request, EndingForm, _ending, _tried_request,
         note=f"拒不提供是一项事实，记入案件。{_KEPT}"),
    Deed("deadline", "改定限期", case_desk.set_deadline, DeadlineBody, _deadline, _tried_days, note=_KEPT),
    Deed("member", "指定办案人员", _name, MemberForm, _member, _tried_member,
         note=f"案件内容从此也对该账号开放，其查阅逐次留痕。{_KEPT}"),
    Deed("member-release", "不再办理此案", case_desk.release_member, ReleaseForm, _leaving, _tried_leaving,
         note=f"该账号从此看不到案件内容；最后一人须先另行指定。{_KEPT}"),
    Deed("widening", "扩大范围", _widen, WideningForm, _widening, _tried(), depends=True,
         note=f"所列学时的申报人随之列入。{_KEPT}"),
    Deed("findings", "列入线索", case_desk.take_findings, FindingsForm, _findings, _tried(findings=["fnd_-"]),
         note=_KEPT),
    Deed("consequence", "列入后续处理", _name_consequence, ConsequenceBody, _consequence, _tried(),
         depends=True, note=f"处理时没有写明本案的，在此列入。{_KEPT}"),
    Deed("finding", "登记结论", inquiries.find, FindingBody, _finding, _tried(finding="substantiated"), depends=True,
         note=f"属实之后才能批量撤销；排除的，办结时解冻。{_KEPT}"),
    Deed("referral", "移送", inquiries.refer, ReferralBody, _referral, _tried(to="-"),
         note=f"移送后结论即为移送，不再登记其他结论。{_KEPT}"),
    Deed("closing", "办结", _close, note=f"排除的，冻结的学时随之解冻；属实或移送的，须先逐项处理完。{_KEPT}"),
))

_LIKE_A_NOTE: Final = ("request", "deadline", "widening", "findings", "consequence")
_OF_REQUESTS: Final = ("receipt", "request-end")


def offered(asking: Asking, one: Subject) -> list[deeds.Offered]:
    """What can be done about a case. Whoever may note something may do whatever asks for no more than that.

    Each trial reads the whole case, which may be about ten thousand entries: what is the same is tried once.
    """
    alike = {*_LIKE_A_NOTE, *(_OF_REQUESTS if _waited(one) else ())}
    tried = {code: deed for code, deed in CASE.deeds.items() if code not in (*_LIKE_A_NOTE, *_OF_REQUESTS)}
    found = {each.deed.code: each for each in deeds.offered(asking, Room(CASE.see, tried), one)}
    if "note" in found:
        found |= {code: deeds.Offered(CASE.deeds[code], None) for code in alike}
    return [found[code] for code in CASE.deeds if code in found]
