"""Exam sessions in the console: the plan with its free seats, one's own seats, a session in full (W 10).

Persons book a seat for a course that they completed; the office that holds the exam closes the session or calls it off.
Who has booked stands in `api.console.learning.sitting`. `tests/console/test_exam_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from api.cases import workload
from api.cases.doing import Asked, Done, Reading
from api.cases.learning import exams, results, seats
from api.console import deeds, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field, of_refusal
from api.console.learning import moving
from api.console.learning.learning import (
    BOOKINGS,
    EXAMS,
    MOST,
    bar,
    every,
    facets,
    in_order,
    kept,
    own_studies,
    page_of,
    publishes,
    subject_of,
    year_asked,
)
from api.console.learning.seat_map import runs, seat_map
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.paper.tables_out import Table
from api.refusals.refusals import line_of
from api.routes.schemas.seats import BookBody, MoveBody
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.streams.exam import Booking
from projections.exams import Wanted

PURPOSE: Final = "exam_results"
_NOT: Final = {
    "booking_over": "报名已截止", "exam_full": "已满", "turn_taken": "已有一次报名", "exam_closed": "已结束",
    "exam_of_another_course": "不考您学完的课程", "hours_registered": "学时已登记",
}
_SORTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "day": lambda one: (one["day"], one["starts"]), "free": lambda one: one["free"],
    "until": lambda one: one["book_until"],
}
_RUNS_MOST: Final = 6
_FITS: Final = ("year", "category", "region", "sector")


class SeatBody(BookBody):
    """Which seat somebody takes in the session whose page it is, for which course."""

    class Meta:
        exclude = ("exam",)


def listed(asking: Asking) -> Shown:
    """The plan of exams, and for a person their own seats."""
    house, moment = asking.house, asked_moment(rest=("year", "category", "region", "when", "sort", "page"))
    position = moment.position(house)
    today = workload.counted_on(house, moment.asked["as_of"])
    year = year_asked(moment, today.year)
    found = every(lambda after, limit: exams.exams(
        house, asking.caller, Wanted(year), as_of=position, after=after, limit=limit))
    if isinstance(found, Refusal):
        return found
    if isinstance(own := own_studies(asking, position), Refusal):
        return own
    coming = [one for one in found if one["status"] == "scheduled" and one["day"] >= today.isoformat()]
    is_past = moment.rest.get("when") == "past"
    chosen = [one for one in reversed(found) if one not in coming] if is_past else coming
    left = in_order(kept(chosen, moment), moment, _SORTS)
    number, pages, shown = page_of(left, moment)
    may = moment.is_now and asking.capacity.is_person and not is_past
    basis = house.answers.reflects(position)
    return Page("exams.html", {
        "moment": moment, "basis": told_basis(basis), "kept": len(left), "all": len(chosen), "number": number,
        "rows": [_row(asking, one, own, today, may=may) for one in shown], "pages": pages, "more": len(found) >= MOST,
        "facets": facets(chosen, moment), "year": year, "years": sorted({year - 1, year, today.year}),
        "bookings": own["bookings"], "completed": [one for one in own["enrolments"] if one["status"] == "completed"],
        "coming": len(coming), "past": len(found) - len(coming), "is_past": is_past,
        "can_publish": moment.is_now and publishes(asking),
    }, {"items": left, "bookings": own["bookings"], **basis}, _table(left, year, position, basis))


def _row(asking: Asking, one: dict[str, Any], own: dict[str, Any], today: date, *, may: bool) -> dict[str, Any]:
    held = (seat for seat in own["bookings"] if seat["status"] != "released")
    mine = next((seat for seat in held if seat["exam"] == one["exam"]), None)
    tried = _tried(asking, one, own["enrolments"]) if may and mine is None else None
    why = _NOT.get(tried.code) or line_of(tried).title if isinstance(tried, Refusal) else ""
    return {**one, "subject": subject_of(one), "at": region(one["region"]), "mine": mine, "state": _state(one, today),
            "can": isinstance(tried, Done), "why": why, "bar": bar(one["taken"], one["seats"])}


def _tried(asking: Asking, exam: Mapping[str, Any], enrolments: Sequence[dict[str, Any]]) -> Done | Refusal | None:
    """Whether a person may book a seat for something that they completed, or why not; None: they completed nothing."""
    told = None
    for one in fitting(exam, enrolments):
        tried = seats.book(asking.house, asking.caller, {"exam": exam["exam"], "enrolment": one["enrolment"]},
                           Asked(dry_run=True))
        if isinstance(tried, Done):
            return tried
        told = told or tried  # Of several the one that fits says why.
    return told


def fitting(exam: Mapping[str, Any], enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What somebody completed, those first that the session examines."""
    def fits(one: dict[str, Any]) -> bool:
        return [one[name] for name in _FITS] == [exam[name] for name in _FITS]

    done = [one for one in enrolments if one["status"] == "completed" or (one["status"] == "registered" and fits(one))]
    return sorted(done, key=lambda one: not fits(one))


def _table(found: Sequence[dict[str, Any]], year: int, position: int, basis: Mapping[str, Any]) -> Table:
    heads = ("场次", "日期", "开始", "结束", "科目", "地区", "地点", "座位", "已占", "空余", "报名截止", "状态")
    return Table("exams", f"{year} 年度公需科目考试计划", heads, [
        (one["exam"], one["day"], one["starts"], one["ends"], subject_of(one), region(one["region"]), one["place"],
         one["seats"], one["taken"], one["free"], one["book_until"], EXAMS[one["status"]][2]) for one in found],
        position, basis["as_of_time"])


# A session


def exam(asking: Asking, exam: str) -> Shown:
    """One session: when and where, its seats, one's own among them, and what came of it."""
    house, moment = asking.house, asked_moment()
    position = moment.position(house)
    found = exams.exam(house, asking.caller, exam, as_of=position)
    taken = exams.seats_taken(house, asking.caller, exam, as_of=position)
    own = own_studies(asking, position)
    subject = _see(asking, exam)
    if isinstance(found, Refusal) or isinstance(own, Refusal) or isinstance(subject, Refusal) \
            or isinstance(taken, Refusal):
        return next(one for one in (found, own, subject, taken) if isinstance(one, Refusal))
    mine = [one for one in own["bookings"] if one["exam"] == exam]
    holds = any(one["status"] != "released" for one in mine)
    is_open = moment.is_now and not holds
    tried = _tried(asking, found, own["enrolments"]) if is_open and asking.capacity.is_person else None
    basis = house.answers.reflects(position)
    return Page("exam.html", {
        "map": seat_map(found["seats"], taken, [one["seat"] for one in mine if one["status"] != "released"]),
        "moment": moment, "basis": told_basis(basis), "exam": found, "mine": mine,
        "facts": facts(house, found | {"full_mark": subject.state["full_mark"]}),
        "state": _state(found, workload.counted_on(house, moment.asked["as_of"])),
        "bar": bar(found["taken"], found["seats"]), "done": done_before(asking),
        "offered": deeds.offered(asking, ROOM, subject) if is_open else [], "holds": holds,
        "why": of_refusal(tried).words if isinstance(tried, Refusal) else None,
        "is_open": found["status"] == "scheduled", "can_list": _lists(asking, exam, position),
        "can_enter": moment.is_now and no_list(asking, found) is None, "purpose": PURPOSE,
    }, {**found, "seats_taken": taken, **basis})


def facts(house: House, exam: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A session as its page tells it."""
    unit = house.answers.unit(exam["unit"])
    told = [("时间", f"{exam['day']} {exam['starts']}–{exam['ends']}"), ("地点", exam["place"]),
            ("科目", subject_of(exam)), ("所考课程", f"{exam['year']} 年度，{region(exam['region'])}"),
            ("主办部门", "" if unit is None else unit.names[-1].name), ("座位", f"{exam['seats']}"),
            ("报名截止", f"{exam['book_until']}（当日仍可报名、退座）"), ("合格线", _marks(exam)),
            ("改期、改场地", f"{exam['moves']} 次" if exam["moves"] else ""),
            ("再考", "缺考或不合格的，当年可以再考" if exam["resits"] else "当年不再考")]
    return [(name, value) for name, value in told if value]


def _state(exam: Mapping[str, Any], today: date) -> words.Mark:
    """How a session stands; one whose day has passed waits for its results and no more for its people."""
    is_over = exam["status"] == "scheduled" and str(exam["day"]) < today.isoformat()
    return ("open", "…", "已考，待结束") if is_over else EXAMS[exam["status"]]


def _marks(exam: Mapping[str, Any]) -> str:
    full = exam.get("full_mark")
    return f"{exam['pass_mark']} 分" + (f"，满分 {full} 分" if full else "")


def _lists(asking: Asking, exam: str, position: int) -> bool:
    """Whether somebody may look at who has booked: nobody is looked at as long as no purpose is said."""
    if asking.capacity.is_person:
        return False
    told = seats.of_exam(asking.house, asking.caller, exam, None, as_of=position)
    return isinstance(told, Refusal) and told.code == "purpose_missing"


def no_list(asking: Asking, exam: Mapping[str, Any]) -> Refusal | None:
    """What keeps somebody from entering a list of results, found by trying one row; before the day none stands."""
    house, one = asking.house, {"file": b'{"seat": 1, "score": "0"}'}
    tried = results.enter(house, asking.caller, exam["exam"], one, Asked(dry_run=True))
    if isinstance(tried, Refusal):
        return tried
    if exam["status"] != "scheduled":
        return Refusal.because("exam_closed", held=exam["status"] == "held")
    if str(exam["day"]) > house.today.isoformat():
        return Refusal.because("exam_not_held_yet", day=exam["day"])
    return None


def _see(asking: Asking, exam: str) -> Subject | Refusal:
    reading = Reading(asking.house.ledger)
    found = seats.exam_of(reading, exam)
    if found is None:
        return Refusal.because("exam_absent")
    is_own = asking.capacity.is_person  # What begins is their booking; of the session nothing changes.
    view = seats.exam_view(found)
    title = f"{view['day']} {view['starts']}–{view['ends']} {view['place']}"
    stands = [("我的座位", "没有报名")] if is_own else _stands(view)
    return Subject(exam, f"/exams/{exam}", title, None if is_own else reading.versions[found.scheduled.stream], stands,
                   _becomes, state=view)


def _becomes(state: Any) -> deeds.Pairs:
    """What a session comes to, or the booking that begins with it; which seat it will be is not known before."""
    if isinstance(state, Booking):
        return [("我的座位", BOOKINGS[state.status])]
    return _stands(seats.exam_view(state))


def _stands(view: Mapping[str, Any]) -> deeds.Pairs:
    return [("状态", EXAMS[view["status"]]), *moving.stands(view)]


def _book_fields(asking: Asking, subject: Subject) -> Sequence[Field]:
    position = asking.house.settled() or asking.house.answers.position()
    own = position if isinstance(position, Refusal) else own_studies(asking, position)
    known = [] if isinstance(own, Refusal) else fitting(subject.state, own["enrolments"])
    options = tuple((one["enrolment"], f"{one['title']}（{one['year']}）") for one in known)
    first = options[0][0] if options else ""
    return (Field("enrolment", "为哪门课程", "choice", options, is_required=True, value=first),
            Field("seat", "座位号", "number", hint=_free_words(asking, subject)))


def _free_words(asking: Asking, subject: Subject) -> str:
    """Which seats somebody may choose, in a few words; where there are many runs, the first of them."""
    seats = subject.state["seats"]
    taken = exams.seats_taken(asking.house, asking.caller, subject.id, as_of=asking.house.answers.position())
    free = runs(sorted({*range(1, seats + 1)} - {*([] if isinstance(taken, Refusal) else taken)}))
    told = "、".join(free.split("、")[:_RUNS_MOST]) + ("……" if free.count("、") >= _RUNS_MOST else "")
    return f"空座：{told}；不填即由系统分配" if free else "已满"


def _book_tried(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    return {"enrolment": _book_fields(asking, subject)[0].value}


ROOM: Final = Room(_see, deeds.named(
    Deed("booking", "报名", lambda house, caller, exam, fields, asked: seats.book(
        house, caller, {"exam": exam, **fields}, asked), SeatBody, _book_fields, _book_tried, look="main", is_own=True,
         note="一个座位只属于一个人，先到先得。报名截止前可以退座。"),
    Deed("move", "改期、改场地", seats.move, MoveBody, moving.fields, moving.tried, depends=True,
         note="已报名的座位不变，报名的人在工作台上看到新的时间和地点，考完之前可以退座，不算一次考试。不能改到另一年度。"),
    Deed("closing", "结束场次", lambda house, caller, exam, asked: seats.close(
        house, caller, exam, {"held": True}, asked),
         note="已举行，各人都有结果之后结束。结束后不再登记成绩，只能更正。"),
    Deed("calling-off", "取消场次", lambda house, caller, exam, asked: seats.close(
        house, caller, exam, {"held": False}, asked), look="bad",
         note="座位全部退回，已报名的人可另报场次。记为事件，不能撤回。"),
))
