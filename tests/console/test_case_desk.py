"""The case desk on screens: opened, noted, asked for, simulated, done to many at once as it was shown, closed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

import pytest

from api.cases.doing import Asked
from api.cases.investigating import bulk_jobs, case_bulk
from api.operational.callers import Caller
from api.service.bulk_runner import BUNDLES, BulkRunner
from ledger.stores.append import RequestKey
from tests.api.house_kit import BODY, Someone, study
from tests.api.petition_kit import Bureau, act, bureau_in
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Read, serving, with_pages

FOR = "purpose=investigation"
WHY = "签到表有两处笔迹相同"


class Desk(NamedTuple):
    """Two supervisors of the city, one of them with a case about what Li was granted a title on; and one elsewhere."""

    bureau: Bureau
    watch: Someone
    colleague: Someone
    away: Someone
    li: Someone
    claims: dict[int, str]
    case: str

    def entry(self, day: str) -> str:
        """One more entry of somebody's, registered."""
        wang = self.bureau.town.person("王伟")
        self.bureau.town.belongs(wang, self.bureau.works, "2018-01-01")
        return str(self.bureau.clerk.act(wang.submit(study(date=day)), "approval", {})["claim"])

    def opened(self, *claims: str, **more: Any) -> str:
        return str(self.watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": list(claims),
                                                "words": WHY, **more})["case"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with bureau_in(tmp_path_factory.mktemp("desk") / "data") as bureau:
        town = with_pages(bureau.town)
        office = town.unit("市监督局", "330200", "general")
        watch, colleague = (town.officer(office, "supervisor", "3302") for _ in range(2))
        away = town.officer(town.unit("温州监督局", "330300", "general"), "supervisor", "3303")
        li, claims = bureau.applicant(years=(2025, 2026))
        statement = li.did(f"/v1/persons/{li.id}/statements", {})["statement"]
        act(bureau.committee, bureau.assessed(li, statement=statement), "grant", {"obtained_on": "2026-11-20"})
        made = Desk(bureau, watch, colleague, away, li, claims, "")
        yield made._replace(case=made.opened(claims[2025], due="2026-11-25"))


@pytest.fixture(scope="module")
def watch(desk: Desk) -> Browser:
    return Browser(desk.bureau.town, desk.watch)


@pytest.fixture(scope="module")
def served(desk: Desk) -> Iterator[str]:
    with serving(desk.bureau.town.app) as address:
        yield address


def at(case: str, what: str = "") -> str:
    return f"/cases/{case}{what}?{FOR}"


def do(browser: Browser, case: str, code: str, button: str, /, **typed: Any) -> Read:
    return browser.press(browser.get(f"/cases/{case}/{code}"), button, **typed)


def test_a_case_is_opened_after_whom_it_concerns_was_read(desk: Desk, watch: Browser) -> None:
    claim, store = desk.entry("2026-03-02"), desk.bureau.town.house.ledger.store
    form = watch.get(watch.get("/cases").link("立案"))
    missing = watch.press(form, "下一步：核对所涉", 422)
    assert {"#kind", "#region", "#named", "#words"} <= {address for _, address in missing.links}

    size = store.size()
    typed = {"kind": "double_count", "region": "330203", "named": f"{claim}\n{desk.bureau.works['unit']}", "words": WHY}
    check = watch.press(missing, "下一步：核对所涉", **typed)
    assert "重复登记" in check.text and "1 项" in check.text and "1 人，学时的申报人在内" in check.text
    assert store.size() == size, "nothing is written before it is opened"
    done = watch.press(check, "立案")
    assert "已办理" in done.text and "重复登记案件" in done.text and "王*" in done.text and "某厂" in done.text
    assert claim in watch.get(f"/cases/new?claim={claim}").text, "an entry is one step from a case about it"
    strange = watch.press(watch.get("/cases/new"), "下一步：核对所涉", 404, **{**typed, "named": f"clm_{'0' * 22}"})
    assert "没有" in strange.text


def test_what_is_no_id_and_no_event_is_said_by_what_was_typed_where_it_was_typed(desk: Desk, watch: Browser) -> None:
    claim = desk.entry("2026-03-03")
    named = f"{claim}\n王明\nclm_短"
    typed = {"kind": "double_count", "region": "宁波", "named": named, "events": "12，0，十二", "words": WHY}
    page = watch.press(watch.get("/cases/new"), "下一步：核对所涉", 422, **typed)

    told = [words for words, address in page.links if address in ("#named", "#events", "#region")]
    assert [re.sub("应为.*", "", one) for one in told] == [
        "案件所在的地区：", "所涉的学时、人员、账号、单位：“王明”不是编号，",
        "所涉的学时、人员、账号、单位：“clm_短”不是编号，",
        "所依据的事件：“0”不是事件序号，", "所依据的事件：“十二”不是事件序号，"]
    assert page.text.count("应为以 clm_ 开头") == 0 and named in page.source.replace("\r", "")


def test_the_desk_says_how_many_are_mine_due_and_found_and_never_who(desk: Desk, watch: Browser) -> None:
    late = desk.opened(desk.entry("2026-03-09"), due="2026-11-20")
    page = watch.get("/cases")

    assert "在办" in page.text and "我办理的" in page.text and "7 日内到期" in page.text
    assert "李明" not in page.text and desk.li.id not in page.text
    assert desk.case in watch.get("/cases?due=soon").text and late not in watch.get("/cases?due=over").text
    told = watch.json("/cases.json?finding=pending&status=open&mine=me")
    assert {desk.case, late} <= {one["case"] for one in told["items"]}
    assert "清除筛选" in watch.get("/cases?finding=referred").text
    table = watch.client.get("/cases.csv?status=open").get_data(as_text=True)
    assert "监察案件" in table and late in table and "弄虚作假" in table
    assert "案件" in watch.get("/home").text and "案件" not in Browser(desk.bureau.town, desk.bureau.people).get(
        "/home").text


def test_whoever_is_no_member_sees_the_head_and_elsewhere_there_is_no_case(desk: Desk, watch: Browser) -> None:
    other = Browser(desk.bureau.town, desk.colleague)
    head = other.get(at(desk.case))
    assert "案件内容只对办案人员开放" in head.text and desk.claims[2025] not in head.text
    assert "推演" not in head.text
    other.get(at(desk.case, "/bulk"), 403)
    other.get(at(desk.case, "/simulation"), 403)
    Browser(desk.bureau.town, desk.away).get(at(desk.case), 404)
    assert "为什么查阅" in watch.get(f"/cases/{desk.case}").text

    do(watch, desk.case, "member", "指定办案人员", actor=desk.colleague.id)
    assert desk.claims[2025] in other.get(at(desk.case)).text
    left = do(watch, desk.case, "member-release", "不再办理此案", actor=desk.colleague.id)
    assert "已办理" in left.text and "案件内容只对办案人员开放" in other.get(at(desk.case)).text


def test_what_is_noted_and_asked_for_stands_on_the_case_and_what_is_late_on_the_desk(desk: Desk, watch: Browser
                                                                                      ) -> None:
    case = desk.opened(desk.entry("2026-03-16"))
    noted = do(watch, case, "note", "记办案笔记", words="第三页与第五页笔迹相同")
    assert "第三页与第五页笔迹相同" in noted.text
    asked = do(watch, case, "request", "要求提供材料", source="甬江学院", what="签到原件", due="2026-12-01")
    assert "甬江学院" in asked.text and "… 等候" in asked.text
    without = watch.press(watch.get(f"/cases/{case}/receipt"), "收到材料", 422, number="1")
    assert "说明" in without.text, "nothing came, and nothing is said about it"
    partly = watch.press(without, "收到材料", number="1", is_complete="no",
                         files=(BytesIO(b"half of it"), "half.pdf"), words="先到一半")
    assert "1 个文件" in partly.text and "先到一半" in partly.text and "… 等候" in partly.text
    ended = do(watch, case, "request-end", "不再等候材料", number="1", why="not_provided", words="拒收函件")
    assert "✗ 拒不提供" in ended.text and "收到材料" not in [one for one, _ in ended.links]
    dated = do(watch, case, "deadline", "改定限期", due="2027-03-31", words="材料未齐")
    assert "2027-03-31" in dated.text
    wider = do(watch, case, "widening", "扩大范围", named=desk.entry("2026-03-23"), words="同一班次")
    assert "2 项学时，2 人" in wider.text
    lanes = watch.get(wider.link("发生和记录，两条线"))
    assert "案件的经过" in lanes.text and "要求提供材料" in lanes.text and "立案" in lanes.text
    Browser(desk.bureau.town, desk.colleague).get(at(case, "/timeline"), 403)
    Browser(desk.bureau.town, desk.bureau.people).get(at(case, "/timeline"), 404)
    past = watch.get(f"{at(case)}&as_of={desk.bureau.town.house.ledger.store.size() - 1}")
    assert "您看的不是现在" in past.text and "1 项学时，1 人" in past.text and "改定限期" not in [
        one for one, address in past.links if address.endswith("/deadline")]


def test_the_simulation_shows_who_falls_and_what_rests_on_it_and_writes_nothing(desk: Desk, watch: Browser) -> None:
    size = desk.bureau.town.house.ledger.store.size()
    page = watch.get(watch.get(at(desk.case)).link("推演：如果这些学时不计"))

    assert "1 人有年度由达标变为不达标" in page.text and "✗ 不再成立" in page.text
    assert "现在达标 1 人，共 1 人" in page.text and "不计之后达标 0 人，共 1 人" in page.text
    assert "✓ 达标" in page.text and "✗ 未达标" in page.text and "李*" in page.text
    assert "2026-11-20 取得" in page.text and "1 份有效的受影响" in page.text
    left_out = watch.get(page.link("也不计"))
    assert "1 人有年度由达标变为不达标" in left_out.text
    none = watch.get(f"{at(desk.case, '/simulation')}&valid_on=2024-01-01")
    assert "没有年度因此变化" in none.text and "您看的不是现在" in none.text
    table = watch.client.get(at(desk.case, "/simulation.csv")).get_data(as_text=True)
    assert desk.li.id in table and "不计后达标" in table
    assert watch.json(at(desk.case, "/simulation.json"))["summary"]["titles_falling"] == 1
    assert desk.bureau.town.house.ledger.store.size() == size


def test_many_are_done_to_as_they_were_shown_and_not_where_the_list_has_changed(desk: Desk, watch: Browser) -> None:
    first, second, third = (desk.entry(f"2026-0{month}-05") for month in (4, 5, 6))
    case = desk.opened(first, second, third)
    form = watch.get(f"/cases/{case}/bulk")
    check = watch.press(form, "下一步：看清单", act="hold", words="核查")
    assert "将冻结 3 项，3 人" in check.text and "✓ 已登记" in check.text and "‖ 已冻结" in check.text
    desk.bureau.clerk.act(desk.bureau.clerk.saw(f"/v1/claims/{third}", purpose="review"), "revocation",
                          {"basis": "falsified", "words": "不实"})
    changed = watch.press(check, "冻结这 3 项", 409)
    assert "清单已变，没有办理" in changed.text and "将冻结 2 项" in changed.text and "跳过" in changed.text
    held = watch.press(changed, "冻结这 2 项")
    assert "✓ 已一并生效" in held.text and "已写入 2/2 项" in held.text and held.text.count("冻结学时") == 2

    barred = watch.press(watch.get(f"/cases/{case}/bulk"), "下一步：看清单", 422, act="revoke", words="不实")
    assert "撤销的依据：请选择。" in barred.text
    barred = watch.press(watch.get(f"/cases/{case}/bulk"), "下一步：看清单", 422, act="revoke", words="不实",
                         reinstate_basis="evidence_found")
    assert "恢复的依据：所选的办理不是恢复" in barred.text, "what puts hours back takes none away"
    chosen = barred.source.partition('id="revoke_basis"')[2].partition("</select>")[0]
    assert "弄虚作假" in chosen and "补到有效证明" not in chosen
    do(watch, case, "finding", "登记结论", finding="substantiated", words="由他人代签")
    list_ = watch.press(watch.get(f"/cases/{case}/bulk"), "下一步：看清单", act="revoke", words="不实",
                        revoke_basis="falsified", claims=first)
    done = watch.press(list_, "撤销这 1 项")
    assert "撤销学时" in done.text and first in done.text and second not in done.text
    whole = watch.get(at(case))
    assert "依据 弄虚作假" in done.text and "依据 弄虚作假" in whole.text and "falsified" not in done.text + whole.text
    entries, followed = (whole.text.split(head)[1].split("全部，可下载")[0] for head in ("所涉的学时", "随之发生的"))
    assert "王*" in entries and "王*" in followed, "a person is called by name, not by a number"
    assert watch.client.get(at(case, "/effects.csv")).get_data(as_text=True).count("clm_") == 3
    assert "⊘ 已撤销" in watch.get(at(case, "/entries")).text
    assert "办结" not in whole.buttons(), "what would be refused is not offered: one entry is still held"
    told = watch.get(at(case, "/notices"))
    assert "王伟" in told.text and "撤销登记" in told.text and first not in watch.get(at(desk.case, "/notices")).text
    assert "王伟" in watch.client.get(at(case, "/notices.csv")).get_data(as_text=True)
    sealed = watch.client.get(f"{at(case, '/bundle.zip')}&redacted=1")
    assert (sealed.status_code, sealed.get_data()[:4], "redacted" in sealed.headers["Content-Disposition"]) == (
        200, b"PK\x03\x04", True)


@pytest.mark.parametrize(("button", "after", "status"), [
    ("继续办理", "已一并生效", "frozen"), ("放弃", "已放弃，没有一项生效", "approved")])
def test_what_was_stopped_on_its_way_is_gone_on_with_or_given_up(
    desk: Desk, watch: Browser, button: str, after: str, status: str
) -> None:
    claim, house = desk.entry("2026-02-09" if status == "frozen" else "2026-02-16"), desk.bureau.town.house
    case, caller = desk.opened(claim), Caller("actor", desk.watch.id)
    fields = {"act": "hold", "words": "核查"}
    shown = case_bulk.preview(house, caller, case, fields)
    assert isinstance(shown, case_bulk.Preview)
    fields |= {"list_sha256": shown.list_sha256}
    stopped = case_bulk.act(house, caller, case, fields, Asked(version=shown.version), patience_ms=0)
    assert isinstance(stopped, case_bulk.Going)

    page = watch.get(at(case, f"/bulk/{stopped.act}"))
    assert "已写入 0/1 项，尚未生效" in page.text
    ended = watch.press(page, button)
    assert after in ended.text
    assert desk.bureau.clerk.saw(f"/v1/claims/{claim}", purpose="review")["status"] == status


def test_what_goes_on_in_the_background_is_stopped_on_its_page_and_watched_to_its_end(
    desk: Desk, served: str, chromium: Any, watch: Browser
) -> None:
    claim, house = desk.entry("2026-03-09"), desk.bureau.town.house
    case, caller = desk.opened(claim), Caller("actor", desk.watch.id)
    fields = {"act": "hold", "words": "核查"}
    shown = case_bulk.preview(house, caller, case, fields)
    assert isinstance(shown, case_bulk.Preview)
    fields |= {"list_sha256": shown.list_sha256}
    key = RequestKey(os.urandom(32), os.urandom(32))
    going = bulk_jobs.act(house, caller, case, fields, Asked(key=key, version=shown.version), patience_ms=0)
    assert isinstance(going, case_bulk.Going) and going.job is not None
    stopped = watch.press(watch.get(at(case, f"/bulk/{going.act}")), "停下")
    assert "正在后台写入" not in stopped.text and "继续办理" in stopped.text

    more = bulk_jobs.resume(house, caller, case, going.act, Asked(key=RequestKey(os.urandom(32), b"x" * 32)),
                            patience_ms=0)
    assert isinstance(more, case_bulk.Going) and more.job not in (None, going.job)
    window = Window(chromium, served, desk.watch.token)
    assert window.faults(at(case, f"/bulk/{going.act}")) == []
    assert "正在后台写入" in window.page.inner_text("main")
    runner = BulkRunner(house)
    runner.start()
    try:
        window.page.get_by_text("已一并生效：冻结 1 项").wait_for()
    finally:
        runner.stop()
    assert window.said == []
    assert desk.bureau.clerk.saw(f"/v1/claims/{claim}", purpose="review")["status"] == "frozen"


def test_a_large_bundle_is_made_in_the_background_watched_and_fetched_once(
    desk: Desk, served: str, chromium: Any, watch: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, case = desk.bureau.town.house, desk.opened(desk.entry("2026-03-16"))
    monkeypatch.setitem(desk.bureau.town.app.config, "BUNDLE_DIRECT_MOST", 3)
    offered = watch.get(f"{at(case, '/bundle.zip')}&redacted=1")
    assert "要做几分钟" in offered.text and "24 小时后删除" in offered.text and "遮盖个人信息" in offered.text
    stopped = watch.press(watch.press(offered, "在后台制作"), "停下")
    assert "已取消" in stopped.text and "在后台制作" not in stopped.buttons()
    watch.press(offered, "在后台制作")  # The same form: the same job, which is over.
    queued = watch.press(watch.get(at(case, "/bundle.zip")), "在后台制作")
    (job,) = set(re.findall(r"job_[0-9a-z]{22}", queued.text))

    window = Window(chromium, served, desk.watch.token)
    place = f"/cases/{case}/bundles/{job}"
    assert window.faults(place) == []
    runner = BulkRunner(house, work=BUNDLES)
    runner.start()
    try:
        window.page.get_by_text("取走（签章的 ZIP）").wait_for()
    finally:
        runner.stop()
    assert window.said == []
    sealed = watch.client.get(watch.get(place).link("取走（签章的 ZIP）"))
    assert sealed.get_data().startswith(b"PK\x03\x04") and "attachment" in sealed.headers["Content-Disposition"]
    assert "已经取走或到期" in watch.get(place).text
    assert watch.client.get(f"{place}/bundle.zip").status_code == 410
    assert watch.json(f"{place}.json")["is_cleared"] is True


def test_a_case_that_is_ruled_out_is_closed_and_its_holds_with_it(desk: Desk, watch: Browser) -> None:
    claim = desk.entry("2026-07-06")
    case = desk.opened(claim)
    shown = watch.press(watch.get(f"/cases/{case}/bulk"), "下一步：看清单", act="hold", words="核查")
    watch.press(shown, "冻结这 1 项")
    do(watch, case, "finding", "登记结论", finding="ruled_out", words="签到属实")
    closed = do(watch, case, "closing", "办结")

    assert "✓ 已办结" in closed.text and "解冻学时" in closed.text
    assert desk.bureau.clerk.saw(f"/v1/claims/{claim}", purpose="review")["status"] == "approved"
    assert f"/cases/{case}/note" not in [address for _, address in closed.links]


def test_every_screen_of_the_desk_is_sound(desk: Desk, served: str, chromium: Any, watch: Browser) -> None:
    case = desk.opened(desk.entry("2026-08-03"))
    shown = watch.press(watch.get(f"/cases/{case}/bulk"), "下一步：看清单", act="hold", words="核查")
    done = watch.press(shown, "冻结这 1 项")
    bulk = watch.json(at(case).replace("?", ".json?"))["bulks"][0]["act"]
    window = Window(chromium, served, desk.watch.token)

    assert "已一并生效" in done.text
    for path in ("/cases", "/cases/new", at(desk.case), at(desk.case, "/simulation"), at(case, "/entries"),
                 at(case, "/notices"), f"/cases/{case}/bulk", at(case, f"/bulk/{bulk}")):
        assert window.faults(path) == [], path
    assert window.said == []


def test_nobody_else_is_shown_a_case(desk: Desk) -> None:
    body: BODY = desk.li.saw(f"/v1/persons/{desk.li.id}/timeline")
    assert desk.case not in str(body)
    Browser(desk.bureau.town, desk.li).get("/cases", 403)
