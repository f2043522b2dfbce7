"""Jobs over HTTP: how far they are, one's own, and an end to them. `tests/api/test_replays.py` and
`tests/api/test_bulk_jobs.py` show it.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from api.cases import jobs
from api.cases.doing import Asked
from api.operational.callers import Caller
from api.routes import paging
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.exports import handed_out
from api.routes.paging import Cursor
from api.routes.replays import told, waited
from api.routes.schemas.replays import JobAnswer, JobsAnswer, JobsQuery
from ledger.errors import Refusal

door = Door("jobs", __name__, description="作业：进度、结果、取消")

_AT = "/v1/jobs/<job:job>"


@door.reads("/v1/jobs", summary="本人提交的作业，新的在前", query=JobsQuery, answers=JobsAnswer)
def every(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    here, limit = house(), query.get("limit", paging.LIMIT)
    question = json.dumps(["jobs", caller.scope])
    before = None
    if "cursor" in query:
        _, (before,) = paging.read_cursor(here.cursor_key, question, query["cursor"])
    found = jobs.own(here, caller, before=before, limit=limit)
    if isinstance(found, Refusal):
        return found
    following = None
    if found.next is not None:
        following = paging.write_cursor(here.cursor_key, question, Cursor(0, [found.next]))
    response = answer({"items": found.items, "next_cursor": following})
    if following is not None:
        response.headers["Link"] = f'</v1/jobs?{urlencode({"limit": limit, "cursor": following})}>; rel="next"'
    return response


@door.reads(_AT, summary="一项作业：排到哪里、做到哪里、结果在何处（可用 Prefer: wait=5 等一等）", answers=JobAnswer)
def show(caller: Caller, job: str) -> Response | Refusal:
    found = jobs.see(house(), caller, job)
    if isinstance(found, Refusal) or "Prefer" not in request.headers:
        return found if isinstance(found, Refusal) else told(found, None)
    applied = waited(house(), job)
    found = jobs.see(house(), caller, job)
    return found if isinstance(found, Refusal) else told(found, applied)


@door.reads(f"{_AT}/bundle.zip", summary="取走后台做成的移送材料：只给提交它的人，留痕，取完即删", answers=None,
            content_type="application/zip")
def bundle(caller: Caller, job: str) -> Response | Refusal:
    made = jobs.bundle(house(), caller, job)
    return made if isinstance(made, Refusal) else handed_out(made)


@door.writes(f"{_AT}/cancellation", summary="取消作业：尚未做完的；已取消的仍是已取消", answers=JobAnswer, show=dict)
def cancel(caller: Caller, _: dict[str, Any], asked: Asked, job: str) -> Response | Refusal:
    found = jobs.cancel(house(), caller, job, asked)
    if isinstance(found, Refusal):
        return found
    return answer({"dry_run": True, "would": found}) if asked.dry_run else answer(found, 201)
