"""A unit's own view: its people, their years and what is missing, for appointment and appraisal (P 4, E 14, N 9).

The unit itself asks, or an office whose scope holds it. Whoever has left a unit is no longer its to look at, whatever
day it asks about; an office of the place still sees them. Each person on a page is recorded as seen before it is shown,
for a purpose; names and numbers are masked, as on every list. Who belongs to the unit is asked of one day, what their
hours come to on all three axes, so that the same question gives the same answer again.

`tests/api/test_unit_years.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import by_actor, looking, may_see, reading_unit, seeing_scopes
from api.cases.workload import counted_on
from api.house import House
from api.operational.callers import Caller
from api.paper.tables_out import Table
from api.refusals.faults import BadFields, Fault
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.person import Identity, IdentityChange, PersonCorrected, PersonRegistered
from ledger.identifiers import id_number, names
from ledger.reading import Recorded
from ledger.streams.standing import Actor
from ledger.streams.unit import matter_of
from policies.words import base_vocabulary
from projections.affiliations import belongs_to, members_of
from projections.basis import Axes, Basis, read_axes
from projections.unit_years import Lack, YearLine, year_lines

YEARS_MOST: Final = 10
_AT_ONCE: Final = 500
_MET: Final = {True: "是", False: "否", None: "未定"}
_HEADS: Final = ("人员", "姓名", "证件号码", "隶属自", "年度", "达标", "专业", "行业公需", "一般公需", "合计",
                 "认定合计", "尚缺")


class Asked(NamedTuple):
    """Of which unit, who belongs to it on which day, which years, on which axes."""

    unit: str
    on: date
    years: Sequence[int]
    axes: Axes


class People(NamedTuple):
    """Some of a unit's people, by their ids."""

    items: tuple[dict[str, Any], ...]
    next: tuple[str, int, str] | None   # Whom it goes on after, and what the first page was asked of.
    as_of: int
    basis: Basis
    on: date


def asked_of(house: House, query: Mapping[str, Any], unit: str) -> Asked:
    """Read the question as an address asks it; raises what is wrong with its years or its axes."""
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    on = query.get("on") or axes.valid_on or counted_on(house, query.get("as_of"))
    last = query.get("last", on.year)
    first = query.get("first", last)
    if not 0 <= last - first < YEARS_MOST:
        words = f"自 {first} 至 {last} 年度；应先后有序，至多 {YEARS_MOST} 个年度。"
        raise BadFields([Fault("/from", "years_unfit", words)])
    return Asked(unit, on, range(first, last + 1), axes)


def page(
    house: House, caller: Caller, asked: Asked, purpose: str | None, *, as_of: int, after: tuple[Any, ...] | None,
    limit: int,
) -> People | Refusal:
    """Some of the unit's people with their years."""
    if isinstance(asking := reading_unit(house, caller, asked.unit, purpose), Refusal):
        return asking
    head = asked.axes.head
    if after is not None:  # The day does not turn, nor the law change, between two pages.
        head, asked = after[1], asked._replace(on=date.fromisoformat(after[2]))
    basis = house.answers.basis(Axes(as_of, asked.axes.valid_on, asked.axes.law, head))
    return _some(house, caller, asked, purpose, basis, "" if after is None else after[0], limit)


def table(house: House, caller: Caller, asked: Asked, purpose: str | None, *, as_of: int) -> Table | Refusal:
    """All of them, a line for each person and year."""
    if isinstance(asking := reading_unit(house, caller, asked.unit, purpose), Refusal):
        return asking
    basis = house.answers.basis(Axes(as_of, asked.axes.valid_on, asked.axes.law, asked.axes.head))
    rows: list[tuple[Any, ...]] = []
    after = ""
    while True:
        some = _some(house, caller, asked, purpose, basis, after, _AT_ONCE)
        if isinstance(some, Refusal):
            return some
        rows += [row for one in some.items for row in _rows(one)]
        if some.next is None:
            break
        after = some.next[0]
    unit = house.answers.unit(asked.unit)
    called = {} if unit is None else {"单位名称": unit.names[-1].name}
    narrowed = {"单位": asked.unit, **called, "隶属于": asked.on.isoformat(), "规则": basis.law,
                "账本": f"{basis.log_size} · {basis.root.hex()}"}
    if basis.valid_on is not None:
        narrowed["发生时间截至"] = basis.valid_on.isoformat()
    return Table("unit-years", "单位人员年度学时", _HEADS, rows, basis.as_of, basis.as_of_time, narrowed)


def _some(
    house: House, caller: Caller, asked: Asked, purpose: str | None, basis: Basis, after: str, limit: int
) -> People | Refusal:
    members = members_of(house.answers, asked.unit, asked.on, as_of=basis.as_of, after=after, limit=limit)
    asking = looking(house, caller)
    if isinstance(asking, Refusal):  # Somebody was suspended while a long list was read.
        return asking
    since = _still_theirs(house, asking, asked, {one["person"]: one["from"] for one in members.items})
    assert purpose is not None, "without one nothing is shown"
    if since:
        record_looks(house, by_actor(caller, asking, seeing_scopes(asking)[0].role), since, purpose,
                     what=("years", "identity"), route="unit_years")
    known = dict(identities(house, list(since)))
    items = tuple(
        {"person": person, **known[person], "from": since[person],
         "years": [_line(one) for one in lines]}
        for person, lines in year_lines(house.answers, since, basis, asked.years))
    following = None if members.next is None else (
        str(members.next[0]), basis.log_size, asked.on.isoformat())
    return People(items, following, basis.as_of, basis, asked.on)


def _still_theirs(house: House, asking: Actor, asked: Asked, members: dict[str, str]) -> dict[str, str]:
    """Of those who belonged to the unit, whom the asker may look at today (as `places` says of one person)."""
    unit = Reading(house.ledger).unit(asked.unit)
    assert unit is not None, "it was found a moment ago"
    offices = tuple(one for one in seeing_scopes(asking) if one.unit is None)
    of_the_place = msgspec.structs.replace(asking, scopes=offices)
    is_now = asked.on == house.today and asked.axes.as_of is None
    if is_now or may_see(of_the_place, matter_of(unit)) is None:
        return members
    return {person: since for person, since in members.items()
            if belongs_to(house.answers, person, asked.unit, house.today)}


def identities(house: House, persons: Sequence[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Who they are, masked; nothing of those whose key is destroyed."""
    said: dict[str, Recorded] = {}
    for person, leaves in house.ledger.store.streams(persons).items():
        for position, leaf in reversed(leaves):
            envelope = decode(leaf)
            if isinstance(envelope.event, PersonRegistered | PersonCorrected):
                said[person] = Recorded(position, envelope)
                break
    for person, opened in zip(said, house.ledger.opened_each(list(said.values())), strict=True):
        identity = opened.identity if isinstance(opened, IdentityChange) else opened
        if isinstance(identity, Identity):
            name = names.Name(identity.name, identity.name_normalised, uncertain=False)
            number = id_number.IdNumber(identity.id_kind, identity.id_number)
            yield person, {"name": name.mask(), "id_number": number.mask()}
        else:
            yield person, {"name": None, "id_number": None}


def _line(one: YearLine) -> dict[str, Any]:
    return {**one._asdict(), "lacking": [_lack(lack) for lack in one.lacking]}


def _lack(one: Lack) -> dict[str, Any]:
    """A cycle names its years; a year's own requirement has none, as in a person's years."""
    told = one._asdict()
    first, last = told.pop("first"), told.pop("last")
    return told if first is None else {**told, "from": first, "to": last}


def _rows(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    words = base_vocabulary().minimums
    for year in one["years"]:
        lacking = "；".join(
            f"{words[lack['name']].name if lack['name'] in words else lack['name']} "
            f"{lack['have']}/{lack['need']}（{lack['rulebook']} {lack['article']}）" for lack in year["lacking"])
        hours = (Decimal(year[name]) for name in (
            "professional", "sector_public", "general_public", "total", "decided_total"))
        yield (one["person"], one["name"], one["id_number"], one["from"], year["year"], _MET[year["met"]], *hours,
               lacking)
