"""Rulebooks over HTTP, and what was announced that they change.

`tests/api/test_rulebooks.py` and `tests/api/test_impact_reports.py` show it.
"""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import impact, rulebooks
from api.cases.doing import Asked, Done
from api.routes.door import Door, Told, house
from api.routes.schemas.rulebooks import (
    EnactedAnswer,
    ImpactQuery,
    ImpactReportAnswer,
    ImpactReportBody,
    ImpactReportsAnswer,
    RulebookAnswer,
    RulebookBody,
    RulebooksAnswer,
    WordsAnswer,
)
from ledger.errors import Refusal
from projections.basis import read_axes

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


@door.writes("/v1/impact-reports", summary="登记影响报告", body=ImpactReportBody, answers=RulebookAnswer,
             show=rulebooks.view)
def announce(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Refusal:
    done = impact.record(house(), caller, fields, asked)
    if isinstance(done, Refusal):
        return done
    return Told(done, place=f"/v1/impact-reports/{impact.digest_of(fields['report'])}")


@door.reads("/v1/impact-reports", summary="登记过的影响报告", query=ImpactQuery, answers=ImpactReportsAnswer,
            login=False)
def announced(_: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return impact.every(house(), read_axes(query.get("as_of")), query.get("rulebook"))


@door.reads("/v1/impact-reports/<digest>", summary="一份影响报告登记在何处", answers=ImpactReportAnswer, login=False)
def announcement(_: Caller, digest: str) -> dict[str, Any] | Refusal:
    return impact.one(house(), digest)
