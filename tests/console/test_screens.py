"""Every screen in a real browser: nothing on the console, no rule of axe broken, nothing past the edge of a window."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from api.console.screens import console_routes, page_routes
from tests.api.house_kit import study
from tests.console.browser_kit import AXE, Window
from tests.console.console_kit import PNG, Browser, Cast

STATIC = Path(__file__).parents[2] / "api" / "static"
AXE_SHA256 = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc"
OWN_BYTES_MOST = {"page.css": 10_240, "console.js": 6_144, "forms.js": 4_352}


def test_what_the_browser_is_given_is_small_and_axe_is_what_it_says(cast: Cast, li: Browser) -> None:
    assert {name: (STATIC / name).stat().st_size <= most for name, most in OWN_BYTES_MOST.items()} == {
        "page.css": True, "console.js": True, "forms.js": True}
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256
    page = li.get("/home")
    files = [told.get("src") or told["href"] for tag, told in page.tags if tag in ("script", "img", "link")]
    assert sum(len(li.client.get(one).data) for one in {*files}) + len(page.source.encode()) < 100_000


def test_no_screen_is_without_its_frame(cast: Cast) -> None:
    """Every address of the console stands within the pages, whose policy lets nothing in from elsewhere."""
    app = cast.town.app
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("page.console.")]
    assert len(rules) > 40
    assert page_routes().name == "page" and console_routes().name == "console"
    policy = cast.town.client().get("/home").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy


@pytest.mark.requires_system("chromium")
def test_every_screen_is_readable_in_every_state_and_the_browser_says_nothing(
    cast: Cast, served: str, chromium: Any
) -> None:
    claims = {state: one["claim"] for state, one in cast.claims.items()}
    position = cast.claims["open"]["events"][0]
    opened = [
        (cast.li, [f"/home?as_of={position}", "/claims", "/claims/new?route=paper", "/help", "/sessions",
                  f"/persons/{cast.li.id}/years/2026", f"/claims/{claims['refused']}/appeal",
                  f"/claims/{claims['open']}?as_of={position}", f"/claims/{claims['open']}/receipt",
                  f"/claims/{claims['open']}/revision"]),
        (cast.clerk, ["/home", "/queue", f"/queue?selected={claims['late']}", f"/queue?as_of={position}", "/years",
                     "/queue?category=general_public", f"/claims/{claims['open']}/return"]),
        (cast.both, ["/home"]), (cast.office, ["/queue"]), (cast.newcomer, ["/home", "/claims"]),
    ]
    found = {}
    for someone, paths in opened:
        window = Window(chromium, served, someone.token)
        found |= {path: faults for path in paths if (faults := window.faults(path))}
        assert window.said == []

    assert found == {}


@pytest.mark.requires_system("chromium")
def test_a_form_says_as_one_types_what_it_would_be_worth_and_keeps_it(cast: Cast, served: str, chromium: Any) -> None:
    window = Window(chromium, served, cast.li.token)
    page = window.page
    page.goto(f"{served}/claims/new?route=advanced_seminar")
    page.get_by_label("名称").fill("边填边算的研修")
    page.get_by_label("级别", exact=True).select_option("municipal")
    page.get_by_label("天数").fill("3")
    with page.expect_response("**/drafts/*"):
        page.get_by_label("佐证材料的日期").fill("2026-06-08")
    page.get_by_label("文件").set_input_files({"name": "证书.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="上传").click()
    page.get_by_text("证书.png").first.wait_for()
    with page.expect_response("**/drafts/*"):
        page.get_by_label("天数").fill("4")
    page.get_by_text("4 天 × 6 = 24").wait_for()
    expect(page.get_by_role("status", name="预计认定")).to_contain_text("24 学时")
    page.goto(f"{served}/claims/new")
    page.get_by_role("link", name="边填边算的研修").click()
    assert page.get_by_label("天数").input_value() == "4"

    page.get_by_label("天数").fill("")
    page.get_by_role("button", name="下一步：核对").click()
    page.locator("#faults:focus").get_by_text("天数：").first.wait_for()
    assert [words for words in window.said if "422" not in words] == []


@pytest.mark.requires_system("chromium")
def test_a_queue_is_worked_through_with_keys_and_they_are_quiet_while_one_types(
    cast: Cast, served: str, chromium: Any
) -> None:
    cast.stranger.hands_in()  # What nobody handed in is looked at alone: it cannot be ticked.
    claims = [cast.stranger.submit(study(date=f"2026-10-0{day}"), f"按键审核 {day}") for day in (1, 2)]
    window = Window(chromium, served, cast.clerk.token)
    page = window.page
    page.goto(f"{served}/queue?sort=days")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "按键审核 2"
    page.keyboard.press("x")
    expect(page.locator("[data-row] input").first).to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#pane:focus").get_by_role("link", name="按键审核 1").wait_for()  # Focus is on what was opened.
    expect(page).to_have_url(re.compile(f"selected={claims[0]['claim']}"))

    page.keyboard.press("r")
    page.keyboard.type("gh?ja")    # Words, not keys.
    assert page.locator("#words").input_value() == "gh?ja"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.textContent") == "认定通过"
    page.keyboard.press("Enter")
    page.get_by_text("已办理：认定").wait_for()
    assert cast.stranger.saw(f"/v1/claims/{claims[0]['claim']}")["status"] == "approved"

    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/home")
    assert window.said == []


@pytest.mark.requires_system("chromium")
def test_what_one_looks_at_is_passed_on_with_a_button_also_where_there_is_no_clipboard_to_write_to(
    cast: Cast, served: str, chromium: Any
) -> None:
    window = Window(chromium, served, cast.clerk.token)
    page, claim = window.page, cast.claims["open"]["claim"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{served}/claims/{claim}?purpose=annual_review&as_of={cast.claims['open']['events'][0]}")
    page.get_by_role("button", name="复制链接").click()
    page.get_by_role("button", name="已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url, "with the moment that is looked at"

    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.reload()
    page.evaluate("addEventListener('copy', () => { window.taken = String(document.activeElement.value); })")
    page.get_by_role("button", name="复制", exact=True).click()
    page.get_by_role("button", name="已复制").wait_for()
    assert page.evaluate("window.taken") == claim
    assert page.evaluate("document.activeElement.textContent") == "已复制", "focus stays where it was"
    assert window.said == []
