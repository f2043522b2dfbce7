"""Putting a registered claim right (更正): the form as the claim stands, what would stand instead, and the result.

Nothing is taken out of the register: the former version stays beside the new one. What the form does not ask for is
carried over as it was. Who may, and what the law makes of it, the use case says, tried before anything is offered.
`tests/console/test_claim_acts.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.claiming import claim_sheet, claims, registered
from api.cases.claiming.claim_sheet import Sheet
from api.cases.claiming.prospects import prospects
from api.cases.claiming.queue import PURPOSE
from api.cases.claiming.study import files_view
from api.cases.doing import Asked, Done
from api.console import sending, words
from api.console.claiming.claim_trial import Tried, caught, put_papers, route_of, told_of, vocabulary, worth_panel
from api.console.form import Fault, Field, Form, content_of, form_of, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.law_of import ruling_view
from api.refusals.refusals import no_word_mends, status_of
from api.routes.schemas.claims import CorrectionBody
from api.routes.sent import fields_of
from ledger.errors import Refusal
from ledger.streams.claim import Claim
from ledger.vocabulary import format_hours

_READS: Final = CorrectionBody()
_BECAUSE: Final = (
    ("date_wrong", "佐证日期原来登记有误"), ("spans_two_years", "活动跨两年，改归另一年"),
    ("entered_in_error", "年度原来登记有误"),
)
_BY_HAND: Final = (
    Field("confirmed_hours", "确认学时", "decimal", hint="细则没有规定的，由主管部门确认"),
    Field("override.hours", "另行认定学时", "decimal", hint="条文写“一般”的，主管部门可认定到条文给出的最多"),
    Field("override.reason", "另行认定的理由", most=1000), Field("document", "文件号", hint="确认或另行认定所依据的"),
)
_OFFICE: Final = (
    Field("words", "更正的理由", "words", hint="本人看得到", is_required=True, most=1000),
    Field("year_because", "改变年度的理由", "choice", _BECAUSE, hint="更正后计入另一年度的须选"),
)
_NOTHING: Final = {one.name: "" for one in (*_OFFICE, *_BY_HAND)}


@dataclass(frozen=True)
class Filled:
    """What is on the form: the study as it would stand, and what the office says of it."""

    content: dict[str, Any]
    form: Form
    office: tuple[Field, ...]
    by_hand: tuple[Field, ...]


def as_it_stands(asking: Asking, claim: Claim) -> dict[str, Any]:
    """The fields of a correction that changes nothing: with them it is found whether one may be made."""
    body = claims.view(claim)
    known = claims.sealed_details(asking.house, claim.claim)
    details = {"title": "-" if known is None else known.title}
    typed = {**_NOTHING, **_given_by_hand(claim), "year_because": _BECAUSE[0][0]}  # Wanted only where it moves.
    typed["override.reason"] = "-" if typed["override.hours"] else ""
    return _sent({"study": body["study"], "details": details, "evidence": body["evidence"]}, typed)


def _given_by_hand(claim: Claim) -> dict[str, str]:
    """The hours that an authority gave, with their document: they stand unless somebody changes them."""
    ruling = claim.ruling
    if ruling is None or not ruling.clauses or (ruling.status != "manual" and ruling.ordinary_centi is None):
        return {}
    hours = "confirmed_hours" if ruling.ordinary_centi is None else "override.hours"
    return {hours: format_hours(ruling.assessed_centi), "document": ruling.clauses[-1]}


def form(asking: Asking, claim: str) -> Shown:
    """The form with what the claim says now, of its own route or of another that is chosen."""
    found = _correctable(asking, claim)
    if not isinstance(found, Sheet):
        return found
    route = route_of(asking, request.args.get("route")) or route_of(asking, found.claim.study.route)
    if route is None:
        return onward(_address(claim))
    content = {name: found.body[name] or {} for name in ("study", "details", "evidence")}
    content["study"] = {**content["study"], "route": route.code}
    typed = _NOTHING | _given_by_hand(found.claim)
    filled = _filled(asking, content, typed, [])
    tried, _ = _tried(asking, claim, filled, typed, is_final=False)
    return _form(asking, found, filled, tried if tried.worth else Tried({}, []), [])


def correct(asking: Asking, claim: str) -> Shown:
    """Try, check, put a paper to it, or put it right."""
    found = _correctable(asking, claim)
    if not isinstance(found, Sheet):
        return found
    step, route = request.form.get("step", ""), route_of(asking, request.form.get("study.route"))
    if route is None:
        return onward(_address(claim))
    content = _carried_over(found, content_of(request.form, route), form_of(vocabulary(asking), route))
    paper = put_papers(asking, found.claim.person, content, step)
    typed = {one.name: request.form.get(one.name, "").strip() for one in (*_OFFICE, *_BY_HAND)}
    filled = _filled(asking, content, typed, [])
    if step == "submit":
        return _submitted(asking, found, filled, typed)
    tried, after = _tried(asking, claim, filled, typed, is_final=step == "check")
    if "HX-Request" in request.headers:
        return worth_panel(asking, tried, sending.version(), None)
    if step == "check" and after is not None:
        return _check(asking, found, filled, tried, after, typed)
    faults = [paper] if paper else tried.faults if step in ("check", "try") else []
    return _form(asking, found, _filled(asking, content, typed, faults), tried, faults, status=422 if faults else 200)


def _submitted(asking: Asking, found: Sheet, filled: Filled, typed: Mapping[str, str]) -> Shown:
    house, caller, claim = asking.house, asking.caller, found.claim.claim
    done = caught(filled.form, lambda: registered.correct(
        house, caller, claim, _sent(filled.content, typed), sending.asked(house, caller)))
    if isinstance(done, Done):
        event = done.receipt.positions[0] if done.receipt is not None else 0
        return onward(_address(claim, done=event))
    faults = [of_refusal(done, words.documents(house))] if isinstance(done, Refusal) else done
    status = status_of(done) if isinstance(done, Refusal) else 422
    return _form(asking, found, _filled(asking, filled.content, typed, faults), Tried({}, faults), faults,
                 status=status, is_stale=isinstance(done, Refusal) and done.code == "stale_version")


def _correctable(asking: Asking, claim: str) -> Sheet | Refusal:
    """The claim, to whoever could put it right; to anybody else the reason why not."""
    found = claim_sheet.sheet(asking.house, asking.caller, claim, PURPOSE)
    if isinstance(found, Refusal):
        return found
    tried = registered.correct(
        asking.house, asking.caller, claim, as_it_stands(asking, found.claim), Asked(dry_run=True))
    return tried if isinstance(tried, Refusal) and no_word_mends(tried) else found


def _carried_over(found: Sheet, content: dict[str, Any], asked: Form) -> dict[str, Any]:
    """What was typed, with what the claim says beyond the fields of the form: nobody emptied what nobody saw."""
    seen = {one.name for block in (asked.what, asked.when, asked.proof, asked.more) for one in block}
    for part in ("study", "details"):
        kept = {name: value for name, value in (found.body[part] or {}).items()
                if f"{part}.{name}" not in seen and name not in ("route", "category", "further", "level", "rank")
                and not (part == "study" and _is_amount(name))}
        content[part] = kept | content[part]
    declared = found.body["study"].get("further") or {}
    further = {name: value for name, value in declared.items() if f"study.further.{name}" not in seen}
    if further := further | content["study"].get("further", {}):
        content["study"]["further"] = further
    return content


def _is_amount(name: str) -> bool:
    """Whether a field is how much a study was of: that of another route says nothing of this one."""
    return name in ("days", "hours", "minutes", "subjects", "courses", "characters")


def _filled(asking: Asking, content: dict[str, Any], typed: Mapping[str, str], faults: Sequence[Fault]) -> Filled:
    told = {one.field: one.words for one in reversed(faults)}

    def named(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(one, value=typed.get(one.name, ""), fault=told.get(one.id, "")) for one in fields)

    route = route_of(asking, content["study"]["route"])
    assert route is not None, "the form is of a route that is known"
    return Filled(content, form_of(vocabulary(asking), route, content, faults), named(_OFFICE), named(_BY_HAND))


def _sent(content: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """Everything as the API is sent it: the document goes with whichever hours it is about."""
    override = {name: typed[f"override.{name}"] for name in ("hours", "reason") if typed[f"override.{name}"]}
    more: dict[str, Any] = {name: typed[name] for name in ("words", "year_because", "confirmed_hours") if typed[name]}
    document = {"document": typed["document"]} if typed["document"] else {}
    return fields_of(
        _READS, {**content, **more, **({"override": {**override, **document}} if override else document)})


def _tried(
    asking: Asking, claim: str, filled: Filled, typed: Mapping[str, str], *, is_final: bool
) -> tuple[Tried, Claim | None]:
    """What it would come to, or what is wrong; without a reason only until the last page."""
    house = asking.house
    missing = [Fault("words", "更正的理由：请填写")] if is_final and not typed["words"] else []
    done = caught(filled.form, lambda: registered.correct(
        house, asking.caller, claim, _sent(filled.content, typed), Asked(dry_run=True)))
    if isinstance(done, list):
        return Tried({}, [*_placed(done), *missing]), None
    if isinstance(done, Refusal):
        fault = of_refusal(done, words.documents(house))
        place = {"year_locked": "year_because", "ruling_needed": "confirmed_hours"}.get(done.code, fault.field)
        return Tried({}, [Fault(place, fault.words), *missing]), None
    return Tried(prospects(house, done.state), missing), None if missing else done.state


def _placed(faults: Sequence[Fault]) -> list[Fault]:
    """A fault of the hours that are given by hand leads to them: the claim's form has no such field."""
    return [replace(one, field="override-hours") if not one.field and "override" in one.words else one
            for one in faults]


def _check(
    asking: Asking, found: Sheet, filled: Filled, tried: Tried, after: Claim, typed: Mapping[str, str]
) -> Page:
    """Before and after, side by side."""
    known, body = vocabulary(asking), found.body
    was = dict(words.facts(body["study"], body["details"], known))
    shall = dict(words.facts(filled.content["study"], filled.content["details"], known))
    facts = [(name, was.get(name, ""), shall.get(name, "")) for name in dict.fromkeys((*was, *shall))]
    files, kinds = _files(asking, found, filled.content), words.PAPERS

    def papers(shown: Sequence[Mapping[str, Any]]) -> str:
        return "；".join(f"{kinds.get(one['kind'], one['kind'])} {files.get(one['sha256']) or one['sha256'][:12]}"
                        for one in shown)

    facts.append(("佐证材料", papers(body["evidence"]), papers(filled.content["evidence"] or body["evidence"])))
    carried = [(name, value) for name, value in request.form.items(multi=True)
               if name not in (sending.KEY, sending.VERSION, "step", "paper_kind", "evidence")]
    carried += [("evidence", " ".join(one[name] for name in ("kind", "sha256", "issued_on") if name in one))
                for one in filled.content["evidence"]]
    return Page("correction_check.html", {
        "sheet": found, "facts": facts, "tried": tried, "typed": typed, "carried": carried,
        "before": ruling_view(found.claim.ruling) if found.claim.ruling is not None else None,
        "after": ruling_view(after.ruling) if after.ruling is not None else None,
        "years": (found.claim.year, after.year), "documents": words.documents(asking.house),
        "version": sending.version(), **told_of(tried),
    })


def _form(
    asking: Asking, found: Sheet, filled: Filled, tried: Tried, faults: Sequence[Fault], *, status: int = 200,
    is_stale: bool = False,
) -> Page:
    version = found.version if is_stale or sending.version() is None else sending.version()
    return Page("correction.html", {
        "sheet": found, "claim": found.claim.claim, "form": filled.form, "office": filled.office,
        "by_hand": filled.by_hand, "tried": tried, "faults": faults, "version": version, "is_stale": is_stale,
        "state": words.state(found.claim.status), "papers": words.PAPERS, "words": vocabulary(asking),
        "files": _files(asking, found, filled.content), "documents": words.documents(asking.house), **told_of(tried),
    }, status=status)


def _files(asking: Asking, found: Sheet, content: Mapping[str, Any]) -> dict[str, str]:
    """The names of the papers that are here, by digest."""
    digests = [one["sha256"] for one in (*found.body["evidence"], *content["evidence"])]
    return {one["sha256"]: one["name"] or "（无名文件）"
            for one in files_view(asking.house.evidence, found.claim.person, digests)}


def _address(claim: str, **more: Any) -> str:
    return f"/claims/{claim}?{urlencode({'purpose': PURPOSE, **more})}"
