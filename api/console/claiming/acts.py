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

from api.cases.claiming import appeals, assignment, claim_sheet, claims, prospects, registered, review
from api.cases.claiming.queue import PURPOSE
from api.cases.claiming.study import study_view
from api.cases.doing import Asked, Done, Reading
from api.cases.events import events_of
from api.console import sending, words
from api.console.claiming import act_sent, correction, remedies
from api.console.form import Fault, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.law_of import ruling_view
from api.refusals.refusals import no_word_mends, status_of, turns_away
from api.routes.schemas.claims import (
    AppealBody,
    ApprovalBody,
    AssignmentBody,
    BasisBody,
    CorrectionBody,
    RefusalBody,
    ReleaseBody,
    ReturnBody,
    UpholdingBody,
)
from api.words.codes import REINSTATING, REVOKING
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.streams.claim import Claim, Status
from ledger.vocabulary import format_hours, parse_hours
from policies.reasons import reasons

_TRIED: Final = {"words": "-", "basis": "falsified", "reason": "other"}
_BASES: Final[Mapping[str, Mapping[str, str]]] = {"revocation": REVOKING, "reinstatement": REINSTATING}
_WANTS_A_WORD: Final = ("ruling_needed",)

Run = Callable[..., Done | Refusal]
Given = Callable[[Asking, Claim], Mapping[str, Any] | None]


def _anything(_: Asking, __: Claim) -> Mapping[str, Any]:
    return _TRIED


def _given_away(asking: Asking, claim: Claim) -> Mapping[str, Any] | None:
    """To oneself, or back where it is one's own already."""
    if claim.status is not Status.UNDER_REVIEW:
        return None
    return {"to": None if claim.assigned == asking.caller.id else asking.caller.id}


def _differing(asking: Asking, claim: Claim) -> Mapping[str, Any] | None:
    """The numbers that differ now; None where none do."""
    found = registered.difference(asking.house, claim)
    if found is None:
        return None
    return {"decided": found.decided_centi, "evaluated": found.evaluated_centi, **_TRIED}


def _registered(asking: Asking, claim: Claim) -> Mapping[str, Any] | None:
    """What a correction would say that changes nothing."""
    return correction.as_it_stands(asking, claim) if claim.is_registered else None


class Act(NamedTuple):
    """Something that can be done about a claim."""

    code: str                # Also the last part of its address, here as in the API.
    name: str                # On its button.
    run: Run
    body: type[ma.Schema] | None = None
    reason: str | None = None       # The kind of event whose reasons it is given with.
    look: str = "quiet"             # Of its button: main, quiet or bad.
    is_own: bool = False            # The claimant's, not an office's.
    tried: Given = _anything        # With what it is tried; None: there is nothing to be done.

    @property
    def wants(self) -> tuple[str, ...]:
        """What it must be given beside the reason."""
        return () if self.body is None else tuple(name for name, one in self.body().fields.items() if one.required)


ACTS: Final = {act.code: act for act in (
    Act("endorsement", "审核通过", review.endorse, look="main"),
    Act("approval", "认定通过", review.approve, ApprovalBody, look="main"),
    Act("return", "退回修改", review.send_back, ReturnBody, "claim.returned"),
    Act("refusal", "驳回", review.refuse, RefusalBody, "claim.refused", "bad"),
    Act("assignment", "转办", assignment.assign, AssignmentBody, tried=_given_away),
    Act("correction", "更正", registered.correct, CorrectionBody, tried=_registered),
    Act("upholding", "维持原认定", registered.uphold, UpholdingBody, tried=_differing),
    Act("freeze", "冻结", registered.freeze, AppealBody),
    Act("release", "解冻", registered.release, ReleaseBody),
    Act("revocation", "撤销登记", registered.revoke, BasisBody, look="bad"),
    Act("reinstatement", "恢复登记", registered.reinstate, BasisBody),
    Act("appeal-dismissal", "申诉：维持原决定", appeals.dismiss, AppealBody),
    Act("appeal-allowance", "申诉：改变原决定", appeals.allow, AppealBody),
    Act("withdrawal", "撤回申报", claims.withdraw, look="bad", is_own=True),
    Act("appeal", "申诉", appeals.appeal, AppealBody, is_own=True),
    Act("appeal-withdrawal", "撤回申诉", appeals.withdraw, is_own=True),
)}
PAGES: Final = ("correction",)
"""What has a form of its own (`api.console.claiming.correction`)."""
WITH_PAPERS: Final = act_sent.WITH_PAPERS
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
            done = _tried(asking, act, claim)
            if done is None:
                continue
            if isinstance(done, Done):
                found.append(Offered(act, None))
            elif not no_word_mends(done):
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
        put, fault, is_only_papers = act_sent.papers(asking, act.code)
        if fault is not None or is_only_papers:
            return _page(asking, act, claim, typed, fault, status=200 if fault is None else 422, put=put)
        fields, fault = act_sent.fields(act.code, act.body, put)
        if fault is not None:
            return _page(asking, act, claim, typed, fault, status=422, put=put)
        came = _run(asking, act, claim, fields, sending.asked(asking.house, asking.caller))
        if isinstance(came, Refusal):
            if turns_away(came):
                return came
            return _page(asking, act, claim, typed, of_refusal(came), status=status_of(came),
                         is_stale=came.code == "stale_version", put=put)
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(_after(claim, event, is_office=not asking.capacity.is_person))

    do_it.__name__ = f"done_{code.replace('-', '_')}"
    return do_it


def _page(
    asking: Asking, act: Act, claim: str, typed: Mapping[str, str], fault: Fault | None, *, status: int = 200,
    is_stale: bool = False, put: act_sent.Papers | None = None,
) -> Shown:
    purpose = None if asking.capacity.is_person else PURPOSE
    found = claim_sheet.sheet(asking.house, asking.caller, claim, purpose)
    if isinstance(found, Refusal):
        return found
    tried = _tried(asking, act, claim)
    if tried is None:  # The use case says why there is nothing that it could be about.
        tried = _run(asking, act, claim, {"to": None, "decided": 0, "evaluated": 0, **_TRIED}, Asked(dry_run=True))
    if isinstance(tried, Refusal) and no_word_mends(tried) and not is_stale:
        return tried
    more = _told_of(asking, act, found.claim)
    if isinstance(more, Refusal):
        return more
    return Page("claim_act.html", {
        "room": None, "differs": False, "remedy": None, "without": None, **more,
        **act_sent.told(asking, act.code, put or []),
        "holder": holder_of(asking, found.claim),
        "by": _changed_by(asking, claim) if is_stale else None,
        "act": act, "sheet": found, "typed": typed, "fault": fault, "is_stale": is_stale,
        "can": not (isinstance(tried, Refusal) and no_word_mends(tried)),
        "before": _told(found.claim), "after": _told(tried.state) if isinstance(tried, Done) else None,
        "why": of_refusal(tried).words if isinstance(tried, Refusal) else None,
        "wants_hours": _wants_hours(tried),
        "reasons": reasons().get(act.reason, ()) if act.reason else (), "bases": _BASES.get(act.code, {}),
        "way": words.steps(found.claim, found.body["events"]),
        "title": (found.body["details"] or {}).get("title"), "documents": words.documents(asking.house),
    }, status=status)


def _told_of(asking: Asking, act: Act, claim: Claim) -> dict[str, Any] | Refusal:
    """What the page of one act tells beside: to whom it may go, what differs, what the row leaves to an authority."""
    if act.code == "assignment":
        able = assignment.colleagues(asking.house, asking.caller, claim.claim)
        if isinstance(able, Refusal):
            return able
        return {"able": [one for one in able if one.actor != claim.assigned], "assigned": claim.assigned}
    if act.code == "upholding":
        found = registered.difference(asking.house, claim)
        return {} if found is None else {
            "differs": found, "because": _by_documents(asking, found.because), "numbers": {
                "decided": format_hours(found.decided_centi), "evaluated": format_hours(found.evaluated_centi)}}
    if act.code == "appeal":
        return {"remedy": remedies.of_claim(asking, claim.claim)}
    if act.code == "revocation" and claim.is_registered:
        return {"without": prospects.without(asking.house, claim)["year"]}
    if act.code == "approval":
        study = study_view(claim.study)
        return {"room": _room(asking, act, claim), "asked": study if "confirmed_hours" in study else None}
    return {}


def _by_documents(asking: Asking, told: str) -> str:
    """The same with documents in the place of rulebooks' ids."""
    for name, document in words.documents(asking.house).items():
        told = told.replace(name, document)
    return told


def _room(asking: Asking, act: Act, claim: Claim) -> dict[str, str] | None:
    """What the words of the row leave to whoever asks: found by trying the most that it gives."""
    ruling = prospects.prospects(asking.house, claim).get("ruling")
    room: dict[str, str] | None = None if ruling is None else ruling.get("room")
    if room is None:
        return None
    most = {"override": {"hours": parse_hours(room["most"]), "reason": "-", "document": "-"}}
    return room if isinstance(_run(asking, act, claim.claim, most, Asked(dry_run=True)), Done) else None


def holder_of(asking: Asking, claim: Claim) -> str | None:
    """Whose it is by the office's own division of work, where that is somebody else's than the asker's."""
    if claim.assigned in (None, asking.caller.id) or asking.capacity.is_person:
        return None
    return holders(asking, [str(claim.assigned)])[str(claim.assigned)]


def holders(asking: Asking, actors: list[str]) -> dict[str, str]:
    """Those to whom claims were given, in words."""
    actor = Reading(asking.house.ledger).actor(asking.caller.id)
    assert actor is not None, "whoever asks acts"
    named = assignment.names_of(asking.house, asking.caller, actor, actors)
    return {one: colleague.words for one, colleague in named.items()}


def _changed_by(asking: Asking, claim: str) -> dict[str, Any]:
    """What was done last, and as what: who was quicker."""
    last = events_of(asking.house, claim)["items"][-1]
    told = words.event(last, {})
    who = last["by"]["actor"]
    if who == asking.caller.id:
        return {**told, "who": "您自己"}
    is_told = who.startswith(PREFIXES["actor"]) and not asking.capacity.is_person  # To a claimant it is an office.
    return {**told, "who": holders(asking, [who])[who] if is_told else ""}


def _wants_hours(tried: Done | Refusal) -> bool:
    return isinstance(tried, Refusal) and tried.code in _WANTS_A_WORD


def _told(claim: Claim) -> dict[str, Any]:
    """How a claim stands, as far as an act changes it."""
    return {"state": words.state(claim.status), "steps_taken": len(claim.endorsed), "steps": len(claim.steps),
            "ruling": None if claim.ruling is None else ruling_view(claim.ruling), "year": claim.year,
            "appeal": None if claim.appeal is None else words.APPEALS.get(claim.appeal.outcome or "open", "")}


def _tried(asking: Asking, act: Act, claim: str) -> Done | Refusal | None:
    """What an act would come to, without writing anything; None where there is nothing that it could be about."""
    stands = Reading(asking.house.ledger).claim(claim)
    given = _TRIED if stands is None else act.tried(asking, stands)
    if given is None:
        return None
    fields = {} if act.body is None else {name: given[name] for name in act.body().fields if name in given}
    return _run(asking, act, claim, fields, Asked(dry_run=True))


def _run(asking: Asking, act: Act, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    given = (fields,) if act.body is not None else ()
    return act.run(asking.house, asking.caller, claim, *given, asked)


def _after(claim: str, event: int, *, is_office: bool) -> str:
    """Where to go on: to the next of the list that it was done from, else to the claim."""
    told = [(name, value) for name, value in parse_qsl(request.form.get("list", "")) if name != "done"]
    if "list" not in request.form:
        return f"/claims/{claim}?{urlencode({'done': event} | ({'purpose': PURPOSE} if is_office else {}))}"
    following = request.form.get("next", "")
    told = [(name, value) for name, value in told if name != "selected"]
    more = [("selected", following)] if following else []
    return f"/queue?{urlencode([*told, *more, ('done', str(event))])}"
