"""What is asked of a service and how it answers, written down while somebody uses it. No test lives here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

Exchange = dict[str, Any]
"""`path`, `query`, `if_match`, `body` and `body_type` of a request; `status`, `answer` and `answer_type` of its answer;
what there is none of is left out."""

_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{22}|[0-9a-f]{64}|[0-9]+(-[0-9]+)*")
_VARIABLE: Final = re.compile("<(?:[^<>]+:)?([^<>]+)>")
_SECRET: Final = re.compile(r"xsl_[-_0-9A-Za-z]{43}")
MOST_LINES, MOST_TEXT = 2, 1_500


class Recording:
    """A service that writes down, of each operation, the first exchange in which it was done; a trial only until then.
    """

    def __init__(self, app: Flask) -> None:
        self.told: dict[str, Exchange] = {}
        self._app, self._answers = app, app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign, assignment]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b""
        environ["wsgi.input"] = BytesIO(body)
        answer = Response.from_app(self._answers, environ, buffered=True)
        if environ["PATH_INFO"].startswith("/v1/") and 200 <= answer.status_code < 300:
            self._write_down(environ, body, answer)
        return answer(environ, start)  # type: ignore[no-any-return]

    def _write_down(self, environ: dict[str, Any], body: bytes, answer: Response) -> None:
        try:
            rule, named = self._app.url_map.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        path = _VARIABLE.sub(r"{\1}", str(rule.rule))
        name = f"{environ['REQUEST_METHOD']} {path}"
        known = self.told.get(name)
        if known is None or (is_trial(known) and "dry_run" not in query):
            content, kind = _content(body, environ.get("CONTENT_TYPE", "")), environ.get("CONTENT_TYPE", "")
            said = _content(answer.get_data(), answer.headers.get("Content-Type", ""), is_cut=True)
            self.told[name] = {key: value for key, value in {
                "path": {one: str(value) for one, value in named.items()}, "query": query,
                "if_match": environ.get("HTTP_IF_MATCH"),
                "body_type": kind.partition(";")[0] if body else None, "body": content,
                "status": answer.status_code,
                "answer_type": answer.mimetype if said is not None else None, "answer": said,
            }.items() if value not in (None, {}, "")}


def is_trial(exchange: Exchange) -> bool:
    """Say whether nothing was written."""
    return "dry_run" in exchange.get("query", {})


def _content(content: bytes, kind: str, *, is_cut: bool = False) -> Any:
    """What is said, as it is put into a description; bytes that are no text are none."""
    if not content:
        return None
    try:
        text = _SECRET.sub("xsl_" + "0" * 43, content.decode())
    except UnicodeDecodeError:
        return None
    if "json" in kind and "ndjson" not in kind:
        return shortened(json.loads(text)) if is_cut else json.loads(text)
    return text if not is_cut or len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def shortened(value: Any) -> Any:
    """The same with two of each list, and long texts begun."""
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shortened(one) for one in value[:MOST_LINES]]
    return value[:MOST_TEXT] + "…" if isinstance(value, str) and len(value) > MOST_TEXT else value


def shape(value: Any) -> Any:
    """What there is of a thing whatever its values: two answers of one shape are examples of one operation.

    The number of a format is no value among others: what it names has another shape further in.
    """
    if isinstance(value, dict):
        return {_ID.sub("*", name) if _ID.fullmatch(name) else name: one if name == "format" else shape(one)
                for name, one in value.items()}
    if isinstance(value, str) and value.startswith("{\n") and value.endswith("}\n"):  # A file of JSON.
        return shape(json.loads(value))
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return None if value is None else type(value).__name__


def is_alike(one: Any, other: Any) -> bool:
    """Say whether two shapes can be of one kind: what is empty in either may be anything in the other."""
    if one in (None, [], {}) or other in (None, [], {}):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return is_alike(one[0], other[0])
    return one == other  # type: ignore[no-any-return]
