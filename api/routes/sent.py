"""What was sent, read strictly: JSON that is called JSON, each name once, nothing that is not declared.

`tests/api/test_bad_requests.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

import marshmallow as ma
import msgspec
from flask import g, request
from webargs.flaskparser import FlaskParser

from api.refusals import problems
from api.refusals.problems import Problem
from api.routes.bodies import Query

LINES: Final = "application/x-ndjson"
_NAME_MOST: Final = 200
_spelled = msgspec.json.Encoder(order="sorted").encode
"""As `json.dumps` of sorted keys spells it, in an eighth of the time, which of a file of megabytes is milliseconds."""


class Parser(FlaskParser):
    """Reads bodies and addresses for the schemas of operations."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - the library's name for it

    def load_json(self, req: Any, schema: ma.Schema) -> Any:
        """Read the body; one that is absent is an empty object where nothing in it is required."""
        content = req.get_data(cache=True)
        if not content and not any(field.required for field in schema.fields.values()):
            content = b"{}"
        elif not req.is_json:
            raise Problem("unsupported_media_type")
        body, g.content = _json(content)
        return body

    def body(self, schema: ma.Schema) -> Any:
        """Read the body's fields, or raise the problem with them."""
        return fields_of(schema, self.load_json(request, schema))

    def load_querystring(self, req: Any, schema: ma.Schema) -> Any:
        """Read the address; what stands there twice has been read by others as the one or the other."""
        _demand_once()
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, req: Any, schema: ma.Schema, *, error_status_code: int | None,
                     error_headers: Any) -> NoReturn:
        """Say of each field what is wrong with it."""
        messages = error.messages
        assert isinstance(messages, dict), "webargs names the location"
        raise Problem("unprocessable_content", errors=problems.first_of(
            fault for location, found in messages.items() for fault in _flattened(found, location)))


def _demand_once() -> None:
    _refuse_names([name for name, values in request.args.lists() if len(values) > 1], "这个参数不止一个；请只写一次。")


def demand_known(*known: str) -> None:
    """Refuse in an address what is not declared: a misspelt `dry_run` would be for real, an `as_of` be passed over."""
    _demand_once()
    _refuse_names([name for name in request.args if name not in known], Query.error_messages["unknown"])


def _refuse_names(names: list[str], words: str) -> None:
    if names:
        raise Problem("unprocessable_content", errors=problems.first_of(
            {"parameter": name[:_NAME_MOST], "code": "invalid", "detail": words} for name in names))


def _json(content: bytes) -> tuple[Any, bytes]:
    """What was sent, and its one spelling: two bodies that say the same have the same."""
    try:
        body = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
        return body, _spelled(body)  # Half a character is no text: it cannot be spelled.
    except (ValueError, RecursionError):
        raise Problem("bad_request", detail="请求体不是正确的 JSON（须为 UTF-8，每个名称只写一次）。") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def fields_of(schema: ma.Schema, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was sent as the API reads it, or raise the problem with it."""
    try:
        found: dict[str, Any] = schema.load(sent)
    except ma.ValidationError as error:
        raise faults_of(error) from None
    return found


def faults_of(error: ma.ValidationError) -> Problem:
    """What is wrong with fields that were read later than they were sent."""
    return Problem("unprocessable_content", errors=problems.first_of(_flattened(error.messages, "json")))


def _flattened(found: Any, location: str, pointer: str = "") -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        for name, inner in found.items():
            step = "/" + str(name)[:_NAME_MOST].replace("~", "~0").replace("/", "~1")
            yield from _flattened(inner, location, pointer if name == "_schema" else pointer + step)
        return
    for message in found if isinstance(found, list) else [found]:
        place = {"parameter": pointer[1:]} if location == "query" else {"pointer": pointer}
        yield {**place, "code": "invalid", "detail": str(message)}


def lines_of(content: bytes, schema: ma.Schema, most: int) -> list[dict[str, Any]]:
    """What each line says, or the problem with it, which has a status; an empty line at the end is none."""
    lines = content.removesuffix(b"\n").split(b"\n")
    if len(lines) > most:
        raise Problem("bulk_size_exceeded", seen={"lines": len(lines), "most": most})
    return [line_of(one, schema) for one in lines]


def line_of(content: bytes, schema: ma.Schema) -> dict[str, Any]:
    try:
        found: dict[str, Any] = schema.load(_json(content)[0])
        return found
    except Problem as wrong:
        return problems.problem(wrong.code, g.trace_id, detail=wrong.detail)
    except ma.ValidationError as error:
        return problems.invalid(g.trace_id, _flattened(error.messages, "json"))
