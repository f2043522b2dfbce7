"""Courses and exams as answers: minutes add up, seats are free or taken as of any position, results as announced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import (
    book,
    close,
    complete,
    enrol,
    give_back,
    move,
    publish,
    register_hours,
    schedule,
    sit,
    study,
)
from projection_kit import NINGBO, WENZHOU, House, counted, living

from ledger.events.course import EnrolmentId
from ledger.events.exam import BookingId, ExamId
from ledger.streams import course as courses
from ledger.vocabulary import PersonId
from projections import exams
from projections.answers import Answers
from projections.errors import AsOfInFuture
from projections.exam_fold import Exams
from projections.exams import Wanted
from projections.files.rebuilding import compare


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def learner(house: House) -> PersonId:
    return house.person(unit=house.unit(NINGBO, "industry"))


def seats(answers: Answers, exam: str, as_of: int | None = None) -> tuple[int, int]:
    found = exams.exam_of(answers, exam, as_of=as_of)
    assert found is not None
    return found.taken, found.free


def test_the_catalogue_of_a_year_is_that_of_the_year_and_place(house: House) -> None:
    this, before = publish(house), publish(house, year=2025, code="law")
    elsewhere = publish(house, region="330300", code="history")
    answers = house.followed()

    def found(**wanted: Any) -> list[str]:
        return [one.course for one in exams.courses(answers, Wanted(**wanted)).items]

    assert found() == [before, this, elsewhere]
    assert found(year=2026, region="3302") == [this]
    assert found(year=2026, region="33", category="general_public") == [this, elsewhere]
    assert found(category="sector_public") == []
    one = exams.course_of(answers, this)
    assert one is not None and (one.minutes, one.hours_centi, one.one_a_year) == (90, 1_800, True)


def test_a_withdrawn_course_says_since_when_and_as_of_before_it_was_not(house: House) -> None:
    course = publish(house)
    before = house.size
    command = courses.WithdrawCourse(role="human_resources", on=date(2026, 6, 1))
    house.record(courses.decide_course_withdrawal(house.load(course, courses.evolve), command, house.officer))
    answers = house.followed()

    now, then = exams.course_of(answers, course), exams.course_of(answers, course, as_of=before)
    assert now is not None and then is not None
    assert (now.withdrawn_on, then.withdrawn_on) == ("2026-06-01", None)


def test_pages_of_the_catalogue_are_whole(house: House) -> None:
    wanted = [publish(house, code=f"code-{number}") for number in range(5)]
    answers = house.followed()
    page = exams.courses(answers, limit=2)
    seen = [one.course for one in page.items]
    while page.next is not None:
        page = exams.courses(answers, limit=2, after=page.next, as_of=page.as_of)
        seen += [one.course for one in page.items]

    assert seen == wanted


def test_minutes_of_sessions_add_up_until_the_hours_stand_as_a_claim(house: House) -> None:
    person, course = learner(house), publish(house)
    enrolment = enrol(house, person, course)
    study(house, enrolment, 50)
    half = house.size
    study(house, enrolment, 45)
    complete(house, enrolment)
    exam = schedule(house)
    booking = book(house, exam, enrolment, 1)
    sit(house, booking, 7_150)
    claim = register_hours(house, enrolment, booking)
    answers = house.followed()

    (then,), (now,) = exams.enrolments_of(answers, person, as_of=half), exams.enrolments_of(answers, person)
    assert (then.status, then.minutes, then.sessions, then.completed_on) == ("enrolled", 50, 1, None)
    assert (now.status, now.minutes, now.sessions) == ("registered", 95, 2)
    assert (now.challenges, now.answered, now.completed_on) == (12, 10, "2026-03-20")
    assert (now.completed_by, now.claim) == ("exam", claim)
    assert len(now.events) == 5 and now.events[0] < half
    # W 10: 18 hours, counted in the year of the announced result.
    assert counted(house.year(person, 2026), claim) == ("18", "18")


def test_completion_without_an_exam_is_registered_too_and_what_it_counts_is_law(house: House) -> None:  # N 5, AMB-03
    person, course = learner(house), publish(house)
    enrolment = enrol(house, person, course)
    study(house, enrolment)
    complete(house, enrolment)
    claim = register_hours(house, enrolment)
    (found,) = exams.enrolments_of(house.followed(), person)

    assert (found.completed_by, found.claim) == ("completion", claim)
    (entry,) = house.year(person, 2026)["entries"]
    assert (entry["evaluated"]["status"], entry["evaluated"]["counted"]) == ("refused", "0")


def seated(house: House, exam: ExamId, many: int, first: int = 1) -> list[tuple[PersonId, EnrolmentId, BookingId]]:
    course, found = publish(house), []
    for seat in range(first, first + many):
        person = learner(house)
        enrolment = enrol(house, person, course)
        study(house, enrolment)
        complete(house, enrolment)
        found.append((person, enrolment, book(house, exam, enrolment, seat)))
    return found


def test_a_seat_is_taken_until_it_is_given_back_as_of_any_position(house: House) -> None:
    exam = schedule(house, seats=3)
    empty = house.size
    (_, _, first), (_, _, second) = seated(house, exam, 2)
    full = house.size
    give_back(house, second)
    answers = house.followed()

    assert seats(answers, exam, empty) == (0, 3)
    assert seats(answers, exam, full) == (2, 1)
    assert seats(answers, exam) == (1, 2)
    assert [one.status for one in exams.bookings_of(answers, exam=exam)] == ["booked", "released"]
    assert first != second


def test_results_stand_with_the_session_and_with_the_person(house: House) -> None:
    exam = schedule(house)
    people = seated(house, exam, 3)
    for (_, _, booking), score in zip(people, (8_000, 5_999, None), strict=True):
        sit(house, booking, score)
    open_ = house.size
    close(house, exam, [booking for _, _, booking in people])
    answers = house.followed()

    found = exams.exam_of(answers, exam)
    assert found is not None
    assert (found.status, found.taken, found.attended, found.absent, found.passed, found.failed) == (
        "held", 3, 2, 1, 1, 1)
    before = exams.exam_of(answers, exam, as_of=open_)
    assert before is not None and before.status == "scheduled"
    (own,) = exams.bookings_of(answers, person=people[0][0])
    assert (own.status, own.score_centi, own.pass_mark_centi) == ("passed", 8_000, 6_000)
    assert own.announced_on == "2026-04-18"
    (away,) = exams.bookings_of(answers, person=people[2][0])
    assert (away.status, away.score_centi) == ("absent", None)


def test_a_session_that_was_called_off_has_all_its_seats_free(house: House) -> None:
    exam = schedule(house)
    people = seated(house, exam, 2)
    close(house, exam, [booking for _, _, booking in people], held=False)
    found = exams.exam_of(house.followed(), exam)

    assert found is not None and (found.status, found.taken, found.free) == ("called_off", 0, 3)


def test_a_session_that_moved_stands_where_it_is_and_as_of_before_where_it_was(house: House) -> None:
    exam = schedule(house)
    ((_, _, before),) = seated(house, exam, 1)
    then = house.size
    move(house, exam, [before], seats=9)
    move(house, exam, [before], day=date(2026, 5, 16), place="另一考点")
    ((_, _, after),) = seated(house, exam, 1, first=9)
    answers = house.followed()

    now, was = exams.exam_of(answers, exam), exams.exam_of(answers, exam, as_of=then)
    assert now is not None and was is not None
    assert (was.day, was.seats, was.moves, was.version) == ("2026-04-18", 3, 0, 1)
    assert (now.day, now.place, now.seats, now.moves, now.version) == ("2026-05-16", "另一考点", 9, 1, 3)
    assert {one.booking: one.moves for one in exams.bookings_of(answers, exam=exam)} == {before: 0, after: 1}


def test_the_plan_is_by_day_and_its_pages_count_the_same_seats(house: House) -> None:
    late, early = schedule(house, day="2026-05-16"), schedule(house, day="2026-04-18")
    elsewhere = schedule(house, day="2026-04-20", region=WENZHOU)
    seated(house, late, 2)
    answers = house.followed()

    assert [one.exam for one in exams.exams(answers).items] == [early, elsewhere, late]
    assert [one.exam for one in exams.exams(answers, Wanted(region="3302")).items] == [early, late]
    first = exams.exams(answers, limit=2)
    assert [one.taken for one in first.items] == [0, 0] and first.next is not None
    rest = exams.exams(answers, limit=2, after=first.next, as_of=first.as_of)
    assert [(one.exam, one.taken, one.free) for one in rest.items] == [(late, 2, 1)]


def test_what_is_unknown_is_none_and_what_is_to_come_is_refused(house: House) -> None:
    answers = house.followed()

    assert exams.exam_of(answers, "exm_0") is None and exams.course_of(answers, "crs_0") is None
    assert not exams.enrolments_of(answers, "per_0") and not exams.bookings_of(answers, person="per_0")
    with pytest.raises(AsOfInFuture):
        exams.exam_of(answers, "exm_0", as_of=house.size + 1)


def test_what_was_followed_is_what_a_rebuilt_copy_holds(house: House) -> None:
    exam = schedule(house)
    people = seated(house, exam, 2)
    sit(house, people[0][2], 7_000)
    give_back(house, people[1][2])
    house.followed()

    found = compare(house.ledger, house.folder / "answers", Exams(), lambda done, total: None)
    assert found.holds and found.stands.position == house.size
