"""Who sits an exam: one seat with its result, everyone of a session for the office that holds it, results by a list.

Whoever is on the list is named masked, and is recorded as seen for the purpose that was said; their results are entered
one by one or as a file, which is read whole before anything of it is entered.

`tests/console/test_exam_screens.py` shows it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import marshmallow as ma
from flask import request

from api.cases import events
from api.cases.doing import Asked, Reading
from api.cases.learning import courses, exams, results, seats
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Fault, Field, of_refusal
from api.console.learning import moving
from api.console.learning.exams import PURPOSE, no_list
from api.console.learning.learning import ANNOUNCED, BOOKINGS
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.house import House
from api.paper.saved import attached
from api.paper.tables_out import Table
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.routes.rosters import WORKBOOK
from api.routes.schemas.seats import ResultBody, ResultCorrectionBody, ResultsBody
from api.routes.sent import faults_of
from api.words.codes import RELEASING
from ledger.errors import Refusal
from ledger.streams.claim import Status
from ledger.streams.exam import Booking, evolve_booking
from ledger.vocabulary import format_hours

SENT_MOST: Final = 2 * 1024 * 1024


# A seat


def booking(asking: Asking, booking: str) -> Shown:
    """One booking: the seat, the result, what can be done."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    if asking.purpose is None and not asking.capacity.is_person:
        return Refusal.because("purpose_missing")
    if isinstance(subject := _see(asking, booking), Refusal):
        return subject
    loaded = house.ledger.load(booking, evolve_booking, as_of=position)
    if (found := loaded.state) is None:
        return Refusal.because("booking_absent")
    exam = exams.exam(house, asking.caller, found.booked.exam, as_of=position)
    if isinstance(exam, Refusal):
        return exam
    course = exams.course(house, asking.caller, found.booked.course, as_of=position)
    if isinstance(course, Refusal):
        return course
    told = seats.booking_view(found)
    said = events.events_of(house, booking, as_of=position)["items"]
    basis = house.answers.reflects(position)
    hours = _hours_left(house, found) if moment.is_now else None
    was = moving.before(asking, {"moves": found.booked.moves, "events": [one["position"] for one in said]}, exam)
    return Page("booking.html", {
        "was": was, "hours": hours, "day": "over" if exam["day"] < house.today.isoformat() else (
            "shut" if exam["book_until"] < house.today.isoformat() else "open"),
        "moment": moment, "basis": told_basis(basis), "told": told, "exam": exam, "course": course,
        "state": BOOKINGS[told["status"]], "done": done_before(asking), "purpose": subject.purpose,
        "offered": deeds.offered(asking, ROOM, subject) if moment.is_now else [],
        "events": [words.event(one, {one["position"]: _about(one["event"])}) for one in reversed(said)],
    }, {**told, "version": loaded.version, **basis})


def _hours_left(house: House, found: Booking) -> str | None:
    """The claim that still stands for an exam that turned out not to be passed."""
    reading = Reading(house.ledger)
    enrolment = courses.enrolment_of(reading, found.booked.enrolment)
    if enrolment is None or enrolment.booking != found.booking or found.is_passed or enrolment.claim is None:
        return None
    claim = reading.claim(enrolment.claim)
    return enrolment.claim if claim is not None and claim.status in (Status.APPROVED, Status.FROZEN) else None


def _about(event: Mapping[str, Any]) -> str:
    """What an event of a seat says beside its name."""
    if "score_centi" in event:
        return f"{format_hours(event['score_centi'])} 分，{'合格' if event['passed'] else '不合格'}"
    if "present" in event:
        return "到场" if event["present"] else "缺考"
    return RELEASING.get(event.get("because", ""), "")


def _see(asking: Asking, booking: str) -> Subject | Refusal:
    purpose = None if asking.capacity.is_person else asking.purpose or PURPOSE
    seen = seats.see(asking.house, asking.caller, booking, purpose)
    if isinstance(seen, Refusal):
        return seen
    reading = Reading(asking.house.ledger)
    found = seats.booking_of(reading, booking)
    assert found is not None, "what was seen is there"
    exam = seats.exam_of(reading, found.booked.exam)
    day = "" if exam is None else f"{exam.scheduled.day} {exam.scheduled.starts}，"
    title = f"{day}{found.booked.seat} 号座位"
    return Subject(booking, f"/bookings/{booking}", title, seen[1], _stands(found), _stands, purpose, found)


def _stands(found: Any) -> deeds.Pairs:
    score = "—" if found.result is None else f"{format_hours(found.result.score_centi)} 分"
    return [("状态", BOOKINGS[found.status]), ("成绩", score),
            ("公布", "—" if found.result is None else str(found.result.on))]


def _score(_: Asking, __: Subject) -> Sequence[Field]:
    return Field("score", "成绩", "decimal", hint="至多两位小数", is_required=True), ANNOUNCED


def _corrected(asking: Asking, subject: Subject) -> Sequence[Field]:
    return (*_score(asking, subject), deeds.WORDS)


def _another(_: Asking, subject: Subject) -> Mapping[str, Any]:
    result = subject.state.result
    return {"score": 0 if result is None or result.score_centi else 1, "words": "-"}


ROOM: Final = Room(_see, deeds.named(
    Deed("release", "退座", seats.release, look="bad", is_own=True, note="座位让出后他人可报；您可另报其他场次。"),
    Deed("attendance", "登记到场", lambda house, caller, booking, asked: results.attend(
        house, caller, booking, {"present": True}, asked), look="main",
        note="误登的，在登记成绩之前由另一位经办人改登。"),
    Deed("absence", "登记缺考", lambda house, caller, booking, asked: results.attend(
        house, caller, booking, {"present": False}, asked),
        note="误登的，由另一位经办人改登为到场。"),
    Deed("result", "登记成绩", results.announce, ResultBody, _score, lambda _, __: {"score": 0}, look="main",
         depends=True, note="合格而由系统登记的，学时随之登记。记为事件；有误的，由另一位经办人更正。"),
    Deed("result-correction", "更正成绩", results.put_right, ResultCorrectionBody, _corrected, _another, depends=True,
         note="由另一位经办人更正；原来的成绩仍可见。已登记的学时另行更正或撤销。"),
))


# Everyone of a session


def listed(asking: Asking, exam: str) -> Shown:
    """Everyone who booked a session, by seat."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    session = exams.exam(house, asking.caller, exam, as_of=position)
    if isinstance(session, Refusal):
        return session
    found = seats.of_exam(house, asking.caller, exam, asking.purpose, as_of=position, named=True)
    if isinstance(found, Refusal):
        return found
    rows = [{**one, "state": BOOKINGS[one["status"]]} for one in found["items"]]
    basis = house.answers.reflects(position)
    heads = ("座位号", "姓名", "证件号码", "状态", "成绩", "公布之日", "报名编号")
    table = Table("bookings", f"考试名单 {session['day']} {session['starts']}", heads, [
        (one["seat"], one["name"], one["id_number"], one["state"][2], None if one["score"] is None else Decimal(
            one["score"]), one["announced_on"], one["booking"]) for one in rows], position, basis["as_of_time"],
        {"场次": exam, "地点": session["place"]})
    return Page("bookings.html", {
        "moment": moment, "basis": told_basis(basis), "exam": session, "rows": rows, "purpose": asking.purpose,
        "can_enter": moment.is_now and no_list(asking, session) is None,
    }, {**found, **basis}, table)


# Results by a list


def form(asking: Asking, exam: str) -> Shown:
    """The form for a list of results."""
    return _form(asking, exam, {}, [])


def enter(asking: Asking, exam: str) -> Shown:
    """Read what a list would come to, row by row; then enter it."""
    typed = {name: request.form.get(name, "").strip() for name in ("announced_on", "content")}
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        typed["content"] = base64.b64encode(upload.stream.read()).decode()
    if not typed["content"]:
        return _form(asking, exam, typed, [Fault("file", "名单文件：请选择。")])
    try:
        fields = ResultsBody().load({"file": typed["content"]} | (
            {"announced_on": typed["announced_on"]} if typed["announced_on"] else {}))
    except ma.ValidationError as error:
        problem: Problem = faults_of(error)
        return _form(asking, exam, typed, _faults(problem.members.get("errors", ())))
    is_for_real = request.form.get("step") == "do"
    asked = sending.asked(asking.house, asking.caller) if is_for_real else Asked(dry_run=True)
    try:
        came = results.enter(asking.house, asking.caller, exam, fields, asked)
    except BadFields as bad:
        return _form(asking, exam, typed, _faults(one._asdict() for one in bad.faults))
    if isinstance(came, Refusal):
        return _form(asking, exam, typed, [of_refusal(came, words.documents(asking.house))])
    if isinstance(came, results.Judged):
        back = results.returned_workbook(came)
        if request.form.get("step") == "returned" and back is not None:
            return attached(back, WORKBOOK, "成绩名单检查结果-请更正后重新导入", "results-returned.xlsx")
        return _page(asking, exam, typed, {**results.preview(exam, came), "goes_back": back is not None})
    assert came.receipt is not None, "what was not tried was recorded"
    return onward(f"/exams/{exam}?done={came.receipt.positions[0]}")


def _faults(told: Any) -> list[Fault]:
    found = []
    for one in told:
        field = "announced_on" if "announced" in one["pointer"] else "file"
        found.append(Fault(field, f"{'公布之日：' if field == 'announced_on' else ''}{one['detail']}"))
    return found


def _form(asking: Asking, exam: str, typed: Mapping[str, str], faults: Sequence[Fault]) -> Shown:
    found = seats.exam_of(Reading(asking.house.ledger), exam)
    if found is None:
        return Refusal.because("exam_absent")
    return no_list(asking, seats.exam_view(found)) or _page(asking, exam, typed, None, faults)


def _page(asking: Asking, exam: str, typed: Mapping[str, str], preview: Mapping[str, Any] | None,
          faults: Sequence[Fault] = ()) -> Shown:
    reading = Reading(asking.house.ledger)
    found = seats.exam_of(reading, exam)
    assert found is not None, "who may enter results of it was asked before"
    announced = deeds.filled([ANNOUNCED], request.form, faults)[0]
    wrong = [one for one in faults if one.field == "file"]
    return Page("results.html", {
        "exam": seats.exam_view(found), "version": reading.versions[found.scheduled.stream], "typed": typed,
        "preview": preview, "faults": faults, "announced": announced, "wrong": wrong,
    }, status=422 if faults else 200)
