"""A claim on its way: a form by the words of the law, saved as it is typed, tried, checked, submitted once, mended."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
from werkzeug.datastructures import MultiDict

from api.console.form import content_of, form_of
from policies.words import base_vocabulary
from tests.api.house_kit import study
from tests.console.console_kit import HERE, PNG, Browser, Cast, Read

GOOD = {"details.title": "工业机器人应用", "study.level": "municipal", "study.days": "2", "study.date": "2026-06-03"}


def begun(li: Browser, route: str = "advanced_seminar") -> Read:
    return li.get(f"/claims/new?route={route}")


def saved(li: Browser, **typed: str) -> Read:
    """A draft with a paper, as it stands on its page."""
    form, _ = begun(li).form_with("上传")
    answer = li.client.post(form.address, headers=HERE, data={
        **form.fields, **GOOD, **typed, "step": "upload", "paper": (io.BytesIO(PNG), "证书 1.png")})
    assert answer.status_code == 200, Read(answer).text
    return Read(answer)


def test_every_route_of_the_law_has_a_form_with_all_that_it_must_carry(li: Browser) -> None:
    words = base_vocabulary()
    chosen = li.get("/claims/new")
    for code, route in words.routes.items():
        assert route.name in chosen.text
        names = {told.get("name") for _, told in begun(li, code).tags}
        needed = {f"study.{name}" for name in (*route.quantity, *route.needs, *(["rank"] if route.ranked else []),
                                               *(["level"] if route.levels else []))}
        assert needed | {"details.title", "study.date"} <= names, code
        assert ("study.category" in names) is (len(route.categories) > 1)


def test_what_was_typed_comes_back_as_it_was_typed(li: Browser) -> None:
    words = base_vocabulary()
    for code, route in words.routes.items():
        form = form_of(words, route)
        every = [one for block in (form.what, form.when, form.proof, form.more) for one in block]
        typed = {one.name: "7" if one.kind in ("integer", "number") else "1" if one.kind == "check" else "x"
                 for one in every}
        content = content_of(MultiDict(typed), route)
        again = form_of(words, route, content)
        shown = {one.name: one.value for block in (again.what, again.when, again.proof, again.more) for one in block}
        assert shown == typed, code


def test_a_trial_without_a_script_says_what_it_would_be_worth_and_writes_nothing(cast: Cast, li: Browser) -> None:
    size = cast.town.house.ledger.store.size()
    page = saved(li)
    tried = li.press(page, "试办：能计多少")

    assert "预计认定 12 学时 ✓ 可计" in tried.text
    assert "2 天 × 6 = 12" in tried.text
    assert "每天可" in tried.text
    assert cast.town.house.ledger.store.size() == size


def test_what_is_wrong_is_said_at_its_field_and_above_all_with_a_link_to_it(li: Browser) -> None:
    page = li.press(begun(li), "下一步：核对", 422, **{"study.days": "1.7", "study.date": "2026-06-03"})

    assert page.text.startswith(" 错误：申报")
    for field, words in (("details-title", "名称：请填写"), ("study-days", "天数：应为天数，0.5 的倍数，如 2.5。")):
        assert ("a", {"href": f"#{field}"}) in page.tags
        assert words in page.text
        (told,) = [one for tag, one in page.tags if one.get("id") == field]
        assert told["aria-invalid"] == "true"
        assert told["aria-describedby"].strip().split()[-1] == f"f-{field}"
    assert ("input", "1.7") in [(tag, told.get("value")) for tag, told in page.tags], "what was typed stays"


def test_without_a_paper_the_law_is_cited(li: Browser) -> None:
    page = li.press(begun(li), "下一步：核对", 422, **GOOD)

    assert "佐证" in page.text and "甬经信组〔2018〕244号 第八条" in page.text
    assert "预计认定 12 学时" in page.text, "what it would be worth is said all the same"
    assert "还缺" in li.press(begun(li), "试办：能计多少", **GOOD).text


def test_a_paper_is_put_to_a_draft_and_taken_away_again(li: Browser) -> None:
    page = saved(li)
    assert "证书 1.png" in page.text
    form, _ = page.form_with("移除")
    assert form.fields["evidence"] == f"certificate {hashlib.sha256(PNG).hexdigest()}"

    assert "还没有佐证材料" in li.press(page, "移除").text


@pytest.mark.parametrize(("content", "words"), [(b"", "请先选择文件"), (b"<html>", "类型")])
def test_a_file_that_is_no_paper_is_told_at_its_field(li: Browser, content: bytes, words: str) -> None:
    form, _ = begun(li).form_with("上传")
    name = "页面.pdf" if content else ""
    answer = li.client.post(form.address, headers=HERE, data={
        **form.fields, **GOOD, "step": "upload", "paper": (io.BytesIO(content), name)})

    assert answer.status_code == 422
    assert words in Read(answer).text
    assert ("a", {"href": "#paper"}) in Read(answer).tags


def test_a_draft_is_gone_on_with_later_and_let_go(li: Browser) -> None:
    page = saved(li, **{"details.title": "以后再填的培训"})
    listed = li.get("/claims/new")
    address = listed.link("以后再填的培训")
    assert address == page.address
    again = li.get(address)
    assert ("input", "以后再填的培训") in [(tag, told.get("value")) for tag, told in again.tags]

    li.press(again, "弃置草稿")
    assert "以后再填的培训" not in li.get("/claims/new").text


def test_a_claim_is_checked_submitted_and_given_a_number_once(cast: Cast, li: Browser) -> None:
    page = saved(li, **{"details.title": "一步步提交的培训"})
    check = li.press(page, "下一步：核对")
    for words in ("核对后提交", "一步步提交的培训", "市级", "证书 1.png", "用人单位认定"):
        assert words in check.text

    receipt = li.press(check, "提交申报")
    claim = receipt.address.split("/")[2]
    assert "已提交" in receipt.text and claim in receipt.text
    told = cast.li.saw(f"/v1/claims/{claim}")
    assert (told["details"]["title"], told["study"]["days"]) == ("一步步提交的培训", "2")
    assert told["status"] == "under_review"
    assert told["files"][0]["name"] == "证书 1.png"
    assert "一步步提交的培训" not in li.get("/claims/new").text, "the draft has become the claim"

    size = cast.town.house.ledger.store.size()
    li.send(check, "提交申报")
    assert cast.town.house.ledger.store.size() == size


def test_as_it_is_typed_a_form_is_saved_and_answered_with_its_worth_alone(li: Browser) -> None:
    form, _ = saved(li).form_with("下一步：核对")
    sent = {**form.fields, "study.days": "3"}
    first = li.client.post(form.address, headers={**HERE, "HX-Request": "true"}, data=sent)
    told = first.get_data(as_text=True)

    assert "<html" not in told
    assert '<span class="big">18</span>' in told
    assert "草稿已保存" in told
    version = re.search(r'name="version" value="(\d+)"', told)
    assert version is not None and int(version[1]) == int(form.fields["version"]) + 1


def test_a_draft_that_was_changed_elsewhere_is_not_written_over_unseen(li: Browser) -> None:
    page = saved(li, **{"details.title": "两处都在填"})
    other = li.get(page.address)
    li.press(other, "存为草稿", **{"details.title": "另一处填的"})
    conflict = li.press(page, "存为草稿", 409, **{"details.title": "这一处填的"})
    assert "这份草稿在别处改过" in conflict.text
    assert ("input", "这一处填的") in [(tag, told.get("value")) for tag, told in conflict.tags]

    li.press(conflict, "存为草稿")
    assert "这一处填的" in li.get("/claims/new").text


def test_what_was_returned_is_mended_on_the_same_form_with_its_reason_above(cast: Cast, li: Browser) -> None:
    claim = cast.clerk.act(cast.li.submit(study(date="2026-09-01"), "要改的培训"), "return", {
        "words": "天数与证书不符", "reason": "wrong_quantity"})["claim"]
    page = li.get(f"/claims/{claim}/revision")
    assert "退回的理由 天数与证书不符" in page.text

    tried = li.press(page, "试办：能计多少", **{"study.days": "4"})
    assert "预计认定 16 学时" in tried.text
    check = li.press(tried, "下一步：核对")
    receipt = li.press(check, "提交申报")
    told = cast.li.saw(f"/v1/claims/{claim}")

    assert "已提交" in receipt.text
    assert (told["status"], told["study"]["days"], told["revision"]) == ("under_review", "4", 2)


def test_nobody_but_a_person_puts_a_claim_forward(clerk: Browser) -> None:
    clerk.get("/claims/new", 403)


def test_everything_that_is_missing_is_said_at_once_and_in_the_order_of_the_form(cast: Cast) -> None:
    browser = Browser(cast.town, cast.stranger)
    page = browser.press(browser.get("/claims/new?route=advanced_seminar"), "下一步：核对", 422)
    said = [address for words, address in page.links if words.endswith(("请填写。", "请选择。"))]

    assert said == ["#details-title", "#study-level", "#study-days", "#study-date"]


def test_who_belongs_nowhere_yet_is_told_before_they_type(cast: Cast) -> None:
    alone = Browser(cast.town, cast.town.person("钱无单位"))
    for address in ("/claims/new", "/claims/new?route=paper"):
        assert "您还没有匹配用人单位" in alone.get(address).text
        assert "您还没有匹配用人单位" not in Browser(cast.town, cast.li).get(address).text
