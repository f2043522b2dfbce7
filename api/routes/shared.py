"""What entries share, over HTTP, and what happened to it. `tests/api/test_http_shared.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.tracing import shared, shared_threads
from api.cases.tracing.shared import Seen
from api.cases.tracing.shared_threads import Thread
from api.operational.callers import Caller
from api.routes.door import Door, house
from api.routes.listing import Paged, listed
from api.routes.schemas.shared import DimensionQuery, KeyEventsAnswer, KeyEventsQuery, KeyQuery, SharedAnswer
from ledger.errors import Refusal

door = Door("shared", __name__, description="共用情况：由一项查到与它相同的")

_Query = dict[str, Any]


@door.reads("/v1/claims/<claim:claim>/shared", summary="与一项申报共用证书、文件、培训班、经办账号等的申报",
            query=DimensionQuery, answers=SharedAnswer)
def of_claim(caller: Caller, query: _Query, claim: str) -> Response | Refusal:
    only, purpose = query.get("dimension"), query.get("purpose")
    return listed(caller, f"shared {claim}", query, lambda as_of, after, limit: shared.of_claim(
        house(), caller, claim, purpose, only=only, as_of=as_of, after=after, limit=limit), also=_pivot)


@door.reads("/v1/findings/<finding:finding>/shared", summary="一条线索的各项申报共用什么，还有谁共用",
            query=DimensionQuery, answers=SharedAnswer)
def of_finding(caller: Caller, query: _Query, finding: str) -> Response | Refusal:
    only, purpose = query.get("dimension"), query.get("purpose")
    return listed(caller, f"shared {finding}", query, lambda as_of, after, limit: shared.of_finding(
        house(), caller, finding, purpose, only=only, as_of=as_of, after=after, limit=limit), also=_pivot)


@door.reads("/v1/shared", summary="有同一证书编号、文件、设备、主办单位等的申报", query=KeyQuery, answers=SharedAnswer)
def of_key(caller: Caller, query: _Query) -> Response | Refusal:
    dimension, value, purpose = query["dimension"], query["value"], query.get("purpose")
    return listed(caller, "shared", query, lambda as_of, after, limit: shared.of_key(
        house(), caller, dimension, value, purpose, as_of=as_of, after=after, limit=limit), also=_pivot)


@door.reads("/v1/shared/events", summary="有同一证书编号、文件、设备、主办单位等的，各发生过什么", query=KeyEventsQuery,
            answers=KeyEventsAnswer)
def events(caller: Caller, query: _Query) -> Response | Refusal:
    dimension, value, purpose = query["dimension"], query["value"], query.get("purpose")
    newest = query.get("newest", False)
    told: list[Thread] = []

    def ask(as_of: int, after: Any, limit: int) -> Paged | Refusal:
        found = shared_threads.of_key(house(), caller, dimension, value, purpose, as_of=as_of, newest=newest,
                                      after=after, limit=limit)
        if isinstance(found, Refusal):
            return found
        told.append(found)
        return found.page

    return listed(caller, "shared events", query, ask, also=lambda _: _thread(told[0]))


def _pivot(page: Any) -> dict[str, Any]:
    assert isinstance(page, Seen), "what was asked for a moment ago"
    return shared.view(page)


def _thread(one: Thread) -> dict[str, Any]:
    return {**one.key._asdict(), "claims": one.claims, "beyond": one.beyond, "records": one.records,
            "is_more": one.is_more, "papers": list(one.papers)}
