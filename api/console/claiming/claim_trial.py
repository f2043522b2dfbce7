"""A claim as it was typed, tried: what it would be worth, or what is wrong with it, and the papers handed in with it.

Whoever puts a claim forward, mends it or puts it right fills in the same form and is told in the same words.
`tests/console/test_filing.py` and `tests/console/test_claim_acts.py` show it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from flask import Response, render_template, request
from werkzeug.datastructures import FileStorage

from api.cases.claiming import evidence
from api.cases.claiming.prospects import prospects
from api.cases.doing import Done
from api.console import words
from api.console.form import Fault, Form, of_errors, of_refusal, with_unfilled
from api.console.screen import Asking, Shown
from api.law_of import bench_now
from api.refusals import problems
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.routes.fields import Text
from api.routes.schemas.claims import RevisionBody
from api.routes.sent import fields_of
from ledger.errors import LedgerError, Refusal
from policies.errors import RulebookError
from policies.words import Route, Vocabulary

Read = Callable[[dict[str, Any]], dict[str, Any]]

_READS: Final = RevisionBody()
_NAME_MOST: Final = 200


class Tried(NamedTuple):
    """What a trial came to: what it would be worth, or what is wrong."""

    worth: Mapping[str, Any]
    faults: list[Fault]


def vocabulary(asking: Asking) -> Vocabulary:
    """The words of the law in force."""
    return bench_now(asking.house.answers).law.vocabulary


def route_of(asking: Asking, code: Any) -> Route | None:
    """A route by its code, as far as the law in force knows it."""
    return vocabulary(asking).routes.get(code) if isinstance(code, str) else None


def tried_with(asking: Asking, form: Form, ask: Callable[[Read], Done | Refusal]) -> Tried:
    """What a submission would come to, or everything that is wrong with it; without a paper, what it would with one."""
    done, missing = caught(form, lambda: ask(read)), list[Fault]()
    if isinstance(done, Refusal) and done.code == "evidence_missing":
        missing = [of_refusal(done, words.documents(asking.house))]
        done = caught(form, lambda: ask(_read_as_shown))
    if isinstance(done, list):
        return Tried({}, with_unfilled(form, done))
    if isinstance(done, Refusal):
        return Tried({}, [of_refusal(done, words.documents(asking.house))])
    return Tried(prospects(asking.house, done.state), missing)


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


def read(content: dict[str, Any]) -> dict[str, Any]:
    """What was typed, read as a claim is read."""
    named = ("study", "details", "evidence")
    return fields_of(_READS, {name: content[name] for name in named if name in content})


def _read_as_shown(content: dict[str, Any]) -> dict[str, Any]:
    """The same as if a paper were there: for a trial, which writes nothing and asks only what it would be worth."""
    return {**read(content), "evidence": [{"kind": "certificate", "sha256": "0" * 64}]}


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


def told_of(tried: Tried) -> dict[str, Any]:
    """How the law rules in what was tried, as a mark; within a page that has just been made."""
    ruling = tried.worth.get("ruling")
    return {"verdict": None if ruling is None else words.verdict(ruling["status"]), "alone": False, "saved_at": None}


def worth_panel(asking: Asking, tried: Tried, version: int | None, saved_at: str | None) -> Shown:
    """The panel alone, for a page that is already there."""
    page = render_template("claim_worth.html", tried=tried, documents=words.documents(asking.house),
                           version="" if version is None else version,
                           **{**told_of(tried), "alone": True, "saved_at": saved_at})
    return Response(page, content_type="text/html; charset=utf-8")


def told_above(tried: Tried, step: str) -> list[Fault]:
    """Which faults are said above the form: of a trial that came to something, what is missing stands beside it."""
    return tried.faults if step == "check" or (step == "try" and not tried.worth) else []
