"""A case's papers over HTTP: the sealed bundle, and the notices to whom it concerns with their letters.

`tests/api/test_case_bundle.py` and `tests/api/test_case_notices.py` show it.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response, current_app

from api.cases import jobs
from api.cases.doing import Asked
from api.cases.investigating import bundle as bundles
from api.cases.investigating import bundle_jobs, notice_letters, notices
from api.cases.investigating.bundle_contents import DIRECT_MOST
from api.operational.callers import Caller
from api.paper.saved import attached
from api.paper.typesetting import PdfImpossible
from api.refusals.problems import Problem
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.exports import archive, response
from api.routes.listing import as_it_stood, moment
from api.routes.replays import PREFER, told, waited
from api.routes.schemas.case_papers import BundleBody, BundleQuery, NoticesAnswer
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.replays import JobAnswer
from ledger.errors import Refusal

DIRECT: Final = "BUNDLE_DIRECT_MOST"
"""In the configuration: up to how many events a bundle is made while the request waits."""

door = Door("case_papers", __name__, description="监察案件的材料：移送材料、告知书")

_Query = dict[str, Any]
_AT = "/v1/cases/<case:case>"


@door.reads(f"{_AT}/bundle.zip", summary="移送材料：一个签章的 ZIP，含事件、证明、细则、佐证和报告，可离线核验",
            query=BundleQuery, answers=None, content_type="application/zip")
def bundle(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    redaction = bundles.redacted(_listed(query, "redact"), persons="redact_persons" in query)
    made = bundles.bundle(house(), caller, case, query.get("purpose"), as_of=as_of,
                          chosen=map(int, _listed(query, "events")), redaction=redaction, most=direct_most())
    if isinstance(made, Refusal):
        return made
    return archive(made, *bundles.names_of(case, is_redacted=bool(redaction)))


def direct_most() -> int:
    """Up to how many events a bundle is made while the request waits."""
    return int(current_app.config.get(DIRECT, DIRECT_MOST))


@door.writes(f"{_AT}/bundles", summary="在后台做移送材料：作业排队（202），做好后由提交的人取走一次；事件多的案件用它",
             body=BundleBody, answers=JobAnswer, show=dict, parameters=[PREFER])
@door.alt_response(  # type: ignore[untyped-decorator]  # The library has no types.
    202, schema=JobAnswer, description="已受理，排队或正在做；见 Location 和 Retry-After",
    headers={"Location": {"schema": {"type": "string"}}, "Retry-After": {"schema": {"type": "integer"}}})
def ask(caller: Caller, fields: dict[str, Any], asked: Asked, case: str) -> Response | Refusal:
    as_of = moment(house(), fields.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = bundle_jobs.ask(house(), caller, case, {**fields, "as_of": as_of}, asked)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, dict):
        return answer({"dry_run": True, "would": found})
    applied = waited(house(), found.job.job)
    view = jobs.see(house(), caller, found.job.job)
    if isinstance(view, Refusal):
        return view
    response = told(view, applied, begun=True)
    if found.is_replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _listed(query: _Query, name: str) -> list[str]:
    return query[name].split(",") if name in query else []


@door.reads(f"{_AT}/notices", summary="案件的处理决定应告知的人：每人的学时变化、依据、申诉办法和受影响的情况表、申报",
            query=AsOfQuery, answers=NoticesAnswer)
def every_notice(caller: Caller, query: _Query, case: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: notices.notices(house(), caller, case, query.get("purpose"), as_of=as_of))


@door.reads(f"{_AT}/notices.csv", summary="应告知的人，全部，CSV", query=AsOfQuery, answers=None,
            content_type="text/csv")
def notices_csv(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    found = _found(caller, query, case)
    return found if isinstance(found, Refusal) else response(
        notices.notices_table(house(), found[0], as_of=found[1]), "csv")


@door.reads(f"{_AT}/notices.html", summary="告知书的打印页（HTML，不依赖其他文件），每人一份", query=AsOfQuery,
            answers=None, content_type="text/html")
def notices_page(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    found = _found(caller, query, case)
    if isinstance(found, Refusal):
        return found
    # Its styles stand in it: it is handed over to be kept, and this house shows it nowhere.
    page = notice_letters.letters_page(found[0], house().today)
    return attached(page, "text/html; charset=utf-8", f"处理决定告知书-{case}", f"{case}-notices.html")


@door.reads(f"{_AT}/notices.zip", summary="告知书：每人一份 PDF，连同打印页和名单打成一个 ZIP", query=AsOfQuery,
            answers=None, content_type="application/zip")
def notices_archive(caller: Caller, query: _Query, case: str) -> Response | Refusal:
    found = _found(caller, query, case)
    if isinstance(found, Refusal):
        return found
    try:
        made = notice_letters.letters_archive(house(), found[0], house().today, as_of=found[1])
    except PdfImpossible as no:
        raise Problem("service_unavailable", detail=str(no)) from no
    return archive(made, f"处理决定告知书-{case}", f"{case}-notices.zip")


def _found(caller: Caller, query: _Query, case: str) -> tuple[dict[str, Any], int] | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = notices.notices(house(), caller, case, query.get("purpose"), as_of=as_of)
    return found if isinstance(found, Refusal) else (found, as_of)
