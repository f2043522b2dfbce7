"""Statements over HTTP. `tests/api/test_statements.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.callers import Caller
from api.cases import statements
from api.cases.doing import Asked, Done
from api.routes.door import Door, house
from api.routes.schemas.common import Purpose
from api.routes.schemas.statements import StatementAnswer, StatementBody, SupersessionBody, VoidingBody
from ledger.errors import Refusal
from projections.basis import read_axes

door = Door("statements", __name__, description="学时登记情况表")

_AT = "/v1/statements/<statement:statement>"


@door.writes("/v1/persons/<person:person>/statements", summary="出具登记情况表", body=StatementBody,
             answers=StatementAnswer, show=statements.view)
def issue(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Done | Refusal:
    axes = read_axes(fields.get("as_of"), fields.get("valid_on"), fields.get("law"))
    return statements.issue(house(), caller, person, fields, axes, asked)


@door.reads(_AT, summary="查看登记情况表", query=Purpose, answers=StatementAnswer)
def show(caller: Caller, query: dict[str, Any], statement: str) -> tuple[dict[str, Any], int] | Refusal:
    return statements.see(house(), caller, statement, query.get("purpose"))


@door.reads(f"{_AT}/file", summary="登记情况表文件：正文和证明", query=Purpose, answers=None,
            content_type="text/plain")
def file(caller: Caller, query: dict[str, Any], statement: str) -> Response | Refusal:
    found = statements.file(house(), caller, statement, query.get("purpose"))
    if isinstance(found, Refusal):
        return found
    response = Response(found, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{statement}.txt"'
    return response


@door.writes(f"{_AT}/supersession", summary="由另一份情况表代替", body=SupersessionBody, answers=StatementAnswer,
             show=statements.view, conditional=True)
def supersede(caller: Caller, fields: dict[str, Any], asked: Asked, statement: str) -> Done | Refusal:
    return statements.supersede(house(), caller, statement, fields, asked)


@door.writes(f"{_AT}/voiding", summary="作废", body=VoidingBody, answers=StatementAnswer, show=statements.view,
             conditional=True)
def void(caller: Caller, fields: dict[str, Any], asked: Asked, statement: str) -> Done | Refusal:
    return statements.void(house(), caller, statement, fields, asked)
