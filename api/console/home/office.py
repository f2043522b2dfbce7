"""The workbench of an office: what waits for it and for how long; and that of the three who decide upon nobody.

`tests/console/test_home.py` shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from flask import request

from api.cases import workload
from api.cases.claiming import queue
from api.cases.learning import exam_waits
from api.cases.standing import HUMAN_RESOURCES, SUPERVISOR
from api.cases.training import plan_waits, roster_waits
from api.console import status, words
from api.console.home.beginnings import ON_THE_SERVER, STEPS, steps_of
from api.console.investigating.findings import investigating
from api.console.law import proposals, replays, rules
from api.console.moment import Moment, asked_moment
from api.console.records import named_units, unit_name
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.errors import Refusal
from policies.words import base_vocabulary
from projections.basis import written_time
from projections.wanted import Waiting
from projections.workload import Load, days_waited

LOADS_MOST: Final = 50
"""So many lines of what waits where are shown, those that have waited longest; all of them stand in the JSON."""

_WATCHING: Final = (HUMAN_RESOURCES, SUPERVISOR)
_PLACE: Final = re.compile("[0-9]{2}([0-9]{2}){0,2}")
T = TypeVar("T")


def separated(asking: Asking, moment: Moment, common: dict[str, Any]) -> Page:
    """The three who decide upon nobody: whether the register holds, and what each of them does."""
    role = str(asking.capacity.role)
    is_one = moment.is_now and asking.capacity.role is not None
    return Page("home_office.html", {
        **common, "loads": [], "kinds": [], "waiting": 0, "more": False,
        "amiss": status.amiss(asking.house) if is_one else None, "steps": STEPS.get(role, ()) if is_one else (),
        "commands": ON_THE_SERVER.get(role, ()) if is_one else (),
    }, common["basis"])


def office(asking: Asking, moment: Moment, position: int, common: dict[str, Any]) -> Shown:
    """What waits for an office, where and since when; and where it begins of its own accord."""
    house, caller, role = asking.house, asking.caller, asking.capacity.role
    found = queue.waiting(house, caller, role, as_of=position)
    if isinstance(found, Refusal):
        return found
    place = asked_moment(rest=("region",))  # Of what waits where alone: everything else here is of all that is one's.
    within = place.rest.get("region", "")
    within = within if _PLACE.fullmatch(within) else ""
    loads = workload.offices(house, caller, within, moment.asked["as_of"])
    if isinstance(loads, Refusal):
        return loads
    day = workload.counted_on(house, moment.asked["as_of"])
    rosters, more_rosters = _or_none(roster_waits.waiting(house, caller, role, as_of=position))
    exams, more_exams = _or_none(exam_waits.waiting(house, caller, role, as_of=position))
    ended = plan_waits.waiting(house, caller, role, as_of=position) if moment.is_now else ([], False)
    plans, more_plans = _or_none(ended)
    waits = _waits(found.items)
    lines, more_lines = _lines(house, loads, role)
    sat, unevaluated = [_sat(one, day) for one in exams], [_plan(house, one, day) for one in plans]
    return Page("home_office.html", {
        **common, **_beside(asking, moment, position, day),
        "waiting": len(found.items), "more": found.next is not None, "kinds": waits,
        "ages": _ages([days_waited(one.since_at, day) for one in found.items]),
        "own": sum(one.holder == caller.id for one in found.items),
        "oldest_since": written_time(found.items[0].since_at)[:10] if found.items else "",
        "loads": lines[:LOADS_MOST], "more_loads": more_lines, "watches": role in _WATCHING,
        "place": place, "within": within, "within_words": region(within) if within else "",
        "rosters": [_roster(house, one, day) for one in rosters], "more_rosters": more_rosters,
        "plans": unevaluated, "more_plans": more_plans, "sat": sat, "more_sat": more_exams,
    }, {"waiting": len(found.items), "kinds": waits, "loads": lines, "exams": sat, "plans": unevaluated,
        "rosters": [{"training_class": one.one.training_class, "since": written_time(one.one.since_at),
                     "is_ours": one.is_ours, "roles": [each.role for each in one.offices]} for one in rosters],
        **common["basis"]})


def _or_none(found: tuple[list[T], bool] | Refusal) -> tuple[list[T], bool]:
    """What waits and whether there is more; nothing for an office that has no part in it."""
    return ([], False) if isinstance(found, Refusal) else found


def _beside(asking: Asking, moment: Moment, position: int, day: date) -> dict[str, Any]:
    """What an office looks at beside its queue: law that is proposed; of today alone what was found, and what to do."""
    role, watches_now = asking.capacity.role, asking.capacity.role == SUPERVISOR and moment.is_now
    proposed = rules.proposed(asking, moment, position) or []
    return {
        "steps": steps_of(asking, role) if moment.is_now else (),
        "looks": investigating(asking, position) if watches_now else None,
        "amiss": status.amiss(asking.house) if watches_now else None,
        "replays": replays.latest(asking) if moment.is_now else None,
        "proposed": [one for one in proposed if one["status"] == "open"],
        "turned_down": proposals.turned_down(proposed, day),
    }


def _waits(items: Sequence[Waiting]) -> list[dict[str, Any]]:
    """How many of each kind wait, the most first."""
    kinds = Counter(one.kind for one in items)
    return [{"code": code, "words": words.KINDS.get(code, code), "many": many} for code, many in kinds.most_common()]


def _ages(days: Sequence[int]) -> dict[str, int]:
    """How many have waited how long."""
    return {"old": sum(one > 10 for one in days), "some": sum(3 < one <= 10 for one in days),
            "new": sum(one <= 3 for one in days), "oldest": max(days, default=0)}


def _lines(house: House, loads: workload.Loads, role: str | None) -> tuple[list[dict[str, Any]], int]:
    """What waits where, and how many lines of it a page leaves out; an office that watches sees every role's."""
    listed = [one for one in loads.items if role in _WATCHING or one.role == role]
    shown = listed if request.path.endswith(".json") else listed[:LOADS_MOST]
    called = named_units(house, [one.unit for one in shown])
    return [_load(one, called, loads.counted_on) for one in shown], max(0, len(listed) - LOADS_MOST)


def _load(one: Load, called: Mapping[str, str], day: date) -> dict[str, Any]:
    return {**workload.load_told(one, day), "role_words": role_name(one.role),
            "unit_words": "" if one.unit is None else called[one.unit],
            "kind_words": words.KINDS.get(one.kind, one.kind), "region_words": region(one.region),
            "sector_words": base_vocabulary().sectors.get(one.sector, one.sector)}


def _roster(house: House, one: roster_waits.Waits, day: date) -> dict[str, Any]:
    """A class whose list waits to be registered, and by which words of which document."""
    names = dict.fromkeys(role_name(each.role) for each in one.offices)
    basis = {each.rulebook: each.article for each in one.offices}
    documents = {book.id: book.document for book in house.answers.rulebooks()}
    return {
        "address": f"/classes/{one.one.training_class}", "title": one.title, "organiser": one.organiser_name,
        "is_ours": one.is_ours, "is_own_hand": one.is_own_hand, "is_own": one.is_own,
        "is_brought": one.is_brought, "returned": one.returned, "who": "、".join(names) or "登记部门",
        "since": written_time(one.one.since_at)[:10],
        "days": days_waited(one.one.since_at, day),
        "basis": "；".join(f"{documents.get(book, book)} {article}" for book, article in basis.items()),
    }


def _plan(house: House, one: plan_waits.Waits, day: date) -> dict[str, Any]:
    """A plan whose year has ended and which was not evaluated, since when."""
    return {"plan": one.plan.plan, "year": one.plan.year, "organiser": unit_name(house, one.plan.organiser),
            "seeks": sum(item.seeks_funding for item in one.plan.filed.items),
            "since": one.since.isoformat(), "days": (day - one.since).days}


def _sat(one: exam_waits.Waits, day: date) -> dict[str, Any]:
    """A session whose day has passed: of how many there is no result, since when."""
    exam = one.exam
    return {"exam": exam.exam, "words": f"{exam.day} {exam.starts} {exam.place}", "booked": exam.taken,
            "without_result": one.without_result, "since": exam.day,
            "days": (day - date.fromisoformat(exam.day)).days}
