"""People over HTTP. `tests/api/test_http_people.py` and `tests/api/test_leaving.py` show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response

from api.cases.belonging import leaving, people, restricting, transfers
from api.cases.doing import Asked, Done
from api.operational.callers import Caller
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.schemas.actors import TokenAnswer
from api.routes.schemas.common import Purpose
from api.routes.schemas.people import (
    CorrectedPersonBody,
    DepartureBody,
    PersonAnswer,
    PersonBody,
    RestrictionAnswer,
    RestrictionBody,
    RestrictionLiftedBody,
    StruckOutBody,
)
from api.routes.schemas.transfers import TransferAnswer, TransferBody
from ledger.errors import Refusal

door = Door("persons", __name__, description="专业技术人员")


@door.writes("/v1/persons", summary="登记人员", body=PersonBody, answers=PersonAnswer, show=people.view, login=False)
def register(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Told | Refusal:
    done = people.register(house(), caller, fields, asked)
    if isinstance(done, Refusal) or asked.key is None:
        return done
    more: dict[str, Any] = {"identity": people.identity_of(house(), done.state)}
    if caller.kind == "nobody":  # Whoever repeats the request under its key gets the same token.
        more["token"] = house().operations.issue(done.stream, request=asked.key.key, now=house().now)
    return Told(done, more)


@door.reads("/v1/persons/<person:person>", summary="查看人员", query=Purpose, answers=PersonAnswer)
def show(caller: Caller, query: dict[str, Any], person: str) -> tuple[dict[str, Any], int] | Refusal:
    return people.see(house(), caller, person, query.get("purpose"))


@door.writes("/v1/persons/<person:person>/tokens", summary="为遗失令牌的人另发", answers=TokenAnswer, show=people.view)
def give_token(caller: Caller, _: dict[str, Any], asked: Asked, person: str) -> Response | Refusal:
    request = b"" if asked.key is None else asked.key.key
    token = people.give_token(house(), caller, person, request, dry_run=asked.dry_run)
    if isinstance(token, Refusal):
        return token
    if asked.dry_run:
        return answer({"dry_run": True, "would": {"holder": person}})
    return answer({"holder": person, "token": token}, 201)


@door.writes("/v1/persons/<person:person>/transfers", summary="申请匹配或变更单位", body=TransferBody,
             answers=TransferAnswer, show=transfers.view)
def transfer(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Done | Told | Refusal:
    done = transfers.request(house(), caller, person, fields, asked)
    if isinstance(done, Refusal) or done.receipt is not None:
        return done
    return Told(done, transfers.prospects(house(), done.state))


def _restricting(part: str, summary: str, body: type[ma.Schema], use_case: Callable[..., Done | Refusal]) -> None:
    """Offer what stops or resumes the processing of somebody's data; a trial says what rests."""

    def done(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Told | Refusal:
        came = use_case(house(), caller, person, fields, asked)
        if isinstance(came, Refusal):
            return came
        more = {"effects": restricting.effects(house(), person)} if asked.dry_run else {}
        return Told(came, more, place=f"/v1/persons/{person}")

    done.__name__ = part
    door.writes(f"/v1/persons/<person:person>/{part}", summary=summary, body=body, answers=RestrictionAnswer,
                show=people.view)(done)


_restricting("restrictions", "限制处理个人信息：只存储，不办理", RestrictionBody, restricting.restrict)
_restricting("restriction-liftings", "解除限制处理", RestrictionLiftedBody, restricting.lift)


def _put_right(part: str, summary: str, body: type[ma.Schema], use_case: Callable[..., Done | Refusal]) -> None:
    """Offer what puts right who somebody is or where they belong; the rest of their record need not have been seen."""

    def done(caller: Caller, fields: dict[str, Any], asked: Asked, person: str) -> Told | Refusal:
        came = use_case(house(), caller, person, fields, asked)
        return came if isinstance(came, Refusal) else Told(came, place=f"/v1/persons/{person}")

    done.__name__ = part
    door.writes(f"/v1/persons/<person:person>/{part}", summary=summary, body=body, answers=PersonAnswer,
                show=people.view)(done)


_put_right("corrections", "更正姓名、证件或手机号码", CorrectedPersonBody, people.correct)
_put_right("departures", "登记离开单位的最后一日：离职、退休", DepartureBody, leaving.leave)
_put_right("departure-voidings", "作废登记错的最后一日", DepartureBody, leaving.stay)
_put_right("affiliation-voidings", "作废登记错的人事隶属", StruckOutBody, leaving.strike_out)
