"""Plans, classes, cards and imports over HTTP, to be read. `tests/api/test_http_trainings.py` shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from api.cases.importing import import_answers
from api.cases.training import cards, trainings
from api.operational.callers import Caller
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.listing import listed, moment
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.trainings import (
    CardNumberQuery,
    CardsAnswer,
    ClassesAnswer,
    ClassesQuery,
    ClassQuery,
    ImportsAnswer,
    ImportsQuery,
    MomentQuery,
    OneCardAnswer,
    OneClassAnswer,
    OneImportAnswer,
    OnePlanAnswer,
    PlansAnswer,
    PlansQuery,
)
from ledger.errors import Refusal
from projections.basis import read_axes

door = Door("trainings", __name__, description="培训计划、班次、学时登记卡、导入")

_Query = dict[str, Any]
_Said = dict[str, Any] | Response


def _at(query: _Query, ask: Callable[[int], Any]) -> _Said | Refusal:
    """Ask as of a moment, and say what the answer rests on; a list stands under `items`."""
    as_of = moment(house(), query.get("as_of"))
    found = as_of if isinstance(as_of, Refusal) else ask(as_of)
    if isinstance(as_of, Refusal) or isinstance(found, Refusal):
        return found
    said = {"items": found} if isinstance(found, list) else found
    return _versioned({**said, **house().answers.reflects(as_of)})


def _versioned(said: dict[str, Any]) -> _Said:
    """Whoever decides upon a record names the version that they saw. It is never answered as unchanged (304):

    what came of a plan, how far a roster is and how many cards there are change while the version stays.
    """
    return answer(said, version=said["version"]) if "version" in said else said


@door.reads("/v1/plans", summary="年度培训计划，按申报先后", query=PlansQuery, answers=PlansAnswer)
def every_plan(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "plans", query, lambda as_of, after, limit: trainings.plans(
        house(), caller, organiser=query.get("organiser"), year=query.get("year"), status=query.get("status"),
        seeks_funding=query.get("seeks_funding"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/plans/<plan:plan>", summary="一个年度培训计划：各部门是否备案、实施和评估", query=MomentQuery,
            answers=OnePlanAnswer)
def one_plan(caller: Caller, query: _Query, plan: str) -> _Said | Refusal:
    return _at(query, lambda as_of: trainings.plan(house(), caller, plan, as_of=as_of))


@door.reads("/v1/classes", summary="培训班，按申报先后", query=ClassesQuery, answers=ClassesAnswer)
def every_class(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "classes", query, lambda as_of, after, limit: trainings.classes(
        house(), caller, organiser=query.get("organiser"), plan=query.get("plan"), year=query.get("year"),
        status=query.get("status"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/classes/<class:training_class>", summary="一个培训班：申报、备案、举办、名单，备案是否及时",
            query=ClassQuery, answers=OneClassAnswer)
def one_class(caller: Caller, query: _Query, training_class: str) -> _Said | Refusal:
    axes = read_axes(query.get("as_of"), None, query.get("law"), query.get("log_size"))
    found = trainings.training_class(house(), caller, training_class, axes)
    return found if isinstance(found, Refusal) else _versioned(found)


@door.reads("/v1/classes/<class:training_class>/cards", summary="一个培训班的学时登记卡", query=AsOfQuery,
            answers=CardsAnswer)
def cards_of_class(caller: Caller, query: _Query, training_class: str) -> _Said | Refusal:
    return _at(query, lambda as_of: cards.cards_of_class(
        house(), caller, training_class, query.get("purpose"), as_of=as_of))


@door.reads("/v1/persons/<person:person>/cards", summary="一个人的学时登记卡", query=AsOfQuery, answers=CardsAnswer)
def cards_of_person(caller: Caller, query: _Query, person: str) -> _Said | Refusal:
    return _at(query, lambda as_of: cards.cards_of_person(
        house(), caller, person, query.get("purpose"), as_of=as_of))


@door.reads("/v1/cards", summary="凭卡号查学时登记卡", query=CardNumberQuery, answers=OneCardAnswer)
def card_of_number(caller: Caller, query: _Query) -> _Said | Refusal:
    return _at(query, lambda as_of: cards.card_of_number(
        house(), caller, query["organiser"], query["number"], query.get("purpose"), as_of=as_of))


@door.reads("/v1/cards/<card:card>", summary="一张学时登记卡", query=AsOfQuery, answers=OneCardAnswer)
def one_card(caller: Caller, query: _Query, card: str) -> _Said | Refusal:
    return _at(query, lambda as_of: cards.card(house(), caller, card, query.get("purpose"), as_of=as_of))


@door.reads("/v1/imports", summary="从其他系统的导入，按打开先后", query=ImportsQuery, answers=ImportsAnswer)
def every_import(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "imports", query, lambda as_of, after, limit: import_answers.imports(
        house(), caller, system=query.get("system"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/imports/<import:batch>", summary="一次导入：逐行结果的计数、对账", query=MomentQuery,
            answers=OneImportAnswer)
def one_import(caller: Caller, query: _Query, batch: str) -> _Said | Refusal:
    return _at(query, lambda as_of: import_answers.import_of(house(), caller, batch, as_of=as_of))
