"""The access log over HTTP: who saw whose data. `tests/console/test_officer_screens.py` shows it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from api.cases.log import looks
from api.operational.callers import Caller
from api.paper.saved import disposition
from api.refusals.faults import BadFields, Fault
from api.routes import paging
from api.routes.door import Door, house
from api.routes.paging import Cursor
from api.routes.schemas.looks import LooksAnswer, LooksQuery
from ledger.errors import Refusal

door = Door("looks", __name__, description="查阅日志：谁为何看过谁的个人信息")

_Query = dict[str, Any]


@door.reads("/v1/access", summary="一个账号看过谁，或谁看过一个人；新的在前", query=LooksQuery, answers=LooksAnswer)
def every(caller: Caller, query: _Query) -> dict[str, Any] | Refusal:
    actor, person = query.get("actor"), query.get("person")
    if (actor is None) == (person is None):
        raise BadFields([Fault("/actor", "one_of_two", "请给出 actor 或 person，恰为其一。")])
    here = house()
    asked = {name: str(query[name]) for name in ("actor", "person", "first", "last", "wanted") if name in query}
    question = json.dumps(["access", caller.scope, asked], ensure_ascii=False)
    upto, after = None, None
    if "cursor" in query:
        upto, after = paging.read_cursor(here.cursor_key, question, query["cursor"])
    found = looks.looks(
        here, caller, actor=actor, person=person, purpose=query.get("purpose"), first=query.get("first"),
        last=query.get("last"), wanted=query.get("wanted"), upto=upto, after=None if after is None else tuple(after),
        limit=query.get("limit", paging.LIMIT))
    if isinstance(found, Refusal):
        return found
    following = None
    if found.next is not None:
        following = paging.write_cursor(here.cursor_key, question, Cursor(found.as_of, list(found.next)))
    return {"items": list(found.items), "next_cursor": following, "as_of": found.as_of, "behind": found.behind,
            "anchor": None if found.anchor is None else found.anchor._asdict(),
            "pruned": None if found.pruned is None else found.pruned._asdict()}


@door.reads("/v1/access/<int:position>/proof", summary="查阅日志中一条的证明（.tlog-proof），任何人可离线核验",
            answers=None, content_type="text/plain")
def proof(caller: Caller, position: int) -> Response | Refusal:
    found = looks.proof(house(), caller, position)
    if isinstance(found, Refusal):
        return found
    answer = Response(found.bundle, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Disposition"] = disposition(
        f"查阅记录 {position} 的证明", f"access-{position}.tlog-proof")
    return answer
