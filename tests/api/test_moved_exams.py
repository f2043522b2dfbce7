"""A session that is put off or held elsewhere, over HTTP: seats stay, and who booked may give theirs up (W 10)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.course_kit import PEOPLE, School, school_in
from tests.api.house_kit import BODY, Someone, in_the_instant
from tests.api.test_seats import code, learned

LATER: BODY = {"because": "weather"}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A school in March, so that what is put off stays within its year."""
    with school_in(tmp_path_factory.mktemp("moved") / "data") as school:
        school.pass_until(3, 1)
        yield school


def moved(school: School, exam: BODY, **fields: object) -> BODY:
    at = f"/v1/exams/{exam['exam']}"
    return school.office.did(f"{at}/move", {**LATER, **fields}, version=school.office.saw(at)["version"])


def days(school: School, day: int, until: int) -> BODY:
    return {"day": school.day(day), "book_until": school.day(until)}


def test_a_session_is_put_off_and_every_seat_stays_with_whoever_booked_it(school: School) -> None:
    exam, ((li, mine), other) = school.exam(), learned(school, 2)
    seat = school.booked(li, mine, exam, seat=4)
    put_off = moved(school, exam, **days(school, 27, 17), place="瓯海考点")

    assert (put_off["day"], put_off["starts"], put_off["place"]) == (school.day(27), "09:00", "瓯海考点")
    seen = school.office.get(f"/v1/exams/{exam['exam']}")
    assert (seen.headers["ETag"], seen.get_json()["moves"], seen.get_json()["free"]) == ('"v2"', 1, 9)
    still = li.saw(f"/v1/bookings/{seat['booking']}")
    assert (still["seat"], still["status"], still["moves"]) == (4, "booked", 0)
    assert school.booked(*other, exam)["moves"] == 1, "they chose the day as it is"


def test_who_booked_before_gives_the_seat_up_after_booking_is_over_and_has_another_turn(school: School) -> None:
    exam, ((li, mine), (wang, theirs)) = school.exam(), learned(school, 2)
    seat, another = school.booked(li, mine, exam), school.exam(**days(school, 30, 25))
    moved(school, exam, **days(school, 27, 10))
    late = school.booked(wang, theirs, exam)
    school.pass_days(11)

    no = wang.post(f"/v1/bookings/{late['booking']}/release", version=1).get_json()
    assert no["code"] == "booking_over" and exam["book_until"] in no["detail"]
    assert li.did(f"/v1/bookings/{seat['booking']}/release", version=1)["status"] == "released"
    assert school.booked(li, mine, another)["status"] == "booked"


def test_no_result_comes_before_the_new_day(school: School) -> None:
    exam, ((li, mine),) = school.exam(), learned(school, 1)
    seat = school.booked(li, mine, exam)
    moved(school, exam, **days(school, 27, 17))
    school.pass_days(21)

    early = school.office.post(f"/v1/bookings/{seat['booking']}/attendance", {"present": True}, version=1)
    assert code(early) == "exam_not_held_yet"
    school.pass_days(6)
    at = f"/v1/bookings/{seat['booking']}"
    school.office.did(f"{at}/attendance", {"present": True}, version=1)
    before = {"score": "88", "announced_on": school.day(-3)}
    assert code(school.office.post(f"{at}/result", before, version=2)) == "exam_not_held_yet"
    assert school.office.did(f"{at}/result", {"score": "88"}, version=2)["claim"] is not None
    no = school.office.post(f"/v1/exams/{exam['exam']}/move", {**LATER, "place": "别处"}, version=2)
    assert code(no) == "exam_was_held"


@pytest.mark.parametrize(("change", "why"), [
    ({"day": -1, "book_until": -9}, "exam_day_past"), ({"day": 700, "book_until": 690}, "exam_of_another_year"),
    ({"day": 9}, "book_until_unfit"), ({"seats": 3}, "seats_booked"), ({}, "nothing_changed"),
])
def test_a_session_moves_nowhere_that_would_cost_somebody_a_seat_or_a_year(
    school: School, change: dict[str, int], why: str
) -> None:
    exam, ((li, mine),) = school.exam(), learned(school, 1)
    school.booked(li, mine, exam, seat=4)
    body = {name: value if name == "seats" else school.day(value) for name, value in change.items()}

    assert code(school.office.post(f"/v1/exams/{exam['exam']}/move", {**LATER, **body}, version=1)) == why


def test_only_the_office_that_holds_it_moves_a_session_and_says_why(school: School) -> None:
    exam, at = school.exam(), "/v1/exams/{}/move"
    away = school.town.officer(school.town.unit("宁波某局", "330200", "general"), PEOPLE, "3302")
    body = {**LATER, "seats": 20}

    assert code(away.post(at.format(exam["exam"]), body, version=1)) == "outside_scope"
    assert code(school.learner().post(at.format(exam["exam"]), body, version=1)) == "official_needed"
    assert code(school.office.post(at.format("exm_" + "0" * 22), body, version=1)) == "exam_absent"
    assert school.office.post(at.format(exam["exam"]), {"seats": 20}, version=1).status_code == 422
    more = moved(school, exam, seats=20)
    assert (more["seats"], more["moves"]) == (20, 0), "nobody has to be told of more seats"
    off = school.office.did(f"/v1/exams/{exam['exam']}/closing", {"held": False}, version=2)
    assert off["status"] == "called_off"
    assert code(school.office.post(at.format(exam["exam"]), body, version=3)) == "exam_closed"


def test_a_seat_that_is_booked_while_the_seats_are_lowered_keeps_them(school: School) -> None:
    """The move has read that nobody sits beyond the third seat; before it is recorded somebody does."""
    exam, ((li, mine), (wang, theirs)) = school.exam(), learned(school, 2)
    at = f"/v1/exams/{exam['exam']}"
    late: list[BODY] = []
    school.booked(li, mine, exam, seat=2)
    with in_the_instant(school.town, lambda: late.append(school.booked(wang, theirs, exam, seat=7))):
        no = school.office.post(f"{at}/move", {**LATER, "seats": 3}, version=1).get_json()

    assert (no["code"], no["seen"]["highest"], school.office.saw(at)["seats"]) == ("seats_booked", 7, 10)
    wang.did(f"/v1/bookings/{late[0]['booking']}/release", version=1)
    assert moved(school, exam, seats=2)["seats"] == 2


def test_whoever_books_while_a_session_is_called_off_is_given_the_seat_back_with_all_others(school: School) -> None:
    exam, ((li, mine), (wang, theirs)) = school.exam(), learned(school, 2)
    seats = [school.booked(li, mine, exam)]
    with in_the_instant(school.town, lambda: seats.append(school.booked(wang, theirs, exam))):
        off = school.office.did(f"/v1/exams/{exam['exam']}/closing", {"held": False}, version=1)

    assert (off["status"], off["booked"]) == ("called_off", 2)
    stands = [who.saw(f"/v1/bookings/{seat['booking']}")["status"] for who, seat in zip((li, wang), seats, strict=True)]
    assert stands == ["released", "released"]


def test_of_each_way_in_which_a_seat_waits_no_more_is_said_which_and_what_to_do(school: School) -> None:
    exam, people = school.exam(), learned(school, 3)
    (li, _), (wang, _), (zhao, _) = people
    mine, theirs, third = (school.booked(who, one, exam)["booking"] for who, one in people)

    def told(who: Someone, seat: str) -> str:
        no = who.post(f"/v1/bookings/{seat}/release", version=who.saw(f"/v1/bookings/{seat}")["version"]).get_json()
        assert no["code"] == "booking_not_open"
        words: str = no["detail"]
        return words

    li.did(f"/v1/bookings/{mine}/release", version=1)
    assert "已经退座" in told(li, mine)
    school.pass_days(21)
    school.office.did(f"/v1/bookings/{theirs}/attendance", {"present": False}, version=1)
    school.office.did(f"/v1/bookings/{third}/attendance", {"present": True}, version=1)
    assert "登记缺考" in told(wang, theirs) and "登记到场" in told(zhao, third)
    school.office.did(f"/v1/bookings/{third}/result", {"score": "50"}, version=2)
    assert f"不合格，{school.day()} 公布" in told(zhao, third)


def test_a_course_of_another_year_is_told_by_the_two_years(school: School) -> None:
    exam, ((li, mine),) = school.exam(year=2020), learned(school, 1)
    no = li.post("/v1/bookings", {"exam": exam["exam"], "enrolment": mine["enrolment"]}).get_json()

    assert no["code"] == "exam_of_another_course"
    assert "2020 年度" in no["detail"] and f"{school.town.house.today.year} 年度" in no["detail"]
