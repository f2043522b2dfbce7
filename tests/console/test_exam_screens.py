"""Exams in the console: seats booked and given back, results entered and put right, down to eighteen hours (W 10)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.api.course_kit import School
from tests.api.house_kit import BODY, Someone
from tests.console.browser_kit import Window
from tests.console.console_kit import HERE, Browser, Read, serving
from tests.console.school_kit import school_with_pages


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_with_pages(tmp_path_factory.mktemp("exams") / "data") as school:
        yield school


@pytest.fixture(scope="module")
def course(school: School) -> BODY:
    return school.course(title="数字化改革与数据素养")


def completed(school: School, course: BODY, name: str = "李明华") -> tuple[Someone, BODY]:
    person = school.learner(name)
    return person, school.completed(person, course)


def sitting(school: School, course: BODY, *names: str) -> tuple[BODY, list[tuple[Someone, BODY, BODY]]]:
    """People who have booked a session whose day has come, who they are and what they chose."""
    exam, people = school.exam(day=school.day(3), book_until=school.day(1)), []
    for name in names:
        person, done = completed(school, course, name)
        people.append((person, done, school.booked(person, done, exam)))
    school.pass_days(4)
    return exam, people


def office(school: School, who: Someone | None = None) -> Browser:
    """An office, logged in now: a session does not outlive the days that pass here."""
    return Browser(school.town, who or school.office)


def listed(browser: Browser, exam: BODY, rows: str, button: str = "检查名单", status: int = 200) -> Read:
    """Hand in a list of results."""
    page, content = browser.get(f"/exams/{exam['exam']}/results"), io.BytesIO(f"座位号,成绩\n{rows}".encode())
    form, _ = page.form_with(button)
    fields = {**form.fields, "step": "check", "file": (content, "a.csv")}
    answer = browser.client.post(form.address, data=fields, headers=HERE)
    assert answer.status_code == status, Read(answer).text[-600:]
    return Read(answer)


# Seats


def test_a_seat_is_booked_given_back_and_booked_again(school: School, course: BODY) -> None:
    person, _ = completed(school, course)
    exam, browser = school.exam(seats=2, place="三楼机房"), Browser(school.town, person)
    page = browser.get(f"/exams/{exam['exam']}")
    assert "空余 2 ，已占 0，共 2 座" in page.text
    booked = browser.press(browser.get(page.link("报名")), "报名")
    assert "已办理：报名考试座位" in booked.text and "空余 1" in booked.text

    seat = browser.get(booked.link("号座位"))
    assert "三楼机房" in seat.text and "数字化改革与数据素养" in seat.text
    given = browser.press(browser.get(seat.link("退座")), "退座")
    assert "已退座" in given.text and "退座" not in given.buttons()
    assert "报名" in browser.get(f"/exams/{exam['exam']}").buttons()


def test_which_seats_are_free_is_seen_before_one_is_chosen_and_whose_the_others_are_is_not(
    school: School, course: BODY
) -> None:
    (first, one), (second, _) = completed(school, course, "赵一"), completed(school, course, "钱二")
    exam = school.exam(seats=6)
    school.booked(first, one, exam, seat=2)
    at, browser = f"/exams/{exam['exam']}", Browser(school.town, second)
    page = browser.get(at)

    assert "座位图：空 5，已占 1；逐排见下表" in page.source
    assert "1–6 号 1、3–6 2" in page.text and "赵" not in page.text
    assert browser.json(f"{at}.json")["seats_taken"] == [2]
    assert "空座：1、3–6" in browser.get(f"{at}/booking").text
    assert "空 5，已占 0，我的 1" in Browser(school.town, first).get(at).source


def test_a_seat_that_another_took_meanwhile_is_said_and_any_other_can_be_had(school: School, course: BODY) -> None:
    (first, one), (second, two) = completed(school, course), completed(school, course, "王芳")
    exam, browser = school.exam(seats=2), Browser(school.town, first)
    form = browser.get(f"/exams/{exam['exam']}/booking")
    school.booked(second, two, exam, seat=2)

    taken = browser.press(form, "报名", 409, seat="2")
    assert "该座位已有人" in taken.text and 'href="#seat"' in taken.source and 'value="2"' in taken.source
    assert "1 号座位" in browser.press(taken, "报名", seat="").text
    assert one["status"] == "completed"
    full = Browser(school.town, completed(school, course, "赵敏")[0])
    assert "该场次已满" in full.get(f"/exams/{exam['exam']}").text
    assert "已满" in full.get("/exams").text
    assert full.json("/exams.json?sort=free")["items"][0]["free"] == 0


def test_whoever_has_completed_nothing_is_told_what_comes_first(school: School) -> None:
    browser, exam = Browser(school.town, school.learner()), school.exam()
    plan = browser.get("/exams")
    assert "学完课程之后才能报名考试" in plan.text and "先学完课程" in plan.text
    page = browser.get(f"/exams/{exam['exam']}")
    assert "学完课程之后才能报名考试" in page.text and "报名" not in page.buttons()


def test_one_turn_at_a_time_and_a_past_in_which_nothing_is_booked(school: School, course: BODY) -> None:
    person, done = completed(school, course)
    first, other = school.exam(), school.exam()
    browser = Browser(school.town, person)
    booked = school.booked(person, done, first)
    assert "当年已有一次考试报名" in browser.get(f"/exams/{other['exam']}").text
    before = browser.get(f"/exams/{first['exam']}?as_of={booked['events'][0] - 1}")
    assert "您看的不是现在" in before.text and "没有报名" in before.text and "报名" not in before.buttons()


def test_a_seat_is_its_persons_alone(school: School, course: BODY) -> None:
    person, done = completed(school, course)
    seat = school.booked(person, done, school.exam())
    other = Browser(school.town, school.learner("王芳"))
    other.get(f"/bookings/{seat['booking']}", 404)
    other.get(f"/bookings/{seat['booking']}/release", 404)


# The office


def test_an_office_plans_a_session_and_may_call_it_off(school: School, course: BODY) -> None:
    browser = office(school)
    form = browser.get(browser.get("/exams").link("安排考试"))
    typed = {"day": school.day(20), "starts": "09:00", "ends": "10:00", "place": "二楼", "seats": "30",
             "book_until": school.day(20)}
    assert "报名截止" in browser.press(form, "下一步：核对", 422, **typed).text
    assert "合格线高于满分" in browser.press(form, "下一步：核对", 422, **{
        **typed, "book_until": school.day(10), "full_mark": "50"}).text
    check = browser.press(form, "下一步：核对", **{**typed, "book_until": school.day(10)})
    assert "60 分，满分 100 分" in check.text
    planned = browser.press(check, "安排考试")
    assert "已办理：" in planned.text and "共 30 座" in planned.text
    assert "结束场次" not in planned.buttons() and "按名单登记成绩" not in planned.buttons(), "its day has not come"
    assert "考试还没有举行" in browser.get(f"{planned.address}/results", 409).text

    person, done = completed(school, course)
    exam = planned.address.rpartition("/")[2]
    seat = school.booked(person, done, {"exam": exam})
    off = browser.press(browser.get(planned.link("取消场次")), "取消场次")
    assert "已取消" in off.text
    assert "场次取消" in Browser(school.town, person).get(f"/bookings/{seat['booking']}").text


def test_the_list_of_a_session_is_masked_for_a_purpose_and_recorded(school: School, course: BODY) -> None:
    exam, _ = sitting(school, course, "欧阳明")
    browser, access = office(school), school.town.house.register.access
    assert "为什么查阅" in browser.get(f"/exams/{exam['exam']}/bookings").text
    assert "报名名单" in browser.get(f"/exams/{exam['exam']}").buttons()
    before = access.store.size()

    page = browser.get(f"/exams/{exam['exam']}/bookings?purpose=exam_results")
    assert "欧阳明" not in page.source and "********" in page.source
    table = browser.client.get(f"/exams/{exam['exam']}/bookings.csv?purpose=exam_results").get_data(as_text=True)
    assert "座位号,姓名,证件号码" in table and "********" in table and "欧阳明" not in table
    assert access.store.size() == before + 2, "once for each look"
    assert browser.client.get(f"/exams/{exam['exam']}/bookings.csv").status_code == 422, "and none without a purpose"


def test_results_are_entered_one_by_one_and_put_right_by_another_hand(school: School, course: BODY) -> None:
    exam, ((person, _, seat),) = sitting(school, course, "李明华")
    browser, at = office(school), f"/bookings/{seat['booking']}"
    page = browser.get(f"{at}?purpose=exam_results")
    assert {"登记到场", "登记缺考"} <= page.buttons() and "登记成绩" not in page.buttons()
    came = browser.press(browser.get(page.link("登记到场")), "登记到场")
    form = browser.get(came.link("登记成绩"))
    assert "成绩：" in browser.press(form, "登记成绩", 422, score="很好").text
    seen = browser.press(form, "先看结果", score="59.5")
    assert "不合格" in seen.text and "试办结果" in seen.text
    failed = browser.press(seen, "登记成绩", score="59.5")
    assert "不合格" in failed.text and "更正成绩" not in failed.buttons(), "one hand does not put itself right"

    second = office(school, school.second)
    again = second.get(f"{at}/result-correction?purpose=exam_results")
    assert "说明：请填写" in second.press(again, "更正成绩", 422, score="69.5").text
    assert "合格" in second.press(again, "更正成绩", score="69.5", words="误登").text
    own = Browser(school.town, person).get(at)
    assert "69.5 分" in own.text and "59.5 分，不合格" in own.text, "what was entered first is still there"
    then = Browser(school.town, person).get(f"{at}?as_of={seat['events'][0]}")
    assert "待考" in then.text and "69.5" not in then.text and "退座" not in then.buttons()
    assert exam["exam"] in own.source


def test_whoever_was_taken_for_absent_is_put_right_by_another_hand_and_has_their_mark(
    school: School, course: BODY
) -> None:
    _, ((person, _, seat),) = sitting(school, course, "李明华")
    at, first, second = f"/bookings/{seat['booking']}", office(school), office(school, school.second)
    missed = first.press(first.get(f"{at}/absence?purpose=exam_results"), "登记缺考")
    assert "缺考" in missed.text and "登记到场" not in missed.buttons(), "not by the same hand"
    own = Browser(school.town, person)
    assert "没有缺考的，请向主办部门提出" in own.get(at).text

    page = second.get(f"{at}?purpose=exam_results")
    came = second.press(second.get(page.link("登记到场")), "登记到场")
    assert "已到场，待成绩" in came.text and "缺考" in came.text, "what was said first is still there"
    assert "合格" in second.press(second.get(came.link("登记成绩")), "登记成绩", score="71.5").text
    assert "✓ 合格" in own.get(at).text


def test_a_list_with_a_fault_enters_nothing_and_a_sound_one_gives_eighteen_hours(
    school: School, course: BODY
) -> None:
    exam, people = sitting(school, course, "李明华", "王芳")
    (li, done, first), (_, _, second) = people
    browser = office(school)
    wrong = listed(browser, exam, f"{first['seat']},七十\n99,80\n")
    for words in ("名单有误，没有登记", "第 2 行：成绩应为", "第 3 行：没有人报名"):
        assert words in wrong.text
    back = CalamineWorkbook.from_filelike(io.BytesIO(browser.send(wrong, "下载退回的工作簿").data))
    assert [row[-1][:5] for row in back.get_sheet_by_index(0).to_python()] == ["原因", "成绩应为至", "没有人报名"]
    assert "请选择" in Read(browser.send(browser.get(f"/exams/{exam['exam']}/results"), "检查名单")).text

    sound = listed(browser, exam, f"{first['seat']},71.5\n{second['seat']},缺考\n")
    entered = browser.press(sound, "登记 2 行")
    assert "到场 1 人，缺考 1 人；合格 1 人" in entered.text
    closed = browser.press(browser.get(entered.link("结束场次")), "结束场次")
    assert "已举行" in closed.text and "按名单登记成绩" not in closed.buttons()

    own = Browser(school.town, li)
    mine = own.get(f"/enrolments/{done['enrolment']}")
    assert "已登记学时" in mine.text and "登记学时" not in mine.buttons(), "once"
    assert "18" in own.get(mine.link("clm_")).text
    year = school.town.house.today.year
    assert li.year(year)["evaluated"]["general_public"] == "18"


def test_whoever_has_a_seat_is_told_when_to_come_and_then_what_is_waited_for(school: School, course: BODY) -> None:
    person, done = completed(school, course)
    exam = school.exam(day=school.day(3), book_until=school.day(1))
    seat = school.booked(person, done, exam, seat=4)
    mine, at = f"/enrolments/{done['enrolment']}", f"/bookings/{seat['booking']}"

    def seen() -> tuple[str, str, str]:
        browser = Browser(school.town, person)
        page = browser.get(mine)
        assert "报名考试" not in page.buttons(), "they have a seat"
        return browser.get("/home").text, page.text, browser.get(at).text

    home, page, booking = seen()
    assert f"考试 {exam['day']} 09:00，4 号座位" in home and f"已报名： 考试 {exam['day']} 09:00" in page
    assert "报名截止前可以退座" in booking
    school.pass_days(2)
    assert "报名已截止，不能再退座" in seen()[2]
    school.pass_days(2)
    home, page, booking = seen()
    assert "已考，待成绩" in home and "已考，待成绩" in page
    assert "等主办部门登记到场和成绩" in booking and "按时到场" not in booking
    assert "已考，待结束" in office(school).get(f"/exams/{exam['exam']}").text
    assert "已考，待结束" in office(school).get("/exams?when=past").text


def test_whose_exam_is_called_off_is_told_that_the_seat_went_with_it(school: School, course: BODY) -> None:
    person, done = completed(school, course)
    exam = school.exam()
    seat = school.booked(person, done, exam)
    school.office.did(f"/v1/exams/{exam['exam']}/closing", {"held": False}, version=1)
    browser = Browser(school.town, person)
    assert "场次已取消，座位随之退回" in browser.get(f"/bookings/{seat['booking']}").text
    assert "报名考试" in browser.get(f"/enrolments/{done['enrolment']}").buttons()
    assert "所报场次已取消 报名考试" in browser.get("/home").text
    school.booked(person, done, school.exam())
    assert "所报场次已取消" not in browser.get("/home").text


def test_hours_of_a_mark_that_was_another_s_are_shown_until_they_are_revoked_and_then_the_way_to_sit_again(
    school: School, course: BODY
) -> None:
    _, ((person, done, seat),) = sitting(school, course, "李明华")
    at, mine = f"/v1/bookings/{seat['booking']}", f"/enrolments/{done['enrolment']}"
    school.office.did(f"{at}/attendance", {"present": True}, version=1)
    claim = school.office.did(f"{at}/result", {"score": "71.5"}, version=2)["claim"]
    school.second.did(f"{at}/result-correction", {"score": "40", "words": "张冠李戴"}, version=3)
    again, clerk = school.exam(), office(school, school.second)

    told = clerk.get(f"/bookings/{seat['booking']}?purpose=exam_results")
    assert "成绩不合格，而凭它登记的学时还在" in told.text
    own = Browser(school.town, person)
    booking = own.get(f"/bookings/{seat['booking']}")
    assert "由部门另行更正或撤销" in booking.text and "当年可以再考：" not in booking.text
    assert "该课程的学时已经登记" in own.get(f"/exams/{again['exam']}").text

    seen = person.saw(f"/v1/claims/{claim}")["version"]
    school.second.did(f"/v1/claims/{claim}/revocation", {"basis": "other", "words": "成绩更正"}, version=seen)
    assert "凭它登记的学时还在" not in clerk.get(f"/bookings/{seat['booking']}?purpose=exam_results").text
    page = own.get(mine)
    assert "登记的学时已撤销" in page.text and "可以再考" in page.text and "报名考试" in page.buttons()
    booked = own.press(own.get(f"/exams/{again['exam']}/booking"), "报名")
    assert "已办理：报名考试座位" in booked.text and "已报名：" in own.get(mine).text


def test_hours_that_could_not_follow_a_pass_are_asked_for_once_what_stood_in_the_way_is_gone(
    school: School, course: BODY
) -> None:
    li = school.town.person("孙新")
    done, exam = school.completed(li, course), school.exam(day=school.day(3), book_until=school.day(1))
    seat = school.booked(li, done, exam)
    school.pass_days(4)
    at = f"/v1/bookings/{seat['booking']}"
    school.office.did(f"{at}/attendance", {"present": True}, version=1)
    school.office.did(f"{at}/result", {"score": "71.5"}, version=2)
    browser, mine = Browser(school.town, li), f"/enrolments/{done['enrolment']}"
    assert "已学完" in browser.get(mine).text and "登记学时" not in browser.get(mine).buttons(), "belongs nowhere"

    school.town.belongs(li, school.works, "2020-01-01")
    registered = browser.press(browser.get(browser.get(mine).link("登记学时")), "登记学时")
    assert "已登记学时" in registered.text and "登记学时" not in registered.buttons()


@pytest.mark.requires_system("chromium")
def test_every_screen_of_exams_is_readable_and_the_browser_says_nothing(
    school: School, course: BODY, chromium: Any
) -> None:
    person, done = completed(school, course, "赵敏")
    exam = school.exam(day=school.day(3), book_until=school.day(1))
    free = f"/exams/{exam['exam']}"
    with serving(school.town.app) as served:
        window = Window(chromium, served, person.token)
        found = {path: window.faults(path) for path in ("/exams", "/exams?when=past", free, f"{free}/booking")}
        seat = school.booked(person, done, exam)
        found |= {path: window.faults(path) for path in (
            "/exams?year=2019", f"/bookings/{seat['booking']}", f"{free}?as_of={seat['events'][0] - 1}")}
        assert window.said == []
        school.pass_days(4)
        window = Window(chromium, served, school.office.token)
        named = "?purpose=exam_results"
        found |= {path: window.faults(path) for path in (
            "/exams", "/exams/new", free, f"{free}/bookings{named}", f"{free}/bookings", f"{free}/results",
            f"/bookings/{seat['booking']}{named}", f"/bookings/{seat['booking']}/attendance{named}")}
        assert window.said == []
    assert {path: faults for path, faults in found.items() if faults} == {}
