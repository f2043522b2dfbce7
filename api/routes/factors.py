"""A second factor over HTTP. `tests/api/test_http_second_factor.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked
from api.cases.holders import factors
from api.operational.callers import Caller
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.schemas.factors import (
    FactorAnswer,
    FactorEnrolBody,
    FactorShownAnswer,
    GivenUpAnswer,
    OfferedAnswer,
    OneTimeCodeBody,
    RecoveryCodesAnswer,
    ResetAnswer,
    ResetBody,
)
from ledger.errors import Refusal

door = Door("factors", __name__, description="第二因素：动态口令和恢复码")

_Fields = dict[str, Any]


@door.reads("/v1/second-factor", summary="本人的第二因素", answers=FactorAnswer)
def state(caller: Caller) -> dict[str, Any] | Refusal:
    return factors.state(house(), caller)


@door.writes("/v1/second-factor/enrolment", summary="取得密钥，以启用或更换", body=FactorEnrolBody,
             answers=OfferedAnswer, show=dict)
def enrol(caller: Caller, fields: _Fields, asked: Asked) -> Response | Refusal:
    return _done(factors.enrol(house(), caller, fields, asked), asked)


@door.writes("/v1/second-factor/confirmation", summary="以密钥的动态口令确认，启用并取得恢复码", body=OneTimeCodeBody,
             answers=RecoveryCodesAnswer, show=dict)
def confirm(caller: Caller, fields: _Fields, asked: Asked) -> Response | Refusal:
    return _done(factors.confirm(house(), caller, fields["code"], asked, caller.id), asked)


@door.writes("/v1/second-factor/check", summary="验证第二因素：此后一刻钟内可开出凭据", body=OneTimeCodeBody,
             answers=FactorShownAnswer, show=dict)
def check(caller: Caller, fields: _Fields, asked: Asked) -> Response | Refusal:
    return _done(factors.check(house(), caller, fields["code"], asked, caller.id), asked)


@door.writes("/v1/second-factor/recovery-codes", summary="换发恢复码，旧的失效", answers=RecoveryCodesAnswer, show=dict)
def new_papers(caller: Caller, _: _Fields, asked: Asked) -> Response | Refusal:
    return _done(factors.new_papers(house(), caller, asked), asked)


@door.writes("/v1/second-factor/removal", summary="停用第二因素", answers=GivenUpAnswer, show=dict)
def give_up(caller: Caller, _: _Fields, asked: Asked) -> Response | Refusal:
    return _done(factors.give_up(house(), caller, asked), asked)


@door.writes("/v1/actors/<actor:actor>/second-factor-resets", summary="重置第二因素（经办账号）", body=ResetBody,
             answers=ResetAnswer, show=dict)
def reset_of_actor(caller: Caller, fields: _Fields, asked: Asked, actor: str) -> Response | Refusal:
    return _done(factors.reset(house(), caller, actor, fields["reason"], asked), asked)


@door.writes("/v1/persons/<person:person>/second-factor-resets", summary="重置第二因素（本人）", body=ResetBody,
             answers=ResetAnswer, show=dict)
def reset_of_person(caller: Caller, fields: _Fields, asked: Asked, person: str) -> Response | Refusal:
    return _done(factors.reset(house(), caller, person, fields["reason"], asked), asked)


def _done(found: dict[str, Any] | Refusal, asked: Asked) -> Response | Refusal:
    """What was done outside the log: there is no event to show, and a trial says what would be."""
    if isinstance(found, Refusal):
        return found
    return answer({"dry_run": True, "would": found}) if asked.dry_run else answer(found, 201)
