"""Actors over HTTP. `tests/api/test_actors.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.holders import actors
from api.operational.callers import Caller
from api.routes.acts import Acts
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


_acts = Acts(door, "/v1/actors/<actor:actor>", "actors", ActorAnswer, actors.view)
_acts.offer("scopes", "授予权限", actors.grant, ScopeBody)
_acts.offer("scope-withdrawals", "收回权限", actors.withdraw, ScopeBody)


@door.writes("/v1/actors/<actor:actor>/tokens", summary="发放令牌（取代原有的）", answers=TokenAnswer, show=actors.view)
def give_token(caller: Caller, _: dict[str, Any], asked: Asked, actor: str) -> Response | Refusal:
    request = b"" if asked.key is None else asked.key.key
    given = actors.give_token(house(), caller, actor, request, dry_run=asked.dry_run)
    if isinstance(given, Refusal):
        return given
    if asked.dry_run:
        return answer({"dry_run": True, "would": {"holder": actor}})
    return answer({"holder": given.holder, "token": given.token}, 201)


_acts.offer("suspension", "停用经办账号", actors.suspend)
_acts.offer("reinstatement", "恢复经办账号", actors.reinstate)
_acts.offer("dismissal", "终止任用", actors.dismiss)
