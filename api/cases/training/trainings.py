"""Trainings, asked about: plans and classes, which an organisation made public, by whoever is logged in.

What was said of one to its organiser is for that organiser and for the offices it was filed with. Cards, which are a
person's, stand in `api.cases.training.cards`. `tests/api/test_http_trainings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.cases import reasons
from api.cases.belonging.ended import unit_ended
from api.cases.standing import acting, logged_in, looking, may_see
from api.cases.training import training_files
from api.cases.training.organising import organisers_of
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.study import Evidence
from ledger.ids import kind_of
from ledger.streams.standing import Matter
from ledger.vocabulary import Category, UnitId, format_hours
from projections import trainings_reading as _trainings
from projections.basis import Axes
from projections.filings import duties_under
from projections.pages import Page
from projections.trainings_reading import Plan, TrainingClass, Whose

_After = tuple[Any, ...] | None


def plan(house: House, caller: Caller, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """A plan, who has not acknowledged it, and which of its papers are here."""
    if no := logged_in(house, caller):
        return no
    found = _trainings.plan(house.answers, name, as_of=as_of)
    if found is None:
        return Refusal.because("plan_absent")
    shown = dict.fromkeys(one.sha256 for one in found.filed.evidence)
    files = training_files.here(house, caller, found.organiser, _matter(found), shown)
    return {**plan_view(found), "unit_ended": unit_ended(house, found.organiser, as_of), "files": files,
            "said": said(house, caller, name, as_of=as_of),
            "reason": reasons.at(house, found.events[-1], found.filed.region, found.filed.sector)}


def plans(
    house: House, caller: Caller, *, organiser: Whose, year: int | None, status: str | None,
    seeks_funding: bool | None, as_of: int, after: _After, limit: int, newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Plans in the order in which they were filed, or in the other."""
    if no := logged_in(house, caller):
        return no
    page = _trainings.plans(
        house.answers, organiser=organiser, year=year, status=status, seeks_funding=seeks_funding, as_of=as_of,
        after=after, limit=limit, newest_first=newest_first)
    return page.of([plan_view(one) for one in page.items])


def training_class(house: House, caller: Caller, name: str, axes: Axes) -> dict[str, Any] | Refusal:
    """A class, what the law of the axes demands of its filing, and which papers of it lack (W 13)."""
    if no := logged_in(house, caller):
        return no
    if axes.as_of is None and (behind := house.settled()) is not None:
        return behind
    found = _trainings.training_class(house.answers, name, as_of=house.answers.settle(axes))
    if found is None:
        return Refusal.because("class_absent")
    duties, papers, basis = duties_under(house.answers, found, axes)
    is_over = found.status == "held" and found.list_returned is None  # What was sent back once came anew.
    why = None if is_over else reasons.at(house, found.events[-1], found.filed.region, found.filed.sector)
    told = said(house, caller, name, as_of=basis.as_of)
    shown = dict.fromkeys(one.sha256 for part in (found.filed, found.held) if part is not None for one in part.evidence)
    files = training_files.here(house, caller, found.organiser, matter_of_class(found), shown)
    return {**class_view(found), "unit_ended": unit_ended(house, found.organiser, basis.as_of), "files": files,
            "said": told, "reason": why,
            "duties": [one._asdict() for one in duties], "papers": [one._asdict() for one in papers],
            "basis": basis.as_json()}


def classes(
    house: House, caller: Caller, *, organiser: Whose, plan: str | None, year: int | None, status: str | None,
    as_of: int, after: _After, limit: int, newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Classes in the order in which they were filed, or in the other."""
    if no := logged_in(house, caller):
        return no
    page = _trainings.classes(
        house.answers, organiser=organiser, plan=plan, year=year, status=status, as_of=as_of, after=after,
        limit=limit, newest_first=newest_first)
    return page.of([class_view(one) for one in page.items])


def said(house: House, caller: Caller, name: str, *, as_of: int) -> list[dict[str, Any]]:
    """What an organiser was told of its plan or class: for its own people and for the offices it was filed with."""
    see = _trainings.plan if kind_of(name) == "plan" else _trainings.training_class
    found = see(house.answers, name, as_of=as_of)
    actor = acting(house, caller)
    if found is None or isinstance(actor, Refusal):
        return []
    if found.organiser not in organisers_of(actor) and may_see(actor, _matter(found)) is not None:
        return []
    told = reasons.said(house, name, found.filed.region, found.filed.sector)
    return [one for one in told if one["event"] <= as_of]


def _matter(found: Plan | TrainingClass) -> Matter:
    if isinstance(found, TrainingClass):
        return matter_of_class(found)
    return Matter(found.filed.region, found.filed.sector, Category.PROFESSIONAL.value, UnitId(found.organiser))


def matter_of_class(held: TrainingClass) -> Matter:
    """Take a class as the matter of an act: whoever it was filed with may look at its list."""
    return Matter(held.filed.region, held.filed.sector, held.filed.category.value, held.filed.organiser)


def may_see_people(house: House, caller: Caller, name: str) -> Refusal | None:
    """Say why somebody may not look at who was at a class; nobody is seen by asking that."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    held = _trainings.training_class(house.answers, name)
    return Refusal.because("class_absent") if held is None else may_see(asking, matter_of_class(held))


# How they are shown


def plan_view(one: Plan) -> dict[str, Any]:
    """A plan, with what came of it and what it rests on."""
    filed = one.filed
    return {
        "plan": one.plan,
        "organiser": one.organiser,
        "year": one.year,
        "status": one.status,
        "version": len(one.events),
        "revision": one.revision,
        "region": filed.region,
        "sector": filed.sector,
        "filed_on": filed.filed_on,
        "recipients": list(filed.recipients),
        "acknowledged": [each._asdict() for each in one.acknowledged],
        "missing": list(one.missing),
        "items": [
            {"number": item.number, "title": item.title, "route": item.route, "level": item.level,
             "days": days_of(item.days_half), "headcount": item.headcount, "month": item.month,
             "seeks_funding": item.seeks_funding}
            for item in filed.items
        ],
        "carried": one.carried._asdict(),
        "evaluations": [each._asdict() for each in one.evaluations],
        "corrected": [each._asdict() for each in one.corrected],
        "last_year": [each._asdict() for each in one.last_year],
        "evidence": _evidence(filed.evidence),
        "events": list(one.events),
    }


def class_view(one: TrainingClass) -> dict[str, Any]:
    """A class as it was filed and as it was held."""
    filed, held = one.filed, one.held
    return {
        "training_class": one.training_class,
        "organiser": one.organiser,
        "organiser_name": filed.organiser_name,
        "title": filed.title,
        "status": one.status,
        "version": len(one.events) + sum(len(each.events) for each in one.rosters),
        "revision": one.revision,
        "category": filed.category,
        "route": filed.route,
        "level": filed.level,
        "region": filed.region,
        "sector": filed.sector,
        "lessons": [{"title": each.title, "hours": format_hours(each.hours_centi)} for each in filed.lessons],
        "starts": filed.starts,
        "ends": filed.ends,
        "days": days_of(filed.days_half),
        "headcount": filed.headcount,
        "room": filed.room,
        "location": filed.location,
        "filed_on": filed.filed_on,
        "recorded_on": one.recorded_on,
        "lead_days": one.lead_days,
        "recipient": filed.recipient,
        "number": one.number,
        "office": one.office,
        "plan": filed.plan,
        "item": filed.item,
        "approval": filed.approval,
        "evidence": _evidence(filed.evidence),
        "held": None if held is None else {
            "starts": held.starts, "ends": held.ends, "days": days_of(held.days_half), "attended": held.attended,
            "passed": held.passed, "evidence": _evidence(held.evidence),
        },
        "list_returned": one.list_returned,
        "rosters": [each._asdict() for each in one.rosters],
        "cards": one.cards,
        "events": list(one.events),
    }


def days_of(half: int) -> str:
    """Half days, as days are written."""
    return format_hours(half * 50)


def _evidence(papers: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on} for one in papers]
