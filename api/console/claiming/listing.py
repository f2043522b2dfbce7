"""Claims as an office lists them: narrowed by what one looks for, a page at a time, each with whom it waits for.

The queue is what waits for oneself; here is all that was submitted where one's scopes reach, whatever became of it and
whoever has it. Every page of a list is of the moment of its first, and so are the files. To somebody themselves
`/claims` shows their own (`claim.py`). `tests/console/test_claims_listed.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from flask import request

from api.cases import exports, workload
from api.cases.belonging import units
from api.cases.claiming import claim_list
from api.cases.doing import Reading
from api.cases.standing import seeing_scopes
from api.console import words
from api.console.claiming import claim
from api.console.claiming.acts import holders
from api.console.claiming.claim import told_basis
from api.console.form import Fault, Field
from api.console.moment import Moment, asked_moment
from api.console.records import named_units
from api.console.screen import Asking, Page, Shown
from api.paper.saved import attached
from api.paper.tables_out import file_of
from api.refusals.faults import BadFields
from api.refusals.faults import Fault as Wrong
from api.refusals.problems import Problem
from api.routes.paging import Cursor, read_cursor, write_cursor
from api.routes.schemas.claim_lists import HANDS, ClaimsFileQuery
from api.routes.sent import fields_of
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.identifiers import regions
from ledger.ids import PREFIXES
from policies.words import base_vocabulary
from projections.claim_lists import COUNTED_MOST, FLAGS, Wanted
from projections.pages import Page as Found

AT: Final = "/claims"
ROWS: Final = 50
_UNITS_MOST: Final = 8
_BY: Final = (*(name for name in exports.CLAIMS_BY if name not in ("first", "last")), "from", "to")
"""By what a list is narrowed, as addresses say it, here as in the API."""

_NAMES: Final = {**exports.CLAIMS_BY, "from": "提交自", "to": "提交至"}


def listed(asking: Asking) -> Shown:
    """The claims that somebody looks for; to a person, their own."""
    if asking.capacity.is_person:
        return claim.listed(asking)
    asked = _asked(asking)
    if isinstance(asked, Refusal):
        return asked
    if asked.faults:
        return _told_at_its_field(asking, asked)
    if request.path.endswith(".csv"):
        table = exports.claims(asking.house, asking.caller, asked.query, as_of=asked.position)
        return table if isinstance(table, Refusal) else Page("claims_listed.html", table=table)
    wanted = claim_list.wanted_of(asked.query)
    count = claim_list.counted(asking.house, asking.caller, wanted, as_of=asked.position)
    part = _part(asking, asked, wanted)
    if isinstance(count, Refusal):
        return count
    if isinstance(part, Refusal):
        return part
    return Page("claims_listed.html", {
        **_frame(asking, asked), "rows": _rows(asking, part.items, asked.day), "count": min(count, COUNTED_MOST),
        "more": count > COUNTED_MOST, "shown": part.before, "back": part.back, "on": part.on,
    }, {"items": part.items, "count": min(count, COUNTED_MOST), "is_all": count <= COUNTED_MOST, "next": part.on,
        **asked.basis})


def workbook(asking: Asking) -> Shown:
    """The same list as a workbook."""
    if asking.capacity.is_person:
        shown = claim.listed(asking)
        table = shown.table if isinstance(shown, Page) else None
        if table is None:
            return shown
    else:
        asked = _asked(asking)
        if isinstance(asked, Refusal):
            return asked
        if asked.faults:
            return _told_at_its_field(asking, asked)
        made = exports.claims(asking.house, asking.caller, asked.query, as_of=asked.position)
        if isinstance(made, Refusal):
            return made
        table = made
    file = file_of(table, "xlsx")
    return attached(file.content, file.media_type, file.words, file.name)


def _told_at_its_field(asking: Asking, asked: _Asked) -> Page:
    """What cannot be asked for: on the page also to whoever wanted a file, as a problem to a program."""
    if request.path.endswith(".json"):
        raise BadFields(Wrong(f"/{one.field}", "invalid", one.words) for one in asked.faults)
    return Page("claims_listed.html", {**_frame(asking, asked), "rows": [], "count": None}, status=422)


# What is asked


class _Asked(NamedTuple):
    """What the address says: how the list is narrowed, and of which moment it is."""

    moment: Moment                   # Without the place in the list.
    place: str | None                # A cursor.
    query: dict[str, Any]            # As the API has it, with the purpose.
    faults: tuple[Fault, ...]
    found: tuple[tuple[str, str], ...]  # Units of a name, where several have it.
    position: int
    basis: dict[str, Any]
    day: date                        # Up to which waiting is counted.


def _asked(asking: Asking) -> _Asked | Refusal:
    house, moment = asking.house, asked_moment(rest=(*_BY, "sort", "purpose", "at"))
    place = moment.rest.get("at")
    moment = moment._replace(rest={name: value for name, value in moment.rest.items() if name != "at"})
    position = moment.position(house)
    if place is not None:
        position = read_cursor(house.cursor_key, _question(asking, moment), place).as_of
    sent = {name: value for name, value in moment.rest.items() if name != "purpose"}
    unit, found, faults = _unit(asking, sent.get("unit"), position)
    sent = {**sent, **({} if unit is None else {"unit": unit})}
    query: dict[str, Any] = {}
    if not faults:
        try:
            query = fields_of(ClaimsFileQuery(), sent)
            claim_list.wanted_of(query)
        except (Problem, BadFields) as wrong:
            faults = tuple(_faults(wrong))
    day = workload.counted_on(house, moment.asked["as_of"])
    return _Asked(moment, place, {**query, **({"purpose": asking.purpose} if asking.purpose else {})}, faults, found,
                  position, house.answers.reflects(position), day)


def _faults(wrong: Problem | BadFields) -> Iterable[Fault]:
    told: Any = wrong.members["errors"] if isinstance(wrong, Problem) else [one._asdict() for one in wrong.faults]
    for one in told:
        name = str(one["pointer"]).removeprefix("/")
        yield Fault(name, f"{_NAMES.get(name, name)}：{one['detail']}")


def _unit(
    asking: Asking, typed: str | None, position: int
) -> tuple[str | None, tuple[tuple[str, str], ...], tuple[Fault, ...]]:
    """The unit that is meant by what was typed: its number, its code, or a part of its name."""
    if typed is None or typed.startswith(PREFIXES["unit"]):
        return typed, (), ()
    page = units.within(asking.house, asking.caller, typed, None, as_of=position, after="", limit=_UNITS_MOST)
    if isinstance(page, Refusal) or not page.items:
        return None, (), (Fault("unit", f"权限内没有名称含“{typed}”的单位，也没有这个代码。请核对。"),)
    if len(page.items) == 1:
        return page.items[0].unit, (), ()
    return None, tuple((one.unit, one.name) for one in page.items), (
        Fault("unit", f"名称含“{typed}”的单位不止一个。请从下面选，或把名称写全。"),)


def _question(asking: Asking, moment: Moment) -> str:
    narrowed = {name: value for name, value in moment.links.items() if name != "purpose"}
    return json.dumps(["console claims", asking.caller.scope, sorted(narrowed.items())], ensure_ascii=False)


# Where in the list


class _Part(NamedTuple):
    """A page of the list: what is on it, how many stand before it, and how one goes back and on."""

    items: list[dict[str, Any]]
    before: int
    back: str | None
    on: str | None


def _part(asking: Asking, asked: _Asked, wanted: Wanted) -> _Part | Refusal:
    question, key = _question(asking, asked.moment), asking.house.cursor_key
    after, before, is_back = None, 0, False
    if asked.place is not None:
        after, before, is_back = read_cursor(key, question, asked.place).after
    turned = wanted._replace(is_oldest_first=wanted.is_oldest_first is not is_back)
    found: Found[dict[str, Any]] | Refusal = claim_list.page(
        asking.house, asking.caller, turned, asked.query.get("purpose"), as_of=asked.position,
        after=None if after is None else (after,), limit=ROWS)
    if isinstance(found, Refusal):
        return found
    items = list(found.items[::-1] if is_back else found.items)
    before = max(0, before - len(items)) if is_back else before

    def at(one: Mapping[str, Any], number: int, *, is_back: bool) -> str:
        return write_cursor(key, question, Cursor(asked.position, [one["claim"], number, is_back]))

    back = at(items[0], before, is_back=True) if items and before else None
    is_last = False if is_back else found.next is None
    on = at(items[-1], before + len(items), is_back=False) if items and not is_last else None
    return _Part(items, before, back, on)


# What is told


def _frame(asking: Asking, asked: _Asked) -> dict[str, Any]:
    """What stands around the rows: the bar, the form, and by what the list is narrowed."""
    moment, now = asked.moment, asked.place is None
    files = {"as_of": str(asked.position)}
    return {
        "moment": moment, "basis": told_basis(asked.basis), "faults": list(asked.faults), "found": asked.found,
        "fields": _fields(asking, asked), "narrowed": _narrowed(asking, asked), "is_first": now,
        "bare": {**moment.no_filters, "purpose": moment.rest.get("purpose")},
        "purpose": moment.rest.get("purpose"), "purposes": words.PURPOSES, "flags": exports.FLAG_WORDS,
        "files": [(form.upper(), moment.link(f"{AT}.{form}", **files)) for form in ("csv", "xlsx", "json")],
        "kept": {name: value for name, value in moment.links.items()
                 if name in ("purpose", "sort", "person", "officer", "holder", "as_of")},
    }


def _fields(asking: Asking, asked: _Asked) -> list[Field]:
    """What can be chosen; what leaves no choice, as a county's place, is left out."""
    given, wrong = asked.moment.rest, {one.field: one.words for one in asked.faults}
    vocabulary, offers = base_vocabulary(), _places(asking)
    choices: dict[str, Iterable[tuple[str, str]]] = {
        "status": [(code, mark[2]) for code, mark in words.STATES.items()],
        "role": [(code, "本人（退回后修改）" if code == HANDS[-1] else role_name(code)) for code in HANDS],
        "category": vocabulary.categories.items(),
        "route": [(code, vocabulary.route_name(code)) for code in vocabulary.routes],
        "flag": [(code, exports.FLAG_WORDS[code]) for code in FLAGS], **offers}
    told = []
    for name in ("status", "role", "waits_since", "category", "route", "flag", "year", "unit", "region", "sector",
                 "from", "to"):
        one = Field(name, _NAMES[name], "date", value=given.get(name, ""), fault=wrong.get(name, ""),
                    blank="不限", is_required=True)  # That nothing need be chosen is not worth a word at each.
        if name in choices:
            options = tuple(choices[name])
            told += [replace(one, kind="choice", options=options)] if len(options) > 1 or one.value else []
        elif name == "year":
            told.append(replace(one, kind="number", most=4))
        elif name == "unit":
            told.append(replace(one, kind="text", hint="名称的一部分，或代码"))
        else:
            told.append(one)
    return told


def _places(asking: Asking) -> dict[str, tuple[tuple[str, str], ...]]:
    """The areas and the sectors that somebody's scopes leave to choose from."""
    actor, today = Reading(asking.house.ledger).actor(asking.caller.id), asking.house.today
    scopes = () if actor is None else seeing_scopes(actor)
    held, limits = {scope.region for scope in scopes}, {scope.sector for scope in scopes}
    every = sorted([regions.PROVINCE[:2], *(city[:4] for city in regions.cities(today)),
                    *regions.county_units(today)])
    return {
        "region": tuple((code, region(code)) for code in every if any(code.startswith(one) for one in held)),
        "sector": tuple((code, named) for code, named in base_vocabulary().sectors.items()
                        if None in limits or code in limits),
    }


def _narrowed(asking: Asking, asked: _Asked) -> list[tuple[str, str]]:
    """By what the list is narrowed, each in words."""
    given, told = asked.moment.rest, []
    options = {one.name: dict(one.options) for one in _fields(asking, asked) if one.options}
    for name in _BY:
        if (value := given.get(name)) is not None:
            said = options.get(name, {}).get(value, value)
            if name == "unit" and value.startswith(PREFIXES["unit"]):
                said = named_units(asking.house, [value])[value] or value
            elif name in ("holder", "officer"):
                said = holders(asking, [value])[value] if value.startswith(PREFIXES["actor"]) else value
            told.append((name, f"{_NAMES[name]}：{said}"))
    return told


def _rows(asking: Asking, items: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    vocabulary = base_vocabulary()
    whose = [one["waits"]["holder"] for one in items if one["waits"] and one["waits"]["holder"]]
    hands, named = holders(asking, whose), named_units(asking.house, [one["unit"] for one in items])
    return [{
        **one, "unit_words": named[one["unit"]] or one["unit"], "state": words.state(one["status"]),
        "route_words": vocabulary.route_name(one["route"]),
        "level_words": vocabulary.level_name(one["level"], one["route"]) if one["level"] else "",
        "category_words": vocabulary.categories.get(one["category"], ""),
        "waiting": None if one["waits"] is None else _waiting(one["waits"], hands, day),
    } for one in items]


def _waiting(one: Mapping[str, Any], hands: Mapping[str, str], day: date) -> dict[str, Any]:
    """For whom it waits, whose it is and for how long, in words."""
    role = "本人，请其修改" if one["role"] == HANDS[-1] else role_name(one["role"])
    return {"words": role, "kind": "" if one["kind"] == "claim" else words.KINDS.get(one["kind"], one["kind"]),
            "holder": hands.get(one["holder"] or ""), "since": one["since"][:10],
            "days": (day - date.fromisoformat(one["since"][:10])).days}
