"""Findings over HTTP: listed, looked at, acted upon. `tests/api/test_http_findings.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked
from api.cases.investigating import finding_acts as acts
from api.cases.investigating import findings, inquiries
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood, listed
from api.routes.schemas.cases import DecidedCaseAnswer
from api.routes.schemas.findings import (
    DecidedFindingAnswer,
    FindingAnswer,
    FindingCaseBody,
    FindingReferralBody,
    FindingsAnswer,
    FindingsQuery,
    GivingBody,
    PatternsAnswer,
    RulingOutBody,
    SubstantiationBody,
    TakingUpBody,
)
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal

door = Door("findings", __name__, description="核查线索：规则提示的，由人核查")

_Query = dict[str, Any]
_Fields = dict[str, Any]
_AT = "/v1/findings/<finding:finding>"


@door.reads("/v1/findings", summary="监督权限内的线索，严重的、发现得早的在前", query=FindingsQuery,
            answers=FindingsAnswer)
def every(caller: Caller, query: _Query) -> Response | Refusal:
    wanted = findings.wanted(caller, query)
    purpose = query.get("purpose")
    return listed(
        caller, "findings", query,
        lambda as_of, after, limit: findings.findings(
            house(), caller, wanted, purpose, as_of=as_of, after=after, limit=limit),
        also=lambda page: {"facets": findings.facets(house(), caller, wanted, as_of=page.as_of),
                           "unasked": findings.unasked(house(), wanted, as_of=page.as_of)})


@door.reads("/v1/findings/patterns", summary="核查规则：条文、界限及其沿革、各状态的条数", answers=PatternsAnswer)
def patterns(caller: Caller) -> Response | Refusal:
    found = findings.patterns(house(), caller)
    return found if isinstance(found, Refusal) else answer(found)


@door.reads(_AT, summary="一条线索：发现了什么、依据、相反的情况、办理经过", query=AsOfQuery, answers=FindingAnswer)
def show(caller: Caller, query: _Query, finding: str) -> Response | Refusal:
    found = as_it_stood(query, lambda as_of: findings.finding(
        house(), caller, finding, query.get("purpose"), as_of=as_of))
    # Never as unchanged (304): whoever looks is shown it, and recorded, each time.
    return found if isinstance(found, Refusal) else answer(found, version=found["version"])


_acts = Acts(door, _AT, "findings", DecidedFindingAnswer, acts.view)
_acts.offer("taking-up", "承办线索，或改期限", acts.take_up, TakingUpBody)
_acts.offer("assignment", "转交线索给本机构的另一位经办人", acts.give, GivingBody)
_acts.offer("ruling-out", "排除线索：事实不变即不再提示", acts.rule_out, RulingOutBody)
_acts.offer("substantiation", "认定线索属实", acts.substantiate, SubstantiationBody)
_acts.offer("referral", "移送线索", acts.refer, FindingReferralBody)


@door.writes(f"{_AT}/case", summary="由线索立案，可并入其他线索", body=FindingCaseBody, answers=DecidedCaseAnswer,
             show=inquiries.view, conditional=True)
def open_case(caller: Caller, fields: _Fields, asked: Asked, finding: str) -> Told | Refusal:
    done = acts.open_case(house(), caller, finding, fields, asked)
    return done if isinstance(done, Refusal) else Told(done, place=f"/v1/cases/{done.stream}")
