"""What waits for an office: the list on the left, what is chosen on the right, and many approvals at once.

The list is read a page at a time over everything that waits, longest waiting first; its facets count what waits up to a
thousand, and say so where there is more. What was handed to a colleague says whose it is. What carries a mark is for
one pair of eyes at a time: only what is plain can be approved with others, and the batch is decided line by line by the
use case that the API has for it. `tests/console/test_queue.py` and `tests/console/test_queue_parts.py` show it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from flask import request

from api.cases import exports, workload
from api.cases.claiming import bulk, claim_sheet, queue
from api.cases.claiming.queue import PURPOSE, Row
from api.cases.log import histories
from api.cases.standing import acting
from api.cases.training import roster_waits
from api.console import sending, words
from api.console.claiming.acts import holders
from api.console.claiming.claim import done_before, sheet_told, told_basis
from api.console.form import of_refusal
from api.console.moment import Moment, asked_moment
from api.console.records import place_of
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.refusals.refusals import turns_away
from api.routes.paging import Cursor, read_cursor, write_cursor
from api.words.year_page import moment as written
from ledger.errors import LedgerError, Refusal
from ledger.ids import PREFIXES
from ledger.vocabulary import LOCAL, format_hours, parse_hours
from policies.reasons import reasons
from policies.words import base_vocabulary
from projections.basis import written_time
from projections.over_caps import Found
from projections.wanted import NOBODY, By, Waiting, Wanted
from projections.workload import days_waited

ROWS: Final = 25
_FACETS: Final = ("kind", "category", "unit", "age", "holder", "mark")
_AGES: Final = (("10", "超过 10 天", 11), ("4", "4–10 天", 4), ("0", "3 天以内", 0))
_HOLDERS: Final = {"me": "指定给我", "none": "未指定", "others": "指定给同事"}
_UNITS_MOST: Final = 8
_JUDGED_MOST: Final = 60
"""So many are held against their caps anew for the facets at one opening, the next one goes on; and of so many it is
looked whether their papers are here, of all only where that is asked for."""
_SORTS: Final[Mapping[str, tuple[By, bool]]] = {
    "days": ("since", True), "-days": ("since", False),  # Who has waited fewest days came last.
    "unit": ("unit", False), "-unit": ("unit", True), "category": ("category", False), "-category": ("category", True),
}
_PLACES: Final = {
    "transfer": "/transfers/{}", "unit": "/units/{}", "plan": "/plans/{}", "class": "/classes/{}",
    "application": "/applications/{}",
}
"""Where what is no claim is looked at and decided."""


def listed(asking: Asking) -> Shown:
    """What waits, and what of it is chosen."""
    house, caller = asking.house, asking.caller
    if isinstance(no := acting(house, caller), Refusal):  # One's own is on the workbench.
        return no
    role = asking.capacity.role if asking.capacity.reviews else None  # Who reviews nothing is told so by the use case.
    moment = asked_moment(rest=(*_FACETS, "sort", "at", "selected"))
    position = moment.position(house)
    sample = queue.waiting(house, caller, role, as_of=position)
    if isinstance(sample, Refusal):
        return sample
    day = workload.counted_on(house, moment.asked["as_of"])
    over = queue.over_caps(house, sample.items, as_of=position, most=_JUDGED_MOST)
    whole = moment.rest.get("mark") == "papers_absent"
    absent = queue.papers_absent(house, sample.items, most=None if whole else _JUDGED_MOST)
    odd = Odd(queue.claimed_twice(house, sample.items), over, absent)
    wanted = _wanted(asking, moment.rest, day, odd)
    if request.path.endswith(".csv"):
        table = exports.work(house, caller, {"purpose": PURPOSE, **({"role": role} if role else {})}, as_of=position,
                             wanted=wanted)
        return table if isinstance(table, Refusal) else Page("queue.html", table=table)
    found = _page(asking, role, wanted, moment, position)
    if isinstance(found, Refusal):
        return found
    rows = queue.rows(house, caller, found.items, as_of=position)
    if isinstance(rows, Refusal):
        return rows
    whose = holders(asking, [one.waiting.holder for one in rows if one.waiting.holder is not None])
    told = [_row(one, day, whose, caller.id) for one in rows]
    ids = [one["id"] for one in told if one["is_claim"]]
    pane = _pane(asking, moment, position, ids)
    if isinstance(pane, Refusal):
        return pane
    basis = house.answers.reflects(position)
    held = roster_waits.waiting(house, caller, role, as_of=position)
    kept = sum(map(wanted.keeps, sample.items))
    return Page("queue.html", {
        "moment": moment, "basis": told_basis(basis), "rows": told,
        "facets": _facets(asking, sample.items, moment, day, odd), "all": len(sample.items),
        "more": sample.next is not None, "kept": kept, "shown": found.before, "back": found.back, "on": found.on,
        "held": 0 if isinstance(held, Refusal) else sum(one.is_ours for one in held[0]),
        "pane": pane, "done": done_before(asking), "list": _list(moment), "marks": words.MARKS,
        "last": None if told or sample.items or not moment.is_now else _last(asking, position),
    }, {"items": told, "waiting": kept, "is_all": sample.next is None, "next": found.on, **basis})


# Which of them, and where in the list


class Odd(NamedTuple):
    """Of those that are counted, what each mark is found for by looking at all that their people have."""

    twice: frozenset[str]   # What another claim of the same person names, too.
    over: Found             # What a cap would cut, and of how many that is not known yet.
    absent: Found           # Of whose papers only the digest came, and how many were not looked at.


class Part(NamedTuple):
    """A page of the list: what is on it, how many stand before it, and how one goes back and on."""

    items: Sequence[Waiting]
    before: int
    back: str | None
    on: str | None


def _page(asking: Asking, role: str | None, wanted: Wanted, moment: Moment, position: int) -> Part | Refusal:
    """The part of the list at which somebody is: after a row or before one, so that nothing is read that is not shown.

    What was decided meanwhile is gone from it, and nothing else is passed over.
    """
    house, caller = asking.house, asking.caller
    narrowed = {name: value for name, value in moment.rest.items() if name not in ("at", "selected")}
    question = json.dumps(["queue", caller.scope, role, sorted(narrowed.items())], ensure_ascii=False)
    place, before, is_back = None, 0, False
    if "at" in moment.rest:
        place, before, is_back = read_cursor(house.cursor_key, question, moment.rest["at"]).after
    asked = wanted._replace(backwards=wanted.backwards is not is_back)
    found = queue.page(house, caller, role, asked, as_of=position, after=place, limit=ROWS)
    if isinstance(found, Refusal):
        return found
    if not found.items and place is not None:  # All that stood here was decided: one goes on from the beginning.
        return _page(asking, role, wanted, moment._replace(rest=narrowed), position)
    items = found.items[::-1] if is_back else found.items
    before = max(0, before - len(items)) if is_back else before
    is_first, is_last = (found.next is None, False) if is_back else (place is None, found.next is None)

    def at(one: Waiting, number: int, *, is_back: bool) -> str:
        return write_cursor(house.cursor_key, question, Cursor(position, [wanted.place(one), number, is_back]))

    back = at(items[0], before, is_back=True) if items and not is_first else None
    on = at(items[-1], before + len(items), is_back=False) if items and not is_last else None
    return Part(items, 0 if is_first else before, back, on)


def _wanted(asking: Asking, rest: Mapping[str, str], day: date, odd: Odd) -> Wanted:
    """What the facets leave, in the order that is asked for."""
    sort = rest.get("sort", "")
    by, backwards = _SORTS.get(sort, ("since", False))
    narrowed = Wanted(kind=rest.get("kind"), category=rest.get("category"), unit=rest.get("unit"), by=by,
                      backwards=backwards)
    at = next((at for at, (code, _, _) in enumerate(_AGES) if code == rest.get("age")), None)
    if at is not None:
        least, most = _AGES[at][2], _AGES[at - 1][2] if at else None
        narrowed = narrowed._replace(since_below=_began(day, least - 1) if least else None,
                                     since_from=None if most is None else _began(day, most - 1))
    if (held := _HELD.get(rest.get("holder", ""))) is not None:
        narrowed = held(narrowed, asking.caller.id)
    marked = _MARKED.get(rest.get("mark", ""))
    return narrowed if marked is None else marked(narrowed, day, odd)


_HELD: Final[Mapping[str, Callable[[Wanted, str], Wanted]]] = {
    "me": lambda one, me: one._replace(holder=me), "none": lambda one, _: one._replace(holder=NOBODY),
    "others": lambda one, me: one._replace(not_holder=me),
}
_MARKED: Final[Mapping[str, Callable[[Wanted, date, Odd], Wanted]]] = {
    "duplicate": lambda one, _, odd: one._replace(claims=odd.twice),  # Of those that are counted.
    "over_cap": lambda one, _, odd: one._replace(claims=odd.over.over),
    "papers_absent": lambda one, _, odd: one._replace(claims=odd.absent.over),
    "late": lambda one, day, _: one._replace(studied_before=day.year),
    "no_evidence": lambda one, _, __: one._replace(papers=0),
}


def _began(day: date, days: int) -> int:
    """When the day began that was so many days before, in microseconds."""
    return int(datetime.combine(day - timedelta(days), time(), LOCAL).timestamp()) * 1_000_000


def _facets(
    asking: Asking, items: Sequence[Waiting], moment: Moment, day: date, odd: Odd
) -> list[dict[str, Any]]:
    """What the list can be narrowed to, with how much of it there is among what is counted."""
    categories, told = base_vocabulary().categories, []
    titles = {"kind": "事项", "category": "类别", "age": "等待", "holder": "转办", "mark": "标记", "unit": "单位"}
    for name, title in titles.items():
        if name in ("kind", "category", "unit"):
            counted = Counter(getattr(one, name) for one in items)
            codes = [code for code, _ in counted.most_common(_UNITS_MOST) if code is not None]
        else:
            of = {"age": [code for code, _, _ in _AGES], "holder": list(_HOLDERS), "mark": list(_MARKED)}
            codes = of[name]
            kept = {code: _wanted(asking, {name: code}, day, odd).keeps for code in codes}
            counted = Counter({code: sum(map(keeps, items)) for code, keeps in kept.items()})
        choices = [{"code": code, "words": _facet_words(asking.house, name, code, categories), "many": counted[code]}
                   for code in codes if counted[code] or (code == "papers_absent" and odd.absent.unknown)]
        unknown = {"over_cap": odd.over.unknown, "papers_absent": odd.absent.unknown}
        for one in choices:
            one["words"] += " 至少" if unknown.get(one["code"]) else ""
        is_told = len(choices) > 1 if name in ("kind", "category", "unit", "age") else _tells(name, counted)
        if is_told or moment.rest.get(name):
            told.append({"name": name, "title": title, "choices": choices})
    return told


def _tells(name: str, counted: Counter[str]) -> bool:
    """Whether a facet divides anything: that nothing was handed on, or nothing is odd, is not worth a line."""
    return bool(counted["me"] or counted["others"]) if name == "holder" else any(counted.values())


def _facet_words(house: House, name: str, code: str, categories: Any) -> str:
    if name == "unit":
        unit = house.answers.unit(code)
        return code if unit is None else str(unit.names[-1].name)
    named: dict[str, str] = {"kind": words.KINDS, "category": categories, "holder": _HOLDERS, "mark": words.MARKS,
                             "age": {age: told for age, told, _ in _AGES}}[name]
    return named.get(code, code)


def _row(row: Row, day: date, whose: Mapping[str, str], self: str) -> dict[str, Any]:
    one, vocabulary = row.waiting, base_vocabulary()
    is_claim = one.id.startswith(PREFIXES["claim"])
    return {
        "id": one.id, "kind": one.kind, "kind_words": words.KINDS.get(one.kind, one.kind), "is_claim": is_claim,
        "version": row.version, "name": row.name, "unit": row.unit, "title": row.title, "date": row.date,
        "route": None if row.route is None else vocabulary.route_name(row.route),
        "category": vocabulary.categories.get(one.category or "", ""), "hours": row.hours,
        "verdict": None if row.verdict is None else words.verdict(row.verdict), "marks": list(row.marks),
        "days": days_waited(one.since_at, day), "since_at": written_time(one.since_at),
        "is_plain": is_claim and one.kind == "claim" and row.is_plain and one.holder in (None, self),
        "holder": None if one.holder is None else whose[one.holder],
        "address": None if is_claim else _PLACES[one.kind].format(one.id),
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


def _last(asking: Asking, position: int) -> dict[str, str] | None:
    """What whoever asks decided last, for whom nothing waits now."""
    line = histories.last_decision(asking.house, asking.caller.id, as_of=position)
    return None if line is None else {
        "time": written(line["recorded_at"])[:16], "words": line["words"], "address": place_of(line["stream"])}


def _list(moment: Moment) -> str:
    """The list as an address says it, to come back to it after something was done."""
    return moment.link("", selected=None).removeprefix("?")


# Many at once


def batch(asking: Asking) -> Shown:
    """Approve what was ticked: first read what it would come to, then line by line."""
    lines = [line for one in request.form.getlist("line") if (line := _line(one)) is not None][:bulk.LINES_MOST]
    back = f"/queue?{request.form.get('list', '')}"
    if not lines:
        return Page("batch.html", {"is_done": False, "lines": [], "good": [], "total": "0", "back": back}, status=422)
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
    return not (isinstance(outcome, Refusal) and turns_away(outcome))


def _titles(asking: Asking, lines: Sequence[bulk.Line]) -> dict[str, dict[str, Any]] | Refusal:
    """Whose and what each line is, recorded like the list that it was ticked in."""
    house = asking.house
    known = [(line, versions[-1]) for line in lines if (versions := house.answers.claim(line.claim))]
    items = [Waiting(line.claim, "claim", "", "", "", None, None, one.person, 0, 0) for line, one in known]
    rows = queue.rows(house, asking.caller, items)
    if isinstance(rows, Refusal):
        return rows
    return {one.waiting.id: {"name": one.name, "title": one.title} for one in rows}
