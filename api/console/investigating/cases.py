"""Cases in the console: the desk with its counts, one case with all it holds, what it names, what followed from it.

A list tells how many are concerned and not who. What a case holds is for its members, for a purpose, and recorded; to
whoever else supervises the place a page shows its head (`api.cases.cases`). What is done about a case stands in
`case_deeds.py`, `case_bulk.py` and `case_opening.py`. `tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from api.cases import cases
from api.cases.events import events_of
from api.cases.investigating import case_desk
from api.console import words
from api.console.claiming.claim import done_before, told_basis
from api.console.investigating import case_deeds
from api.console.investigating.case_lists import effect_row, entry_row
from api.console.investigating.case_words import (
    ACCESS,
    BULK_STATES,
    FINDINGS,
    REQUESTS,
    STATES,
    kind_words,
    place,
)
from api.console.law.replay_result import names_of
from api.console.moment import Moment, asked_moment
from api.console.records import named_units
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.paper.tables_out import Table
from api.whole import whole
from api.words.codes import BULK_DEEDS
from api.words.year_page import BASES
from api.words.year_page import moment as written
from ledger.errors import Refusal

LIST: Final = "/cases"
PURPOSE: Final = case_deeds.PURPOSE
ROWS: Final = 50
NAMES_MOST: Final = 50
_AT_ONCE: Final = 500
_SOON_DAYS: Final = 7
_FILTERS: Final = ("status", "mine", "due", "finding")
_FIRST: Final = 20


# The desk


def listed(asking: Asking) -> Shown:
    """The cases where one supervises, the newest first; with how many there are of what, and what is waited for."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=(*_FILTERS, "from"))
    position = moment.position(house)
    every = _every(asking, position)
    if isinstance(every, Refusal):
        return every
    kept = [one for one in every if _fits(one, moment.rest, asking)]
    begin = whole(moment.rest.get("from", ""), 6) or 0
    basis = house.answers.reflects(position)
    late = case_desk.overdue(house, caller, as_of=position) if moment.is_now else {"items": []}
    return Page("cases.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "all": len(every),
        "rows": [_row(one, asking) for one in kept[begin:begin + ROWS]], "many": len(kept), "begin": begin,
        "next": begin + ROWS if len(kept) > begin + ROWS else None, "facets": _facets(every, moment, asking),
        "late": [] if isinstance(late, Refusal) else late["items"], "purpose": PURPOSE,
    }, {"items": kept, "overdue": [] if isinstance(late, Refusal) else late["items"], **basis},
        _table(kept, basis, moment, asking))


def _every(asking: Asking, position: int) -> list[dict[str, Any]] | Refusal:
    found: list[dict[str, Any]] = []
    after: tuple[Any, ...] | None = None
    while True:
        page = cases.cases(asking.house, asking.caller, status=None, as_of=position, after=after, limit=_AT_ONCE)
        if isinstance(page, Refusal):
            return page
        found += page.items
        if (after := page.next) is None:
            return found[::-1]


def _fits(one: Mapping[str, Any], rest: Mapping[str, str], asking: Asking) -> bool:
    """Say whether a case is one of those that are asked for; what a filter does not know narrows nothing."""
    tests = _tests(asking)
    return all(test(one) for name in _FILTERS if (test := tests[name].get(rest.get(name, ""))) is not None)


_Test = Callable[[Mapping[str, Any]], bool]


def _tests(asking: Asking) -> dict[str, dict[str, _Test]]:
    today = asking.house.today
    soon = (today + timedelta(days=_SOON_DAYS)).isoformat()

    def due(until: str, since: str = "") -> _Test:
        return lambda one: one["status"] == "open" and bool(one["due"]) and since <= one["due"] < until

    def found(code: str) -> _Test:
        return lambda one: one["finding"] == code

    return {
        "status": {"open": lambda one: one["status"] == "open", "closed": lambda one: one["status"] == "closed"},
        "mine": {"me": lambda one: asking.caller.id in one["members"], "nobody": lambda one: not one["members"]},
        "due": {"over": due(today.isoformat()), "soon": due(soon, today.isoformat())},
        "finding": {code: found(code) for code in FINDINGS},
    }


_CHOICES: Final = {
    "status": ("状态", {"open": "在办", "closed": "已办结"}),
    "mine": ("办理", {"me": "我办理的", "nobody": "无人办理"}),
    "due": ("限期", {"over": "已过限期", "soon": f"{_SOON_DAYS} 日内到期"}),
    "finding": ("结论", {code: mark[2] for code, mark in FINDINGS.items()}),
}


def _facets(every: Sequence[Mapping[str, Any]], moment: Moment, asking: Asking) -> list[dict[str, Any]]:
    """What the list can be narrowed by, each with how many there are of all."""
    tests, found = _tests(asking), []
    for name, (title, choices) in _CHOICES.items():
        counted = [{"code": code, "words": said, "many": sum(map(tests[name][code], every))}
                   for code, said in choices.items()]
        kept = [one for one in counted if one["many"] or one["code"] == moment.rest.get(name)]
        if kept:
            found.append({"name": name, "title": title, "choices": kept, "chosen": moment.rest.get(name)})
    return found


def _row(one: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    is_late = one["status"] == "open" and bool(one["due"]) and one["due"] < asking.house.today.isoformat()
    mine = asking.caller.id in one["members"]
    return {**one, "words": kind_words(one["kind"]), "place": place(one), "opened": one["opened_at"][:10],
            "state": STATES[one["status"]], "found": FINDINGS.get(one["finding"], ("", "·", one["finding"])),
            "is_late": is_late, "concerned": concerned(one["counts"]), "hands": _hands(one["members"], is_mine=mine)}


def _hands(members: Sequence[str], *, is_mine: bool) -> str:
    if not members:
        return "无人"
    if not is_mine:
        return f"{len(members)} 人"
    return "我" if len(members) == 1 else f"我，另 {len(members) - 1} 人"


def concerned(counts: Mapping[str, int]) -> str:
    """How many it is about, and not who."""
    units = (("claims", "项学时"), ("persons", "人"), ("actors", "个账号"), ("organisers", "个单位"))
    return "，".join(f"{counts[name]} {unit}" for name, unit in units if counts[name])


def _table(kept: Sequence[Mapping[str, Any]], basis: Mapping[str, Any], moment: Moment, asking: Asking) -> Table:
    heads = ("案件", "事由", "地区、行业", "立案", "限期", "状态", "结论", "移送", "学时", "人员", "账号", "单位",
             "冻结过", "办理", "规则")
    rows = [_row(one, asking) for one in kept]
    return Table("cases", "监察案件", heads, [
        (one["case"], one["words"], one["place"], one["opened"], one["due"], one["state"][2], one["found"][2],
         one["referred_to"], *(one["counts"][name] for name in ("claims", "persons", "actors", "organisers", "held")),
         one["hands"], one["pattern"]) for one in rows], basis["as_of"], basis["as_of_time"],
        {_CHOICES[name][0]: _CHOICES[name][1].get(value, value) for name, value in moment.rest.items()
         if name in _CHOICES})


# One case


def detail(asking: Asking, case: str) -> Shown:
    """A case with everything that its members may see; to others its head."""
    house, caller, address, purpose = asking.house, asking.caller, f"{LIST}/{case}", asking.purpose
    moment = asked_moment(rest=("purpose",))
    position = moment.position(house)
    body = cases.case(house, caller, case, purpose, as_of=position)
    if isinstance(body, Refusal):
        return body
    basis, is_member = house.answers.reflects(position), body["access"] == ACCESS
    subject = case_deeds.subject(house, body) if moment.is_now else None
    told: dict[str, Any] = {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "at": address, "body": body,
        "one": _row(body, asking), "subject": subject, "purpose": purpose, "is_member": is_member,
        "offered": [] if subject is None else case_deeds.offered(asking, subject),
        "members": [{"actor": one, "name": case_deeds.account(house, one), "is_me": one == caller.id}
                    for one in body["members"]],
    }
    data = {**body, **basis}
    if is_member:
        more = _contents(asking, case, purpose, position, body)
        if isinstance(more, Refusal):
            return more
        told |= more
        data |= {name: more[name] for name in ("notes", "requests", "bulks", "effects")}
    return Page("case.html", told, data)


def _contents(
    asking: Asking, case: str, purpose: str | None, position: int, body: Mapping[str, Any]
) -> dict[str, Any] | Refusal:
    """What is on the desk of a case; what came after the moment that is looked at is left out."""
    house, caller = asking.house, asking.caller
    asks = (case_desk.notes, case_desk.requests, case_desk.bulks)
    read = [ask(house, caller, case, purpose, as_of=position) for ask in asks]
    entries = case_desk.named(house, caller, case, "claims", purpose, as_of=position, after=None, limit=_FIRST)
    effects = case_desk.followed(house, caller, case, purpose, act=None, as_of=position, after=None, limit=_FIRST)
    for one in (*read, entries, effects):
        if isinstance(one, Refusal):
            return one
    notes, requests, bulks = (one["items"] for one in read if not isinstance(one, Refusal))
    assert not isinstance(entries, Refusal) and not isinstance(effects, Refusal), "each was looked at"
    return {
        "notes": [{**one, "time": written(one["noted_at"]), "name": case_deeds.account(house, one["actor"])}
                  for one in reversed(notes)],
        "requests": [{**one, "mark": REQUESTS["overdue" if one["is_overdue"] else one["status"]]} for one in requests],
        "bulks": [bulk_row(house, one) for one in reversed(bulks)],
        "entries": [entry_row(one) for one in entries.items], "more_entries": entries.next is not None,
        "effects": [effect_row(one) for one in effects.items], "more_effects": effects.next is not None,
        "names": names_of(house, body["persons"][:NAMES_MOST]),
        "units": named_units(house, body["organisers"][:NAMES_MOST]),
        "accounts": {one: case_deeds.account(house, one) for one in body["actors"][:NAMES_MOST]},
        "events": _passage(house, case, position), "most": NAMES_MOST, "first": _FIRST,
    }


def _passage(house: House, case: str, position: int) -> list[dict[str, Any]]:
    """What happened to it by then, the newest first, with what was said: members alone are shown it."""
    items = events_of(house, case, as_of=position)["items"]
    said = {one["position"]: case_desk.said(house, one["position"]) or "" for one in items}
    return [words.event(one, said) for one in reversed(items)]


def bulk_row(house: House, one: Mapping[str, Any]) -> dict[str, Any]:
    """Something that was done to many entries at once."""
    return {**one, "said": one["words"], "words": BULK_DEEDS.get(one["effect"], one["effect"]),
            "mark": BULK_STATES[one["state"]], "time": written(one["opened_at"])[:16],
            "basis": BASES.get(one["basis"] or "", one["basis"]), "name": case_deeds.account(house, one["actor"])}
