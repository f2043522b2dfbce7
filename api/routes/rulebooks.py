"""Rulebooks over HTTP. `tests/api/test_rulebooks.py` shows it."""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import rulebooks
from api.cases.doing import Asked, Done
from api.routes.door import Door, house
from api.routes.schemas.rulebooks import EnactedAnswer, RulebookAnswer, RulebookBody, RulebooksAnswer, WordsAnswer
from ledger.errors import Refusal

door = Door("rulebooks", __name__, description="学时登记细则")


@door.reads("/v1/rulebooks", summary="已施行的细则", answers=RulebooksAnswer, login=False)
def every(_: Caller) -> dict[str, Any] | Refusal:
    return rulebooks.every(house())


@door.reads("/v1/rulebooks/<family>/<version>", summary="一部细则：编码和原文", answers=EnactedAnswer, login=False)
def show(_: Caller, family: str, version: str) -> dict[str, Any] | Refusal:
    return rulebooks.one(house(), f"{family}/{version}")


@door.writes("/v1/rulebooks", summary="施行细则", body=RulebookBody, answers=RulebookAnswer, show=rulebooks.view)
def enact(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return rulebooks.enact(house(), caller, fields, asked)


@door.reads("/v1/words", summary="现行细则所用的词：行业、途径、级别", answers=WordsAnswer, login=False)
def words(_: Caller) -> dict[str, Any]:
    return rulebooks.words(house())
