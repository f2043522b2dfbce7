"""A claim in full: what it says, why it is worth what it is, where it stands, what was done, and what can be."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.api.house_kit import BODY, SHA, study
from tests.console.console_kit import HERE, PNG, Browser, Cast, Read

OWN = {"修改", "撤回申报", "申诉"}
STEPS = {"认定通过", "退回修改", "驳回"}
LATER = {"冻结", "解冻", "撤销登记", "恢复登记"}


def submitted(cast: Cast, title: str, **facts: object) -> BODY:
    return cast.li.submit(study(**facts), title)


def test_a_claim_shows_its_facts_its_way_its_worth_with_the_clause_and_its_events(cast: Cast, li: Browser) -> None:
    claim = cast.claims["approved"]
    shown, told = li.get(f"/claims/{claim['claim']}").text, li.json(f"/claims/{claim['claim']}.json")

    for words in ("approved 的培训", "✓ 已登记", "核定 8 学时，计入 8", "甬经信组〔2018〕244号", "2 天 × 4 = 8",
                  "每天可认定登记 4 个学时", "✓ 用人单位认定", f"sha256 {SHA[:4]}"):
        assert words in shown
    for event in told["events"]:
        assert f"#{event['position']}" in shown
    assert told["ruling"] == cast.li.saw(f"/v1/claims/{claim['claim']}")["ruling"]


def test_whoever_decides_reads_which_papers_the_law_asks_for(cast: Cast, clerk: Browser) -> None:
    claim = cast.li.submit(study(route="advanced_seminar", level="municipal", days="2", date="2026-05-06"), "某高研班")
    at = f"/claims/{claim['claim']}?purpose=review"
    asked = [one["document"] for one in cast.li.post("/v1/claims", {
        "person": cast.li.id, "study": claim["study"], "details": {"title": "又一个"},
        "evidence": claim["evidence"]}, dry_run="true").get_json()["would"]["papers"]]

    assert asked and all(document in clerk.get(at).text for document in asked)
    cast.clerk.act(claim, "approval", {})
    assert "细则要求的材料" not in clerk.get(at).text, "what was decided is no longer asked for"


@pytest.mark.parametrize(("state", "own", "office"), [
    ("open", {"修改", "撤回申报"}, STEPS), ("returned", {"修改", "撤回申报"}, set()), ("refused", {"申诉"}, set()),
    ("approved", {"申诉"}, {"冻结", "撤销登记"}), ("revoked", {"申诉"}, set()),
])
def test_what_can_be_done_is_offered_and_nothing_else(
    cast: Cast, li: Browser, clerk: Browser, state: str, own: set[str], office: set[str]
) -> None:
    address = f"/claims/{cast.claims[state]['claim']}"

    assert li.get(address).buttons() & (OWN | STEPS) == own
    assert clerk.get(f"{address}?purpose=review").buttons() & (OWN | STEPS | LATER) == office


def test_as_of_an_earlier_event_a_claim_is_what_it_was_and_nothing_is_offered(cast: Cast, li: Browser) -> None:
    claim = cast.claims["revoked"]
    events = li.json(f"/claims/{claim['claim']}.json")["events"]
    then = li.get(f"/claims/{claim['claim']}?as_of={events[1]['position']}")
    first = li.get(f"/claims/{claim['claim']}?as_of={events[0]['position']}").text

    assert "✓ 已登记" in then.text and "已撤销" not in then.text
    assert "材料不实" not in then.text
    assert not then.buttons() & OWN
    assert "… 审核中" in first and "核定" not in first


def test_a_return_wants_a_reason_and_shows_it_to_the_claimant(cast: Cast, li: Browser, clerk: Browser) -> None:
    claim = submitted(cast, "要退回的培训")
    page = clerk.get(f"/claims/{claim['claim']}/return")
    assert "现在 … 审核中 办理后 ↩ 退回修改" in page.text

    short = clerk.press(page, "退回修改", 422, reason="evidence_unclear")
    assert ("a", {"href": "#words"}) in short.tags
    done = clerk.press(short, "退回修改", words="第二页看不清")
    assert done.address == f"/claims/{claim['claim']}"
    assert "已办理：退回修改" in done.text

    told = li.get(f"/claims/{claim['claim']}").text
    assert "退回修改的理由 第二页看不清" in told
    assert "佐证材料模糊，无法辨认" in told
    cast.clerk.act(submitted(cast, "另一份要退回的", date="2026-08-07"), "return", {"words": "缺签名"})
    other = li.get(li.get("/claims").link("另一份要退回的")).text
    assert "缺签名 请按所说的理由" in other, "of another reason nothing is said but what was said"


def test_a_revocation_is_read_before_and_after_and_stays_to_be_seen(cast: Cast, clerk: Browser) -> None:
    claim = cast.clerk.act(submitted(cast, "要撤销的培训", date="2026-08-02"), "approval", {})
    page = clerk.get(f"/claims/{claim['claim']}/revocation")
    assert "现在 ✓ 已登记" in page.text and "办理后 ⊘ 已撤销" in page.text
    year = cast.li.year(2026)["evaluated"]
    assert f"2026 年度合计 {year['total']} → {int(year['total']) - 8} 学时" in page.text
    assert "弄虚作假" in page.text and "补到有效证明" not in page.text, "that is what hours are put back on"

    done = clerk.press(page, "撤销登记", words="证书系伪造")
    assert "⊘ 已撤销" in done.text
    assert {"认定", "撤销（弄虚作假）", "提交"} <= set(done.text.split())


def test_what_somebody_else_changed_meanwhile_is_shown_and_what_was_typed_is_kept(cast: Cast, clerk: Browser) -> None:
    claim = submitted(cast, "同时办理的培训", date="2026-08-03")
    page = clerk.get(f"/claims/{claim['claim']}/return")
    cast.li.did(f"/v1/claims/{claim['claim']}/revision", {
        name: value for name, value in cast.li.claim(study(days="1", date="2026-08-03"), "改过的培训").items()
        if name != "person"}, version=claim["version"])

    again = clerk.press(page, "退回修改", 412, words="天数不对")
    assert "这份申报已被他人改变" in again.text
    assert "天数不对" in again.text
    assert "改过的培训" in again.text
    assert "已办理" in clerk.press(again, "退回修改").text, "what was typed is sent again, upon what stands now"


def test_what_is_decided_meanwhile_is_told_as_such(cast: Cast, clerk: Browser) -> None:
    claim = submitted(cast, "别人先办的培训", date="2026-08-04")
    page = clerk.get(f"/claims/{claim['claim']}/approval")
    cast.clerk.act(claim, "approval", {})
    again = clerk.send(page, "认定通过")

    assert again.status_code in (409, 412)
    assert "已登记" in again.get_data(as_text=True)


def test_nobody_sees_another_persons_claim(cast: Cast) -> None:
    other = Browser(cast.town, cast.stranger)
    for claim in cast.claims.values():
        for address in ("", "/revision", "/receipt", "/withdrawal", f"/evidence/{'ab' * 32}"):
            assert "培训" not in other.get(f"/claims/{claim['claim']}{address}", 404).text


def test_whoever_opens_another_persons_claim_is_recorded_once_before_they_see_it(cast: Cast, clerk: Browser) -> None:
    access = cast.town.house.register.access
    before = access.store.size()
    asked = clerk.get(f"/claims/{cast.claims['open']['claim']}")
    assert "为什么查阅" in asked.text and access.store.size() == before
    clerk.get(f"/claims/{cast.claims['open']['claim']}?purpose=annual_review")
    last = access.at(access.store.size())

    assert access.store.size() == before + 1
    assert last is not None
    assert (last.envelope.event.purpose, last.envelope.event.subject) == ("annual_review", cast.li.id)  # type: ignore[attr-defined]


def test_words_of_a_claim_are_text_and_nothing_else(cast: Cast, li: Browser) -> None:
    claim = submitted(cast, "<script>alert(1)</script>", date="2026-08-05")
    for address in (f"/claims/{claim['claim']}", "/claims", f"/claims/{claim['claim']}/revision"):
        page = li.get(address).source
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_claim_is_appealed_against_and_the_appeal_taken_back(cast: Cast, li: Browser) -> None:
    claim = cast.clerk.act(submitted(cast, "不服的培训", date="2026-08-06"), "refusal", {"words": "不符"})
    page = li.get(f"/claims/{claim['claim']}/appeal")
    appealed = li.press(page, "申诉", words="材料齐全，请复核")

    term = f"可在 {cast.town.house.today + timedelta(days=60)} 之前（含当日）申诉，由宁波市海曙区行业主管部门办理"
    assert term in li.get(f"/claims/{cast.claims['refused']['claim']}").text and term in page.text
    assert "申诉：办理中 由宁波市海曙区行业主管部门办理" in appealed.text and term not in appealed.text
    back = li.press(li.get(f"/claims/{claim['claim']}/appeal-withdrawal"), "撤回申诉")
    assert "申诉：已撤回" in back.text


def test_an_appeal_takes_files_as_a_claim_does_and_whoever_hears_it_opens_them(cast: Cast, li: Browser) -> None:
    claim = cast.clerk.act(submitted(cast, "附材料申诉的培训", date="2026-08-07"), "refusal", {"words": "不符"})
    at = f"/claims/{claim['claim']}/appeal"

    def put(page: Read, content: bytes, name: str, step: str = "upload") -> Any:
        form, _ = page.form_with("上传")
        data = {**form.fields, "words": "日程为五天", "step": step, "paper": (io.BytesIO(content), name)}
        return li.client.post(form.address, headers=HERE, data=data)

    no = put(li.get(at), b"<html>", "页面.pdf")
    assert (no.status_code, "类型" in Read(no).text, ("a", {"href": "#paper"}) in Read(no).tags) == (422, True, True)
    page = Read(put(li.get(at), PNG, "日程 1.png"))
    assert "日程 1.png" in page.text and "日程为五天" in page.source
    assert "日程 1.png" not in li.press(page, "移除").text
    appealed = li.press(page, "申诉", words="日程为五天")

    sha256 = hashlib.sha256(PNG).hexdigest()
    assert "日程 1.png" in appealed.text
    told = cast.li.saw(f"/v1/claims/{claim['claim']}")
    assert [(one["kind"], one["sha256"]) for one in told["appeal"]["evidence"]] == [("certificate", sha256)]
    assert [one["name"] for one in told["files"]] == ["日程 1.png"]
    bureau = cast.town.officer(cast.town.unit("海曙另一局", "330203", "industry"), "sector_authority", "330203")
    waits = Browser(cast.town, bureau).get(f"/queue?kind=appeal&selected={claim['claim']}")
    assert "申诉：办理中" in waits.text and "日程 1.png" in waits.text, "beside the list as on its page"
    li.press(li.get(f"/claims/{claim['claim']}/appeal-withdrawal"), "撤回申诉")


def test_the_list_of_ones_claims_can_be_narrowed_and_sorted(cast: Cast, li: Browser) -> None:
    dates = [one["date"] for one in li.json("/claims.json?sort=date")["items"]]
    returned = li.json("/claims.json?state=returned")["items"]

    assert dates == sorted(dates)
    assert [one["date"] for one in li.json("/claims.json?sort=-date")["items"]] == sorted(dates, reverse=True)
    assert all(one["state"][2] == "退回修改" for one in returned)
    assert ("th", {"role": "columnheader", "scope": "col", "class": "", "aria-sort": "ascending"}) in li.get(
        "/claims?sort=date").tags
    assert "清除筛选" in li.get("/claims?state=frozen").text


def test_a_picture_is_shown_and_any_other_paper_is_saved(cast: Cast, li: Browser, clerk: Browser) -> None:
    sha256 = "ab" * 32
    answer = clerk.client.get(f"/claims/{cast.claims['open']['claim']}/evidence/{sha256}?purpose=review",
                              headers=HERE)

    assert answer.status_code == 404, "only its digest was registered"
    assert "只登记了摘要" in li.get(f"/claims/{cast.claims['open']['claim']}").text


def test_where_no_rulebook_gives_hours_the_office_is_asked_for_them_with_a_document(cast: Cast) -> None:
    claim = submitted(cast, "没有条款的学习", route="other", date="2026-08-07")
    told = cast.li.saw(f"/v1/claims/{claim['claim']}")
    assert told["steps"][-1] == "sector_authority"
    clerk = Browser(cast.town, cast.clerk)
    clerk.press(clerk.get(f"/queue?selected={claim['claim']}"), "审核通过")

    bureau = cast.town.unit("宁波市经信局", "330200", "general")
    office = Browser(cast.town, cast.town.officer(bureau, "sector_authority", "3302", sector="industry"))
    beside = office.get(f"/queue?selected={claim['claim']}")
    assert "认定通过：" in beside.text, "what the law says first stands there"
    asked = office.press(beside, "认定通过", 422)
    done = office.press(asked, "认定通过", confirmed_hours="6", document="甬经信函〔2026〕1号")

    assert "已办理：认定" in done.text
    assert cast.li.saw(f"/v1/claims/{claim['claim']}")["ruling"]["clauses"] == ["甬经信函〔2026〕1号"]
