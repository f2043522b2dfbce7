"""A person with a statement, in a service with the pages that print and verify it. No test lives here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

from flask.testing import FlaskClient

from api.console.screens import page_routes
from api.console.statement.statement_pages import statement_routes
from api.console.statement.verification_page import verification_routes
from api.log_routes import log_routes
from api.service.app import create_app
from tests.api.house_kit import BODY, Someone, Town, house_in, study

ADDRESS = "https://xueshi.example"
RARE = "㴪㛃𬭎䶮"


@contextmanager
def printing_house(folder: Path) -> Iterator[Town]:
    with house_in(folder / "data") as town:
        pages = [log_routes(town.house.register), page_routes(), statement_routes(), verification_routes(ADDRESS)]
        yield Town(town.house, create_app(town.house, blueprints=pages))


def settled(house: Town, name: str = "郑三五") -> Someone:
    """Somebody with two registered studies, of whom one is hard to set."""
    person, works = house.person(name), house.unit("甬江机械厂", "330203", "industry")
    house.belongs(person, works, "2024-01-01")
    officer = house.officer(works, "unit", "330203", unit=works["unit"])
    for day, title in (("2025-04-02", f"{RARE} 论坛"), ("2026-04-02", "工业互联网研修")):
        claim = person.submit(study(date=day, organiser="市经信局"), title=title,
                              certificate_issuer="省人社厅", certificate_number=f"证〔{day[:4]}〕1号")
        officer.act(claim, "approval")
    return person


def issued(person: Someone, **fields: object) -> BODY:
    return person.did(f"/v1/persons/{person.id}/statements", fields)


def browser(house: Town, person: Someone) -> FlaskClient:
    client = house.client()
    client.post("/login", data={"token": person.token}, headers={"Sec-Fetch-Site": "same-origin"})
    return client


class Cells(HTMLParser):
    """The words of a page's sheets, in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.depth, self.words = 0, list[str]()
        self.feed(re.sub(r"<caption.*?</caption>", "", page))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "article"

    def handle_data(self, data: str) -> None:
        if self.depth and data.strip():
            self.words.append(data.strip())
