"""Questions over HTTP: a person's years, what waits, one event. `tests/api/test_four_places.py` and others show it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response

from api.cases import called, events, workload, years
from api.cases.called import Called, Part
from api.cases.log import proofs
from api.operational.callers import Caller
from api.paper.saved import attached
from api.routes.door import Door, house
from api.routes.listing import listed
from api.routes.schemas.common import Purpose
from api.routes.schemas.events import EventAnswer
from api.routes.schemas.histories import PageQuery
from api.routes.schemas.questions import AxesQuery, WorkAnswer, WorkQuery, YearsAnswer
from api.routes.schemas.workload import WorkloadAnswer, WorkloadQuery
from ledger.errors import Refusal
from projections.basis import read_axes, written_time
from projections.wanted import Waiting
from projections.workload import days_waited

door = Door("questions", __name__, description="年度学时、待办、事件")


@door.reads("/v1/persons/<person:person>/years", summary="各年度学时：认定与评定", query=AxesQuery, answers=YearsAnswer)
def every_year(caller: Caller, query: dict[str, Any], person: str) -> dict[str, Any] | Refusal:
    return _years(caller, query, person, None)


@door.reads("/v1/persons/<person:person>/years/<int:year>", summary="一个年度的学时", query=AxesQuery,
            answers=YearsAnswer)
def one_year(caller: Caller, query: dict[str, Any], person: str, year: int) -> dict[str, Any] | Refusal:
    return _years(caller, query, person, year)


def _years(caller: Caller, query: dict[str, Any], person: str, year: int | None) -> dict[str, Any] | Refusal:
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    return years.years(house(), caller, person, axes, year, query.get("purpose"))


@door.reads("/v1/work", summary="待办：经办账号权限内的，或本人在办的", query=WorkQuery, answers=WorkAnswer)
def work(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    def ask(as_of: int, after: Any, limit: int) -> Part | Refusal:
        page = years.work_on(house(), caller, role=query.get("role"), as_of=as_of, after=after, limit=limit)
        if isinstance(page, Refusal):
            return page
        each = called.called(house(), caller, page.items, query.get("purpose"), as_of=as_of)
        return each if isinstance(each, Refusal) else Part.of(page, each)

    return listed(
        caller, "work", query, ask,
        said={"counted_on": workload.counted_on(house(), query.get("as_of")).isoformat()}, show=_waiting,
        also=lambda page: {"differences_as_of": page.differences_as_of},
    )


@door.reads("/v1/persons/<person:person>/work", summary="一个人在办的事项", query=PageQuery, answers=WorkAnswer)
def work_of(caller: Caller, query: dict[str, Any], person: str) -> Response | Refusal:
    purpose = query.get("purpose")
    return listed(
        caller, f"work {person}", query, lambda as_of, after, limit: years.work_of(
            house(), caller, person, purpose, as_of=as_of, after=after, limit=limit),
        said={"counted_on": workload.counted_on(house(), query.get("as_of")).isoformat()}, show=_waiting,
    )


def _waiting(found: tuple[Waiting, Called], said: dict[str, Any]) -> dict[str, Any]:
    one, named = found
    days = days_waited(one.since_at, date.fromisoformat(said["counted_on"]))
    told = {name: value for name, value in one._asdict().items() if name not in ("studied", "papers")}
    return {**told, "title": named.title, "name": named.name, "since_at": written_time(one.since_at), "days": days}


@door.reads("/v1/workload", summary="各部门、各单位待办多少、最久的等了多久", query=WorkloadQuery,
            answers=WorkloadAnswer)
def loads(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return workload.loads(house(), caller, query.get("region", ""), query.get("as_of"))


@door.reads("/v1/events/<int:position>", summary="一个事件（须有读取账本的权限）", answers=EventAnswer)
def event(caller: Caller, position: int) -> dict[str, Any] | Refusal:
    return events.see(house(), caller, position)


@door.reads("/v1/events/<int:position>/proof", summary="一个事件的证明（.tlog-proof），任何人可离线核验",
            query=Purpose, answers=None, content_type="text/plain")
def proof(caller: Caller, query: dict[str, Any], position: int) -> Response | Refusal:
    found = proofs.handed_out(house(), caller, position, query.get("purpose"))
    if isinstance(found, Refusal):
        return found
    answer = attached(found, "text/plain; charset=utf-8", f"事件 {position} 的证明", f"event-{position}.tlog-proof")
    answer.headers["Cache-Control"] = "no-store"
    return answer
