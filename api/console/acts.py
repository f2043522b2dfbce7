"""What can be done about a claim, as buttons and as pages: each with what it would come to, a reason, and a result.

Which acts are offered is found by trying each through its use case, writing nothing: what would be turned away for who
asks or for the state is not offered, what the law wants a word about is, with that word. So no screen asks for a role.
`tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

import marshmallow as ma
from flask import request

from api import refusals
from api.cases import appeals, claim_sheet, claims, review
from api.cases.doing import Asked, Done
from api.cases.queue import PURPOSE
from api.console import sending, words
from api.console.form import Fault, of_refusal, plainly
from api.console.screen import Asking, Page, Shown, onward
from api.law_of import ruling_view
from api.routes.schemas.claims import AppealBody, ApprovalBody, BasisBody, RefusalBody, ReleaseBody, ReturnBody
from ledger.errors import Refusal
from ledger.streams.claim import Claim
from policies.reasons import reasons

BASES: Final = {
    "falsified": "弄虚作假", "duplicate": "重复登记", "entered_in_error": "登记有误", "evidence_found": "补到有效证明",
    "decided_wrongly": "原处理有误",
}
_LATER: Final = (403, 404, 409)  # Of whoever asks, or of how it stands: not something that a word more would mend.
_TRIED: Final = {"words": "-", "basis": "falsified", "reason": "other"}
_WANTS_A_WORD: Final = ("ruling_needed",)

Run = Callable[..., Done | Refusal]


class Act(NamedTuple):
    """Something that can be done about a claim."""

    code: str                # Also the last part of its address, here as in the API.
    name: str                # On its button.
    run: Run
    body: type[ma.Schema] | None = None
    reason: str | None = None       # The kind of event whose reasons it is given with.
    look: str = "quiet"             # Of its button: main, quiet or bad.
    is_own: bool = False            # The claimant's, not an office's.

    @property
    def wants(self) -> tuple[str, ...]:
        """What it must be given beside the reason."""
        return () if self.body is None else tuple(name for name, one in self.body().fields.items() if one.required)


ACTS: Final = {act.code: act for act in (
    Act("endorsement", "审核通过", review.endorse, look="main"),
    Act("approval", "认定通过", review.approve, ApprovalBody, look="main"),
    Act("return", "退回修改", review.send_back, ReturnBody, "claim.returned"),
    Act("refusal", "驳回", review.refuse, RefusalBody, "claim.refused", "bad"),
    Act("freeze", "冻结", review.freeze, AppealBody),
    Act("release", "解冻", review.release, ReleaseBody),
    Act("revocation", "撤销登记", review.revoke, BasisBody, look="bad"),
    Act("reinstatement", "恢复登记", review.reinstate, BasisBody),
    Act("appeal-dismissal", "申诉：维持原决定", appeals.dismiss, AppealBody),
    Act("appeal-allowance", "申诉：改变原决定", appeals.allow, AppealBody),
    Act("withdrawal", "撤回申报", claims.withdraw, look="bad", is_own=True),
    Act("appeal", "申诉", appeals.appeal, AppealBody, is_own=True),
    Act("appeal-withdrawal", "撤回申诉", appeals.withdraw, is_own=True),
)}
STEPS: Final = ("endorsement", "approval", "return", "refusal")
"""What is done at a step, beside the list of what waits."""


class Offered(NamedTuple):
    """An act that can be done, and what the law would have said first, if anything."""

    act: Act
    why: str | None   # What the law says before, in words.


def offered(asking: Asking, claim: str) -> list[Offered]:
    """The acts that somebody can do about a claim now."""
    found = []
    for act in ACTS.values():
        if act.is_own is asking.capacity.is_person:
            done = _tried(asking, act, claim, _TRIED)
            if isinstance(done, Done):
                found.append(Offered(act, None))
            elif _status(done) not in _LATER:
                found.append(Offered(act, f"{act.name}：{of_refusal(done).words}"))
    return found


def shown(code: str) -> Callable[..., Shown]:
    """The page of an act, to be read before it is done."""

    def show(asking: Asking, claim: str) -> Shown:
        return _page(asking, ACTS[code], claim, {}, None)

    show.__name__ = f"shown_{code.replace('-', '_')}"
    return show


def done(code: str) -> Callable[..., Shown]:
    """Do it, and say what it came to."""

    def do_it(asking: Asking, claim: str) -> Shown:
        act = ACTS[code]
        typed = {name: value.strip() for name, value in request.form.items()}
        fields, fault = _fields(act)
        if fault is not None:
            return _page(asking, act, claim, typed, fault, status=422)
        came = _run(asking, act, claim, fields, sending.asked(asking.house, asking.caller))
        if isinstance(came, Refusal):
            if _status(came) in (401, 403, 404):
                return came
            return _page(asking, act, claim, typed, of_refusal(came), status=_status(came),
                         is_stale=came.code == "stale_version")
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(_after(claim, event, is_office=not asking.capacity.is_person))

    do_it.__name__ = f"done_{code.replace('-', '_')}"
    return do_it


def _page(
    asking: Asking, act: Act, claim: str, typed: Mapping[str, str], fault: Fault | None, *, status: int = 200,
    is_stale: bool = False,
) -> Shown:
    purpose = None if asking.capacity.is_person else PURPOSE
    found = claim_sheet.sheet(asking.house, asking.caller, claim, purpose)
    if isinstance(found, Refusal):
        return found
    tried = _tried(asking, act, claim, _TRIED)
    if isinstance(tried, Refusal) and _status(tried) in _LATER and not is_stale:
        return tried
    return Page("claim_act.html", {
        "act": act, "sheet": found, "typed": typed, "fault": fault, "is_stale": is_stale,
        "before": _told(found.claim), "after": _told(tried.state) if isinstance(tried, Done) else None,
        "why": of_refusal(tried).words if isinstance(tried, Refusal) else None, "wants_hours": _wants_hours(tried),
        "reasons": reasons().get(act.reason, ()) if act.reason else (), "bases": BASES if "basis" in act.wants else {},
        "way": words.steps(found.claim, found.body["events"]),
        "title": (found.body["details"] or {}).get("title"), "documents": words.documents(asking.house),
    }, status=status)


def _wants_hours(tried: Done | Refusal) -> bool:
    return isinstance(tried, Refusal) and tried.code in _WANTS_A_WORD


def _told(claim: Claim) -> dict[str, Any]:
    """How a claim stands, as far as an act changes it."""
    return {"state": words.state(claim.status), "steps_taken": len(claim.endorsed), "steps": len(claim.steps),
            "ruling": None if claim.ruling is None else ruling_view(claim.ruling), "year": claim.year,
            "appeal": None if claim.appeal is None else words.APPEALS.get(claim.appeal.outcome or "open", "")}


def _fields(act: Act) -> tuple[dict[str, Any], Fault | None]:
    """What was typed, read as the API reads it."""
    if act.body is None:
        return {}, None
    schema = act.body()
    sent: dict[str, Any] = {name: value for name in schema.fields if (value := request.form.get(name, "").strip())}
    if act.code == "return" and "returned" in request.form:  # Beside the list one form is for several acts.
        sent["reason"] = request.form["returned"]
    if "opened_evidence" in schema.fields and (opened := request.form.getlist("opened_evidence")):
        sent["opened_evidence"] = opened
    try:
        found: dict[str, Any] = schema.load(sent)
    except ma.ValidationError as error:
        messages: Any = error.messages
        field, said = next(iter(messages.items()))
        label = {"words": "说明", "basis": "依据", "confirmed_hours": "确认学时", "document": "文件号"}.get(field, "")
        told = plainly(str(said[0] if isinstance(said, list) else said))
        return {}, Fault(field, f"{label}：{told}" if label else told)
    return found, None


def _tried(asking: Asking, act: Act, claim: str, given: Mapping[str, Any]) -> Done | Refusal:
    """What an act would come to, without writing anything."""
    fields = {} if act.body is None else {name: given[name] for name in act.body().fields if name in given}
    return _run(asking, act, claim, fields, Asked(dry_run=True))


def _run(asking: Asking, act: Act, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    given = (fields,) if act.body is not None else ()
    return act.run(asking.house, asking.caller, claim, *given, asked)


def _status(refusal: Refusal) -> int:
    return refusals.lines()[refusal.code].status


def _after(claim: str, event: int, *, is_office: bool) -> str:
    """Where to go on: to the next of the list that it was done from, else to the claim."""
    told = [(name, value) for name, value in parse_qsl(request.form.get("list", "")) if name != "done"]
    if "list" not in request.form:
        return f"/claims/{claim}?{urlencode({'done': event} | ({'purpose': PURPOSE} if is_office else {}))}"
    following = request.form.get("next", "")
    told = [(name, value) for name, value in told if name != "selected"]
    more = [("selected", following)] if following else []
    return f"/queue?{urlencode([*told, *more, ('done', str(event))])}"
