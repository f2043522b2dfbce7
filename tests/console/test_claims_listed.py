"""An office's list of claims: narrowed by a form, paged as of one moment, masked, taken away, without a script."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house_kit import study
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast

LIST = "/claims?purpose=review"


@pytest.fixture(scope="module")
def office(cast: Cast) -> Browser:
    return Browser(cast.town, cast.office)


def test_an_office_says_what_for_and_is_told_of_every_claim_with_whom_it_waits(cast: Cast, office: Browser) -> None:
    assert "为什么查阅？" in office.get("/claims?status=returned").text, "what was asked is kept"
    page = office.get(LIST)
    assert "申报清单" in page.text and "李*" in page.text and "李明华" not in page.source
    assert "查阅目的：审核办理。列出的，逐次留痕。" in page.text
    returned = office.get(f"{LIST}&role=claimant")
    assert "本人，请其修改" in returned.text and cast.claims["returned"]["claim"] in returned.source
    assert cast.claims["approved"]["claim"] not in returned.source and "已筛选" in returned.text
    assert "补录" in office.get(f"{LIST}&flag=late").text
    links = [told["href"] for tag, told in returned.tags if tag == "a" and "href" in told]
    assert any(one.startswith(f"/claims/{cast.claims['returned']['claim']}?purpose=review") for one in links)


def test_a_unit_and_its_clerk_see_theirs_and_a_person_their_own(cast: Cast, li: Browser) -> None:
    town, place = cast.town, "330206"
    mill, someone = town.unit("北仑轴承厂", place, "industry"), town.person()    # Theirs is on the first page.
    town.belongs(someone, mill, "2020-01-01")
    claim, clerk = someone.submit(study())["claim"], Browser(town, town.officer(mill, "unit", place, unit=mill["unit"]))
    seen = clerk.get("/claims?purpose=annual_review").source
    assert claim in seen and cast.claims["open"]["claim"] not in seen
    assert "我的申报" in li.get("/claims").text
    assert li.client.get("/claims.xlsx").status_code == 200
    rules = Browser(cast.town, cast.town.officer(cast.works, "policy_office", "33"))
    assert rules.client.get(LIST).status_code == 403, "who makes rules looks at nobody"


def test_a_unit_is_found_by_a_part_of_its_name_and_what_is_wrong_is_said_at_its_field(
    cast: Cast, office: Browser
) -> None:
    assert "共 " in office.get(f"{LIST}&unit=甬江机械").text
    answer = office.client.get(f"{LIST}&unit=没有这家")
    assert answer.status_code == 422 and "权限内没有名称含“没有这家”的单位" in answer.text
    second = cast.town.unit("甬江机械二厂", "330203", "industry")
    both = office.client.get(f"{LIST}&unit=甬江机械")
    assert both.status_code == 422 and "不止一个" in both.text and f"unit={cast.works['unit']}" in both.text
    turned = office.client.get(f"{LIST}&from=2026-03-01&to=2026-02-01")
    assert turned.status_code == 422 and "起日晚于止日" in turned.text
    assert office.client.get(f"{LIST}&status=lost").status_code == 422
    for form in ("csv", "xlsx"):
        file = office.client.get(f"{LIST}&unit=没有这家".replace("/claims", f"/claims.{form}"))
        assert file.status_code == 422 and "权限内没有名称含“没有这家”的单位" in file.text, form
    told = office.client.get(f"{LIST}&unit=没有这家".replace("/claims", "/claims.json")).get_json()
    assert [one["pointer"] for one in told["errors"]] == ["/unit"] and "没有这家" in told["errors"][0]["detail"]
    assert "清除筛选" in office.get(f"{LIST}&unit={second['unit']}").text, "nobody has submitted anything from there"


def test_pages_are_of_the_moment_of_the_first_and_so_are_the_files(
    cast: Cast, office: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.console.claiming.listing.ROWS", 3)
    first = office.client.get("/claims.json?purpose=review").get_json()
    cast.stranger.submit(study(date="2026-09-09"), "刚刚提交的")
    seen = [one["claim"] for one in first["items"]]
    following = first["next"]
    while following:
        part = office.client.get(f"/claims.json?purpose=review&at={following}").get_json()
        assert part["as_of"] == first["as_of"] and part["count"] == first["count"]
        seen += [one["claim"] for one in part["items"]]
        following = part["next"]
    assert len(seen) == len({*seen}) == first["count"]

    page = office.get(f"{LIST}&at={first['next']}")
    assert f"第 4–6 份，共 {first['count']} 份" in page.text and "从头看现在的" in page.text
    back = next(told["href"] for tag, told in page.tags if tag == "a" and "at=" in told.get("href", ""))
    assert "第 1–3 份" in office.get(back).text
    files = [told["href"] for tag, told in page.tags if tag == "a" and ".csv" in told.get("href", "")]
    written = office.client.get(files[0]).text
    assert all(one in written for one in seen) and "刚刚" not in written and "李明华" not in written
    assert office.client.get(files[0].replace(".csv", ".xlsx")).mimetype.endswith("sheet")
    assert office.client.get(f"{LIST}&status=approved&at={first['next']}").status_code == 422, "of another question"


@pytest.mark.requires_system("chromium")
def test_it_is_read_and_narrowed_by_anybody_without_a_script(cast: Cast, served: str, chromium: Any) -> None:
    for runs in (True, False):
        window = Window(chromium, served, cast.office.token, runs=runs)
        page = window.page
        page.goto(f"{served}/home")
        page.get_by_role("link", name="退回后等着本人修改的").click()
        page.get_by_role("link", name="在谁手里：本人").click()
        page.get_by_text("筛选", exact=True).first.click()
        page.get_by_label("状态").select_option("approved")
        page.get_by_role("button", name="筛选").click()
        page.get_by_text("状态：已登记").wait_for()
        assert window.said == []
    for path in (LIST, f"{LIST}&status=frozen", f"{LIST}&unit=没有这家", f"{LIST}&as_of=1"):
        window = Window(chromium, served, cast.office.token)
        assert window.faults(path) == []


@pytest.mark.requires_system("chromium")
def test_what_is_chosen_from_a_queue_is_before_ones_eyes_on_a_small_screen_without_a_script(
    cast: Cast, served: str, chromium: Any
) -> None:
    for day in range(1, 9):
        cast.stranger.submit(study(date=f"2026-06-0{day}"), f"长队里的 {day}")
    page = Window(chromium, served, cast.clerk.token, runs=False).page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{served}/queue")
    page.get_by_role("link", name="长队里的 1", exact=True).click()
    page.wait_for_url("**#pane")
    assert page.locator("#pane").bounding_box()["y"] < 740, "no list has to be passed first"
