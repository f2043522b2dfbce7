"""A session ends while somebody types: what they typed is shown, and goes on after the next login, on purpose."""

from __future__ import annotations

import io
from typing import Any

from api.evidence.files import MOST as FILE_MOST
from tests.console.console_kit import HERE, Browser, Cast, Read

WORDS = "证书上的姓名与登记的不符，请补一份更名证明。"


def sent_late(cast: Cast, browser: Browser, claim: dict[str, Any]) -> Read:
    """Fill in a return of a claim, and press its button when the session is over."""
    page = browser.get(f"/claims/{claim['claim']}/return")
    browser.client.post("/logout", headers=HERE)
    return browser.press(page, "退回修改", 401, words=WORDS, reason="evidence_unclear")


def test_what_was_typed_when_the_session_ended_goes_on_after_the_next_login(cast: Cast) -> None:
    claim = cast.li.submit({"category": "professional", "route": "training", "level": "provincial", "days": "1",
                            "date": "2026-08-03"}, "登录过期时退回的培训")
    browser = Browser(cast.town, cast.clerk)
    kept = sent_late(cast, browser, claim)

    assert "登录已过期" in kept.text and WORDS in kept.text
    assert kept.link("登录（新标签页）") == "/login"
    again = browser.press(kept, "已登录，接着提交", 401)
    assert WORDS in again.text, "whoever presses before logging in loses nothing either"

    browser.client.post("/login", data={"token": cast.clerk.token}, headers=HERE)
    asked = browser.press(again, "已登录，接着提交", 403)
    assert "您现在的身份是“经办：甬江机械厂 · 用人单位”" in asked.text and WORDS in asked.text
    assert cast.li.saw(f"/v1/claims/{claim['claim']}")["status"] == "under_review", "nothing is done by itself"
    browser.press(asked, "接着提交")
    assert cast.li.saw(f"/v1/claims/{claim['claim']}")["status"] == "returned"


def test_what_another_site_sends_is_not_repeated(cast: Cast) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        answer = cast.town.client().post(f"/claims/{cast.claims['open']['claim']}/return", headers=headers,
                                         data={"words": WORDS})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_a_file_cannot_be_kept_and_one_that_is_large_is_not_even_read(cast: Cast) -> None:
    for size, status, said in ((10, 401, "所选的文件须重新选择"), (300_000, 303, "/login")):
        answer = cast.town.client().post(
            f"/claims/{cast.claims['returned']['claim']}/revision", headers=HERE,
            data={"title": "焊接工艺", "paper": (io.BytesIO(bytes(size)), "证书.pdf")})
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (status, True)


def test_a_code_that_was_typed_beside_is_never_shown_again(cast: Cast) -> None:
    answer = cast.town.client().post(f"/claims/{cast.claims['open']['claim']}/return", headers=HERE,
                                     data={"words": WORDS, "factor_code": "一次性 123456"})

    assert WORDS in answer.get_data(as_text=True) and "123456" not in answer.get_data(as_text=True)


def test_beside_a_file_that_is_too_large_what_was_typed_is_kept(cast: Cast, li: Browser) -> None:
    form, _ = li.get("/claims/new?route=advanced_seminar").form_with("上传")
    answer = li.client.post(form.address, headers=HERE, data={
        **form.fields, "details.title": "扫描件太大的培训", "step": "upload",
        "paper": (io.BytesIO(bytes(FILE_MOST + 2**20)), "扫描.pdf")})
    kept = Read(answer)
    answer.request.environ["wsgi.input"].close()  # What the client wrote it into.

    assert answer.status_code == 413
    assert "超过 20 MB，没有办理" in kept.text and "扫描件太大的培训" in kept.text
    again = li.press(kept, "接着提交", 422)
    assert "请先选择文件" in again.text
    assert ("input", "扫描件太大的培训") in [(tag, told.get("value")) for tag, told in again.tags]
