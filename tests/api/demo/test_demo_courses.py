"""Courses, exams, applications and cases of a demo: hours of what was studied and passed, the law's own answers."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from demo_kit import Demo, read_all

from api.service.composed import composed
from api.settings import load
from ledger.envelope import Envelope
from ledger.events.base import wire_type
from ledger.streams import application, case, course, enrolment, exam
from projections.applications import application_of
from projections.basis import Axes
from projections.cases import case_of
from projections.eligibility import Question, eligibility
from projections.exams import Wanted, bookings_of, enrolments_of, exam_of, exams
from projections.sanctions import disqualifications_of

EVOLVE: dict[str, Any] = {
    "crs_": course.evolve, "enr_": enrolment.evolve, "exm_": exam.evolve, "bkg_": exam.evolve_booking,
    "app_": application.evolve, "cas_": case.evolve,
}


@pytest.fixture(scope="module")
def told(demo: Demo) -> Iterator[list[Envelope]]:
    with demo.ledger() as ledger:
        yield [one.envelope for one in read_all(ledger)]


@pytest.fixture(scope="module")
def states(told: list[Envelope]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in told:
        if (evolve := EVOLVE.get(one.stream[:4])) is not None:
            found[one.stream] = evolve(found.get(one.stream), one.event)
    return found


def of(states: dict[str, Any], prefix: str) -> list[Any]:
    return [state for name, state in states.items() if name.startswith(prefix)]


def test_hours_of_a_course_stand_only_where_it_was_studied_and_passed(
    told: list[Envelope], states: dict[str, Any]
) -> None:
    registered = [one.event for one in told if wire_type(one.event) == "enrolment.hours_registered/1"]

    assert len(registered) > 20
    for event in registered:
        studied, seat = states[event.enrolment], states[event.booking]
        assert studied.minutes >= states[event.course].published.minutes
        assert seat.status is exam.Status.PASSED and seat.booked.enrolment == event.enrolment
        assert event.on == seat.result.on > studied.completed_on
        assert (event.hours_centi, event.completed_by) == (1_800, "exam")


def test_nobody_takes_a_course_twice_or_two_of_one_year(states: dict[str, Any]) -> None:
    kept = [one for one in of(states, "enr_") if one.status is not enrolment.Status.CANCELLED]

    assert len({(one.person, one.enrolled.code) for one in kept}) == len(kept)
    assert len({(one.person, one.enrolled.region, one.enrolled.year) for one in kept}) == len(kept)


def test_no_two_sit_on_one_seat_and_every_session_that_was_held_has_all_its_results(states: dict[str, Any]) -> None:
    taken = defaultdict(list)
    for seat in of(states, "bkg_"):
        if seat.status is not exam.Status.RELEASED:
            taken[seat.booked.exam].append(seat)
    for session in of(states, "exm_"):
        seats = taken[session.exam]
        assert len({one.booked.seat for one in seats}) == len(seats) <= session.scheduled.seats
        if session.closed is not None and session.closed.held:
            assert session.closed.passed == sum(one.is_passed for one in seats)
    assert {True, False} == {one.closed.held for one in of(states, "exm_") if one.closed is not None}


def test_each_turn_of_fate_befell_somebody(states: dict[str, Any]) -> None:
    """One cancels, one gives the seat back, one stays away, one fails and sits again, one was misread."""
    turns = Counter(one.booked.enrolment for one in of(states, "bkg_"))
    statuses = Counter(one.status for one in of(states, "bkg_"))

    assert statuses[exam.Status.RELEASED] and statuses[exam.Status.ABSENT] and statuses[exam.Status.FAILED]
    assert max(turns.values()) > 1


def test_what_an_office_assessed_is_what_the_law_answers_on_the_same_basis(
    demo: Demo, told: list[Envelope], tmp_path: Path
) -> None:
    folder = shutil.copytree(demo.folder, tmp_path / "data")
    assessed = [one.event for one in told if wire_type(one.event) == "application.assessed/1"]
    goals = {one.event.application: one.event.goal for one in told if wire_type(one.event) == "application.filed/1"}
    verdicts = Counter()  # type: ignore[var-annotated]
    with composed(load({"data_folder": folder})) as app:
        answers = app.extensions["house"].answers
        for event in assessed:
            goal, made = goals[event.application], event.assessment
            question = Question(goal.applied_on, goal.minimum_years, title_obtained_on=goal.title_obtained_on)
            found = eligibility(answers, event.person, question, Axes(made.as_of))
            assert found is not None
            hours = found["hours"]
            assert (hours["eligible"], hours["years_met"], hours["reasons"]) == (
                made.eligible, made.years_met, list(made.reasons))
            assert {one["digest"] for one in found["basis"]["rulebooks"]} == set(made.rulebooks)
            verdicts[made.eligible] += 1
        held = next(one for one in exams(answers, Wanted(), limit=200).items if one.status == "held")
        assert exam_of(answers, held.exam) == held and held.taken == held.attended + held.absent
        for one in told:
            if wire_type(one.event) == "case.closed/1":
                closed = case_of(answers, one.event.case)
                assert closed is not None and closed.status == "closed" and closed.finding == one.event.outcome

    assert verdicts[False] and verdicts[None]


def test_the_answers_say_of_everything_what_its_stream_has_come_to(
    demo: Demo, states: dict[str, Any], tmp_path: Path
) -> None:
    """Two readings of one log: the folds of the streams, and those of the projections."""
    folder = shutil.copytree(demo.folder, tmp_path / "data")
    with composed(load({"data_folder": folder})) as app:
        answers = app.extensions["house"].answers
        for person in {one.person for one in of(states, "enr_")}:
            studied = {one.enrolment: (one.status, one.minutes, one.sessions, one.claim)
                       for one in enrolments_of(answers, person)}
            assert studied == {one.enrolment: (one.status, one.minutes, len(one.sessions), one.claim)
                               for one in of(states, "enr_") if one.person == person}
            seats = {one.booking: (one.exam, one.seat, one.status, one.score_centi)
                     for one in bookings_of(answers, person=person)}
            assert seats == {one.booking: (one.booked.exam, one.booked.seat, one.status,
                                           None if one.result is None else one.result.score_centi)
                             for one in of(states, "bkg_") if one.person == person}
        for one in of(states, "app_"):
            found = application_of(answers, one.application)
            assert (None if found is None else found.status) == (None if one.filed is None else one.status)
            assert [each.lifted_on is not None for each in disqualifications_of(answers, one.person)
                    if each.application == one.application] == ([] if one.disqualified is None else [
                        one.lifted_on is not None])
        for one in of(states, "cas_"):
            known = case_of(answers, one.case)
            assert known is not None
            assert (known.status == "closed", known.finding, known.held) == (one.is_closed, one.finding, one.held)


def test_a_title_is_lost_and_an_application_with_it_only_by_a_case_that_was_substantiated(
    told: list[Envelope], states: dict[str, Any]
) -> None:
    sanctions = [one.event for one in told if wire_type(one.event) in (
        "application.disqualified/1", "application.title_revoked/1")]

    assert len(sanctions) == 3
    for event in sanctions:
        found = states[event.sanction.case]
        assert found.finding == "substantiated" and set(event.sanction.claims) <= set(found.held)
    lifted = [one for one in of(states, "app_") if one.status is application.Status.LIFTED]
    assert [one.bars(date(2023, 1, 1)) for one in lifted] == [False]
