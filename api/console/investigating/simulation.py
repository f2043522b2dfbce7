"""What would be without the entries of a case, as a page: how many fall below, before and after, who, and what rests on
them; the same as data and as a file (P 16, N 10).

Nothing is decided here. `tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from api.cases.investigating import without
from api.console.moment import ALL, Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.titles import titles
from api.console.words import Mark
from api.console.words import documents as documents_of
from api.routes.schemas.simulations import SimulationQuery
from api.routes.sent import fields_of
from api.words.telling import minimums
from api.words.year_page import basis_view
from ledger.errors import Refusal

PEOPLE_MOST: Final = 100
PAPERS_MOST: Final = 100
_ASKED: Final = ("claims", "only", "held")
_MET: Final[Mapping[bool | None, Mark]] = {
    True: ("met", "✓", "达标"), False: ("short", "✗", "未达标"), None: ("open", "…", "未定")}
_SIDES: Final = (("stands", "现在"), ("without", "不计之后"))
_CATEGORIES: Final = (("professional", "专业"), ("sector_public", "行业公需"), ("general_public", "一般公需"))
YEAR_TALL: Final = 112
"""So tall is a year in the drawing: its name and two bars, each under its words."""


def shown(asking: Asking, case: str) -> Shown:
    """The page, the data, or the file of everyone whom it touches."""
    moment = asked_moment(ALL, rest=("purpose", *_ASKED))
    query = fields_of(SimulationQuery(), {
        **moment.past, **{name: value for name, value in moment.rest.items() if name in _ASKED}})
    found = without.simulate(asking.house, asking.caller, case, without.wanted_of(query), asking.purpose)
    if isinstance(found, Refusal):
        return found
    table = without.table(found) if request.path.endswith(".csv") else None
    return Page("simulation.html", _told(found, moment, asking), found, table)


def _told(found: Mapping[str, Any], moment: Moment, asking: Asking) -> dict[str, Any]:
    summary, documents = found["summary"], documents_of(asking.house)
    touched = (one for one in found["persons"] if one["years"])
    people = sorted(touched, key=lambda one: (not one["falls"], one["person"]))
    return {
        "moment": moment, "basis": basis_view(found["basis"]), "case": found["case"], "purpose": asking.purpose,
        "summary": summary, "held": found["held"], "bars": _bars(summary["years"]), "years": summary["years"],
        "people": [_person(one, documents) for one in people[:PEOPLE_MOST]], "many": len(people),
        "claims": found["claims"], "idle": [one for one in found["claims"] if not one["counts"]],
        "unknown": found["unknown"], "most": PEOPLE_MOST, "tall": len(summary["years"]) * YEAR_TALL,
        "statements": found["statements"][:PAPERS_MOST],
        "applications": [{**one, "words": titles.title(one), "verdict": _verdict(one)}
                         for one in found["applications"][:PAPERS_MOST]],
        "others": [{"person": one["person"], "year": year["year"], **each}
                   for one in people for year in one["years"] for each in year["others"]][:PAPERS_MOST],
    }


def _person(one: Mapping[str, Any], documents: Mapping[str, str]) -> dict[str, Any]:
    return {**one, "name": one["name"] or "（已注销）", "rows": [_year(year, documents) for year in one["years"]]}


def _year(year: Mapping[str, Any], documents: Mapping[str, str]) -> dict[str, Any]:
    """A year before and after: its verdict, its hours, and of which requirement it falls short that it did not."""
    sides = [year[name]["evaluated"] for name, _ in _SIDES]
    decided = [year[name]["decided"] for name, _ in _SIDES]
    lost = "，".join(f"{words} {sides[0][code]} → {sides[1][code]}" for code, words in _CATEGORIES
                    if sides[0][code] != sides[1][code])
    return {
        "year": year["year"], "marks": [_MET[side["met"]] for side in sides],
        "totals": [side["total"] for side in sides], "decided": [side["total"] for side in decided],
        "claims": year["claims"], "lost": lost, "falls": year["falls"],
        "short": _newly_short(sides[0], sides[1], documents),
    }


def _newly_short(stands: Mapping[str, Any], rest: Mapping[str, Any], documents: Mapping[str, str]) -> list[str]:
    """What is required and no longer reached, a cycle with its years; what several texts ask alike is told once."""
    met = {(one["name"], one["rulebook"]) for one in stands["minimums"] if one["met"] is not False}
    asked = [{**one, "rulebook": documents.get(one["rulebook"], one["rulebook"])} for one in rest["minimums"]
             if one["met"] is False and (one["name"], one["rulebook"]) in met]
    return [words for words, _ in minimums(asked)]


def _verdict(one: Mapping[str, Any]) -> Mark:
    if one["holds"]:
        return ("met", "✓", "依然成立")
    return ("short", "✗", "不再成立") if one["is_so"] else ("open", "…", "此前已不成立")


# Drawn


def _bars(years: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each year two bars: how many of those it touches meet what is required, now and without."""
    found = []
    for at, one in enumerate(years):
        many, top = one["persons"] or 1, at * YEAR_TALL
        bars = [{"words": f"{words}达标 {one[name]} 人，共 {one['persons']} 人", "y": top + y,
                 "met": _percent(one[name], many), "falls": _percent(one["falls"] if name != "met" else 0, many)}
                for name, words, y in (("met", "现在", 34), ("met_without", "不计之后", 74))]
        found.append({"year": one["year"], "y": top + 14, "bars": bars})
    return found


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.2f}%"
