"""Without a script, and without a mouse: a claim from its form to its number, and what an office makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.browser_kit import Window
from tests.console.console_kit import PNG, Cast

NEW = "/claims/new?route=advanced_seminar"
AT = "(e => [e.labels?.[0]?.textContent || e.textContent, e.matches(':focus-visible')])(document.activeElement)"


@pytest.mark.requires_system("chromium")
def test_without_a_script_a_claim_is_filed_and_refused(cast: Cast, served: str, chromium: Any) -> None:
    own, clerk = (Window(chromium, served, one.token, runs=False) for one in (cast.li, cast.clerk))
    page = own.page
    page.goto(served + NEW)
    page.get_by_label("名称").fill("没有脚本的高研班")
    page.get_by_label("级别", exact=True).select_option("municipal")
    page.get_by_label("天数").fill("1")
    page.get_by_label("佐证材料的日期").fill("2026-06-18")
    page.get_by_label("文件").set_input_files({"name": "证书.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="下一步：核对").click()
    assert "证书.png" in page.locator("main").inner_text(), "a chosen file goes along with any button"
    page.get_by_role("button", name="提交申报").click()
    assert "已提交" in page.locator("main").inner_text()
    page.go_back()
    assert "已提交的在下面" in page.locator("main").inner_text()

    page = clerk.page
    page.goto(f"{served}/queue?sort=days")
    page.get_by_role("link", name="没有脚本的高研班").first.click()
    page.locator("#pane").get_by_role("button", name="驳回").click()
    page.get_by_label("说明").fill("不是本人的")
    page.get_by_role("button", name="驳回").click()
    assert "已办理：驳回" in page.locator("main").inner_text()


def goes_to(page: Any, words: str) -> None:
    """On by the keyboard until something has the focus, and is seen to have it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        said, is_seen = page.evaluate(AT)
        if words in said:
            assert is_seen, words
            return
    raise AssertionError(f"{words} is not reached")


@pytest.mark.requires_system("chromium")
def test_by_keyboard_alone_a_claim_is_filed_and_approved(cast: Cast, served: str, chromium: Any) -> None:
    own, clerk = (Window(chromium, served, one.token) for one in (cast.li, cast.clerk))
    page = own.page
    page.goto(served + NEW)
    page.keyboard.press("Tab")
    assert page.evaluate(AT) == ["跳到正文", True]
    page.keyboard.press("Enter")
    goes_to(page, "下一步：核对")
    page.keyboard.press("Enter")
    page.locator("#faults:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#details-title:focus").wait_for()
    page.keyboard.type("键盘填的高研班")
    goes_to(page, "级别")
    page.keyboard.press("ArrowDown")
    goes_to(page, "天数")
    page.keyboard.type("1")
    goes_to(page, "佐证材料的日期")
    date = page.get_by_label("佐证材料的日期")
    date.fill("2026-06-18")  # In which order it is typed is for the language of a browser to say.
    assert date.get_attribute("max") == "9999-12-31", "else a year takes six digits, and 20260618 is none"
    goes_to(page, "文件")
    page.get_by_label("文件").set_input_files({"name": "证书.png", "mimeType": "image/png", "buffer": PNG})
    goes_to(page, "上传")
    page.keyboard.press("Enter")
    page.locator("#paper:focus").wait_for()  # One goes on where one was, and not from the head of the page.
    assert "证书.png" in page.locator("#evidence").inner_text()
    goes_to(page, "下一步：核对")
    page.keyboard.press("Space")
    page.wait_for_url("**/check")
    goes_to(page, "提交申报")
    page.keyboard.press("Enter")
    page.get_by_text("已提交").first.wait_for()

    page = clerk.page
    page.goto(f"{served}/queue?sort=days")
    goes_to(page, "键盘填的高研班")
    page.keyboard.press("Enter")
    page.locator("#pane:focus").wait_for()
    goes_to(page, "认定通过")
    page.keyboard.press("Enter")
    page.get_by_text("已办理：认定").wait_for()
    assert own.said == [one for one in own.said if "422" in one] and clerk.said == []


@pytest.mark.requires_system("chromium")
def test_what_is_wrong_has_the_focus_and_the_title_says_so_before_anybody_is_logged_in(
    served: str, chromium: Any
) -> None:
    page = chromium.new_context(locale="zh-CN", java_script_enabled=False).new_page()
    for path, button, names in (("/login", "登录", ("name", "password")), ("/password", "设置", ("code", "password")),
                                ("/register", "登记", ())):
        page.goto(served + path)
        for name in names:
            page.locator(f"[name={name}]").fill("四月的甬江边有一座木头的桥")
        page.get_by_role("button", name=button, exact=True).click()
        page.locator("#error:focus, #faults:focus").wait_for()
        assert page.title().startswith("错误："), path
