"""Under which conditions something is asked for: once only, upon one version, for real or to see.

`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) is required wherever something is written. It is kept with
the fingerprint of the body in the transaction that writes the events, as HMACs: nobody can read from the ledger who
asked for what. `If-Match` names the version of a record's stream that was seen (`"v17"`, RFC 9110 13.1.1).

`tests/api/test_conditions.py` shows it.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from flask import g, request
from flask.globals import request_ctx

from api.cases.doing import Asked
from api.house import House
from api.operational.callers import Caller
from api.refusals.problems import Problem
from ledger.stores.append import RequestKey

KEY_MOST: Final = 255
KEY_OF_NOBODY_LEAST: Final = 16
"""Whoever is not logged in gets a token under their key, and the same again: it must not be guessed."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION: Final = re.compile(r'(W/)?"v(0|[1-9][0-9]{0,9})"')
_NO_VERSION: Final = -1
"""What a weak tag names: it never matches, not even the version that stands (RFC 9110 13.1.1, 8.8.3.2)."""


def tag(version: int) -> str:
    """Write a version as an entity tag."""
    return f'"v{version}"'


def asked(house: House, caller: Caller, content: bytes, *, conditional: bool) -> Asked:
    """Read the conditions of a writing request, or raise the problem with them."""
    dry_run = _dry_run()
    version = _if_match(required=conditional and not dry_run)
    return Asked(None if dry_run else _request_key(house, caller, content), version, dry_run, g.trace_id)


def seen() -> int | None:
    """The version over which something is saved; None for what is new."""
    return _if_match(required=False)


def unchanged(version: int) -> bool:
    """Say whether the asker has this version already (`If-None-Match`)."""
    given = request.headers.get("If-None-Match")
    if given is None or given.strip() == "*":
        return given is not None
    return tag(version) in {one.strip().removeprefix("W/") for one in given.split(",")}  # Weak is enough: 13.1.2.


def _dry_run() -> bool:
    given = request.args.getlist("dry_run")
    if not given:
        return False
    if given[-1] not in ("true", "false"):
        raise Problem("unprocessable_content", errors=[
            {"parameter": "dry_run", "code": "invalid", "detail": "应为 true 或 false。"}])
    return given[-1] == "true"


def _if_match(*, required: bool) -> int | None:
    given = request.environ.get("HTTP_IF_MATCH")
    if given is None:
        if required:
            raise Problem("precondition_required")
        return None
    found = _VERSION.fullmatch(given.strip())
    if found is None:  # Also `*`: whoever decides must have seen what they decide on.
        raise Problem("if_match_malformed")
    return int(found[2]) if found[1] is None else _NO_VERSION


def _request_key(house: House, caller: Caller, content: bytes) -> RequestKey:
    asked = request_ctx.request
    given = asked.environ.get("HTTP_IDEMPOTENCY_KEY")
    if given is None or not given.strip():
        raise Problem("idempotency_key_missing")
    if not _KEY.fullmatch(given):
        raise Problem("idempotency_key_malformed")
    if caller.kind == "nobody" and len(given) < KEY_OF_NOBODY_LEAST:
        raise Problem("idempotency_key_too_short")
    place = f"{caller.scope}\0{asked.method} {asked.path}\0{given}"
    return RequestKey(
        hmac.digest(house.request_key, place.encode(), "sha256"),
        hmac.digest(house.request_key, content, "sha256"),
    )
