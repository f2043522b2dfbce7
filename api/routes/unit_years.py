"""A unit's people and their years over HTTP, a page at a time or as a file. `tests/api/test_unit_years.py` shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response

from api.callers import Caller
from api.cases import unit_years
from api.cases.faults import BadFields, Fault
from api.cases.unit_years import Asked
from api.routes.door import Door, house
from api.routes.listing import listed, moment
from api.routes.schemas.unit_years import UnitYearsAnswer, UnitYearsPageQuery, UnitYearsQuery
from api.tables_out import FORMS, Form, file_of
from ledger.errors import Refusal
from projections.basis import read_axes

door = Door("unit-years", __name__, description="单位人员的年度学时")

_Query = dict[str, Any]


@door.reads("/v1/units/<unit:unit>/years", summary="单位人员的年度学时和尚缺：供聘用、考核", query=UnitYearsPageQuery,
            answers=UnitYearsAnswer)
def pages(caller: Caller, query: _Query, unit: str) -> Response | Refusal:
    asked = _asked(query, unit)
    return listed(
        caller, f"unit years {unit}", query, lambda as_of, after, limit: unit_years.page(
            house(), caller, asked, query.get("purpose"), as_of=as_of, after=after, limit=limit),
        also=lambda page: {"unit": unit, "on": page.on.isoformat(), "basis": page.basis.as_json()})


@door.reads("/v1/units/<unit:unit>/years.csv", summary="同上，全部人员，CSV", query=UnitYearsQuery, answers=None,
            content_type="text/csv")
def as_csv(caller: Caller, query: _Query, unit: str) -> Response | Refusal:
    return _file(caller, query, unit, "csv")


@door.reads("/v1/units/<unit:unit>/years.xlsx", summary="同上，全部人员，工作簿", query=UnitYearsQuery, answers=None,
            content_type=FORMS["xlsx"])
def as_workbook(caller: Caller, query: _Query, unit: str) -> Response | Refusal:
    return _file(caller, query, unit, "xlsx")


def _file(caller: Caller, query: _Query, unit: str, form: Form) -> Response | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = unit_years.table(house(), caller, _asked(query, unit), query.get("purpose"), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    made = file_of(found, form)
    return Response(made.content, content_type=made.media_type,
                    headers={"Content-Disposition": f'attachment; filename="{made.name}"'})


def _asked(query: _Query, unit: str) -> Asked:
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    on = query.get("on") or axes.valid_on or _known_on(query.get("as_of"))
    last = query.get("last", on.year)
    first = query.get("first", last)
    if not 0 <= last - first < unit_years.YEARS_MOST:
        words = f"自 {first} 至 {last} 年度；应先后有序，至多 {unit_years.YEARS_MOST} 个年度。"
        raise BadFields([Fault("/from", "years_unfit", words)])
    return Asked(unit, on, range(first, last + 1), axes)


def _known_on(as_of: str | None) -> date:
    """Today, or of a past moment the day of the last event that was known then."""
    if as_of is None:
        return house().today
    at = house().answers.reflects(house().answers.settle(read_axes(as_of)))["as_of_time"]
    return house().today if at is None else datetime.fromisoformat(at).date()
