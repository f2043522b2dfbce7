"""One long way in real browsers: into a unit, a claim, its approval, paper that verifies, and what a revocation does.

Each step is what somebody would do with a mouse; nothing is asked of the API. Rooms have journeys of their own beside
their screens: a course to 18 hours (`test_course_screens.py`), a roster to registered people
(`test_roster_screens.py`), a draft to the report of what it changes (`test_replay_screens.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.console.browser_kit import Window
from tests.console.console_kit import PNG, Cast

FONTS = Path("/usr/share/fonts/opentype/noto")

@pytest.mark.requires_system("chromium")
@pytest.mark.skipif(not FONTS.is_dir(), reason="needs fonts-noto-cjk; see `sh tests/setup-system.sh`")
def test_from_a_unit_to_verified_paper_and_on_to_its_revocation(
    cast: Cast, served: str, chromium: Any, tmp_path: Path
) -> None:
    person = cast.town.person("欧阳旅途")
    own, clerk = (Window(chromium, served, one.token) for one in (person, cast.clerk))
    belongs(own, clerk)
    address = claimed(own, clerk)
    own.page.goto(f"{served}/home")
    assert "24" in own.page.get_by_role("row", name="总学时").inner_text()

    paper = handed_out(own, tmp_path)
    said = [*own.said, *clerk.said]
    assert said == []
    assert "有效" in verified(chromium, served, paper)

    clerk.page.goto(f"{served}{address}?purpose=review")
    clerk.page.get_by_role("link", name="撤销登记").click()
    clerk.page.get_by_label("说明").fill("证书系伪造")
    clerk.page.get_by_role("button", name="撤销登记").click()
    clerk.page.get_by_text("已办理：撤销").wait_for()
    own.page.goto(f"{served}/home")
    assert "24" not in own.page.get_by_role("row", name="总学时").inner_text()
    now = verified(chromium, served, paper)
    assert "此后的更正" in now, "what it says was true, and is so no longer"


def belongs(own: Window, clerk: Window) -> None:
    """Ask to be matched with a unit that is found by its name; its clerk confirms it out of the queue."""
    page = own.page
    page.goto(f"{own.address}/me/unit")
    page.get_by_role("link", name="按名称或统一社会信用代码查找单位").click()
    page.locator("main input[name=q]").fill("甬江机械")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="甬江机械厂").first.click()
    page.locator("[name=starts]").fill("2026-01-01")
    page.get_by_role("button", name="下一步：看影响").click()
    page.get_by_role("button", name="提交申请").click()
    page.get_by_text("待接收单位确认").first.wait_for()

    page = clerk.page
    page.goto(f"{clerk.address}/queue?kind=transfer")
    page.locator("[data-row] a[href*='/transfers/']").first.click()
    page.get_by_role("link", name="确认为本单位人员").click()
    page.get_by_role("button", name="确认为本单位人员").click()
    page.get_by_text("已确认").first.wait_for()


def claimed(own: Window, clerk: Window) -> str:
    """File a claim with a paper and have it approved; gives its address."""
    page = own.page
    page.goto(f"{own.address}/claims/new?route=advanced_seminar")
    page.get_by_label("名称").fill("旅途中的高研班")
    page.get_by_label("级别", exact=True).select_option("municipal")
    page.get_by_label("天数").fill("4")
    page.get_by_label("佐证材料的日期").fill("2026-06-08")
    page.get_by_label("文件").set_input_files({"name": "证书.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="上传").click()
    page.get_by_text("证书.png").first.wait_for()
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交申报").click()
    page.get_by_role("link", name="申报详情").click()
    address = page.url.removeprefix(own.address).partition("?")[0]

    page = clerk.page
    page.goto(f"{clerk.address}/queue?sort=days")
    page.get_by_role("link", name="旅途中的高研班").first.click()
    page.locator("#pane").get_by_role("button", name="认定通过").click()
    page.get_by_text("已办理：认定").wait_for()
    return str(address)


def handed_out(own: Window, folder: Path) -> Path:
    """Have a statement, as PDF."""
    page = own.page
    page.goto(f"{own.address}/home")
    page.get_by_role("link", name="出具和查看情况表").click()
    page.get_by_role("link", name="出具新的一份").click()
    page.get_by_role("button", name="出具", exact=True).click()
    page.get_by_text("已办理：").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    path = folder / "statement.pdf"
    download.value.save_as(path)
    return path


def verified(chromium: Any, served: str, paper: Path) -> str:
    """Whoever is handed the paper puts it to the public page; what the page answers."""
    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(f"{served}/verify")
    page.get_by_label("登记情况表的 PDF 或文本文件").set_input_files(str(paper))
    page.get_by_role("button", name="比对", exact=True).click()
    found = page.locator("section.found")
    found.wait_for()
    return str(found.inner_text())
