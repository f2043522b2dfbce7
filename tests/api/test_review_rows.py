"""Some rows of the security review that no other test shows: what pages and scripts are, what is logged of doors."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from api.console.screens import page_routes
from api.service.app import create_app
from tests.api.house_kit import Town

HERE = {"Sec-Fetch-Site": "same-origin"}
SCRIPTS = sorted((Path(__file__).parents[2] / "api" / "static").glob("*.js"))
TURNS_TEXT_INTO_CODE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|__proto__|postMessage"
    r"|setTimeout\(['\"]")


class Fields(HTMLParser):
    """The fields of a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found[str(given["name"])] = given


@pytest.fixture(scope="module")
def app(town: Town) -> Flask:
    return create_app(town.house, blueprints=[page_routes()])


@pytest.mark.parametrize(("path", "secrets"), [("/login", {"password", "token"}), ("/password", {"password"})])
def test_what_is_secret_is_masked_as_it_is_typed_and_a_manager_may_fill_it_in(
    app: Flask, path: str, secrets: set[str]
) -> None:
    """V6.2.6, V6.2.7."""
    fields = Fields(app.test_client().get(path).get_data(as_text=True)).found

    assert secrets <= set(fields)
    for name in secrets:
        assert fields[name]["type"] == "password" and "onpaste" not in fields[name], name
    assert str(fields["password"]["autocomplete"]).endswith("-password"), "a manager knows which it is"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_turns_text_into_markup_or_code(script: Path) -> None:
    """V3.2.2, V15.3.6."""
    assert TURNS_TEXT_INTO_CODE.findall(script.read_text("utf-8")) == []


def test_each_login_that_is_tried_is_a_line_with_how_it_ended_and_nothing_of_what_was_typed(
    app: Flask, town: Town
) -> None:
    """V16.3.1."""
    li, client = town.person("李明"), app.test_client()
    with capture_logs() as lines:
        client.post("/login", data={"name": "李明", "password": "四月的甬江边有一座桥"}, headers=HERE)
        client.post("/login", data={"token": li.token}, headers=HERE)

    tried = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in tried] == [("/login", 401), ("/login", 303)]
    assert not re.search(f"{li.token}|甬江|李明", repr(lines))


def test_a_door_that_stayed_shut_is_a_line_with_its_status(app: Flask, town: Town) -> None:
    """V16.3.2."""
    li, other = town.person("李明"), town.person("王伟")
    with capture_logs() as lines:
        refused = app.test_client().get(f"/v1/persons/{other.id}/years", headers=li.headers())

    assert refused.status_code in (403, 404)
    assert [line["status"] for line in lines if line["event"] == "request"] == [refused.status_code]
