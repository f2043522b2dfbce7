"""Cases over HTTP, to be read. `tests/api/test_http_cases.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.callers import Caller
from api.cases import cases
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.cases import CaseAnswer, CasesAnswer, CasesQuery
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal

door = Door("cases", __name__, description="监察案件")

_Query = dict[str, Any]


@door.reads("/v1/cases", summary="监督权限内的案件，按立案先后", query=CasesQuery, answers=CasesAnswer)
def every(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "cases", query, lambda as_of, after, limit: cases.cases(
        house(), caller, status=query.get("status"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/cases/<case:case>", summary="一个案件：所涉的人和学时、结论、现状", query=AsOfQuery,
            answers=CaseAnswer)
def show(caller: Caller, query: _Query, case: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: cases.case(house(), caller, case, query.get("purpose"), as_of=as_of))
