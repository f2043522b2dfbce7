"""Single sign-on: an account is linked by its holder, opened by the provider's word, and by nothing that is not that.

The provider is a process of its own; what it is told to get wrong is what somebody else would try.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.console.cookies import SESSION
from api.console.cookies import SIGN_ON as COOKIE
from api.console.door.sign_on_page import sign_on_routes
from api.console.screens import page_routes
from api.doctor.checks import Level, found
from api.doctor.register_checks import register_checks
from api.operational.second_factor import Rule, code_at
from api.outside import provider
from api.outside.provider import RETURN, Provider, Strength
from api.service.app import create_app
from api.service.composed import composed
from api.settings import load
from api.sockets.server import Listener, Sockets
from tests.api.house_kit import Someone, Town
from tests.api.provider_kit import There, provider_running
from tests.chromium_kit import program

HERE = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "http://127.0.0.1:8040"
PASSWORD = "四月的甬江边有一座桥 2026"


@pytest.fixture(scope="module")
def there() -> Iterator[There]:
    with provider_running() as there:
        yield there


@pytest.fixture(scope="module")
def signing(town: Town, there: There) -> Town:
    """The town, with single sign-on."""
    asked = Provider(there.issuer, there.client, there.secret, ADDRESS + RETURN)
    town.app = create_app(town.house, blueprints=[page_routes(), sign_on_routes(asked)])
    return town


@pytest.fixture(scope="module")
def li(signing: Town, there: There) -> Someone:
    """Somebody who is linked to `li`."""
    someone = signing.person("李明")
    there.is_now("li")
    linked = link(logged_in(signing, someone), there)
    assert linked.status_code == 200, linked.get_data(as_text=True)
    return someone


def logged_in(town: Town, someone: Someone) -> FlaskClient:
    client = town.client()
    assert client.post("/login", data={"token": someone.token}, headers=HERE).status_code == 303
    return client


def onward(answer: TestResponse) -> str:
    """Where a page that goes on by itself goes."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page
    return page.partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")


def back(client: FlaskClient, there: There, begun: TestResponse) -> TestResponse:
    """Go out and come back."""
    returned = urlsplit(there.leads_to(onward(begun)))
    assert f"{returned.scheme}://{returned.netloc}" == ADDRESS
    return client.get(f"{returned.path}?{returned.query}")


def log_in(client: FlaskClient, there: There) -> TestResponse:
    return back(client, there, client.post("/login/provider", headers=HERE))


def link(client: FlaskClient, there: There) -> TestResponse:
    return back(client, there, client.post("/sessions/link", headers=HERE))


def no(answer: TestResponse) -> tuple[int, str]:
    """The status of a page that says no, and the code on it; nobody is let in by it."""
    page = answer.get_data(as_text=True)
    assert SESSION not in "".join(answer.headers.getlist("Set-Cookie"))
    return answer.status_code, page.partition("<code>")[2].partition("</code>")[0]


# The way in


def test_whoever_has_a_second_factor_shows_it_before_another_way_in_is_linked_and_after_it_was_used(
    signing: Town, there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, house = signing.person("钱小五"), signing.house
    client = logged_in(signing, someone)
    secret = house.factors.offer(someone.id, request=b"qian", now=house.now).secret
    papers = house.factors.take(someone.id, code_at(secret, house.now), request=b"qian", now=house.now)
    assert papers is not None
    there.is_now("qian")
    cookie = client.get_cookie(SESSION)
    assert cookie is not None
    house.operations.shown(hashlib.sha256(cookie.value.encode()).digest(), now=1)
    asked = client.post("/sessions/link", headers=HERE)
    assert asked.status_code == 403 and "再次验证" in asked.get_data(as_text=True)
    linked = back(client, there, client.post("/sessions/link", data={"factor_code": papers[0]}, headers=HERE))
    assert onward(linked) == "/login/code?to=/sessions"

    other = signing.client()
    assert onward(log_in(other, there)) == "/login/code" and other.get("/sessions").status_code == 303
    assert other.post("/login/code", data={"code": papers[1]}, headers=HERE).status_code == 303
    assert other.get("/sessions").status_code == 200

    monkeypatch.setattr(house.factors, "rule", Rule(sign_on_counts=True))
    assert onward(log_in(signing.client(), there)) == "/home", "where the provider's word counts for both"


def test_a_holder_links_their_account_once_and_comes_in_by_the_provider_from_then_on(
    signing: Town, there: There, li: Someone
) -> None:
    client = signing.client()

    assert onward(log_in(client, there)) == "/home"
    assert client.get("/sessions").status_code == 200
    assert [one["kind"] for one in li.saw("/v1/credentials")["items"]].count("link") == 1


def test_a_sign_on_leads_to_where_one_wanted_to_go_and_never_out_of_the_house(
    signing: Town, there: There, li: Someone
) -> None:
    client = signing.client()
    assert onward(back(client, there, client.post("/login/provider?to=/claims", headers=HERE))) == "/claims"
    client.post("/logout", headers=HERE)
    client.post("/login/provider?to=/claims", headers=HERE)  # Given up: it leads nobody anywhere later.
    assert onward(log_in(client, there)) == "/home"
    client.post("/logout", headers=HERE)
    for place in ("//evil.example", "https://evil.example/claims"):
        client.set_cookie("xueshi_wanted", place, path="/login/provider")
        assert onward(back(client, there, client.post(f"/login/provider?to={place}", headers=HERE))) == "/home"


def test_what_is_asked_of_the_provider_is_who_it_is_and_nothing_else(signing: Town, li: Someone) -> None:
    begun = signing.client().post("/login/provider", headers=HERE)
    sent = parse_qs(urlsplit(onward(begun)).query)

    assert {name: sent[name] for name in ("scope", "response_type", "redirect_uri", "code_challenge_method")} == {
        "scope": ["openid"], "response_type": ["code"], "redirect_uri": [ADDRESS + RETURN],
        "code_challenge_method": ["S256"]}
    assert all(len(sent[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert "SameSite=Lax" in begun.headers["Set-Cookie"] and "HttpOnly" in begun.headers["Set-Cookie"]


@pytest.mark.parametrize(("claims", "status"), [
    ({"acr": "mfa", "amr": ["pwd", "otp"]}, 200), ({"acr": "mfa", "amr": ["pwd"]}, 403), ({"acr": "mfa"}, 403),
    ({"acr": "pwd", "amr": ["otp"]}, 403), ({"amr": ["otp"]}, 403), ({"acr": "mfa", "amr": [7]}, 403), ({}, 403),
])
def test_where_the_installation_asks_how_somebody_logged_in_there_only_the_providers_word_for_it_will_do(
    signing: Town, there: There, li: Someone, claims: dict[str, Any], status: int
) -> None:
    """V6.8.4."""
    there.is_now("li")
    strict = Provider(there.issuer, there.client, there.secret, ADDRESS + RETURN, Strength(("mfa", "hsm"), ("otp",)))
    app = create_app(signing.house, blueprints=[page_routes(), sign_on_routes(strict)])
    client = app.test_client()
    begun = client.post("/login/provider", headers=HERE)
    there.misbehave(claims=claims)
    answer = back(client, there, begun)

    assert parse_qs(urlsplit(onward(begun)).query)["acr_values"] == ["mfa hsm"]
    assert (answer.status_code == 200) is (status == 200), answer.get_data(as_text=True)
    assert status == 200 or no(answer) == (403, "sign_on_too_weak")


def test_a_login_makes_no_account(signing: Town, there: There, li: Someone) -> None:
    size = signing.house.ledger.store.size()
    there.is_now("nobody-we-know")

    assert no(log_in(signing.client(), there)) == (403, "sign_on_not_linked")
    assert signing.house.ledger.store.size() == size
    there.is_now("li")


def test_who_somebody_is_elsewhere_is_one_account_here_and_a_holder_has_one_link(
    signing: Town, there: There, li: Someone
) -> None:
    other = signing.person("王伟")
    client = logged_in(signing, other)

    assert no(link(client, there)) == (409, "sign_on_taken")
    for subject in ("wang", "wang-anew"):
        there.is_now(subject)
        assert onward(link(client, there)) == "/sessions"
    assert [one["kind"] for one in other.saw("/v1/credentials")["items"]].count("link") == 1
    there.is_now("wang")
    assert no(log_in(signing.client(), there)) == (403, "sign_on_not_linked")
    there.is_now("li")


def test_a_link_ends_where_credentials_end_and_with_the_token_or_password_under_which_it_was_made(
    signing: Town, there: There
) -> None:
    someone = signing.person("赵六")
    there.is_now("zhao")

    def linked() -> list[Any]:
        link(logged_in(signing, someone), there)
        (one,) = [one for one in someone.saw("/v1/credentials")["items"] if one["kind"] == "link"]
        assert onward(log_in(signing.client(), there)) == "/home"
        return [one["credential"]]

    (credential,) = linked()
    someone.did(f"/v1/credentials/{credential}/revocation")
    assert no(log_in(signing.client(), there)) == (403, "sign_on_not_linked")
    linked()
    someone.did("/v1/password", {"password": PASSWORD})
    assert no(log_in(signing.client(), there)) == (403, "sign_on_not_linked")
    linked()
    signing.house.operations.issue(someone.id, request=b"another", now=signing.house.now)
    assert no(log_in(signing.client(), there)) == (403, "sign_on_not_linked")
    there.is_now("li")


def test_nothing_that_is_kept_says_who_somebody_is_at_the_provider(signing: Town, li: Someone) -> None:
    folder = signing.house.register.folder
    kept = b"".join(path.read_bytes() for path in folder.root.glob("operations.db*"))

    assert b"link" in kept and b"localhost" not in kept


# What opens nothing


@pytest.mark.parametrize(("wrong", "code"), [
    ({"claims": {"nonce": "of-another-login"}}, "sign_on_nonce_differs"),
    ({"claims": {"nonce": None}}, "sign_on_nonce_differs"),
    ({"claims": {"iss": "https://elsewhere.example"}}, "sign_on_issuer_differs"),
    ({"leads": {"iss": "https://elsewhere.example"}}, "sign_on_issuer_differs"),
    ({"leads": {"iss": None}}, "sign_on_issuer_differs"),
    ({"claims": {"aud": "another-client"}}, "sign_on_audience_differs"),
    ({"claims": {"aud": "another-client", "azp": "xueshi"}}, "sign_on_audience_differs"),
    ({"claims": {"aud": ["xueshi", "another-client"]}}, "sign_on_audience_differs"),
    ({"claims": {"azp": "another-client"}}, "sign_on_audience_differs"),
    ({"claims": {"aud": None}}, "sign_on_audience_differs"),
    ({"claims": {"exp": 1_750_000_000, "iat": 1_749_999_700}}, "sign_on_expired"),
    ({"claims": {"exp": None}}, "sign_on_expired"),
    ({"claims": {"exp": "tomorrow"}}, "sign_on_expired"),
    ({"claims": {"iat": 4_102_444_800}}, "sign_on_expired"),
    ({"algorithm": "none"}, "sign_on_signature_unfit"),
    ({"algorithm": "HS256"}, "sign_on_signature_unfit"),
    ({"key": "strange"}, "sign_on_signature_unfit"),
    ({"claims": {"sub": None}}, "sign_on_answer_unfit"),
    ({"claims": {"sub": 7}}, "sign_on_answer_unfit"),
    ({"claims": {"at_hash": "x"}}, "sign_on_answer_unfit"),
    ({"answer": {"id_token": None}}, "sign_on_answer_unfit"),
    ({"answer": {"id_token": "not.a.token"}}, "sign_on_signature_unfit"),
    ({"leads": {"code": "never-given"}}, "sign_on_code_unfit"),
    ({"leads": {"code": None, "error": "access_denied"}}, "sign_on_declined"),
    ({"leads": {"code": None}}, "sign_on_declined"),
    ({"leads": {"state": "of-another-login"}}, "sign_on_unknown"),
    ({"leads": {"state": None}}, "sign_on_unknown"),
], ids=lambda one: str(one))
def test_whatever_is_not_the_providers_word_for_this_login_is_told_clearly(
    signing: Town, there: There, li: Someone, wrong: dict[str, Any], code: str
) -> None:
    there.misbehave(**wrong)

    assert no(log_in(signing.client(), there)) == (400, code)
    there.misbehave()


@pytest.mark.parametrize("lasts", [[60], {"seconds": 60}, float("inf"), "a while"])
def test_a_token_that_lasts_no_number_of_seconds_is_told_as_the_providers_fault(
    signing: Town, there: There, li: Someone, lasts: object
) -> None:
    there.misbehave(answer={"expires_in": lasts})

    assert no(log_in(signing.client(), there)) == (503, "sign_on_away")


def test_what_one_browser_began_no_other_finishes_and_nobody_twice(signing: Town, there: There, li: Someone) -> None:
    client, other = signing.client(), signing.client()
    returned = urlsplit(there.leads_to(onward(client.post("/login/provider", headers=HERE))))
    address = f"{returned.path}?{returned.query}"
    cookie = client.get_cookie(COOKIE, path="/login/provider")
    asked = there.asked()

    other.post("/login/provider", headers=HERE)
    assert no(other.get(address)) == (400, "sign_on_unknown")
    assert client.get(address).status_code == 200
    assert cookie is not None
    client.set_cookie(COOKIE, cookie.value, path="/login/provider")
    assert no(client.get(address)) == (400, "sign_on_unknown")
    assert there.asked() == asked + 1, "the provider is asked only by who began"


def test_a_session_that_has_ended_links_nobody_however_it_was_begun(signing: Town, there: There, li: Someone) -> None:
    someone = signing.person("钱七")
    there.is_now("a-thief")
    client = logged_in(signing, someone)
    begun = client.post("/sessions/link", headers=HERE)
    someone.did("/v1/password", {"password": PASSWORD})

    assert no(back(client, there, begun)) == (400, "sign_on_unknown")
    assert [one for one in someone.saw("/v1/credentials")["items"] if one["kind"] == "link"] == []
    there.is_now("li")


def test_no_form_of_another_site_begins_a_sign_on(signing: Town, li: Someone) -> None:
    for path in ("/login/provider", "/sessions/link"):
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            answer = logged_in(signing, li).post(path, headers=headers)
            assert answer.status_code == 403 and COOKIE not in str(answer.headers.getlist("Set-Cookie"))
    assert signing.client().post("/sessions/link", headers=HERE).headers["Location"] == "/login"


def test_a_provider_may_change_its_keys(
    signing: Town, there: There, li: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_AGAIN_SECONDS", 3_600)
    assert onward(log_in(signing.client(), there))
    there.change_its_key()

    assert no(log_in(signing.client(), there)) == (400, "sign_on_signature_unfit"), "they are not asked for each time"
    monkeypatch.setattr(provider, "_AGAIN_SECONDS", 0)
    assert onward(log_in(signing.client(), there))


def test_a_key_that_could_be_computed_signs_for_nobody(
    signing: Town, there: There, li: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V11.2.3; RFC 7518, section 3.3."""
    monkeypatch.setattr(provider, "_AGAIN_SECONDS", 0)
    there.change_its_key(bits=1_024)
    try:
        assert no(log_in(signing.client(), there)) == (503, "sign_on_away"), "it has no key that is one"
    finally:
        there.change_its_key()
    assert onward(log_in(signing.client(), there))


def test_a_provider_that_is_away_is_said_to_be_and_the_password_still_opens(town: Town) -> None:
    app = create_app(town.house, blueprints=[page_routes(), sign_on_routes(
        Provider("http://localhost:9", "xueshi", "", ADDRESS + RETURN))])
    client = app.test_client()

    assert no(client.post("/login/provider", headers=HERE)) == (503, "sign_on_away")
    assert client.get("/login").status_code == 200


def test_the_doctor_says_whether_the_provider_answers(there: There) -> None:
    known = {"sign_on_client": there.client, "public_address": ADDRESS}
    for issuer, level in ((there.issuer, Level.OK), (there.issuer + "/other", Level.WARN)):
        (check,) = [one for one in register_checks(load({**known, "sign_on_issuer": issuer})) if one.name == "sign_on"]
        assert found(check).level is level
    assert not [one for one in register_checks(load()) if one.name == "sign_on"]


def test_the_service_has_the_door_that_its_settings_name_and_keeps_cookies_to_tls(tmp_path: Path, there: There) -> None:
    settings = load({"data_folder": tmp_path / "data", "sign_on_issuer": there.issuer, "sign_on_client": there.client,
                     "sign_on_secret": there.secret, "public_address": "https://xueshi.example"})
    with composed(settings) as app:
        begun = app.test_client().post("/login/provider", headers=HERE)

    assert parse_qs(urlsplit(onward(begun)).query)["redirect_uri"] == ["https://xueshi.example/login/provider/return"]
    assert "Secure" in begun.headers["Set-Cookie"]


def test_without_a_provider_there_is_no_such_door(town: Town) -> None:
    client = create_app(town.house, blueprints=[page_routes()]).test_client()

    assert client.post("/login/provider", headers=HERE).status_code == 404
    assert "单点登录" not in client.get("/login").get_data(as_text=True)


# In a browser


@pytest.mark.torture
@pytest.mark.requires_system("chromium")
def test_in_a_browser_somebody_links_themselves_and_comes_in_from_another_site(
    signing: Town, there: There
) -> None:
    from playwright.sync_api import sync_playwright

    someone, app, said = signing.person("孙八"), [signing.app], []
    there.is_now("sun")
    server = Listener(lambda environ, start: app[0](environ, start), Sockets(), host="127.0.0.1", port=0, threads=2)
    address, stopping = f"http://127.0.0.1:{server.effective_port}", threading.Event()
    asked = Provider(there.issuer, there.client, there.secret, address + RETURN)
    app[0] = create_app(signing.house, blueprints=[page_routes(), sign_on_routes(asked)])

    def loop() -> None:
        while not stopping.is_set():
            server.turn(timeout=0.1)

    running = threading.Thread(target=loop)
    running.start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
            page = chromium.new_context().new_page()
            page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            page.goto(f"{address}/login")
            page.get_by_label("令牌", exact=True).fill(someone.token or "")
            page.get_by_role("button", name="凭令牌进入").click()
            page.wait_for_url("**/home")
            page.goto(f"{address}/sessions")
            page.get_by_role("button", name="绑定单点登录").click()
            page.get_by_role("link", name="同意").click()
            page.get_by_role("rowheader", name="单点登录").wait_for()
            page.get_by_role("button", name="退出").click()
            page.wait_for_url("**/login")
            page.get_by_role("button", name="单点登录").click()
            page.get_by_role("link", name="同意").click()
            page.wait_for_url("**/home")
            page.get_by_role("button", name="退出").wait_for()
            chromium.close()
    finally:
        stopping.set()
        running.join()
        server.task_dispatcher.shutdown(timeout=1)
        server.close()
        there.is_now("li")

    assert said == []
