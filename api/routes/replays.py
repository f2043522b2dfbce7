"""Replays over HTTP: asked for and answered later (202), their sums, their files, their rows.

Whoever would rather wait says so (`Prefer: wait=5`, RFC 7240): then the answer comes as soon as the job is over, or
after so many seconds with how far it is. `tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

import re
import time
from threading import BoundedSemaphore
from typing import Any, Final

from flask import Response, request

from api.cases.doing import Asked
from api.cases.law import replay_checks, replay_reports, replay_rows, replays
from api.cases.law.replays import Submitted
from api.cases.log.feed import WAIT_MOST_S, WAITERS_MOST
from api.house import House
from api.operational.callers import Caller
from api.paper.saved import disposition
from api.routes.answers import Answer, answer
from api.routes.door import Door, house
from api.routes.listing import listed
from api.routes.schemas.replays import (
    JobAnswer,
    ReplayAnswer,
    ReplayBody,
    ReplayCheckAnswer,
    ReplayRowsAnswer,
    ReplayRowsQuery,
)
from ledger.errors import Refusal

RETRY_SECONDS: Final = 2
_LOOK_S: Final = 0.1  # not hours: seconds
_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?=$|[,;\s])")
_ASYNC: Final = re.compile(r"(?:^|[,;\s])respond-async(?=$|[,;\s])")
PREFER: Final[dict[str, Any]] = {
    "in": "header", "name": "Prefer", "schema": {"type": "string"}, "required": False, "example": "wait=5",
    "description": f"wait=秒数：愿意等作业做完，至多 {WAIT_MOST_S} 秒；respond-async：立即答复（默认）。",
}
_slots = BoundedSemaphore(WAITERS_MOST)

door = Door("replays", __name__, description="重放：按另一套细则评定全部历史")

_AT: Final = "/v1/replays/<job:job>"
_ACCEPTED: Final[dict[str, Any]] = {
    "schema": JobAnswer, "description": "已受理，排队或正在做；见 Location 和 Retry-After",
    "headers": {"Location": {"schema": {"type": "string"}}, "Retry-After": {"schema": {"type": "integer"}}},
}
_FILES: Final[dict[str, Any]] = {
    "application/json": {"schema": {"type": "object"}},
    **{text: {"schema": {"type": "string"}} for text in ("text/html", "text/csv", "text/plain", "application/toml")},
}


@door.writes("/v1/replays", summary="重放：作业排队（202），谁多了谁少了、因哪一条；试办估计所需，草案不合规的不予重放",
             body=ReplayBody, answers=JobAnswer, show=dict, parameters=[PREFER])
@door.alt_response(202, **_ACCEPTED)  # type: ignore[untyped-decorator]  # The library has no types.
def submit(caller: Caller, fields: dict[str, Any], asked: Asked) -> Response | Refusal:
    return _queued(replays.submit(house(), caller, fields, asked))


def _queued(found: Submitted | dict[str, Any] | Refusal) -> Response | Refusal:
    if isinstance(found, Refusal):
        return found
    if isinstance(found, dict):
        return answer({"dry_run": True, "would": found})
    applied = waited(house(), found.job.job)
    job = house().jobs.find(found.job.job) or found.job
    response = told(replays.view(house(), job), applied, begun=True)
    if found.is_replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@door.reads(_AT, summary="重放的结果：总数、摘要、文件", answers=ReplayAnswer)
def show(caller: Caller, job: str) -> dict[str, Any] | Refusal:
    return replay_reports.report(house(), caller, job)


@door.writes(f"{_AT}/check", summary="施行之后核对一份报告：预告与实际是否相同，作业排队（202）；试办估计所需",
             answers=JobAnswer, show=dict, parameters=[PREFER])
@door.alt_response(202, **_ACCEPTED)  # type: ignore[untyped-decorator]  # The library has no types.
def check(caller: Caller, _: dict[str, Any], asked: Asked, job: str) -> Response | Refusal:
    return _queued(replay_checks.submit(house(), caller, job, asked))


@door.reads(f"{_AT}/check", summary="一份报告最近一次核对的结果", answers=ReplayCheckAnswer)
def checked(caller: Caller, job: str) -> dict[str, Any] | Refusal:
    return replay_checks.show(house(), caller, job)


@door.reads(f"{_AT}/files/<name>", summary="重放报告中不涉及个人的一个文件", answers=None, content_type="text/html")
@door.doc(responses={200: {"content": _FILES}})  # type: ignore[untyped-decorator]  # The library has no types.
def file(caller: Caller, job: str, name: str) -> Response | Refusal:
    found = replay_reports.file(house(), caller, job, name)
    if isinstance(found, Refusal):
        return found
    response = Answer(found.content, status=200, content_type=found.media_type)
    response.headers["Content-Disposition"] = disposition(f"重放报告-{job}-{found.name.rpartition('.')[0]}", found.name)
    return response


@door.reads(f"{_AT}/person-years", summary="重放中有变化的个人年度，权限之内的，逐次留痕", query=ReplayRowsQuery,
            answers=ReplayRowsAnswer)
def person_years(caller: Caller, query: dict[str, Any], job: str) -> Response | Refusal:
    return _rows(caller, query, job, "person_years")


@door.reads(f"{_AT}/entries", summary="重放中有变化的学时记录及其条款，权限之内的，逐次留痕", query=ReplayRowsQuery,
            answers=ReplayRowsAnswer)
def entries(caller: Caller, query: dict[str, Any], job: str) -> Response | Refusal:
    return _rows(caller, query, job, "entries")


@door.reads(f"{_AT}/titles", summary="重放中受影响的职称，权限之内的，逐次留痕", query=ReplayRowsQuery,
            answers=ReplayRowsAnswer)
def titles(caller: Caller, query: dict[str, Any], job: str) -> Response | Refusal:
    return _rows(caller, query, job, "titles")


def _rows(caller: Caller, query: dict[str, Any], job: str, kind: str) -> Response | Refusal:
    def ask(_: int, after: tuple[Any, ...] | None, limit: int) -> replay_rows.Rows | Refusal:
        line, offset = after or (0, 0)
        return replay_rows.rows(house(), caller, job, kind, query.get("purpose"), after=(line, offset), limit=limit)

    return listed(caller, f"{job} {kind}", query, ask, also=lambda page: {
        "question": page.question, "digest": page.digest, "sha256": page.sha256})


# What is said of a job


def told(view: dict[str, Any], applied: str | None, *, begun: bool = False) -> Response:
    """Answer a job: when to ask again while it is not over, and which preference was honoured."""
    is_open = view["state"] in ("queued", "running")
    response = answer(view, (202 if is_open else 201) if begun else 200)
    if begun:
        response.headers["Location"] = f"/v1/jobs/{view['job']}"
    if is_open:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    if applied is not None:
        response.headers["Preference-Applied"] = applied
    return response


def waited(here: House, job: str) -> str | None:
    """Wait for a job as long as the asker prefers to; gives what of it was honoured."""
    said = ",".join(request.headers.getlist("Prefer")).lower()
    if (wanted := _WAIT.search(said)) is None:
        return "respond-async" if _ASYNC.search(said) else None
    seconds = min(int(wanted[1]), WAIT_MOST_S)
    if not seconds or not _slots.acquire(blocking=False):  # A waiting request holds a thread: only so many do.
        return None
    try:
        ends = time.monotonic() + seconds
        while not replays.is_over(here, job) and time.monotonic() < ends:
            time.sleep(_LOOK_S)
    finally:
        _slots.release()
    return f"wait={seconds}"
