"""One class: what was filed, what the law makes of that, what came of it, and what can be done about it.

Words that were said to its organiser are for its own people and for the office it filed with.
`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.cases.belonging.ended import words_of
from api.cases.doing import Reading
from api.cases.training import roster_offices, trainings
from api.console.claiming.claim import done_before
from api.console.deeds import offered
from api.console.moment import asked_moment
from api.console.records import passage_of, unit_name
from api.console.screen import Asking, Page, Shown
from api.console.training import training_forms
from api.console.training.papers_filed import papers_here
from api.console.training.training_deeds import CLASS_MARKS, CLASSES, ROSTER_MARKS, class_subject
from api.console.training.training_papers import wanted
from api.console.words import Mark, documents
from api.words.codes import CLASS_FILES
from api.words.telling import role as role_name
from api.words.year_page import basis_view, region
from ledger.errors import Refusal
from policies.words import base_vocabulary
from projections import trainings_reading

_EFFECTS: Final[Mapping[str | None, Mark]] = {
    None: ("met", "✓", "及时"), "late_filing": ("open", "!", "逾期，计入并标注"),
    "not_filed": ("short", "✗", "逾期，不计"),
}


def training_class(asking: Asking, training_class: str) -> Shown:
    """One class: as filed, as held, who was registered for it."""
    house = asking.house
    moment = asked_moment(("as_of", "law"))
    body = trainings.training_class(house, asking.caller, training_class, moment.read())
    if isinstance(body, Refusal):
        return body
    basis = body["basis"]
    offers = offered(asking, CLASSES, class_subject(body)) if moment.is_now else []
    said, books = body["said"], documents(house)
    return Page("training_class.html", {
        "moment": moment, "basis": basis_view(basis), "one": body, "state": CLASS_MARKS[body["status"]],
        "facts": _class_facts(asking, body), "other_year": _other_year(asking, body),
        "counts": _counts(body), "differs": _differs(body),
        "duties": [{**one, "mark": _EFFECTS.get(one["effect"], ("open", "!", one["effect"])),
                    "document": books.get(one["rulebook"], one["rulebook"])} for one in body["duties"]],
        "wanted": wanted(house, body["papers"]), "way": _class_way(body), "offers": offers,
        "done": done_before(asking), "said": said,
        "events": passage_of(house, training_class, basis["as_of"], said), "roster_marks": ROSTER_MARKS,
        "may_refile": moment.is_now and training_forms.why_not_refile_class(asking, body) is None,
        "may_try": moment.is_now and training_forms.why_not_register(asking, training_class) is None,
        "may_register": moment.is_now and roster_offices.registers(house, asking.caller, training_class),
        "may_certify": moment.is_now and training_forms.may_certify(asking, training_class),
        "sees_people": trainings.may_see_people(house, asking.caller, training_class) is None,
        "is_open": any(each["status"] == "open" for each in body["rosters"]),
        "file_kinds": CLASS_FILES,
        "files": papers_here(body),
    }, body)


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
        ("备案号", one["number"]), ("备案部门", unit_name(asking.house, one["office"])), ("批准文号", one["approval"]),
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
