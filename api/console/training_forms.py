"""Plans and classes put on paper: a form with a row for each item or lesson, read once more, then filed or filed anew.

The check says with whom it is filed and what the law makes of the day, as the trial of the use case has it. Of papers
only the digest is recorded, the paper stays with its organiser. `tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import marshmallow as ma
from flask import request

from api.cases import filings, rosters, trainings
from api.cases.doing import Asked, Done, Reading
from api.cases.faults import BadFields
from api.cases.standing import acting
from api.commands.telling import role as role_name
from api.console import sending, words
from api.console.deeds import status_of
from api.console.form import Fault, Field, of_refusal, plainly
from api.console.screen import Asking, Page, Shown, onward
from api.evidence_files import MOST as FILE_MOST
from api.law_of import law_now
from api.problems import Problem
from api.routes.door import faults_of
from api.routes.schemas.filings import ClassBody, PlanBody, RefiledPlanBody
from ledger.errors import Refusal
from policies.authority import class_recipients
from policies.words import Vocabulary
from projections.basis import read_axes

SENT_MOST: Final = FILE_MOST + 512 * 1024
HOLDING_PAPERS: Final = {"summary": "总结", "roster": "学员名单", "attendance": "考勤"}
_ROWS_MORE, _ROWS_MOST = 3, 500
_TURNED_AWAY: Final = (401, 403, 404, 409)
_NOBODY: Final = "per_" + "0" * 22
_EVIDENCE: Final = ("kind", "sha256", "issued_on")
_NUMBERS: Final = ("headcount", "room", "year", "number", "month")


class Paper(NamedTuple):
    """A form: its fields, and the rows of a list in it."""

    noun: str                        # As in its address: plans or classes.
    title: str
    body: type[ma.Schema]
    fields: Sequence[Field]
    rows: str                        # The list's name in what is sent,
    rows_title: str                  # and over it.
    columns: Sequence[Field]
    run: Callable[..., Done | Refusal]
    upon: str | None = None          # What is filed anew; None: something new.

    @property
    def action(self) -> str:
        """Where it is sent."""
        return f"/{self.noun}/new" if self.upon is None else f"/{self.noun}/{self.upon}/refiling"


class Read(NamedTuple):
    """What was typed, as it was typed and as the use case takes it, with what is wrong."""

    typed: Mapping[str, str]
    many: int                        # Rows that are shown.
    fields: dict[str, Any]
    faults: list[Fault]


# What somebody may do here


def why_not_file(asking: Asking, kind: str) -> Refusal | None:
    """Say why nothing of a kind may be filed: found by trying, with a sample that is never written."""
    today = asking.house.today
    if kind == "plans":
        item = {"number": 1, "title": "-", "route": "filed_training", "days": 2, "headcount": 1}
        return _why_not(lambda: filings.file_plan(asking.house, asking.caller, {"year": 2099, "items": [item]},
                                                  Asked(dry_run=True)))
    sample = {"title": "-", "category": "professional", "route": "filed_training", "starts": today + timedelta(60),
              "ends": today + timedelta(60), "days": 2, "headcount": 1, "lessons": [{"title": "-", "hours": 100}]}
    return _why_not(lambda: filings.file_class(asking.house, asking.caller, sample, Asked(dry_run=True)))


def may_refile_class(asking: Asking, one: Mapping[str, Any]) -> bool:
    """Say whether a class may be filed anew, as it stands."""
    fields, _ = _loaded(ClassBody, _of_class(one))
    return _why_not(lambda: filings.refile_class(asking.house, asking.caller, one["training_class"], fields,
                                                 Asked(dry_run=True))) is None


def may_refile_plan(asking: Asking, one: Mapping[str, Any]) -> bool:
    """Say whether a plan may be filed anew, as it stands."""
    fields, _ = _loaded(RefiledPlanBody, _of_plan(one))
    return _why_not(lambda: filings.refile_plan(asking.house, asking.caller, one["plan"], fields,
                                                Asked(dry_run=True))) is None


def may_register(asking: Asking, name: str) -> bool:
    """Say whether a list of a class may be registered: an empty one is turned away only for being empty."""
    try:
        came = rosters.register(asking.house, asking.caller, name, {"file": b""}, Asked(dry_run=True))
    except BadFields:
        return True
    return isinstance(came, Refusal) and came.code == "roster_open"  # With the same list it goes on.


def may_certify(asking: Asking, name: str) -> bool:
    """Say whether cards of a class may be issued: for nobody only the person is missing."""
    sample = {"training_class": name, "person": _NOBODY, "number": "-", "attended_days": 1, "hours": 100,
              "result": "passed"}
    came = filings.issue_card(asking.house, asking.caller, sample, Asked(dry_run=True))
    return isinstance(came, Refusal) and came.code == "person_absent"


def _why_not(ask: Callable[[], Done | Refusal]) -> Refusal | None:
    """Say what keeps somebody out whatever they type; a field that does not fit keeps nobody out."""
    try:
        came = ask()
    except BadFields:
        return None
    return came if isinstance(came, Refusal) and status_of(came) in _TURNED_AWAY else None


# The four forms


def new_class(asking: Asking) -> Shown:
    """A class that is going to be held."""
    chosen = {name: request.args.get(name, "") for name in ("plan", "item")}
    return _blank(asking, _class_paper(asking, None), {"within": f"{chosen['plan']} {chosen['item']}".strip()})


def file_class(asking: Asking) -> Shown:
    """File it."""
    return _sent(asking, _class_paper(asking, None), None)


def refile_class_form(asking: Asking, training_class: str) -> Shown:
    """The same, as it was filed last."""
    one = _class_now(asking, training_class)
    if isinstance(one, Refusal):
        return one
    return _blank(asking, _class_paper(asking, training_class), _flat(_of_class(one)), one["version"])


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
    return _blank(asking, _plan_paper(asking, plan), _flat(_of_plan(one)), one["version"])


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
    run = filings.file_class if upon is None else filings.refile_class
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
    )
    run = filings.file_plan if upon is None else filings.refile_plan
    return Paper("plans", "申报年度培训计划" if upon is None else "重新申报年度培训计划",
                 PlanBody if upon is None else RefiledPlanBody, fields, "items", "计划举办的班次", columns, run, upon)


def _levels(known: Vocabulary) -> tuple[tuple[str, str], ...]:
    wanted = {level for route in known.routes.values() if "days" in route.quantity for level in route.levels}
    return tuple((code, name) for code, name in known.levels.items() if code in wanted)


def _recipients(asking: Asking) -> tuple[tuple[str, str], ...]:
    """The offices with which the law where the organiser sits lets classes be filed."""
    house, reading = asking.house, Reading(asking.house.ledger)
    actor = acting(house, asking.caller)
    unit = None if isinstance(actor, Refusal) else reading.unit(actor.organisation)
    if unit is None:
        return ()
    law, seat = law_now(house.answers), unit.seat_on(house.today)
    named = [one.role for category in law.vocabulary.categories for one in class_recipients(
        law, house.today, seat.region, seat.sector, category, "filed_training")]
    return tuple((role, role_name(role)) for role in dict.fromkeys(named))


def _own_items(asking: Asking) -> tuple[tuple[str, str], ...]:
    """What the organiser's own plans foresee, this year's and next year's."""
    house, actor = asking.house, acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return ()
    found = trainings.plans(house, asking.caller, organiser=actor.organisation, year=None, status=None,
                            as_of=house.answers.position(), after=None, limit=10, newest_first=True)
    if isinstance(found, Refusal):
        return ()
    return tuple((f"{plan['plan']} {item['number']}", f"{plan['year']} 年度 {item['number']}. {item['title']}")
                 for plan in found.items for item in plan["items"])


def _of_class(one: Mapping[str, Any]) -> dict[str, Any]:
    """A class as it would be sent."""
    named = ("title", "category", "route", "level", "starts", "ends", "days", "headcount", "room", "location",
             "sector", "recipient", "plan", "item", "approval", "evidence", "lessons")
    found: dict[str, Any] = _sendable({name: one[name] for name in named})
    return found


def _of_plan(one: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's items as they would be sent."""
    found: dict[str, Any] = _sendable({name: one[name] for name in ("items", "evidence")})
    return found


def _sendable(found: Any) -> Any:
    """As JSON has it: days as text, and what is not there left out."""
    if isinstance(found, Mapping):
        return {name: _sendable(value) for name, value in found.items() if value not in (None, [], ())}
    if isinstance(found, list | tuple):
        return [_sendable(one) for one in found]
    return found if isinstance(found, int | str) else str(found)


# Shown and sent


def _blank(asking: Asking, paper: Paper, typed: Mapping[str, str], version: int | None = None) -> Shown:
    """The form, if whoever asks may send it."""
    if paper.upon is None and (no := why_not_file(asking, paper.noun)) is not None:
        return no
    many = 1 + max((int(name.split(".")[1]) for name in typed if name.startswith(f"{paper.rows}.")), default=0)
    return _shown(paper, Read(typed, many + _ROWS_MORE, {}, []), version, 200)


def _sent(asking: Asking, paper: Paper, version: int | None) -> Shown:
    """Take what the form sends: more rows, a check, or the filing itself."""
    house, caller, step = asking.house, asking.caller, request.form.get("step", "")
    read = _read(paper)
    if step in ("more", "edit"):
        return _shown(paper, read._replace(faults=[], many=min(read.many + (5 if step == "more" else 0), _ROWS_MOST)),
                      version, 200)
    if read.faults:
        return _shown(paper, read, version, 422)
    asked = sending.asked(house, caller) if step == "submit" else Asked(dry_run=True)
    given = (paper.upon,) if paper.upon is not None else ()
    try:
        came = paper.run(house, caller, *given, read.fields, asked)
    except BadFields as bad:
        return _shown(paper, read._replace(faults=_faults(paper, (one._asdict() for one in bad.faults), {})), version,
                      422)
    if isinstance(came, Refusal):
        if status_of(came) in (401, 403, 404):
            return came
        fault = of_refusal(came, words.documents(house))
        return _shown(paper, read._replace(faults=[fault]), version, status_of(came))
    if came.receipt is not None:
        return onward(f"/{paper.noun}/{came.stream}?{urlencode({'done': came.receipt.positions[0]})}")
    return _checked(asking, paper, read, came, version)


def _shown(paper: Paper, read: Read, version: int | None, status: int) -> Page:
    told = {fault.field: fault.words.partition("：")[2] or fault.words for fault in reversed(read.faults)}

    def filled(field: Field, name: str) -> Field:
        made = replace(field, name=name, value=read.typed.get(name, ""))
        return replace(made, fault=told.get(made.id, ""))

    rows = [[filled(one, f"{paper.rows}.{at}.{one.name}") for one in paper.columns] for at in range(read.many)]
    return Page("training_form.html", {
        "paper": paper, "fields": [filled(one, one.name) for one in paper.fields], "rows": rows, "version": version,
        "faults": read.faults, "many": read.many, "evidence": _evidence(read.typed), "papers": words.PAPERS,
    }, status=status)


def _checked(asking: Asking, paper: Paper, read: Read, came: Done, version: int | None) -> Page:
    """What will be filed, with whom, and what the law makes of the day."""
    house, state = asking.house, came.state
    if paper.noun == "classes":
        filed_with = [] if state.filed.recipient is None else [state.filed.recipient]
        law = {"duties": filings.duties(house, state), "lead": (state.filed.starts - state.filed.filed_on).days}
    else:
        filed_with, law = list(state.filed.recipients), {"last_year": filings.last_year(house, state)}
    options = {f"{field.name}.{code}": told
               for field in (*paper.fields, *paper.columns) for code, told in field.options}

    def told(field: Field, name: str) -> str:
        value = read.typed.get(name, "")
        return options.get(f"{field.name}.{value}", value)

    return Page("training_check.html", {
        "paper": paper, "version": version, **law, "documents": words.documents(house),
        "facts": [(field.label, value) for field in paper.fields if (value := told(field, field.name))],
        "rows": [[told(one, f"{paper.rows}.{at}.{one.name}") for one in paper.columns] for at in range(read.many)
                 if _row(paper, read.typed, at)],
        "filed_with": [role_name(one) for one in filed_with], "carried": [
            *((name, value) for name, value in read.typed.items() if value and not name.startswith("evidence.")),
            *(("evidence", " ".join(one.values())) for one in _evidence(read.typed)), ("rows", read.many)],
        "evidence": _evidence(read.typed), "papers": words.PAPERS,
    })


# What is typed


def _flat(body: Mapping[str, Any]) -> dict[str, str]:
    """What would be sent, as it is typed."""
    typed = {name: str(value) for name, value in body.items() if not isinstance(value, list | dict)}
    if "plan" in body:
        typed["within"] = f"{body['plan']} {body['item']}"
    for name in ("lessons", "items", "evidence"):
        for at, row in enumerate(body.get(name, ())):
            typed |= {f"{name}.{at}.{column}": str(value) for column, value in row.items()}
    return typed


def _read(paper: Paper) -> Read:
    """Read what was typed as the API reads it; rows in which nothing stands are passed over."""
    form = request.form
    typed = {name: value.strip() for name, value in form.items() if name not in (sending.KEY, sending.VERSION, "step")}
    typed.pop("evidence", None)
    carried = [dict(zip(_EVIDENCE, one.split(" "), strict=False)) for one in form.getlist("evidence")]
    for at, one in enumerate([*carried, *papers({"document": ""})]):
        typed |= {f"evidence.{at}.{name}": value for name, value in one.items()}
    given = form.get("rows", "")
    many = min(int(given), _ROWS_MOST) if given.isascii() and given.isdecimal() and len(given) < 5 else _ROWS_MORE
    sent: dict[str, Any] = {field.name: _value(field.name, value) for field in paper.fields
                            if (value := typed.get(field.name))}
    plan, _, item = str(sent.pop("within", "")).partition(" ")
    if plan:
        sent |= {"plan": plan, "item": _value("number", item)}
    rows = {at: row for at in range(many) if (row := _row(paper, typed, at))}
    places = dict(enumerate(rows))
    sent |= {paper.rows: list(rows.values())} | ({"evidence": kept} if (kept := _evidence(typed)) else {})
    missing = [Fault(field.id, f"{field.label}：请{'选择' if field.kind == 'choice' else '填写'}。")
               for field in paper.fields if field.is_required and field.name not in sent]
    if not rows:
        missing.append(Fault(f"{paper.rows}-0-{paper.columns[0].name}", f"{paper.rows_title}：至少填写一行。"))
    fields, errors = _loaded(paper.body, sent)
    said = {fault.field for fault in missing}
    faults = [one for one in _faults(paper, errors, places)
              if one.field not in said and not (one.field == "" and missing)]
    return Read(typed, many, fields, [*missing, *faults])


def _row(paper: Paper, typed: Mapping[str, str], at: int) -> dict[str, Any]:
    return {one.name: _value(one.name, value) for one in paper.columns
            if (value := typed.get(f"{paper.rows}.{at}.{one.name}"))}


def _value(name: str, value: str) -> int | str:
    is_whole = name in _NUMBERS and value.isascii() and value.isdecimal() and len(value) < 10
    return int(value) if is_whole else value


def _loaded(body: type[ma.Schema], sent: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    try:
        found: dict[str, Any] = body().load(sent)
        return found, ()
    except ma.ValidationError as error:
        problem: Problem = faults_of(error)
        return {}, problem.members.get("errors", ())


def _faults(paper: Paper, errors: Any, places: Mapping[int, int]) -> list[Fault]:
    """What the API would say, at the fields of the form."""
    labels = {one.id: one.label for one in paper.fields}
    found = []
    for one in errors:
        parts = str(one.get("pointer", "")).strip("/").split("/")
        told = plainly(str(one["detail"]))
        if parts[0] == paper.rows and len(parts) == 3 and parts[1].isdecimal():
            at = places.get(int(parts[1]), int(parts[1]))
            label = next((each.label for each in paper.columns if each.name == parts[2]), parts[2])
            found.append(Fault(f"{paper.rows}-{at}-{parts[2]}", f"第 {at + 1} 行{label}：{told}"))
        elif parts[0] in labels:
            found.append(Fault(parts[0], f"{labels[parts[0]]}：{told}"))
        else:
            found.append(Fault("within" if parts[0] in ("plan", "item") else "", told))
    return found


# Papers


def papers(kinds: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The digests of the files that were chosen, by their kinds; the files themselves are not kept."""
    found = []
    for kind in HOLDING_PAPERS if kinds is None else kinds:
        sent = request.files.get(f"paper_{kind}")
        if sent is not None and sent.filename:
            with sent.stream:
                found.append({"kind": kind, "sha256": hashlib.sha256(sent.stream.read()).hexdigest()})
    return found


def _evidence(typed: Mapping[str, str]) -> list[dict[str, str]]:
    found = []
    for at in range(50):
        if f"evidence.{at}.sha256" not in typed:
            break
        found.append({name: value for name in _EVIDENCE if (value := typed.get(f"evidence.{at}.{name}"))})
    return found
