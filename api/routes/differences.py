"""Differences over HTTP: entries and person-years that differ, and how many. `tests/api/test_http_differences.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from api.cases import differences
from api.operational.callers import Caller
from api.routes.door import Door, house
from api.routes.listing import listed
from api.routes.schemas.differences import (
    CountsAnswer,
    DifferencesQuery,
    EntriesAnswer,
    OfficesQuery,
    YearsDifferAnswer,
)
from ledger.errors import Refusal
from projections.basis import Axes, read_axes
from projections.differences.queue import Filters

door = Door("differences", __name__, description="认定与评定的差异")

_Query = dict[str, Any]


@door.reads("/v1/differences", summary="认定与评定不同的学习：两个数字、原因、该谁核查", query=DifferencesQuery,
            answers=EntriesAnswer)
def entries(caller: Caller, query: _Query) -> Response | Refusal:
    return _listed(caller, query, "entries")


@door.reads("/v1/differences/years", summary="认定与评定不同的个人年度", query=DifferencesQuery,
            answers=YearsDifferAnswer)
def years(caller: Caller, query: _Query) -> Response | Refusal:
    return _listed(caller, query, "years")


def _listed(caller: Caller, query: _Query, what: str) -> Response | Refusal:
    filters, purpose, axes = _filters(query), query.get("purpose"), _axes(query)
    # As of now means as far as they are known, unless everyone is weighed anew.
    is_asked = "as_of" in query or "cursor" in query or axes != Axes()
    return listed(
        caller, f"differences {what}", query,
        lambda as_of, after, limit: differences.listed(
            house(), caller, what, filters, purpose, axes=replace(axes, as_of=as_of if is_asked else None),
            after=after, limit=limit),
        also=lambda page: differences.said_of(page.basis))


@door.reads("/v1/differences/offices", summary="各部门有多少差异待核查、最久的自何时起", query=OfficesQuery,
            answers=CountsAnswer)
def offices(caller: Caller, query: _Query) -> dict[str, Any] | Refusal:
    if (behind := house().settled()) is not None:
        return behind
    return differences.counted(house(), caller, _filters(query), _axes(query))


def _axes(query: _Query) -> Axes:
    return read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))


def _filters(query: _Query) -> Filters:
    return Filters(**{name: query[name] for name in Filters._fields if name in query})
