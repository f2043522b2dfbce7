"""Histories over HTTP: timelines, affiliations, shared papers, statements. `tests/api/test_histories.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.log import histories
from api.cases.statement import statement_shown
from api.cases.tracing import officers
from api.operational.callers import Caller
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed, moment
from api.routes.schemas.common import Purpose
from api.routes.schemas.conduct import ConductAnswer, ConductQuery
from api.routes.schemas.histories import (
    ActorTimelineQuery,
    AffiliationsAnswer,
    AffiliationsQuery,
    AsOfQuery,
    CodeQuery,
    DuplicatesQuery,
    FoundStatementAnswer,
    GroupsAnswer,
    MembersAnswer,
    MembersQuery,
    OwnGroupsAnswer,
    SameNumberAnswer,
    ShownAnswer,
    StandingsAnswer,
    TimelineAnswer,
    TimelineQuery,
)
from ledger.errors import Refusal
from ledger.ids import format_verify_code
from projections.timeline_reading import Wanted

door = Door("histories", __name__, description="时间线、人事隶属、重复使用、情况表现状")

_Query = dict[str, Any]
_PERSON = "/v1/persons/<person:person>"


@door.reads(f"{_PERSON}/timeline", summary="一个人的时间线：发生过的每一件事", query=TimelineQuery,
            answers=TimelineAnswer)
def of_person(caller: Caller, query: _Query, person: str) -> Response | Refusal:
    wanted, purpose = _wanted(query), query.get("purpose")
    return listed(caller, f"timeline {person}", query, lambda as_of, after, limit: histories.of_person(
        house(), caller, person, wanted, purpose, as_of=as_of, after=after, limit=limit))


@door.reads("/v1/actors/<actor:actor>/timeline", summary="一个经办账号的时间线：办理过的和被办理的",
            query=ActorTimelineQuery, answers=TimelineAnswer)
def of_actor(caller: Caller, query: _Query, actor: str) -> Response | Refusal:
    wanted, purpose = _wanted(query), query.get("purpose")
    return listed(caller, f"timeline {actor}", query, lambda as_of, after, limit: histories.of_actor(
        house(), caller, actor, wanted, purpose, as_of=as_of, after=after, limit=limit))


@door.reads("/v1/actors/<actor:actor>/conduct", query=ConductQuery, answers=ConductAnswer,
            summary="一个经办账号怎样办理：快慢、时刻、佐证、自行给出的学时，与同类相比")
def conduct_of(caller: Caller, query: _Query, actor: str) -> dict[str, Any] | Refusal:
    wanted = Wanted(first=query.get("first"), last=query.get("last"))

    def ask(as_of: int) -> dict[str, Any] | Refusal:
        found = officers.officer(house(), caller, actor, wanted, query.get("purpose"), as_of=as_of)
        return found if isinstance(found, Refusal) else {"actor": actor, **officers.view(found)}

    return as_it_stood(query, ask)


def _wanted(query: _Query) -> Wanted:
    names = ("first", "last", "stream", "side", "newest", "hand", "organisation", "correlation")
    named = {name: query[name] for name in names if name in query}
    kinds = tuple(query["kinds"].split(",")) if "kinds" in query else ()
    return Wanted(kinds=kinds, **named)


@door.reads(f"{_PERSON}/affiliations", summary="人事隶属：从何时到何时、因哪次变更", query=AffiliationsQuery,
            answers=AffiliationsAnswer)
def affiliations(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    as_of, valid_on = moment(house(), query.get("as_of")), query.get("valid_on")
    if isinstance(as_of, Refusal):
        return as_of
    found = histories.affiliations(house(), caller, person, query.get("purpose"), as_of=as_of, valid_on=valid_on)
    if isinstance(found, Refusal):
        return found
    day = None if valid_on is None else valid_on.isoformat()
    return {"person": person, "valid_on": day, "items": found, **house().answers.reflects(as_of)}


@door.reads("/v1/units/<unit:unit>/members", summary="某一天隶属于一个单位的人员", query=MembersQuery,
            answers=MembersAnswer)
def members(caller: Caller, query: _Query, unit: str) -> Response | Refusal:
    on, purpose = query["on"], query.get("purpose")
    return listed(caller, f"members {unit}", query, lambda as_of, after, limit: histories.members(
        house(), caller, unit, on, purpose, as_of=as_of, after=after, limit=limit), said={"on": on.isoformat()})


@door.reads("/v1/duplicates", summary="共用同一活动、成果、证书或佐证的申报", query=DuplicatesQuery,
            answers=GroupsAnswer)
def duplicates(caller: Caller, query: _Query) -> Response | Refusal:
    kind, across, purpose = query.get("kind"), query.get("across", False), query.get("purpose")
    return listed(caller, "duplicates", query, lambda as_of, after, limit: histories.duplicates(
        house(), caller, purpose, kind=kind, across=across, as_of=as_of, after=after, limit=limit))


@door.reads("/v1/claims/<claim:claim>/certificate", summary="哪些申报登记了同一证书编号（现状）", query=Purpose,
            answers=SameNumberAnswer)
def same_number(caller: Caller, query: _Query, claim: str) -> dict[str, Any] | Refusal:
    return histories.same_number(house(), caller, claim, query.get("purpose"))


@door.reads("/v1/evidence/<sha256:sha256>", summary="哪些申报出示过这份文件", query=AsOfQuery, answers=ShownAnswer)
def showing(caller: Caller, query: _Query, sha256: str) -> dict[str, Any] | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = histories.showing(house(), caller, sha256, query.get("purpose"), as_of=as_of)
    return found if isinstance(found, Refusal) else {**found, **house().answers.reflects(as_of)}


@door.reads(f"{_PERSON}/duplicates", summary="一个人的申报与哪些申报共用材料", query=AsOfQuery,
            answers=OwnGroupsAnswer)
def own_duplicates(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    return _of_person(caller, query, person, histories.own_duplicates)


@door.reads(f"{_PERSON}/statements", summary="一个人的登记情况表：现状，所载内容有没有变化", query=AsOfQuery,
            answers=StandingsAnswer)
def statements(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    found = _of_person(caller, query, person, statement_shown.of_person)
    return found if isinstance(found, Refusal) else {**found, "items": list(map(_standing, found["items"]))}


@door.reads("/v1/statements", summary="凭核验码查登记情况表的现状", query=CodeQuery, answers=FoundStatementAnswer)
def by_code(caller: Caller, query: _Query) -> dict[str, Any] | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = statement_shown.by_code(house(), caller, query["code"], query.get("purpose"), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    return {"statement": _standing(found), **house().answers.reflects(as_of)}


def _of_person(caller: Caller, query: _Query, person: str, ask: Any) -> dict[str, Any] | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = ask(house(), caller, person, query.get("purpose"), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    return {"person": person, "items": found, **house().answers.reflects(as_of)}


_BASIS = ("as_of", "valid_on", "law", "rulebooks", "log_size", "root")


def _standing(one: dict[str, Any]) -> dict[str, Any]:
    """A statement with its basis in one place."""
    basis = {name: one[name] for name in _BASIS}
    rest = {name: value for name, value in one.items() if name not in _BASIS}
    return {**rest, "code": format_verify_code(one["code"]), "basis": basis}
