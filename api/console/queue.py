"""What waits for an office: the list on the left, what is chosen on the right, and many approvals at once.

The list is as long as a page, longest waiting first; its facets count everything that waits, up to a thousand. What
carries a mark is for one pair of eyes at a time: only what is plain can be approved with others, and the batch is
decided line by line by the use case that the API has for it. `tests/console/test_queue.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import request

from api.cases import bulk, claim_sheet, exports, queue, workload
from api.cases.queue import PURPOSE, Row
from api.console import sending, words
from api.console.claim import done_before, sheet_told, told_basis
from api.console.form import of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import place_of
from api.console.screen import Asking, Page, Shown, onward
from api.house import House
from api.refusals import lines as lines_of_refusals
from ledger.errors import LedgerError, Refusal
from ledger.ids import PREFIXES
from ledger.vocabulary import format_hours, parse_hours
from policies.reasons import reasons
from policies.words import base_vocabulary
from projections.basis import written_time
from projections.work import Waiting
from projections.workload import days_waited

ROWS: Final = 25
_PLACES: Final = {"plan": "/plans/", "class": "/classes/"}
"""Where something that is no claim is shown in full, and decided."""

_FACETS: Final = ("kind", "category", "unit", "age")
_AGES: Final = (("10", "超过 10 天", 11), ("4", "4–10 天", 4), ("0", "3 天以内", 0))
_UNITS_MOST: Final = 8
_SORTS: Final = {
    "days": lambda one: -one.since, "unit": lambda one: one.unit or "", "category": lambda one: one.category or "",
}


def listed(asking: Asking) -> Shown:
    """What waits, and what of it is chosen."""
    house, caller = asking.house, asking.caller
    role = asking.capacity.role if asking.capacity.reviews else None  # Who reviews nothing is told so by the use case.
    moment = asked_moment(rest=(*_FACETS, "sort", "page", "selected"))
    position = moment.position(house)
    if isinstance(position, Refusal):
        return position
    found = queue.waiting(house, caller, role, as_of=position)
    if isinstance(found, Refusal):
        return found
    day = workload.counted_on(house, moment.asked["as_of"])
    kept = _kept(found.items, moment, day)
    number = int(moment.rest["page"]) if moment.rest.get("page", "").isdecimal() else 1
    number = max(1, min(number, -(-len(kept) // ROWS)))
    shown = kept[(number - 1) * ROWS:number * ROWS]
    rows = queue.rows(house, caller, shown)
    if isinstance(rows, Refusal):
        return rows
    told = [_row(one, day) for one in rows]
    ids = [one["id"] for one in told if one["is_claim"]]
    pane = _pane(asking, moment, position, ids)
    if isinstance(pane, Refusal):
        return pane
    basis = house.answers.reflects(position)
    table = exports.work(house, caller, {"role": role} if role else {}, as_of=position)
    return Page("queue.html", {
        "moment": moment, "basis": told_basis(basis), "rows": told, "facets": _facets(house, found.items, moment, day),
        "all": len(found.items), "more": found.next is not None, "kept": len(kept), "number": number,
        "pages": -(-len(kept) // ROWS), "pane": pane, "done": done_before(asking), "list": _list(moment),
        "marks": words.MARKS,
    }, {"items": told, "waiting": len(kept), **basis}, None if isinstance(table, Refusal) else table)


def _kept(items: Sequence[Waiting], moment: Moment, day: date) -> list[Waiting]:
    """What the facets leave, in the order that is asked for."""
    rest = moment.rest
    kept = [one for one in items if all(rest.get(name) in (None, _of(one, name, day)) for name in _FACETS)]
    name = rest.get("sort", "").removeprefix("-")
    if name in _SORTS:
        kept.sort(key=_SORTS[name], reverse=rest["sort"].startswith("-"))
    return kept


def _of(one: Waiting, facet: str, day: date) -> str | None:
    if facet == "age":
        days = days_waited(one.since_at, day)
        return next(code for code, _, least in _AGES if days >= least)
    found: str | None = getattr(one, facet)
    return found


def _facets(house: House, items: Sequence[Waiting], moment: Moment, day: date) -> list[dict[str, Any]]:
    """What the list can be narrowed to, with how much of it there is."""
    categories, told = base_vocabulary().categories, []
    for name, title in (("kind", "事项"), ("category", "类别"), ("age", "等待"), ("unit", "单位")):
        counted = Counter(_of(one, name, day) for one in items)
        most = [code for code, _ in counted.most_common(_UNITS_MOST)]
        codes = [code for code, _, _ in _AGES] if name == "age" else most
        choices = [{"code": code, "words": _facet_words(house, name, code, categories), "many": counted[code]}
                   for code in codes if code is not None and counted[code]]
        if len(choices) > 1 or moment.rest.get(name):
            told.append({"name": name, "title": title, "choices": choices})
    return told


def _facet_words(house: House, name: str, code: str, categories: Any) -> str:
    if name == "unit":
        unit = house.answers.unit(code)
        return code if unit is None else str(unit.names[-1].name)
    named: dict[str, str] = {"kind": words.KINDS, "category": categories,
                             "age": {age: told for age, told, _ in _AGES}}[name]
    return named.get(code, code)


def _row(row: Row, day: date) -> dict[str, Any]:
    one, vocabulary = row.waiting, base_vocabulary()
    is_claim = one.id.startswith(PREFIXES["claim"])
    return {
        "id": one.id, "kind": one.kind, "kind_words": words.KINDS.get(one.kind, one.kind), "is_claim": is_claim,
        "place": f"{_PLACES[one.kind]}{one.id}" if one.kind in _PLACES else None,
        "address": place_of(one.id),
        "version": row.version, "name": row.name, "unit": row.unit, "title": row.title, "date": row.date,
        "route": None if row.route is None else vocabulary.route_name(row.route),
        "category": vocabulary.categories.get(one.category or "", ""), "hours": row.hours,
        "verdict": None if row.verdict is None else words.verdict(row.verdict), "marks": list(row.marks),
        "days": days_waited(one.since_at, day), "since_at": written_time(one.since_at),
        "is_plain": is_claim and one.kind == "claim" and row.is_plain,
    }


def _pane(asking: Asking, moment: Moment, position: int, ids: Sequence[str]) -> dict[str, Any] | Refusal | None:
    """What is chosen, in full."""
    chosen = moment.rest.get("selected")
    if chosen is None or not chosen.startswith(PREFIXES["claim"]) or (not chosen.isalnum() and "_" not in chosen):
        return None
    found = claim_sheet.sheet(asking.house, asking.caller, chosen, PURPOSE, as_of=None if moment.is_now else position)
    if isinstance(found, Refusal):
        return found
    at = ids.index(chosen) if chosen in ids else -1
    following = ids[at + 1] if 0 <= at < len(ids) - 1 else next((one for one in ids if one != chosen), "")
    return sheet_told(asking, found, moment) | {
        "next": following, "purpose": PURPOSE, "reasons": reasons()["claim.returned"]}


def _list(moment: Moment) -> str:
    """The list as an address says it, to come back to it after something was done."""
    return moment.link("", selected=None).removeprefix("?")


# Many at once


def batch(asking: Asking) -> Shown:
    """Approve what was ticked: first read what it would come to, then line by line."""
    lines = [line for one in request.form.getlist("line") if (line := _line(one)) is not None][:bulk.LINES_MOST]
    back = f"/queue?{request.form.get('list', '')}"
    if not lines:
        return onward(back)
    if no := bulk.may_begin(asking.house, asking.caller):
        return no
    is_for_real = request.form.get("step") == "approve"
    asked = sending.asked(asking.house, asking.caller, dry_run=not is_for_real)
    outcomes = bulk.approve_each(asking.house, asking.caller, lines, asked, goes_on=True)
    told = [_outcome(line, outcome) for line, outcome in zip(lines, outcomes, strict=True)]
    good = [one for one in told if one["hours"] is not None]
    total = format_hours(sum(parse_hours(one["hours"]) for one in good))
    titles = _titles(asking, [line for line, outcome in zip(lines, outcomes, strict=True) if _is_seen(outcome)])
    if isinstance(titles, Refusal):
        return titles
    return Page("batch.html", {
        "is_done": is_for_real, "lines": [{**one, **titles.get(one["claim"], {})} for one in told], "good": good,
        "total": total, "back": back, "list": request.form.get("list", ""),
    })


def _line(text: str) -> bulk.Line | None:
    claim, _, version = text.partition(" ")
    is_one = claim.startswith(PREFIXES["claim"]) and version.isascii() and version.isdecimal() and len(version) < 10
    return bulk.Line(claim, int(version)) if is_one else None


def _outcome(line: bulk.Line, outcome: bulk.Outcome) -> dict[str, Any]:
    if isinstance(outcome, bulk.Approved):
        return {"claim": line.claim, "version": line.version, "hours": outcome.assessed, "year": outcome.year,
                "events": outcome.events, "why": None}
    why = of_refusal(outcome).words if isinstance(outcome, Refusal) else (
        str(outcome) if isinstance(outcome, LedgerError) else "未办理")
    return {"claim": line.claim, "version": line.version, "hours": None, "year": None, "events": (), "why": why}


def _is_seen(outcome: bulk.Outcome) -> bool:
    """Say whether whoever sent a line may know of its claim: ids come from a form, and anyone can write one."""
    return not isinstance(outcome, Refusal) or lines_of_refusals()[outcome.code].status not in (401, 403, 404)


def _titles(asking: Asking, lines: Sequence[bulk.Line]) -> dict[str, dict[str, Any]] | Refusal:
    """Whose and what each line is, recorded like the list that it was ticked in."""
    house = asking.house
    known = [(line, versions[-1]) for line in lines if (versions := house.answers.claim(line.claim))]
    items = [Waiting(line.claim, "claim", "", "", "", None, None, one.person, 0, 0) for line, one in known]
    rows = queue.rows(house, asking.caller, items)
    if isinstance(rows, Refusal):
        return rows
    return {one.waiting.id: {"name": one.name, "title": one.title} for one in rows}
