"""Exams: a seat for whoever has completed their course, one turn a year, results by others, hours only by a pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from claim_cast import APPROVED
from course_cast import (
    ATTENDED,
    BOOK,
    BOOKED,
    BOOKINGS,
    COME,
    COMPLETED,
    COURSE,
    ENROLLED,
    EXAM,
    HOLDER,
    HOURS,
    MARK,
    PASSED,
    REGISTERED,
    ROLE,
    SCHEDULE,
    SECOND,
)
from msgspec.structs import replace
from stream_cast import LI, PERSON, WANG, WHY, event, events, outcome, read_table, refusal, sealed_fits

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.events.exam import SEAT, TURN, BookingId, ExamClosed
from ledger.streams import booking as bookings
from ledger.streams import claim as claims
from ledger.streams import course_hours
from ledger.streams import exam as exams
from ledger.streams import exam_session as sessions
from ledger.streams.decision import Decision
from ledger.streams.exam import Booking, Status, evolve_booking
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import Category

RELEASE = bookings.ReleaseSeat(person=LI, on=date(2026, 4, 9))
CORRECT = bookings.CorrectResult(role=ROLE, score_centi=4000, on=date(2026, 5, 4), words=WHY)
CLOSE = sessions.CloseExam(role=ROLE, held=True, on=date(2026, 4, 30))
CALL_OFF = replace(CLOSE, held=False)
PEOPLE = {LI: PERSON}

COMMANDS: dict[str, Callable[[Booking | None, Person, Actor], Decision]] = {
    "BookSeat": lambda one, person, by: bookings.decide_booking(one, BOOK, person, EXAM, COMPLETED),
    "ReleaseSeat": lambda one, person, by: bookings.decide_seat_release(one, RELEASE, person, EXAM),
    "RecordAttendance": lambda one, person, by: bookings.decide_attendance(one, COME, person, EXAM, by),
    "RecordResult": lambda one, person, by: bookings.decide_result(one, MARK, person, EXAM, by),
    "CorrectResult": lambda one, person, by: bookings.decide_result_correction(one, CORRECT, person, EXAM, by),
}
BY_OFFICE = ("RecordAttendance", "RecordResult", "CorrectResult")
MATRIX = read_table("""
                  absent          booked              released          attended
BookSeat          SeatBooked      booking_exists      booking_exists    booking_exists
ReleaseSeat       booking_absent  SeatReleased        booking_not_open  booking_not_open
RecordAttendance  booking_absent  AttendanceRecorded  booking_not_open  booking_not_open
RecordResult      booking_absent  not_attended        not_attended      ResultRecorded
CorrectResult     booking_absent  result_absent       result_absent     result_absent
""") | read_table("""
                  missed            passed            failed
BookSeat          booking_exists    booking_exists    booking_exists
ReleaseSeat       booking_not_open  booking_not_open  booking_not_open
RecordAttendance  same_hand         booking_not_open  booking_not_open
RecordResult      not_attended      result_exists     result_exists
CorrectResult     result_absent     ResultCorrected   ResultCorrected
""")
LEADS_TO = {
    "SeatBooked": Status.BOOKED, "SeatReleased": Status.RELEASED, "AttendanceRecorded": Status.ATTENDED,
    "ResultRecorded": Status.PASSED, "ResultCorrected": Status.FAILED,
}


def entitled(command: str) -> Actor:
    return SECOND if command == "CorrectResult" else HOLDER


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, BOOKINGS)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](BOOKINGS[state], PERSON, entitled(command))

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        (draft,) = decision
        assert evolve_booking(BOOKINGS[state], draft.event).status is LEADS_TO[type(draft.event).__name__]  # type: ignore[arg-type]


@pytest.mark.parametrize(("command", "state"), [key for key, cell in MATRIX.items() if cell[0].isupper()])
def test_nothing_is_done_for_a_restricted_or_forgotten_person(command: str, state: str) -> None:
    for change, code in (({"is_restricted": True}, "person_restricted"), ({"is_forgotten": True}, "key_destroyed")):
        person = replace(PERSON, **change)
        assert outcome(COMMANDS[command](BOOKINGS[state], person, entitled(command))) == code


@pytest.mark.parametrize(("command", "state"), [key for key in MATRIX if key[0] in BY_OFFICE and key[1] != "absent"])
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    hand = entitled(command)
    elsewhere = replace(hand, scopes=(Scope(role=ROLE, region="3302"),))

    assert outcome(COMMANDS[command](BOOKINGS[state], PERSON, replace(hand, person=LI))) == "own_exam"  # D07
    assert outcome(COMMANDS[command](BOOKINGS[state], PERSON, elsewhere)) == "outside_scope"


# Booking


def test_only_a_completed_course_of_the_session_is_examined() -> None:  # W 10
    def book(enrolment: object) -> str:
        return outcome(bookings.decide_booking(None, BOOK, PERSON, EXAM, enrolment))  # type: ignore[arg-type]

    assert book(ENROLLED) == "course_not_completed"
    assert book(REGISTERED) == "hours_registered"
    assert book(None) == "enrolment_absent"
    for change in ({"year": 2025}, {"category": Category.SECTOR_PUBLIC}, {"region": "330200"}, {"sector": "industry"}):
        other = replace(COMPLETED, enrolled=replace(COMPLETED.enrolled, **change))
        assert book(other) == "exam_of_another_course"


def test_hours_that_were_taken_back_with_their_pass_leave_the_way_to_another_exam() -> None:
    failed = BOOKINGS["failed"]
    standing = replace(APPROVED, submitted=replace(APPROVED.submitted, claim=HOURS.claim))
    assert failed is not None
    revoked = replace(standing, status=claims.Status.REVOKED)

    def again(former: course_hours.Former) -> tuple[str, str]:
        other = replace(PASSED, booked=replace(PASSED.booked, booking=BookingId("bkg_2")))
        return (outcome(bookings.decide_booking(None, BOOK, PERSON, EXAM, REGISTERED, failed, former)),
                outcome(course_hours.decide_course_hours(REGISTERED, HOURS, PERSON, COURSE, other, former=former)))

    assert again(course_hours.Former(revoked, failed)) == (
        "SeatBooked", "ClaimSubmitted+ClaimApproved+CourseHoursRegistered")
    closed = ("hours_registered", "hours_registered")
    assert again(course_hours.Former(standing, failed)) == closed, "they count still"
    assert again(course_hours.Former(revoked, PASSED)) == closed, "taken back for another reason"
    other = replace(failed, booked=replace(failed.booked, booking=BookingId("bkg_3")))
    assert again(course_hours.Former(revoked, other)) == closed, "not what earned them"


@pytest.mark.parametrize(("seat", "code"), [
    (0, "seat_absent"), (1, "SeatBooked"), (2, "SeatBooked"), (3, "seat_absent"),
])
def test_a_session_has_as_many_seats_as_were_scheduled(seat: int, code: str) -> None:
    assert outcome(bookings.decide_booking(None, replace(BOOK, seat=seat), PERSON, EXAM, COMPLETED)) == code


def test_a_seat_a_person_and_a_turn_are_each_held_once() -> None:
    assert set(BOOKED.booked.names(None)) == {
        Name("seat", "exm_1:1"), Name("seat_of_person", f"exm_1:{LI}"), Name("exam_of_year", "enr_1")}


@pytest.mark.parametrize(("state", "code"), [
    ("booked", "turn_taken"), ("attended", "turn_taken"), ("passed", "turn_taken"), ("released", "SeatBooked"),
    ("missed", "SeatBooked"), ("failed", "SeatBooked"),
])
def test_one_turn_a_year_unless_it_was_given_back_or_lost(state: str, code: str) -> None:
    command = replace(BOOK, booking="bkg_2")

    assert outcome(bookings.decide_booking(None, command, PERSON, EXAM, COMPLETED, BOOKINGS[state])) == code


def test_whether_somebody_came_is_put_right_by_another_hand_until_there_is_a_result() -> None:
    away = replace(COME, present=False)
    missed = evolve_booking(BOOKED, event(bookings.decide_attendance(BOOKED, away, PERSON, EXAM, HOLDER)))

    assert outcome(bookings.decide_attendance(missed, COME, PERSON, EXAM, HOLDER)) == "same_hand"
    came = evolve_booking(missed, event(bookings.decide_attendance(missed, COME, PERSON, EXAM, SECOND)))
    assert outcome(bookings.decide_result(came, MARK, PERSON, EXAM, HOLDER)) == "ResultRecorded"
    assert outcome(bookings.decide_attendance(came, away, PERSON, EXAM, HOLDER)) == "AttendanceRecorded"
    assert outcome(bookings.decide_attendance(came, COME, PERSON, EXAM, HOLDER)) == "booking_not_open"
    assert outcome(bookings.decide_attendance(PASSED, away, PERSON, EXAM, SECOND)) == "booking_not_open"
    early = replace(missed, attendance_by=None)
    assert outcome(bookings.decide_attendance(early, COME, PERSON, EXAM, HOLDER)) == "AttendanceRecorded"


def test_giving_a_seat_back_frees_all_of_it_and_staying_away_or_failing_only_the_turn() -> None:
    fails = replace(MARK, score_centi=5999)
    single = replace(EXAM, scheduled=replace(EXAM.scheduled, resits=False))

    assert event(bookings.decide_seat_release(BOOKED, RELEASE, PERSON, EXAM)).freed() == SEAT | TURN
    away = replace(COME, present=False)
    assert event(bookings.decide_attendance(BOOKED, away, PERSON, EXAM, HOLDER)).freed() == TURN
    assert event(bookings.decide_attendance(BOOKED, COME, PERSON, EXAM, HOLDER)).freed() == frozenset()
    assert event(bookings.decide_result(ATTENDED, fails, PERSON, EXAM, HOLDER)).freed() == TURN
    assert event(bookings.decide_result(ATTENDED, MARK, PERSON, EXAM, HOLDER)).freed() == frozenset()
    assert event(bookings.decide_result(ATTENDED, fails, PERSON, single, HOLDER)).freed() == frozenset()


def test_seats_change_hands_until_the_last_day_of_booking() -> None:
    late = date(2026, 4, 11)
    closed = replace(EXAM, closed=ExamClosed(exam=EXAM.exam, held=True, booked=0, attended=0, passed=0))

    assert outcome(bookings.decide_booking(None, replace(BOOK, on=late), PERSON, EXAM, COMPLETED)) == "booking_over"
    assert outcome(bookings.decide_seat_release(BOOKED, replace(RELEASE, on=late), PERSON, EXAM)) == "booking_over"
    assert outcome(bookings.decide_booking(None, BOOK, PERSON, closed, COMPLETED)) == "exam_closed"
    assert outcome(bookings.decide_seat_release(BOOKED, RELEASE, PERSON, closed)) == "exam_closed"
    assert outcome(bookings.decide_booking(None, BOOK, PERSON, None, COMPLETED)) == "exam_absent"


def test_everyone_books_and_gives_back_for_themselves() -> None:
    others = replace(COMPLETED, enrolled=replace(COMPLETED.enrolled, person=WANG))

    assert outcome(bookings.decide_booking(None, BOOK, PERSON, EXAM, others)) == "not_the_learner"
    wang = replace(BOOK, person=WANG)
    assert outcome(bookings.decide_booking(None, wang, PERSON, EXAM, COMPLETED)) == "not_the_learner"
    assert outcome(bookings.decide_booking(None, BOOK, None, EXAM, COMPLETED)) == "person_absent"
    give_back = replace(RELEASE, person=WANG)
    assert outcome(bookings.decide_seat_release(BOOKED, give_back, PERSON, EXAM)) == "not_the_learner"


# Results


@pytest.mark.parametrize(("score", "passed"), [(5999, False), (6000, True), (10_000, True), (0, False)])
def test_a_pass_is_what_reaches_the_mark_of_the_session(score: int, passed: bool) -> None:
    recorded = event(bookings.decide_result(ATTENDED, replace(MARK, score_centi=score), PERSON, EXAM, HOLDER))

    assert (recorded.passed, recorded.pass_mark_centi) == (passed, 6000)


def test_nobody_came_or_was_marked_before_the_day() -> None:
    come, mark = replace(COME, on=date(2026, 4, 17)), replace(MARK, on=date(2026, 4, 17))

    assert outcome(bookings.decide_attendance(BOOKED, come, PERSON, EXAM, HOLDER)) == "exam_not_held_yet"
    assert outcome(bookings.decide_result(ATTENDED, mark, PERSON, EXAM, HOLDER)) == "exam_not_held_yet"


def test_a_result_is_put_right_by_another_hand_with_words_and_only_where_it_differs() -> None:  # D14
    def correct(command: bookings.CorrectResult, by: Actor = SECOND) -> str:
        return outcome(bookings.decide_result_correction(PASSED, command, PERSON, EXAM, by))

    assert correct(CORRECT, HOLDER) == "same_hand"
    assert correct(replace(CORRECT, words=" ")) == "words_missing"
    assert correct(replace(CORRECT, score_centi=7150)) == "nothing_changed"
    assert correct(CORRECT) == "ResultCorrected"
    assert event(bookings.decide_result_correction(PASSED, CORRECT, PERSON, EXAM, SECOND)).freed() == TURN


# The session


def test_a_session_is_scheduled_once_with_seats_and_booking_that_ends_before_the_day() -> None:
    def schedule(**change: object) -> str:
        return outcome(exams.decide_scheduling(None, replace(SCHEDULE, **change), HOLDER))

    assert outcome(exams.decide_scheduling(EXAM, SCHEDULE, HOLDER)) == "exam_exists"
    assert schedule(seats=0) == schedule(starts="10:00") == "exam_empty"
    assert schedule(book_until=SCHEDULE.day) == "book_until_unfit"
    assert schedule(full_mark_centi=5_999) == "pass_mark_unfit"
    assert schedule(region="330200") == "outside_scope"
    assert schedule() == schedule(full_mark_centi=6_000) == "ExamScheduled"


def test_nobody_reaches_more_than_the_full_mark_of_the_session() -> None:
    session = replace(EXAM, scheduled=replace(EXAM.scheduled, full_mark_centi=10_000))

    def reaches(score: int) -> tuple[str, str]:
        return (outcome(bookings.decide_result(ATTENDED, replace(MARK, score_centi=score), PERSON, session, HOLDER)),
                outcome(bookings.decide_result_correction(
                    PASSED, replace(CORRECT, score_centi=score), PERSON, session, SECOND)))

    assert reaches(10_000) == ("ResultRecorded", "ResultCorrected")
    assert reaches(71_500) == ("score_above_full_mark", "score_above_full_mark")


def test_a_session_closes_when_everyone_has_their_result() -> None:
    passed, missed = PASSED, BOOKINGS["missed"]
    assert passed is not None and missed is not None
    given_back = replace(BOOKED, status=Status.RELEASED)

    for still_open in (BOOKED, ATTENDED):
        no = refusal(sessions.decide_closing(EXAM, CLOSE, [passed, still_open], PEOPLE, HOLDER))
        assert (no.code, no.seen) == ("results_missing", {"bookings": 1})
    closed = event(sessions.decide_closing(EXAM, CLOSE, [passed, missed, given_back], PEOPLE, HOLDER))
    assert (closed.booked, closed.attended, closed.passed) == (2, 1, 1)
    after = exams.evolve(EXAM, closed)
    assert outcome(sessions.decide_closing(after, CLOSE, [], PEOPLE, HOLDER)) == "exam_closed"
    assert outcome(sessions.decide_closing(None, CLOSE, [], PEOPLE, HOLDER)) == "exam_absent"
    early = replace(CLOSE, on=date(2026, 4, 17))
    assert outcome(sessions.decide_closing(EXAM, early, [], PEOPLE, HOLDER)) == "exam_not_held_yet"


def test_a_session_closes_over_those_of_whom_nothing_may_be_entered_any_more() -> None:  # PIPL 47
    restricted = {LI: replace(PERSON, is_restricted=True)}

    closed = event(sessions.decide_closing(EXAM, CLOSE, [BOOKED], restricted, HOLDER))
    assert (closed.booked, closed.attended) == (1, 0)
    (off,) = events(sessions.decide_closing(EXAM, CALL_OFF, [BOOKED], restricted, HOLDER))
    assert (off.held, off.booked) == (False, 1)


def test_a_session_that_is_called_off_gives_every_seat_and_turn_back() -> None:
    second = replace(BOOKED, booked=replace(BOOKED.booked, booking="bkg_2", seat=2))

    *released, closed = events(sessions.decide_closing(EXAM, CALL_OFF, [BOOKED, second], PEOPLE, HOLDER))

    assert [(one.stream, one.because) for one in released] == [("bkg_1", "called_off"), ("bkg_2", "called_off")]
    assert all(one.freed() == SEAT | TURN for one in released)
    assert (closed.held, closed.booked) == (False, 2)
    assert outcome(sessions.decide_closing(EXAM, CALL_OFF, [ATTENDED], PEOPLE, HOLDER)) == "exam_was_held"
    late = event(bookings.decide_seat_release(BOOKED, RELEASE, PERSON, exams.evolve(EXAM, closed)))
    assert late.because == "called_off", "booked in the moment in which it was called off"
