"""What a screen looks like on paper: what it says and rests on, and none of what is done about it."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.api.house_kit import study
from tests.console.browser_kit import Window
from tests.console.console_kit import Cast

pytestmark = pytest.mark.requires_system("chromium", "pdftotext")
ROOT = "日志的根"


def printed(window: Window, place: str) -> str:
    """The words that a browser prints of a screen, as somebody prints who changes none of its settings."""
    window.page.goto(window.address + place)
    made = window.page.pdf(prefer_css_page_size=True)
    done = subprocess.run(("pdftotext", "-layout", "-", "-"), input=made, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_queue_on_paper_is_its_rows_and_no_button_box_or_filter(chromium: Any, served: str, cast: Cast) -> None:
    cast.stranger.hands_in().submit(study(date="2026-10-07"), "没有标记的培训")  # Or no batch is offered at all.
    window = Window(chromium, served, cast.clerk.token)
    place = f"/queue?selected={cast.claims['open']['claim']}"
    window.page.goto(window.address + place)
    shown = window.page.inner_text("body")

    paper = printed(window, place)

    for words in ("成批认定", "退回的理由", "补录 1", "转办", "退出", "帮助"):
        assert words in shown and words not in paper, words
    for words in ("补报的研修", "甬江机械厂", "按现行细则", ROOT, "第 1 页，共 "):
        assert words in paper, words
    assert "等待" in paper.partition("补报的研修")[0], "it is a table under its heads, not the cards of a small window"


def test_somebodys_year_on_paper_names_its_moment_its_law_and_the_root(
    chromium: Any, served: str, cast: Cast
) -> None:
    window = Window(chromium, served, cast.li.token)
    place = f"/persons/{cast.li.id}/years/2025"

    paper = printed(window, place)

    basis = paper.partition("年度要求")[0]
    assert all(words in basis for words in ("发生时间", "记录时间", "规则", ROOT, "李*华"))
    assert "查看" not in paper and "JSON" not in paper and paper.count("本页依据") == 1


def test_the_sums_behind_a_year_are_printed_though_they_are_folded_on_the_screen(
    chromium: Any, served: str, cast: Cast
) -> None:
    window = Window(chromium, served, cast.li.token)
    place = f"/persons/{cast.li.id}/years/2026"
    window.page.goto(window.address + place)
    sums = window.page.locator("#of-1 p").first
    words = " ".join(sums.evaluate("one => one.textContent").split())
    assert not sums.is_visible() and "＝" in words

    paper = printed(window, place)

    assert "".join(words.split()) in "".join(paper.split()), "what somebody shows others leads to its parts"
    assert "".join(words.split()) in "".join(printed(window, f"{place}?law=now").split())


def test_each_page_of_a_printed_statement_says_whose_it_is_under_which_code_and_which_page(
    chromium: Any, served: str, cast: Cast
) -> None:
    cast.town.belongs(pupil := cast.town.person("孙立"), cast.works, "2024-01-01")
    for day in range(1, 26):
        cast.clerk.act(pupil.submit(study(date=f"2026-03-{day:02}"), f"第 {day} 次培训"), "approval", {})
    made = pupil.did(f"/v1/persons/{pupil.id}/statements", {})
    window = Window(chromium, served, pupil.token)

    pages = printed(window, f"/statements/{made['statement']}").rstrip("\f").split("\f")

    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        foot = page.rstrip().splitlines()[-2:]
        assert "孙*" in foot[0] and f"核验码 {made['code']}" in foot[0], number
        assert f"第 {number} 页，共 {len(pages)} 页" in foot[1]
    assert "第 1 次培训" in pages[0] and "第 25 次培训" not in pages[0], "a long table begins where there is room"
    window.page.goto(f"{served}/statements/{made['statement']}")
    assert not window.page.locator(".running").is_visible()
    colours = "all => new Set(all.map(one => getComputedStyle(one).color)).size"
    assert window.page.locator(".sheet td").evaluate_all(colours) == 1, "a short word is no shortage"
