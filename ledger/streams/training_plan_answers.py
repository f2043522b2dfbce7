"""What a recipient of a year's plan of trainings answers: acknowledged, sent back, evaluated, the evaluation put right.

Follows P 11 (who the plan is reported to) and P 12 (they evaluate how it was carried out). The plan itself and its
states: `ledger.streams.training_plan`.

Reading: P 12 has the carrying out (实施情况) of a plan judged, and next year's filing rest on that, and names no day
for either. Before the year begins nothing was carried out: refused. From its first day on it may be judged, since next
year's plan may be filed before this year has ended; what is held afterwards is a reason to put the evaluation right.
Reading: nobody acknowledges or evaluates the plan of their own organisation, and one hand answers for one recipient.

`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.training import (
    PlanAcknowledged,
    PlanEvaluated,
    PlanEvaluationCorrected,
    PlanReturned,
)
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.standing import Actor
from ledger.streams.training_hands import of_office
from ledger.streams.training_plan import Plan, Status
from ledger.vocabulary import UnitId

Grade = Literal["excellent", "qualified", "unqualified"]  # 优、合格、不合格: P 12 names no scale.


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
