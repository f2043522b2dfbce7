"""The same to many entries of a case at once, over HTTP: a trial shows the list, the act brings its digest.

A request writes for `PATIENCE_MS`, or for as long as it says (`Prefer: wait=20`); what is not done by then is answered
with 202, how far it is, and the job that goes on with it (`/v1/jobs/<job>`); a job that was stopped is gone on with
under `…/resumption`, by whoever works on the case. All of it stands in the log: nothing is lost with a process.
`tests/api/test_case_bulk.py` and `tests/api/test_bulk_jobs.py` show it.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response, request

from api.cases.doing import Asked, Done
from api.cases.investigating import bulk_jobs, case_bulk, case_desk, inquiries
from api.cases.investigating.case_bulk import PATIENCE_MOST_MS, PATIENCE_MS, Going, Preview
from api.operational.callers import Caller
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.case_desk import CaseBulkAnswer, CaseBulkBody, ItemsAnswer, SomeWordsBody
from api.routes.schemas.cases import DecidedCaseAnswer
from api.routes.schemas.common import Purpose
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal

RETRY_SECONDS: Final = 1
_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?=$|[,;\s])")
_PREFER: Final[dict[str, Any]] = {
    "in": "header", "name": "Prefer", "schema": {"type": "string"}, "required": False, "example": "wait=5",
    "description": f"wait=秒数：本次请求至多写这么久，最多 {PATIENCE_MOST_MS // 1_000} 秒，默认 "
                   f"{PATIENCE_MS // 1_000} 秒；没有写完的以 202 答复，由后台作业续办。",
}

door = Door("case_bulk", __name__, description="批量冻结、解冻、撤销、恢复")

_Fields = dict[str, Any]
_AT = "/v1/cases/<case:case>/bulk"
_ACCEPTED: Final[dict[str, Any]] = {
    "schema": CaseBulkAnswer, "description": "还没有写完，尚未生效；后台作业 job 在续办，停下的可在 …/resumption 续办",
    "headers": {"Location": {"schema": {"type": "string"}}, "Retry-After": {"schema": {"type": "integer"}}},
}


@door.reads(_AT, summary="批量处理，先办的在前；各到哪一步", query=AsOfQuery, answers=ItemsAnswer)
def every(caller: Caller, query: _Fields, case: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: case_desk.bulks(
        house(), caller, case, query.get("purpose"), as_of=as_of))


@door.reads(f"{_AT}/<act:act>", summary="一批处理：清单的摘要、依据、到哪一步", query=Purpose, answers=CaseBulkAnswer)
def show(caller: Caller, query: _Fields, case: str, act: str) -> Response | Refusal:
    found = case_desk.bulk(house(), caller, case, act, query.get("purpose"))
    return found if isinstance(found, Refusal) else answer(found, version=found["version"])


@door.writes(_AT, summary="批量冻结、解冻、撤销、恢复：先试办看每一项的后果和清单的摘要，再带摘要办理；整批一并生效",
             body=CaseBulkBody, answers=DecidedCaseAnswer, show=inquiries.view, conditional=True, parameters=[_PREFER])
@door.alt_response(202, **_ACCEPTED)  # type: ignore[untyped-decorator]  # The library has no types.
def act(caller: Caller, fields: _Fields, asked: Asked, case: str) -> Response | Told | Refusal:
    found = bulk_jobs.act(house(), caller, case, fields, asked, patience_ms=_patience_ms())
    if isinstance(found, Preview):
        return answer({"dry_run": True, "would": found.view()})
    return _told(found, asked)


@door.writes(f"{_AT}/<act:act>/resumption", summary="续办没有写完的一批：清单、依据和理由都在账本中",
             answers=DecidedCaseAnswer, show=inquiries.view, conditional=True, parameters=[_PREFER])
@door.alt_response(202, **_ACCEPTED)  # type: ignore[untyped-decorator]
def resume(caller: Caller, _: _Fields, asked: Asked, case: str, act: str) -> Response | Told | Refusal:
    return _told(bulk_jobs.resume(house(), caller, case, act, asked, patience_ms=_patience_ms()), asked)


@door.writes(f"{_AT}/<act:act>/abandonment", summary="放弃没有写完的一批：一项也不生效", body=SomeWordsBody,
             answers=DecidedCaseAnswer, show=inquiries.view, conditional=True)
def abandon(caller: Caller, fields: _Fields, asked: Asked, case: str, act: str) -> Response | Told | Refusal:
    return _told(case_bulk.abandon(house(), caller, case, act, fields, asked), asked)


def _told(found: Done | Going | Refusal, asked: Asked) -> Response | Told | Refusal:
    if isinstance(found, Refusal):
        return found
    if isinstance(found, Done):
        return Told(found, place=f"/v1/cases/{found.stream}")
    if asked.dry_run:
        return answer({"dry_run": True, "would": found.view()})
    response = answer(found.view(), 202, version=found.version)
    response.headers["Location"] = f"/v1/cases/{found.case}/bulk/{found.act}"
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _patience_ms() -> int:
    wanted = _WAIT.search(",".join(request.headers.getlist("Prefer")).lower())
    return PATIENCE_MS if wanted is None else min(int(wanted[1]) * 1_000, PATIENCE_MOST_MS)
