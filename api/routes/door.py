"""A door: one blueprint a noun, whose every operation is read, asked, answered and described the same way.

`reads`, `writes` and their like take a plain function, find out who asks, read and check what was sent (`sent`), call
it, and put what it says into HTTP (`answers`). The same call describes the operation for OpenAPI.

`tests/api/test_bad_requests.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final

import marshmallow as ma
import msgspec
import structlog
from flask import Response, current_app, g, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from werkzeug.datastructures import Authorization

from api.house import House
from api.operational.callers import Caller
from api.refusals.problems import Problem
from api.routes import conditions
from api.routes.answers import Answer, answer, refused, told
from api.routes.described_as import Nothing, Trial, common_parameters, needs_body, security
from api.routes.sent import LINES, Parser, demand_known, lines_of
from ledger.errors import Refusal

PUBLIC_MOST: Final = 64 * 1024
"""So many bytes are read of somebody who need not say who they are."""

SAVED_MOST: Final = 64 * 1024


def house() -> House:
    """The house that this service was put together around."""
    found: House = current_app.extensions["house"]
    return found


def who() -> Caller:
    """Who asks, or the problem with their token."""
    written = request.environ.get("HTTP_AUTHORIZATION")
    token = None if written is None else _borne(written)
    here = house()
    found = here.tokens.caller(token, now=here.now, trace=g.trace_id)
    if isinstance(found, Refusal):
        raise Refused(found)
    structlog.contextvars.bind_contextvars(actor=found.id or found.kind)
    return found


def somebody() -> Caller:
    """Who asks; whoever has not said so goes no further, and hears nothing of what they sent."""
    caller = who()
    if caller.kind == "nobody":
        raise Refused(Refusal.because("login_required"))
    return caller


def _borne(written: str) -> str:
    """The token in a header; whoever names themselves badly is not taken for nobody."""
    given = Authorization.from_header(written)
    return (given.token or "") if given is not None and given.type == "bearer" else ""


class Refused(Exception):
    """A refusal on its way to the answer."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.code)


class Door(Blueprint):  # type: ignore[misc]
    """One noun's operations.

    Each finds out who asks before anything is read that could be long, and before anything is said about what was
    sent: so that a stranger learns nothing by it, and the log names whose request it was.
    """

    ARGUMENTS_PARSER = Parser()

    def reads(
        self, rule: str, *, summary: str, answers: type[ma.Schema] | ma.Schema | None,
        query: type[ma.Schema] | None = None, login: bool = True, content_type: str | None = None,
        or_types: Iterable[str] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a GET. The function is given the caller, then the query's fields where there are any.

        `or_types`: what it may be answered with beside its content type.
        """

        asked = None if query is None else query()

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**named: Any) -> Response:
                caller = somebody() if login else who()
                if asked is None:
                    demand_known()
                    found = function(caller, **named)
                else:
                    sent = self.ARGUMENTS_PARSER.parse(asked, request, location="query")
                    found = function(caller, sent, **named)
                if isinstance(found, Refusal):
                    return refused(found)
                if isinstance(found, Response):
                    return found
                body, version = found if isinstance(found, tuple) else (found, None)
                if version is not None and conditions.unchanged(version):
                    return Response(status=304, headers={"ETag": conditions.tag(version)})
                return answer(body if version is None else {**body, "version": version}, version=version)

            schema = answers or {"type": "string"}
            described = self.response(200, schema, description="OK", content_type=content_type)(function)
            if or_types:
                others = {one: {"schema": schema} for one in or_types}
                described = self.doc(responses={200: {"content": others}})(described)
            if asked is not None:
                described = self.arguments(asked, location="query")(described)
            described = self.doc(summary=summary, security=security(login=login))(described)
            return self._offered(rule, "GET", view, described)

        return decorate

    def writes(
        self, rule: str, *, summary: str, answers: type[ma.Schema], show: Callable[[Any], dict[str, Any]],
        body: type[ma.Schema] | None = None, conditional: bool = False, login: bool = True,
        parameters: Iterable[dict[str, Any]] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a POST. The function is given the caller, the fields, how it is asked for, and what the path names.

        `conditional`: it decides on a record that the asker must have seen, so it wants If-Match.
        """

        schema = (body or Nothing)()  # An instance, not its class: to make it anew took longer than to use it.

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**named: Any) -> Response:
                caller = somebody() if login else who()
                demand_known("dry_run")
                if not login:
                    request.max_content_length = PUBLIC_MOST
                fields = self.ARGUMENTS_PARSER.body(schema)
                how = conditions.asked(house(), caller, g.content, conditional=conditional)
                found = function(caller, fields, how, **named)
                if isinstance(found, Refusal):
                    return refused(found)
                return found if isinstance(found, Response) else told(found, show)

            headers = {"ETag": {"schema": {"type": "string"}}, "Location": {"schema": {"type": "string"}},
                       "Idempotent-Replayed": {"schema": {"type": "string", "enum": ["true"]}}}
            described = self.arguments(schema, required=needs_body(body))(function)
            described = self.response(201, answers, description="已登记", headers=headers)(described)
            described = self.alt_response(200, schema=Trial, description="试办：未写入任何内容")(described)
            described = self.doc(
                summary=summary, security=security(login=login),
                parameters=[*common_parameters(conditional=conditional, login=login), *parameters],
            )(described)
            return self._offered(rule, "POST", view, described)

        return decorate

    def _offered(
        self, rule: str, method: str, view: Callable[..., Any], described: Callable[..., Any],
    ) -> Callable[..., Any]:
        """Offer a view with what the decorators wrote down of it.

        Each of them wraps what it describes in a function that looks whether that is a coroutine, whether it was
        answered with a response, and at which status: of ours that is known, and it took a tenth of a request's time.
        """
        view._apidoc = described._apidoc  # type: ignore[attr-defined]
        return self.route(rule, methods=[method])(view)  # type: ignore[no-any-return]

    def writes_lines(
        self, rule: str, *, summary: str, line: type[ma.Schema], query: type[ma.Schema], answers: type[ma.Schema],
        most: int, may_begin: Callable[[Caller], Refusal | None],
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a POST of many lines (NDJSON), each of which is answered with a line.

        The function is given the caller, how the lines are taken and asked for, and of each its fields or the problem
        with it; it gives as many answers.
        """

        wanted = query()

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view() -> Response:
                caller = somebody()
                how = self.ARGUMENTS_PARSER.parse(wanted, request, location="query")
                if (no := may_begin(caller)) is not None:
                    return refused(no)
                if request.mimetype != LINES:
                    raise Problem("unsupported_media_type", detail=f"请以 {LINES} 提交，一行一个 JSON 对象。")
                content = request.get_data()
                asked = conditions.asked(house(), caller, content, conditional=False)
                told = function(caller, how, asked, lines_of(content, line(), most))
                body = b"".join(msgspec.json.encode(one) + b"\n" for one in told)
                return Answer(body, status=200, content_type=LINES)

            described = self.response(200, answers, description="每行一个结果", content_type=LINES)(function)
            described = self.arguments(wanted, location="query")(described)
            described = self.doc(
                summary=summary, security=security(login=True),
                # In place of what `arguments` said, since the description keeps one list; a trial is among it.
                parameters=[*common_parameters(conditional=False)[:1], {"in": "query", "schema": wanted}],
                requestBody={"required": True, "content": {LINES: {
                    "schema": {"type": "string", "description": f"每行一个 {line.__name__}，至多 {most} 行"}}}},
            )(described)
            return self._offered(rule, "POST", view, described)

        return decorate

    def saves(
        self, rule: str, *, summary: str, body: type[ma.Schema], answers: type[ma.Schema],
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a PUT of something that is kept outside the log, under a name that the sender chose.

        The function is given the caller, the fields, the version that was seen, if any, and what the path names.
        """

        schema = body()

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**named: Any) -> Response:
                caller = somebody()
                demand_known()
                request.max_content_length = SAVED_MOST
                found = function(caller, self.ARGUMENTS_PARSER.body(schema), conditions.seen(), **named)
                if isinstance(found, Refusal):
                    return refused(found)
                body, version = found
                return answer({**body, "version": version}, 201 if version == 1 else 200, version=version)

            described = self.arguments(schema)(function)
            described = self.response(201, answers, description="已保存，是新的")(described)
            described = self.alt_response(200, schema=answers, description="已保存")(described)
            match = {**common_parameters(conditional=True)[1], "required": False,
                     "description": "上次保存或读取时得到的 ETag；新的不带。"}
            described = self.doc(summary=summary, security=security(login=True), parameters=[match])(described)
            return self._offered(rule, "PUT", view, described)

        return decorate

    def drops(self, rule: str, *, summary: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a DELETE of something that is kept outside the log; nothing that is in it is ever deleted."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**named: Any) -> Response:
                caller = somebody()
                demand_known()
                no = function(caller, **named)
                return Response(status=204) if no is None else refused(no)

            described = self.response(204, description="已删去")(function)
            described = self.doc(summary=summary, security=security(login=True))(described)
            return self._offered(rule, "DELETE", view, described)

        return decorate

    def takes(
        self, rule: str, *, summary: str, answers: type[ma.Schema], media_types: Iterable[str], most: int,
        parameters: Iterable[dict[str, Any]] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Offer a PUT of bytes under the name that their content gives them, which once more changes nothing.

        The function is given the caller, how to read the bytes, and what the path names; it says what is there now,
        and whether that is new.
        """

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def view(**named: Any) -> Response:
                caller = somebody()
                demand_known()
                request.max_content_length = most
                found = function(caller, request.get_data, **named)
                if isinstance(found, Refusal):
                    return refused(found)
                body, is_new = found
                return answer(body, 201 if is_new else 200)

            binary = {"schema": {"type": "string", "format": "binary"}}
            described = self.response(201, answers, description="已收下")(function)
            described = self.alt_response(200, schema=answers, description="早已在此")(described)
            described = self.doc(
                summary=summary, security=security(login=True), parameters=list(parameters),
                requestBody={"required": True, "content": dict.fromkeys(media_types, binary)},
            )(described)
            return self._offered(rule, "PUT", view, described)

        return decorate
