"""A person's years in the console, and the way to somebody else's: for offices, by id and for a purpose.

What is shown is `api.words.year_page`'s view of what `api.cases.years` answers. `tests/api/test_page.py` shows it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request

from api.cases import events, workload, years
from api.cases.belonging import people
from api.cases.standing import acting
from api.console.form import Fault
from api.console.learning import certificates
from api.console.moment import ALL, asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import PURPOSES
from api.house import House
from api.words.year_page import basis_view, year_view
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from projections.basis import Axes


def find(asking: Asking) -> Shown:
    """For offices: whose year, and what for."""
    if asking.capacity.is_person:
        return onward(f"/persons/{asking.caller.id}/years")
    if isinstance(no := acting(asking.house, asking.caller), Refusal):
        return no
    person, purpose = request.args.get("person", "").strip(), request.args.get("purpose", "")
    if person.startswith(PREFIXES["person"]) and person.replace("_", "").isalnum():
        return onward(f"/persons/{person}/years?{urlencode({'purpose': purpose})}")
    faults = [Fault("person", "人员编号：应为 per_ 开头的 26 位编号。")] if "person" in request.args else []
    return Page("find.html", {"purposes": PURPOSES, "faults": faults, "typed": {"person": person, "purpose": purpose}},
                status=422 if faults else 200)


def newest(asking: Asking, person: str) -> Shown:
    """A person's newest year in which anything is registered."""
    return year(asking, person, None)


def year(asking: Asking, person: str, year: int | None) -> Shown:
    """A person's year."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(ALL, ("purpose",))
    purpose = moment.rest.get("purpose")
    shown = people.see(house, caller, person, purpose)
    if isinstance(shown, Refusal):
        return shown
    answer = _years(asking, person, moment.read(), year, purpose)
    if isinstance(answer, Refusal):
        return answer
    known = [one["year"] for one in answer["years"]]
    entered = [one["year"] for one in answer["years"] if one["entries"]]
    if year is None and known:
        year = (entered or known)[-1]
    common = {"person": person, "identity": shown[0]["identity"], "moment": moment,
              "basis": basis_view(answer["basis"]),
              "may_certify": moment.is_now and certificates.is_offered(asking, person)}
    if year is None or year not in known:
        return Page("empty.html", {**common, "year": year, "known": known}, answer, status=200 if year is None else 404)
    documents = {one.id: one.document for one in house.answers.rulebooks()}
    today = workload.counted_on(house, moment.asked["as_of"])
    running = _running(house, person, moment.read(), answer, today.year)
    view = year_view(answer, year, events=_events(house, answer, year), units=_units(house, answer),
                     documents=documents, today=today, beside=running)
    return Page("year.html", {**common, "view": view}, answer)


def _years(asking: Asking, person: str, axes: Axes, year: int | None, purpose: str | None) -> dict[str, Any] | Refusal:
    """Every year up to the last entry's, and the one that is asked for if it lies beyond."""
    answer = years.years(asking.house, asking.caller, person, axes, None, purpose)
    if isinstance(answer, Refusal) or year is None:
        return answer
    beyond = _beyond(asking.house, person, axes, answer, year)
    answer["years"] = sorted((*answer["years"], *beyond), key=lambda one: int(one["year"]))
    return answer


def _running(house: House, person: str, axes: Axes, answer: dict[str, Any], year: int) -> list[dict[str, Any]]:
    """The year that has days left, where it comes after every entry: it is the one that something can be done about."""
    return _beyond(house, person, axes, answer, year) if all(one["year"] < year for one in answer["years"]) else []


def _beyond(house: House, person: str, axes: Axes, answer: dict[str, Any], year: int) -> list[dict[str, Any]]:
    """A year that an answer does not hold, if somebody belonged anywhere in it."""
    if any(one["year"] == year for one in answer["years"]):
        return []
    found = years.answered(house, person, axes, year)
    return list(found["years"]) if isinstance(found, dict) else []


def _events(house: House, answer: dict[str, Any], year: int) -> dict[int, dict[str, Any]]:
    """The events that the entries of a year name, as they may be shown."""
    named = [position for one in answer["years"] if one["year"] == year for entry in one["entries"]
             for position in entry["events"]]
    found = (house.ledger.at(position) for position in named)
    return {one.position: events.event_view(one.position, one.envelope) for one in found if one is not None}


def _units(house: House, answer: dict[str, Any]) -> dict[str, str]:
    units = {one["unit"]: house.answers.unit(one["unit"]) for one in answer["affiliations"]}
    return {id_: unit.names[-1].name for id_, unit in units.items() if unit is not None}
