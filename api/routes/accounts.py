"""Logging in over HTTP: codes, passwords, named tokens, what is open. `tests/api/test_http_accounts.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked
from api.cases.holders import accounts
from api.operational.callers import Caller
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.schemas.accounts import (
    CodeAnswer,
    CredentialsAnswer,
    EndedAnswer,
    NamedTokenAnswer,
    PasswordAnswer,
    PasswordBody,
    TokenNameBody,
)
from ledger.errors import Refusal

door = Door("accounts", __name__, description="登录：设置码、口令、具名令牌、会话")


@door.writes("/v1/actors/<actor:actor>/setup-codes", summary="发放一次性设置码（经办账号）", answers=CodeAnswer,
             show=dict)
def code_of_actor(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Response | Refusal:
    return _done(accounts.give_code(house(), caller, actor, asked), asked)


@door.writes("/v1/persons/<person:person>/setup-codes", summary="发放一次性设置码（本人）", answers=CodeAnswer,
             show=dict)
def code_of_person(caller: Caller, _: dict[str, Any], asked: Asked, person: str) -> Response | Refusal:
    return _done(accounts.give_code(house(), caller, person, asked), asked)


@door.writes("/v1/password", summary="设置或更改口令", body=PasswordBody, answers=PasswordAnswer, show=dict,
             login=False)
def password(caller: Caller, fields: dict[str, Any], asked: Asked) -> Response | Refusal:
    return _done(accounts.set_password(house(), caller, fields, asked), asked)


@door.writes("/v1/tokens", summary="为一个程序另发具名令牌", body=TokenNameBody, answers=NamedTokenAnswer, show=dict)
def name_token(caller: Caller, fields: dict[str, Any], asked: Asked) -> Response | Refusal:
    return _done(accounts.name_token(house(), caller, fields, asked), asked)


@door.reads("/v1/credentials", summary="本人名下有效的令牌和会话", answers=CredentialsAnswer)
def every(caller: Caller) -> dict[str, Any] | Refusal:
    return accounts.every(house(), caller)


@door.writes("/v1/credentials/<credential:credential>/revocation", summary="使一个令牌或会话失效", answers=EndedAnswer,
             show=dict)
def end(caller: Caller, _: dict[str, Any], asked: Asked, credential: str) -> Response | Refusal:
    return _done(accounts.end(house(), caller, credential, asked), asked)


def _done(found: dict[str, Any] | Refusal, asked: Asked) -> Response | Refusal:
    """What was done outside the log: there is no event to show, and a trial says what would be."""
    if isinstance(found, Refusal):
        return found
    return answer({"dry_run": True, "would": found}) if asked.dry_run else answer(found, 201)
