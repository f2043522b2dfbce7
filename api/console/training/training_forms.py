"""Plans and classes put on paper: a form with a row for each item or lesson, read once more, then filed or filed anew.

The check says with whom it is filed and what the law makes of the day, as the trial of the use case has it. Papers are
kept (`api.cases.training.training_files`).

`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.doing import Asked, Done, Reading
from api.cases.standing import acting
from api.cases.training import card_issuing, class_filings, plan_filings, rosters, training_files, trainings
from api.cases.training.organising import organisers_of, speaking_role
from api.console import sending, words
from api.console.form import Field, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.console.training.training_papers import (
    CHOSEN,
    PAPERS_KEPT,
    ROWS_MORE,
    ROWS_MOST,
    YES,
    Paper,
    Read,
    evidence_of,
    faults_of_paper,
    flat,
    loaded,
    of_class,
    of_plan,
    read_of,
    row_of,
    wanted,
)
from api.evidence.files import MOST as FILE_MOST
from api.law_of import law_now
from api.refusals.faults import BadFields
from api.refusals.refusals import no_word_mends, status_of, turns_away
from api.routes.schemas.filings import ClassBody, PlanBody, RefiledPlanBody
from api.words.telling import role as role_name
from ledger.errors import Refusal
from policies.authority import class_recipients
from policies.words import Vocabulary
from projections.basis import read_axes

SENT_MOST: Final = FILE_MOST + 512 * 1024
_NOBODY: Final = "per_" + "0" * 22


# What somebody may do here


def why_not_file(asking: Asking, kind: str) -> Refusal | None:
    """Say why nothing of a kind may be filed: found by trying, with a sample that is never written."""
    today = asking.house.today
    if kind == "plans":
        item = {"number": 1, "title": "-", "route": "filed_training", "days": 2, "headcount": 1}
        return _why_not(lambda: plan_filings.file_plan(asking.house, asking.caller, {"year": 2099, "items": [item]},
                                                  Asked(dry_run=True)))
    sample = {"title": "-", "category": "professional", "route": "filed_training", "starts": today + timedelta(60),
              "ends": today + timedelta(60), "days": 2, "headcount": 1, "lessons": [{"title": "-", "hours": 100}]}
    return _why_not(lambda: class_filings.file_class(asking.house, asking.caller, sample, Asked(dry_run=True)))


def why_not_refile_class(asking: Asking, one: Mapping[str, Any]) -> Refusal | None:
    """Say why a class may not be filed anew, as it stands."""
    fields, _ = loaded(ClassBody, of_class(one))
    return _why_not(lambda: class_filings.refile_class(asking.house, asking.caller, one["training_class"], fields,
                                                 Asked(dry_run=True)))


def why_not_refile_plan(asking: Asking, one: Mapping[str, Any]) -> Refusal | None:
    """Say why a plan may not be filed anew, as it stands."""
    fields, _ = loaded(RefiledPlanBody, of_plan(one))
    return _why_not(lambda: plan_filings.refile_plan(asking.house, asking.caller, one["plan"], fields,
                                                Asked(dry_run=True)))


def why_not_register(asking: Asking, name: str) -> Refusal | None:
    """Say why no list of a class may be registered: an empty one is otherwise turned away only for being empty."""
    try:
        came = rosters.register(asking.house, asking.caller, name, {"file": b""}, Asked(dry_run=True))
    except BadFields:
        return None
    return came if isinstance(came, Refusal) and came.code != "roster_open" else None  # With the same list it goes on.


def may_certify(asking: Asking, name: str) -> bool:
    """Say whether cards of a class may be issued: for nobody only the person is missing."""
    sample = {"training_class": name, "person": _NOBODY, "number": "-", "attended_days": 1, "hours": 100,
              "result": "passed"}
    came = card_issuing.issue_card(asking.house, asking.caller, sample, Asked(dry_run=True))
    return isinstance(came, Refusal) and came.code == "person_absent"


def _why_not(ask: Callable[[], Done | Refusal]) -> Refusal | None:
    """Say what keeps somebody out whatever they type; a field that does not fit keeps nobody out."""
    try:
        came = ask()
    except BadFields:
        return None
    return came if isinstance(came, Refusal) and no_word_mends(came) else None


# The four forms


def new_class(asking: Asking) -> Shown:
    """A class that is going to be held; of an item of a plan, as it was foreseen."""
    plan, item = request.args.get("plan", ""), request.args.get("item", "")
    one = _plan_now(asking, plan) if plan else None
    foreseen = None if one is None or isinstance(one, Refusal) else next(
        (each for each in one["items"] if str(each["number"]) == item), None)
    typed = {} if foreseen is None else {"within": f"{plan} {item}", "category": "professional", **{
        name: str(foreseen[name]) for name in ("title", "route", "level", "days", "headcount") if foreseen[name]}}
    return _blank(asking, _class_paper(asking, None), typed)


def file_class(asking: Asking) -> Shown:
    """File it."""
    return _sent(asking, _class_paper(asking, None), None)


def refile_class_form(asking: Asking, training_class: str) -> Shown:
    """The same, as it was filed last."""
    one = _class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    if (no := why_not_refile_class(asking, one)) is not None:
        return no
    return _blank(asking, _class_paper(asking, training_class), flat(of_class(one)), one["version"])


def refile_class(asking: Asking, training_class: str) -> Shown:
    """File it anew."""
    one = _class_now(asking, training_class)
    return one if isinstance(one, Refusal) else _sent(asking, _class_paper(asking, training_class), one["version"])


def new_plan(asking: Asking) -> Shown:
    """A year's plan."""
    return _blank(asking, _plan_paper(asking, None), {"year": str(asking.house.today.year + 1), "items.0.number": "1"})


def file_plan(asking: Asking) -> Shown:
    """File it."""
    return _sent(asking, _plan_paper(asking, None), None)


def refile_plan_form(asking: Asking, plan: str) -> Shown:
    """The same, as it was filed last."""
    one = _plan_now(asking, plan)
    if isinstance(one, Refusal):
        return one
    if (no := why_not_refile_plan(asking, one)) is not None:
        return no
    return _blank(asking, _plan_paper(asking, plan), flat(of_plan(one)), one["version"])


def refile_plan(asking: Asking, plan: str) -> Shown:
    """File it anew."""
    one = _plan_now(asking, plan)
    return one if isinstance(one, Refusal) else _sent(asking, _plan_paper(asking, plan), one["version"])


def _class_now(asking: Asking, name: str) -> dict[str, Any] | Refusal:
    return trainings.training_class(asking.house, asking.caller, name, read_axes(None, None, None))


def _plan_now(asking: Asking, name: str) -> dict[str, Any] | Refusal:
    house = asking.house
    return house.settled() or trainings.plan(house, asking.caller, name, as_of=house.answers.position())


def _class_paper(asking: Asking, upon: str | None) -> Paper:
    known = law_now(asking.house.answers).vocabulary
    routes = tuple((code, route.name) for code, route in known.routes.items() if "days" in route.quantity)
    fields = (
        Field("title", "名称", is_required=True, most=200),
        Field("category", "科目", "choice", tuple(known.categories.items()), is_required=True),
        Field("route", "途径", "choice", routes, is_required=True),
        Field("level", "级别", "choice", _levels(known), hint="细则按级别定学时的，须选"),
        Field("starts", "拟开班", "date", is_required=True), Field("ends", "拟结束", "date", is_required=True),
        Field("days", "天数", "decimal", hint="半天记 0.5", is_required=True),
        Field("headcount", "拟办人数", "number", is_required=True),
        Field("room", "场地容纳人数", "number"), Field("location", "地点", most=200),
        Field("sector", "行业", "choice", tuple(known.sectors.items()), hint="不选即本单位的行业"),
        Field("recipient", "受理部门", "choice", _recipients(asking), hint="不选即细则指明的第一个"),
        Field("within", "所属年度计划", "choice", _own_items(asking), hint="计划外的不选，会注明“不在年度计划内”"),
        Field("approval", "批准文号", most=100),
    )
    columns = (Field("title", "课程", is_required=True, most=200),
               Field("hours", "学时", "decimal", is_required=True, most=8))
    run = class_filings.file_class if upon is None else class_filings.refile_class
    title = "申报培训班" if upon is None else "重新申报培训班"
    return Paper("classes", title, ClassBody, fields, "lessons", "课程安排", columns, run, upon)


def _plan_paper(asking: Asking, upon: str | None) -> Paper:
    known = law_now(asking.house.answers).vocabulary
    routes = tuple((code, route.name) for code, route in known.routes.items() if "days" in route.quantity)
    fields = () if upon is not None else (
        Field("year", "年度", "number", is_required=True, most=4),
        Field("sector", "行业", "choice", tuple(known.sectors.items()), hint="不选即本单位的行业"),
    )
    columns = (
        Field("number", "序号", "number", is_required=True, most=4), Field("title", "名称", is_required=True, most=200),
        Field("route", "途径", "choice", routes, is_required=True), Field("level", "级别", "choice", _levels(known)),
        Field("days", "天数", "decimal", is_required=True, most=5),
        Field("headcount", "人数", "number", is_required=True, most=5), Field("month", "月份", "number", most=2),
        Field("seeks_funding", "财政资助", "choice", ((YES, "申请"),), blank="不申请"),
    )
    run = plan_filings.file_plan if upon is None else plan_filings.refile_plan
    return Paper("plans", "申报年度培训计划" if upon is None else "重新申报年度培训计划",
                 PlanBody if upon is None else RefiledPlanBody, fields, "items", "计划举办的班次", columns, run, upon)


def _levels(known: Vocabulary) -> tuple[tuple[str, str], ...]:
    wanted = {level for route in known.routes.values() if "days" in route.quantity for level in route.levels}
    return tuple((code, name) for code, name in known.levels.items() if code in wanted)


def _recipients(asking: Asking) -> tuple[tuple[str, str], ...]:
    """The offices with which the law where the organiser sits lets classes be filed."""
    house, reading = asking.house, Reading(asking.house.ledger)
    actor = acting(house, asking.caller)
    if isinstance(actor, Refusal) or (unit := reading.unit(actor.organisation)) is None:
        return ()
    law, seat, held_as = law_now(house.answers), unit.seat_on(house.today), speaking_role(actor, actor.organisation)
    named = [one.role for category in law.vocabulary.categories for one in class_recipients(
        law, house.today, seat.region, seat.sector, category, "filed_training", held_as)]
    return tuple((role, role_name(role)) for role in dict.fromkeys(named))


def _own_items(asking: Asking) -> tuple[tuple[str, str], ...]:
    """What the organiser's newest plans foresee."""
    house, actor = asking.house, acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return ()
    found = trainings.plans(house, asking.caller, organiser=organisers_of(actor), year=None, status=None,
                            seeks_funding=None, as_of=house.answers.position(), after=None, limit=10, newest_first=True)
    if isinstance(found, Refusal):
        return ()
    return tuple((f"{plan['plan']} {item['number']}", f"{plan['year']} 年度 {item['number']}. {item['title']}")
                 for plan in found.items for item in plan["items"])


# Shown and sent


def _blank(asking: Asking, paper: Paper, typed: Mapping[str, str], version: int | None = None) -> Shown:
    """The form, if whoever asks may send it."""
    if paper.upon is None and (no := why_not_file(asking, paper.noun)) is not None:
        return no
    many = 1 + max((int(name.split(".")[1]) for name in typed if name.startswith(f"{paper.rows}.")), default=0)
    return _shown(paper, Read(typed, many + ROWS_MORE, {}, []), version, 200)


def _sent(asking: Asking, paper: Paper, version: int | None) -> Shown:
    """Take what the form sends: more rows, a check, or the filing itself. `version`: the one that stands."""
    house, caller, step = asking.house, asking.caller, request.form.get("step", "")
    keep = partial(training_files.keep_chosen, house, caller, paper.upon)
    read, seen = read_of(paper, keep), sending.version()
    if step in ("more", "edit"):
        return _shown(paper, read._replace(faults=[], many=min(read.many + (5 if step == "more" else 0), ROWS_MOST)),
                      seen, 200)
    if read.faults:
        return _shown(paper, read, seen, 422)
    asked = sending.asked(house, caller) if step == "submit" else Asked(version=seen, dry_run=True)
    given = (paper.upon,) if paper.upon is not None else ()
    try:
        came = paper.run(house, caller, *given, read.fields, asked)
    except BadFields as bad:
        faults = faults_of_paper(paper, (one._asdict() for one in bad.faults), {})
        return _shown(paper, read._replace(faults=faults), seen, 422)
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        fault = of_refusal(came, words.documents(house))
        return _shown(paper, read._replace(faults=[fault]), version, status_of(came))  # Sent again, it takes its place.
    if came.receipt is not None:
        return onward(f"/{paper.noun}/{came.stream}?{urlencode({'done': came.receipt.positions[0]})}")
    return _checked(asking, paper, read, came, seen)


def _shown(paper: Paper, read: Read, version: int | None, status: int) -> Page:
    told = {fault.field: fault.words.partition("：")[2] or fault.words for fault in reversed(read.faults)}

    def filled(field: Field, name: str) -> Field:
        value = read.typed.get(name, "")
        is_offered = field.kind != "choice" or value in ("", *(code for code, _ in field.options))
        kept = () if is_offered else ((value, value),)
        made = replace(field, name=name, value=value, options=(*field.options, *kept))
        return replace(made, fault=told.get(made.id, ""))

    rows = [[filled(one, f"{paper.rows}.{at}.{one.name}") for one in paper.columns] for at in range(read.many)]
    return Page("training_form.html", {
        "paper": paper, "fields": [filled(one, one.name) for one in paper.fields], "rows": rows, "version": version,
        "faults": read.faults, "chosen": CHOSEN, "many": read.many,
        "hint": PAPERS_KEPT, "evidence": evidence_of(read.typed),
        "papers": words.PAPERS,
    }, status=status)


def _checked(asking: Asking, paper: Paper, read: Read, came: Done, version: int | None) -> Page:
    """What will be filed, with whom, and what the law makes of the day."""
    house, state = asking.house, came.state
    if paper.noun == "classes":
        filed_with = [] if state.filed.recipient is None else [state.filed.recipient]
        lead = (state.filed.starts - state.filed.filed_on).days
        asks = class_filings.demanded(house, state)
        law = {"last_year": (), "duties": asks["duties"], "wanted": wanted(house, asks["papers"]), "lead": lead}
    else:
        filed_with, law = list(state.filed.recipients), {"last_year": plan_filings.last_year(house, state)}
    options = {f"{field.name}.{code}": told
               for field in (*paper.fields, *paper.columns) for code, told in field.options}

    def told(field: Field, name: str) -> str:
        value = read.typed.get(name, "")
        return options.get(f"{field.name}.{value}", value)

    return Page("training_check.html", {
        "paper": paper, "version": version, **law, "documents": words.documents(house),
        "facts": [(field.label, value) for field in paper.fields if (value := told(field, field.name))],
        "rows": [[told(one, f"{paper.rows}.{at}.{one.name}") for one in paper.columns] for at in range(read.many)
                 if row_of(paper, read.typed, at)],
        "filed_with": [role_name(one) for one in filed_with], "carried": [
            *((name, value) for name, value in read.typed.items() if value and not name.startswith("evidence.")),
            *(("evidence", " ".join(one.values())) for one in evidence_of(read.typed)), ("rows", read.many)],
        "evidence": evidence_of(read.typed), "papers": words.PAPERS,
    })
