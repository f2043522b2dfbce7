"""Lists as files over HTTP: each at its own address with `.csv` or `.xlsx`. `tests/api/test_exports.py` shows it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO, Any, Final

import marshmallow as ma
from flask import Response, send_file

from api.cases import exports
from api.cases.holders.allotment import ROLES
from api.cases.investigating.bundle_jobs import Fetched
from api.cases.training import roster_exports
from api.operational.callers import Caller
from api.paper.saved import attached, disposition
from api.paper.tables_out import FORMS, Form, Table, file_of
from api.routes.door import Door, house
from api.routes.fields import Choice, Id, QueryFlag, QueryNumber
from api.routes.listing import moment
from api.routes.schemas.claim_lists import ClaimsFileQuery
from api.routes.schemas.histories import AsOfQuery
from api.routes.schemas.imports import AnySystem, ReportQuery
from api.routes.schemas.trainings import CLASS_STATES, PLAN_STATES, MomentQuery
from ledger.errors import Refusal

door = Door("exports", __name__, description="清单下载：CSV、工作簿")

_AT_ONCE_MOST: Final = 8 * 1024 * 1024
_Made = Table | Refusal
_Make = Callable[..., _Made]


class WorkFileQuery(AsOfQuery):
    """Which work. Whose it is, is told for a purpose."""

    role = Choice(*ROLES)


class ImportsFileQuery(MomentQuery):
    """Of which system."""

    system = AnySystem()


class OfOrganiserFileQuery(MomentQuery):
    """Whose, of which year."""

    organiser = Id("unit", metadata={"description": "办班单位"})
    year = QueryNumber(1950, 2099)


class PlansFileQuery(OfOrganiserFileQuery):
    """Whose plans, of which year, as they stand."""

    status = Choice(*PLAN_STATES)
    seeks_funding = QueryFlag(metadata={"description": "true：只取有项目申请财政资助的"})


class ClassesFileQuery(OfOrganiserFileQuery):
    """Whose classes, of which year, under which plan, as they stand."""

    plan = Id("plan", metadata={"description": "只看此计划之下的"})
    status = Choice(*CLASS_STATES)


def _offer(rule: str, endpoint: str, summary: str, query: type[ma.Schema], make: _Make) -> None:
    for form in FORMS:
        _offer_form(rule, f"{endpoint}_{form}", summary, query, make, form)


def _offer_form(rule: str, endpoint: str, summary: str, query: type[ma.Schema], make: _Make, form: Form) -> None:
    def view(caller: Caller, asked: dict[str, Any], **named: str) -> Response | Refusal:
        as_of = moment(house(), asked.get("as_of"))
        made = as_of if isinstance(as_of, Refusal) else make(house(), caller, asked, as_of=as_of, **named)
        return made if isinstance(made, Refusal) else response(made, form)

    view.__name__ = endpoint  # By which the framework tells routes apart.
    words, media_type = "CSV" if form == "csv" else "工作簿", FORMS[form].partition(";")[0]
    offer = door.reads(f"{rule}.{form}", summary=f"{summary}，{words}", query=query, answers=None,
                       content_type=media_type)
    offer(view)


def response(table: Table, form: Form) -> Response:
    """A list as a file to be saved."""
    made = file_of(table, form)
    return attached(made.content, made.media_type, made.words, made.name)


def archive(made: IO[bytes], words: str, name: str) -> Response:
    """An archive as a file to be saved; a large one is read while it is sent."""
    size = made.seek(0, os.SEEK_END)
    made.seek(0)
    if size > _AT_ONCE_MOST:
        sent = send_file(made, "application/zip", etag=False)
        sent.headers["Content-Disposition"] = disposition(words, name)
        return sent
    with made:
        return attached(made.read(), "application/zip", words, name)


def handed_out(made: Fetched) -> Response:
    """An archive that is opened while it is sent, and never lies open anywhere."""
    return Response(made.portions, content_type="application/zip", headers={
        "Content-Length": str(made.size), "Content-Disposition": disposition(made.words, made.name)})


_offer("/v1/work", "work", "待办，全部", WorkFileQuery, exports.work)
_offer("/v1/claims", "claims", "申报清单，全部", ClaimsFileQuery, exports.claims)
_offer("/v1/imports", "imports", "从其他系统的导入，全部", ImportsFileQuery, exports.imports)
_offer("/v1/plans", "plans", "年度培训计划，全部", PlansFileQuery, exports.plans)
_offer("/v1/classes", "classes", "培训班，全部", ClassesFileQuery, exports.classes)
_offer("/v1/classes/<class:training_class>/roster", "roster", "一个班次按名单登记的人员：学时、卡号、考核和现状",
       AsOfQuery, roster_exports.class_roster)
_offer("/v1/imports/report", "report", "导入对账", ReportQuery, exports.reconciliation)
