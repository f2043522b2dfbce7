"""What offices do about claims in the console: put right, upheld, handed on, given more, and who was quicker."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from tests.api.house_kit import BODY, Someone, study
from tests.console.browser_kit import Window
from tests.console.console_kit import PNG, Browser, Cast


class Desk:
    """A unit of its own with two hands and somebody whose claims they look at, so that no other file is disturbed."""

    def __init__(self, cast: Cast) -> None:
        self.town = cast.town
        self.works = cast.town.unit("余姚仪表厂", "330281", "industry")
        self.person = cast.town.person("孙立")
        cast.town.belongs(self.person, self.works, "2020-01-01")
        self.first, self.second = self.hand(), self.hand()

    def hand(self, **more: Any) -> Someone:
        return self.town.officer(self.works, "unit", "330281", unit=self.works["unit"], **more)

    def put(self, title: str = "精密测量培训", **facts: Any) -> BODY:
        return self.person.submit(study(**facts), title)

    def registered(self, title: str = "精密测量培训", **facts: Any) -> BODY:
        return self.first.act(self.put(title, **facts), "approval", {})

    def browser(self, whose: Someone | None = None) -> Browser:
        return Browser(self.town, whose or self.first)


@pytest.fixture(scope="module")
def desk(cast: Cast) -> Desk:
    return Desk(cast)


def seen(claim: BODY) -> str:
    return f"/claims/{claim['claim']}?purpose=review"


# Putting right


def test_a_registration_is_put_right_with_before_and_after_and_its_reason(desk: Desk) -> None:
    claim, browser = desk.registered(date="2026-03-05"), desk.browser()
    form = browser.get(browser.get(seen(claim)).link("更正"))
    fields, _ = form.form_with("下一步：核对")
    assert (fields.fields["study.days"], fields.fields["details.title"]) == ("2", "精密测量培训")

    check = browser.press(form, "下一步：核对", study__days="3", words="证书上是三天")
    assert "数量（天）" not in check.text
    assert "改为 3 天" in check.text and "更正的理由 证书上是三天" in check.text
    assert "改为 12（" in check.text and "2026 年度计入 12 学时 ✓ 可计 ，合计 8 → 12 学时" in check.text
    done = browser.press(check, "更正登记")

    assert "已办理：更正" in done.text and "证书上是三天" in done.text
    now = desk.person.saw(f"/v1/claims/{claim['claim']}")
    assert (now["study"]["days"], now["ruling"]["assessed"], now["evidence"]) == ("3", "12", claim["evidence"])
    assert now["said"][-1]["words"] == "证书上是三天"


def test_a_paper_keeps_its_date_through_a_correction(desk: Desk) -> None:
    body = desk.person.claim(study(date="2026-03-07"), "有出具日期的证书")
    body["evidence"][0]["issued_on"] = "2026-03-09"
    claim = desk.first.act(desk.person.did("/v1/claims", body), "approval", {})
    browser = desk.browser()
    page = browser.get(seen(claim))
    check = browser.press(browser.get(page.link("更正")), "下一步：核对", study__days="3", words="证书上是三天")
    browser.press(check, "更正登记")

    assert desk.person.saw(f"/v1/claims/{claim['claim']}")["evidence"] == body["evidence"]


def test_a_correction_wants_a_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    claim, browser = desk.registered(date="2026-03-06"), desk.browser()
    form = browser.get(f"/claims/{claim['claim']}/correction")
    asked = browser.press(form, "下一步：核对", 422, study__days="4")
    assert "更正的理由：请填写" in asked.text
    assert asked.form_with("下一步：核对")[0].fields["study.days"] == "4"

    wrong = browser.press(asked, "下一步：核对", 422, study__days="四", words="x")
    assert "天数：" in wrong.text
    back = browser.press(browser.press(wrong, "下一步：核对", study__days="4"), "返回修改")
    assert back.form_with("下一步：核对")[0].fields["words"] == "x"


def test_a_year_is_moved_only_with_its_own_reason_and_both_years_are_told(desk: Desk) -> None:
    claim, browser = desk.registered(date="2026-01-04"), desk.browser()
    form = browser.get(f"/claims/{claim['claim']}/correction")
    asked = browser.press(form, "下一步：核对", 422, study__date="2025-12-30", words="日期错了")
    assert "改变年度的理由" in asked.text

    check = browser.press(asked, "下一步：核对", year_because="date_wrong")
    assert "2025 年度计入" in check.text and "2026 年度合计" in check.text
    browser.press(check, "更正登记")
    assert desk.person.saw(f"/v1/claims/{claim['claim']}")["year"] == 2025


def test_what_the_form_does_not_ask_for_is_carried_over_and_a_paper_is_added(desk: Desk) -> None:
    body = desk.person.claim(study(date="2026-03-07"), "有作者的", authors=["孙立", "周平"])
    claim = desk.first.act(desk.person.did("/v1/claims", body), "approval", {})
    browser = desk.browser()
    form = browser.get(f"/claims/{claim['claim']}/correction")
    with_paper = browser.press(form, "上传", paper=(BytesIO(PNG), "补证.png"))
    assert "补证.png" in with_paper.text

    browser.press(browser.press(with_paper, "下一步：核对", words="补交证书"), "更正登记")
    now = desk.person.saw(f"/v1/claims/{claim['claim']}")
    assert now["details"]["authors"] == ["孙立", "周平"]
    assert len(now["evidence"]) == 2


def test_somebody_elses_change_in_between_is_said_and_the_form_keeps_what_was_typed(desk: Desk) -> None:
    claim, browser = desk.registered(date="2026-03-08"), desk.browser()
    form = browser.get(f"/claims/{claim['claim']}/correction")
    check = browser.press(form, "下一步：核对", study__days="5", words="五天")
    desk.second.act(claim, "correction", {
        "study": study(date="2026-03-08", days="3"), "details": {"title": "精密测量培训"},
        "evidence": claim["evidence"]})

    stale = browser.press(check, "更正登记", 412)
    assert "这份登记已被他人改变" in stale.text
    again = browser.press(stale, "下一步：核对")
    assert "改为 5 天" in again.text
    assert "已办理：更正" in browser.press(again, "更正登记").text


def test_who_may_not_put_right_is_offered_nothing_and_told_why(desk: Desk, cast: Cast) -> None:
    claim = desk.registered(date="2026-03-09")
    office = Browser(cast.town, cast.office)

    assert not office.get(seen(claim)).buttons() & {"更正", "维持原认定", "转办"}
    assert "没有办理此事的角色" in office.get(f"/claims/{claim['claim']}/correction", 403).text
    frozen = desk.first.act(claim, "freeze", {"words": "核查"})
    assert "更正" not in desk.browser().get(seen(frozen)).buttons()
    assert "冻结" in desk.browser().get(f"/claims/{claim['claim']}/correction", 409).text


def test_a_difference_is_upheld_with_its_numbers_and_reason(cast: Cast) -> None:
    desk = Desk(cast)
    station = desk.town.unit("西湖监测站", "330106", "environment")
    claim = desk.first.act(desk.person.submit(study(route="exam", subjects=1, date="2026-03-01")), "approval")
    desk.town.belongs(desk.person, station, "2026-02-01")
    browser = desk.browser()
    page = browser.get(browser.get(seen(claim)).link("维持原认定"))
    assert "认定计入 6 学时 依细则评定 30 学时" in page.text

    assert "说明：请填写" in browser.press(page, "维持原认定", 422).text
    done = browser.press(page, "维持原认定", words="学习在调动前完成")
    assert "已办理：维持" in done.text
    assert "维持原认定" not in done.buttons()
    assert "已经维持过" in browser.get(f"/claims/{claim['claim']}/upholding", 409).text


# Handing on


def test_a_claim_is_handed_to_a_colleague_and_whoever_else_decides_is_told_whose_it_is(desk: Desk) -> None:
    claim, browser = desk.put("转给同事的", date="2026-04-03"), desk.browser()
    form = browser.get(browser.get(f"/queue?selected={claim['claim']}").link("转办"))
    assert "现在没有指定给谁" in form.text
    done = browser.press(form, "转办", to=desk.second.id, words="我出差")
    assert "已办理：转办" in done.text and "我出差" in done.text

    pane = browser.get(f"/queue?selected={claim['claim']}")
    whose = f"经*人（账号尾号 {desk.second.id[-4:]}）"
    assert f"已指定给{whose}。您仍可办理。" in pane.text
    assert f"指定给{whose}" in browser.get(seen(claim)).text
    assert whose not in desk.browser(desk.person).get(f"/claims/{claim['claim']}").text, "that is the office's affair"
    assert "已办理：认定" in browser.press(pane, "认定通过").text


def test_what_is_ones_own_is_given_back(desk: Desk) -> None:
    claim, browser = desk.put("自己留下的", date="2026-04-04"), desk.browser()
    page = f"/claims/{claim['claim']}/assignment"
    browser.press(browser.get(page), "转办", to=desk.first.id)
    held = browser.get(page)
    assert "现在指定给您" in held.text
    assert browser.get("/home").link("指定给我 1") == "/queue?holder=me"

    assert "已办理：转办" in browser.press(held, "转办", to="").text
    assert "现在没有指定给谁" in browser.get(page).text


# More than is ordinary, and who was quicker


def test_an_authority_gives_more_than_is_ordinary_where_the_row_leaves_room(cast: Cast) -> None:
    works, bureau = cast.town.unit("江北研究所", "330205", "industry"), cast.town.unit("市经信局", "330200", "general")
    person = cast.town.person("何勇")
    cast.town.belongs(person, works, "2020-01-01")
    unit = cast.town.officer(works, "unit", "330205", unit=works["unit"])
    document = "甬人社函〔2026〕9号"
    facts = study(days="7", route="advanced_seminar", level="municipal", confirmed_hours="30", document=document)
    claim = person.submit(facts, "高研班")
    assert claim["steps"][-1] != "unit", "with a document it goes on to the authority"
    office = cast.town.officer(bureau, claim["steps"][-1], "3302")
    for step in claim["steps"][:-1]:
        claim = (unit if step == "unit" else office).act(claim, "endorsement")
    browser = Browser(cast.town, office)
    page = browser.get(f"/claims/{claim['claim']}/approval")
    assert "另行认定：超过一般的 24 学时" in page.text

    wrong = browser.press(page, "认定通过", 422, override__hours="99", override__reason="内容多", document=document)
    assert "99" in wrong.source
    missing = browser.press(page, "认定通过", 422, override__hours="30", document=document)
    assert "另行认定的理由：请填写" in missing.text
    done = browser.press(missing, "认定通过", override__reason="实学七天，考核合格")
    assert "已办理：认定" in done.text
    now = person.saw(f"/v1/claims/{claim['claim']}")
    assert (now["ruling"]["assessed"], now["ruling"]["ordinary"]) == ("30", "24")

    form = browser.get(f"/claims/{claim['claim']}/correction").form_with("下一步：核对")[0].fields
    assert (form["override.hours"], form["document"]) == ("30", document), "what was given stands"

    plain = person.submit({**facts, "date": "2026-04-09"}, "另一期")
    for step in plain["steps"][:-1]:
        plain = (unit if step == "unit" else office).act(plain, "endorsement")
    page = browser.get(f"/claims/{plain['claim']}/approval")
    assert page.form_with("认定通过")[0].fields["document"] == document, "as the claim says"
    browser.press(page, "认定通过")
    assert person.saw(f"/v1/claims/{plain['claim']}")["ruling"]["assessed"] == "24", "what is ordinary wants no word"


def test_what_another_decided_meanwhile_is_told_with_who_and_keeps_the_words(desk: Desk) -> None:
    claim, browser = desk.put("抢先办理的", date="2026-04-06"), desk.browser()
    pane = browser.get(f"/queue?selected={claim['claim']}")
    desk.second.act(claim, "approval", {})

    late = browser.press(pane, "退回修改", 412, words="请补日程")
    assert "这份申报已被他人改变" in late.text
    assert f"用人单位 经*人（账号尾号 {desk.second.id[-4:]}） 于" in late.text and "认定（事件 #" in late.text
    assert "现在已不能这样办理" in late.text
    assert "请补日程" in late.source and "退回修改" not in late.buttons()


def test_a_claimant_who_comes_late_is_told_which_office_was_quicker_and_no_name(desk: Desk) -> None:
    claim = desk.put("想撤回的", date="2026-04-07")
    browser = Browser(desk.town, desk.person)
    page = browser.get(f"/claims/{claim['claim']}/withdrawal")
    desk.first.act(claim, "approval", {})

    late = browser.press(page, "撤回申报", 412)
    assert "用人单位 于" in late.text and "账号尾号" not in late.text


@pytest.mark.requires_system("chromium")
def test_every_act_is_readable_in_a_browser(cast: Cast, served: str, chromium: Any) -> None:
    desk = Desk(cast)
    station = desk.town.unit("江干监测站", "330104", "environment")
    differs = desk.first.act(desk.person.submit(study(route="exam", subjects=1, date="2026-03-01")), "approval")
    plain, open_ = desk.registered(date="2026-01-06"), desk.put("浏览器里看的", date="2026-01-07")
    desk.town.belongs(desk.person, station, "2026-02-01")
    desk.second.act(open_, "assignment", {"to": desk.second.id})
    window = Window(chromium, served, desk.first.token)

    for path in (f"/claims/{plain['claim']}/correction", f"/claims/{differs['claim']}/upholding",
                 f"/claims/{open_['claim']}/assignment", f"/claims/{open_['claim']}/approval",
                 f"/queue?selected={open_['claim']}&holder=others"):
        assert window.faults(path) == [], path
    window.page.goto(f"{served}/claims/{plain['claim']}/correction")
    window.page.locator("#study-days").fill("3")
    window.page.locator("#worth >> text=3 天 × 4 = 12").first.wait_for()
    window.page.locator("#words").fill("三天")
    window.page.get_by_role("button", name="下一步：核对").click()
    window.page.get_by_role("heading", name="核对后更正").wait_for()
    assert window.said == []
