"""Claims put forward: a form that is saved as it is typed, says what it would be worth, is checked, and then submitted.

A draft is kept by its name, which stands in the address; without a script the same buttons do what is done by itself
with one. Nothing is in the log before the last page. What was returned is mended on the same form and checked the same
way. `tests/console/test_filing.py` shows it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import marshmallow as ma
from flask import Response, render_template, request
from werkzeug.datastructures import FileStorage

from api import problems
from api.cases import claim_drafts, claim_sheet, claims, evidence
from api.cases.doing import Asked, Done, Reading
from api.cases.faults import BadFields
from api.console import sending, words
from api.console.form import Fault, Form, content_of, form_of, of_errors, of_refusal, with_unfilled
from api.console.screen import Asking, Page, Shown, onward
from api.evidence_files import MOST as FILE_MOST
from api.law_of import bench_now
from api.problems import Problem
from api.routes.fields import Text
from api.routes.schemas.claims import RevisionBody
from api.routes.sent import faults_of
from api.year_page import moment as written
from ledger.errors import LedgerError, Refusal
from ledger.streams.claim import Status
from policies.errors import RulebookError
from policies.words import Route, Vocabulary

Read = Callable[[dict[str, Any]], dict[str, Any]]

SENT_MOST: Final = FILE_MOST + 512 * 1024
_READS: Final = RevisionBody()
_NAME_MOST: Final = 200
_GROUPS: Final = (
    ("培训、会议", ("advanced_seminar", "training", "filed_training", "society_training", "society_meeting",
                    "unit_training", "other_training", "overseas")),
    ("课程、考试", ("courseware", "course", "exam", "degree_course")),
    ("成果", ("paper", "book", "patent", "project")),
    ("服务、其他", ("service", "teaching", "other")),
)


class Tried(NamedTuple):
    """What a trial came to: what it would be worth, or what is wrong."""

    worth: Mapping[str, Any]
    faults: list[Fault]


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
        return no or onward("/claims/new")
    route = route_of(asking, request.form.get("study.route"))
    if route is None:
        return onward("/claims/new")
    content = content_of(request.form, route)
    paper = put_papers(asking, asking.caller.id, content, step)
    kept = claim_drafts.save(asking.house, asking.caller, asking.caller.id, draft, content, sending.version())
    if isinstance(kept, Refusal):
        return _not_saved(asking, draft, route, content, kept)
    tried = _tried(asking, draft, form_of(vocabulary(asking), route, content))
    saved_at = written(claim_drafts.view(asking.caller.id, kept)["saved_at"])
    if "HX-Request" in request.headers:
        return worth_panel(asking, tried, kept.version, saved_at)
    if step == "check" and not tried.faults:
        return onward(f"/drafts/{draft}/check")
    faults = [paper] if paper else _said(tried, step)
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
        "version": version, "action": f"/drafts/{draft}/submission", "back": f"/drafts/{draft}", "carried": []})


def submit(asking: Asking, draft: str) -> Shown:
    """Put it forward. Sent twice, it is the one claim that it was to become."""
    house, caller = asking.house, asking.caller
    done = claim_drafts.submit(house, caller, caller.id, draft, _read, sending.asked(house, caller))
    if isinstance(done, Refusal) and done.code == "claim_exists":
        return onward(f"/claims/{done.seen['claim']}/receipt")
    return done if isinstance(done, Refusal) else onward(f"/claims/{done.stream}/receipt")


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
    if not asking.capacity.is_person or route is None or found.claim.status not in (
            Status.RETURNED, Status.UNDER_REVIEW):
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
        done = caught(form, lambda: claims.revise(house, caller, claim, _read(content), sending.asked(house, caller)))
        if isinstance(done, Done):
            return onward(f"/claims/{claim}/receipt")
        faults = [of_refusal(done)] if isinstance(done, Refusal) else done
        return _form(asking, form, f"/claims/{claim}/revision", _version(asking, claim), Tried({}, faults),
                     {"claim": claim}, status=409 if isinstance(done, Refusal) else 422)
    tried = _try(asking, form, lambda read: claims.revise(house, caller, claim, read(content), Asked(dry_run=True)))
    version = sending.version()
    if "HX-Request" in request.headers:
        return worth_panel(asking, tried, version, None)
    if step == "check" and not tried.faults:
        carried = [(name, value) for name, value in request.form.items(multi=True)
                   if name not in (sending.KEY, sending.VERSION, "step", "paper_kind")]
        return Page("claim_check.html", _checked(asking, form, content, tried) | {
            "version": version, "action": f"/claims/{claim}/revision", "back": f"/claims/{claim}/revision",
            "carried": carried})
    faults = [paper] if paper else _said(tried, step)
    return _form(asking, form_of(vocabulary(asking), route, content, faults), f"/claims/{claim}/revision", version,
                 tried, {"claim": claim, "faults": faults}, status=422 if faults else 200)


def _version(asking: Asking, claim: str) -> int:
    """The version as it is now: what somebody else changed meanwhile is on the page before it is sent again."""
    return asking.house.ledger.store.version(claim)


# What both have in common


def _form(asking: Asking, form: Form, action: str, version: int | None, tried: Tried, more: Mapping[str, Any],
          *, status: int = 200) -> Page:
    return Page("claim_form.html", {
        "belongs": _belongs(asking), "form": form, "action": action, "tried": tried,
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


def told_of(tried: Tried) -> dict[str, Any]:
    """How the law rules in what was tried, as a mark."""
    ruling = tried.worth.get("ruling")
    return {"verdict": None if ruling is None else words.verdict(ruling["status"])}


def worth_panel(asking: Asking, tried: Tried, version: int | None, saved_at: str | None) -> Shown:
    """The panel alone, for a page that is already there."""
    page = render_template("claim_worth.html", tried=tried, documents=words.documents(asking.house), alone=True,
                           version="" if version is None else version, saved_at=saved_at, **told_of(tried))
    return Response(page, content_type="text/html; charset=utf-8")


def _said(tried: Tried, step: str) -> list[Fault]:
    """Which faults are said above the form: of a trial that came to something, what is missing stands beside it."""
    return tried.faults if step == "check" or (step == "try" and not tried.worth) else []


def _tried(asking: Asking, name: str, form: Form) -> Tried:
    house, caller = asking.house, asking.caller
    return _try(asking, form, lambda read: claim_drafts.submit(
        house, caller, caller.id, name, read, Asked(dry_run=True)))


def _try(asking: Asking, form: Form, ask: Callable[[Read], Done | Refusal]) -> Tried:
    """What a submission would come to, or everything that is wrong with it; without a paper, what it would with one."""
    done, missing = caught(form, lambda: ask(_read)), list[Fault]()
    if isinstance(done, Refusal) and done.code == "evidence_missing":
        missing = [of_refusal(done, words.documents(asking.house))]
        done = caught(form, lambda: ask(_read_as_shown))
    if isinstance(done, list):
        return Tried({}, with_unfilled(form, done))
    if isinstance(done, Refusal):
        return Tried({}, [of_refusal(done, words.documents(asking.house))])
    return Tried(claims.prospects(asking.house, done.state), missing)


def caught(form: Form, ask: Callable[[], Done | Refusal]) -> Done | Refusal | list[Fault]:
    """What was done, or what is wrong with the fields of the form."""
    try:
        return ask()
    except Problem as bad:
        errors: Any = bad.members.get("errors", ())
        return of_errors(errors, form)
    except BadFields as bad:
        return of_errors((one._asdict() for one in bad.faults), form)
    except (LedgerError, RulebookError) as error:
        if (body := problems.of_error(error, "")) is None or int(str(body["status"])) >= 500:
            raise
        return [Fault("", str(error))]


def _read(content: dict[str, Any]) -> dict[str, Any]:
    """What was typed, read as a claim is read."""
    named = ("study", "details", "evidence")
    try:
        found: dict[str, Any] = _READS.load({name: content[name] for name in named if name in content})
    except ma.ValidationError as error:
        raise faults_of(error) from None
    return found


def _read_as_shown(content: dict[str, Any]) -> dict[str, Any]:
    """The same as if a paper were there: for a trial, which writes nothing and asks only what it would be worth."""
    return {**_read(content), "evidence": [{"kind": "certificate", "sha256": "0" * 64}]}


def put_papers(asking: Asking, person: str, content: dict[str, Any], step: str) -> Fault | None:
    """Put a paper of a person that was handed in to the others, or take one away; say what is wrong with it."""
    if step.startswith("remove "):
        content["evidence"] = [one for one in content["evidence"] if one["sha256"] != step[7:]]
    sent: FileStorage | None = request.files.get("paper")
    if sent is None or not sent.filename:
        return Fault("paper", "请先选择文件，再上传。") if step == "upload" else None
    data = sent.stream.read()
    sha256 = hashlib.sha256(data).hexdigest()
    name = sent.filename.replace("\\", "/").rpartition("/")[2]
    kept = evidence.keep(asking.house, asking.caller, person, sha256,
                         name if Text.is_plain(name, _NAME_MOST) and name.strip(". ") else None, lambda: data)
    if isinstance(kept, Refusal):
        return Fault("paper", of_refusal(kept).words)
    if all(one["sha256"] != sha256 for one in content["evidence"]):
        kind = request.form.get("paper_kind", "other")
        content["evidence"].append({"kind": kind if kind in words.PAPERS else "other", "sha256": sha256})
    return None


def _files(asking: Asking) -> dict[str, str]:
    """The names of what somebody handed in, by digest."""
    found = evidence.of_person(asking.house, asking.caller, asking.caller.id)
    return {} if isinstance(found, Refusal) else {one["sha256"]: one["name"] or "" for one in found["items"]}


def _not_saved(asking: Asking, name: str, route: Route, content: Mapping[str, Any], no: Refusal) -> Shown:
    """Say that the draft is another by now, and keep what was typed: saved again, it takes the other's place."""
    if no.code not in ("stale_version", "draft_exists"):
        return no
    fault = Fault("", "这份草稿在别处改过。下面是您在这一页填写的内容：再次保存，即以它为准。")
    stands: Any = no.seen["version"]
    if "HX-Request" in request.headers:
        return worth_panel(asking, Tried({}, [fault]), sending.version(), None)
    form = form_of(vocabulary(asking), route, content, [fault])
    return _form(asking, form, f"/drafts/{name}", stands, Tried({}, [fault]), {}, status=409)


def vocabulary(asking: Asking) -> Vocabulary:
    """The words of the law in force."""
    return bench_now(asking.house.answers).law.vocabulary


def _kept(asking: Asking, draft: str) -> Kept | Shown:
    """Read somebody's own draft; one without a route begins with the choice of it."""
    found = claim_drafts.see(asking.house, asking.caller, asking.caller.id, draft)
    if isinstance(found, Refusal):
        return found
    content, version = found
    route = route_of(asking, content.get("study", {}).get("route"))
    return onward("/claims/new") if route is None else Kept(content, version, route)


def route_of(asking: Asking, code: Any) -> Route | None:
    """A route by its code, as far as the law in force knows it."""
    return vocabulary(asking).routes.get(code) if isinstance(code, str) else None


