"""The bundle of a large case in the console (移送材料): asked for, watched while the service makes it, fetched once.

A small one is made while one waits (`api.console.investigating.case_papers`); of a large one that page says so, and
offers this. `tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases import jobs
from api.cases.investigating import bundle_jobs
from api.console import sending
from api.console.investigating.cases import LIST
from api.console.screen import Asking, Page, Shown, onward
from api.routes.exports import handed_out
from api.words.codes import PURPOSES
from ledger.errors import Refusal

STEPS: Final = {"events": "读取事件", "unseal": "启封", "report": "写报告", "prove": "附上证明"}


def offered(asking: Asking, case: str, no: Refusal, *, as_of: int, is_redacted: bool) -> Page:
    """Say of a case that its bundle takes minutes, and offer to have it made."""
    return Page("case_bundle.html", {
        "case": case, "purpose": asking.purpose, "as_of": as_of, "is_redacted": is_redacted,
        "events": no.seen["events"], "hours": asking.house.bundle_hours})


def ask(asking: Asking, case: str) -> Shown:
    """Have it made in the background."""
    typed, house = request.form, asking.house
    purpose, as_of = typed.get("purpose", ""), typed.get("as_of", "")
    fields = {"purpose": purpose, "as_of": int(as_of) if as_of.isdecimal() else house.answers.position(),
              "redact_persons": typed.get("redacted") == "1"}
    if not purpose:
        return Refusal.because("purpose_missing")
    found = bundle_jobs.ask(house, asking.caller, case, fields, sending.asked(house, asking.caller))
    if isinstance(found, Refusal):
        return found
    assert not isinstance(found, dict), "a form has a key"
    return onward(_at(case, found.job.job, purpose))


def one(asking: Asking, case: str, job: str) -> Shown:
    """How far it is; what was made, until when it can be fetched."""
    found = jobs.see(asking.house, asking.caller, job)
    if isinstance(found, Refusal) or found["question"].get("case") != case or found["kind"] != "case_bundle":
        return found if isinstance(found, Refusal) else Refusal.because("job_absent")
    return Page("case_bundle_one.html", {
        "case": case, "one": found, "at": f"{LIST}/{case}/bundles/{job}", "purpose": found["question"]["purpose"],
        "is_open": found["state"] in ("queued", "running"), "step": _step(found["progress"]),
        "until": (found["kept_until"] or "")[:16].replace("T", " "), "is_polled": "HX-Request" in request.headers,
        "purposes": PURPOSES,
    }, found)


def stop(asking: Asking, case: str, job: str) -> Shown:
    """Have it made no more: nothing of it is kept."""
    ended = jobs.cancel(asking.house, asking.caller, job, sending.asked(asking.house, asking.caller))
    if isinstance(ended, Refusal) and ended.code != "job_over":  # It may be over just now: the page says so.
        return ended
    return onward(_at(case, job, None))


def fetch(asking: Asking, case: str, job: str) -> Shown:
    """Hand it out, once."""
    made = jobs.bundle(asking.house, asking.caller, job)
    return made if isinstance(made, Refusal) else handed_out(made)


def _at(case: str, job: str, purpose: str | None) -> str:
    return f"{LIST}/{case}/bundles/{job}" + (f"?{urlencode({'purpose': purpose})}" if purpose else "")


def _step(progress: Mapping[str, Any] | None) -> str | None:
    return None if progress is None else STEPS.get(progress["step"], progress["step"])
