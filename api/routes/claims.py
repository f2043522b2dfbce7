"""Claims over HTTP. `tests/api/test_claims.py` and `tests/api/test_four_places.py` show it."""

from __future__ import annotations

from typing import Any

from api.cases import appeals, assignment, bulk, claims, review
from api.cases.doing import Asked, Done
from api.cases.events import events_of
from api.cases.prospects import prospects
from api.operational.callers import Caller
from api.routes.answers import Told, problem_of
from api.routes.door import Door, house
from api.routes.listing import moment
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
from api.routes.schemas.common import Purpose, Words
from api.routes.schemas.events import EventsAnswer
from api.routes.schemas.histories import AsOfQuery
from ledger.errors import Refusal

door = Door("claims", __name__, description="学时申报：提交、审核、认定及其后")

_AT = "/v1/claims/<claim:claim>"


def foreseen(done: Done | Refusal) -> Done | Told | Refusal:
    """Of a trial, what the claim would come to."""
    if isinstance(done, Refusal) or done.receipt is not None:
        return done
    return Told(done, prospects(house(), done.state))


@door.writes("/v1/claims", summary="提交学时申报", body=ClaimBody, answers=ClaimAnswer, show=claims.view)
def submit(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Told | Refusal:
    return foreseen(claims.submit(house(), caller, fields, asked))


@door.reads(_AT, summary="查看申报，现在的或当时的", query=AsOfQuery, answers=ClaimShownAnswer)
def show(caller: Caller, query: dict[str, Any], claim: str) -> tuple[dict[str, Any], int] | Refusal:
    if "as_of" not in query:
        return claims.see(house(), caller, claim, query.get("purpose"))
    as_of = moment(house(), query["as_of"])
    found = as_of if isinstance(as_of, Refusal) else claims.see(
        house(), caller, claim, query.get("purpose"), as_of=as_of)
    if isinstance(as_of, Refusal) or isinstance(found, Refusal):
        return found
    return {**found[0], **house().answers.reflects(as_of)}, found[1]


@door.reads(f"{_AT}/events", summary="查看申报的全部事件", query=Purpose, answers=EventsAnswer)
def events(caller: Caller, query: dict[str, Any], claim: str) -> tuple[dict[str, Any], int] | Refusal:
    found = claims.visible(house(), caller, claim, query.get("purpose"), what=("events",))
    return found if isinstance(found, Refusal) else (events_of(house(), claim), found[1])


@door.writes(f"{_AT}/revision", summary="本人修改", body=RevisionBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def revise(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Told | Refusal:
    return foreseen(claims.revise(house(), caller, claim, fields, asked))


@door.writes(f"{_AT}/withdrawal", summary="本人撤回", answers=ClaimAnswer, show=claims.view, conditional=True)
def withdraw(caller: Caller, _: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return claims.withdraw(house(), caller, claim, asked)


@door.writes(f"{_AT}/endorsement", summary="审核通过，转交下一环节", answers=ClaimAnswer, show=claims.view,
             conditional=True)
def endorse(caller: Caller, _: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.endorse(house(), caller, claim, asked)


@door.writes(f"{_AT}/assignment", summary="转办：指定本机构的一名经办人，或退还", body=AssignmentBody,
             answers=ClaimAnswer, show=claims.view, conditional=True)
def assign(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return assignment.assign(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/return", summary="退回修改", body=ReturnBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def send_back(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.send_back(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/approval", summary="认定", body=ApprovalBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def approve(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.approve(house(), caller, claim, fields, asked)


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


@door.writes(f"{_AT}/refusal", summary="驳回", body=RefusalBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def refuse(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.refuse(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/correction", summary="更正", body=CorrectionBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def correct(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.correct(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/upholding", summary="维持原认定", body=UpholdingBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def uphold(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.uphold(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/freeze", summary="冻结", body=Words, answers=ClaimAnswer, show=claims.view, conditional=True)
def freeze(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.freeze(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/release", summary="解冻", body=ReleaseBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def release(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.release(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/revocation", summary="撤销", body=BasisBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def revoke(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.revoke(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/reinstatement", summary="恢复", body=BasisBody, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def reinstate(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return review.reinstate(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/appeal", summary="本人申诉：不服驳回、撤销或认定的学时", body=AppealBody, answers=ClaimAnswer,
             show=claims.view, conditional=True)
def appeal(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return appeals.appeal(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/appeal-withdrawal", summary="本人撤回申诉", answers=ClaimAnswer, show=claims.view,
             conditional=True)
def withdraw_appeal(caller: Caller, _: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return appeals.withdraw(house(), caller, claim, asked)


@door.writes(f"{_AT}/appeal-dismissal", summary="申诉：维持原决定", body=Words, answers=ClaimAnswer, show=claims.view,
             conditional=True)
def dismiss_appeal(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return appeals.dismiss(house(), caller, claim, fields, asked)


@door.writes(f"{_AT}/appeal-allowance", summary="申诉：改变原决定，恢复、重新审核或责令更正", body=Words,
             answers=ClaimAnswer, show=claims.view, conditional=True)
def allow_appeal(caller: Caller, fields: dict[str, Any], asked: Asked, claim: str) -> Done | Refusal:
    return appeals.allow(house(), caller, claim, fields, asked)
