"""A title applied for in the console: what, then what the law says of one's years, and only then for real (N 9, P 15).

The day is that of the application; the years of seniority stand in none of the texts, so the person states them and an
office confirms them. Whoever holds no title applies for a first one. Nothing is written before the last page.
`tests/console/test_applying.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.doing import Done
from api.cases.statement import statement_shown
from api.cases.titles import applications, petitions
from api.console import deeds, sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.console.titles import titles
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of
from api.routes.schemas.applications import ApplicationBody
from api.words.codes import COMMITTEES, SERIES, TITLE_LEVELS
from ledger.errors import Refusal
from ledger.streams.application import Application
from projections.basis import Axes
from projections.eligibility import Question
from projections.errors import ProjectionError

NEW: Final = "/applications/new"
_FIRST: Final = "first"


def new(asking: Asking) -> Shown:
    """What is to be applied for."""
    if not asking.capacity.is_person:
        return Refusal.because("person_needed")
    given = MultiDict([(name, value) for name, value in request.args.items() if value])
    return _form(asking, given, [])


def file(asking: Asking) -> Shown:
    """Read what the law says of it, then file it."""
    house, caller, typed = asking.house, asking.caller, request.form
    if not asking.capacity.is_person:
        return Refusal.because("person_needed")
    fields = _fields(asking)
    stated = [one for one in fields if one.name != "title_obtained_on" or typed.get(one.name) != _FIRST]
    sent, faults = deeds.read(ApplicationBody, stated, MultiDict([*typed.items(multi=True), ("person", caller.id)]))
    if faults:
        return _form(asking, typed, faults, 422)
    is_for_real = typed.get("step") == "submit"
    try:
        came = petitions.file(house, caller, sent, sending.asked(house, caller, dry_run=not is_for_real))
    except BadFields as bad:
        return _form(asking, typed, deeds.faults_at(fields, (one._asdict() for one in bad.faults)), 422)
    if not isinstance(came, Done):
        return _form(asking, typed, [of_refusal(came, words.documents(house))], status_of(came))
    if is_for_real:
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(f"/applications/{came.stream}?done={event}")
    state: Application = came.state
    assert state.filed is not None, "it was filed a moment ago, or would be"
    goal = state.filed.goal
    question = Question(goal.applied_on, goal.minimum_years, goal.level, goal.committee, goal.title_obtained_on,
                        goal.title_obtained_on is None)
    return Page("application_check.html", {
        "facts": titles.facts(house, state), "answer": _answer(asking, question), "carried": [
            (name, value) for name, value in typed.items() if name not in (sending.KEY, "step") and value],
        "documents": words.documents(house),
    })


def _form(asking: Asking, typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Page:
    return Page("application_form.html", {
        "fields": [one for one in deeds.filled(_fields(asking), typed, faults) if one.name != "person"],
        "faults": faults, "no_title": titles.no_present(_titles(asking))}, status=status)


def _fields(asking: Asking) -> list[Field]:
    house, caller = asking.house, asking.caller
    every = _titles(asking)[::-1]
    known = tuple(dict.fromkeys(  # One that was taken away begins nothing (N 10).
        (str(one["obtained_on"]), f"{one['obtained_on']} {titles.title(one)}")
        for one in every if one["revoked_on"] is None))
    hint = "年数从它取得之后算起"
    if not known:
        known = ((_FIRST, "现无职称" if every else "首次申报，尚无职称"),)
        hint = ""
    statements = statement_shown.of_person(house, caller, caller.id, None, as_of=house.answers.position())
    papers = [] if isinstance(statements, Refusal) else [
        (one["statement"], f"{'、'.join(map(str, one['years']))} 年度（{one['code']}）")
        for one in reversed(statements) if one["status"] == "issued"]
    return [
        Field("person", "本人", is_required=True),
        Field("level", "申报级别", "choice", tuple(TITLE_LEVELS.items()), is_required=True),
        Field("series", "系列", "choice", tuple(SERIES.items())),
        Field("title_obtained_on", "现职称", "choice", known, is_required=True, value=known[0][0], hint=hint),
        Field("minimum_years", "资历年限", "number", is_required=True, hint="该级别规定的年数，审核时核对"),
        Field("committee", "评委会", "choice", tuple(COMMITTEES.items()), value="inside", is_required=True,
              hint="市外评委会按其当地规定"),
        *([Field("statement", "随附的情况表", "choice", tuple(papers))] if papers else []),
    ]


def _titles(asking: Asking) -> list[dict[str, Any]]:
    asking.house.settled()  # What was entered or taken a moment ago is known here too.
    return applications.titles_of(asking.house, asking.caller.id, as_of=asking.house.answers.position())


def _answer(asking: Asking, question: Question) -> dict[str, Any] | Fault:
    """What the law says of hours on the day, or why there is no answer."""
    try:
        found = applications.may_apply(asking.house, asking.caller, asking.caller.id, question, Axes(), None)
    except ProjectionError as error:
        return Fault("", str(error))
    if isinstance(found, Refusal):
        return of_refusal(found)
    return {**found, "mark": titles.ELIGIBLE[found["hours"]["eligible"]]}
