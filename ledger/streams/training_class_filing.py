"""A class (培训班) is filed: what its organiser reports of it before it begins, once and anew where it changes.

Follows N 3 and N 7 (what is not put on file counts nothing, in general 30 days before the start), W 13, W 14. How long
before the start a class was filed is a fact; what that does to its hours is law, so a late filing is taken like any
other (AMB-24). The class and its states: `ledger.streams.training_class`.

Reading: a class that is changed after it was filed is filed anew, and the day on which that happened is the one that
counts; what was accepted before was another class (D06).

`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.study import Evidence
from ledger.events.training import (
    ClassFiled,
    ClassId,
    Lesson,
    PlanId,
)
from ledger.streams.decision import Command, Decision
from ledger.streams.standing import OF_A_UNIT, Actor, speaks_for
from ledger.streams.training_class import Status, TrainingClass, impossible
from ledger.streams.training_hands import of_organiser
from ledger.streams.training_plan import Plan
from ledger.streams.unit import Unit, unfit
from ledger.vocabulary import Category, UnitId

DEPARTMENT: Final = "department"


class Programme(Command):
    """What a class is going to be (办班计划), as its organiser reports it."""

    title: str
    category: Category
    route: str
    sector: str
    lessons: tuple[Lesson, ...]
    starts: date
    ends: date
    days_half: int
    headcount: int
    level: str | None = None
    recipient: str | None = None
    room: int | None = None
    location: str | None = None
    plan: PlanId | None = None
    item: int | None = None
    approval: str | None = None


class FileClass(Command):
    """Report a class."""

    training_class: ClassId
    role: str
    programme: Programme
    filed_on: date
    evidence: tuple[Evidence, ...] = ()


class RefileClass(Command):
    """Report it anew, changed."""

    role: str
    programme: Programme
    filed_on: date
    evidence: tuple[Evidence, ...] = ()


def decide_class_filing(
    known: TrainingClass | None, command: FileClass, organiser: Unit | None, plan: Plan | None, by: Actor
) -> Decision:
    """File a class, early or late, within a plan of the organiser's or outside any (D06)."""
    if known is not None:
        return Refusal.because("class_exists", training_class=known.training_class)
    if organiser is None:
        return Refusal.because("unit_absent")
    if no := of_organiser(organiser.unit, command.role, by):
        return no
    return _filing(command.training_class, organiser.unit, command, organiser, plan, by)


def decide_class_refiling(
    known: TrainingClass | None, command: RefileClass, organiser: Unit | None, plan: Plan | None, by: Actor
) -> Decision:
    """File it anew until it is held; what was accepted of it before is accepted anew.

    `organiser`: whoever holds it now, which is the one that its organiser went up in where that is no more.
    """
    if known is None:
        return Refusal.because("class_absent")
    if organiser is None:
        return Refusal.because("unit_absent")
    if no := of_organiser(known.organiser, command.role, by):
        return no
    if known.status in (Status.REFUSED, Status.HELD):
        return Refusal.because("class_not_open", status=known.status)
    return _filing(known.training_class, known.organiser, command, organiser, plan, by)


def _filing(
    name: ClassId, whose: UnitId, command: FileClass | RefileClass, organiser: Unit, plan: Plan | None, by: Actor
) -> Decision:
    """Write down what the organiser reports, if it can be read."""
    programme = command.programme
    if no := unfit(organiser):
        return no
    if programme.recipient is None and DEPARTMENT not in organiser.kinds:
        return Refusal.because("recipients_unfit", recipients=())
    if programme.plan is not None and (
        plan is None or not _is_theirs(plan, whose, by) or not plan.foresees(programme.item)
    ):
        return Refusal.because("item_absent", plan=programme.plan, item=programme.item)
    if not programme.lessons:
        return Refusal.because("lessons_missing")
    if no := impossible(programme.starts, programme.ends, programme.days_half):
        return no
    fields = {field: getattr(programme, field) for field in Programme.__struct_fields__}
    filed = ClassFiled(
        training_class=name,
        organiser=whose,
        organiser_name=organiser.name_on(command.filed_on),
        region=organiser.seat_on(command.filed_on).region,
        filed_on=command.filed_on,
        hand=by.hand,
        evidence=command.evidence,
        **fields,
    )
    return (Draft(filed),)


def _is_theirs(plan: Plan, organiser: UnitId, by: Actor) -> bool:
    """Whether a plan is the organiser's, or of one that is no more and whose plans this hand carries out."""
    return plan.organiser == organiser or any(speaks_for(by, plan.organiser, role) for role in OF_A_UNIT)
