"""A house for tests: a real register in a folder, the real service around it, and people who do things in it.

    with house_in(tmp_path / "data") as town:
        works = town.unit("某厂", "330203", "industry")
        officer = town.officer(works, "unit", "330203", unit=works)
        li = town.person("李明")
        town.belongs(li, works, "2018-01-01")
        claim = li.submit(study(route="training", days="3", date="2026-04-02"))
        officer.act(claim, "approval")

Everything goes over HTTP with Flask's test client. `Someone` bears a token and sends a new key with each request.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.house import House, open_house
from api.log_routes import log_routes
from api.metrics.door import measure
from api.register.register import open_register
from api.service.app import create_app
from api.settings import Settings
from api.witness.routes import witnessed_routes
from ledger.clock import ALWAYS
from ledger.identifiers.resident_id import check_character
from ledger.identifiers.unit_code import check_character as unit_check_character
from ledger.stores.append import Append, Receipt
from ledger.witnessing.kept import Kept
from tests.api.paper_kit import PDF, digest

SHA = digest(PDF)
"""The certificate that every claim here shows; whoever `hands_in` has brought it as well."""
IN_2026 = 1_795_399_200_000_000  # Ten in the morning of 23 November in Ningbo, in microseconds since 1970.
BODY = dict[str, Any]


def resident_id(number: int) -> str:
    """A resident ID number of nobody, different for each number."""
    body = f"330102{1960 + number % 40}0{1 + number % 9}{10 + number % 18:02d}{number % 1000:03d}"
    return body + check_character(body)


def credit_code(number: int) -> str:
    """A credit code of no unit, different for each number."""
    body = f"91330200{number:09d}"
    return body + unit_check_character(body)


def study(**fields: Any) -> BODY:
    """The facts of a study; a provincial training of two days unless said otherwise."""
    given = {"category": "professional", "route": "training", "date": "2026-04-02", **fields}
    if given["route"] == "training":
        given = {"level": "provincial", "days": "2", **given}
    return given


@dataclass
class Someone:
    """Whoever bears a token, or nobody without one."""

    client: FlaskClient
    token: str | None = None
    id: str = ""
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def headers(self, key: str | None = None, version: int | None = None) -> dict[str, str]:
        named = {"Idempotency-Key": key or f"a-key-that-is-long-enough-{id(self)}-{next(self.keys)}"}
        if self.token is not None:
            named["Authorization"] = f"Bearer {self.token}"
        if version is not None:
            named["If-Match"] = f'"v{version}"'
        return named

    def post(self, path: str, body: BODY | None = None, *, key: str | None = None, version: int | None = None,
             **query: Any) -> TestResponse:
        return self.client.post(path, json=body, headers=self.headers(key, version), query_string=query)

    def get(self, path: str, **query: Any) -> TestResponse:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return self.client.get(path, headers=headers, query_string=query)

    def did(self, path: str, body: BODY | None = None, **more: Any) -> BODY:
        """Post, and expect that it is done."""
        answer = self.post(path, body, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: BODY = answer.get_json()
        return found

    def saw(self, path: str, **query: Any) -> BODY:
        """Get, and expect an answer."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: BODY = answer.get_json()
        return found

    # Of an office

    def sends(self, *systems: str, region: str = "330200", **more: Any) -> None:
        """Register systems of a place, of which everything may be brought in, unless they are registered."""
        for system in systems:
            answer = self.post("/v1/import-sources", {
                "system": system, "name": f"系统 {system}", "kind": "local_system", "region": region,
                "categories": ["general_public", "sector_public", "professional"], **more})
            assert answer.status_code == 201 or answer.get_json()["code"] == "import_source_exists", answer.get_json()

    # Of a person

    def submit(self, facts: BODY, title: str = "某次培训", **more: Any) -> BODY:
        return self.did("/v1/claims", self.claim(facts, title, **more))

    def claim(self, facts: BODY, title: str = "某次培训", **details: Any) -> BODY:
        return {"person": self.id, "study": facts, "details": {"title": title, **details},
                "evidence": [{"kind": "certificate", "sha256": SHA}]}

    def hands_in(self, content: bytes = PDF) -> Someone:
        """Bring a paper, so that whoever opens a claim that shows it can look at it."""
        told = self.client.put(f"/v1/persons/{self.id}/evidence/{digest(content)}", data=content, headers={
            "Authorization": f"Bearer {self.token}"})
        assert told.status_code in (200, 201), told.get_data(as_text=True)
        return self

    def years(self, year: int | None = None, **query: Any) -> BODY:
        return self.saw(f"/v1/persons/{self.id}/years" + ("" if year is None else f"/{year}"), **query)

    def year(self, year: int, **query: Any) -> BODY:
        found: BODY = self.years(year, **query)["years"][0]
        return found

    # Of an office

    def act(self, claim: BODY, what: str, body: BODY | None = None, **more: Any) -> BODY:
        """Do something about a claim as it was last seen, and see what it has become."""
        return self.did(f"/v1/claims/{claim['claim']}/{what}", body, version=claim["version"], **more)

    def refused(self, claim: BODY, what: str, body: BODY | None = None, **more: Any) -> BODY:
        answer = self.post(f"/v1/claims/{claim['claim']}/{what}", body, version=claim["version"], **more)
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        found: BODY = answer.get_json()
        return found


class Ticking:
    """Microseconds since 1970 that go on by one with each look, and as far as a test wants."""

    def __init__(self, start: int) -> None:
        self.now = start

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def wait(self, seconds: int) -> None:
        self.now += seconds * 1_000_000


class Town:
    """A house with its service, and a founder who lets the first offices in."""

    def __init__(self, house: House, app: Flask) -> None:
        self.house, self.app = house, app
        self.numbers = itertools.count(1)
        self.founder = Someone(self.client(), house.register.founder_token)
        self.nobody = Someone(self.client())

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def unit(self, name: str, region: str, sector: str) -> BODY:
        """A unit that is registered and verified."""
        made = self.nobody.did("/v1/units", {
            "credit_code": credit_code(next(self.numbers)), "name": name, "region": region, "sector": sector,
            "contact": {"name": "联系人", "phone": "13800001234"},
        })
        return self.founder.did(f"/v1/units/{made['unit']}/verification", version=1)

    def officer(self, organisation: BODY, role: str, region: str, *, person: str | None = None,
                **limits: Any) -> Someone:
        """Someone who acts for an organisation in a role, with a token."""
        body = {"organisation": organisation["unit"], "account": f"account-{next(self.numbers)}",
                "official": {"name": "经办人"}}
        made = self.founder.did("/v1/actors", body if person is None else {**body, "person": person})
        self.founder.did(f"/v1/actors/{made['actor']}/scopes", {"role": role, "region": region, **limits}, version=1)
        given = self.founder.did(f"/v1/actors/{made['actor']}/tokens")
        return Someone(self.client(), given["token"], made["actor"])

    def person(self, name: str = "李明") -> Someone:
        """Someone who registered themselves."""
        made = self.nobody.did("/v1/persons", {
            "name": name, "id_kind": "resident_id", "id_number": resident_id(next(self.numbers)),
        })
        return Someone(self.client(), made["token"], made["person"])

    def belongs(self, person: Someone, unit: BODY, starts: str, **more: Any) -> BODY:
        """Match a person to a unit: asked for by the one, confirmed by the other."""
        asked = person.did(f"/v1/persons/{person.id}/transfers", {"to_unit": unit["unit"], "starts": starts, **more})
        clerk = self.officer(unit, "unit", unit["region"], unit=unit["unit"])
        return clerk.did(f"/v1/transfers/{asked['transfer']}/confirmation", version=asked["version"])


@contextmanager
def in_the_instant(town: Town, other: Callable[[], Any]) -> Iterator[None]:
    """Have another request done after the next one has read and decided, right before it is recorded."""
    store = town.house.ledger.store
    append, waiting = store.append, [other]

    def recording(asked: Append) -> Receipt:
        if waiting:
            with ThreadPoolExecutor(1) as another:  # Its own thread, as of any other request.
                another.submit(waiting.pop()).result()
        return append(asked)

    store.append = recording  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.append = append  # type: ignore[method-assign]
    assert not waiting, "nothing was recorded"


@contextmanager
def house_in(
    folder: Path, clock: Callable[[], int] | None = None, *, logs_too: bool = False, **settings: Any
) -> Iterator[Town]:
    """Open a house in a folder, made where there is none; with `logs_too` by one clock, else its logs tell the time."""
    nanoseconds = time.time_ns
    if clock is not None and logs_too:  # From the first event on: after one of today none is of an earlier day.
        nanoseconds = lambda: clock() * 1_000  # noqa: E731
    register = open_register(Settings(data_folder=folder, **settings), create=True, clock=nanoseconds)
    try:
        register.signer.checkpoint()
        with open_house(register, clock) as house:
            doors = [log_routes(register), witnessed_routes(Kept(register.folder.witnessed))]
            app = create_app(house, checks=house.checks(), blueprints=doors)
            measure(app, house, {"keeper": lambda: True})
            yield Town(house, app)
    finally:
        register.close()


@contextmanager
def house_in_2026(folder: Path, **settings: Any) -> Iterator[Town]:
    """The same on 23 November 2026, in whatever year it is run, with the time going on from there.

    What a test says of March 2026 is of the year that runs, and never late; 2025 is over, in the law as in the logs.
    """
    behind = time.time_ns() // 1_000 - IN_2026

    def now() -> int:
        return time.time_ns() // 1_000 - behind

    with house_in(folder, now, logs_too=True, clock_checked=ALWAYS, **settings) as town:
        yield town
