"""Actors over HTTP. `tests/api/test_actors.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.callers import FOUNDER, Caller
from api.cases import actors
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import acting, may_see
from api.routes.door import Door, answer, house
from api.routes.schemas.actors import ActorAnswer, ActorBody, ScopeBody, TokenAnswer
from ledger.errors import Refusal
from ledger.streams.unit import matter_of

door = Door("actors", __name__, description="经办账号：任用、权限、令牌")


@door.writes("/v1/actors", summary="任用经办账号", body=ActorBody, answers=ActorAnswer, show=actors.view)
def appoint(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return actors.appoint(house(), caller, fields, asked)


@door.reads("/v1/actors/<actor:actor>", summary="查看经办账号", answers=ActorAnswer)
def show(caller: Caller, actor: str) -> tuple[dict[str, Any], int] | Refusal:
    reading = Reading(house().ledger)
    found = reading.actor(actor)
    if caller.kind != FOUNDER and caller.id != actor:
        asking = acting(house(), caller)
        if isinstance(asking, Refusal):
            return asking
        unit = None if found is None else reading.unit(found.organisation)
        if unit is not None and (no := may_see(asking, matter_of(unit))):
            return no
    return Refusal.because("actor_absent") if found is None else (actors.view(found), reading.versions[found.actor])  # type: ignore[index]


@door.writes("/v1/actors/<actor:actor>/scopes", summary="授予权限", body=ScopeBody, answers=ActorAnswer,
             show=actors.view, conditional=True)
def grant(caller: Caller, fields: dict[str, Any], asked: Asked, actor: str) -> Done | Refusal:
    return actors.grant(house(), caller, actor, fields, asked)


@door.writes("/v1/actors/<actor:actor>/scope-withdrawals", summary="收回权限", body=ScopeBody, answers=ActorAnswer,
             show=actors.view, conditional=True)
def withdraw(caller: Caller, fields: dict[str, Any], asked: Asked, actor: str) -> Done | Refusal:
    return actors.withdraw(house(), caller, actor, fields, asked)


@door.writes("/v1/actors/<actor:actor>/tokens", summary="发放令牌（取代原有的）", answers=TokenAnswer, show=actors.view)
def give_token(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Response | Refusal:
    request = b"" if asked.key is None else asked.key.key
    given = actors.give_token(house(), caller, actor, request, dry_run=asked.dry_run)
    if isinstance(given, Refusal):
        return given
    if asked.dry_run:
        return answer({"dry_run": True, "would": {"holder": actor}})
    return answer({"holder": given.holder, "token": given.token}, 201)


@door.writes("/v1/actors/<actor:actor>/suspension", summary="停用经办账号", answers=ActorAnswer, show=actors.view,
             conditional=True)
def suspend(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Done | Refusal:
    return actors.suspend(house(), caller, actor, asked)


@door.writes("/v1/actors/<actor:actor>/reinstatement", summary="恢复经办账号", answers=ActorAnswer, show=actors.view,
             conditional=True)
def reinstate(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Done | Refusal:
    return actors.reinstate(house(), caller, actor, asked)


@door.writes("/v1/actors/<actor:actor>/dismissal", summary="终止任用", answers=ActorAnswer, show=actors.view,
             conditional=True)
def dismiss(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Done | Refusal:
    return actors.dismiss(house(), caller, actor, asked)
