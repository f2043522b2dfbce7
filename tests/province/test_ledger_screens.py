"""Other ledgers in the console: accepted up to where, drawn; what hangs and what contradicts, with the cure."""

from __future__ import annotations

from province_kit import Three

from api.log_routes import log_routes
from api.page import page_routes
from api.service import create_app
from tests.api.house_kit import Town
from tests.console.console_kit import Browser


def test_the_screen_says_how_far_each_ledger_was_accepted_and_what_to_do_where_something_hangs(apart: Three) -> None:
    house = apart.province.town.house
    town = Town(house, create_app(house, blueprints=[log_routes(house.register), page_routes()]))
    browser = Browser(town, apart.province.people)
    apart.city.counted(apart.living().in_city)
    done = apart.brought(apart.city)
    page = browser.get("/imports/ledgers")

    assert apart.city.origin in page.text and str(apart.province.accepted(apart.city.origin)) in page.text
    assert "请对方移交：xueshi hand-over --since 0" in page.text, "the other city was never heard of"
    told = browser.json("/imports/ledgers.json")["items"]
    assert [(one["origin"], bool(one["accepted"])) for one in told] == [
        (apart.city.origin, True), (apart.other.origin, False)]
    assert "各地的账" in browser.get("/imports").text
    shown = browser.get(f"/imports/{done['batch']}").text
    assert apart.city.origin in shown and "已证明" in shown
