"""Plans and classes: what was filed, what the law makes of that, what came of it, and what can be done about either.

What an organisation filed is public to whoever is logged in (`api.cases.trainings`); words that were said to it are for
its own people and for the offices it filed with. `tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from api.callers import Caller
from api.cases import exports, filings, rosters, trainings
from api.cases.doing import Asked, Done, Reading
from api.cases.events import events_of
from api.cases.standing import acting
from api.commands.telling import CLASS_STATES, PLAN_STATES
from api.commands.telling import role as role_name
from api.console import training_forms
from api.console.claim import done_before, told_basis
from api.console.deeds import WORDS, Deed, Pairs, Room, Subject, named, offered, reason_field
from api.console.form import Field
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark
from api.house import House
from api.routes.schemas.filings import (
    AcceptanceBody,
    ClassRefusalBody,
    EvaluationBody,
    HoldingBody,
    PlanReturnBody,
)
from api.tables_out import Table
from api.year_page import HANDS, basis_view, region
from api.year_page import moment as written
from ledger.errors import Refusal
from ledger.streams.training_class import TrainingClass
from ledger.streams.training_plan import Plan
from ledger.vocabulary import parse_hours
from policies.words import base_vocabulary
from projections.timeline import words as kinds

ROWS: Final = 25
CLASS_MARKS: Final[Mapping[str, Mark]] = {
    "filed": ("open", "…", CLASS_STATES["filed"]), "accepted": ("met", "✓", CLASS_STATES["accepted"]),
    "announced": ("", "–", CLASS_STATES["announced"]), "refused": ("short", "✗", CLASS_STATES["refused"]),
    "held": ("met", "✓", CLASS_STATES["held"]),
}
PLAN_MARKS: Final[Mapping[str, Mark]] = {
    "filed": ("open", "…", PLAN_STATES["filed"]), "returned": ("open", "↩", PLAN_STATES["returned"]),
    "acknowledged": ("met", "✓", PLAN_STATES["acknowledged"]), "evaluated": ("met", "✓", PLAN_STATES["evaluated"]),
}
ROSTER_MARKS: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "登记中"), "closed": ("met", "✓", "已登记"), "abandoned": ("", "–", "已放弃"),
}
GRADES: Final = {"excellent": "优", "qualified": "合格", "unqualified": "不合格"}
_EFFECTS: Final[Mapping[str | None, Mark]] = {
    None: ("met", "✓", "及时"), "late_filing": ("open", "!", "逾期，计入并标注"),
    "not_filed": ("short", "✗", "逾期，不计"),
}
_FILTERS: Final = ("status", "year", "own", "organiser", "plan", "after")


# Lists


def classes(asking: Asking) -> Shown:
    """Every class, the last filed first."""
    return _list(asking, "classes", trainings.classes, exports.classes, CLASS_MARKS)


def plans(asking: Asking) -> Shown:
    """Every year's plan, the last filed first."""
    return _list(asking, "plans", trainings.plans, exports.plans, PLAN_MARKS)


def _list(asking: Asking, noun: str, ask: Any, table: Any, marks: Mapping[str, Mark]) -> Shown:
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=_FILTERS)
    position = moment.position(house)
    if isinstance(position, Refusal):
        return position
    query = _query(asking, moment, marks, has_plan=noun == "classes")
    if request.path.endswith(".csv"):
        made: Table | Refusal = table(house, caller, query, as_of=position)
        return made if isinstance(made, Refusal) else Page(f"{noun}.html", table=made)
    wanted: dict[str, Any] = dict.fromkeys(("organiser", "year", "status", *(["plan"] if noun == "classes" else [])))
    after = moment.rest.get("after", "")
    page = ask(house, caller, **{**wanted, **query}, as_of=position, limit=ROWS, newest_first=True,
               after=(int(after),) if after.isascii() and after.isdecimal() and len(after) < 16 else None)
    if isinstance(page, Refusal):
        return page
    basis = house.answers.reflects(position)
    return Page(f"{noun}.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking),
        "rows": [{**one, "mark": marks[one["status"]], "organiser_words": unit_name(asking, one["organiser"]),
                  "missing_words": "、".join(map(role_name, one.get("missing", ())))} for one in page.items],
        "marks": marks, "years": _years(asking, moment), "next": None if page.next is None else page.next[0],
        "vocabulary": base_vocabulary(), "has_organisation": not asking.capacity.is_person,
        "may_file": moment.is_now and training_forms.why_not_file(asking, noun) is None,
    }, {"items": list(page.items), **basis})


def _query(asking: Asking, moment: Moment, marks: Mapping[str, Mark], *, has_plan: bool) -> dict[str, Any]:
    """What the address narrows a list to; what is no such value narrows nothing."""
    rest = moment.rest
    found: dict[str, Any] = {}
    if rest.get("status") in marks:
        found["status"] = rest["status"]
    if (year := rest.get("year", "")).isascii() and year.isdecimal() and len(year) == 4:
        found["year"] = int(year)
    if rest.get("organiser"):
        found["organiser"] = rest["organiser"]
    if has_plan and rest.get("plan"):
        found["plan"] = rest["plan"]
    if rest.get("own") and not isinstance(actor := acting(asking.house, asking.caller), Refusal):
        found["organiser"] = actor.organisation
    return found


def _years(asking: Asking, moment: Moment) -> list[str]:
    this = asking.house.today.year
    near = [str(year) for year in range(this + 1, this - 3, -1)]
    chosen = moment.rest.get("year")
    return near if chosen is None or chosen in near else [*near, chosen]


def unit_name(asking: Asking, unit: str) -> str:
    """A unit in words, by its newest name."""
    found = asking.house.answers.unit(unit)
    return unit if found is None else str(found.names[-1].name)


# One class


def training_class(asking: Asking, training_class: str) -> Shown:
    """One class: as filed, as held, who was registered for it."""
    house = asking.house
    moment = asked_moment(("as_of", "law"))
    body = trainings.training_class(house, asking.caller, training_class, moment.read())
    if isinstance(body, Refusal):
        return body
    basis = body["basis"]
    offers = offered(asking, CLASSES, class_subject(body)) if moment.is_now else []
    said = trainings.said(house, asking.caller, training_class, as_of=basis["as_of"])
    return Page("training_class.html", {
        "moment": moment, "basis": basis_view(basis), "one": body, "state": CLASS_MARKS[body["status"]],
        "facts": _class_facts(asking, body, moment), "counts": _counts(body), "differs": _differs(body),
        "duties": [{**one, "mark": _EFFECTS.get(one["effect"], ("open", "!", one["effect"])),
                    "document": _document(asking, one["rulebook"])} for one in body["duties"]],
        "way": _class_way(body), "offers": offers, "done": done_before(asking), "said": said,
        "events": told_events(training_class, asking, said, basis["as_of"]), "roster_marks": ROSTER_MARKS,
        "may_refile": moment.is_now and training_forms.may_refile_class(asking, body),
        "may_register": moment.is_now and training_forms.may_register(asking, training_class),
        "may_certify": moment.is_now and training_forms.may_certify(asking, training_class),
        "is_open": any(each["status"] == "open" for each in body["rosters"]),
    }, body)


def _class_facts(asking: Asking, one: Mapping[str, Any], moment: Moment) -> list[tuple[str, Any]]:
    words = base_vocabulary()
    recipient = "无须备案（部门自办）" if one["recipient"] is None else role_name(one["recipient"])
    level = f"，{words.level_name(one['level'], one['route'])}" if one["level"] else ""
    room = f"，场地容纳 {one['room']} 人" if one["room"] else ""
    found = [
        ("举办单位", one["organiser_name"]), ("科目", words.categories.get(one["category"], one["category"])),
        ("途径", words.route_name(one["route"]) + level),
        ("地区、行业", f"{region(one['region'])}，{words.sectors.get(one['sector'], one['sector'])}"),
        ("拟办", f"{one['starts']} 至 {one['ends']}，{one['days']} 天，{one['headcount']} 人{room}"),
        ("地点", one["location"]), ("受理部门", recipient),
        ("申报", f"{one['filed_on']}，开班前 {one['lead_days']} 天" if one["lead_days"] >= 0
         else f"{one['filed_on']}，开班后 {-one['lead_days']} 天"),
        ("备案号", one["number"]), ("备案部门", None if one["office"] is None else unit_name(asking, one["office"])),
        ("批准文号", one["approval"]),
    ]
    return [(name, value) for name, value in found if value]


def _class_way(one: Mapping[str, Any]) -> list[dict[str, str]]:
    """Filed, put on file, held, registered: each done, due or to come."""
    status, closed = one["status"], sum(each["rows"] for each in one["rosters"] if each["status"] == "closed")
    on_file = {"filed": "now", "refused": "off"}.get(status, "done")
    about = {"filed": "待备案", "refused": "不予备案", "announced": "无须备案"}.get(status, one["number"] or "")
    ready = status in ("accepted", "announced")
    return [
        {"words": "申报", "about": str(one["filed_on"]), "state": "done"},
        {"words": "备案", "about": about, "state": on_file},
        {"words": "举办", "about": str(one["held"]["ends"]) if one["held"] else "",
         "state": "done" if one["held"] else "now" if ready else "next"},
        {"words": "名单登记", "about": f"{closed} 人" if closed else "",
         "state": "done" if closed else "now" if status == "held" else "next"},
    ]


def _counts(one: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """How many were meant, came, passed, were registered and certified, each as a share of the most."""
    closed = sum(each["rows"] for each in one["rosters"] if each["status"] == "closed")
    held = one["held"] or {}
    found = [("拟办人数", one["headcount"]), ("参加", held.get("attended")), ("考核合格", held.get("passed")),
             ("名单登记", closed if held else None), ("登记卡", one["cards"] if held else None)]
    most = max(count for _, count in found if count is not None) or 1
    return [(name, count, f"{count * 240 // most}") for name, count in found if count is not None]


def _differs(one: Mapping[str, Any]) -> list[str]:
    """What was held otherwise than it was filed (D06)."""
    held = one["held"]
    if held is None:
        return []
    return [words for differs, words in (
        (one["plan"] is None, "不在年度计划内"), (held["attended"] > one["headcount"], "超过拟办人数"),
        (one["room"] is not None and held["attended"] > one["room"], "超过场地容纳人数"),
        ((held["starts"], held["ends"]) != (one["starts"], one["ends"]), "日期与申报不同"),
        (held["days"] != one["days"], "天数与申报不同"),
    ) if differs]


def _document(asking: Asking, rulebook: str) -> str:
    return next((book.document for book in asking.house.answers.rulebooks() if book.id == rulebook), rulebook)


def told_events(stream: str, asking: Asking, said: Sequence[Mapping[str, Any]], as_of: int) -> list[dict[str, Any]]:
    """The events of a record by a position, the newest first, each in one line with what was said."""
    words, given = kinds(), {one["event"]: one["words"] for one in said}
    return [{"position": one["position"], "time": written(one["recorded_at"]),
             "words": words.get(kind := str(one["event"]["type"]).partition("/")[0], kind),
             "hand": HANDS.get(one["by"]["role"], role_name(one["by"]["role"])),
             "said": given.get(one["position"], "")}
            for one in reversed(events_of(asking.house, stream)["items"]) if one["position"] <= as_of]


# One plan


def plan(asking: Asking, plan: str) -> Shown:
    """One year's plan: what is foreseen, who put it on file, what came of it."""
    house = asking.house
    moment = asked_moment()
    position = moment.position(house)
    if isinstance(position, Refusal):
        return position
    body = trainings.plan(house, asking.caller, plan, as_of=position)
    if isinstance(body, Refusal):
        return body
    basis = house.answers.reflects(position)
    said = trainings.said(house, asking.caller, plan, as_of=position)
    done = {one["recipient"]: one for one in body["acknowledged"]}
    return Page("plan.html", {
        "moment": moment, "basis": told_basis(basis), "one": body, "state": PLAN_MARKS[body["status"]],
        "organiser": unit_name(asking, body["organiser"]), "vocabulary": base_vocabulary(),
        "place": region(body["region"]), "grades": GRADES, "role_name": role_name,
        "way": [{"words": "申报", "about": str(body["filed_on"]), "state": "done"}, *(
            {"words": f"{role_name(role)}备案",
             "about": unit_name(asking, done[role]["office"]) if role in done else "",
             "state": "done" if role in done else "off" if body["status"] == "returned" else "now"}
            for role in body["recipients"])],
        "judged": [{**one, "office_words": unit_name(asking, one["office"])} for one in body["evaluations"]],
        "last_year": [{**one, "office_words": unit_name(asking, one["office"])} for one in body["last_year"]],
        "offers": offered(asking, PLANS, plan_subject(asking, body)) if moment.is_now else [],
        "may_refile": moment.is_now and training_forms.may_refile_plan(asking, body),
        "said": said, "events": told_events(plan, asking, said, position), "done": done_before(asking),
    }, {**body, **basis})


# What can be done


def class_subject(body: Mapping[str, Any]) -> Subject:
    """A class as something to be done upon."""
    held = body["held"]
    return Subject(
        body["training_class"], f"/classes/{body['training_class']}", f"{body['title']}（{body['organiser_name']}）",
        body["version"], _class_stands(body["status"], body["number"], None if held is None else (
            held["starts"], held["ends"], held["attended"], held["passed"]),
            body["rosters"][-1]["status"] if body["rosters"] else None),
        _class_becomes, state=body)


def _class_becomes(state: TrainingClass) -> Pairs:
    held = state.held
    return _class_stands(state.status.value, state.number, None if held is None else (
        held.starts, held.ends, held.attended, held.passed), state.rosters[-1].status if state.rosters else None)


def _class_stands(
    status: str, number: str | None, held: tuple[Any, Any, int, int] | None, roster: str | None
) -> Pairs:
    told = "尚未登记" if held is None else f"{held[0]} 至 {held[1]}，参加 {held[2]} 人，合格 {held[3]} 人"
    found = [("状态", CLASS_MARKS[status]), ("备案号", number or "—"), ("举办", told)]
    return found if roster is None else [*found, ("名单", ROSTER_MARKS[roster])]


def plan_subject(asking: Asking, body: Mapping[str, Any]) -> Subject:
    """A plan as something to be done upon."""
    title = f"{body['year']} 年度培训计划（{unit_name(asking, body['organiser'])}）"
    judged = [one["recipient"] for one in body["evaluations"]]
    return Subject(body["plan"], f"/plans/{body['plan']}", title, body["version"],
                   _plan_stands(body["status"], body["missing"], judged), _plan_becomes, state=body)


def _plan_becomes(state: Plan) -> Pairs:
    return _plan_stands(state.status.value, state.missing, [one.recipient for one in state.evaluated])


def _plan_stands(status: str, missing: Sequence[str], judged: Sequence[str]) -> Pairs:
    return [("状态", PLAN_MARKS[status]), ("尚待备案", "、".join(map(role_name, missing)) or "无"),
            ("已评估", "、".join(map(role_name, judged)) or "无")]


def _see_class(asking: Asking, training_class: str) -> Subject | Refusal:
    found = trainings.training_class(asking.house, asking.caller, training_class, Moment((), {}, {}).read())
    return found if isinstance(found, Refusal) else class_subject(found)


def _see_plan(asking: Asking, plan: str) -> Subject | Refusal:
    house = asking.house
    if (behind := house.settled()) is not None:
        return behind
    found = trainings.plan(house, asking.caller, plan, as_of=house.answers.position())
    return found if isinstance(found, Refusal) else plan_subject(asking, found)


def _number(_: Asking, __: Subject) -> list[Field]:
    return [Field("number", "备案号", hint="本部门内不重复，如 甬备2026-7", is_required=True)]


def _holding(_: Asking, subject: Subject) -> list[Field]:
    """As it was filed, until it is typed otherwise; what was registered already, as it was registered."""
    was = subject.state["held"] or subject.state
    counts = {name: str(was.get(name, "")) for name in ("attended", "passed")}
    return [
        Field("starts", "实际开班", "date", is_required=True, value=str(was["starts"])),
        Field("ends", "实际结束", "date", is_required=True, value=str(was["ends"])),
        Field("days", "实际天数", "decimal", hint="半天记 0.5", is_required=True, value=str(was["days"])),
        Field("attended", "参加人数", "number", is_required=True, value=counts["attended"]),
        Field("passed", "考核合格人数", "number", is_required=True, value=counts["passed"]),
        *(Field(f"paper_{kind}", words, "file", hint="只登记 SHA-256 摘要，原件由办班单位保存")
          for kind, words in training_forms.HOLDING_PAPERS.items()),
    ]


def _held_as_filed(_: Asking, subject: Subject) -> dict[str, Any]:
    filed = subject.state
    return {"starts": filed["starts"], "ends": filed["ends"], "days": int(parse_hours(filed["days"])) // 50,
            "attended": 0, "passed": 0}


def _hold(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """What was handed in before stays, but for what is handed in anew."""
    sent, known = training_forms.papers(), filings.class_of(Reading(house.ledger), name)
    kinds = {one["kind"] for one in sent}
    before = () if known is None or known.held is None else known.held.evidence
    kept = [{"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on} for one in before
            if one.kind not in kinds]
    return filings.hold(house, caller, name, {**fields, "evidence": [*kept, *sent]}, asked)


def _evaluation(_: Asking, subject: Subject) -> list[Field]:
    carried = subject.state["carried"]
    seen = (f"登记在案：申报 {carried['classes_filed']} 班，举办 {carried['classes_held']} 班，"
            f"参加 {carried['attended']} 人")
    return [Field("grade", "等次", "choice", tuple(GRADES.items()), hint=seen, is_required=True), WORDS]


def _with_reason(kind: str) -> Any:
    return lambda _, __: [reason_field(kind), WORDS]


def _tried(**given: Any) -> Any:
    return lambda _, __: given


CLASSES: Final = Room(_see_class, named(
    Deed("acceptance", "备案", filings.accept, AcceptanceBody, _number, _tried(number="-"), look="main"),
    Deed("refusal", "不予备案", filings.refuse, ClassRefusalBody, _with_reason("class.refused"),
         _tried(words="-", reason="other"), look="bad", note="不予备案后不能再办；须另行申报。办理后记为一个事件。"),
    Deed("holding", "登记举办情况", _hold, HoldingBody, _holding, _held_as_filed, look="main"),
    Deed("roster-abandonment", "放弃未完成的名单", rosters.abandon, look="bad",
         note="放弃后，已写入的各行都不会生效；名册可以再导入。办理后记为一个事件。"),
))
PLANS: Final = Room(_see_plan, named(
    Deed("acknowledgement", "备案", filings.acknowledge, look="main"),
    Deed("return", "退回修改", filings.send_plan_back, PlanReturnBody, _with_reason("plan.returned"),
         _tried(words="-", reason="other")),
    Deed("evaluation", "评估实施情况", filings.evaluate, EvaluationBody, _evaluation,
         _tried(grade="qualified", words="-")),
))

