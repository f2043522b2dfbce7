"""Public courses in the console: the catalogue of a year and what of it is one's own, a course, an enrolment in full.

Persons choose a course for themselves, and are told why one cannot be chosen; the department that the law names
publishes courses and withdraws them. Of another's enrolment only an office sees anything, and says what for.
`tests/console/test_courses.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import course_hours, courses, events, exams, results, workload
from api.cases.doing import Asked, Done, Reading
from api.cases.faults import BadFields
from api.cases.standing import acting
from api.console import deeds, sending, words
from api.console.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Fault, Field, of_refusal
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.house import House
from api.law_of import law_now
from api.refusals import lines
from api.routes.schemas.courses import CourseBody, QuizBody
from api.tables_out import Table
from api.year_page import region
from ledger.errors import Refusal
from ledger.streams.course import Course
from ledger.streams.enrolment import Enrolment
from ledger.vocabulary import Category, format_hours
from policies.authority import NobodyRegisters
from policies.courses import course_law
from policies.words import base_vocabulary
from projections.exams import Wanted

ROWS: Final = 25
MOST: Final = 1_000
"""So many courses of a year are counted for the facets; where there are more, it is said."""

PURPOSE: Final = "course_hours"
ENROLMENTS: Final[Mapping[str, words.Mark]] = {
    "enrolled": ("open", "…", "学习中"), "completed": ("met", "✓", "已学完"), "registered": ("met", "✓", "已登记学时"),
    "cancelled": ("", "–", "已退选"),
}
_NOT: Final = {
    "course_learned": "往年已学过", "course_chosen": "今年已选一门", "course_withdrawn": "已停止选课",
    "course_not_of_year": "不是今年的课程",
}
_PUBLIC: Final = (Category.GENERAL_PUBLIC.value, Category.SECTOR_PUBLIC.value)
_FACETS: Final = ("category", "region")
_PAGE: Final = 200
_BAR: Final = 240


def listed(asking: Asking) -> Shown:
    """The catalogue of a year, and for a person what they chose."""
    house = asking.house
    moment = asked_moment(rest=("year", *_FACETS, "page"))
    position = moment.position(house)
    if isinstance(position, Refusal):
        return position
    today = workload.counted_on(house, moment.asked["as_of"])
    year = int(given) if (given := moment.rest.get("year", "")).isdecimal() and len(given) == 4 else today.year
    found = _of_year(asking, year, position)
    if isinstance(found, Refusal):
        return found
    own = own_studies(asking, position)
    if isinstance(own, Refusal):
        return own
    kept = [one for one in found if all(moment.rest.get(name) in (None, one[name]) for name in _FACETS)]
    pages = max(1, -(-len(kept) // ROWS))
    number = min(max(1, int(asked) if (asked := moment.rest.get("page", "")).isdecimal() else 1), pages)
    chosen = {one["course"]: one for one in own["enrolments"] if one["status"] != "cancelled"}
    may = moment.is_now and asking.capacity.is_person
    rows = [_row(asking, one, chosen.get(one["course"]), may=may) for one in kept[(number - 1) * ROWS:number * ROWS]]
    basis = house.answers.reflects(position)
    return Page("courses.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "kept": len(kept), "all": len(found),
        "more": len(found) >= MOST, "facets": _facets(found, moment), "year": year, "number": number, "pages": pages,
        "years": sorted({year - 1, year, min(year + 1, today.year + 1), today.year}), "own": own["enrolments"],
        "can_publish": moment.is_now and not asking.capacity.is_person and _publishes(asking),
    }, {"items": kept, "enrolments": own["enrolments"], **basis}, _table(kept, year, position, basis))


def _of_year(asking: Asking, year: int, position: int) -> list[dict[str, Any]] | Refusal:
    """The courses of a year, the newest first."""
    found: list[dict[str, Any]] = []
    after: tuple[Any, ...] | None = None
    while len(found) < MOST:
        page = exams.courses(asking.house, asking.caller, Wanted(year), as_of=position, after=after, limit=_PAGE)
        if isinstance(page, Refusal):
            return page
        found += page.items
        if (after := page.next) is None:
            break
    return sorted(found, key=lambda one: (one["withdrawn_on"] is not None, -one["event"]))


def own_studies(asking: Asking, position: int) -> dict[str, Any] | Refusal:
    """What a person chose and booked, told; of an office, nothing."""
    house, caller = asking.house, asking.caller
    if not asking.capacity.is_person:
        return {"enrolments": [], "bookings": []}
    found = exams.of_person(house, caller, caller.id, None, as_of=position)
    if isinstance(found, Refusal):
        return found
    known = {name: exams.course(house, caller, name, as_of=position)
             for name in {one["course"] for one in found["enrolments"]}}
    told = [_own(one, course) for one in reversed(found["enrolments"])
            if not isinstance(course := known[one["course"]], Refusal)]
    return {**found, "enrolments": told}


def _own(one: dict[str, Any], course: dict[str, Any]) -> dict[str, Any]:
    return {**one, "title": course["title"], "needed": course["minutes"], "hours": course["hours"],
            "region": course["region"], "sector": course["sector"],
            "state": ENROLMENTS[one["status"]], "subject": subject_of(course), "bar": bar(one["minutes"], course)}


def bar(minutes: int, course: Mapping[str, Any]) -> dict[str, Any]:
    """How far somebody has come, as a bar."""
    needed = int(course["minutes"])
    return {"width": _BAR, "have": min(_BAR, minutes * _BAR // needed), "is_full": minutes >= needed}


def subject_of(one: Mapping[str, Any]) -> str:
    """The subject of a course or a session, with its sector, in words."""
    vocabulary = base_vocabulary()
    named = vocabulary.categories.get(one["category"], one["category"])
    return named if one["sector"] is None else f"{named}（{vocabulary.sectors.get(one['sector'], one['sector'])}）"


def _row(asking: Asking, one: dict[str, Any], own: dict[str, Any] | None, *, may: bool) -> dict[str, Any]:
    tried = courses.enrol(asking.house, asking.caller, {"course": one["course"]}, Asked(dry_run=True)) if (
        may and own is None) else None
    return {**one, "subject": subject_of(one), "place": region(one["region"]), "own": own,
            "can": isinstance(tried, Done), "why": why_not(tried)}


def why_not(tried: Done | Refusal | None) -> str:
    """Why a course cannot be chosen, as short as a cell."""
    return _NOT.get(tried.code) or lines()[tried.code].title if isinstance(tried, Refusal) else ""


def _facets(found: Sequence[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    told: dict[str, Any] = {"category": base_vocabulary().categories.get, "region": region}
    facets = []
    for name, title in (("category", "科目"), ("region", "地区")):
        counted = Counter(one[name] for one in found)
        choices = [{"code": code, "words": told[name](code), "many": many} for code, many in counted.most_common()]
        if len(choices) > 1 or moment.rest.get(name):
            facets.append({"name": name, "title": title, "choices": choices})
    return facets


def _table(found: Sequence[dict[str, Any]], year: int, position: int, basis: Mapping[str, Any]) -> Table:
    heads = ("课程", "名称", "课件代码", "科目", "地区", "须学分钟", "学时", "停止选课")
    return Table("courses", f"{year} 年度公需科目课程目录", heads, [
        (one["course"], one["title"], one["code"], subject_of(one), region(one["region"]), one["minutes"], one["hours"],
         one["withdrawn_on"]) for one in found], position, basis["as_of_time"])


# A course


def course(asking: Asking, course: str) -> Shown:
    """One course: what it asks, and for a person whether they may choose it."""
    house, moment = asking.house, asked_moment()
    position = moment.position(house)
    if isinstance(position, Refusal):
        return position
    found = exams.course(house, asking.caller, course, as_of=position)
    if isinstance(found, Refusal):
        return found
    own = own_studies(asking, position)
    if isinstance(own, Refusal):
        return own
    mine = next((one for one in own["enrolments"] if one["course"] == course and one["status"] != "cancelled"), None)
    subject = _see_course(asking, course)
    if not isinstance(subject, Subject):
        return subject
    offered = deeds.offered(asking, COURSES, subject) if moment.is_now and mine is None else []
    tried = courses.enrol(house, asking.caller, {"course": course}, Asked(dry_run=True)) if (
        asking.capacity.is_person and moment.is_now and mine is None) else None
    basis = house.answers.reflects(position)
    return Page("course.html", {
        "moment": moment, "basis": told_basis(basis), "course": found, "facts": _facts(house, subject.state),
        "mine": mine, "offered": offered, "why": of_refusal(tried).words if isinstance(tried, Refusal) else None,
        "state": course_state(found["withdrawn_on"]), "done": done_before(asking), "law": _law(house, subject.state),
    }, {**found, **basis})


def course_state(withdrawn_on: Any) -> words.Mark:
    """Whether a course can be chosen."""
    return ("met", "✓", "可选") if withdrawn_on is None else ("", "–", "已停止选课")


def _facts(house: House, found: Course) -> list[tuple[str, str]]:
    published = found.published
    unit = house.answers.unit(published.unit)
    told = [("课件代码", published.code), ("科目", subject_of({"category": published.category.value,
                                                          "sector": published.sector})),
            ("年度", f"{published.year}"), ("地区", region(published.region)),
            ("发布部门", "" if unit is None else unit.names[-1].name), ("须学满", f"{published.minutes} 分钟"),
            ("合格后登记", f"{format_hours(published.hours_centi)} 学时"),
            ("选课", "同类课程每年选一门" if published.one_a_year else "不限门数"),
            ("计时", f"两次报到相隔超过 {published.gap_seconds} 秒的时间不计；每学 {published.challenge_minutes} 分钟"
                     f"提问一次，{published.gap_seconds} 秒内应答"),
            ("停止选课", "" if found.withdrawn_on is None else f"{found.withdrawn_on}")]
    return [(name, value) for name, value in told if value]


def _law(house: House, found: Course) -> list[dict[str, Any]]:
    """The words of the law of a course's place about how it is chosen, studied and examined."""
    published = found.published
    law = course_law(law_now(house.answers), house.today, published.region, published.sector, published.category.value)
    return [] if law.on_site is None else [{
        "document": words.documents(house).get(law.rulebook or "", ""), "article": law.on_site.article,
        "quote": law.on_site.quote, "what": law.on_site.what}]


def _see_course(asking: Asking, course: str) -> Subject | Refusal:
    reading = Reading(asking.house.ledger)
    found = courses.course_of(reading, course)
    if found is None:
        return Refusal.because("course_absent")
    version = reading.versions[found.published.stream]
    own = asking.capacity.is_person
    stands = [("我的选课", "没有选")] if own else [("状态", course_state(found.withdrawn_on))]
    return Subject(course, f"/courses/{course}", found.published.title, None if own else version, stands, _becomes,
                   state=found)


def _becomes(state: Any) -> deeds.Pairs:
    """What a course comes to, or the enrolment that begins with it."""
    if isinstance(state, Enrolment):
        return [("我的选课", ENROLMENTS[state.status])]
    return [("状态", course_state(state.withdrawn_on))]


COURSES: Final = Room(_see_course, deeds.named(
    Deed("enrolment", "选课", lambda house, caller, course, asked: courses.enrol(
        house, caller, {"course": course}, asked), look="main", is_own=True,
         note="选课后可以开始学习。尚未开始学习的，可以退选；开始学习之后不能退选。"),
    Deed("withdrawal", "停止选课", courses.withdraw, look="bad",
         note="从今天起不再接受新的选课，已选的可继续学完。记为一个事件，不能删除。"),
))


# An enrolment


def enrolment(asking: Asking, enrolment: str) -> Shown:
    """One enrolment: how far it has come, what comes next, its events."""
    house = asking.house
    moment = asked_moment((), ("purpose",))
    purpose = None if asking.capacity.is_person else moment.rest.get("purpose")
    if purpose is None and not asking.capacity.is_person:
        return Page("purpose.html", {"purposes": {PURPOSE: "课程学时登记", **words.PURPOSES},
                                     "action": f"/enrolments/{enrolment}", "kept": {}})
    subject = _see_enrolment(asking, enrolment)
    if not isinstance(subject, Subject):
        return subject
    position = house.settled() or house.answers.position()
    if isinstance(position, Refusal):
        return position
    found: Enrolment = subject.state
    chosen = courses.course_of(Reading(house.ledger), found.course)
    assert chosen is not None, "an enrolment is in a course that was published"
    told = courses.enrolment_view(found)
    own = own_studies(asking, position)
    bookings = [] if isinstance(own, Refusal) else [one for one in own["bookings"] if one["enrolment"] == enrolment]
    said = events.events_of(house, enrolment)["items"]
    return Page("enrolment.html", {
        "told": told, "course": chosen.published, "state": ENROLMENTS[told["status"]], "id": enrolment,
        "subject": subject_of(told), "place": region(told["region"]),
        "bar": bar(told["minutes"], {"minutes": chosen.published.minutes}), "bookings": bookings,
        "offered": deeds.offered(asking, ENROLMENT, subject), "done": done_before(asking),
        "events": [_event(one) for one in reversed(said)], "purpose": purpose, "law": _law(house, chosen),
        "is_brief": "brief" in request.args,
    }, {**told, "version": subject.version, "bookings": bookings})


def _event(one: Mapping[str, Any]) -> dict[str, Any]:
    """An event in one line."""
    event, about = one["event"], ""
    if str(event["type"]).startswith("enrolment.study_recorded/"):
        about = f"{event['minutes']} 分钟；提问 {event['challenges']} 次，答对 {event['answered']} 次"
    return {**words.event(one, {}), "about": about}


def _see_enrolment(asking: Asking, enrolment: str) -> Subject | Refusal:
    purpose = None if asking.capacity.is_person else request.values.get("purpose") or PURPOSE
    seen = courses.see(asking.house, asking.caller, enrolment, purpose)
    if isinstance(seen, Refusal):
        return seen
    found = courses.enrolment_of(Reading(asking.house.ledger), enrolment)
    assert found is not None, "what was seen is there"
    chosen = courses.course_of(Reading(asking.house.ledger), found.course)
    title = "" if chosen is None else chosen.published.title
    return Subject(enrolment, f"/enrolments/{enrolment}", title, seen[1], _stands(found), _after, purpose, found)


def _stands(found: Enrolment) -> deeds.Pairs:
    quiz = "—" if found.quiz is None else (
        f"{format_hours(found.quiz.score_centi)} 分，{'合格' if found.quiz.passed else '不合格'}")
    return [("状态", ENROLMENTS[found.status]), ("已学", f"{found.minutes} 分钟"), ("课程考核", quiz),
            ("学时登记", found.claim or "—")]


def _after(state: Any) -> deeds.Pairs:
    """What an enrolment comes to; of hours that are registered, the claim that stands for them."""
    if isinstance(state, Enrolment):
        return _stands(state)
    return [("状态", ENROLMENTS["registered"]), ("学时登记", state.claim)]


def _quiz(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("score", "分数", "decimal", is_required=True),
            Field("pass_mark", "合格线", "decimal", is_required=True, value="60"), ANNOUNCED)


ANNOUNCED: Final = Field("announced_on", "公布之日", "date", hint="不写即今天")
"""The day on which a result was announced, which is that of its hours."""


ENROLMENT: Final = Room(_see_enrolment, deeds.named(
    Deed("cancellation", "退选", courses.cancel, look="bad", is_own=True,
         note="退选记为一个事件；当年可以另选一门。"),
    Deed("hours", "登记学时", course_hours.register, look="main", is_own=True,
         note="一门课程的学时只登记一次，登记后见学时申报。"),
    Deed("quiz", "登记考核成绩", results.examine, QuizBody, _quiz,
         lambda _, __: {"score": 0, "pass_mark": 1}, look="main", depends=True,
         note="合格而由系统登记的，学时随之登记。记为事件，不能删除。"),
    Deed("registration", "登记学时", course_hours.register, look="main",
         note="一门课程的学时只登记一次；登记有误的，另行更正。"),
))


# Publishing


def _publishes(asking: Asking) -> bool:
    return next(iter(places(asking)), None) is not None


def places(asking: Asking) -> Iterable[tuple[str, str]]:
    """For which places and subjects an office may publish courses, by trying; as a form holds and shows them."""
    actor = acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return
    sectors, tried = law_now(asking.house.answers).vocabulary.sectors, set[tuple[str, str, str]]()
    for scope in actor.scopes:
        for category in _PUBLIC if scope.category is None else (scope.category,):
            wanted = [""] if category == Category.GENERAL_PUBLIC else [scope.sector] if scope.sector else list(sectors)
            for sector in wanted:
                place = (scope.region.ljust(6, "0"), category, sector)
                if place not in tried and _may_publish(asking, place):
                    yield "|".join(place), f"{region(place[0])} · " + subject_of(
                        {"category": category, "sector": sector or None})
                tried.add(place)


def _may_publish(asking: Asking, place: tuple[str, str, str]) -> bool:
    code, category, sector = place
    if category not in _PUBLIC:
        return False
    law = course_law(law_now(asking.house.answers), asking.house.today, code, sector or None, category)
    fields = {"region": code, "category": category, "year": asking.house.today.year, "code": "-", "title": "-",
              "minutes": 1, "hours": law.hours_centi or 100} | ({"sector": sector} if sector else {})
    try:
        return isinstance(courses.publish(asking.house, asking.caller, fields, Asked(dry_run=True)), Done)
    except (BadFields, NobodyRegisters):
        return False


def _fields(asking: Asking) -> list[Field]:
    known, today = tuple(places(asking)), asking.house.today
    return [
        Field("place", "地区和科目", "choice", known, is_required=True, value=known[0][0] if len(known) == 1 else ""),
        Field("year", "课程年度", "number", is_required=True, value=str(today.year)),
        Field("title", "名称", is_required=True, most=200),
        Field("code", "课件代码", hint="同一课件历年用同一代码：学过的不能再选", is_required=True, most=64),
        Field("minutes", "须学满的分钟数", "number", is_required=True),
        Field("hours", "标注的学时", "decimal", hint="当地细则规定了学时的，从规定", is_required=True),
        Field("gap_seconds", "间隔上限（秒）", "number", hint="两次报到相隔超过的不计；不得宽于当地细则"),
        Field("challenge_minutes", "提问间隔（分钟）", "number", hint="每学多少分钟须应答一次；不得宽于当地细则"),
    ]


def placed(fields: Sequence[Field], typed: MultiDict[str, str]) -> tuple[list[Field], MultiDict[str, str]]:
    """What was typed, with the place as its parts: region, subject, sector."""
    given = MultiDict(typed)
    parts = dict(zip(("region", "category", "sector"), typed.get("place", "").split("|"), strict=False))
    given.update({name: value for name, value in parts.items() if value})
    return [*(one for one in fields if one.name != "place"), *(Field(name, "地区和科目") for name in
                                                             ("region", "category", "sector"))], given


def new(asking: Asking) -> Shown:
    """The form of a course that is to be published."""
    return _form(asking, MultiDict(), [])


def publish(asking: Asking) -> Shown:
    """Read what would be published; then publish it."""
    typed = request.form
    fields, given = placed(_fields(asking), typed)
    content, faults = deeds.read(CourseBody, fields, given)
    if faults or not typed.get("place"):
        return _form(asking, typed, at_place(faults, typed))
    is_for_real = typed.get("step") == "do"
    asked = sending.asked(asking.house, asking.caller, dry_run=not is_for_real)
    try:
        came = courses.publish(asking.house, asking.caller, content, asked)
    except BadFields as bad:
        return _form(asking, typed, deeds.faults_at(fields, (one._asdict() for one in bad.faults)))
    if isinstance(came, Refusal):
        return _form(asking, typed, [of_refusal(came, words.documents(asking.house))])
    if is_for_real and came.receipt is not None:
        return onward(f"/courses/{came.stream}?done={came.receipt.positions[0]}")
    if typed.get("step") != "check":
        return _form(asking, typed, [])
    return Page("course_check.html", {
        "title": came.state.published.title, "facts": _facts(asking.house, came.state), "action": "/courses/new",
        "law": _law(asking.house, came.state), "before": courses.years_before(asking.house, came), "verb": "发布课程",
        "carried": carried(typed), "note": "发布后进入当年目录，可以停止选课，不能删除。", "kind": "课程",
    })


def carried(typed: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What a check page takes along, unseen."""
    return [(name, value) for name, value in typed.items(multi=True)
            if name not in (sending.KEY, sending.VERSION, "step")]


def at_place(faults: Sequence[Fault], typed: MultiDict[str, str]) -> list[Fault]:
    """What is wrong with the parts of a place, once, at the field that was shown."""
    others = [one for one in faults if one.field not in ("region", "category", "sector")]
    return others if typed.get("place") else [Fault("place", "地区和科目：请选择。"), *others]


def _form(asking: Asking, typed: MultiDict[str, str], faults: Sequence[Fault]) -> Shown:
    fields = _fields(asking)
    if not fields[0].options:
        return Refusal.because("outside_scope")
    return Page("learning_form.html", {
        "title": "发布课程", "fields": deeds.filled(fields, typed, faults), "faults": faults, "action": "/courses/new",
        "back": "/courses"}, status=422 if faults else 200)
