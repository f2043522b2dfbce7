"""Whoever was asked to log in first comes out where they wanted to go; nobody is ever led out of the house."""

from __future__ import annotations

import pytest

from api.operational.second_factor import code_at
from tests.console.console_kit import HERE, Browser, Cast, Read

ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/%5cevil.example", "javascript:alert(1)", "evil.example", "@evil.example/home", "/@evil.example", "http:/home",
    "http://[", "/\t/evil.example", "/claims\r\nSet-Cookie: a=b", "/nowhere", "/login", "/logout", "/login/code",
    "/login?to=/claims", "/static/page.0.css", "/v1/claims", "/home?" + "x" * 3_000,
)


def test_after_the_login_one_stands_where_one_wanted_to_go(cast: Cast) -> None:
    nobody = Browser(cast.town)
    asked = nobody.get("/claims?as_of=32")
    assert (asked.address, "您要去的页面" in asked.text) == ("/login", True)

    come = nobody.press(asked, "凭令牌进入", token=cast.li.token)
    assert (come.address, come.query) == ("/claims", "as_of=32")


def test_a_wrong_token_does_not_make_the_login_forget(cast: Cast) -> None:
    nobody = Browser(cast.town)
    again = nobody.press(nobody.get("/queue"), "凭令牌进入", token="xsl_wrong", status=401)

    assert nobody.press(again, "凭令牌进入", token=cast.clerk.token).address == "/queue"


def test_whoever_has_yet_to_choose_a_role_still_comes_there(cast: Cast) -> None:
    nobody = Browser(cast.town)
    role = nobody.press(nobody.get("/queue?kind=claim"), "凭令牌进入", token=cast.both.token)
    assert role.address == "/role"

    come = nobody.press(role, "用人单位")
    assert (come.address, come.query) == ("/queue", "kind=claim")


def test_a_session_that_ended_in_the_midst_is_taken_up_at_the_same_page(cast: Cast) -> None:
    browser = Browser(cast.town, cast.li)
    browser.get("/claims/new")
    browser.client.post("/logout", headers=HERE)
    asked = browser.get("/claims/new")

    assert browser.press(asked, "凭令牌进入", token=cast.li.token).address == "/claims/new"


def test_a_part_of_a_page_that_loads_after_the_session_ended_sends_the_page_to_the_login(cast: Cast) -> None:
    part = Browser(cast.town).client.get("/claims.json", headers={
        **HERE, "HX-Request": "true", "HX-Current-URL": "http://localhost/claims/new?route=paper"})

    assert (part.status_code, part.headers["HX-Redirect"]) == (200, "/login?to=/claims/new%3Froute%3Dpaper")
    assert part.get_data() == b""


@pytest.mark.parametrize("page", ["http://[", "https://[::1", "", "不是网址", *ELSEWHERE])
def test_a_part_whose_page_is_no_address_or_none_of_ours_sends_it_to_the_login_alone(cast: Cast, page: str) -> None:
    part = Browser(cast.town).client.get("/claims.json", environ_overrides={
        "HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": page.encode().decode("latin-1"),
        "HTTP_SEC_FETCH_SITE": "same-origin"})

    assert part.status_code == 200
    assert part.headers["HX-Redirect"] in ("/login", "/login?to=/home"), "of an address elsewhere its path at most"


@pytest.mark.parametrize("place", ELSEWHERE)
def test_nothing_but_a_page_of_ours_is_ever_gone_to(cast: Cast, place: str) -> None:
    client = Browser(cast.town).client
    form = client.get("/login", query_string={"to": place})
    come = client.post("/login", query_string={"to": place}, data={"token": cast.li.token}, headers=HERE)
    within = client.get("/login", query_string={"to": place})

    assert "您要去的页面" not in Read(form).text
    assert [(one.status_code, one.headers["Location"]) for one in (come, within)] == [(303, "/home")] * 2


def test_whoever_is_logged_in_and_comes_from_elsewhere_is_led_on_by_a_link_of_ours(cast: Cast) -> None:
    """A browser sends no session along with an address that another site led to (SameSite=Strict)."""
    sent = {"Sec-Fetch-Site": "cross-site"}
    asked = Read(Browser(cast.town).client.get("/claims", headers=sent, follow_redirects=True))

    assert asked.link("直接打开") == "/claims"


def test_a_code_on_the_way_in_does_not_forget_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    town, someone = cast.town, cast.town.person("钱小五")
    secret = town.house.factors.offer(someone.id, request=b"qian", now=town.house.now).secret
    town.house.factors.take(someone.id, code_at(secret, town.house.now), request=b"qian", now=town.house.now)
    later = town.house.now + 60_000_000
    monkeypatch.setattr(type(town.house), "now", property(lambda _: later))

    nobody = Browser(town)
    asked = nobody.press(nobody.get("/claims"), "凭令牌进入", token=someone.token)
    again = nobody.press(asked, "登录", code="000000", status=403)
    assert nobody.press(again, "登录", code=code_at(secret, later)).address == "/claims"
