"""Cookies over TLS: they are for this host alone, by their names, and the logout leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.console.cookies import SESSION
from api.console.screens import page_routes
from api.service.app import create_app
from tests.api.house_kit import Someone, Town, house_in


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("cookies") / "data") as town:
        town.app = create_app(town.house, blueprints=[page_routes()])
        yield town


@pytest.fixture(scope="module")
def li(town: Town) -> Someone:
    return town.person("李明华")


@pytest.fixture
def over_tls(town: Town) -> Iterator[Town]:
    town.app.config["SESSION_COOKIE_SECURE"] = True
    yield town
    town.app.config["SESSION_COOKIE_SECURE"] = False


def cookies(answer: object) -> list[str]:
    return answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]


def test_over_tls_the_sessions_cookie_is_for_this_very_host(over_tls: Town, li: Someone) -> None:
    client = over_tls.app.test_client()
    (said,) = cookies(client.post("/login", data={"token": li.token}, headers={"Sec-Fetch-Site": "same-origin"}))

    assert said.startswith(f"__Host-{SESSION}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(said.split("; "))
    assert "Domain" not in said
    client.set_cookie(f"__Host-{SESSION}", said.partition("=")[2].partition(";")[0])
    assert client.get("/sessions").status_code == 200


def test_over_tls_a_cookie_without_the_prefix_is_no_session(over_tls: Town, li: Someone) -> None:
    """A neighbour under the same domain could have set it."""
    client = over_tls.app.test_client()
    (said,) = cookies(client.post("/login", data={"token": li.token}, headers={"Sec-Fetch-Site": "same-origin"}))
    other = over_tls.app.test_client()
    other.set_cookie(SESSION, said.partition("=")[2].partition(";")[0])

    assert other.get("/sessions").status_code in (302, 303)


def test_the_logout_has_the_browser_forget_what_it_kept(town: Town, li: Someone) -> None:
    client = town.app.test_client()
    client.post("/login", data={"token": li.token}, headers={"Sec-Fetch-Site": "same-origin"})
    answer = client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_no_cookie_is_set_but_by_those_who_name_it_so() -> None:
    """Every `set_cookie` of the house takes its name from `api.console.cookies`."""
    found = [line.strip() for path in (Path(__file__).parents[2] / "api").rglob("*.py")
             for line in path.read_text("utf-8").replace("(\n        ", "(").splitlines() if ".set_cookie(" in line]

    assert found and all("set_cookie(of_" in line for line in found), found
