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
Reading: P 12 has the carrying out (实施情况) of a plan judged, and next year's filing rest on that, and names no day
for either. Before the year begins nothing was carried out: refused. From its first day on it may be judged, since next
year's plan may be filed before this year has ended; what is held afterwards is a reason to put the evaluation right.
Reading: nobody acknowledges or evaluates the plan of their own organisation, and one hand answers for one recipient.

`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

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
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.standing import Actor, Matter, speaks_for, standing
from ledger.streams.unit import Unit, unfit
from ledger.vocabulary import Category, UnitId

Grade = Literal["excellent", "qualified", "unqualified"]  # 优、合格、不合格: P 12 names no scale.


class Status(StrEnum):
    """Where a plan is in life."""

    FILED = "filed"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    EVALUATED = "evaluated"


class Answer(NamedTuple):
    """A recipient's acknowledgement or evaluation: in which role, by whose hand, of which office."""

    recipient: str
    hand: Hand | None = None
    office: UnitId | None = None


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


class AcknowledgePlan(Command):
    """Put it on file for one recipient."""

    role: str


class ReturnPlan(Command):
    """Send it back to be mended."""

    role: str
    words: str


class EvaluatePlan(Command):
    """Judge how it was carried out, on what was seen of it by that day."""

    role: str
    on: date
    grade: Grade
    classes_held: int
    attended: int
    words: str


class CorrectEvaluation(Command):
    """Put right how one judged it, on a document."""

    role: str
    grade: Grade
    classes_held: int
    attended: int
    document: str
    words: str


def of_organiser(organiser: UnitId, role: str, by: Actor) -> Refusal | None:
    """Say why this hand does not speak for the organiser. Its region and sector are not asked: it is their own.

    Whoever goes on with what a unit had in hand that is no more speaks for it, too (`ledger.streams.succession`).
    """
    if no := standing(by, role):
        return no
    if not speaks_for(by, organiser, role):
        return Refusal.because("not_the_organiser", organiser=organiser, organisation=by.organisation)
    return None


def of_office(matter: Matter, role: str, by: Actor) -> Refusal | None:
    """Say why this hand may not answer an organiser for an office: without standing, or of the organiser itself."""
    if no := standing(by, role, matter):
        return no
    if by.organisation == matter.unit:
        return Refusal.because("own_training", organisation=by.organisation)
    return None


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


def decide_acknowledgement(plan: Plan | None, command: AcknowledgePlan, by: Actor) -> Decision:
    """Acknowledge once for a recipient, by a hand that neither filed nor acknowledged it for another."""
    open_to = _answerable(plan, command.role, by)
    if isinstance(open_to, Refusal):
        return open_to
    if open_to.status is not Status.FILED:
        return Refusal.because("plan_not_open", status=open_to.status)
    if command.role not in open_to.missing:
        return Refusal.because("already_acknowledged", recipient=command.role)
    hands = (open_to.filed.hand, *(one.hand for one in open_to.acknowledged))
    if any(hand is not None and by.is_same_hand(hand) for hand in hands):
        return Refusal.because("same_hand", actor=by.actor)
    acknowledged = PlanAcknowledged(
        plan=open_to.plan, organiser=open_to.organiser, recipient=command.role, office=by.organisation, hand=by.hand
    )
    return (Draft(acknowledged),)


def decide_plan_return(plan: Plan | None, command: ReturnPlan, by: Actor) -> Decision:
    """Return what is not on file yet, saying what to mend."""
    open_to = _answerable(plan, command.role, by)
    if isinstance(open_to, Refusal):
        return open_to
    if open_to.status is not Status.FILED:
        return Refusal.because("plan_not_open", status=open_to.status)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    returned = PlanReturned(
        plan=open_to.plan, organiser=open_to.organiser, recipient=command.role, office=by.organisation
    )
    return (Draft(returned, words),)


def decide_evaluation(plan: Plan | None, command: EvaluatePlan, by: Actor) -> Decision:
    """Evaluate once for a recipient what is on file, with words for the organiser."""
    on_file = _answerable(plan, command.role, by)
    if isinstance(on_file, Refusal):
        return on_file
    if on_file.status not in (Status.ACKNOWLEDGED, Status.EVALUATED):
        return Refusal.because("plan_not_on_file", status=on_file.status, missing=on_file.missing)
    if on_file.judged_by(command.role) is not None:
        return Refusal.because("already_evaluated", recipient=command.role)
    if command.on.year < on_file.filed.year:  # P 12: 计划实施情况; of a year to come there is none.
        return Refusal.because("plan_year_to_come", year=on_file.filed.year)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    evaluated = PlanEvaluated(
        plan=on_file.plan,
        organiser=on_file.organiser,
        recipient=command.role,
        office=by.organisation,
        grade=command.grade,
        classes_held=command.classes_held,
        attended=command.attended,
    )
    return (Draft(evaluated, words),)


def decide_evaluation_correction(
    plan: Plan | None, command: CorrectEvaluation, heir: UnitId | None, by: Actor
) -> Decision:
    """Put right what an office said itself, with the reason for the organiser; what it said first stays.

    `heir`: who goes on with what that office had in hand, most often itself; None where nobody does, and then any
    office that is this recipient may.
    """
    judged = _answerable(plan, command.role, by)
    if isinstance(judged, Refusal):
        return judged
    if judged.judged_by(command.role) is None:
        return Refusal.because("not_evaluated", recipient=command.role)
    if heir is not None and by.organisation != heir:
        return Refusal.because("evaluation_of_another", office=heir)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    corrected = PlanEvaluationCorrected(
        plan=judged.plan,
        organiser=judged.organiser,
        recipient=command.role,
        office=by.organisation,
        grade=command.grade,
        classes_held=command.classes_held,
        attended=command.attended,
        document=command.document,
    )
    return (Draft(corrected, words),)


def _answerable(plan: Plan | None, role: str, by: Actor) -> Plan | Refusal:
    """Give a plan that this hand may answer for the recipient that it is, or say why not."""
    if plan is None:
        return Refusal.because("plan_absent")
    if no := of_office(plan.matter, role, by):
        return no
    if role not in plan.filed.recipients:
        return Refusal.because("not_a_recipient", role=role, recipients=plan.filed.recipients)
    return plan


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
    answer = Answer(event.recipient, office=event.office)
    return replace(plan, status=Status.EVALUATED, evaluated=(*plan.evaluated, answer))


_EVOLVE: Final[dict[type[PlanEvent], Callable[[Plan, Any], Plan]]] = {
    PlanAcknowledged: _acknowledged,
    PlanReturned: lambda plan, event: replace(plan, status=Status.RETURNED),
    PlanEvaluated: _evaluated,
    PlanEvaluationCorrected: lambda plan, event: plan,  # Who judged it is the same; how, the projections tell.
}
