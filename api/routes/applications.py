"""Applications, sanctions and eligibility over HTTP: read, and acted upon.

`tests/api/test_http_applications.py`, `tests/api/test_petitions.py`, `tests/api/test_packet_files.py` and
`tests/api/test_sanctions.py` show it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from api.cases.belonging import people
from api.cases.doing import Asked, Done
from api.cases.titles import applications, packet_files, packets, petitions, sanctions
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.exports import archive
from api.routes.listing import as_it_stood, listed, moment
from api.routes.schemas.applications import (
    ApplicationBody,
    ApplicationsAnswer,
    AssessmentBody,
    BarredAnswer,
    BarredQuery,
    DecidedApplicationAnswer,
    DisqualificationBody,
    EffectsAnswer,
    EffectsQuery,
    EligibilityAnswer,
    EligibilityQuery,
    FiledAnswer,
    FiledQuery,
    GrantBody,
    LiftingBody,
    OneApplicationAnswer,
    PacketAnswer,
    TitleBody,
    TitleRevocationBody,
    TitleVoidingAnswer,
    TitleVoidingBody,
)
from api.routes.schemas.common import Purpose, Words
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.people import PersonAnswer
from api.statements.paper import base_address
from ledger.errors import Refusal
from projections.basis import read_axes
from projections.eligibility import Question

door = Door("applications", __name__, description="职称申报的学时审核、申报资格和处理")

_Query = dict[str, Any]
_Fields = dict[str, Any]
_Outcome = Told | Refusal
_AT, _PERSON, _SANCTION = (
    "/v1/applications/<application:application>", "/v1/persons/<person:person>",
    "/v1/sanctions/<application:application>")


@door.reads("/v1/applications/<application:application>", summary="一次职称申报：审核结论和现状", query=AsOfQuery,
            answers=OneApplicationAnswer)
def show(caller: Caller, query: _Query, application: str) -> Response | Refusal:
    found = as_it_stood(query, lambda as_of: applications.application(
        house(), caller, application, query.get("purpose"), as_of=as_of))
    # Never as unchanged (304): what it is said to rest on moves while the version stays.
    return found if isinstance(found, Refusal) else answer(found, version=found["version"])


@door.reads("/v1/applications", summary="权限内的职称申报，按提出先后", query=FiledQuery, answers=FiledAnswer)
def every(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "applications", query, lambda as_of, after, limit: applications.within(
        house(), caller, query.get("status"), query.get("purpose"), as_of=as_of, after=after, limit=limit))


@door.reads(f"{_AT}/packet", summary="随申报提交的材料：逐项附证明所在，缺什么", query=AsOfQuery, answers=PacketAnswer)
def packet(caller: Caller, query: _Query, application: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: packets.packet(
        house(), caller, application, query.get("purpose"), as_of=as_of))


@door.reads(f"{_AT}/packet/archive", summary="随申报提交的材料打成一个 ZIP：情况表、佐证文件、事件的证明和目录",
            query=AsOfQuery, answers=None, content_type="application/zip")
def packet_archive(caller: Caller, query: _Query, application: str) -> Response | Refusal:
    position = moment(house(), query.get("as_of"))
    if isinstance(position, Refusal):
        return position
    made = packet_files.archive(house(), caller, application, query.get("purpose"), as_of=position,
                                address=base_address(current_app.config))
    if isinstance(made, Refusal):
        return made
    return archive(made, f"职称申报材料-{application}", f"{application}.zip")


@door.reads(f"{_PERSON}/applications/effects", summary="审核所依据的学时此后的变化，结论是否依然成立",
            query=EffectsQuery, answers=EffectsAnswer)
def effects(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: applications.effects(
        house(), caller, person, query.get("claim"), query.get("purpose"), as_of=as_of))


@door.reads(_SANCTION, summary="一次处理：取消的申报资格或撤销的职称，现状", query=Purpose,
            answers=DecidedApplicationAnswer)
def sanction(caller: Caller, query: _Query, application: str) -> tuple[dict[str, Any], int] | Refusal:
    return sanctions.see(house(), caller, application, query.get("purpose"))


@door.reads("/v1/persons/<person:person>/applications", summary="一个人的职称申报、被取消的申报资格和被撤销的职称",
            query=AsOfQuery, answers=ApplicationsAnswer)
def of_person(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: applications.of_person(
        house(), caller, person, query.get("purpose"), as_of=as_of))


@door.reads("/v1/sanctions", summary="某日不得申报职称的人：权限内的，自何时起、至何时、依据", query=BarredQuery,
            answers=BarredAnswer)
def barred(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "sanctions", query, lambda as_of, after, limit: applications.barred(
        house(), caller, query["on"], query.get("purpose"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/persons/<person:person>/eligibility", summary="某日可否申报职称：按细则，并计处理",
            query=EligibilityQuery, answers=EligibilityAnswer)
def may_apply(caller: Caller, query: _Query, person: str) -> dict[str, Any] | Refusal:
    question = Question(
        query["applied_on"], query["minimum_years"], query.get("level"), query.get("committee", "inside"),
        query.get("title_obtained_on"), query.get("first_title", False))
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    return applications.may_apply(house(), caller, person, question, axes, query.get("purpose"))


# Done


def _told(done: Done | Refusal, noun: str = "applications") -> _Outcome:
    return done if isinstance(done, Refusal) else Told(done, place=f"/v1/{noun}/{done.stream}")


@door.writes("/v1/applications", summary="申报职称（本人）", body=ApplicationBody, answers=DecidedApplicationAnswer,
             show=petitions.view)
def file(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _told(petitions.file(house(), caller, fields, asked))


_acts = Acts(door, _AT, "applications", DecidedApplicationAnswer, petitions.view)
_acts.offer("withdrawal", "撤回职称申报（本人）", petitions.withdraw)
_acts.offer("assessment", "审核学时：登记细则的结论", petitions.assess, AssessmentBody)
_acts.offer("postponement", "学时不足，申报延期", petitions.postpone, Words)
_acts.offer("grant", "申报通过：登记取得的职称", petitions.grant, GrantBody)
_acts.offer("disqualification", "取消申报资格", sanctions.disqualify, DisqualificationBody)


@door.writes(f"{_SANCTION}/lifting", summary="恢复申报资格", body=LiftingBody, answers=DecidedApplicationAnswer,
             show=petitions.view, conditional=True)
def lift(caller: Caller, fields: _Fields, asked: Asked, application: str) -> _Outcome:
    return _told(sanctions.lift(house(), caller, application, fields, asked), "sanctions")


@door.writes(f"{_PERSON}/disqualifications", summary="限期不得申报职称（没有申报可取消的）",
             body=DisqualificationBody, answers=DecidedApplicationAnswer, show=petitions.view)
def bar(caller: Caller, fields: _Fields, asked: Asked, person: str) -> _Outcome:
    return _told(sanctions.bar(house(), caller, person, fields, asked), "sanctions")


@door.writes(f"{_PERSON}/title-revocations", summary="撤销已取得的职称", body=TitleRevocationBody,
             answers=DecidedApplicationAnswer, show=petitions.view)
def revoke_title(caller: Caller, fields: _Fields, asked: Asked, person: str) -> _Outcome:
    return _told(sanctions.revoke_title(house(), caller, person, fields, asked), "sanctions")


@door.writes(f"{_PERSON}/titles", summary="登记已取得的职称", body=TitleBody, answers=PersonAnswer, show=people.view)
def record_title(caller: Caller, fields: _Fields, asked: Asked, person: str) -> _Outcome:
    return _told(petitions.record_title(house(), caller, person, fields, asked), "persons")


@door.writes(f"{_PERSON}/title-voidings", summary="作废登记错的职称", body=TitleVoidingBody, answers=TitleVoidingAnswer,
             show=people.view)
def void_title(caller: Caller, fields: _Fields, asked: Asked, person: str) -> _Outcome:
    done = petitions.void_title(house(), caller, person, fields, asked)
    if isinstance(done, Refusal):
        return done
    more = {"applications": petitions.resting_on(house(), person, fields)} if asked.dry_run else {}
    return Told(done, more, place=f"/v1/persons/{person}")
