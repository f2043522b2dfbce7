"""Questions over HTTP: a person's years, what waits, one event. `tests/api/test_four_places.py` and others show it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from api.callers import Caller
from api.cases import events, years
from api.routes import paging
from api.routes.door import Door, answer, house
from api.routes.paging import Cursor
from api.routes.schemas.events import EventAnswer
from api.routes.schemas.questions import AxesQuery, WorkAnswer, WorkQuery, YearsAnswer
from ledger.errors import Refusal
from projections.basis import read_axes, written_time

door = Door("questions", __name__, description="年度学时、待办、事件")


@door.reads("/v1/persons/<person:person>/years", summary="各年度学时：认定与评定", query=AxesQuery, answers=YearsAnswer)
def every_year(caller: Caller, query: dict[str, Any], person: str) -> dict[str, Any] | Refusal:
    return _years(caller, query, person, None)


@door.reads("/v1/persons/<person:person>/years/<int:year>", summary="一个年度的学时", query=AxesQuery,
            answers=YearsAnswer)
def one_year(caller: Caller, query: dict[str, Any], person: str, year: int) -> dict[str, Any] | Refusal:
    return _years(caller, query, person, year)


def _years(caller: Caller, query: dict[str, Any], person: str, year: int | None) -> dict[str, Any] | Refusal:
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"))
    return years.years(house(), caller, person, axes, year, query.get("purpose"))


@door.reads("/v1/work", summary="待办：经办账号权限内的，或本人在办的", query=WorkQuery, answers=WorkAnswer)
def work(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    here, role, limit = house(), query.get("role"), query.get("limit", paging.LIMIT)
    question = json.dumps(["work", caller.scope, role])
    cursor = paging.read_cursor(here.cursor_key, question, query["cursor"]) if "cursor" in query else None
    after = None if cursor is None else (cursor.after[0], cursor.after[1])
    page = years.work(here, caller, role=role, as_of=None if cursor is None else cursor.as_of, after=after, limit=limit)
    if isinstance(page, Refusal):
        return page
    following = None
    if page.next is not None:
        following = paging.write_cursor(here.cursor_key, question, Cursor(page.as_of, list(page.next)))
    items = [{**one._asdict(), "since_at": written_time(one.since_at)} for one in page.items]
    response = answer({"items": items, "next_cursor": following, "as_of": page.as_of})
    if following is not None:
        named = {"role": role, "limit": limit, "cursor": following}
        address = urlencode({name: value for name, value in named.items() if value is not None})
        response.headers["Link"] = f'<{request.path}?{address}>; rel="next"'
    return response


@door.reads("/v1/events/<int:position>", summary="一个事件（须有读取账本的权限）", answers=EventAnswer)
def event(caller: Caller, position: int) -> dict[str, Any] | Refusal:
    return events.see(house(), caller, position)
