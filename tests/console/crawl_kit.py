"""Everything that somebody can reach by links from where they begin: a few pages of each screen, as they came."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from tests.waiting import until

HERE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html,*/*;q=0.8"}
_LINK = re.compile(r'href="(/[^"#]*)')
_ELSEWHERE = ("/static/", "/log/", "/v1/", "/logout")


class Seen(NamedTuple):
    """A page that was opened."""

    address: str
    screen: str          # Its rule, with what is asked of time: that is another way of answering.
    status: int
    found_on: str
    micros: int
    bytes: int


def logged_in(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/login", data={"token": token}, headers=HERE).status_code == 303
    return client


def crawled(app: Flask, client: FlaskClient, *, of_each: int = 3, begins: tuple[str, ...] = ("/home",)
            ) -> Iterator[Seen]:
    """Open what links lead to, breadth first, so many of each screen."""
    waiting = deque((address, "") for address in begins)
    known, opened = set(begins), Counter[str]()
    while waiting:
        address, found_on = waiting.popleft()
        screen = _screen(app, address)
        if opened[screen] >= of_each:
            continue
        opened[screen] += 1
        began = time.perf_counter_ns()
        answer = client.get(address, headers=HERE)
        micros = (time.perf_counter_ns() - began) // 1_000
        if answer.status_code == 202:  # The page asks again for whoever waits.
            answer.close()
            answer = until(lambda address=address: _whole(client, address), address)  # type: ignore[misc]
        seen = Seen(address, screen, answer.status_code, found_on, micros, len(answer.data))
        links = [link for link in _links(address, answer) if link not in known]
        answer.close()
        known.update(links)
        waiting.extend((link, address) for link in links)
        yield seen


def _whole(client: FlaskClient, address: str) -> TestResponse | None:
    answer = client.get(address, headers=HERE)
    if answer.status_code != 202:
        return answer
    answer.close()
    return None


def _links(address: str, answer: TestResponse) -> Iterator[str]:
    if answer.status_code in (302, 303):
        yield urljoin(address, answer.headers["Location"])
    if answer.mimetype == "text/html":
        for found in _LINK.findall(answer.get_data(as_text=True)):
            if not found.startswith(_ELSEWHERE):
                yield unescape(found)


def _screen(app: Flask, address: str) -> str:
    parts = urlsplit(address)
    try:
        rule, _ = app.url_map.bind("localhost").match(parts.path, return_rule=True)
        name = rule.rule
    except HTTPException:
        name = "none"
    return f"{name}?as_of" if "as_of=" in parts.query else name
