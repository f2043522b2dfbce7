"""Plans and classes filed, put on file, held and evaluated over HTTP; cards issued and voided.

`tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.cases.doing import Asked, Done
from api.cases.training import card_issuing, class_filings, plan_filings
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.schemas.common import Words
from api.routes.schemas.filings import (
    AcceptanceBody,
    CardBody,
    ClassBody,
    ClassRefusalBody,
    EvaluationBody,
    EvaluationCorrectionBody,
    FiledClassAnswer,
    FiledPlanAnswer,
    HoldingBody,
    IssuedCardAnswer,
    PlanBody,
    PlanReturnBody,
    RefiledPlanBody,
)
from ledger.errors import Refusal

door = Door("filings", __name__, description="培训计划和班次的申报、备案、举办和评估，登记卡")

_Fields = dict[str, Any]
_Outcome = Told | Refusal


def _told(noun: str, done: Done | Refusal, foreseen: Callable[[Any], dict[str, Any]] | None = None) -> _Outcome:
    """Say where the record is read; of a trial also what the law would make of it."""
    if isinstance(done, Refusal):
        return done
    more = foreseen(done.state) if foreseen is not None and done.receipt is None else {}
    return Told(done, more, f"/v1/{noun}/{done.stream}")


def _plan(done: Done | Refusal) -> _Outcome:
    return _told("plans", done, lambda plan: {"last_year": plan_filings.last_year(house(), plan)})


def _class(done: Done | Refusal) -> _Outcome:
    return _told("classes", done, lambda found: class_filings.demanded(house(), found))


_AT_PLAN, _AT_CLASS = "/v1/plans/<plan:plan>", "/v1/classes/<class:training_class>"


@door.writes("/v1/plans", summary="申报年度培训计划", body=PlanBody, answers=FiledPlanAnswer,
             show=plan_filings.plan_view)
def file_plan(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _plan(plan_filings.file_plan(house(), caller, fields, asked))


@door.writes(f"{_AT_PLAN}/refiling", summary="重新申报计划", body=RefiledPlanBody, answers=FiledPlanAnswer,
             show=plan_filings.plan_view, conditional=True)
def refile_plan(caller: Caller, fields: _Fields, asked: Asked, plan: str) -> _Outcome:
    return _plan(plan_filings.refile_plan(house(), caller, plan, fields, asked))


_of_plan = Acts(door, _AT_PLAN, "plans", FiledPlanAnswer, plan_filings.plan_view)
_of_plan.offer("acknowledgement", "受理部门备案计划", plan_filings.acknowledge)
_of_plan.offer("return", "受理部门退回计划", plan_filings.send_plan_back, PlanReturnBody)
_of_plan.offer("evaluation", "受理部门评估计划的实施", plan_filings.evaluate, EvaluationBody)
_of_plan.offer("evaluation-correction", "受理部门更正自己的评估", plan_filings.correct_evaluation,
               EvaluationCorrectionBody)


@door.writes("/v1/classes", summary="申报培训班", body=ClassBody, answers=FiledClassAnswer,
             show=class_filings.class_view)
def file_class(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _class(class_filings.file_class(house(), caller, fields, asked))


@door.writes(f"{_AT_CLASS}/refiling", summary="变更后重新申报培训班", body=ClassBody, answers=FiledClassAnswer,
             show=class_filings.class_view, conditional=True)
def refile_class(caller: Caller, fields: _Fields, asked: Asked, training_class: str) -> _Outcome:
    return _class(class_filings.refile_class(house(), caller, training_class, fields, asked))


@door.writes(f"{_AT_CLASS}/acceptance", summary="备案培训班", body=AcceptanceBody, answers=FiledClassAnswer,
             show=class_filings.class_view, conditional=True)
def accept(caller: Caller, fields: _Fields, asked: Asked, training_class: str) -> _Outcome:
    return _class(class_filings.accept(house(), caller, training_class, fields, asked))


_of_class = Acts(door, _AT_CLASS, "classes", FiledClassAnswer, class_filings.class_view)
_of_class.offer("refusal", "不予备案培训班", class_filings.refuse, ClassRefusalBody)
_of_class.offer("holding", "登记举办情况：总结、名单、考勤", class_filings.hold, HoldingBody)


@door.writes("/v1/cards", summary="出具学时登记卡", body=CardBody, answers=IssuedCardAnswer,
             show=card_issuing.card_view)
def issue_card(caller: Caller, fields: _Fields, asked: Asked) -> _Outcome:
    return _told("cards", card_issuing.issue_card(house(), caller, fields, asked))


@door.writes("/v1/cards/<card:card>/voiding", summary="作废学时登记卡", body=Words, answers=IssuedCardAnswer,
             show=card_issuing.card_view, conditional=True)
def void_card(caller: Caller, fields: _Fields, asked: Asked, card: str) -> _Outcome:
    return _told("cards", card_issuing.void_card(house(), caller, card, fields, asked))
