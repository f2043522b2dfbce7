"""Claims over HTTP. `tests/api/test_claims.py` and `tests/api/test_four_places.py` show it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.cases.claiming import appeals, assignment, bulk, claim_list, claims, registered, review
from api.cases.claiming.prospects import before_deciding, before_revoking, prospects
from api.cases.doing import Asked, Done
from api.cases.events import events_of
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told, problem_of
from api.routes.door import Door, house
from api.routes.listing import listed, moment
from api.routes.schemas.claim_lists import ClaimsQuery, ListedClaimsAnswer
from api.routes.schemas.claims import (
    AppealBody,
    ApprovalBody,
    AssignmentBody,
    BasisBody,
    BulkAnswer,
    BulkLine,
    BulkQuery,
    ClaimAnswer,
    ClaimBody,
    ClaimShownAnswer,
    CorrectionBody,
    RefusalBody,
    ReleaseBody,
    ReturnBody,
    RevisionBody,
    UpholdingBody,
)
from api.routes.schemas.common import Words
from api.routes.schemas.events import EventsAnswer
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal

door = Door("claims", __name__, description="学时申报：提交、审核、认定及其后")

_AT = "/v1/claims/<claim:claim>"
_acts = Acts(door, _AT, "claims", ClaimAnswer, claims.view)


def foreseen(done: Done | Refusal) -> Done | Told | Refusal:
    """Of a trial, what the claim would come to."""
    if isinstance(done, Refusal) or done.receipt is not None:
        return done
    return Told(done, prospects(house(), done.state))


@door.writes("/v1/claims", summary="提交学时申报", body=ClaimBody, answers=ClaimAnswer, show=claims.view)
def submit(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Told | Refusal:
    return foreseen(claims.submit(house(), caller, fields, asked))


@door.reads("/v1/claims", query=ClaimsQuery, answers=ListedClaimsAnswer,
            summary="申报清单：本人的，或权限内提交的；按状态、年度、科目、单位、地区、经办账号和提交日期筛选")
def every(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    wanted = claim_list.wanted_of(query)
    return listed(caller, "claims", query, lambda as_of, after, limit: claim_list.page(
        house(), caller, wanted, query.get("purpose"), as_of=as_of, after=after, limit=limit))


@door.reads(_AT, summary="查看申报，现在的或当时的", query=AsOfQuery, answers=ClaimShownAnswer)
def show(caller: Caller, query: dict[str, Any], claim: str) -> tuple[dict[str, Any], int] | Refusal:
    if "as_of" not in query:
        seen = claims.see(house(), caller, claim, query.get("purpose"))
        return seen if isinstance(seen, Refusal) else ({**seen[0], "remedy": appeals.told(
            house(), caller, claim)}, seen[1])
    as_of = moment(house(), query["as_of"])
    found = as_of if isinstance(as_of, Refusal) else claims.see(
        house(), caller, claim, query.get("purpose"), as_of=as_of)
    if isinstance(as_of, Refusal) or isinstance(found, Refusal):
        return found
    return {**found[0], **house().answers.reflects(as_of)}, found[1]


@door.reads(f"{_AT}/events", summary="查看申报的全部事件，到现在或到当时为止", query=AsOfQuery, answers=EventsAnswer)
def events(caller: Caller, query: dict[str, Any], claim: str) -> tuple[dict[str, Any], int] | Refusal:
    as_of = moment(house(), query.get("as_of"))
    if isinstance(as_of, Refusal):
        return as_of
    found = claims.visible(house(), caller, claim, query.get("purpose"), what=("events",), as_of=as_of)
    if isinstance(found, Refusal):
        return found
    return {**events_of(house(), claim, as_of=as_of), **house().answers.reflects(as_of)}, found[1]


@door.writes(f"{_AT}/revision", summary="本人修改", body=RevisionBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def revise(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Told | Refusal:
    return foreseen(claims.revise(house(), caller, claim, fields, asked))


_acts.offer("withdrawal", "本人撤回", claims.withdraw)
_acts.offer("endorsement", "审核通过，转交下一环节", review.endorse, foresees=before_deciding)
_acts.offer("assignment", "转办：指定本机构的一名经办人，或退还", assignment.assign, AssignmentBody)
_acts.offer("return", "退回修改", review.send_back, ReturnBody)
_acts.offer("approval", "认定", review.approve, ApprovalBody, before_deciding)


@door.writes_lines("/v1/claims:bulk", summary="成批认定无须单独审核的申报", line=BulkLine, query=BulkQuery,
                   answers=BulkAnswer, most=bulk.LINES_MOST, may_begin=lambda caller: bulk.may_begin(house(), caller))
def approve_many(
    caller: Caller, how: dict[str, Any], asked: Asked, lines: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    good = {at: bulk.Line(**{**one, "opened_evidence": tuple(one.get("opened_evidence", ()))})
            for at, one in enumerate(lines) if "status" not in one}
    first_bad = next((at for at in range(len(lines)) if at not in good), None)
    if first_bad is not None and not how.get("continue_on_failure"):  # What cannot be read stops it before it begins.
        return [_line_told(at, good.get(at), lines[at] if at == first_bad else None, asked) for at in range(len(lines))]
    chosen = list(good.values())
    if how.get("atomic"):
        outcomes = bulk.approve_all(house(), caller, chosen, asked)
    else:
        outcomes = bulk.approve_each(house(), caller, chosen, asked, goes_on=how.get("continue_on_failure", False))
    by_line = dict(zip(good, outcomes, strict=True))
    return [_line_told(at, good.get(at), by_line[at] if at in good else one, asked) for at, one in enumerate(lines)]


def _line_told(
    at: int, line: bulk.Line | None, outcome: bulk.Outcome | dict[str, Any], asked: Asked
) -> dict[str, Any]:
    """A line of the answer: what was done, or the problem that it would have been alone."""
    named = {"index": at, **({} if line is None else {"claim": line.claim})}
    if isinstance(outcome, bulk.Approved):
        done = {"version": outcome.version, "assessed": outcome.assessed, "year": outcome.year}
        recorded = {} if asked.dry_run else {"events": list(outcome.events), "replayed": outcome.is_replayed}
        return {"index": at, "status": 200 if asked.dry_run else 201, "claim": named["claim"], **done, **recorded}
    problem = outcome if isinstance(outcome, dict) else problem_of(outcome)
    return {"index": at, "status": problem["status"], **named, "problem": problem}


_acts.offer("refusal", "驳回", review.refuse, RefusalBody)
_acts.offer("correction", "更正", registered.correct, CorrectionBody, before_deciding)
_acts.offer("upholding", "维持原认定", registered.uphold, UpholdingBody)
_acts.offer("freeze", "冻结", registered.freeze, Words)
_acts.offer("release", "解冻", registered.release, ReleaseBody)
_acts.offer("revocation", "撤销", registered.revoke, BasisBody, before_revoking)
_acts.offer("reinstatement", "恢复", registered.reinstate, BasisBody, before_deciding)
_acts.offer("appeal", "本人申诉：不服驳回、撤销或认定的学时", appeals.appeal, AppealBody)
_acts.offer("appeal-withdrawal", "本人撤回申诉", appeals.withdraw)
_acts.offer("appeal-dismissal", "申诉：维持原决定", appeals.dismiss, Words)
_acts.offer("appeal-allowance", "申诉：改变原决定，恢复、重新审核或责令更正", appeals.allow, Words)
