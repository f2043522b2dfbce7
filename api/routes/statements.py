"""Statements over HTTP. `tests/api/test_statements.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from api.cases.doing import Asked, Done
from api.cases.statement import statement_shown, statements
from api.cases.statement.statement_verifier import verifier_of
from api.operational.callers import Caller
from api.paper.saved import attached, of_statement
from api.refusals.problems import Problem
from api.routes.acts import Acts
from api.routes.door import Door, house
from api.routes.schemas.common import Purpose
from api.routes.schemas.statements import (
    StatementAnswer,
    StatementBody,
    SupersessionBody,
    VerificationAnswer,
    VerificationQuery,
    VoidingBody,
)
from api.statements import verification
from api.statements.paper import Paper, base_address, page_alone, paper
from api.statements.pdf import PdfImpossible, pdf
from api.statements.seal import open_seal
from ledger.errors import Refusal
from projections.basis import read_axes

door = Door("statements", __name__, description="学时登记情况表")

_AT = "/v1/statements/<statement:statement>"


@door.writes("/v1/persons/<person:person>/statements", summary="出具登记情况表", body=StatementBody,
             answers=StatementAnswer, show=statement_shown.view)
def issue(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Done | Refusal:
    axes = read_axes(fields.get("as_of"), fields.get("valid_on"), fields.get("law"))
    return statements.issue(house(), caller, person, fields, axes, asked)


@door.reads(_AT, summary="查看登记情况表", query=Purpose, answers=StatementAnswer)
def show(caller: Caller, query: dict[str, Any], statement: str) -> tuple[dict[str, Any], int] | Refusal:
    return statement_shown.see(house(), caller, statement, query.get("purpose"))


@door.reads(f"{_AT}/file", summary="登记情况表文件：正文和证明", query=Purpose, answers=None,
            content_type="text/plain")
def file(caller: Caller, query: dict[str, Any], statement: str) -> Response | Refusal:
    found = statement_shown.file(house(), caller, statement, query.get("purpose"))
    if isinstance(found, Refusal):
        return found
    return attached(found, "text/plain; charset=utf-8", f"{of_statement(found)}-核验文件", f"{statement}.txt")


@door.reads(f"{_AT}/verifier", summary="可离线核验的登记情况表（一个 HTML 文件：正文、证明、公钥和核验程序）",
            query=Purpose, answers=None, content_type="text/html")
def verifier(caller: Caller, query: dict[str, Any], statement: str) -> Response | Refusal:
    found = statement_shown.file(house(), caller, statement, query.get("purpose"))
    if isinstance(found, Refusal):
        return found
    page = verifier_of(house().register, base_address(current_app.config), found)
    return attached(page, "text/html; charset=utf-8", f"{of_statement(found)}-可离线核验", f"{statement}-verify.html")


@door.reads(f"{_AT}/page", summary="登记情况表的打印页（HTML，不依赖其他文件）", query=Purpose, answers=None,
            content_type="text/html")
def page(caller: Caller, query: dict[str, Any], statement: str) -> Response | Refusal:
    made = _paper(caller, query, statement)
    if isinstance(made, Refusal):
        return made
    # Its styles stand in it: it is handed over to be kept, and this house shows it nowhere.
    return attached(page_alone(made).encode(), "text/html; charset=utf-8", of_statement(made.file), f"{statement}.html")


@door.reads(f"{_AT}/pdf", summary="登记情况表的 PDF（电子签章，附正文和证明）", query=Purpose, answers=None,
            content_type="application/pdf")
def as_pdf(caller: Caller, query: dict[str, Any], statement: str) -> Response | Refusal:
    made = _paper(caller, query, statement)
    if isinstance(made, Refusal):
        return made
    register = house().register
    try:
        sealed = pdf(made, open_seal(register.folder.keys, register.signer, now=house().now))
    except PdfImpossible as no:
        raise Problem("service_unavailable", detail=str(no)) from no
    return attached(sealed, "application/pdf", of_statement(made.file), f"{statement}.pdf")


def _paper(caller: Caller, query: dict[str, Any], statement: str) -> Paper | Refusal:
    return paper(house(), caller, statement, query.get("purpose"), base_address(current_app.config))


@door.reads("/v1/verifications", summary="公开核验：凭核验码查一份登记情况表的现状（不需登录）",
            query=VerificationQuery, answers=VerificationAnswer, login=False)
def verified(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return verification.by_code(house(), query["code"], query.get("sha256"))


_acts = Acts(door, _AT, "statements", StatementAnswer, statement_shown.view)
_acts.offer("supersession", "由另一份情况表代替", statements.supersede, SupersessionBody)
_acts.offer("voiding", "作废", statements.void, VoidingBody)
