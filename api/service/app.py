"""The HTTP service: health, version and the pages of problems; every other route comes as a blueprint.

Each request has one id, which is its trace id in an error, its `X-Request-Id`, and bound to every log line it
causes. A line names the route's template and never the address that was typed: an address may hold anything.

`tests/api/test_service.py` and `tests/api/test_logs.py` show it.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Final

import structlog
from flask import Blueprint, Flask, Request, Response, current_app, g, jsonify, request
from flask.globals import request_ctx
from flask.sessions import NullSession, SessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from api import routes
from api.console.absent import Absent
from api.doctor.checks import Check, Level, found
from api.house import House
from api.operational.addresses import buckets_here, kind_of, limited
from api.refusals import problems
from api.routes.answers import problem as write_problem
from api.routes.door import Refused
from api.secrecy import OPERATOR
from api.upkeep import upkeep
from ledger.errors import LedgerError

VERSION: Final = version("xueshi-ledger")

# A caller's id is taken over only where it cannot be an ID number, a phone number or a name.
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_THOUGH_READY: Final = {
    "database_standby":
        "查询照常；登记和办理在等备用服务器确认，等不到就答 503。请在服务器上运行 xueshi doctor --production。",
    "home": "这里可能是登记簿的一份副本，上次在别处服务。请在服务器上运行 xueshi doctor。",
}
"""What whoever asks should know though it is ready, by the check that said so; in words that name nothing."""
_HEADERS: Final = {
    "Content-Language": "zh-CN",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",    # A route whose answer may be kept says so itself.
}


class LateRule(Rule):
    """A route that can be asked for at once, and learns to write its address when somebody wants that.

    werkzeug compiles two functions for each, a quarter of a second for all of ours at every start, and nearly none is
    ever called. Should it come to do so under another name, this makes no difference.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(own: Rule, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(super(LateRule, self)._compile_builder(append_unknown))
            return compiled[0](own, **values)

        return build


class Service(Flask):
    """The service, which has neither coroutines nor sessions of the library's, and looks for none at each request."""

    def __init__(self) -> None:
        super().__init__("xueshi", static_folder=None)
        self.session_interface = _NoSessions()
        self.jinja_options = {**self.jinja_options, "undefined": Absent}

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """A function is called as it is: the library would ask of a dozen of them what they are, at each request."""
        return func


class _NoSessions(SessionInterface):
    """Who has a session is known by `api.operational.operations`; the library's, in a signed cookie, nobody has."""

    _nobody = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Give the one that nobody has: it is never written to."""
        return self._nobody


def create_app(
    house: House | None = None, *, checks: Iterable[Check] = (), blueprints: Iterable[Blueprint] = (),
    leases: Mapping[str, Callable[[], bool]] | None = None,
) -> Flask:
    """Put the service together. `checks` decide `/readyz`; with a house come the doors of `api.routes`.

    `leases` say which of the duties that one process has for all are this one's.
    """
    app = Service()
    app.url_rule_class = LateRule
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Chinese is read by people, not only by programs.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(Exception, _fail)
    app.url_map.converters |= {**routes.CONVERTERS, "int": routes.Number}
    app.register_blueprint(_house(tuple(checks), leases or {}))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    if house is not None:
        app.extensions["house"] = house
        app.before_request(_limited(house))
        routes.install(app)
    return app


def _house(checks: tuple[Check, ...], leases: Mapping[str, Callable[[], bool]]) -> Blueprint:
    house = Blueprint("house", __name__)

    @house.get("/")
    def index() -> Response:
        rules = {each.rule for each in current_app.url_map.iter_rules()}
        wanted = request.accept_mimetypes
        if "/login" in rules and wanted["text/html"] > wanted["application/json"]:  # A browser: someone wants to look.
            return Response(status=303, headers={"Location": "/login"})
        addresses = sorted(rule for rule in rules if "<" not in rule and rule != "/")
        return jsonify(service="学时账", version=VERSION, addresses=addresses)

    @house.get("/livez")
    def livez() -> Response:
        return jsonify(status="alive")

    @house.get("/readyz")
    def readyz() -> Response:
        findings = [found(check) for check in checks]
        failed = [each.check for each in findings if each.level is Level.FAIL]
        who: dict[str, Any] = {"process": os.getpid(), "leases": [name for name, holds in leases.items() if holds()]}
        # Names and levels only: what was found may name folders, and this answer needs no login.
        body = [{"check": each.check, "level": each.level} for each in findings]
        here: House | None = current_app.extensions.get("house")
        if here is not None:
            with suppress(LedgerError):  # A log that cannot be read is what one of the checks has just said.
                who["projections"] = upkeep(here)["items"]
        if failed:
            detail = f"未就绪：{'、'.join(failed)}。请在服务器上运行 xueshi doctor。"
            return _problem("service_unavailable", detail=detail, checks=body, **who)
        told = [_THOUGH_READY[each.check] for each in findings
                if each.level is Level.WARN and each.check in _THOUGH_READY]
        if told:
            who["detail"] = "".join(told)
        return jsonify(status="ready", checks=body, **who)

    @house.get("/version")
    def about() -> Response:
        return jsonify(name="xueshi-ledger", version=VERSION)

    @house.get("/problems/<code>")
    def explain(code: str) -> Response:
        page = problems.explained(code)
        return _problem("not_found") if page is None else jsonify(page)

    return house


def _begin() -> None:
    environ = request.environ
    offered = environ.get("HTTP_X_REQUEST_ID", "")
    told = g._get_current_object()  # Each look at `g` goes by way of two proxies.
    told.trace_id = trace_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
    told.began = time.perf_counter_ns()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=trace_id, actor="anonymous")
    host = environ.get("HTTP_HOST")
    if not (_HOST.fullmatch(host) if host else environ["SERVER_PROTOCOL"] == "HTTP/1.0"):
        # Of two, a proxy in front may have read the other (RFC 9112, section 3.2).
        raise problems.Problem("bad_request", detail="Host 请求头须有且只有一个，是主机名，可带端口。请更正后重试。")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":  # It may unpack to anything.
        raise problems.Problem("unsupported_media_type", detail="请求体不能压缩（Content-Encoding）。请原样提交。")


def _limited(house: House) -> Callable[[], None]:
    """Turn away what is one too many from its place, before anything is read for it."""
    buckets = buckets_here()

    def limit() -> None:
        asked = request_ctx.request
        rule = asked.url_rule
        kind = None if rule is None else kind_of(asked.method, rule.rule)
        if kind is not None:
            limited(buckets, kind, now=house.now)

    return limit


def _finish(response: Response) -> Response:
    headers, asked, told = response.headers, request_ctx.request, g._get_current_object()
    headers["X-Request-Id"] = told.trace_id
    given = {name.lower() for name in headers.keys()}  # noqa: SIM118 - to iterate gives pairs
    for name, value in _HEADERS.items():
        if name.lower() not in given:  # Several times as fast as to look each one up, and here at each answer.
            headers.add(name, value)
    structlog.get_logger().info(
        "request",
        method=asked.method if asked.method in _METHODS else "other",
        route=asked.url_rule.rule if asked.url_rule else None,
        status=response.status_code,
        micros=(time.perf_counter_ns() - told.began) // 1_000,
    )
    return response


def _refuse(error: HTTPException) -> Response:
    """What Flask itself refuses: an unknown address, a wrong method, a body that cannot be read."""
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]  # A redirect, not a refusal.
    response = _told(problems.problem(problems.code_of(error.code), g.trace_id, status=error.code))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _fail(error: Exception) -> Response:
    """An error of ours in its own words; anything else is a bug, told without its message."""
    body = problems.of_error(error, g.trace_id, to_operator=OPERATOR in request.environ)
    if isinstance(error, Refused):
        body = problems.of_refusal(error.refusal, g.trace_id)
    if body is None or int(str(body["status"])) >= 500:  # What is the asker's to mend is no failure of ours.
        structlog.get_logger().error("failed", **problems.logged_as(error))
    return _told(body or problems.problem("internal_server_error", g.trace_id))


def _told(body: Mapping[str, Any]) -> Response:
    """What went wrong, on a page where a browser asked for one; of the API, and of data beside a page, as a problem."""
    plainly = write_problem(body)
    wanted = request.accept_mimetypes
    is_data = request.path.startswith("/v1/") or request.path.endswith(".json")
    if wanted["text/html"] > wanted["application/problem+json"] and not is_data and "page" in current_app.blueprints:
        from api.console import page  # The console stands behind it, which a service without pages never loads.

        with suppress(Exception):  # It failed once: a page about it may fail for the same reason.
            shown = page.secured(page.failed(body))
            shown.headers.extend((name, value) for name, value in plainly.headers if name == "Retry-After")
            return shown
    return plainly


def _problem(
    code: str, *, detail: str | None = None, status: int | None = None, **members: object
) -> Response:
    return write_problem(problems.problem(code, g.trace_id, detail=detail, status=status) | members)
