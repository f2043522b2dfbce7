"""Plans of trainings, filed: what is going to be held in a year, acknowledged, sent back, and judged afterwards (P 11).

A plan is filed on the day on which it comes in, never on one that somebody wrote down.
`tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.cases.belonging.ended import unit_ended
from api.cases.claiming.study import read_evidence
from api.cases.doing import Asked, Done, Reading
from api.cases.training.organising import Filed, answering, organising, sector_of
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.training import PlanId, PlanItem
from ledger.streams import training_plan as plans
from ledger.streams import training_plan_answers as plan_answers
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.unit import Unit
from ledger.vocabulary import UnitId
from policies.authority import Office, plan_recipients
from projections import trainings_reading as known


def file_plan(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report what is going to be held in a year, to whom the law says (P 11)."""
    plan = PlanId(house.new_id("plan"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        organiser = reading.unit(by.organisation)
        sector = sector_of(house, fields, organiser)
        command = plans.FilePlan(
            plan=plan, role=role, year=fields["year"], sector=sector, items=_items(fields), filed_on=house.today,
            recipients=tuple(one.role for one in _of_plan(house, organiser, sector)), evidence=read_evidence(fields),
        )
        reading.fresh(plan)
        return plans.decide_plan_filing(None, command, organiser, by)

    return organising(house, caller, asked, decide)


def refile_plan(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report it anew, mended or changed."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        command = plans.RefilePlan(
            role=role, items=_items(fields), filed_on=house.today, evidence=read_evidence(fields))
        return plans.decide_plan_refiling(plan_of(reading, plan), command, by)

    return organising(house, caller, asked, decide, upon=plan, show=plan_view)


def acknowledge(house: House, caller: Caller, plan: str, asked: Asked) -> Done | Refusal:
    """Put it on file for one recipient."""
    return _to_plan(house, caller, plan, asked, lambda found, role, by: plan_answers.decide_acknowledgement(
        found, plan_answers.AcknowledgePlan(role=role), by))


def send_plan_back(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Send it back to be mended."""
    return _to_plan(house, caller, plan, asked.because(fields), lambda found, role, by: plan_answers.decide_plan_return(
        found, plan_answers.ReturnPlan(role=role, words=fields["words"]), by))


def evaluate(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Judge how it was carried out, on what stands in the register of it (P 12)."""
    carried = _carried(house, plan)
    if isinstance(carried, Refusal):
        return carried
    return _to_plan(house, caller, plan, asked, lambda found, role, by: plan_answers.decide_evaluation(
        found, plan_answers.EvaluatePlan(
            role=role, on=house.today, grade=fields["grade"], classes_held=carried.classes_held,
            attended=carried.attended, words=fields["words"]), by))


def correct_evaluation(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put right how one's own office judged it, on a document, and on what stands in the register now."""
    carried = _carried(house, plan)
    if isinstance(carried, Refusal):
        return carried
    return _to_plan(house, caller, plan, asked, lambda found, role, by: plan_answers.decide_evaluation_correction(
        found, plan_answers.CorrectEvaluation(
            role=role, grade=fields["grade"], classes_held=carried.classes_held, attended=carried.attended,
            document=fields["document"], words=fields["words"]), _heir(house, found.judged_by(role)), by))


def _heir(house: House, office: UnitId | None) -> UnitId | None:
    """Who goes on with what an office had in hand: itself, what it went up in, or nobody."""
    ended = None if office is None else unit_ended(house, office, None)
    return office if ended is None else ended["unit"]


def _carried(house: House, plan: str) -> known.Carried | Refusal:
    """What came of a plan by now."""
    if (behind := house.settled()) is not None:
        return behind
    seen = known.plan(house.answers, plan)
    return known.Carried(0, 0, 0) if seen is None else seen.carried


def last_year(house: House, plan: plans.Plan) -> list[dict[str, Any]]:
    """How the plan of the year before was judged: what this year's filing rests on (P 12)."""
    house.settled()
    page = known.plans(house.answers, organiser=plan.organiser, year=plan.filed.year - 1)
    return [judged._asdict() for one in page.items for judged in one.evaluations]


def _to_plan(
    house: House, caller: Caller, plan: str, asked: Asked,
    decide_it: Callable[[plans.Plan, str, Actor], Decision],
) -> Done | Refusal:
    """Answer a plan as one of its recipients, at the level that the law names."""

    def offices(reading: Reading) -> Filed[plans.Plan] | Refusal:
        found = plan_of(reading, plan)
        if found is None:
            return Refusal.because("plan_absent")
        filed = found.filed
        named = plan_recipients(law_now(house.answers), filed.filed_on, filed.region, filed.sector)
        return found, found.matter, filed.recipients, named

    return answering(house, caller, asked, plan, offices, decide_it, plan_view)


def _of_plan(house: House, organiser: Unit | None, sector: str) -> tuple[Office, ...]:
    if organiser is None:
        return ()
    return plan_recipients(law_now(house.answers), house.today, organiser.seat_on(house.today).region, sector)


def _items(fields: dict[str, Any]) -> tuple[PlanItem, ...]:
    return tuple(
        PlanItem(number=one["number"], title=one["title"], route=one["route"], days_half=one["days"],
                 headcount=one["headcount"], level=one.get("level"), month=one.get("month"),
                 seeks_funding=one.get("seeks_funding", False))
        for one in fields["items"]
    )


def plan_of(reading: Reading, plan: str) -> plans.Plan | None:
    """Read a plan."""
    return reading.state(plan, plans.evolve)


def plan_view(plan: plans.Plan) -> dict[str, Any]:
    """A plan as it stands after a decision; what came of it is a question of its own."""
    filed = plan.filed
    return {
        "plan": plan.plan, "organiser": plan.organiser, "year": filed.year, "status": plan.status,
        "revision": plan.revision, "region": filed.region, "sector": filed.sector, "filed_on": filed.filed_on,
        "recipients": list(filed.recipients), "missing": list(plan.missing),
        "evaluated": [one.recipient for one in plan.evaluated], "items": len(filed.items),
    }
