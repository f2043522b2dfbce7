"""A claim in full: what it says, where it is on its way, its worth and why, its papers, its events, what can be done.

As of a past moment it is what it was then, and nothing can be done. `tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Response, request

from api.cases.claiming import claim_sheet, evidence
from api.cases.claiming.claim_sheet import Own, Sheet
from api.cases.events import event_view
from api.cases.investigating.notices import office_words
from api.cases.taking_in import Opened
from api.console import words
from api.console.claiming import remedies
from api.console.claiming.acts import STEPS, holder_of, offered
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.evidence.types import ENDINGS, PAPER_KINDS
from api.law_of import bench_now
from api.paper.saved import as_it_is_called
from api.paper.tables_out import Table
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.vocabulary import format_hours, parse_hours
from policies.words import base_vocabulary
from projections.basis import written_time

_SHOWN: Final = ("image/jpeg", "image/png")
"""What a page shows by itself; anything else is handed out to be saved."""

_SORTS: Final = {
    "date": lambda own: own.version.study.evidence_on, "state": lambda own: own.version.status,
    "submitted": lambda own: own.version.submitted_on,
    "hours": lambda own: own.version.decision.assessed_centi if own.version.decision else -1,
}


def listed(asking: Asking) -> Shown:
    """Everything that somebody ever put forward, whatever came of it."""
    moment = asked_moment(rest=("sort", "state"))
    position = moment.position(asking.house)
    found = claim_sheet.own(asking.house, asking.caller, as_of=position)
    if isinstance(found, Refusal):
        return found
    counts = {code: sum(one.version.status == code for one in found) for code in words.STATES}
    chosen = moment.rest.get("state")
    kept = _sorted([one for one in found if chosen in (None, one.version.status)], moment.rest.get("sort", ""))
    lost = {} if not moment.is_now else {one["claim"]: one for one in remedies.in_time(asking, found)}
    rows = [_row(one) | {"remedy": lost.get(one.version.claim)} for one in kept]
    basis = asking.house.answers.reflects(position)
    heads = ("申报编号", "名称", "途径", "佐证日期", "提交日期", "核定学时", "状态")
    table = Table("claims", "我的申报", heads, [
        (one["claim"], one["title"], one["route"], one["date"], one["submitted"], one["hours"], one["state"][2])
        for one in rows], position, basis["as_of_time"])
    return Page("claims.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "counts": counts, "all": len(found),
        "states": words.STATES, "chosen": chosen, "gone": "gone" in request.args,
    }, {"items": rows, **basis}, table)


def _sorted(found: list[Own], sort: str) -> list[Own]:
    name = sort.removeprefix("-")
    return sorted(found, key=_SORTS[name], reverse=sort.startswith("-")) if name in _SORTS else found


def _row(own: Own) -> dict[str, Any]:
    one, vocabulary = own.version, base_vocabulary()
    return {"claim": one.claim, "title": own.title or "（名称已注销）", "route": vocabulary.route_name(one.study.route),
            "date": one.study.evidence_on.isoformat(), "submitted": one.submitted_on,
            "hours": None if one.decision is None else format_hours(one.decision.assessed_centi),
            "state": words.state(one.status), "category": vocabulary.categories.get(one.study.category.value, "")}


def told_basis(basis: dict[str, Any]) -> dict[str, Any]:
    """What an answer that weighs nothing rests on, as the bar shows it."""
    return {**basis, "time": written(basis["as_of_time"])}


def detail(asking: Asking, claim: str) -> Shown:
    """One claim."""
    moment = asked_moment(rest=("purpose",))
    position = moment.position(asking.house)
    purpose = asking.purpose
    found = claim_sheet.sheet(asking.house, asking.caller, claim, purpose, as_of=None if moment.is_now else position)
    if isinstance(found, Refusal):
        return found
    basis = asking.house.answers.reflects(position)
    told = sheet_told(asking, found, moment) | {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking)}
    return Page("claim.html", told, {**found.body, **basis})


def sheet_told(asking: Asking, sheet: Sheet, moment: Moment) -> dict[str, Any]:
    """What a template tells of a claim, alone or beside the list."""
    body, vocabulary = sheet.body, bench_now(asking.house.answers).law.vocabulary
    said = {one["event"]: one["words"] for one in body["said"]}
    files = {one["sha256"]: one for one in body["files"]}
    acts = offered(asking, sheet.claim.claim) if moment.is_now else []
    opened = asking.house.opened_papers.of(sheet.claim.claim) if moment.is_now and not asking.capacity.is_person else {}

    def told_papers(shown: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_paper(one, files.get(one["sha256"])) | _looked_at(asking, opened.get(one["sha256"], {}))
                for one in shown]

    entry = None if sheet.entry is None else sheet.entry["evaluated"]
    ruling = sheet.foreseen.get("ruling") or entry
    return {
        "sheet": sheet, "title": (body["details"] or {}).get("title") or "（名称已注销）",
        "state": words.state(body["status"]), "facts": words.facts(body["study"], body["details"], vocabulary),
        "way": words.steps(sheet.claim, body["events"]), "acts": acts,
        "at_step": [one for one in acts if one.act.code in STEPS],
        "holder": holder_of(asking, sheet.claim) if moment.is_now else None,
        "events": [words.event(one, said) for one in reversed(body["events"])], "said": body["said"],
        "papers": told_papers(body["evidence"]),
        "appeal_papers": [] if body["appeal"] is None else told_papers(body["appeal"]["evidence"]),
        "entry": entry, "recorded": body["ruling"], "capped": _is_capped(entry),
        "verdict": None if ruling is None else words.verdict(ruling["status"]),
        "documents": words.documents(asking.house), "appeal": body["appeal"], "appeals": words.APPEALS,
        "heard_at": None if body["appeal"] is None else office_words(body["appeal"]),
        "remedy": remedies.of_claim(asking, sheet.claim.claim) if moment.is_now else None,
        "purpose": None if asking.capacity.is_person else moment.rest.get("purpose"),
        "can_revise": asking.capacity.is_person and moment.is_now and bool(sheet.foreseen), "marks": words.MARKS,
    }


def _is_capped(entry: dict[str, Any] | None) -> bool:
    return entry is not None and parse_hours(entry["counted"]) < parse_hours(entry["assessed"])


def _paper(one: dict[str, Any], file: dict[str, Any] | None) -> dict[str, Any]:
    kind = PAPER_KINDS.get(one["kind"], one["kind"])
    return {**one, "words": kind, "file": file, "is_shown": file is not None and file["media_type"] in _SHOWN}


def _looked_at(asking: Asking, opened: dict[str, int]) -> dict[str, Any]:
    """When the asker opened a paper last, and how many others did."""
    own = opened.get(asking.caller.id)
    return {"opened": None if own is None else written(written_time(own)), "others": len(opened) - (own is not None)}


def paper(asking: Asking, claim: str, sha256: str) -> Shown:
    """A paper of a claim: a picture to be looked at, anything else to be saved."""
    purpose = None if asking.capacity.is_person else request.args.get("purpose")
    found = evidence.open_file(asking.house, asking.caller, claim, sha256, purpose)
    return found if isinstance(found, Refusal) else handed_out(found, sha256)


def handed_out(found: Opened, sha256: str) -> Response:
    """A paper as it was handed in: a picture to be looked at, anything else to be saved."""
    media_type = found.about.media_type
    name = found.about.name or f"{sha256}.{ENDINGS[media_type]}"
    response = Response(found.content, content_type=media_type)
    response.headers["Content-Disposition"] = as_it_is_called(name, is_shown=media_type in _SHOWN)
    return response


def done_before(asking: Asking) -> dict[str, Any] | None:
    """What somebody has just done, by the event that the address names; another's is nobody's to announce."""
    named = request.args.get("done", "")
    if not (named.isascii() and named.isdecimal() and len(named) < 16):
        return None
    found = asking.house.ledger.at(int(named)) if int(named) <= asking.house.ledger.store.size() else None
    if found is None or found.envelope.by.actor != asking.caller.id:
        return None
    return words.event(event_view(found.position, found.envelope), {})


