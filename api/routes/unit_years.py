"""A unit's people and their years over HTTP, a page at a time or as a file. `tests/api/test_unit_years.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.belonging import unit_years
from api.operational.callers import Caller
from api.paper.saved import attached
from api.paper.tables_out import FORMS, Form, file_of
from api.routes.door import Door, house
from api.routes.listing import listed, moment
from api.routes.schemas.unit_years import UnitYearsAnswer, UnitYearsPageQuery, UnitYearsQuery
from ledger.errors import Refusal

door = Door("unit-years", __name__, description="单位人员的年度学时")

_Query = dict[str, Any]


@door.reads("/v1/units/<unit:unit>/years", summary="单位人员的年度学时和尚缺：供聘用、考核", query=UnitYearsPageQuery,
            answers=UnitYearsAnswer)
def pages(caller: Caller, query: _Query, unit: str) -> Response | Refusal:
    asked = unit_years.asked_of(house(), query, unit)
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
    asked = unit_years.asked_of(house(), query, unit)
    found = unit_years.table(house(), caller, asked, query.get("purpose"), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    made = file_of(found, form)
    return attached(made.content, made.media_type, made.words, made.name)
