"""Attendance and results, done: for one seat, for a course's own quiz, or for a session by a list (P 10, W 10, W 11).

Whoever holds the exam says who came and what they reached; nobody their own (D07), and what one hand entered another
puts right (D14). With a pass the hours follow in the same append where the law lets them
(`api/cases/learning/course_hours.py`); where something stands in the way the pass is recorded all the same, and the
hours wait for the office that it names.

A quiz is taken online, wherever the text does not want an exam on site (W 7, W 10).

The same list again, by whomever and under whatever key, gives the same receipt: the append bears the list's digest. A
list in which anything is wrong records nothing, and says of each row what.

`tests/api/test_results.py` shows it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from api.cases.doing import Asked, Done, Reading, done
from api.cases.learning.course_hours import following
from api.cases.learning.courses import (
    as_department,
    course_of,
    enrolment_in_sight,
    enrolment_of,
    enrolment_view,
    offices_of,
)
from api.cases.learning.result_lists import Row, listed
from api.cases.learning.result_lists import returned_workbook as _returned
from api.cases.learning.seats import booking_of, booking_view, exam_of, exam_view, sights_of_booking, unknown_exam
from api.cases.standing import acting, in_sight, of_another_level, role_for
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.refusals import refusals
from api.refusals.faults import BadFields, Fault
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Draft, Name
from ledger.events.course import CourseHoursRegistered
from ledger.events.exam import AttendanceRecorded, ResultRecorded
from ledger.stores.append import RequestKey
from ledger.streams import booking as bookings
from ledger.streams import enrolment as enrolments
from ledger.streams.course import Course
from ledger.streams.course_quiz import RecordQuiz, decide_quiz
from ledger.streams.decision import Decision
from ledger.streams.exam import Booking, Exam, Status, evolve_booking
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import StreamId
from policies.courses import course_law
from projections import exams as known

TOLD_MOST: Final = 200
"""So many rows are told in an answer."""

_DecideSeat = Callable[[Reading, str, Booking, Person, Exam, Actor], Decision]


# One seat


def attend(house: House, caller: Caller, booking: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say whether somebody came, or put it right where another hand said it wrongly."""
    def decide(_: Reading, role: str, seat: Booking, person: Person, exam: Exam, by: Actor) -> Decision:
        command = bookings.RecordAttendance(role=role, present=fields["present"], on=house.today)
        return bookings.decide_attendance(seat, command, person, exam, by)

    return _upon(house, caller, booking, asked, decide)


def announce(house: House, caller: Caller, booking: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter what somebody reached; of a pass the hours follow."""
    on = _announced(house, fields)

    def decide(reading: Reading, role: str, seat: Booking, person: Person, exam: Exam, by: Actor) -> Decision:
        command = bookings.RecordResult(role=role, score_centi=fields["score"], on=on)
        drafts = bookings.decide_result(seat, command, person, exam, by)
        return drafts if isinstance(drafts, Refusal) else (*drafts, *_hours(house, reading, seat, drafts, by))

    return _upon(house, caller, booking, asked, decide)


def put_right(house: House, caller: Caller, booking: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Correct what was entered wrongly; hours that were registered are another decision."""
    on = _announced(house, fields)

    def decide(reading: Reading, role: str, seat: Booking, person: Person, exam: Exam, by: Actor) -> Decision:
        command = bookings.CorrectResult(role=role, score_centi=fields["score"], on=on, words=fields["words"])
        drafts = bookings.decide_result_correction(seat, command, person, exam, by)
        return drafts if isinstance(drafts, Refusal) else (*drafts, *_hours(house, reading, seat, drafts, by))

    return _upon(house, caller, booking, asked, decide)


def hours_of(house: House, done: Done) -> str | None:
    """The claim that stood for what a seat was booked for, right after this was done."""
    seat: Booking = done.state
    events = [decode(leaf).event for position, leaf in house.ledger.store.stream(seat.booked.enrolment)
              if done.receipt is None or position <= done.receipt.positions[-1]]
    events += [draft.event for draft in done.drafts]
    return next((one.claim for one in reversed(events) if isinstance(one, CourseHoursRegistered)), None)


def _upon(
    house: House, caller: Caller, booking: str, asked: Asked, decide_it: _DecideSeat
) -> Done | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    seen = booking_of(reading, booking)
    if no := in_sight(actor, sights_of_booking(house, reading, seen), "booking_absent"):
        return no
    session = None if seen is None else exam_of(reading, seen.booked.exam)
    assert session is not None, "what is not there is in nobody's sight"

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        seat = booking_of(reading, booking)
        assert seat is not None, "a booking is never taken away"
        person, exam = reading.person(seat.person), exam_of(reading, seat.booked.exam)
        assert person is not None and exam is not None, "a booking is a person's, in a session"
        return decide_it(reading, role, seat, person, exam, by)

    return as_department(house, caller, session.matter, asked, decide, upon=booking, show=booking_view)


def _hours(
    house: House, reading: Reading, seat: Booking, drafts: Sequence[Draft], by: Actor
) -> tuple[Draft, ...]:
    """The hours of a pass."""
    for draft in drafts:
        if draft.event.stream == StreamId(seat.booking):
            seat = evolve_booking(seat, draft.event)  # type: ignore[arg-type]
    enrolment = enrolment_of(reading, seat.booked.enrolment)
    if enrolment is None or not seat.is_passed:
        return ()
    return following(house, reading, enrolment, seat, by)


def _announced(house: House, fields: dict[str, Any]) -> date:
    """The day on which a result was announced, the evidence of its hours (AMB-15); today unless it was earlier."""
    on: date = fields.get("announced_on", house.today)
    if on > house.today:
        raise BadFields([Fault("/announced_on", "day_in_future", "公布之日不能晚于今天。")])
    return on


# The quiz of a course


def examine(house: House, caller: Caller, enrolment: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Enter what somebody reached in a course's own quiz; of a pass the hours follow."""
    found = enrolment_in_sight(house, caller, enrolment)
    if isinstance(found, Refusal):
        return found
    chosen = course_of(Reading(house.ledger), found[1].course)
    assert chosen is not None, "an enrolment is in a course that was published"
    on = _announced(house, fields)

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        found = enrolment_of(reading, enrolment)
        assert found is not None, "an enrolment is never taken away"
        person, course = reading.person(found.person), course_of(reading, found.course)
        assert person is not None and course is not None, "an enrolment is a person's, in a course"
        command = RecordQuiz(role=role, score_centi=fields["score"], pass_mark_centi=fields["pass_mark"], on=on)
        drafts = decide_quiz(found, command, person, course, by)
        if isinstance(drafts, Refusal):
            return drafts
        if no := _on_site(house, course):
            return no
        after = enrolments.evolve(found, drafts[0].event)  # type: ignore[arg-type]
        return (*drafts, *following(house, reading, after, None, by)) if after.has_passed else drafts

    return as_department(house, caller, chosen.matter, asked, decide, upon=enrolment, show=enrolment_view)


def _on_site(house: House, course: Course) -> Refusal | None:
    """Say that the law of the course's place wants an exam on site (W 7, W 10)."""
    published = course.published
    duty = course_law(law_now(house.answers), house.today, published.region, published.sector,
                      published.category).on_site
    return None if duty is None else Refusal.because("exam_on_site", article=duty.article, quote=duty.quote)


# A list


class Judged(NamedTuple):
    """What a list comes to: what would be recorded, and the rows that keep it from being so."""

    drafts: tuple[Draft, ...]
    rows: list[Row]
    content: bytes = b""  # As it came.

    @property
    def wrong(self) -> list[Row]:
        """The rows that keep it from being recorded."""
        return [one for one in self.rows if one.wrongs]


def enter(
    house: House, caller: Caller, exam: str, fields: dict[str, Any], asked: Asked
) -> Done | Judged | Refusal:
    """Enter a list of results; of a trial, say of each row what would become of it."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    session = exam_of(Reading(house.ledger), exam)
    if session is None:
        return unknown_exam(house, caller)
    offices = offices_of(house, session.matter)
    role = role_for(actor, [one.role for one in offices], session.matter)
    if no := standing(actor, role, session.matter) or of_another_level(offices, session.matter, role, actor):
        return no
    on, content = _announced(house, fields), fields["file"]
    digest = hmac.digest(house.request_key, f"results\0{exam}\0".encode() + hashlib.sha256(content).digest(), "sha256")
    key = RequestKey(digest, digest)
    if not asked.dry_run and (receipt := house.ledger.store.answered(key)) is not None:
        return done(house.ledger, receipt)
    if (behind := house.settled()) is not None:
        return behind
    seats = {one.seat: one.booking for one in known.bookings_of(house.answers, exam=exam) if one.status != "released"}

    def judge(reading: Reading, role: str, by: Actor) -> Judged:
        return _judged(house, reading, listed(content, house.today), seats, exam, role, on, by)

    if asked.dry_run:
        return judge(Reading(house.ledger), role, actor)._replace(content=content)

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        judged = judge(reading, role, by)
        if wrong := judged.wrong:
            raise BadFields(Fault("/file", one.wrongs[0].code, words_of(one)) for one in wrong[:TOLD_MOST])
        return judged.drafts

    return as_department(house, caller, session.matter, asked._replace(key=key), decide, upon=exam, show=exam_view)


def _judged(
    house: House, reading: Reading, rows: list[Row], seats: dict[int, str], exam: str, role: str, on: date, by: Actor
) -> Judged:
    drafts: list[Draft] = []
    session = exam_of(reading, exam)
    assert session is not None, "a session is never taken away"
    for one in rows:
        seat = booking_of(reading, seats[one.seat]) if one.seat in seats else None
        if seat is None:
            if one.seat:
                one.blame("seat_not_booked", "没有人报名这个座位。", "seat")
            continue
        if one.id is not None and not _has(house, seat, one):
            one.blame("seat_of_another", "坐在这个座位的不是这个证件号码的人；名单可能错了一行。", "id_number")
        if one.wrongs:
            continue
        decided = _entered(house, reading, seat, session, one, role, on, by)
        if isinstance(decided, Refusal):
            one.blame(decided.code, refusals.line_of(decided).told)
        else:
            drafts += decided
    return Judged(tuple(drafts), rows)


def _entered(
    house: House, reading: Reading, seat: Booking, exam: Exam, one: Row, role: str, on: date, by: Actor
) -> Decision:
    """One row: who came is said where nobody said so before, then what they reached, then the hours."""
    person = reading.person(seat.person)
    assert person is not None, "a booking is a person's"
    drafts: tuple[Draft, ...] = ()
    if one.score_centi is None and seat.status is not Status.BOOKED:  # A list says nothing anew.
        return bookings.not_waiting(seat)
    if seat.status is Status.BOOKED:
        command = bookings.RecordAttendance(role=role, present=one.present, on=house.today)
        attended = bookings.decide_attendance(seat, command, person, exam, by)
        if isinstance(attended, Refusal):
            return attended
        drafts, seat = attended, evolve_booking(seat, attended[0].event)  # type: ignore[arg-type]
    if one.score_centi is None:
        return drafts
    result = bookings.RecordResult(role=role, score_centi=one.score_centi, on=on)
    announced = bookings.decide_result(seat, result, person, exam, by)
    if isinstance(announced, Refusal):
        return announced
    return (*drafts, *announced, *_hours(house, reading, seat, announced, by))


def _has(house: House, seat: Booking, one: Row) -> bool:
    assert one.id is not None, "only what was written is compared"
    return house.ledger.find(Name("id_number", f"{one.id.kind}:{one.id.normalised}")) == StreamId(seat.person)


# How it is shown


def entered_view(exam: str, drafts: Sequence[Draft]) -> dict[str, Any]:
    """What a list came to, from what was recorded: whose hours follow, and whose wait for an office."""
    events = [draft.event for draft in drafts]
    came = [one.present for one in events if isinstance(one, AttendanceRecorded)]
    results = [one for one in events if isinstance(one, ResultRecorded)]
    registered = {one.booking for one in events if isinstance(one, CourseHoursRegistered)}
    return {
        "exam": exam, "present": sum(came), "absent": len(came) - sum(came), "results": len(results),
        "passed": sum(one.passed for one in results), "failed": sum(not one.passed for one in results),
        "registered": len(registered),
        "waiting": [one.booking for one in results if one.passed and one.booking not in registered],
    }


def preview(exam: str, judged: Judged) -> dict[str, Any]:
    """What a list would come to, and what is wrong with it."""
    wrong = judged.wrong
    return {
        **entered_view(exam, judged.drafts), "rows": len(judged.rows), "errors": len(wrong),
        "problems": [{"row": one.row, "code": one.wrongs[0].code, "detail": words_of(one)}
                     for one in wrong[:TOLD_MOST]],
    }


def returned_workbook(judged: Judged) -> bytes | None:
    """The list as it came, what is wrong in red with the reason; None where nothing is, or where it is no table."""
    return _returned(judged.content, judged.rows) if judged.wrong else None


def words_of(one: Row) -> str:
    """What is wrong with a row, with its place."""
    return f"第 {one.row} 行：" + "；".join(wrong.words for wrong in one.wrongs)
