"""The desk of a case over HTTP: members, notes, deadline, widening, requests for material, what is linked and listed.

`tests/api/test_case_members.py` shows it.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.investigating import case_desk, inquiries
from api.cases.investigating.case_choosing import chosen_of
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.case_desk import (
    ConsequenceBody,
    DeadlineBody,
    DeskPageAnswer,
    FollowedQuery,
    ItemsAnswer,
    MaterialEndBody,
    MaterialReceiptBody,
    MaterialRequestBody,
    MemberBody,
    NamedQuery,
    NoteBody,
    OverdueAnswer,
    SomeWordsBody,
    TakenFindingsBody,
    WideningBody,
)
from api.routes.schemas.cases import DecidedCaseAnswer
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal
from ledger.vocabulary import format_hours

door = Door("case_desk", __name__, description="办案：人员、笔记、材料、范围、限期")

_Query = dict[str, Any]
_Fields = dict[str, Any]
_AT = "/v1/cases/<case:case>"


def _told(done: Done | Refusal) -> Told | Refusal:
    return done if isinstance(done, Refusal) else Told(done, place=f"/v1/cases/{done.stream}")


_acts = Acts(door, _AT, "cases", DecidedCaseAnswer, inquiries.view)
_acts.offer("members", "指定办案人员", case_desk.name_member, MemberBody)
_acts.offer("members/<actor:actor>/release", "办案人员退出", case_desk.release_member, SomeWordsBody)


@door.reads(f"{_AT}/notes", summary="办案笔记，先记的在前", query=AsOfQuery, answers=ItemsAnswer)
def notes(caller: Caller, query: _Query, case: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: case_desk.notes(
        house(), caller, case, query.get("purpose"), as_of=as_of))


_acts.offer("notes", "记一条办案笔记", case_desk.add_note, NoteBody)
_acts.offer("deadline", "重定办结限期", case_desk.set_deadline, DeadlineBody)


@door.writes(f"{_AT}/claims", summary="扩大案件范围；按条件选择的，先试办看清单及其摘要", body=WideningBody,
             answers=DecidedCaseAnswer, show=inquiries.view, conditional=True)
def widen(caller: Caller, fields: _Fields, asked: Asked, case: str) -> Response | Told | Refusal:
    if asked.dry_run and chosen_of(fields) is not None:
        found = case_desk.preview_widening(house(), caller, case, fields)
        return found if isinstance(found, Refusal) else answer({"dry_run": True, "would": found})
    return _told(case_desk.widen(house(), caller, case, fields, asked))


_acts.offer("linked-findings", "把线索并入案件", case_desk.take_findings, TakenFindingsBody)
_acts.offer("consequences", "记下随案件作出的处理：取消资格、撤销职称", case_desk.name_consequence, ConsequenceBody)


@door.reads("/v1/cases/overdue-requests", summary="本人所办案件中逾期的材料要求", answers=OverdueAnswer)
def overdue(caller: Caller) -> dict[str, Any] | Refusal:
    return as_it_stood({}, lambda as_of: case_desk.overdue(house(), caller, as_of=as_of))


@door.reads(f"{_AT}/material-requests", summary="要求提供的材料：向谁、要什么、何时之前、来了什么", query=AsOfQuery,
            answers=ItemsAnswer)
def requests(caller: Caller, query: _Query, case: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: case_desk.requests(
        house(), caller, case, query.get("purpose"), as_of=as_of))


_acts.offer("material-requests", "要求提供材料", case_desk.request_material, MaterialRequestBody)
_acts.offer("material-requests/<int:number>/receipt", "登记收到的材料：文件的摘要",
            case_desk.receive_material, MaterialReceiptBody)
_acts.offer("material-requests/<int:number>/ending", "不再等待材料：撤回，或拒不提供",
            case_desk.end_request, MaterialEndBody)


@door.reads(f"{_AT}/named", summary="案件所涉的学时、人员、账号、单位，逐页", query=NamedQuery, answers=DeskPageAnswer)
def named(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    return listed(caller, f"{case} named", query, lambda as_of, after, limit: case_desk.named(
        house(), caller, case, query["kind"], query.get("purpose"), as_of=as_of, after=after, limit=limit),
        show=lambda one, _: _in_hours(one))


def _in_hours(one: dict[str, Any]) -> dict[str, Any]:
    """An entry with its hours as they are written over HTTP."""
    if "assessed_centi" not in one:
        return one
    centi = one["assessed_centi"]
    rest = {name: value for name, value in one.items() if name != "assessed_centi"}
    return {**rest, "hours": None if centi is None else format_hours(centi)}


@door.reads(f"{_AT}/followed", summary="随案件发生的每一项后果，按生效先后；可只看一批的", query=FollowedQuery,
            answers=DeskPageAnswer)
def followed(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    return listed(caller, f"{case} followed", query, lambda as_of, after, limit: case_desk.followed(
        house(), caller, case, query.get("purpose"), act=query.get("act"), as_of=as_of, after=after, limit=limit))
