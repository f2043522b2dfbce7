"""The whole authority: every route, asked by everyone, within scope and beyond it, and about what is their own.

`authority.toml` says for each route what each character is answered; the routes are taken from the service itself, so
a new one without a row fails. XUESHI_WRITE_AUTHORITY=1 writes the table anew, for somebody to read before it is
committed. What must hold whatever the table says stands below it as sentences of its own.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from api.console.cookies import SESSION
from api.console.door.sign_on_page import sign_on_routes
from api.console.screens import page_routes
from api.console.statement.statement_pages import statement_routes
from api.console.statement.verification_page import verification_routes
from api.log_routes import log_routes
from api.metrics.door import measure
from api.outside.provider import Provider
from api.service.app import create_app
from api.witness.routes import witnessed_routes
from ledger.witnessing.kept import Kept
from tests.api.house_kit import Town, house_in
from tests.api.matrix_kit import PRIVATE, Scene, scene_in

WRITE: Final = bool(os.environ.get("XUESHI_WRITE_AUTHORITY"))  # Read before a test is shielded from settings outside.
TABLE: Final = Path(__file__).with_name("authority.toml")
HEAD: Final = """# Who is answered what, route by route: made by tests/api/test_authority_matrix.py, read by people.
# The characters are those of tests/api/matrix_kit.py; what is asked about is Li's, of a unit of Ningbo's industry.
"""
# Whatever anyone may ask who has not said who they are.
PUBLIC: Final = frozenset({
    "GET /", "GET /livez", "GET /readyz", "GET /version", "GET /metrics", "GET /openapi.json", "GET /problems/<code>",
    "GET /v1/docs", "GET /v1/docs/<name>.<digest>.<ending>",
    "GET /log/checkpoint", "GET /log/key", "GET /log/key/succession", "GET /log/tile/<path:rest>", "GET /v1/words",
    "GET /log/checkpoints", "GET /log/checkpoints/<int:size>", "GET /log/checkpoints/<int:size>/<name>.tsr",
    "GET /log/forks/<name>",
    "GET /v1/reasons",
    "GET /v1/rulebooks", "GET /v1/rulebooks/<family>/<version>", "GET /v1/impact-reports",
    "GET /v1/impact-reports/<digest>", "GET /v1/projections", "GET /v1/units/<unit:unit>", "POST /v1/units",
    "POST /v1/persons", "GET /login", "GET /password", "POST /v1/password",
    "GET /static/<name>.<digest>.<ending>", "GET /v1/verifications",
    "GET /verify", "GET /verify/offline", "POST /verify", "GET /v/<code>",
    "GET /register", "GET /register/unit", "GET /register/unit/<unit:unit>",
})
pytestmark = pytest.mark.timeout(600)  # Whoever asks first waits for seventeen thousand questions.

TELLS_OF_ALL: Final = "GET /metrics"  # Of each route and answer that was asked for: after all others it is long.
FROM: Final = {"REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": "matrix"}
MANY: Final = 12  # Beyond so many a line is no longer read name by name.

Answers = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with house_in(tmp_path_factory.mktemp("matrix") / "data") as town:
        serving(town)
        yield scene_in(town)


def serving(town: Town) -> None:
    """Give a town every door that there is."""
    town.app = create_app(town.house, blueprints=[
        log_routes(town.house.register), witnessed_routes(Kept(town.house.register.folder.witnessed)),
        page_routes(), statement_routes(), verification_routes(),
        sign_on_routes(Provider("https://sso.example", "xueshi", "", "https://xueshi.example"))])
    measure(town.app, town.house, {})


@pytest.fixture(scope="module")
def answers(scene: Scene) -> Answers:
    first = sorted(routes(scene), key=lambda route: route != TELLS_OF_ALL)
    return dict(sorted((route, {who: asked(scene, route, who) for who in scene.cast}) for route in first))


def routes(scene: Scene) -> dict[str, Rule]:
    return _routes(scene.town.app)


@cache
def _routes(app: Flask) -> dict[str, Rule]:
    every = _every_route(app)
    return {route: rule for route, rule in every.items() if page_of(route) not in every}


@cache  # They are asked for with each of so many questions.
def _every_route(app: Flask) -> dict[str, Rule]:
    found = {f"{method} {rule.rule}": rule for rule in app.url_map.iter_rules()
             for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return dict(sorted(found.items()))


def page_of(route: str) -> str | None:
    """The page of the console beside which these data stand; one function answers both (`api.console.screen`)."""
    page, dot, form = route.rpartition(".")
    return page if dot and form in ("json", "csv") and " /v1/" not in route else None


def asked(scene: Scene, route: str, who: str, *, absent: bool = False) -> str:
    """What somebody is told at a route: the status, and of a no its code."""
    asking, body = _question(scene, route, absent)
    by_session = is_page(_every_route(scene.town.app)[route])
    bears = _session(scene.browsers[who]) if by_session else _as_a_server_says(scene.cast[who].headers())
    told: list[str] = []
    answer = scene.town.app({**asking, **bears, "wsgi.input": BytesIO(body)}, lambda said, *_: told.append(said[:3]))
    said = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    (status,) = told
    return status if by_session or status < "400" else f"{status} {json.loads(said)['code']}"


_QUESTIONS: dict[tuple[Flask, str, bool], tuple[dict[str, Any], bytes]] = {}


def _question(scene: Scene, route: str, absent: bool) -> tuple[dict[str, Any], bytes]:
    """A request as a server hands it over, but for whose it is: put together once, and not for each who asks it."""
    if (kept := _QUESTIONS.get((scene.town.app, route, absent))) is not None:
        return kept
    method, rule = route.split(" ", 1)[0], _every_route(scene.town.app)[route]
    named = scene.named(route, absent=absent)
    path = rule.build({name: named[name] for name in rule.arguments}, append_unknown=False)
    assert path is not None, route
    query, body = dict(scene.queries.get(route, {})), None
    if is_page(rule):
        query = {"purpose": "annual_review"}
    elif method == "POST":
        query, body = {"dry_run": "true"}, scene.bodies.get(route)
    elif method == "PUT":
        body = scene.bodies.get(route)
    elif route in wanting_a_purpose(scene):
        query["purpose"] = "annual_review"
    asking = EnvironBuilder(path[1], method=method, query_string=query, json=body, environ_base=FROM).get_environ()
    return _QUESTIONS.setdefault((scene.town.app, route, absent), (asking, asking["wsgi.input"].read()))


def is_page(rule: Rule) -> bool:
    return rule.endpoint.startswith(("page.", "sign_on.", "statement_pages.", "verification."))


def _session(browser: FlaskClient) -> dict[str, str]:
    cookie = browser.get_cookie(SESSION)
    return {} if cookie is None else {"HTTP_COOKIE": f"{SESSION}={cookie.value}"}


def _as_a_server_says(headers: dict[str, str]) -> dict[str, str]:
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


def wanting_a_purpose(scene: Scene) -> frozenset[str]:
    """The questions that know of a purpose, by the service's own description."""
    if not _PURPOSEFUL:
        paths = scene.town.nobody.saw("/openapi.json")["paths"]
        named = {path for path, methods in paths.items() for one in methods.get("get", {}).get("parameters", ())
                 if one.get("name") == "purpose"}
        _PURPOSEFUL.update(route for route in routes(scene) if re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route[4:]) in named)
    return frozenset(_PURPOSEFUL)


_PURPOSEFUL: set[str] = set()


def test_everyone_is_answered_at_every_route_what_the_table_says(answers: Answers) -> None:
    if WRITE:
        TABLE.write_text(written(answers), encoding="utf-8")
    table = tomllib.loads(TABLE.read_text("utf-8"))

    assert answers.keys() - table.keys() == set(), "a new route wants a row: who may, and who may not"
    assert table.keys() - answers.keys() == set(), "a row of a route that is gone"
    for route, row in table.items():
        assert answers[route] == read(row, answers[route]), route


def test_the_data_beside_a_page_are_told_to_whoever_is_told_the_page(scene: Scene, answers: Answers) -> None:
    for route in _every_route(scene.town.app).keys() - answers.keys():
        told = answers[page_of(route) or ""]
        one_of_each = {answer: who for who, answer in told.items() if who == "nobody" or answer != "303"}
        assert {who: asked(scene, route, who) for who in one_of_each.values()} == {
            who: answer for answer, who in one_of_each.items()}, route


def written(answers: Answers) -> str:
    """The table: of each route who is told what; `others` are all that no line names."""
    lines = [HEAD]
    for route, told in answers.items():
        by_answer: dict[str, list[str]] = defaultdict(list)
        for who, answer in told.items():
            by_answer[answer].append(who)
        most = max(by_answer, key=lambda answer: len(by_answer[answer]))
        if len(by_answer[most]) > MANY:
            by_answer[most] = ["others"]
        lines += [f'["{route}"]', *(f'"{answer}" = "{" ".join(everyone)}"' for answer, everyone
                                    in sorted(by_answer.items())), ""]
    return "\n".join(lines)


def read(row: dict[str, str], cast: Iterable[str]) -> dict[str, str]:
    """A row of the table as what each character is told."""
    told = {who: answer for answer, everyone in row.items() for who in everyone.split()}
    others = told.pop("others", None)
    return told | {who: others for who in cast if who not in told and others is not None}


# What holds whatever the table says


def test_whoever_has_not_said_who_they_are_is_answered_only_what_is_everyones(answers: Answers) -> None:
    opened = {route for route, told in answers.items() if done(told["nobody"])}

    assert opened - PUBLIC == set()


def test_whoever_may_not_see_a_private_record_is_told_of_it_what_is_told_of_none(
    scene: Scene, answers: Answers
) -> None:
    telling = []
    for route, told in answers.items():
        named = routes(scene)[route].arguments & set(PRIVATE)
        for who, answer in told.items():
            if done(answer) or any(done(answers[f"GET /v1/{name}s/<{name}:{name}>"][who]) for name in named):
                continue  # They may know that there is one.
            if named and (of_none := asked(scene, route, who, absent=True)) != answer:
                telling.append((route, who, answer, of_none))

    assert telling == []


def test_another_city_another_unit_and_another_sector_open_nothing_of_a_persons(
    scene: Scene, answers: Answers
) -> None:
    far = [who for who in scene.cast if who.endswith("_away")] + ["stranger", "sector_beside", "blasting_beside"]
    for route, told in answers.items():
        if routes(scene)[route].arguments & set(PRIVATE):
            assert [who for who in far if told[who][0] == "2"] == [], route


def test_nobody_decides_upon_what_is_their_own_under_another_hat(scene: Scene, answers: Answers) -> None:
    for route, told in answers.items():
        if route.startswith("POST") and routes(scene)[route].arguments & set(PRIVATE):
            second_hands = {who: told[who] for who in scene.cast if who.endswith("_own")}
            assert {who for who, answer in second_hands.items() if answer[:3] not in ("403", "404")} == set(), route


def test_a_suspended_account_opens_what_is_everyones_and_nothing_else(answers: Answers) -> None:
    for route, told in answers.items():
        assert route in PUBLIC or not told["suspended"].startswith("2"), route


def test_the_three_administrators_and_the_policy_office_see_and_decide_nothing_of_a_persons(
    scene: Scene, answers: Answers
) -> None:
    for route, told in answers.items():
        if routes(scene)[route].arguments & set(PRIVATE):
            assert [who for who in ("system", "security", "audit", "policy") if done(told[who])] == [], route


def test_each_role_is_asked_within_scope_and_out_of_it(scene: Scene) -> None:
    for role in ("unit", "sector", "people", "watch", "blasting", "committee", "market", "organiser", "policy",
                 "system", "security", "audit"):
        assert role in scene.cast and scene.cast.keys() & {f"{role}_away", f"{role}_beside"}, role


def done(answer: str) -> bool:
    return answer.startswith("2")
