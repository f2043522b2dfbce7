"""Courses: chosen once a year and never again, studied by counted time, their hours registered once as a claim."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from course_cast import (
    COMPLETE,
    COMPLETED,
    COURSE,
    ENROL,
    ENROLLED,
    ENROLMENTS,
    HOLDER,
    HOURS,
    MORNING,
    PASSED,
    PUBLISH,
    ROLE,
    STUDIED,
    STUDY_ALL,
)
from msgspec.structs import replace
from stream_cast import LI, PERSON, WANG, drafts, event, events, outcome, read_table, refusal, sealed_fits

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.events.course import Device, EnrolmentId
from ledger.streams import claim as claims
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams.course_hours import study_of
from ledger.streams.course_quiz import RecordQuiz, decide_quiz
from ledger.streams.decision import Decision
from ledger.streams.enrolment import MINUTE, Enrolment, Status, evolve
from ledger.streams.person import Person
from ledger.vocabulary import Category

AFTERNOON = replace(STUDY_ALL, started_at=MORNING + 200 * MINUTE, ended_at=MORNING + 260 * MINUTE, minutes=50)
QUIZ = RecordQuiz(role=ROLE, score_centi=8_000, pass_mark_centi=6_000, on=date(2026, 3, 20))

COMMANDS: dict[str, Callable[[Enrolment | None, Person], Decision]] = {
    "Enrol": lambda one, person: enrolments.decide_enrolment(one, ENROL, person, COURSE),
    "CancelEnrolment": lambda one, person: enrolments.decide_cancellation(
        one, enrolments.CancelEnrolment(person=LI), person
    ),
    "RecordStudy": lambda one, person: enrolments.decide_study(one, AFTERNOON, person),
    "CompleteCourse": lambda one, person: enrolments.decide_completion(one, COMPLETE, person, COURSE),
    "RecordQuiz": lambda one, person: decide_quiz(one, QUIZ, person, COURSE, HOLDER),
    "RegisterHours": lambda one, person: course_hours.decide_course_hours(one, HOURS, person, COURSE, PASSED),
}
MATRIX = read_table("""
                absent            enrolled               studied                completed
Enrol           PersonEnrolled    enrolment_exists       enrolment_exists       enrolment_exists
CancelEnrolment enrolment_absent  EnrolmentCancelled     study_begun            enrolment_not_open
RecordStudy     enrolment_absent  StudyRecorded          StudyRecorded          enrolment_not_open
CompleteCourse  enrolment_absent  study_short            CourseCompleted        enrolment_not_open
RecordQuiz      enrolment_absent  course_not_completed   course_not_completed   CourseExamined
RegisterHours   enrolment_absent  course_not_completed   course_not_completed   HOURS
""") | read_table("""
                registered          cancelled
Enrol           enrolment_exists    enrolment_exists
CancelEnrolment enrolment_not_open  enrolment_not_open
RecordStudy     enrolment_not_open  enrolment_not_open
CompleteCourse  enrolment_not_open  enrolment_not_open
RecordQuiz      hours_registered    course_not_completed
RegisterHours   hours_registered    course_not_completed
""")
LEADS_TO = {
    "PersonEnrolled": Status.ENROLLED, "EnrolmentCancelled": Status.CANCELLED, "StudyRecorded": Status.ENROLLED,
    "CourseCompleted": Status.COMPLETED, "CourseExamined": Status.COMPLETED, "CourseHoursRegistered": Status.REGISTERED,
}


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, ENROLMENTS)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](ENROLMENTS[state], PERSON)

    assert outcome(decision) == MATRIX[command, state].replace(
        "HOURS", "ClaimSubmitted+ClaimApproved+CourseHoursRegistered")
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        last = decision[-1].event
        assert evolve(ENROLMENTS[state], last).status is LEADS_TO[type(last).__name__]  # type: ignore[arg-type]


ALLOWED = [key for key, cell in MATRIX.items() if cell[0].isupper()]


@pytest.mark.parametrize(("command", "state"), ALLOWED)
def test_nothing_is_done_for_a_restricted_or_forgotten_person(command: str, state: str) -> None:
    assert outcome(COMMANDS[command](ENROLMENTS[state], replace(PERSON, is_restricted=True))) == "person_restricted"
    assert outcome(COMMANDS[command](ENROLMENTS[state], replace(PERSON, is_forgotten=True))) == "key_destroyed"


# The quiz of a course


def test_hours_rest_on_a_quiz_that_was_passed_and_on_its_day() -> None:  # P 10, E 9, N 5
    failed = evolve(COMPLETED, event(decide_quiz(COMPLETED, replace(QUIZ, score_centi=5_999), PERSON, COURSE, HOLDER)))
    assert study_of(failed, COURSE).completed_by == "completion"
    passed = evolve(failed, event(decide_quiz(failed, replace(QUIZ, score_centi=6_000), PERSON, COURSE, HOLDER)))
    study = study_of(passed, COURSE)
    assert (study.completed_by, study.evidence_on) == ("exam", QUIZ.on)
    assert outcome(decide_quiz(passed, QUIZ, PERSON, COURSE, HOLDER)) == "quiz_passed"


def test_nobody_enters_their_own_quiz_and_no_office_anothers() -> None:  # D07
    assert outcome(decide_quiz(COMPLETED, QUIZ, PERSON, COURSE, replace(HOLDER, person=LI))) == "own_exam"
    elsewhere = replace(HOLDER, scopes=(Scope(role=ROLE, region="3302"),))
    assert outcome(decide_quiz(COMPLETED, QUIZ, PERSON, COURSE, elsewhere)) == "outside_scope"


# The catalogue


def test_a_course_is_published_once_by_an_office_of_the_place() -> None:
    elsewhere = replace(HOLDER, scopes=(Scope(role=ROLE, region="3302"),))

    assert outcome(courses.decide_publication(COURSE, PUBLISH, HOLDER)) == "course_exists"
    assert outcome(courses.decide_publication(None, PUBLISH, elsewhere)) == "outside_scope"
    assert COURSE.published.unit == HOLDER.organisation
    assert COURSE.published.subjects() == ()


def test_the_catalogue_is_of_the_public_subjects_alone_and_every_course_takes_time() -> None:  # P 10, W 7, W 11
    professional = replace(PUBLISH, category=Category.PROFESSIONAL)

    assert outcome(courses.decide_publication(None, professional, HOLDER)) == "course_not_public"
    assert outcome(courses.decide_publication(None, replace(PUBLISH, minutes=0), HOLDER)) == "course_empty"
    assert outcome(courses.decide_publication(None, replace(PUBLISH, hours_centi=0), HOLDER)) == "course_empty"


def test_a_withdrawn_course_takes_nobody_in_and_whoever_is_in_it_goes_on() -> None:
    withdraw = courses.WithdrawCourse(role=ROLE, on=date(2026, 3, 1))
    gone = courses.evolve(COURSE, event(courses.decide_course_withdrawal(COURSE, withdraw, HOLDER)))

    assert outcome(enrolments.decide_enrolment(None, ENROL, PERSON, gone)) == "course_withdrawn"
    assert outcome(enrolments.decide_completion(STUDIED, COMPLETE, PERSON, gone)) == "CourseCompleted"
    assert outcome(courses.decide_course_withdrawal(gone, withdraw, HOLDER)) == "course_withdrawn"
    assert outcome(courses.decide_course_withdrawal(None, withdraw, HOLDER)) == "course_absent"
    assert outcome(courses.decide_course_withdrawal(COURSE, replace(withdraw, role="unit"), HOLDER)) == "role_not_held"


# Choosing


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2027, 1, 1)])
def test_a_course_is_chosen_in_its_own_year(on: date) -> None:  # W 8; vector 15
    assert outcome(enrolments.decide_enrolment(None, replace(ENROL, on=on), PERSON, COURSE)) == "course_not_of_year"


def test_a_course_that_was_learned_is_never_chosen_again_though_next_years_catalogue_has_it() -> None:  # W 8
    again = courses.evolve(None, replace(COURSE.published, course="crs_2", year=2027))
    command = replace(ENROL, enrolment="enr_2", on=date(2027, 2, 1))

    no = refusal(enrolments.decide_enrolment(None, command, PERSON, again, learned=COMPLETED))
    assert (no.code, no.seen["year"]) == ("course_learned", 2026)

    first, second = ENROLLED.enrolled, event(enrolments.decide_enrolment(None, command, PERSON, again))
    assert first.names(None)[0] == second.names(None)[0] == Name("course", f"330300:wz-ai:{LI}")


def test_of_one_kind_one_course_a_year_is_chosen() -> None:  # W 8
    other = courses.evolve(None, replace(COURSE.published, course="crs_2", code="wz-law"))
    command = replace(ENROL, enrolment="enr_2")

    no = refusal(enrolments.decide_enrolment(None, command, PERSON, other, chosen=ENROLLED))
    assert (no.code, no.seen["enrolment"]) == ("course_chosen", "enr_1")

    first, second = ENROLLED.enrolled, event(enrolments.decide_enrolment(None, command, PERSON, other))
    assert first.names(None)[1] == second.names(None)[1], "the store lets one of two at once through"
    sector = courses.evolve(None, replace(other.published, category=Category.SECTOR_PUBLIC, one_a_year=False))
    assert len(event(enrolments.decide_enrolment(None, command, PERSON, sector)).names(None)) == 1


def test_what_was_cancelled_is_free_to_be_chosen_again() -> None:
    cancelled = ENROLMENTS["cancelled"]
    freed = event(COMMANDS["CancelEnrolment"](ENROLLED, PERSON)).freed()

    assert freed == {name.kind for name in ENROLLED.enrolled.names(None)}
    decision = enrolments.decide_enrolment(None, ENROL, PERSON, COURSE, learned=cancelled, chosen=cancelled)
    assert outcome(decision) == "PersonEnrolled"


def test_everyone_enrols_and_cancels_for_themselves() -> None:
    assert outcome(enrolments.decide_enrolment(None, replace(ENROL, person=WANG), PERSON, COURSE)) == "not_the_learner"
    cancel = enrolments.CancelEnrolment(person=WANG)
    assert outcome(enrolments.decide_cancellation(ENROLLED, cancel, PERSON)) == "not_the_learner"
    assert outcome(enrolments.decide_enrolment(None, ENROL, None, COURSE)) == "person_absent"
    assert outcome(enrolments.decide_enrolment(None, ENROL, PERSON, None)) == "course_absent"


# Studying


def test_counted_minutes_add_up_and_gaps_are_not_among_them() -> None:  # W 9, AMB-19
    recorded = event(COMMANDS["RecordStudy"](STUDIED, PERSON))

    assert (recorded.ended_at - recorded.started_at) // MINUTE == 60
    assert evolve(STUDIED, recorded).minutes == 90 + 50


@pytest.mark.parametrize(("start", "end"), [(-10, 10), (10, 20), (90, 110), (-10, 110), (0, 100)])
def test_time_counts_once_whichever_course_it_was_for(start: int, end: int) -> None:  # D10
    session = replace(STUDY_ALL, started_at=MORNING + start * MINUTE, ended_at=MORNING + end * MINUTE, minutes=1)
    other = replace(ENROLLED, enrolled=replace(ENROLLED.enrolled, enrolment="enr_2", course="crs_2"))

    assert outcome(enrolments.decide_study(STUDIED, session, PERSON)) == "session_overlaps"
    no = refusal(enrolments.decide_study(other, session, PERSON, [STUDIED]))
    assert (no.code, no.seen["enrolment"]) == ("session_overlaps", "enr_1")


def test_a_session_that_begins_as_another_ends_counts() -> None:
    next_one = replace(AFTERNOON, started_at=MORNING + 100 * MINUTE, ended_at=MORNING + 160 * MINUTE)

    assert outcome(enrolments.decide_study(STUDIED, next_one, PERSON)) == "StudyRecorded"


@pytest.mark.parametrize("change", [
    {"minutes": 0}, {"minutes": 61}, {"ended_at": AFTERNOON.started_at}, {"answered": 7}, {"answered": -1},
])
def test_a_session_that_contradicts_itself_is_not_recorded(change: dict[str, int]) -> None:
    assert outcome(enrolments.decide_study(ENROLLED, replace(AFTERNOON, **change), PERSON)) == "session_unsound"


def test_from_where_somebody_studied_is_sealed() -> None:
    (draft,) = drafts(enrolments.decide_study(ENROLLED, STUDY_ALL, PERSON))

    assert draft.sealed == Device(address="192.0.2.7")


def test_a_course_is_completed_by_as_many_minutes_as_it_asks_and_not_one_less() -> None:
    short = evolve(ENROLLED, event(enrolments.decide_study(ENROLLED, replace(STUDY_ALL, minutes=89), PERSON)))

    no = refusal(enrolments.decide_completion(short, COMPLETE, PERSON, COURSE))
    assert (no.code, no.seen) == ("study_short", {"minutes": 89, "needed": 90})
    assert event(enrolments.decide_completion(STUDIED, COMPLETE, PERSON, COURSE)).minutes == 90


# Hours


def test_a_passed_exam_registers_eighteen_hours_as_a_claim_that_the_system_saw() -> None:  # W 10
    submitted, approved, registered = events(COMMANDS["RegisterHours"](COMPLETED, PERSON))
    claim = claims.evolve(claims.evolve(None, submitted), approved)

    assert claim.is_registered
    assert (submitted.origin, submitted.study.route, submitted.study.hours_centi) == ("auto", "course", 1800)
    assert (submitted.study.completed_by, submitted.study.evidence_on) == ("exam", date(2026, 4, 25))  # AMB-15
    assert (registered.claim, registered.booking, registered.completed_by) == ("clm_course", "bkg_1", "exam")


def test_hours_by_completion_say_so_and_whether_that_is_enough_is_left_to_the_law() -> None:  # P 10, E 9
    submitted, _, registered = events(course_hours.decide_course_hours(COMPLETED, HOURS, PERSON, COURSE))

    assert (submitted.study.completed_by, submitted.study.evidence_on) == ("completion", COMPLETED.completed_on)
    assert (registered.completed_by, registered.booking) == ("completion", None)
    assert study_of(COMPLETED, COURSE) == submitted.study, "the law is asked about the very facts that are recorded"


def test_only_a_passed_exam_of_this_enrolment_registers_hours() -> None:
    another = replace(COMPLETED, enrolled=replace(COMPLETED.enrolled, enrolment=EnrolmentId("enr_2")))
    failed = replace(PASSED, status=exams.Status.FAILED)

    assert outcome(course_hours.decide_course_hours(another, HOURS, PERSON, COURSE, PASSED)) == "exam_not_passed"
    assert outcome(course_hours.decide_course_hours(COMPLETED, HOURS, PERSON, COURSE, failed)) == "exam_not_passed"
