"""Who asks is looked at before anything is said of what they sent, at every door; the log names whose request it was.

The routes are taken from the service itself: those of the API, and the screens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from api.console.cookies import SESSION
from ledger.ids import PREFIXES
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.api.matrix_kit import ABSENT, SHA
from tests.api.test_authority_matrix import PUBLIC, is_page, serving

NAMED = {name: prefix + ABSENT for name, prefix in PREFIXES.items()} | {
    "training_class": PREFIXES["class"] + ABSENT, "batch": PREFIXES["import"] + ABSENT, "sha256": SHA, "digest": SHA,
    "year": 2026, "position": 1, "number": 1, "size": 1, "credential": "0" * 16, "draft": "open", "system": "yongcheng",
    "family": "zhejiang", "version": "2016-08-01", "old": "2016-08-01", "new": "2016-08-01", "name": "page",
    "code": "not_found", "ending": "css", "rest": "entries/000.p/1"}
WRONG = {"undeclared": "1"}
ASKS_ITSELF = frozenset({  # They let in, or see somebody out: whoever comes has not said who they are.
    "GET /login/code", "POST /login/code", "POST /login", "POST /logout", "POST /password", "POST /login/provider",
    "GET /login/provider/return",
})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("first") / "data") as town:
        serving(town)
        yield town


@pytest.fixture(scope="module")
def clerk(town: Town) -> Someone:
    works: BODY = town.unit("某厂", "330203", "industry")
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def doors(town: Town) -> dict[str, Rule]:
    """Every route that is not everyone's."""
    every = {f"{method} {rule.rule}": rule for rule in town.app.url_map.iter_rules()
             for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return {route: rule for route, rule in sorted(every.items())
            if route not in PUBLIC | ASKS_ITSELF and not route.startswith(("GET /log/", "POST /register"))}


def sent(someone: Someone, route: str, rule: Rule, **more: Any) -> TestResponse:
    """Something that no door takes: an address with what is not declared, a body that is none."""
    path = rule.build({name: NAMED[name] for name in rule.arguments}, append_unknown=False)
    assert path is not None, route
    method = route.split(" ")[0]
    body = {} if method in ("GET", "DELETE") else {"data": b"[" * 100, "content_type": "application/json"}
    return someone.client.open(path[1], method=method, query_string=WRONG, headers=someone.headers(), **body, **more)


def test_a_stranger_hears_at_no_door_what_is_wrong_with_what_they_sent(town: Town, doors: dict[str, Rule]) -> None:
    forger = Someone(town.client(), "xsl_" + "a" * 43)
    told = {(route, someone.token): sent(someone, route, rule)
            for route, rule in doors.items() for someone in (Someone(town.client()), forger)}

    assert len(doors) > 400
    assert {asked: answer.status_code for asked, answer in told.items()
            if answer.status_code not in ((303, 302, 403) if is_page(doors[asked[0]]) else (401,))} == {}


def test_the_log_names_whoever_asked_wrongly(town: Town, doors: dict[str, Rule], clerk: Someone) -> None:
    browser = Someone(town.client())
    house = town.house
    session = house.operations.issue(clerk.id, request=b"first", now=house.now, kind="session", lasts_s=3_600)
    browser.client.set_cookie(SESSION, session)
    nameless = []
    for route, rule in doors.items():
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            answer = sent(browser if is_page(rule) else clerk, route, rule)
        (line,) = [one for one in lines if one["event"] == "request"]
        if line["actor"] != clerk.id and answer.status_code != 401:
            nameless.append((route, line["actor"], answer.status_code))

    assert nameless == []


def test_whoever_reads_the_log_is_named_in_ours(town: Town) -> None:
    reader = Someone(town.client(), town.house.register.reader_token)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = reader.get("/v1/events/1/proof")

    assert (answer.status_code, lines[-1]["actor"]) == (200, "reader")
