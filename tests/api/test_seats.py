"""Exam sessions and seats over HTTP: who plans them, who sits, and that of a crowd one has the last seat (W 10)."""

from __future__ import annotations

import threading

import pytest

from ledger.events.access import AccessRecorded
from tests.api.course_kit import PEOPLE, School
from tests.api.house_kit import BODY, Someone


def code(answer: object) -> str:
    said: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return said


def learned(school: School, people: int, **course: object) -> list[tuple[Someone, BODY]]:
    """So many people who have completed a course of their year."""
    one = school.course(minutes=1, **course)
    return [(who, school.studied(who, school.enrolled(who, one), 1)) for who in (
        school.learner() for _ in range(people))]


def test_a_session_is_planned_by_the_office_that_publishes_the_courses(school: School) -> None:
    bureau = school.town.unit("区人力社保局", "330302", "general")
    county = school.town.officer(bureau, PEOPLE, "330302")
    assert code(county.post("/v1/exams", school.exam_body(region="330302"))) == "not_the_registrar"
    assert code(school.office.post("/v1/exams", school.exam_body(book_until=school.day(20)))) == "book_until_unfit"
    for wrong in ({"starts": "9:00"}, {"seats": 0}, {"pass_mark": 60}, {"sector": "industry"}):
        assert school.office.post("/v1/exams", school.exam_body(**wrong)).status_code == 422

    made = school.exam()
    seen = school.office.get(f"/v1/exams/{made['exam']}")
    assert (seen.headers["ETag"], seen.get_json()["free"], made["pass_mark"]) == ('"v1"', 10, "60")


def test_of_a_crowd_that_wants_the_last_seat_exactly_one_has_it(school: School) -> None:
    exam, answers = school.exam(seats=1), list[tuple[int, str]]()
    crowd = learned(school, 5)
    ready = threading.Barrier(len(crowd))

    def book(who: Someone, enrolment: BODY) -> None:
        ready.wait()
        answer = who.post("/v1/bookings", {"exam": exam["exam"], "enrolment": enrolment["enrolment"]})
        answers.append((answer.status_code, answer.get_json().get("code", "")))

    threads = [threading.Thread(target=book, args=one) for one in crowd]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(answers) == [(201, "")] + [(409, "exam_full")] * 4
    assert school.office.saw(f"/v1/exams/{exam['exam']}")["free"] == 0


def test_everyone_who_leaves_the_seat_to_chance_has_another(school: School) -> None:
    exam = school.exam(seats=3)
    assert sorted(school.booked(who, one, exam)["seat"] for who, one in learned(school, 3)) == [1, 2, 3]


def test_a_seat_that_is_taken_is_another_to_choose_and_one_that_is_given_back_is_free(school: School) -> None:
    exam, (one, other) = school.exam(), learned(school, 2)
    mine = school.booked(*one, exam, seat=4)
    taken = other[0].post("/v1/bookings", {"exam": exam["exam"], "enrolment": other[1]["enrolment"], "seat": 4})
    assert (taken.status_code, code(taken)) == (409, "seat_taken")
    again = one[0].post("/v1/bookings", {"exam": exam["exam"], "enrolment": one[1]["enrolment"]})
    assert (code(again), again.get_json()["seen"]["booking"]) == ("turn_taken", mine["booking"])

    at = f"/v1/bookings/{mine['booking']}"
    assert one[0].get(at).headers["ETag"] == '"v1"'
    assert code(other[0].post(f"{at}/release", version=1)) == "booking_absent", "another's is not there"
    assert one[0].did(f"{at}/release", version=1)["status"] == "released"
    assert school.booked(*other, exam, seat=4)["seat"] == 4


@pytest.mark.parametrize("why", ["course_not_completed", "exam_of_another_course", "booking_over", "seat_absent"])
def test_a_seat_is_for_whoever_has_learned_what_is_examined_and_in_time(school: School, why: str) -> None:
    """W 10: 完成在线学习后."""
    exam = school.exam(seats=2, **({"year": 2020} if why == "exam_of_another_course" else {}))
    if why == "course_not_completed":
        li = school.learner()
        mine = school.enrolled(li, school.course())
    else:
        ((li, mine),) = learned(school, 1)
    if why == "booking_over":
        school.pass_days(11)
    body = {"exam": exam["exam"], "enrolment": mine["enrolment"], **({"seat": 3} if why == "seat_absent" else {})}
    assert code(li.post("/v1/bookings", body)) == why
    stranger = school.learner()
    assert code(stranger.post("/v1/bookings", body)) == "enrolment_absent"


def test_whoever_looks_at_the_list_of_a_session_says_what_for_and_each_is_recorded_as_seen(school: School) -> None:
    exam, (one, other) = school.exam(), learned(school, 2)
    school.booked(*one, exam, seat=2)
    school.booked(*other, exam, seat=1)
    path = f"/v1/exams/{exam['exam']}/bookings"
    assert code(school.office.get(path)) == "purpose_missing"
    away = school.town.officer(school.town.unit("宁波某局", "330200", "general"), PEOPLE, "3302")
    assert code(away.get(path, purpose="seat_plan")) == "outside_scope"
    assert code(one[0].get(path)) == "not_for_reading"

    listed = school.office.saw(path, purpose="seat_plan")["items"]
    assert [(seat["seat"], seat["person"], seat["version"]) for seat in listed] == [
        (1, other[0].id, 1), (2, one[0].id, 1)]
    events = [each.envelope.event for each in school.town.house.register.access.read(limit=10_000)]
    seen = {each.subject for each in events if isinstance(each, AccessRecorded) and each.purpose == "seat_plan"}
    assert seen == {one[0].id, other[0].id}


def test_a_session_that_is_called_off_gives_every_seat_back(school: School) -> None:
    exam, (one, other) = school.exam(), learned(school, 2)
    bookings = [school.booked(*each, exam) for each in (one, other)]
    at = f"/v1/exams/{exam['exam']}"
    assert code(school.office.post(f"{at}/closing", {"held": True}, version=1)) == "exam_not_held_yet"
    off = school.office.did(f"{at}/closing", {"held": False}, version=1, key="called-off")
    assert (off["status"], len(off["events"])) == ("called_off", 3)
    assert school.office.post(f"{at}/closing", {"held": False}, version=1, key="called-off").get_json() == off
    assert [who.saw(f"/v1/bookings/{each['booking']}")["status"]
            for (who, _), each in zip((one, other), bookings, strict=True)] == ["released"] * 2
    assert school.booked(*one, school.exam())["status"] == "booked"
