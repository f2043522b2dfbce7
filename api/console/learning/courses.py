"""Public courses in the console: the catalogue of a year and what of it is one's own, and a course in full.

Persons choose a course for themselves, and are told why one cannot be chosen; the department that the law names
publishes courses (`api.console.learning.publishing`) and withdraws them. `tests/console/test_course_screens.py` shows
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from api.cases import workload
from api.cases.doing import Asked, Done, Reading
from api.cases.learning import courses, exams
from api.console import deeds
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import of_refusal
from api.console.learning.learning import (
    ENROLMENTS,
    MOST,
    every,
    facets,
    in_order,
    kept,
    own_studies,
    page_of,
    publishes,
    rules_of,
    subject_of,
    year_asked,
)
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark
from api.house import House
from api.paper.tables_out import Table
from api.refusals.refusals import line_of
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.streams.course import Course
from ledger.streams.enrolment import Enrolment
from ledger.vocabulary import format_hours
from projections.exams import Wanted

_NOT: Final = {
    "course_learned": "往年已学过", "course_enrolled": "已选", "course_chosen": "今年已选一门",
    "course_withdrawn": "已停止选课", "course_not_of_year": "不是今年的课程",
}

_SORTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": lambda one: one["title"], "minutes": lambda one: one["minutes"],
    "hours": lambda one: Decimal(one["hours"]),
}
P_10: Final = "浙人社发〔2016〕63号第十条"


def listed(asking: Asking) -> Shown:
    """The catalogue of a year, and for a person what they chose."""
    house, moment = asking.house, asked_moment(rest=("year", "category", "region", "sort", "page"))
    position = moment.position(house)
    today = workload.counted_on(house, moment.asked["as_of"]).year
    year = year_asked(moment, today)
    found = every(lambda after, limit: exams.courses(
        house, asking.caller, Wanted(year), as_of=position, after=after, limit=limit))
    if isinstance(found, Refusal):
        return found
    if isinstance(own := own_studies(asking, position), Refusal):
        return own
    found.sort(key=lambda one: (one["withdrawn_on"] is not None, -one["event"]))
    left = in_order(kept(found, moment), moment, _SORTS)
    number, pages, shown = page_of(left, moment)
    chosen = {one["course"]: one for one in own["enrolments"] if one["status"] != "cancelled"}
    may = moment.is_now and asking.capacity.is_person
    basis = house.answers.reflects(position)
    return Page("courses.html", {
        "moment": moment, "basis": told_basis(basis), "kept": len(left), "all": len(found), "number": number,
        "rows": [_row(asking, one, chosen.get(one["course"]), may=may) for one in shown], "pages": pages,
        "more": len(found) >= MOST, "facets": facets(found, moment), "year": year, "own": own["enrolments"],
        "years": sorted({year - 1, year, min(year + 1, today + 1), today}),
        "can_publish": moment.is_now and publishes(asking), "refreshed": _refreshed(left),
    }, {"items": left, "enrolments": own["enrolments"], **basis}, _table(left, year, position, basis))


def _refreshed(found: Sequence[dict[str, Any]]) -> str:
    """How many of a catalogue's courses are new this year (P 10), to whoever learns and whoever answers for them."""
    if not found:
        return ""
    new = sum(not one["years_before"] for one in found)
    old = len(found) - new
    told = f"其中 {new} 门是新课件，{old} 门往年也在当地的目录中" if new else "都是往年也在当地目录中的课件，没有新的"
    return f"每年更新一批学习课件（{P_10}）：这里 {len(found)} 门，{told}。"


def _row(asking: Asking, one: dict[str, Any], own: dict[str, Any] | None, *, may: bool) -> dict[str, Any]:
    tried = _tried(asking, one["course"]) if may and own is None else None
    why = _NOT.get(tried.code) or line_of(tried).title if isinstance(tried, Refusal) else ""
    return {**one, "subject": subject_of(one), "place": region(one["region"]), "own": own,
            "can": isinstance(tried, Done), "why": why}


def _tried(asking: Asking, course: str) -> Done | Refusal:
    """Whether a person may choose a course, or why not."""
    return courses.enrol(asking.house, asking.caller, {"course": course}, Asked(dry_run=True))


def _table(found: Sequence[dict[str, Any]], year: int, position: int, basis: Mapping[str, Any]) -> Table:
    heads = ("课程", "名称", "课件代码", "科目", "地区", "须学分钟", "学时", "停止选课",
             "此前年度")
    return Table("courses", f"{year} 年度公需科目课程目录", heads, [
        (one["course"], one["title"], one["code"], subject_of(one), region(one["region"]), one["minutes"], one["hours"],
         one["withdrawn_on"], "、".join(map(str, one["years_before"]))) for one in found
    ], position, basis["as_of_time"])


# A course


def course(asking: Asking, course: str) -> Shown:
    """One course: what it asks, and for a person whether they may choose it."""
    house, moment = asking.house, asked_moment()
    position = moment.position(house)
    found = exams.course(house, asking.caller, course, as_of=position)
    own = own_studies(asking, position)
    subject = _see(asking, course)
    if isinstance(found, Refusal) or isinstance(own, Refusal) or isinstance(subject, Refusal):
        return next(one for one in (found, own, subject) if isinstance(one, Refusal))
    mine = next((one for one in own["enrolments"] if one["course"] == course and one["status"] != "cancelled"), None)
    is_open = moment.is_now and mine is None
    tried = _tried(asking, course) if is_open and asking.capacity.is_person else None
    basis = house.answers.reflects(position)
    return Page("course.html", {
        "moment": moment, "basis": told_basis(basis), "course": found,
        "facts": [*facts(house, subject.state), ("此前年度", _stood(found["years_before"]))],
        "mine": mine, "offered": deeds.offered(asking, ROOM, subject) if is_open else [],
        "why": of_refusal(tried).words if isinstance(tried, Refusal) else None, "done": done_before(asking),
        "state": _state(found["withdrawn_on"]), "law": rules_of(house, subject.state.published),
    }, {**found, **basis})


def _stood(years: Sequence[int]) -> str:
    if not years:
        return "没有：是新课件"
    return f"同一课件在 {'、'.join(map(str, years))} 年度的目录中；学过的人不能再选"


def facts(house: House, found: Course) -> list[tuple[str, str]]:
    """A course as its page tells it."""
    published = found.published
    unit = house.answers.unit(published.unit)
    told = [("课件代码", published.code),
            ("科目", subject_of({"category": published.category.value, "sector": published.sector})),
            ("年度", f"{published.year}"), ("地区", region(published.region)),
            ("发布部门", "" if unit is None else unit.names[-1].name), ("须学满", f"{published.minutes} 分钟"),
            ("合格后登记", f"{format_hours(published.hours_centi)} 学时"),
            ("选课", "同类课程每年选一门" if published.one_a_year else "不限门数"),
            ("计时", f"两次报到相隔超过 {published.gap_seconds} 秒的时间不计"),
            ("提问", f"每学 {published.challenge_minutes} 分钟一次，{published.gap_seconds} 秒内应答"),
            ("停止选课", "" if found.withdrawn_on is None else f"{found.withdrawn_on}")]
    return [(name, value) for name, value in told if value]


def _state(withdrawn_on: Any) -> Mark:
    return ("met", "✓", "可选") if withdrawn_on is None else ("", "–", "已停止选课")


def _see(asking: Asking, course: str) -> Subject | Refusal:
    reading = Reading(asking.house.ledger)
    found = courses.course_of(reading, course)
    if found is None:
        return Refusal.because("course_absent")
    is_own = asking.capacity.is_person  # What begins is their enrolment; of the course nothing changes.
    version = None if is_own else reading.versions[found.published.stream]
    stands = [("我的选课", "没有选")] if is_own else [("状态", _state(found.withdrawn_on))]
    return Subject(course, f"/courses/{course}", found.published.title, version, stands, _becomes, state=found)


def _becomes(state: Any) -> deeds.Pairs:
    """What a course comes to, or the enrolment that begins with it."""
    if isinstance(state, Enrolment):
        return [("我的选课", ENROLMENTS[state.status])]
    return [("状态", _state(state.withdrawn_on))]


ROOM: Final = Room(_see, deeds.named(
    Deed("enrolment", "选课", lambda house, caller, course, asked: courses.enrol(
        house, caller, {"course": course}, asked), look="main", is_own=True,
         note="选课后可以开始学习。尚未开始学习的，可以退选；开始学习之后不能退选。"),
    Deed("withdrawal", "停止选课", courses.withdraw, look="bad",
         note="从今天起不再接受新的选课，已选的可继续学完。记为一个事件，不能删除。"),
))
