"""A claim's form on a slow or broken line, in a browser: each answer comes when the test says so."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.browser_kit import Window
from tests.console.console_kit import PNG, Cast
from tests.console.line_kit import Line

NEW = "/claims/new?route=advanced_seminar"
DRAFTS = "**/drafts/*"


SEEN = """document.addEventListener('submit', ({target}) => setTimeout(() => { sessionStorage.seen =
  `${target.inert} ${target.nextElementSibling.textContent}`; }));"""
"""What is seen while a page is on its way to another: a browser that is driven waits until it is there."""


def begun(window: Window) -> Any:
    """A form whose first words are on their way to be saved, and the rest typed meanwhile."""
    page = window.page
    page.goto(window.address + NEW)
    line = Line(page, DRAFTS)
    first = line.next(lambda: page.get_by_label("名称").fill("慢线上的高研班"))
    assert first.is_by_itself
    page.get_by_label("级别", exact=True).select_option("municipal")
    page.get_by_label("天数").fill("4")
    page.get_by_label("佐证材料的日期").fill("2026-06-08")
    page.get_by_label("文件").set_input_files({"name": "证书.png", "mimeType": "image/png", "buffer": PNG})
    return line, first


def press(line: Line, button: str) -> Any:
    return line.next(lambda: line.page.get_by_role("button", name=button).click(no_wait_after=True))


def goes_on(line: Line) -> None:
    """From an answered upload to the page before submission: nothing was refused, everything typed is there."""
    page = line.page
    page.get_by_text("证书.png").first.wait_for()
    assert page.locator("#faults").count() == 0
    page.unroute(DRAFTS)
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交申报").wait_for()
    for words in ("慢线上的高研班", "2026-06-08", "证书.png"):
        assert words in page.locator("main").inner_text()


@pytest.mark.requires_system("chromium")
def test_what_is_saved_by_itself_while_a_button_is_pressed_stands_in_nobodys_way(
    cast: Cast, served: str, chromium: Any
) -> None:
    window = Window(chromium, served, cast.li.token)
    window.page.add_init_script(SEEN)
    line, first = begun(window)
    first.arrives()
    upload = press(line, "上传")
    upload.arrives()
    first.is_answered()
    upload.is_answered()
    goes_on(line)
    assert window.page.evaluate("sessionStorage.seen").startswith("true 正在发送"), "and nothing is typed into it"
    assert len(line.sent) == 2, "after a button was pressed nothing is sent by itself"


@pytest.mark.requires_system("chromium")
def test_what_could_not_be_saved_is_said_once_and_saved_when_it_can_be(
    cast: Cast, served: str, chromium: Any
) -> None:
    page = Window(chromium, served, cast.li.token).page
    page.goto(served + NEW)
    line, title, told = Line(page, DRAFTS), page.get_by_label("名称"), page.locator(".unsaved")
    for status, words in ((503, "服务暂时不能办理"), (None, "连接中断"), (401, "登录已过期"),
                          (403, "这一页是上一次登录时打开的"), (409, "请按本页的按钮看原因"), (429, "操作过于频繁")):
        sent = line.next(lambda typed=words: title.fill(typed))  # type: ignore[misc]
        sent.breaks(status, **{"Retry-After": "1"} if status == 429 else {})
        page.get_by_text(f"没有保存：{words}").wait_for()
        assert told.count() == 1
    line.next().is_answered()  # By itself, after as long as the answer said.
    page.get_by_text("草稿已保存").wait_for()
    expect(told).to_have_count(0)
    page.reload()
    assert title.input_value() == "操作过于频繁", "reloaded, or gone back to, it is the draft"

    form = page.locator("form.split")
    form.evaluate("form => form.dispatchEvent(new Event('submit', {bubbles: true}))")  # As far as a page knows.
    assert form.evaluate("form => form.inert")
    page.get_by_role("button", name="停下，接着填").click()
    line.next(lambda: title.fill("停下又接着填的")).is_answered()
    expect(page.get_by_text("正在发送")).to_have_count(0)


ORDERS = tuple(product(("before", "between", "after", "never", "broken"), ("before", "after")))


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.requires_system("chromium")
def test_in_every_order_of_arrivals_and_answers_the_way_goes_on(
    cast: Cast, served: str, chromium: Any, record_property: Any
) -> None:
    """When what was saved by itself arrives, and whether the button arrives before it is answered."""
    for arrival, answer in ORDERS:
        line, first = begun(Window(chromium, served, cast.li.token))
        if arrival == "before":
            first.arrives()
        upload = press(line, "上传")
        if arrival == "between":
            first.arrives()
        upload.arrives()
        if arrival == "after":
            first.arrives()
        if arrival == "broken":
            first.breaks(503)
        elif arrival != "never" and answer == "before":
            first.is_answered()
        upload.is_answered()
        goes_on(line)
    record_property("tried", len(ORDERS))
