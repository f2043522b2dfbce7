"""The doors over HTTP, one module a noun, and how they are put into a service.

The description (OpenAPI 3.1) is made from the same declarations that check what is sent; it is committed as
`api/openapi.json` and `tests/api/test_openapi.py` compares the two.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import marshmallow as ma
from flask import Blueprint, Flask, Response, jsonify
from flask_smorest import Api  # type: ignore[import-untyped]
from flask_smorest.spec.plugins import integerconverter2paramschema  # type: ignore[import-untyped]
from werkzeug.routing import BaseConverter, IntegerConverter

from api.routes import described_problems, examples
from api.routes.docs_page import docs_routes
from ledger.ids import PREFIXES

_ID: Final = "[0-9a-hjkmnp-tv-z]{22}"


def _converter(prefix: str) -> type[BaseConverter]:
    return type(f"{prefix}Converter", (BaseConverter,), {"regex": f"{prefix}{_ID}", "part_isolating": True})


class Number(IntegerConverter):
    """A number in an address is written in one way. `\\d`, the library's own, would let the digits of any script in."""

    regex = "0|[1-9][0-9]*"


CONVERTERS: Final[dict[str, type[BaseConverter]]] = {
    kind: _converter(PREFIXES[kind])
    for kind in ("person", "unit", "actor", "claim", "transfer", "statement", "plan", "class", "card", "import",
                 "course", "enrolment", "exam", "booking", "application", "case", "finding", "act", "job")
} | {"sha256": type("DigestConverter", (BaseConverter,), {"regex": "[0-9a-f]{64}", "part_isolating": True}),
     "credential": type("CredentialConverter", (BaseConverter,), {"regex": "[0-9a-f]{16}", "part_isolating": True}),
     "draft": type("DraftConverter", (BaseConverter,), {"regex": "[a-z0-9][a-z0-9-]{0,63}", "part_isolating": True})}


class Fault(ma.Schema):
    """One thing that is wrong with what was sent."""

    pointer = ma.fields.String(metadata={"description": "请求体中的 JSON Pointer"})
    parameter = ma.fields.String(metadata={"description": "地址中的参数"})
    code = ma.fields.String(required=True)
    detail = ma.fields.String(required=True)


class ProblemSchema(ma.Schema):
    """Every answer that is not what was asked for (RFC 9457)."""

    type = ma.fields.String(required=True, metadata={"description": "说明此类问题的页面"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True, metadata={"description": "发生了什么、为什么、怎么办"})
    code = ma.fields.String(required=True, metadata={"description": "供程序判断的代码，不会改变"})
    trace_id = ma.fields.String(required=True, metadata={"description": "追踪号"})
    errors = ma.fields.List(ma.fields.Nested(Fault))
    seen = ma.fields.Dict(metadata={"description": "作出此答复时看到的状态"})
    current = ma.fields.Dict(metadata={"description": "版本已变时，记录现在的样子"})


class Doors(Api):  # type: ignore[misc]
    """flask-smorest without its own error answers: the service has one form for them all."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        """Describe every problem as what it is, application/problem+json."""
        for name, response in described_problems.responses(ProblemSchema).items():
            self.spec.components.response(name, response, lazy=name not in described_problems.NAMED)


def install(app: Flask) -> None:
    """Put every door into a service, and its description at /openapi.json, to be read at /v1/docs."""
    for door in _doors():
        app.register_blueprint(door)
    app.register_blueprint(docs_routes())

    @app.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(described())


@cache
def described() -> dict[str, Any]:
    """Describe every door. Made when it is first asked for: a command should not begin with what it does not need."""
    from api.routes.schemas.claims import BulkLine
    from api.routes.schemas.imports import ImportRow

    app = Flask("described", static_folder=None)
    app.url_map.converters |= {**CONVERTERS, "int": Number}
    app.config |= {"API_TITLE": "学时账", "API_VERSION": "v1", "OPENAPI_VERSION": "3.1.0"}
    doors = Doors(app, spec_kwargs={
        "info": {"description": "专业技术人员继续教育学时登记：每个数字都可追溯到事件、条文和文件。"},
    })
    for converter in CONVERTERS.values():
        doors.register_converter(converter, lambda one: {"type": "string", "pattern": f"^{one.regex}$"})
    doors.register_converter(Number, integerconverter2paramschema)
    doors.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for door in _doors():
        doors.register_blueprint(door)
    for line in (BulkLine, ImportRow):  # One a line of a body or a file: only words refer to them.
        doors.spec.components.schema(line.__name__, schema=line)
    return described_problems.named(examples.shown(doors.spec.to_dict()))


def _doors() -> list[Blueprint]:
    from api.routes import (
        accounts,
        actors,
        applications,
        case_bulk,
        case_desk,
        case_papers,
        cases,
        claim_drafts,
        claims,
        courses,
        differences,
        erasure,
        evidence,
        exams,
        exports,
        factors,
        feed,
        filings,
        findings,
        histories,
        import_sources,
        imports,
        jobs,
        ledgers,
        looks,
        people,
        questions,
        replays,
        rosters,
        rulebooks,
        seats,
        shared,
        statements,
        trainings,
        transfers,
        unit_years,
        units,
        upkeep,
        year_closings,
    )

    return [noun.door for noun in (
        units, unit_years, actors, accounts, factors, people, erasure, transfers, claims, claim_drafts, evidence,
        questions, differences, histories, rulebooks, statements, trainings, filings, rosters, imports, import_sources,
        feed, exports, exams, courses, seats, ledgers, applications, cases, case_desk, case_bulk, case_papers, findings,
        shared, looks, replays, jobs, year_closings, upkeep,
    )]
