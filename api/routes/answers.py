"""What an operation says, put into HTTP: a view with its version as ETag, what was done with its place and its events,
a refusal or a fault as a problem (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from flask import Response, g, request
from werkzeug.datastructures import Headers

from api.cases.doing import Done
from api.refusals import problems
from api.routes import conditions
from ledger.errors import LedgerError, Refusal
from ledger.ids import PREFIXES
from projections.basis import written_time

_READ: Final = ("person", "unit", "actor", "claim", "transfer", "statement")
PLACES: Final = {PREFIXES[kind]: f"/v1/{kind}s" for kind in _READ}
"""Where a record is read, by the prefix of its id."""

_RETRY_SECONDS: Final = 5


class Told(NamedTuple):
    """What was done, with what else the answer says, or would say."""

    done: Done
    more: Mapping[str, Any] = {}
    place: str | None = None     # Where it is read, if not where the record is.


class Answer(Response):
    """A response that was made here whole: its headers are ASCII and its length is known, so nothing is mended."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        return self.headers


def answer(body: Any, status: int = 200, *, version: int | None = None) -> Response:
    """Write a body as JSON, Chinese as it is."""
    response = Answer(msgspec.json.encode(body), status=status, content_type="application/json")
    if version is not None:
        response.headers["ETag"] = conditions.tag(version)
    return response


def problem(body: Mapping[str, Any]) -> Response:
    """Write a problem (RFC 9457); its title in English for whoever would rather read that.

    What was found, and the law's words, are Chinese in any case.
    """
    known = (one for one in (wanted.partition("-")[0].lower() for wanted in request.accept_languages.values())
             if one in ("zh", "en"))
    is_english = next(known, "zh") == "en"
    said = {**body, "title": problems.in_english(body["code"])} if is_english else body
    response = Response(msgspec.json.encode(said), status=body["status"], content_type=problems.MEDIA_TYPE)
    response.headers["Content-Language"] = "en, zh-CN" if is_english else "zh-CN"
    response.headers["Vary"] = "Accept-Language"
    if response.status_code in (429, 503):
        response.headers["Retry-After"] = str(body.get("seen", {}).get("retry_after", _RETRY_SECONDS))
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    seen = body.get("seen")
    if body["code"] == "stale_version" and isinstance(seen, dict):
        response.headers["ETag"] = conditions.tag(seen["version"])
    return response


def refused(refusal: Refusal) -> Response:
    """Write a refusal."""
    return problem(problems.of_refusal(refusal, g.trace_id))


def problem_of(outcome: Refusal | LedgerError | None) -> dict[str, Any]:
    """What one of several came to that was not done; None was not tried."""
    if outcome is None:
        return problems.problem("not_tried", g.trace_id)
    if isinstance(outcome, Refusal):
        return problems.of_refusal(outcome, g.trace_id)
    return problems.of_error(outcome, g.trace_id) or problems.problem("internal_server_error", g.trace_id)


def told(found: Done | Told, show: Callable[[Any], dict[str, Any]]) -> Response:
    """Answer what was done, or what would be."""
    done, more, place = found if isinstance(found, Told) else Told(found)
    view = {**show(done.state), "version": done.version}
    if done.receipt is None:
        events = [msgspec.to_builtins(draft.event) for draft in done.drafts]
        return answer({"dry_run": True, "would": {**view, **more, "events": events}})
    receipt = done.receipt
    body = {**view, **more, "events": list(receipt.positions), "recorded_at": written_time(receipt.recorded_at)}
    response = answer(body, 201, version=done.version)
    response.headers["Location"] = place or _place(done.stream)
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _place(stream: str) -> str:
    """Where a record is read; a rulebook by its name."""
    if stream.startswith(PREFIXES["rulebook"]):
        return f"/v1/rulebooks/{stream.removeprefix(PREFIXES['rulebook'])}"
    return f"{PLACES[stream[:4]]}/{stream}"
