"""A screen is asked for in a session, answered as a page or as data, and takes only what one of its own forms sends."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.console.console_kit import HERE, Browser, Cast

TEMPLATES = Path(__file__).parents[2] / "api" / "templates"
LOOSE = re.compile(
    r'<td[^>]*data-label="([^"]*)"[^>]*>(?:(?!</td>|<span>|<div>|<p>|<details).)*class="about"', re.DOTALL)
"""Small words of a cell that nothing holds together with what they are about."""


def test_without_a_session_every_screen_leads_to_the_login(cast: Cast) -> None:
    client = cast.town.client()
    for address in ("/home", "/home.json", "/claims", "/claims.csv", "/queue", "/queue?selected=x", "/help", "/role"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?to={quote(address)}"), address


def test_the_data_beside_a_page_is_what_the_page_shows(cast: Cast, li: Browser) -> None:
    claims = li.json("/claims.json")
    shown = li.get("/claims").text

    assert {one["claim"] for one in cast.claims.values()} <= {one["claim"] for one in claims["items"]}
    assert all(one["title"] in shown for one in claims["items"])
    assert claims["as_of"] == cast.town.house.ledger.store.size()


def test_a_list_can_be_taken_away_as_a_file(cast: Cast, li: Browser) -> None:
    answer = li.client.get("/claims.csv")

    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert all(one["claim"] in answer.get_data(as_text=True) for one in cast.claims.values())


@pytest.mark.parametrize("key", ["", "x", "A" * 22 + "0" * 32])
def test_a_form_with_a_key_that_this_session_was_not_given_does_nothing(
    cast: Cast, clerk: Browser, key: str
) -> None:
    claim = cast.claims["other"]
    answer = clerk.client.post(f"/claims/{claim['claim']}/approval", headers=HERE,
                               data={"key": key, "version": claim["version"]})

    assert answer.status_code == 403
    assert "这份表单是上一次登录时打开的，还没有办理" in answer.get_data(as_text=True)
    assert cast.li.saw(f"/v1/claims/{claim['claim']}")["status"] == "under_review"


def test_the_key_of_another_session_is_none(cast: Cast, clerk: Browser) -> None:
    claim = cast.claims["other"]
    other = Browser(cast.town, cast.clerk)
    form, _ = other.get(f"/claims/{claim['claim']}/approval").form_with("认定通过")

    assert clerk.client.post(form.address, headers=HERE, data=form.fields).status_code == 403
    assert other.client.post(form.address, headers={"Sec-Fetch-Site": "cross-site"},
                             data=form.fields).status_code == 403


def test_a_form_that_is_sent_twice_is_done_once(cast: Cast, clerk: Browser) -> None:
    claim = cast.li.submit({"category": "professional", "route": "training", "level": "provincial", "days": "1",
                            "date": "2026-07-02"}, "只登记一次的培训")
    form, _ = clerk.get(f"/claims/{claim['claim']}/approval").form_with("认定通过")
    size = cast.town.house.ledger.store.size()
    first, again = (clerk.client.post(form.address, headers=HERE, data=form.fields) for _ in range(2))

    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert cast.town.house.ledger.store.size() == size + 1


def test_nothing_is_written_from_a_past_that_somebody_looks_at(cast: Cast, clerk: Browser) -> None:
    claim = cast.claims["other"]
    form, _ = clerk.get(f"/claims/{claim['claim']}/approval").form_with("认定通过")
    answer = clerk.client.post(f"{form.address}?as_of=40", headers=HERE, data=form.fields)

    assert answer.status_code == 409
    assert "您看的不是现在" in answer.get_data(as_text=True)


def test_what_is_not_there_is_said_on_a_page_and_in_the_data(li: Browser) -> None:
    absent = "/claims/clm_" + "0" * 22
    assert "没有" in li.get(absent, 404).text

    answer = li.client.get(f"{absent}.json")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "claim_absent")


def test_an_address_that_is_none_is_told_to_a_browser_on_a_page_and_to_a_program_as_a_problem(
    cast: Cast, li: Browser
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for address in ("/nowhere", "/claims/nothing", "/claims/"):
        answer = li.client.get(address, headers=browser)
        assert (answer.status_code, answer.mimetype) == (404, "text/html"), address
        assert "没有这个页面或记录" in answer.get_data(as_text=True)
        assert "工作台" in answer.get_data(as_text=True), "whoever is logged in is so here too"
        assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert li.client.post("/help", headers=browser).status_code == 405
    for address, accept in (("/nowhere", "*/*"), ("/v1/nowhere", browser["Accept"])):
        answer = li.client.get(address, headers={"Accept": accept})
        assert (answer.mimetype, answer.get_json()["code"]) == ("application/problem+json", "not_found")


def test_small_words_of_a_cell_stay_below_what_they_are_about_in_a_small_window_too() -> None:
    """There a cell sets what it holds beside its name: two things would share the rest, a letter to a line."""
    found = {one.name: LOOSE.findall(one.read_text("utf-8")) for one in TEMPLATES.glob("*.html")}

    assert {name: cells for name, cells in found.items() if cells} == {}
