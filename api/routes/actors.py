"""Actors over HTTP. `tests/api/test_actors.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.callers import Caller
from api.cases import actors
from api.cases.doing import Asked, Done
from api.routes.answers import answer
from api.routes.door import Door, house
from api.routes.listing import listed
from api.routes.schemas.actors import ActorAnswer, ActorBody, ActorsAnswer, ActorsQuery, ScopeBody, TokenAnswer
from ledger.errors import Refusal

door = Door("actors", __name__, description="经办账号：任用、权限、令牌")


@door.writes("/v1/actors", summary="任用经办账号", body=ActorBody, answers=ActorAnswer, show=actors.view)
def appoint(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return actors.appoint(house(), caller, fields, asked)


@door.reads("/v1/actors", summary="经办账号：谁在哪里可以办理什么", query=ActorsQuery, answers=ActorsAnswer)
def every(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    return listed(caller, "actors", query, lambda as_of, after, limit: actors.every(
        house(), caller, organisation=query.get("organisation"), status=query.get("status"), as_of=as_of,
        after="" if after is None else after[0], limit=limit))


@door.reads("/v1/actors/<actor:actor>", summary="查看经办账号", answers=ActorAnswer)
def show(caller: Caller, actor: str) -> tuple[dict[str, Any], int] | Refusal:
    return actors.see(house(), caller, actor)


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
