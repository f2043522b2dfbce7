"""Differences between as decided and as evaluated: how many wait for which office, and which they are.

Counts name nobody. Who differs is listed to those whose to look at it is, for a purpose, recorded, with masked names;
to somebody themselves only their own. Where everyone has to be weighed for a moment or a law, it is said how far that
is. `tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from flask import Response, request

from api.cases import differences
from api.cases.differences import Listed
from api.console import words
from api.console.law.replay_result import MET, changed, names_of
from api.console.moment import ALL, Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.paper.tables_out import Table
from api.routes.paging import Cursor, read_cursor, write_cursor
from api.whole import whole
from api.words.telling import role as role_name
from api.words.year_page import basis_view, region
from ledger.errors import Refusal
from policies.words import base_vocabulary
from projections.basis import Axes, written_time
from projections.differences.asked import BeingWeighed
from projections.differences.queue import Filters
from projections.differing import KINDS

ROWS: Final = 50
CSV_MOST: Final = 5_000
KIND_WORDS: Final = {
    "unreadable": "细则读不懂", "belonging": "后来登记的隶属关系不同", "worth": "细则给的学时不同",
    "duplicate": "重复的取舍不同", "room": "上限之下所余不同", "class": "归类不同",
}
_SHOWN: Final = {"entries": "学习", "years": "个人年度"}
_SEEN: Final = ("years", "identity")
_ADDRESS: Final = "/differences"
_HEADS: Final = {
    "entries": ("编号", "姓名", "年度", "申报编号", "种类", "认定", "评定", "原因", "起始事件", "维持的事件"),
    "years": ("编号", "姓名", "年度", "地区", "行业", "认定合计", "评定合计", "认定结论", "评定结论", "起始事件"),
}


def listed(asking: Asking) -> Shown:
    """How many wait for whom; and, for whoever says what for, which."""
    moment = asked_moment(ALL, ("kind", "year", "show", "purpose", "log_size"))
    try:
        found = _listed(asking, moment)
    except BeingWeighed as not_yet:
        if request.path.endswith((".json", ".csv")):
            raise
        same = moment.link(_ADDRESS, as_of=not_yet.seen["as_of"], log_size=not_yet.seen["log_size"])
        return Page("differences_weighed.html", {
            "moment": moment, "done": not_yet.done, "total": not_yet.total, "same": same}, status=202)
    if "HX-Request" in request.headers:  # Whoever waited is shown the whole page, under its own address.
        return Response(headers={"HX-Redirect": moment.link(_ADDRESS)})
    return found


class _Found(NamedTuple):
    """The counts, if whoever asks is an office, and the rows, if they are told what for."""

    counts: dict[str, Any] | None
    kinds: Counter[str]             # Of all kinds, whichever is looked at.
    page: Listed | None
    may_list: bool
    basis: dict[str, Any]


def _listed(asking: Asking, moment: Moment) -> Shown:
    position = moment.position(asking.house)
    filters, shown = _filters(moment), "years" if moment.rest.get("show") == "years" else "entries"
    found = _found(asking, moment, shown, filters, _axes(moment, position))
    if isinstance(found, Refusal):
        return found
    counts, page, has_rows = found.counts, found.page, found.page is not None
    rows = [] if page is None else _rows(asking, page, shown)
    following = None if page is None or page.next is None else write_cursor(
        asking.house.cursor_key, _question(asking, moment, shown), Cursor(page.as_of, list(page.next)))
    offices = [] if counts is None else [_office(asking.house, one) for one in counts["items"]]
    kinds = [(code, KIND_WORDS[code], found.kinds[code]) for code in KINDS
             if found.kinds[code] or filters.kind == code]
    return Page("differences.html", {
        "moment": moment, "basis": basis_view(found.basis), "counts": counts, "offices": offices, "kinds": kinds,
        "rows": rows, "has_rows": has_rows, "may_list": found.may_list, "purposes": words.PURPOSES, "shown": shown,
        "tabs": _SHOWN, "next": following, "is_first": "cursor" not in request.args, "kind_words": KIND_WORDS,
        "changed": changed, "met": MET, "purpose": moment.rest.get("purpose"), "query_of": moment.links,
    }, {"counts": counts, "items": [{name: one[name] for name in one if name != "told"} for one in rows],
        "next": following, "basis": found.basis},
        _table(shown, rows, offices, found.basis, following, has_rows=has_rows))


def _found(asking: Asking, moment: Moment, shown: str, filters: Filters, axes: Axes) -> _Found | Refusal:
    counts: dict[str, Any] | None = None
    kinds: Counter[str] = Counter()
    if not asking.capacity.is_person:
        told = every = differences.counted(asking.house, asking.caller, filters, axes)
        if filters.kind is not None:
            every = differences.counted(asking.house, asking.caller, filters._replace(kind=None), axes)
        if isinstance(told, Refusal):
            return told
        if isinstance(every, Refusal):
            return every
        counts = told
        for one in every["items"]:
            kinds.update(one["kinds"])
    purpose = moment.rest.get("purpose")
    wants_rows = asking.capacity.is_person or purpose in words.PURPOSES
    page = _page(asking, moment, shown, filters, axes, purpose if wants_rows else None)
    if not isinstance(page, Refusal):
        return _Found(counts, kinds, page, True, page.basis.as_json() if counts is None else counts["basis"])
    if wants_rows or counts is None:
        return page
    return _Found(counts, kinds, None, page.code == "purpose_missing", counts["basis"])


def _axes(moment: Moment, position: int) -> Axes:
    """Without anything asked, as far as they are known; else as of what is asked, settled at one position."""
    axes = moment.read()
    if axes == Axes():
        return axes
    log_size = whole(moment.rest.get("log_size", ""))
    return replace(axes, as_of=position, head=axes.head if log_size is None else log_size)


def _filters(moment: Moment) -> Filters:
    kind, year = moment.rest.get("kind"), moment.rest.get("year", "")
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    return Filters(kind=kind if kind in KINDS else None, year=int(year) if is_year else None)


def _page(
    asking: Asking, moment: Moment, shown: str, filters: Filters, axes: Axes, purpose: str | None
) -> Listed | Refusal:
    after = None
    if cursor := request.args.get("cursor"):
        as_of, after = read_cursor(asking.house.cursor_key, _question(asking, moment, shown), cursor)
        axes = replace(axes, as_of=as_of)
    return differences.listed(
        asking.house, asking.caller, shown, filters, purpose, axes=axes,
        after=None if after is None else tuple(after), seen=_SEEN,
        limit=CSV_MOST if request.path.endswith(".csv") else ROWS)


def _question(asking: Asking, moment: Moment, shown: str) -> str:
    asked = {name: value for name, value in moment.links.items() if name not in ("purpose", "show")}
    return json.dumps(["console differences", asking.caller.scope, shown, sorted(asked.items())], ensure_ascii=False)


def _office(house: House, one: Mapping[str, Any]) -> dict[str, Any]:
    since = one["since"] and written_time(house.stored(one["since"]).envelope.recorded_at)[:10]
    return {**one, "since_on": since, "role_words": role_name(one["role"]), "region_words": region(one["region"]),
            "sector_words": base_vocabulary().sectors.get(one["sector"], one["sector"]),
            "kinds_words": "，".join(f"{KIND_WORDS[code]} {many}" for code, many in one["kinds"].items())}


def _rows(asking: Asking, page: Listed, shown: str) -> list[dict[str, Any]]:
    names = names_of(asking.house, (one["person"] for one in page.items))
    return [{**one, "name": names[one["person"]],
             "told": _entry(one) if shown == "entries" else _year(one)} for one in page.items]


def _entry(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (one["year"], one["claim"], KIND_WORDS[one["kind"]], one["decided"]["counted"],
            one["evaluated"]["counted"], one["because"], one["since"], one["upheld"])


def _year(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (one["year"], region(one["region"]), base_vocabulary().sectors.get(one["sector"], one["sector"]),
            one["decided"]["total"], one["evaluated"]["total"], MET[one["decided"]["met"]][2],
            MET[one["evaluated"]["met"]][2], one["since"])


def _table(
    shown: str, rows: Iterable[Mapping[str, Any]], offices: Iterable[Mapping[str, Any]], basis: Mapping[str, Any],
    following: str | None, *, has_rows: bool,
) -> Table:
    """What is listed as a file: people where they are listed, else the counts."""
    at = basis.get("as_of", 0), basis.get("as_of_time")
    if not has_rows:
        heads = ("办理部门", "地区", "行业", "待核查", "已维持", "种类", "最早的起始事件")
        return Table("differences-offices", "认定与评定的差异：各部门", heads, [
            (one["role_words"], one["region_words"], one["sector_words"], one["waiting"], one["upheld"],
             one["kinds_words"], one["since"]) for one in offices], *at)
    told = [(one["person"], one["name"], *one["told"]) for one in rows]
    asked = {} if following is None else {"注意": f"只写了前 {len(told)} 行，其后还有；请按种类、年度分头导出"}
    return Table(f"differences-{shown}", f"认定与评定不同的{_SHOWN[shown]}", _HEADS[shown], told, *at, asked)
