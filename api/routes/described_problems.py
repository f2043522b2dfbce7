"""What the description of the API says of a no: which status is to be reckoned with where, and one of each.

Every operation may be answered with any of them (`default`); those that it is likeliest to meet are named, so that
whoever writes a program against it writes for them. Each is described once and referred to.

`tests/api/test_described_problems.py` has each of them really said.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from api.refusals import problems
from ledger.errors import Refusal

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"

_REFUSED: Final = (
    Refusal.because("login_required"),
    Refusal.because("outside_scope", actor="acr_01m8323c2pdnvjejtf1kj3", role="human_resources", region="330203",
                    sector="industry", category=None, unit="unt_01m8323bxsskj4w99ghb59"),
    Refusal.because("claim_absent"),
    Refusal.because("claim_not_open", status="withdrawn"),
    Refusal.because("stale_version", version=2, current={
        "claim": "clm_01m8323d5rk7w3h2m9ntxq", "status": "withdrawn", "version": 2}),  # Begun: it is the whole record.
)
_KINDS: Final[dict[str, dict[str, object]]] = {
    "precondition_required": {},
    "unprocessable_content": {"errors": [
        {"pointer": "/study/days", "code": "invalid", "detail": "应为带引号的天数，0.5 的倍数，如 \"2.5\"。"}]},
    "overloaded": {"seen": {"retry_after": 2}},
}
_OF_ANY: Final = "DEFAULT_ERROR"
NAMED: Final = frozenset(one.name for one in (
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED))
"""Those that operations are said to meet; `UNPROCESSABLE_ENTITY` every operation that reads anything names itself."""


def said() -> dict[int, dict[str, Any]]:
    """One problem of each status that is named, as it is answered."""
    found = [problems.of_refusal(one, TRACE) for one in _REFUSED]
    found += [problems.problem(code, TRACE) | more for code, more in _KINDS.items()]
    return {one["status"]: one for one in found}  # type: ignore[misc]  # A status is a number.


def responses(schema: Any) -> dict[str, dict[str, Any]]:
    """Every answer that is a problem, by the name that operations refer to it by."""
    shown = said()

    def of(words: str, status: int) -> dict[str, Any]:
        example = {"example": shown[status]} if status in shown else {}
        return {"description": words, "content": {problems.MEDIA_TYPE: {"schema": schema, **example}}}

    by_name = {status.name: of(problems.KINDS[problems.code_of(status)].title, status)
               for status in HTTPStatus if status >= 400}
    return {**by_name, _OF_ANY: of("没有办成：说明原因和办法", HTTPStatus.SERVICE_UNAVAILABLE)}


def named(described: dict[str, Any]) -> dict[str, Any]:
    """Name at each operation of a description what it may well be answered with."""
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "delete"):
                for status in _likely(path, method, operation):
                    operation["responses"].setdefault(
                        str(int(status)), {"$ref": f"#/components/responses/{status.name}"})
    return described


def _likely(path: str, method: str, operation: dict[str, Any]) -> list[HTTPStatus]:
    has_version = any(one.get("name") == "If-Match" and one["required"] for one in operation.get("parameters", ()))
    is_for_holders = {} not in operation["security"]
    return [
        *([HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN] if is_for_holders else []),
        *([HTTPStatus.NOT_FOUND] if "{" in path else []),
        *([HTTPStatus.CONFLICT] if method == "post" else []),
        *([HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED] if has_version else []),
    ]
