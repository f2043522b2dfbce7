"""Forgetting somebody over HTTP. `tests/api/test_erasure.py` shows it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.forgetting import erasure
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.listing import listed
from api.routes.schemas.common import Words
from api.routes.schemas.erasure import DestructionBody, ErasureAnswer, ErasuresAnswer, ProposalBody
from api.routes.schemas.histories import PageQuery
from ledger.errors import Refusal

door = Door("erasure", __name__, description="销毁个人信息")


@door.reads("/v1/erasures", summary="列出销毁提议", query=PageQuery, answers=ErasuresAnswer)
def proposals(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    return listed(caller, "erasures", query, lambda as_of, after, limit: erasure.listed(
        house(), caller, as_of=as_of, after=after, limit=limit))


@door.reads("/v1/persons/<person:person>/erasure", summary="查看销毁提议：什么将不可读，什么仍可证明，须等什么办结",
            answers=ErasureAnswer)
def show(caller: Caller, person: str) -> tuple[dict[str, Any], int] | Refusal:
    return erasure.see(house(), caller, person)


@door.writes("/v1/persons/<person:person>/erasure", summary="提议销毁个人信息", body=ProposalBody,
             answers=ErasureAnswer, show=erasure.view)
def propose(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Done | Refusal:
    return erasure.propose(house(), caller, person, fields, asked)


@door.writes("/v1/persons/<person:person>/erasure/withdrawal", summary="撤回销毁提议", body=Words,
             answers=ErasureAnswer, show=erasure.view, conditional=True)
def withdraw(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Done | Refusal:
    return erasure.withdraw(house(), caller, person, fields, asked)


@door.writes("/v1/persons/<person:person>/erasure/destruction", summary="确认：销毁密钥，不能挽回",
             body=DestructionBody, answers=ErasureAnswer, show=erasure.view, conditional=True)
def destroy(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Told | Refusal:
    done = erasure.destroy(house(), caller, person, fields, asked)
    return done if isinstance(done, Refusal) else Told(*done)
