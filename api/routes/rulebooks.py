"""Rulebooks over HTTP, and what was announced that they change.

`tests/api/test_rulebooks.py`, `tests/api/test_rulebook_proposals.py` and `tests/api/test_impact_reports.py` show it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from api.cases import reasons
from api.cases.doing import Asked, Done
from api.cases.law import impact, rulebooks
from api.cases.law import proposals as proposed
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.common import ReasonsAnswer, ReasonsQuery, Words
from api.routes.schemas.histories import PublicAsOf
from api.routes.schemas.rulebooks import (
    EnactedAsOfAnswer,
    ImpactQuery,
    ImpactReportAnswer,
    ImpactReportBody,
    ImpactReportsAnswer,
    ProposalInFullAnswer,
    ProposalRefusalBody,
    ProposalsAnswer,
    RulebookAnswer,
    RulebookBody,
    RulebooksAnswer,
    WordsAnswer,
)
from ledger.errors import Refusal

door = Door("rulebooks", __name__, description="学时登记细则")


@door.reads("/v1/rulebooks", summary="已施行的细则", query=PublicAsOf, answers=RulebooksAnswer, login=False)
def every(_: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: rulebooks.every(house(), as_of=as_of))


@door.reads("/v1/rulebooks/<family>/<version>", summary="一部细则：编码和原文", query=PublicAsOf,
            answers=EnactedAsOfAnswer, login=False)
def show(_: Caller, query: dict[str, Any], family: str, version: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: rulebooks.one(house(), f"{family}/{version}", as_of=as_of))


@door.writes("/v1/rulebook-proposals", summary="提出一版细则：检查、存档，待另一人施行", body=RulebookBody,
             answers=RulebookAnswer, show=rulebooks.view)
def propose(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Refusal:
    done = proposed.propose(house(), caller, fields, asked)
    if isinstance(done, Refusal):
        return done
    more = proposed.findings(house(), fields) if done.receipt is None else {}
    return Told(done, more, f"/v1/rulebook-proposals/{sha256(fields['source'].encode()).hexdigest()}")


@door.reads("/v1/rulebook-proposals", summary="提出过的细则", query=PublicAsOf, answers=ProposalsAnswer)
def proposals(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: proposed.proposals(house(), caller, as_of=as_of))


@door.reads("/v1/rulebook-proposals/<sha256:digest>", summary="提出的一版：编码和原文", answers=ProposalInFullAnswer)
def proposal(caller: Caller, digest: str) -> tuple[dict[str, Any], int] | Refusal:
    return proposed.proposal(house(), caller, digest)


@door.writes("/v1/rulebook-proposals/<sha256:digest>/enactment", summary="施行另一人提出的一版细则",
             answers=RulebookAnswer, show=rulebooks.view, conditional=True)
def enact(caller: Caller, _: dict[str, Any], asked: Asked, digest: str) -> Done | Refusal:
    return proposed.enact(house(), caller, digest, asked)


@door.writes("/v1/rulebook-proposals/<sha256:digest>/refusal", summary="对另一人提出的一版细则不予施行，并说明理由",
             body=ProposalRefusalBody, answers=RulebookAnswer, show=rulebooks.view, conditional=True)
def refuse(caller: Caller, fields: dict[str, Any], asked: Asked, digest: str) -> Done | Refusal:
    return proposed.refuse(house(), caller, digest, fields, asked)


@door.writes("/v1/rulebook-proposals/<sha256:digest>/withdrawal", summary="撤回自己提出的一版细则，并说明理由",
             body=Words, answers=RulebookAnswer, show=rulebooks.view, conditional=True)
def withdraw(caller: Caller, fields: dict[str, Any], asked: Asked, digest: str) -> Done | Refusal:
    return proposed.withdraw(house(), caller, digest, fields, asked)


@door.reads("/v1/words", summary="现行细则所用的词：行业、途径、级别", answers=WordsAnswer, login=False)
def words(_: Caller) -> dict[str, Any]:
    return rulebooks.words(house())


@door.reads("/v1/reasons", summary="退回、驳回的理由代码：名称、怎么办、所依条文", query=ReasonsQuery,
            answers=ReasonsAnswer, login=False)
def codes(_: Caller, query: dict[str, Any]) -> dict[str, Any]:
    return reasons.every(house(), query.get("kind"))


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
    return as_it_stood(query, lambda as_of: impact.every(house(), query.get("rulebook"), as_of=as_of))


@door.reads("/v1/impact-reports/<digest>", summary="一份影响报告登记在何处", query=PublicAsOf,
            answers=ImpactReportAnswer, login=False)
def announcement(_: Caller, query: dict[str, Any], digest: str) -> dict[str, Any] | Refusal:
    return as_it_stood(query, lambda as_of: impact.one(house(), digest, as_of=as_of))
