"""Applications for titles on screens: filed with the law's answer before one's eyes, judged, granted, lost (N 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.house_kit import BODY
from tests.api.petition_kit import Bureau, act, bureau_in
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, serving, with_pages

FOR = "purpose=title_application"
NATIONAL = {"document": "人社部发〔2024〕56号", "article": "虚假承诺", "until": "2099-11-19"}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A house of its own: what waits here would wait for the offices of the other files as well."""
    with bureau_in(tmp_path_factory.mktemp("bureau") / "data") as bureau:
        with_pages(bureau.town)
        yield bureau


@pytest.fixture(scope="module")
def served(bureau: Bureau) -> Iterator[str]:
    with serving(bureau.town.app) as address:
        yield address


@pytest.fixture(scope="module")
def people(bureau: Bureau) -> Browser:
    return Browser(bureau.town, bureau.people)


def at(one: BODY, what: str = "") -> str:
    return f"/applications/{one['application']}{what}"


def test_a_person_reads_what_the_law_says_of_their_years_before_they_apply(bureau: Bureau) -> None:
    li, _ = bureau.applicant(years=(2025, 2026))
    browser, size = Browser(bureau.town, li), bureau.town.house.ledger.store.size()
    form = browser.get(browser.get("/applications").link("申报职称"))
    assert re.search(r'<option value="([\d-]{10})"[^>]*>\1 ', form.source), "a narrow field cuts off the day last"
    missing = browser.press(form, "下一步：看学时是否符合", 422)
    assert {"#level", "#minimum_years"} <= {address for _, address in missing.links}

    check = browser.press(missing, "下一步：看学时是否符合", level="senior", series="engineering", minimum_years="2")
    assert "✓ 学时符合 达标 2 年，需 2 年；连续两年：2025、2026" in check.text
    assert "甬经信组〔2018〕244号" in check.text and "第九条" in check.text
    assert bureau.town.house.ledger.store.size() == size, "nothing is written before it is filed"
    done = browser.press(check, "提交申报")
    assert "已办理：申报职称" in done.text and "… 待审核学时" in done.text
    back = browser.press(browser.get("/applications/new?level=senior&series=engineering&minimum_years=2"),
                         "下一步：看学时是否符合", 409)
    assert "申报" in back.text, "once at a time"


def test_who_falls_short_is_told_by_how_much_and_from_when_on(bureau: Bureau) -> None:  # N 9
    li, _ = bureau.applicant(years=(2026,))
    browser = Browser(bureau.town, li)
    check = browser.press(browser.get("/applications/new?level=senior&minimum_years=2"), "下一步：看学时是否符合")

    assert "✗ 学时不足 达标 1 年，需 2 年；最早 2027 年可以申报" in check.text
    assert "学时审核的结论会是延期" in check.text
    assert [told["value"] for _, told in browser.get(check.link("返回修改")).tags if told.get("id") == "minimum_years"
            ] == ["2"]


@pytest.mark.parametrize(("state", "why"), [("belongs nowhere", "没有任何隶属关系"), ("barred", "不能申报")])
def test_who_cannot_apply_is_told_why_and_is_not_offered_to(bureau: Bureau, state: str, why: str) -> None:
    if state == "barred":
        li, claims = bureau.applicant(years=(2026,))
        bureau.people.did(f"/v1/persons/{li.id}/disqualifications", {
            "cause": "falsified", "words": "不实", "claims": [bureau.revoked(claims[2026])], **NATIONAL})
    else:
        li = bureau.town.person()
    page = Browser(bureau.town, li).get("/applications")

    assert why in page.text
    assert "申报职称" not in page.buttons()


def test_whoever_has_no_title_applies_for_a_first_one_and_reads_what_stays_open(
    bureau: Bureau, people: Browser
) -> None:  # N 9(2)
    li, _ = bureau.applicant(years=(2025, 2026), has_title=False)
    own = Browser(bureau.town, li)
    listed = own.get("/applications")
    assert "登记簿里还没有您的现职称。尚无职称的，作首次申报" in listed.text
    form = own.get(listed.link("申报职称"))
    assert "首次申报，尚无职称" in form.text
    check = own.press(form, "下一步：看学时是否符合", level="assistant", series="engineering", minimum_years="1")

    assert "… 细则未作结论 达标 2 年；连续两年：2025、2026" in check.text and "需 1 年" not in check.text
    assert "首次申报没有现职称，年数无从起算" in check.text and "首次归属以来的各年度" in check.text
    done = own.press(check, "提交申报")
    assert "已办理：申报职称" in done.text and "现职称取得于 无（首次申报）" in done.text
    one = li.saw(f"/v1/persons/{li.id}/applications")["applications"][0]

    judged = people.press(people.get(at(one, "/assessment")), "审核学时", minimum_years="1")
    assert "… 细则未作结论 达标 2 年（2025、2026）；连续两年：2025、2026" in judged.text
    committee = Browser(bureau.town, bureau.committee)
    committee.press(committee.get(at(one, "/grant")), "申报通过")
    assert [title["level"] for title in li.saw(f"/v1/persons/{li.id}")["titles"]] == ["assistant"]
    assert "登记簿里还没有" not in own.get("/applications").text
    assert "首次申报" not in own.get("/applications/new").text, "the next one is counted from it"


def test_a_first_application_without_two_years_in_a_row_is_told_that_it_will_be_postponed(bureau: Bureau) -> None:
    li, _ = bureau.applicant(years=(2026,), has_title=False)
    own = Browser(bureau.town, li)
    check = own.press(own.get("/applications/new?level=assistant&minimum_years=1"), "下一步：看学时是否符合")

    assert "✗ 学时不足 达标 1 年；最早 2027 年可以申报" in check.text
    assert "（二）" in check.text and "学时审核的结论会是延期" in check.text
    back = own.get(check.link("返回修改"))
    assert ("option", "first") in [(tag, told.get("value")) for tag, told in back.tags if "selected" in told]


def test_whoever_lost_the_only_title_applies_without_one_and_is_told_so(bureau: Bureau) -> None:  # N 10
    li, claims = bureau.applicant(years=(2026,))
    (held,) = li.saw(f"/v1/persons/{li.id}")["titles"]
    bureau.people.did(f"/v1/persons/{li.id}/title-revocations", {
        **{name: held[name] for name in ("level", "series", "obtained_on") if held.get(name)},
        "claims": [bureau.revoked(claims[2026])], "words": "不实"})

    for address in ("/applications", "/applications/new"):
        assert "您登记的职称已被撤销，年数不再从它算起" in Browser(bureau.town, li).get(address).text
    form = Browser(bureau.town, li).get("/applications/new").text
    assert "现无职称" in form and "首次申报，尚无职称" not in form


def test_an_office_tries_the_law_for_the_years_it_confirms_then_records_it_and_grants(
    bureau: Bureau, people: Browser
) -> None:
    li, _ = bureau.applicant(years=(2025, 2026))
    one = bureau.file(li)
    waits = people.get("/queue?kind=application")
    words, address = next((words, one_) for words, one_ in waits.links if one["application"] in one_)
    assert words.startswith("副高级") and one["application"] not in waits.text, "called by the title, not by an id"
    page = people.get(address)
    assert page.buttons() & {"审核学时", "申报通过", "延期申报", "撤回申报"} == {"审核学时"}
    deed = people.get(page.link("审核学时"))
    assert "学时审核 未审核 ✓ 学时符合" in deed.text, "for the years that were stated"

    tried = people.press(deed, "先看结果", minimum_years="3")
    assert "试办结果" in tried.text and "学时审核 未审核 ✗ 学时不足" in tried.text
    assert "assessment" not in str(li.saw(f"/v1/applications/{one['application']}")["status"])
    done = people.press(tried, "审核学时", minimum_years="2")
    assert "已办理：审核申报学时" in done.text and "✓ 学时符合 达标 2 年（2025、2026），需 2 年" in done.text
    assert "延期申报" not in done.buttons()

    committee = Browser(bureau.town, bureau.committee)
    granted = committee.press(committee.get(at(one, "/grant")), "申报通过")
    assert "已办理：申报通过，取得职称" in granted.text and "✓ 已通过" in granted.text
    assert [title["level"] for title in li.saw(f"/v1/persons/{li.id}")["titles"]] == ["intermediate", "senior"]


def test_a_shortage_is_postponed_with_words_that_the_person_reads_and_is_no_sanction(
    bureau: Bureau, people: Browser
) -> None:
    li, _ = bureau.applicant(years=(2026,))
    one = bureau.assessed(li)
    page = people.get(at(one, "?" + FOR))
    assert {"延期申报"} == page.buttons() & {"延期申报", "申报通过"}
    wanting = people.press(people.get(at(one, "/postponement")), "延期申报", 422)
    assert "说明：请填写。" in wanting.text
    people.press(wanting, "延期申报", words="差一年")

    own = Browser(bureau.town, li).get(at(one))
    assert "→ 申报延期" in own.text and "延至 2027 年" in own.text and "说明：差一年" in own.text
    assert "处理" not in Browser(bureau.town, li).get("/applications").text


def test_what_became_of_the_entries_since_is_shown_and_an_application_lost_for_it(
    bureau: Bureau, people: Browser
) -> None:  # N 10
    li, claims = bureau.applicant(years=(2025, 2026))
    one = bureau.assessed(li)
    bureau.revoked(claims[2025])
    page = people.get(at(one, "?" + FOR))
    assert "✗ 结论不再成立" in page.text and claims[2025] in page.text
    assert "还缺 学时登记情况表" in page.text

    deed = people.get(page.link("取消申报资格"))
    bare = people.press(deed, "取消申报资格", 422, cause="falsified", words="不实")
    assert "有内容需要更正" in bare.text
    tried = people.press(bare, "先看结果", claims=claims[2025])
    assert "取消：仅限这一次申报（甬经信组〔2018〕244号 第十条）" in tried.text
    assert f'value="{claims[2025]}" checked' in tried.source, "what was ticked stays ticked"
    done = people.press(tried, "取消申报资格", claims=claims[2025])
    assert "⊘ 已取消资格" in done.text
    own = Browser(bureau.town, li).get(at(one)).text
    assert "原因 弄虚作假 申报资格 取消：仅限这一次申报（甬经信组〔2018〕244号 第十条）" in own
    assert f"所依据的学时 {claims[2025]}" in own and "可向作出处理的部门或其上级提出复核" in own
    assert "原因 弄虚作假" not in Browser(bureau.town, li).get(at(one, f"?as_of={one['events'][0]}")).text

    same = people.get(f"/sanctions/{one['application']}?{FOR}")
    assert "恢复申报资格" not in same.buttons(), "not by the hand that took it (D14)"
    other = Browser(bureau.town, bureau.colleague)
    lifted = other.press(other.get(f"/sanctions/{one['application']}/lifting"), "恢复申报资格",
                         basis="decided_in_error", words="查明无误")
    assert "已办理：恢复申报资格" in lifted.text


def test_a_persons_record_has_titles_entered_and_a_bar_for_a_term_that_stands_in_the_list(
    bureau: Bureau, people: Browser
) -> None:
    li, claims = bureau.applicant(years=(2026,))
    bureau.revoked(claims[2026])
    address = f"/persons/{li.id}/titles"
    deed = people.get(f"{address}/recording")
    done = people.press(deed, "登记职称", level="assistant", obtained_on="2019-05-01", evidence="cd" * 32)
    assert "已办理：登记职称" in done.text and "初级 ，2019-05-01 取得" in done.text

    barred = people.press(people.get(f"{address}/disqualification"), "限期不得申报", cause="falsified", words="不实",
                          claims=claims[2026], **NATIONAL)
    assert "自" in barred.text and "至 2099-11-19" in barred.text
    listed = people.json(f"/sanctions.json?{FOR}")["items"]
    assert li.id in {one["person"] for one in listed}
    assert li.id in people.client.get(f"/sanctions.csv?{FOR}").get_data(as_text=True)
    assert li.id not in {one["person"] for one in people.json(f"/sanctions.json?{FOR}&on=2020-01-01")["items"]}
    people.get(f"/sanctions?{FOR}&on=2020-13-01", 422)
    Browser(bureau.town, bureau.away).get(f"{address}?{FOR}", 404)


def test_a_title_is_revoked_on_entries_that_were_false(bureau: Bureau, people: Browser) -> None:  # N 10
    li, claims = bureau.applicant(years=(2025, 2026))
    act(bureau.committee, bureau.assessed(li), "grant", {
        "obtained_on": bureau.town.house.today.isoformat()})
    bureau.revoked(claims[2025])
    deed = people.get(f"/persons/{li.id}/titles/revocation")
    done = people.press(deed, "撤销职称", level="senior", series="engineering", claims=claims[2025], words="不实",
                        obtained_on=bureau.town.house.today.isoformat())

    assert "已办理：撤销职称" in done.text and "⊘ 职称已撤销 ：副高级（工程技术）" in done.text
    own, today = Browser(bureau.town, li), bureau.town.house.today
    assert f"⊘ {today} 撤销" in done.text and f"⊘ {today} 撤销" in own.get("/applications").text
    assert "职称已撤销" in own.get("/applications").text
    assert f'value="{today}"' not in own.get("/applications/new").source, "nothing is counted from what was taken away"


def test_an_application_is_withdrawn_by_the_person_alone_and_was_what_it_was(bureau: Bureau, people: Browser) -> None:
    li, _ = bureau.applicant()
    one, own = bureau.file(li), Browser(bureau.town, li)
    Browser(bureau.town, bureau.away).get(at(one, "?" + FOR), 404)
    people.get(at(one, "/withdrawal"), 403)
    done = own.press(own.get(at(one, "/withdrawal")), "撤回申报")

    assert "– 已撤回" in done.text
    assert "… 待审核学时" in own.get(at(one, f"?as_of={one['events'][0]}")).text
    assert own.get(at(one, f"?as_of={one['events'][0]}")).buttons() & {"撤回申报"} == set()


def test_an_office_lists_what_was_filed_for_a_purpose_and_each_is_recorded(bureau: Bureau, people: Browser) -> None:
    one, access = bureau.file(bureau.applicant()[0]), bureau.town.house.register.access
    assert "为什么查阅" in people.get("/applications").text
    before = access.store.size()
    page, items = people.get(f"/applications?{FOR}&status=filed"), people.json(f"/applications.json?{FOR}&status=filed")

    people_seen = {item["person"] for item in items["items"]}
    assert one["application"] in {item["application"] for item in items["items"]}
    assert one["person"][-6:] in page.text and access.store.size() == before + 2 * len(people_seen)
    assert one["application"] in people.client.get(f"/applications.csv?{FOR}").get_data(as_text=True)
    assert "清除筛选" in people.get(f"/applications?{FOR}&status=postponed&as_of=20").text


@pytest.mark.requires_system("chromium")
def test_every_screen_is_readable_in_every_state_and_the_browser_says_nothing(
    bureau: Bureau, served: str, chromium: Any
) -> None:
    li, claims = bureau.applicant(years=(2025, 2026))
    one = bureau.assessed(li)
    bureau.revoked(claims[2025])
    taken = bureau.people.did(f"/v1/persons/{li.id}/disqualifications", {
        "cause": "falsified", "words": "不实", "claims": [claims[2025]], **NATIONAL})["application"]
    fresh = bureau.applicant()[0]
    opened = [
        (fresh, ["/applications", "/applications/new"]), (li, ["/applications", at(one), f"/sanctions/{taken}"]),
        (bureau.town.person(), ["/applications", "/applications/new"]),
        (bureau.people, [f"/applications?{FOR}", f"/applications?{FOR}&status=lifted&as_of={one['events'][0]}",
                         at(one, "?" + FOR), at(one, "/assessment"), at(one, "/disqualification"),
                         f"/sanctions?{FOR}", f"/sanctions/{taken}?{FOR}", f"/persons/{li.id}/titles?{FOR}",
                         f"/persons/{li.id}/titles/revocation"]),
        (bureau.colleague, [f"/sanctions/{taken}/lifting"]),
    ]
    found = {}
    for someone, paths in opened:
        window = Window(chromium, served, someone.token)
        found |= {path: faults for path in paths if (faults := window.faults(path))}
        assert window.said == []

    assert found == {}
