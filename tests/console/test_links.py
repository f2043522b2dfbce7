"""Whoever follows links never ends at a page that is not there or that is not theirs: every role, over the sample.

The pictures of the README are taken here too: XUESHI_WRITE_PICTURES=1 puts them where it shows them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.console.console_kit import serving
from tests.console.crawl_kit import crawled, logged_in

WRITE = bool(os.environ.get("XUESHI_WRITE_PICTURES"))  # Read before a test is shielded from settings outside.
PICTURES = Path(__file__).parents[2] / "api" / "pictures"


ROLES = ("本人", "用人单位", "人力社保部门", "行业主管部门", "举办单位", "职称评审委员会", "政策部门", "监督部门",
         "系统管理员", "安全管理员", "审计管理员")


@pytest.mark.parametrize("of_each", [1, pytest.param(4, marks=pytest.mark.torture)])
@pytest.mark.parametrize("role", ROLES)
def test_no_link_leads_to_nothing_or_to_what_its_reader_may_not_see(
    sample: tuple[Any, dict[str, str]], role: str, of_each: int
) -> None:
    app, tokens = sample
    seen = list(crawled(app, logged_in(app, tokens[role]), of_each=of_each))

    assert [(one.address, one.status, one.found_on) for one in seen if one.status not in (200, 303)] == []
    assert len({one.screen for one in seen}) >= 8
    assert max(one.bytes for one in seen if "." not in one.address) < 400_000


@pytest.mark.requires_system("chromium")
def test_the_pictures_of_the_readme_are_of_screens_as_they_are(
    sample: tuple[Any, dict[str, str]], chromium: Any, tmp_path: Path
) -> None:
    app, tokens = sample
    with serving(app) as address:
        person = next(name for name in tokens if name.startswith("per_"))
        for name, role, way, then in (
            ("queue", "行业主管部门", "/queue", "[data-row] th a"),
            ("timeline", person, f"/persons/{person}/timeline", ""),
            ("rules", "本人", "/rules/ningbo-industry/2019-01-01#第六条（一）", ""),
        ):
            page = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN").new_page()
            page.goto(f"{address}/login")
            page.get_by_label("令牌").fill(tokens[role])
            page.get_by_role("button", name="凭令牌进入").click()
            page.wait_for_url("**/home")
            page.goto(f"{address}{way}")
            if then:
                page.locator(then).first.click()
                page.locator("#pane").get_by_role("heading").first.wait_for()
            page.screenshot(path=str(tmp_path / f"{name}.png"))
            assert (tmp_path / f"{name}.png").stat().st_size > 40_000, "there is something to see on it"
    if WRITE:  # How they are taken anew; whoever commits them has looked at them.
        for picture in tmp_path.glob("*.png"):
            shutil.copy(picture, PICTURES / picture.name)
