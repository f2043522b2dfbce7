"""What the very bound of a decision means: the mark itself is a pass, the day itself is in time, a touch no overlap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from course_cast import ATTENDED, COURSE, ENROL, ENROLLED, EXAM, HOLDER, MARK, MORNING, SECOND, STUDIED, STUDY_ALL
from msgspec.structs import replace
from stream_cast import BUREAU, PERSON, WHY, actor, event, outcome
from training_cast import IMPORT_CLOSED, OPEN_IMPORT, PEOPLES, RECONCILE

from ledger.events.actor import Scope
from ledger.streams import booking as bookings
from ledger.streams import enrolment as enrolments
from ledger.streams import imports
from ledger.streams.enrolment import MINUTE
from ledger.streams.exam import evolve_booking
from ledger.streams.standing import Matter, standing

DAY_OF_EXAM, PASS_MARK = EXAM.scheduled.day, EXAM.scheduled.pass_mark_centi


@pytest.mark.parametrize(("score_centi", "passed"), [(PASS_MARK, True), (PASS_MARK - 1, False)])
def test_who_reaches_the_mark_has_passed_on_the_day_itself_and_by_correction(score_centi: int, passed: bool) -> None:
    first = event(bookings.decide_result(
        ATTENDED, replace(MARK, score_centi=score_centi, on=DAY_OF_EXAM), PERSON, EXAM, HOLDER))
    other = evolve_booking(ATTENDED, event(bookings.decide_result(
        ATTENDED, replace(MARK, score_centi=PASS_MARK + 1), PERSON, EXAM, HOLDER)))
    correct = bookings.CorrectResult(role=MARK.role, score_centi=score_centi, on=DAY_OF_EXAM, words=WHY)
    corrected = event(bookings.decide_result_correction(other, correct, PERSON, EXAM, SECOND))

    assert first.passed is corrected.passed is passed
    early = replace(MARK, on=DAY_OF_EXAM - timedelta(days=1))
    assert outcome(bookings.decide_result(ATTENDED, early, PERSON, EXAM, HOLDER)) == "exam_not_held_yet"


def test_a_session_may_be_all_study_answer_nothing_and_begin_as_another_ends() -> None:
    whole = replace(STUDY_ALL, started_at=MORNING, ended_at=MORNING + 60 * MINUTE, minutes=60, answered=0)
    assert outcome(enrolments.decide_study(ENROLLED, whole, PERSON)) == "StudyRecorded"
    assert outcome(enrolments.decide_study(ENROLLED, replace(whole, minutes=61), PERSON)) == "session_unsound"

    (done,) = STUDIED.sessions
    for starts, ends, said in (
        (done.ended_at, done.ended_at + 60 * MINUTE, "StudyRecorded"),
        (done.started_at - 60 * MINUTE, done.started_at, "StudyRecorded"),
        (done.started_at - 60 * MINUTE, done.started_at + 1, "session_overlaps"),
        (done.ended_at - 1, done.ended_at + 60 * MINUTE, "session_overlaps"),
    ):
        session = replace(whole, started_at=starts, ended_at=ends, minutes=30)
        assert outcome(enrolments.decide_study(STUDIED, session, PERSON)) == said


@pytest.mark.parametrize(("days", "said"), [(0, "course_withdrawn"), (1, "PersonEnrolled")])
def test_a_course_takes_people_in_until_the_day_before_it_is_withdrawn(days: int, said: str) -> None:
    going = replace(COURSE, withdrawn_on=ENROL.on + timedelta(days=days))

    assert outcome(enrolments.decide_enrolment(None, ENROL, PERSON, going)) == said


@pytest.mark.parametrize(("compared", "differences"), [(7, 0), (7, 7), (0, 0)])
def test_a_comparison_may_find_nothing_or_everything_different(compared: int, differences: int) -> None:
    found = replace(RECONCILE, compared=compared, differences=differences)

    assert outcome(imports.decide_reconciliation(IMPORT_CLOSED, found, PEOPLES)) == "ImportReconciled"


def test_an_import_may_be_of_one_day() -> None:
    one_day = replace(OPEN_IMPORT, ends=OPEN_IMPORT.starts)

    assert outcome(imports.decide_import_opening(None, one_day, None, PEOPLES)).startswith("ImportOpened")


def test_a_hand_with_several_scopes_acts_wherever_one_of_them_reaches() -> None:
    hand = actor("both", Scope(role="r", region="3302"), Scope(role="r", region="3303"), organisation=BUREAU)

    assert standing(hand, "r", Matter("330203")) is standing(hand, "r", Matter("330304")) is None
    no = standing(hand, "r", Matter("330404"))
    assert no is not None and no.code == "outside_scope"
