"""Public courses in the console: chosen, studied by the server's clock, published by whoever may (W 7 to W 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.api.course_kit import School
from tests.api.house_kit import BODY, Someone
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving
from tests.console.school_kit import school_with_pages, sum_of


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_with_pages(tmp_path_factory.mktemp("school") / "data") as school:
        yield school


@pytest.fixture(scope="module")
def office(school: School) -> Browser:
    return Browser(school.town, school.office)


def learner(school: School, name: str = "李明华") -> tuple[Someone, Browser]:
    person = school.learner(name)
    return person, Browser(school.town, person)


def begun(school: School, **course: Any) -> tuple[Browser, BODY, Read]:
    """Somebody who has begun to study a course, by forms alone."""
    li, browser = learner(school)
    enrolment = school.enrolled(li, school.course(**{"minutes": 60, **course}))
    before = browser.get(f"/enrolments/{enrolment['enrolment']}/study")
    return browser, enrolment, browser.press(before, "开始学习")


# Choosing


def test_somebody_chooses_a_course_of_the_year_and_may_give_it_back_until_it_is_begun(school: School) -> None:
    _, browser = learner(school)
    course = school.course(title="人工智能与社会治理")
    check = browser.get(browser.get("/courses").link("选这门课：人工智能与社会治理"))
    assert "没有选" in check.text and "学习中" in check.text, "before and after"

    chosen = browser.press(check, "选课")
    assert chosen.address == f"/courses/{course['course']}"
    assert "已办理：选课（事件 #" in chosen.text
    mine = browser.get(chosen.link("选课详情"))
    assert {"开始学习", "退选"} <= mine.buttons()
    assert "人工智能与社会治理" in browser.get("/home").buttons(), "it is under way"
    given_back = browser.press(browser.get(mine.link("退选")), "退选")
    assert "已退选" in given_back.text and "开始学习" not in given_back.buttons()
    assert "选这门课：人工智能与社会治理" in browser.get("/courses").buttons()


def test_the_catalogue_says_to_whoever_learns_and_whoever_publishes_what_is_new_this_year(school: School) -> None:
    """P 10: 每年更新一批学习课件."""
    year = school.town.house.today.year
    old, new = (school.course(code=code, title=title) for code, title in (("kept", "往年课件"), ("new", "今年课件")))
    for past in (year - 3, year - 2):
        school.course(code="kept", year=past)
    for browser in (learner(school)[1], Browser(school.town, school.office)):
        listed = browser.get("/courses").text
        assert re.search(r"每年更新一批学习课件.*第十条）：这里 \d+ 门，其中 \d+ 门是新课件，1 门往年", listed)
        assert f"课件 kept · 同类每年选一门 · {year - 3}、{year - 2} 年度也在目录中" in listed
        assert f"{year - 3}、{year - 2} 年度的目录中" in browser.get(f"/courses/{old['course']}").text
        assert "没有：是新课件" in browser.get(f"/courses/{new['course']}").text


def test_a_course_that_cannot_be_chosen_says_why_and_is_not_offered(school: School) -> None:
    """W 8: one a year, and none that was learned before."""
    li, browser = learner(school)
    chosen, other = school.course(title="今年选的"), school.course(title="另一门")
    gone = school.course(title="停了的")
    school.office.did(f"/v1/courses/{gone['course']}/withdrawal", version=1)
    school.enrolled(li, chosen)

    listed = browser.get("/courses")
    assert "今年已选一门" in listed.text
    assert "已停止选课" in listed.text
    assert not any("选这门课" in words for words, _ in listed.links)
    page = browser.get(f"/courses/{other['course']}")
    assert "不能选" in page.text and "温人社发〔2020〕125号第八条" in page.text
    assert "选课" not in {one.words for form in page.forms for one in form.buttons}
    browser.get(f"/courses/{other['course']}/enrolment", 409)


def test_the_catalogue_is_of_a_year_and_can_be_taken_away_and_looked_at_as_it_was(school: School) -> None:
    _, browser = learner(school)
    course = school.course(title="目录里的")
    year = school.town.house.today.year
    assert "目录里的" in browser.get("/courses").text
    assert f"{year - 1} 年度还没有课程" in browser.get(f"/courses?year={year - 1}").text
    assert any(one["title"] == "目录里的" for one in browser.json("/courses.json")["items"])
    assert "目录里的" in browser.client.get("/courses.csv").get_data(as_text=True)
    school.course(title="最短的", minutes=1)
    assert browser.json("/courses.json?sort=minutes")["items"][0]["title"] == "最短的"
    assert 'aria-sort="descending"' in browser.get("/courses?sort=-minutes").source

    before = browser.get(f"/courses?as_of={course['events'][0] - 1}")
    assert "目录里的" not in before.text and "您看的不是现在" in before.text
    assert not any("选这门课" in words for words, _ in before.links)


# Studying


def test_without_a_script_a_session_is_held_by_pressing_a_button(school: School) -> None:
    browser, enrolment, page = begun(school)
    for _ in range(2):
        school.pass_seconds(60)
        page = browser.press(page, "报到")
    assert "已学 2 ／60 分钟" in page.text and "本次已计 2 分钟" in page.text

    ended = browser.press(page, "结束学习")
    assert ended.address == f"/enrolments/{enrolment['enrolment']}"
    assert "2／60 分钟" in ended.text and "2 分钟；提问 0 次" in ended.text
    assert "退选" not in ended.buttons(), "what was begun was chosen"
    before = browser.get(ended.link("看当时（事件 #"))
    assert "2／60" in before.text and "您看的不是现在" in before.text and "继续学习" not in before.buttons()
    assert "0／60" in browser.get(f"{ended.address}?as_of={enrolment['events'][0]}").text
    browser.get(f"{ended.address}?as_of={enrolment['events'][0] - 1}", 404)


def test_what_does_not_count_is_said_with_its_reason(school: School) -> None:
    browser, _, page = begun(school, challenge_minutes=1)
    school.pass_seconds(300)
    page = browser.press(page, "报到")
    assert "没有计入：5 分：两次报到相隔超过 120 秒" in page.text
    assert "已学 0 ／60 分钟" in page.text

    school.pass_seconds(60)
    asked = browser.press(page, "报到")
    assert "120 秒内应答" in asked.text
    school.pass_seconds(30)
    wrong = browser.press(asked, "应答", answer="0")
    assert "没有答对，或已过时" in wrong.text and "30 秒：提问之后没有在 120 秒内答对" in wrong.text
    school.pass_seconds(60)
    question = next(words for words in wrong.words if "等于几" in words)
    right = browser.press(wrong, "应答", answer=sum_of(question))
    assert "答对了" in right.text and "已学 2 ／60 分钟" in right.text
    browser.press(asked, "应答", 422, answer="9" * 21)


def test_a_course_that_is_full_asks_for_nothing_but_its_end(school: School) -> None:
    browser, _, page = begun(school, minutes=2)
    for _ in range(2):
        school.pass_seconds(61)
        page = browser.press(page, "报到")
    assert "已学 2 ／2 分钟" in page.text and "学满了，不再计时" in page.text
    assert {"报到", "应答"}.isdisjoint(page.buttons()) and "study.js" not in page.source
    assert "✓ 已学完" in browser.press(page, "结束学习").text


def test_of_two_windows_one_counts_and_the_other_says_so(school: School) -> None:
    browser, enrolment, first = begun(school)
    second = browser.get(f"/enrolments/{enrolment['enrolment']}/study")
    school.pass_seconds(60)
    assert "已学 1 ／60" in browser.press(second, "报到").text

    told = browser.press(first, "报到", 409)
    assert "已在另一个窗口继续，以那个窗口为准" in told.text
    back = browser.get(told.link("改在这个窗口继续"))
    school.pass_seconds(60)
    assert "已学 2 ／60" in browser.press(back, "报到").text, "no minute is lost by it, and none counts twice"
    assert "已在另一个窗口" in browser.press(second, "报到", 409).text


def test_a_session_that_is_over_says_so_and_less_than_a_minute_is_none(school: School) -> None:
    browser, enrolment, page = begun(school)
    school.pass_seconds(20)
    page = browser.press(page, "报到")
    assert "不到一分钟，没有记录" in browser.press(page, "结束学习").text
    assert "不到一分钟，没有记录" in browser.press(page, "结束学习").text, "whoever asks again is told again"
    over = browser.press(page, "报到", 409)
    assert "这次学习已经结束" in over.text and "开始学习" in over.buttons()
    stranger = Browser(school.town, school.learner("王芳"))
    stranger.get(f"/enrolments/{enrolment['enrolment']}/study", 404)
    stranger.get(f"/enrolments/{enrolment['enrolment']}", 404)


# Publishing


def test_an_office_publishes_a_course_after_reading_what_it_would_be(school: School, office: Browser) -> None:
    form = office.get(office.get("/courses").link("发布课程"))
    wrong = office.press(form, "下一步：核对", 422, title="低空经济")
    assert "课件代码：请填写" in wrong.text and 'value="低空经济"' in wrong.source, "what was typed is kept"
    typed = {"title": "低空经济", "code": "low-1", "minutes": "810", "hours": "12"}
    assert "考试合格登记 18 学时" in office.press(form, "下一步：核对", 422, **typed).text, "W 10"

    check = office.press(form, "下一步：核对", **{**typed, "hours": "18"})
    assert "同类课程每年选一门" in check.text and "温人社发〔2020〕125号" in check.text
    assert "810" in office.press(check, "返回修改").source
    published = office.press(check, "发布课程")
    assert "已办理：" in published.text and "低空经济" in published.text
    assert office.press(check, "发布课程").address == published.address, "sent twice, it is published once"

    gone = office.press(office.get(published.link("停止选课")), "停止选课")
    assert "已停止选课" in gone.text and "停止选课" not in gone.buttons()


def test_whoever_may_not_publish_is_not_offered_it(school: School) -> None:
    clerk = Browser(school.town, school.town.officer(school.works, "unit", school.works["region"],
                                                    unit=school.works["unit"]))
    assert "发布课程" not in clerk.get("/courses").buttons()
    clerk.get("/courses/new", 403)
    _, browser = learner(school)
    assert "发布课程" not in browser.get("/courses").buttons()
    browser.get("/courses/new", 403)


def test_an_office_looks_at_an_enrolment_for_a_purpose_and_enters_a_quiz(school: School, office: Browser) -> None:
    li, browser = learner(school)
    done = school.completed(li, school.course())
    at = f"/enrolments/{done['enrolment']}"
    assert "为什么查阅" in office.get(at).text
    assert office.client.get(f"{at}.json").status_code == 422, "data without a purpose is none"
    page = office.get(f"{at}?purpose=course_hours")
    assert "已学完" in page.text and "登记考核成绩" not in page.buttons(), "W 10 wants the exam on site"
    own = browser.get(at).buttons()
    assert "报名考试" in own and "登记学时" not in own, "what the law stands against is not offered"


def test_where_no_exam_on_site_is_wanted_a_quiz_that_is_passed_registers_the_hours(school: School) -> None:
    """N 8."""
    town = school.town
    bureau = town.unit("宁波市人社局", "330200", "general")
    ningbo = town.officer(bureau, "human_resources", "3302")
    li = school.learner("钱江", town.unit("甬江机械厂", "330203", "industry"))
    course = ningbo.did("/v1/courses", school.course_body(region="330200", hours="6"))
    done = school.completed(li, course)
    at, own = f"/enrolments/{done['enrolment']}", Browser(town, li)
    assert "登记学时" not in own.get(at).buttons(), "to have studied is not enough"

    page = Browser(town, ningbo)
    form = page.get(page.get(f"{at}?purpose=course_hours").link("登记考核成绩"))
    assert "合格线：" in page.press(form, "登记考核成绩", 422, score="88", pass_mark="六十").text
    tried = page.press(form, "先看结果", score="88")
    assert "88 分，合格" in tried.text and own.json(f"{at}.json")["quiz"] is None
    assert "已登记学时" in page.press(tried, "登记考核成绩").text
    assert "clm_" in own.get(at).link("clm_")


# In a real browser


@pytest.mark.requires_system("chromium")
def test_a_course_leads_in_a_browser_to_eighteen_hours_and_every_screen_on_the_way_is_readable(
    school: School, chromium: Any
) -> None:
    li, _ = learner(school, "赵敏")
    enrolment = school.enrolled(li, school.course(title="数字化改革", minutes=3, challenge_minutes=1))
    at = f"/enrolments/{enrolment['enrolment']}"
    with serving(school.town.app) as served:
        window = Window(chromium, served, li.token)
        page = window.page
        paths = ("/courses", f"/courses/{enrolment['course']}", at, f"{at}/study", f"{at}/cancellation")
        assert {path: faults for path in paths if (faults := window.faults(path))} == {}
        page.clock.install()
        page.goto(f"{served}{at}/study")
        page.get_by_role("button", name="开始学习").click()
        page.get_by_text("本次已计").wait_for()
        page.get_by_role("button", name="报到").wait_for(state="hidden")  # The script presses it,
        page.wait_for_load_state("networkidle")  # and has its answer: a minute that passes before counts for nothing.

        def minute(beats: str) -> None:
            school.pass_seconds(60)
            page.clock.fast_forward(60_000)
            page.get_by_text(beats).first.wait_for()

        minute("120 秒内应答")
        page.locator("#answer:focus").wait_for()  # A new question has the focus.
        expect(page).to_have_title(re.compile("^请应答："))
        assert window.faults_here() == []
        page.keyboard.type(sum_of(page.locator("label[for=answer]").inner_text()))
        page.keyboard.press("Enter")
        page.get_by_text("答对了").wait_for()
        page.locator("#news:focus").wait_for()

        school.pass_seconds(400)
        page.clock.fast_forward(60_000)
        page.get_by_role("status").get_by_text("没有计入：6 分 40 秒").wait_for()

        page.context.set_offline(True)
        school.pass_seconds(30)
        page.clock.fast_forward(60_000)
        page.get_by_text("连接中断，正在重试").wait_for()
        page.context.set_offline(False)
        page.clock.fast_forward(10_000)
        page.get_by_text("已恢复，继续计时").wait_for()

        other = page.context.new_page()
        other.goto(f"{served}{at}/study")
        other.get_by_text("本次已计").wait_for()
        other.get_by_role("button", name="报到").wait_for(state="hidden")  # Its script took the study over, ...
        other.wait_for_load_state("networkidle")  # ... and has its answer, before this one asks again.
        page.clock.fast_forward(60_000)
        page.get_by_text("以那个窗口为准").wait_for()
        page.get_by_role("link", name="改在这个窗口继续").click()
        page.get_by_text("本次已计").wait_for()
        page.wait_for_load_state("networkidle")
        minute("120 秒内应答")
        page.locator("#answer").fill(sum_of(page.locator("label[for=answer]").inner_text()))
        page.get_by_role("button", name="应答").click()
        page.get_by_text("答对了").wait_for()
        minute("学满了")
        expect(page).to_have_title(re.compile("^学满了："))
        expect(page.get_by_role("button", name="报到")).to_have_count(0)
        school.pass_seconds(300)
        page.clock.fast_forward(300_000)
        assert page.locator("#state h2").inner_text() == "已学 3／3 分钟", "a window that stays open counts no more"
        page.get_by_role("button", name="结束学习").click()
        page.get_by_text("学完了").wait_for()
        assert [words for words in window.said if "409" not in words and "ERR_INTERNET" not in words] == []

        exam = school.exam(day=school.day(3), book_until=school.day(1))
        page.get_by_role("link", name="报名考试").click()
        page.locator("td a[href$='/booking']").click()
        page.get_by_role("button", name="报名").click()
        page.get_by_role("link", name="号座位").click()
        seat = f"/{page.url.removeprefix(served).strip('/')}"
        school.pass_days(4)
        sits = Browser(school.town, school.office)
        assert "待考" in sits.get(f"/exams/{exam['exam']}/bookings?purpose=exam_results").text
        came = sits.press(sits.get(f"{seat}/attendance"), "登记到场")
        assert "合格" in sits.press(sits.get(came.link("登记成绩")), "登记成绩", score="71.5").text

        window = Window(chromium, served, li.token)
        assert window.faults(at) == []
        window.page.get_by_text("学时已登记，一门课程只登记一次").wait_for()
        window.page.goto(f"{served}/persons/{li.id}/years")
        window.page.get_by_role("row", name="一般公需科目").get_by_text("18", exact=True).first.wait_for()
        assert window.said == []
