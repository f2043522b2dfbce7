"""The lists of plans and classes: whose, of which year, how each stands, narrowed by the address.

What an organisation filed is public to whoever is logged in (`api.cases.training.trainings`).
`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import request

from api.cases import exports
from api.cases.standing import acting
from api.cases.training import trainings
from api.cases.training.organising import organisers_of
from api.console.claiming.claim import done_before, told_basis
from api.console.moment import Moment, asked_moment
from api.console.records import unit_name
from api.console.screen import Asking, Page, Shown
from api.console.training import training_forms
from api.console.training.training_deeds import CLASS_MARKS, PLAN_MARKS
from api.console.words import Mark
from api.paper.tables_out import Table
from api.whole import whole
from api.words.telling import funded, grades
from api.words.telling import role as role_name
from ledger.errors import Refusal
from policies.words import base_vocabulary

ROWS: Final = 25
_FILTERS: Final = ("status", "year", "own", "organiser", "plan", "seeks_funding", "after")


def classes(asking: Asking) -> Shown:
    """Every class, the last filed first."""
    return _list(asking, "classes", trainings.classes, exports.classes, CLASS_MARKS)


def plans(asking: Asking) -> Shown:
    """Every year's plan, the last filed first."""
    return _list(asking, "plans", trainings.plans, exports.plans, PLAN_MARKS)


def _list(asking: Asking, noun: str, ask: Any, table: Any, marks: Mapping[str, Mark]) -> Shown:
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=_FILTERS)
    position = moment.position(house)
    query = _query(asking, moment, marks, has_plan=noun == "classes")
    if request.path.endswith(".csv"):
        made: Table | Refusal = table(house, caller, query, as_of=position)
        return made if isinstance(made, Refusal) else Page(f"{noun}.html", table=made)
    wanted: dict[str, Any] = dict.fromkeys(
        ("organiser", "year", "status", "plan" if noun == "classes" else "seeks_funding"))
    after = moment.rest.get("after", "")
    page = ask(house, caller, **{**wanted, **query}, as_of=position, limit=ROWS, newest_first=True,
               after=None if (place := whole(after)) is None else (place,))
    if isinstance(page, Refusal):
        return page
    basis = house.answers.reflects(position)
    return Page(f"{noun}.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking),
        "rows": [{**one, "mark": marks[one["status"]], "organiser_words": unit_name(asking.house, one["organiser"]),
                  "missing_words": "、".join(map(role_name, one.get("missing", ()))),
                  "grade_words": grades(one.get("evaluations", ())), "last_words": grades(one.get("last_year", ())),
                  "funded": funded(one["items"]) if noun == "plans" else 0} for one in page.items],
        "marks": marks, "years": _years(asking, moment), "next": None if page.next is None else page.next[0],
        "vocabulary": base_vocabulary(), "has_organisation": not asking.capacity.is_person,
        "may_file": moment.is_now and training_forms.why_not_file(asking, noun) is None,
    }, {"items": list(page.items), **basis})


def _query(asking: Asking, moment: Moment, marks: Mapping[str, Mark], *, has_plan: bool) -> dict[str, Any]:
    """What the address narrows a list to; what is no such value narrows nothing."""
    rest = moment.rest
    found: dict[str, Any] = {}
    if rest.get("status") in marks:
        found["status"] = rest["status"]
    if (year := rest.get("year", "")).isascii() and year.isdecimal() and len(year) == 4:
        found["year"] = int(year)
    if rest.get("organiser"):
        found["organiser"] = rest["organiser"]
    if has_plan and rest.get("plan"):
        found["plan"] = rest["plan"]
    if not has_plan and rest.get("seeks_funding"):
        found["seeks_funding"] = True
    if rest.get("own") and (own := organisers(asking)):
        found["organiser"] = own
    return found


def organisers(asking: Asking) -> tuple[str, ...]:
    """For whom somebody organises."""
    actor = acting(asking.house, asking.caller)
    return () if isinstance(actor, Refusal) else organisers_of(actor)


def _years(asking: Asking, moment: Moment) -> list[str]:
    this = asking.house.today.year
    near = [str(year) for year in range(this + 1, this - 3, -1)]
    chosen = moment.rest.get("year")
    return near if chosen is None or chosen in near else [*near, chosen]
