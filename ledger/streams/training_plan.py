"""A year's plan of trainings (年度培训项目计划): filed by its organiser, acknowledged by each recipient, evaluated.

    filed         → filed (anew, or acknowledged by one), acknowledged (by the last), returned
    returned      → filed (anew)
    acknowledged  → filed (anew), evaluated
    evaluated     → evaluated (by another recipient, or put right by the same)

Follows P 11 (the plan is reported to the human resources department and the sector's department of the same level) and
P 12 (they evaluate how it was carried out, and next year's filing rests on that). Who the recipients are comes in with
the filing, since the law of the place says so; a recipient is named after the role that acknowledges.

Reading: a plan is on file when every recipient has acknowledged it; what is missing is what stands in `missing`. A plan
that is changed is filed anew and acknowledged anew, until somebody has evaluated it.
Reading: an item of any route may say that public money is sought for it. P 12 names 高研班 alone as what is funded, and
forbids nothing; who gets money is decided elsewhere, on what P 12 has the office see: how the last plan was judged.

What the recipients answer is decided in `ledger.streams.training_plan_answers`.
`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft, Hand
from ledger.events.study import Evidence
from ledger.events.training import (
    PlanAcknowledged,
    PlanEvaluated,
    PlanEvaluationCorrected,
    PlanEvent,
    PlanFiled,
    PlanId,
    PlanItem,
    PlanReturned,
)
from ledger.streams.decision import Beheaded, Command, Decision, State
from ledger.streams.standing import Actor, Matter
from ledger.streams.training_hands import of_organiser
from ledger.streams.unit import Unit, unfit
from ledger.vocabulary import Category, UnitId


class Status(StrEnum):
    """Where a plan is in life."""

    FILED = "filed"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    EVALUATED = "evaluated"


class Answer(NamedTuple):
    """A recipient's acknowledgement or evaluation: in which role, by whose hand, of which office, and how it judged."""

    recipient: str
    hand: Hand | None = None
    office: UnitId | None = None
    grade: str | None = None


class Plan(State):
    """A plan as it stands: as it was last filed, and what its recipients said of that."""

    filed: PlanFiled
    status: Status = Status.FILED
    revision: int = 1
    acknowledged: tuple[Answer, ...] = ()
    evaluated: tuple[Answer, ...] = ()

    @property
    def plan(self) -> PlanId:
        """Name the plan."""
        return self.filed.plan

    @property
    def organiser(self) -> UnitId:
        """Name whose plan it is."""
        return self.filed.organiser

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the recipients that have not acknowledged it."""
        done = {one.recipient for one in self.acknowledged}
        return tuple(one for one in self.filed.recipients if one not in done)

    @property
    def matter(self) -> Matter:
        """Take the plan as the matter of an act: professional subjects, where its organiser sits (P 11)."""
        return Matter(self.filed.region, self.filed.sector, Category.PROFESSIONAL.value, self.organiser)

    def judged_by(self, recipient: str) -> UnitId | None:
        """Name the office that judged it as this recipient; None while none has."""
        return next((one.office for one in self.evaluated if one.recipient == recipient), None)

    def foresees(self, item: int | None) -> bool:
        """Say whether one of its items has this number."""
        return any(one.number == item for one in self.filed.items)


class FilePlan(Command):
    """Report what is going to be held in a year."""

    plan: PlanId
    role: str
    year: int
    sector: str
    recipients: tuple[str, ...]
    items: tuple[PlanItem, ...]
    filed_on: date
    evidence: tuple[Evidence, ...] = ()


class RefilePlan(Command):
    """Report it anew, mended or changed."""

    role: str
    items: tuple[PlanItem, ...]
    filed_on: date
    evidence: tuple[Evidence, ...] = ()


def decide_plan_filing(plan: Plan | None, command: FilePlan, organiser: Unit | None, by: Actor) -> Decision:
    """File a year's plan. That there is one a year is the reserved name's to keep."""
    if plan is not None:
        return Refusal.because("plan_exists", plan=plan.plan)
    if organiser is None:
        return Refusal.because("unit_absent")
    if no := of_organiser(organiser.unit, command.role, by) or unfit(organiser):
        return no
    if not command.recipients or len(set(command.recipients)) != len(command.recipients):
        return Refusal.because("recipients_unfit", recipients=command.recipients)
    if no := _unreadable(command.items):
        return no
    filed = PlanFiled(
        plan=command.plan,
        organiser=organiser.unit,
        year=command.year,
        region=organiser.seat_on(command.filed_on).region,
        sector=command.sector,
        recipients=command.recipients,
        items=command.items,
        filed_on=command.filed_on,
        hand=by.hand,
        evidence=command.evidence,
    )
    return (Draft(filed),)


def decide_plan_refiling(plan: Plan | None, command: RefilePlan, by: Actor) -> Decision:
    """File it anew: whoever had acknowledged it does so again."""
    if plan is None:
        return Refusal.because("plan_absent")
    if no := of_organiser(plan.organiser, command.role, by):
        return no
    if plan.status is Status.EVALUATED:
        return Refusal.because("plan_evaluated", plan=plan.plan)
    if no := _unreadable(command.items):
        return no
    filed = replace(
        plan.filed, items=command.items, filed_on=command.filed_on, hand=by.hand, evidence=command.evidence
    )
    return (Draft(filed),)


def _unreadable(items: tuple[PlanItem, ...]) -> Refusal | None:
    """Say why nobody could refer to these items."""
    numbers = [one.number for one in items]
    if not numbers or len(set(numbers)) != len(numbers):
        return Refusal.because("items_unfit", numbers=numbers)
    return None


def evolve(plan: Plan | None, event: PlanEvent) -> Plan:
    """Accept what happened."""
    if isinstance(event, PlanFiled):
        return Plan(event, revision=1 if plan is None else plan.revision + 1)
    if plan is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](plan, event)


def _acknowledged(plan: Plan, event: PlanAcknowledged) -> Plan:
    known = replace(plan, acknowledged=(*plan.acknowledged, Answer(event.recipient, event.hand)))
    return known if known.missing else replace(known, status=Status.ACKNOWLEDGED)


def _evaluated(plan: Plan, event: PlanEvaluated) -> Plan:
    answer = Answer(event.recipient, office=event.office, grade=event.grade)
    return replace(plan, status=Status.EVALUATED, evaluated=(*plan.evaluated, answer))


def _put_right(plan: Plan, event: PlanEvaluationCorrected) -> Plan:
    return replace(plan, evaluated=tuple(
        one._replace(grade=event.grade) if one.recipient == event.recipient else one for one in plan.evaluated))


_EVOLVE: Final[dict[type[PlanEvent], Callable[[Plan, Any], Plan]]] = {
    PlanAcknowledged: _acknowledged,
    PlanReturned: lambda plan, event: replace(plan, status=Status.RETURNED),
    PlanEvaluated: _evaluated,
    PlanEvaluationCorrected: _put_right,
}
