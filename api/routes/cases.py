"""Cases over HTTP: read, and acted in. `tests/api/test_http_cases.py` and `tests/api/test_case_acts.py` show it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases import cases
from api.cases.doing import Asked, Done
from api.cases.investigating import inquiries, without
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.cases import (
    CaseAnswer,
    CaseBody,
    CasesAnswer,
    CasesQuery,
    DecidedCaseAnswer,
    FindingBody,
    HoldBody,
    ReferralBody,
)
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.simulations import SimulationAnswer, SimulationQuery
from ledger.errors import Refusal

door = Door("cases", __name__, description="监察案件")

_Query = dict[str, Any]
_Fields = dict[str, Any]
_AT = "/v1/cases/<case:case>"


@door.reads("/v1/cases", summary="监督权限内的案件，按立案先后", query=CasesQuery, answers=CasesAnswer)
def every(caller: Caller, query: _Query) -> Response | Refusal:
    return listed(caller, "cases", query, lambda as_of, after, limit: cases.cases(
        house(), caller, status=query.get("status"), as_of=as_of, after=after, limit=limit))


@door.reads("/v1/cases/<case:case>", summary="一个案件：所涉的人和学时、结论、现状", query=AsOfQuery,
            answers=CaseAnswer)
def show(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    found = as_it_stood(query, lambda as_of: cases.case(house(), caller, case, query.get("purpose"), as_of=as_of))
    # Never as unchanged (304): whoever looks is shown it, and recorded, each time.
    return found if isinstance(found, Refusal) else answer(found, version=found["version"])


@door.reads(f"{_AT}/simulation", summary="如果案件所涉的学时不计：年度、情况表、申报和职称会怎样；不改动任何内容",
            query=SimulationQuery, answers=SimulationAnswer)
def simulate(caller: Caller, query: _Query, case: str) -> dict[str, Any] | Refusal:
    return without.simulate(house(), caller, case, without.wanted_of(query), query.get("purpose"))


def _told(done: Done | Refusal) -> Told | Refusal:
    return done if isinstance(done, Refusal) else Told(done, place=f"/v1/cases/{done.stream}")


@door.writes("/v1/cases", summary="立案", body=CaseBody, answers=DecidedCaseAnswer, show=inquiries.view)
def open_case(caller: Caller, fields: _Fields, asked: Asked) -> Told | Refusal:
    return _told(inquiries.open_case(house(), caller, fields, asked))


_acts = Acts(door, _AT, "cases", DecidedCaseAnswer, inquiries.view)
_acts.offer("hold", "冻结案件所涉的学时", inquiries.hold, HoldBody)
_acts.offer("finding", "登记核查结论", inquiries.find, FindingBody)
_acts.offer("referral", "移送案件", inquiries.refer, ReferralBody)
_acts.offer("closing", "办结案件：已排除的随之解冻", inquiries.close)
