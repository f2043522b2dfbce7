"""What a page sends may cross on its way: nothing typed is lost, nothing of one's own making refused or done twice."""

from __future__ import annotations

import io
from itertools import permutations
from typing import Any

import pytest

from tests.console.console_kit import HERE, PNG, Browser, Cast, Read

GOOD = {"details.title": "工业机器人应用", "study.level": "municipal", "study.days": "2", "study.date": "2026-06-03"}
BY_ITSELF = {**HERE, "HX-Request": "true"}


def sends(browser: Browser, page: Read, turn: int, step: str = "", **typed: str) -> Any:
    """What a page sends as its how-manieth sending, by itself or, with a step, by a button."""
    form, _ = page.form_with("下一步：核对")
    data: dict[str, Any] = {**form.fields, **GOOD, **{name.replace("__", "."): one for name, one in typed.items()},
                            "turn": str(turn)}
    if step:
        data["step"] = step
    if step == "upload":
        data["paper"] = (io.BytesIO(PNG), "证书.png")
    return browser.client.post(form.address, data=data, headers=HERE if step else BY_ITSELF)


def blank(browser: Browser) -> Read:
    return browser.get("/claims/new?route=advanced_seminar")


def title_of(browser: Browser, page: Read) -> str:
    form, _ = browser.get(page.form_with("下一步：核对")[0].address).form_with("下一步：核对")
    return str(form.fields["details.title"])


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_in_whatever_order_the_sendings_of_a_page_arrive_the_last_stands_and_none_is_refused(
    li: Browser, order: tuple[int, ...]
) -> None:
    page = blank(li)
    for turn in order:  # Each upon the version that the page began with: no answer came back in time.
        answer = sends(li, page, turn, "upload" if turn == 3 else "", details__title=f"第 {turn} 次所填")
        told = answer.get_data(as_text=True)
        assert answer.status_code == 200 and "别处改过" not in told

    kept = li.get(page.form_with("下一步：核对")[0].address)
    assert (title_of(li, page), "证书.png" in kept.text) == ("第 3 次所填", True)
    assert "核对后提交" in li.press(kept, "下一步：核对").text


def test_what_arrives_late_takes_nothing_away_from_the_page_that_came_after(li: Browser) -> None:
    page = blank(li)
    shown = Read(sends(li, page, 5, "upload"))
    sends(li, page, 4, details__title="还没有填完的")
    assert "核对后提交" in li.press(shown, "下一步：核对").text
    li.press(shown, "存为草稿", **{"details.title": "后来填的"})
    sends(li, page, 6, details__title="前一页才到的")
    assert title_of(li, page) == "后来填的"


def test_a_draft_open_twice_is_not_written_over_unseen_by_either(li: Browser) -> None:
    begun = blank(li)
    sends(li, begun, 1, "save")
    here, there = (li.get(begun.form_with("下一步：核对")[0].address) for _ in range(2))
    sends(li, there, 1, details__title="那一页填的")
    answer = sends(li, here, 1, details__title="这一页填的")
    assert "别处改过" in answer.get_data(as_text=True) and "已保存" not in answer.get_data(as_text=True)
    pressed = sends(li, here, 2, "check", details__title="这一页填的")
    assert (pressed.status_code, "这一页填的" in pressed.get_data(as_text=True)) == (409, True)
    assert title_of(li, begun) == "那一页填的"
    li.press(Read(pressed), "存为草稿")
    assert title_of(li, begun) == "这一页填的"


def test_of_a_draft_that_was_submitted_elsewhere_nothing_typed_is_lost(cast: Cast, li: Browser) -> None:
    begun = blank(li)
    shown = Read(sends(li, begun, 1, "upload", details__title="两个标签页里的培训"))
    other = li.get(shown.address)
    check, late = (li.press(shown, "下一步：核对") for _ in range(2))
    receipt = li.press(check, "提交申报")
    assert "已提交的在下面" in li.get(check.address).text, "whoever goes back is led to what it has become"
    size = cast.town.house.ledger.store.size()

    assert li.press(late, "提交申报").address == receipt.address, "both end at the one claim"
    by_itself = sends(li, other, 1, details__words="接着写的说明").get_data(as_text=True)
    assert "已在别处提交或弃置" in by_itself
    pressed = li.press(other, "下一步：核对", 409, **{"details.words": "接着写的说明"})
    assert "已在别处提交或弃置" in pressed.text and "接着写的说明" in pressed.text
    assert cast.town.house.ledger.store.size() == size
    li.press(li.press(pressed, "存为草稿"), "弃置草稿")


def test_what_was_changed_since_it_was_read_is_read_again_before_it_is_put_forward(cast: Cast, li: Browser) -> None:
    shown = Read(sends(li, blank(li), 1, "upload", details__title="核对时改动的培训"))
    check, size = li.press(shown, "下一步：核对"), cast.town.house.ledger.store.size()
    li.press(li.get(shown.address), "存为草稿", **{"study.days": "3"})
    again = li.press(check, "提交申报")
    assert "在别处改过，还没有提交" in again.text and "预计认定 18 学时" in again.text
    assert cast.town.house.ledger.store.size() == size
    assert "已提交" in li.press(again, "提交申报").text


def test_letting_go_twice_is_letting_go_once(li: Browser) -> None:
    begun = blank(li)
    sends(li, begun, 1, "save")
    page = li.get(begun.form_with("下一步：核对")[0].address)
    for _ in range(2):
        assert li.press(page, "弃置草稿").address == "/claims/new"


def test_what_a_page_saves_by_itself_does_not_become_the_login_in_it(cast: Cast) -> None:
    browser = Browser(cast.town, cast.li)
    page = blank(browser)
    browser.client.post("/logout", headers=HERE)
    answer = sends(browser, page, 1)
    assert (answer.status_code, answer.data) == (401, b"")
