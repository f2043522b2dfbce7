"""Plans and classes: what was filed, what the law makes of that, what came of it, and what can be done about either.

What an organisation filed is public to whoever is logged in (`api.cases.training.trainings`); words that were said to
it are for its own people and for the offices it filed with. `tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from api.cases import exports
from api.cases.belonging.ended import words_of
from api.cases.doing import Reading
from api.cases.events import events_of
from api.cases.standing import acting
from api.cases.training import rosters, training_files, trainings
from api.cases.training.organising import organisers_of
from api.console.claiming.claim import done_before, handed_out, told_basis
from api.console.deeds import offered
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.training import training_forms
from api.console.training.training_deeds import (
    CLASS_MARKS,
    CLASSES,
    GRADES,
    PLAN_MARKS,
    PLANS,
    ROSTER_MARKS,
    class_subject,
    plan_subject,
    unit_name,
)
from api.console.training.training_papers import wanted
from api.console.words import Mark
from api.paper.tables_out import Table
from api.whole import whole
from api.words.codes import CLASS_FILES, LIST_TYPES, PLAN_FILES
from api.words.telling import funded, grades
from api.words.telling import role as role_name
from api.words.year_page import HANDS, basis_view, region
from api.words.year_page import moment as written
from ledger.errors import Refusal
from policies.words import base_vocabulary
from projections import trainings_reading
from projections.event_kinds import words as kinds

ROWS: Final = 25
_EFFECTS: Final[Mapping[str | None, Mark]] = {
    None: ("met", "✓", "及时"), "late_filing": ("open", "!", "逾期，计入并标注"),
    "not_filed": ("short", "✗", "逾期，不计"),
}
_FILTERS: Final = ("status", "year", "own", "organiser", "plan", "seeks_funding", "after")


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
    query = _query(asking, moment, marks, has_plan=noun == "classes")
    if request.path.endswith(".csv"):
        made: Table | Refusal = table(house, caller, query, as_of=position)
        return made if isinstance(made, Refusal) else Page(f"{noun}.html", table=made)
    wanted: dict[str, Any] = dict.fromkeys(
        ("organiser", "year", "status", "plan" if noun == "classes" else "seeks_funding"))
    after = moment.rest.get("after", "")
    page = ask(house, caller, **{**wanted, **query}, as_of=position, limit=ROWS, newest_first=True,
               after=None if (place := whole(after)) is None else (place,))
    if isinstance(page, Refusal):
        return page
    basis = house.answers.reflects(position)
    return Page(f"{noun}.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking),
        "rows": [{**one, "mark": marks[one["status"]], "organiser_words": unit_name(asking, one["organiser"]),
                  "missing_words": "、".join(map(role_name, one.get("missing", ()))),
                  "grade_words": grades(one.get("evaluations", ())), "last_words": grades(one.get("last_year", ())),
                  "funded": funded(one["items"]) if noun == "plans" else 0} for one in page.items],
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
    if not has_plan and rest.get("seeks_funding"):
        found["seeks_funding"] = True
    if rest.get("own") and (own := _organisers(asking)):
        found["organiser"] = own
    return found


def _organisers(asking: Asking) -> tuple[str, ...]:
    """For whom somebody organises."""
    actor = acting(asking.house, asking.caller)
    return () if isinstance(actor, Refusal) else organisers_of(actor)


def _years(asking: Asking, moment: Moment) -> list[str]:
    this = asking.house.today.year
    near = [str(year) for year in range(this + 1, this - 3, -1)]
    chosen = moment.rest.get("year")
    return near if chosen is None or chosen in near else [*near, chosen]


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
    said = body["said"]
    return Page("training_class.html", {
        "moment": moment, "basis": basis_view(basis), "one": body, "state": CLASS_MARKS[body["status"]],
        "facts": _class_facts(asking, body), "other_year": _other_year(asking, body),
        "counts": _counts(body), "differs": _differs(body),
        "duties": [{**one, "mark": _EFFECTS.get(one["effect"], ("open", "!", one["effect"])),
                    "document": _document(asking, one["rulebook"])} for one in body["duties"]],
        "wanted": wanted(house, body["papers"]), "way": _class_way(body), "offers": offers,
        "done": done_before(asking), "said": said,
        "events": told_events(training_class, asking, said, basis["as_of"]), "roster_marks": ROSTER_MARKS,
        "may_refile": moment.is_now and training_forms.why_not_refile_class(asking, body) is None,
        "may_try": moment.is_now and training_forms.why_not_register(asking, training_class) is None,
        "may_register": moment.is_now and rosters.registers(house, asking.caller, training_class),
        "may_certify": moment.is_now and training_forms.may_certify(asking, training_class),
        "sees_people": trainings.may_see_people(house, asking.caller, training_class) is None,
        "is_open": any(each["status"] == "open" for each in body["rosters"]),
        "file_kinds": CLASS_FILES,
        "files": _files(body),
    }, body)


def _file_words(one: Mapping[str, Any]) -> str:
    return f"{LIST_TYPES[one['media_type']]}，{max(1, one['bytes'] // 1024):,} KB"


def paper(asking: Asking, training_class: str, sha256: str) -> Shown:
    """A paper of a class, to whoever may open it, for a purpose."""
    return _opened(asking, training_class, sha256)


def plan_paper(asking: Asking, plan: str, sha256: str) -> Shown:
    """A paper of a plan, likewise."""
    return _opened(asking, plan, sha256)


def _opened(asking: Asking, record: str, sha256: str) -> Shown:
    found = training_files.open_file(asking.house, asking.caller, record, sha256, asking.purpose)
    return found if isinstance(found, Refusal) else handed_out(found, sha256)


def _files(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The papers that are here to be opened, in words, by their digests; None to whom digests alone are shown."""
    return None if body["files"] is None else {one["sha256"]: _file_words(one) for one in body["files"]}


def _class_facts(asking: Asking, one: Mapping[str, Any]) -> list[tuple[str, Any]]:
    words = base_vocabulary()
    recipient = "无须备案（部门自办）" if one["recipient"] is None else role_name(one["recipient"])
    level = f"，{words.level_name(one['level'], one['route'])}" if one["level"] else ""
    room = f"，场地容纳 {one['room']} 人" if one["room"] else ""
    organiser = words_of(Reading(asking.house.ledger), one["organiser_name"], one["unit_ended"])
    found = [
        ("举办单位", organiser), ("科目", words.categories.get(one["category"], one["category"])),
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
    number = "无须备案" if one["recipient"] is None else one["number"] or ""
    about = {"filed": "待备案", "refused": "不予备案"}.get(status, number)
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


def _other_year(asking: Asking, one: Mapping[str, Any]) -> int | None:
    """The year of its plan, where it is to begin in another: no rule forbids it, and whoever looks should see it."""
    found = None if one["plan"] is None else trainings_reading.plan(
        asking.house.answers, one["plan"], as_of=one["basis"]["as_of"])
    return None if found is None or found.year == one["starts"].year else found.year


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
    body = trainings.plan(house, asking.caller, plan, as_of=position)
    if isinstance(body, Refusal):
        return body
    basis = house.answers.reflects(position)
    said = body["said"]
    done = {one["recipient"]: one for one in body["acknowledged"]}
    return Page("plan.html", {
        "moment": moment, "basis": told_basis(basis), "one": body, "state": PLAN_MARKS[body["status"]],
        "organiser": words_of(Reading(house.ledger), unit_name(asking, body["organiser"]), body["unit_ended"]),
        "vocabulary": base_vocabulary(),
        "place": region(body["region"]), "grades": GRADES, "role_name": role_name,
        "way": [{"words": "申报", "about": str(body["filed_on"]), "state": "done"}, *(
            {"words": f"{role_name(role)}备案",
             "about": unit_name(asking, done[role]["office"]) if role in done else "",
             "state": "done" if role in done else "off" if body["status"] == "returned" else "now"}
            for role in body["recipients"])],
        "judged": _judged(asking, body["evaluations"], body["year"]),
        "corrected": _judged(asking, body["corrected"], body["year"]),
        "seeks": funded(body["items"]) > 0,
        "last_year": _judged(asking, body["last_year"], body["year"] - 1),
        "offers": offered(asking, PLANS, plan_subject(asking, body)) if moment.is_now else [],
        "file_kinds": PLAN_FILES, "files": _files(body),
        "may_refile": moment.is_now and training_forms.why_not_refile_plan(asking, body) is None,
        "may_file": moment.is_now and body["organiser"] in _organisers(asking),
        "said": said, "events": told_events(plan, asking, said, position), "done": done_before(asking),
    }, {**body, **basis})


def _judged(asking: Asking, evaluations: Sequence[Mapping[str, Any]], year: int) -> list[dict[str, Any]]:
    """How departments judged the plan of a year, each by its name."""
    return [{**one, "year": year, "office_words": unit_name(asking, one["office"])} for one in evaluations]
