"""Lists over HTTP: a page at a time, all of one position, each with what it rests on and where the next begins.

`tests/api/test_histories.py` and `tests/api/test_http_work.py` show it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Response, request

from api.house import House
from api.operational.callers import Caller
from api.routes import paging
from api.routes.answers import answer
from api.routes.door import house
from api.routes.paging import Cursor
from ledger.errors import Refusal
from projections.basis import read_axes


class Paged(Protocol):
    """Some of an answer, in order."""

    @property
    def items(self) -> tuple[Any, ...]: ...

    @property
    def next(self) -> tuple[Any, ...] | None: ...

    @property
    def as_of(self) -> int: ...


Ask = Callable[[int, tuple[Any, ...] | None, int], Paged | Refusal]
"""Asks as of a position, after a place, for at most so many."""

_NOT_THE_QUESTION = ("cursor", "limit", "purpose")


def moment(here: House, as_of: str | None) -> int | Refusal:
    """The position that is asked about; without one, everything that stands now has been followed first."""
    if as_of is not None:
        return here.answers.settle(read_axes(as_of))
    return here.settled() or here.answers.position()


def as_it_stood(query: dict[str, Any], ask: Callable[[int], dict[str, Any] | Refusal]) -> dict[str, Any] | Refusal:
    """Answer one thing as of the moment that is asked about, and say what the answer rests on."""
    as_of = moment(house(), query.get("as_of"))
    found = as_of if isinstance(as_of, Refusal) else ask(as_of)
    if isinstance(as_of, Refusal) or isinstance(found, Refusal):
        return found
    return {**found, **house().answers.reflects(as_of)}


def listed(
    caller: Caller, name: str, query: dict[str, Any], ask: Ask, *, said: dict[str, Any] | None = None,
    show: Callable[[Any, dict[str, Any]], dict[str, Any]] = lambda one, _: one,
    also: Callable[[Any], dict[str, Any]] = lambda _: {},
) -> Response | Refusal:
    """Answer a page of a list. The cursor belongs to one asker and one question, and keeps what the first page said.

    `said`: what else the answer says, and every further page as the first did; `also`: what a page says of itself.
    """
    here, limit = house(), query.get("limit", paging.LIMIT)
    asked = {field: str(value) for field, value in sorted(query.items()) if field not in _NOT_THE_QUESTION}
    question = json.dumps([name, caller.scope, asked], ensure_ascii=False)
    if "cursor" in query:
        as_of, (after, said) = paging.read_cursor(here.cursor_key, question, query["cursor"])
        page = ask(as_of, tuple(after), limit)
    else:
        begins = moment(here, query.get("as_of"))
        page = begins if isinstance(begins, Refusal) else ask(begins, None, limit)
    if isinstance(page, Refusal):
        return page
    following = None
    if page.next is not None:
        following = paging.write_cursor(here.cursor_key, question, Cursor(page.as_of, [page.next, said]))
    items = [show(one, said or {}) for one in page.items]
    response = answer({"items": items, "next_cursor": following, **(said or {}), **also(page),
                       **here.answers.reflects(page.as_of)})
    if following is not None:
        address = urlencode({**request.args, "limit": limit, "cursor": following})
        response.headers["Link"] = f'<{request.path}?{address}>; rel="next"'
    return response
