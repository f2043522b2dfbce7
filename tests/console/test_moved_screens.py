"""A session that moves, on screens: who booked reads it where they begin; and results that are waited for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.course_kit import School
from tests.api.house_kit import BODY
from tests.api.test_seats import learned
from tests.console.console_kit import Browser, Read
from tests.console.school_kit import school_with_pages


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_with_pages(tmp_path_factory.mktemp("moved") / "data") as school:
        yield school


def put_off(school: School, exam: BODY, **typed: str) -> Read:
    browser = Browser(school.town, school.office)
    page = browser.get(f"/exams/{exam['exam']}")
    return browser.press(browser.get(page.link("改期、改场地")), "改期、改场地", because="weather", **typed)


def test_an_office_puts_a_session_off_and_who_booked_reads_it_where_they_begin(school: School) -> None:
    exam, ((li, mine), (wang, _)) = school.exam(), learned(school, 2)
    seat = school.booked(li, mine, exam, seat=4)
    moved = put_off(school, exam, day=school.day(27), place="瓯海考点")
    assert "已办理：考试改期、改场地或改座位" in moved.text and "瓯海考点" in moved.text

    home = Browser(school.town, li).get("/home")
    assert "考试改了时间或地点" in home.text and f"原为 {school.day(20)} 09:00–10:00，人事考试中心" in home.text
    assert "考试改了时间或地点" not in Browser(school.town, wang).get("/home").text
    school.pass_days(11)
    own = Browser(school.town, li)
    page = own.get(f"/bookings/{seat['booking']}")
    assert "报名之后改过时间或地点，考完之前可以退座" in page.text and "报名时为" in page.text
    released = own.press(own.get(page.link("退座")), "退座")
    assert "已退座" in released.text and "改期后本人退座" in released.text
    assert "考试改了时间或地点" not in own.get("/home").text


def test_a_form_that_takes_a_seat_away_says_which_is_booked(school: School) -> None:
    exam, ((li, mine),) = school.exam(), learned(school, 1)
    school.booked(li, mine, exam, seat=4)
    browser = Browser(school.town, school.office)
    form = browser.get(f"/exams/{exam['exam']}/move")

    no = browser.press(form, "改期、改场地", status=422, because="seats", seats="3")
    assert "改后的座位少于已有人报名的座位号（4 号）" in no.text


def test_an_office_is_told_of_sessions_whose_results_are_not_in_and_since_when(school: School) -> None:
    exam, ((li, mine),) = school.exam(day=school.day(3), book_until=school.day(1)), learned(school, 1)
    seat = school.booked(li, mine, exam)
    words = f"{exam['day']} 09:00 人事考试中心"
    assert words not in Browser(school.town, school.office).get("/home").text
    school.pass_days(5)

    home = Browser(school.town, school.office).get("/home")
    assert words in home.text and "1 人还没有成绩或缺考登记" in home.text
    assert f"自 {exam['day']} 起，已 2 天" in home.text
    away = school.town.officer(school.town.unit("宁波某局", "330200", "general"), "human_resources", "3302")
    assert words not in Browser(school.town, away).get("/home").text
    at = f"/v1/bookings/{seat['booking']}"
    school.office.did(f"{at}/attendance", {"present": False}, version=1)
    assert "报名的 1 人都有结果，可以结束场次" in Browser(school.town, school.office).get("/home").text
    school.office.did(f"/v1/exams/{exam['exam']}/closing", {"held": True}, version=1)
    assert words not in Browser(school.town, school.office).get("/home").text
