"""Applications, sanctions and eligibility over HTTP, to be read. `tests/api/test_http_applications.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.callers import Caller
from api.cases import applications
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.applications import (
    ApplicationsAnswer,
    BarredAnswer,
    BarredQuery,
    EligibilityAnswer,
    EligibilityQuery,
    OneApplicationAnswer,
)
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal
from projections.basis import read_axes
from projections.eligibility import Question

door = Door("applications", __name__, description="职称申报的学时审核、申报资格和处理")

_Query = dict[str, Any]


@door.reads("/v1/applications/<application:application>", summary="一次职称申报：审核结论和现状", query=AsOfQuery,
            answers=OneApplicationAnswer)
def show(caller: Caller, query: _Query, application: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: applications.application(
        house(), caller, application, query.get("purpose"), as_of=as_of))


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
        query.get("title_obtained_on"))
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    return applications.may_apply(house(), caller, person, question, axes, query.get("purpose"))
