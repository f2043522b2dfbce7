"""Claims put forward: a form that is saved as it is typed, says what it would be worth, is checked, and then submitted.

A draft is kept by its name, which stands in the address; without a script the same buttons do what is done by itself
with one. Nothing is in the log before the last page. What was returned is mended on the same form and checked the same
way. `tests/console/test_filing.py` shows it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import request

from api.cases.claiming import claim_drafts, claim_sheet, claims, evidence
from api.cases.doing import Asked, Done, Reading
from api.console import sending, words
from api.console.claiming.claim_trial import (
    Tried,
    caught,
    put_papers,
    read,
    route_of,
    told_above,
    told_of,
    tried_with,
    vocabulary,
    worth_panel,
)
from api.console.form import Fault, Form, content_of, form_of, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.evidence.files import MOST as FILE_MOST
from api.refusals.refusals import status_of
from api.words.year_page import moment as written
from ledger.errors import Refusal
from policies.words import Route

SENT_MOST: Final = FILE_MOST + 512 * 1024
_GROUPS: Final = (
    ("培训、会议", ("advanced_seminar", "training", "filed_training", "society_training", "society_meeting",
                    "unit_training", "other_training", "overseas")),
    ("课程、考试", ("courseware", "course", "exam", "degree_course")),
    ("成果", ("paper", "book", "patent", "project")),
    ("服务、其他", ("service", "teaching", "other")),
)
_CHANGED: Final = "这份草稿在别处改过。下面是您在这一页填写的内容：再次保存，即以它为准。"
_ELSEWHERE: Final = {
    "stale_version": _CHANGED, "draft_exists": _CHANGED,
    "draft_absent": "这份草稿已在别处提交或弃置，已提交的见“我的申报”。"
                    "下面是您在这一页填写的内容：再次保存，即另存为一份新的草稿。",
}


class Kept(NamedTuple):
    """A draft as it was saved last."""

    content: dict[str, Any]
    version: int
    route: Route


# A new claim


def new(asking: Asking) -> Shown:
    """Choose a route, or begin the form of one."""
    if not asking.capacity.is_person:
        return Refusal.because("person_needed")
    known = vocabulary(asking)
    code = request.args.get("route", "")
    if code not in known.routes:
        listed = {name for _, names in _GROUPS for name in names}
        groups = [(title, [known.routes[name] for name in names if name in known.routes])
                  for title, names in _GROUPS]
        groups[-1][1].extend(route for name, route in known.routes.items() if name not in listed)
        kept = claim_drafts.every(asking.house, asking.caller, asking.caller.id)
        drafts = [] if isinstance(kept, Refusal) else kept["items"]
        return Page("claim_routes.html", {
            "belongs": _belongs(asking), "groups": groups, "drafts": drafts, "words": known, "written": written})
    form = form_of(known, known.routes[code])
    return _form(asking, form, f"/drafts/{secrets.token_hex(8)}", None, Tried({}, []), {})


def draft(asking: Asking, draft: str) -> Shown:
    """Go on with a draft."""
    found = _kept(asking, draft)
    if not isinstance(found, Kept):
        return found
    kept, version, route = found
    form = form_of(vocabulary(asking), route, kept)
    tried = _tried(asking, draft, form) if "tried" in request.args else Tried({}, [])
    form = form_of(vocabulary(asking), route, kept, tried.faults)
    return _form(asking, form, f"/drafts/{draft}", version, tried, {"saved_at": written(kept["saved_at"])},
                 status=422 if tried.faults else 200)


def save(asking: Asking, draft: str) -> Shown:
    """Save what was typed, and do what the button says: try it, check it, put a paper to it, or let it go."""
    step = request.form.get("step", "")
    if step == "drop":
        no = claim_drafts.drop(asking.house, asking.caller, asking.caller.id, draft)
        return onward("/claims/new") if no is None or no.code == "draft_absent" else no  # Let go already, as was meant.
    route = route_of(asking, request.form.get("study.route"))
    if route is None:
        return onward("/claims/new")
    content = content_of(request.form, route)
    paper = put_papers(asking, asking.caller.id, content, step)
    kept = claim_drafts.save(
        asking.house, asking.caller, asking.caller.id, draft, content, sending.version(), sending.turn())
    if isinstance(kept, Refusal):
        return _not_saved(asking, draft, route, content, kept)
    tried = _tried(asking, draft, form_of(vocabulary(asking), route, content))
    saved_at = written(claim_drafts.view(asking.caller.id, kept)["saved_at"])
    if "HX-Request" in request.headers:
        return worth_panel(asking, tried, kept.version, saved_at)
    if step == "check" and not tried.faults:
        return onward(f"/drafts/{draft}/check")
    faults = [paper] if paper else told_above(tried, step)
    form = form_of(vocabulary(asking), route, content, faults)
    return _form(asking, form, f"/drafts/{draft}", kept.version, tried, {"saved_at": saved_at, "faults": faults},
                 status=422 if faults else 200)


def check(asking: Asking, draft: str) -> Shown:
    """Read once more what will be submitted."""
    found = _kept(asking, draft)
    if not isinstance(found, Kept):
        return found
    kept, version, route = found
    form = form_of(vocabulary(asking), route, kept)
    tried = _tried(asking, draft, form)
    if tried.faults:
        return onward(f"/drafts/{draft}?tried=1")
    return Page("claim_check.html", _checked(asking, form, kept, tried) | {
        "version": version, "action": f"/drafts/{draft}/submission", "back": f"/drafts/{draft}",
        "carried": [("claim", kept["claim"])], "changed": "changed" in request.args})


def submit(asking: Asking, draft: str) -> Shown:
    """Put it forward. Sent twice, or by two pages, it is the one claim that it was to become."""
    house, caller = asking.house, asking.caller
    done = claim_drafts.submit(house, caller, caller.id, draft, read, sending.asked(house, caller))
    if not isinstance(done, Refusal):
        return onward(f"/claims/{done.stream}/receipt")
    if done.code == "stale_version":  # Nobody puts forward what they have not read.
        return onward(f"/drafts/{draft}/check?changed=1")
    becomes = str(done.seen["claim"]) if done.code == "claim_exists" else request.form.get("claim", "")
    is_put = done.code in ("claim_exists", "draft_absent") and Reading(house.ledger).claim(becomes) is not None
    return onward(f"/claims/{becomes}/receipt") if is_put else done


def receipt(asking: Asking, claim: str) -> Shown:
    """The page after: the number to refer to, and what happens next."""
    if not asking.capacity.is_person:
        return onward(f"/claims/{claim}")
    found = claim_sheet.sheet(asking.house, asking.caller, claim, None)
    if isinstance(found, Refusal):
        return found
    way = words.steps(found.claim, found.body["events"])
    last = found.body["events"][-1]
    return Page("claim_receipt.html", {"sheet": found, "way": way, "event": last["position"],
                                       "time": written(last["recorded_at"])}, found.body)


# Mending what was returned


def revision(asking: Asking, claim: str) -> Shown:
    """The form with what the claim says now."""
    found = claim_sheet.sheet(asking.house, asking.caller, claim, None)
    if isinstance(found, Refusal):
        return found
    route = route_of(asking, found.claim.study.route)
    if not asking.capacity.is_person or route is None or not found.claim.is_open:
        return onward(f"/claims/{claim}")
    form = form_of(vocabulary(asking), route, found.body)
    return _form(asking, form, f"/claims/{claim}/revision", found.version, Tried({}, []),
                 {"claim": claim, "said": found.body["said"]})


def revise(asking: Asking, claim: str) -> Shown:
    """Try, check, or hand in what was mended."""
    house, caller, step = asking.house, asking.caller, request.form.get("step", "")
    route = route_of(asking, request.form.get("study.route"))
    if route is None:
        return onward(f"/claims/{claim}")
    content = content_of(request.form, route)
    paper = put_papers(asking, asking.caller.id, content, step)
    form = form_of(vocabulary(asking), route, content)
    if step == "submit":
        done = caught(form, lambda: claims.revise(house, caller, claim, read(content), sending.asked(house, caller)))
        if isinstance(done, Done):
            return onward(f"/claims/{claim}/receipt")
        faults = [of_refusal(done)] if isinstance(done, Refusal) else done
        return _form(asking, form, f"/claims/{claim}/revision", _version(asking, claim), Tried({}, faults),
                     {"claim": claim}, status=409 if isinstance(done, Refusal) else 422)
    tried = tried_with(asking, form, lambda reads: claims.revise(
        house, caller, claim, reads(content), Asked(dry_run=True)))
    version = sending.version()
    if "HX-Request" in request.headers:
        return worth_panel(asking, tried, version, None)
    if step == "check" and not tried.faults:
        carried = [(name, value) for name, value in request.form.items(multi=True)
                   if name not in (sending.KEY, sending.VERSION, "step", "paper_kind")]
        return Page("claim_check.html", _checked(asking, form, content, tried) | {
            "version": version, "action": f"/claims/{claim}/revision", "back": f"/claims/{claim}/revision",
            "carried": carried, "changed": False})
    faults = [paper] if paper else told_above(tried, step)
    return _form(asking, form_of(vocabulary(asking), route, content, faults), f"/claims/{claim}/revision", version,
                 tried, {"claim": claim, "faults": faults}, status=422 if faults else 200)


def _version(asking: Asking, claim: str) -> int:
    """The version as it is now: what somebody else changed meanwhile is on the page before it is sent again."""
    return asking.house.ledger.store.version(claim)


# What both have in common


def _form(asking: Asking, form: Form, action: str, version: int | None, tried: Tried, more: Mapping[str, Any],
          *, status: int = 200) -> Page:
    return Page("claim_form.html", {
        "claim": None, "said": (), "belongs": _belongs(asking), "form": form, "action": action, "tried": tried,
        "version": "" if version is None else version,
        "faults": tried.faults, "files": _files(asking), "papers": words.PAPERS, "words": vocabulary(asking),
        "documents": words.documents(asking.house), **told_of(tried), **more}, status=status)


def _belongs(asking: Asking) -> bool:
    """Whether somebody was ever affiliated: who was not can claim nothing yet, and is told before they type."""
    person = Reading(asking.house.ledger).person(asking.caller.id)
    return person is not None and bool(person.affiliations)


def _checked(asking: Asking, form: Form, content: Mapping[str, Any], tried: Tried) -> dict[str, Any]:
    return {"form": form, "tried": tried, "files": _files(asking), "papers": words.PAPERS,
            "facts": words.facts(content.get("study", {}), content.get("details", {}), vocabulary(asking)),
            "documents": words.documents(asking.house), **told_of(tried)}


def _tried(asking: Asking, name: str, form: Form) -> Tried:
    house, caller = asking.house, asking.caller
    return tried_with(asking, form, lambda reads: claim_drafts.submit(
        house, caller, caller.id, name, reads, Asked(dry_run=True)))


def _files(asking: Asking) -> dict[str, str]:
    """The names of what somebody handed in, by digest."""
    found = evidence.of_person(asking.house, asking.caller, asking.caller.id)
    return {} if isinstance(found, Refusal) else {one["sha256"]: one["name"] or "" for one in found["items"]}


def _not_saved(asking: Asking, name: str, route: Route, content: Mapping[str, Any], no: Refusal) -> Shown:
    """Say why not, and keep what was typed: where the draft is another by now, saved again it takes its place."""
    stands: Any = no.seen.get("version")
    fault = Fault("", _ELSEWHERE.get(no.code) or of_refusal(no).words)
    if "HX-Request" in request.headers:
        return worth_panel(asking, Tried({}, [fault]), sending.version(), None)
    form = form_of(vocabulary(asking), route, content, [fault])
    return _form(asking, form, f"/drafts/{name}", stands, Tried({}, [fault]), {},
                 status=409 if no.code in _ELSEWHERE else status_of(no))


def _kept(asking: Asking, draft: str) -> Kept | Shown:
    """Read somebody's own draft; one without a route begins with the choice of it."""
    found = claim_drafts.see(asking.house, asking.caller, asking.caller.id, draft)
    if isinstance(found, Refusal):  # Whoever goes back after they submitted it is led to what it has become.
        return onward("/claims?gone=1") if found.code == "draft_absent" else found
    content, version = found
    route = route_of(asking, content.get("study", {}).get("route"))
    return onward("/claims/new") if route is None else Kept(content, version, route)
