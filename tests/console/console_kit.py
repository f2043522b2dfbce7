"""A house with its pages, people in it who have something on every screen, and browsers in which they are logged in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from waitress.server import create_server
from werkzeug.test import TestResponse

from api.console.screens import page_routes
from api.console.statement.statement_pages import statement_routes
from api.console.statement.verification_page import verification_routes
from api.log_routes import log_routes
from api.service.app import create_app
from tests.api.house_kit import BODY, Someone, Town, house_in_2026, study

HERE = {"Sec-Fetch-Site": "same-origin"}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f"
                    "0005fe02fe0def46b80000000049454e44ae426082")
"""The smallest picture there is."""


@dataclass
class Cast:
    """Who is in the town: someone with claims in every state, their unit's clerk, an office, and a stranger."""

    town: Town
    works: BODY
    li: Someone
    clerk: Someone
    both: Someone      # Acts for the unit and for human resources.
    office: Someone
    stranger: Someone
    newcomer: Someone
    claims: dict[str, BODY]


@contextmanager
def cast_in(folder: Path) -> Iterator[Cast]:
    """Open a house in a folder, and put everyone into it."""
    with house_in_2026(folder) as town:
        with_pages(town)
        works = town.unit("甬江机械厂", "330203", "industry")
        bureau = town.unit("宁波市人社局", "330200", "general")
        li, stranger = town.person("李明华"), town.person("赵敏")
        for one in (li, stranger):
            town.belongs(one, works, "2020-01-01")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        both = town.officer(works, "unit", "330203", unit=works["unit"])
        town.founder.did(f"/v1/actors/{both.id}/scopes", {"role": "human_resources", "region": "3302"}, version=2)
        office = town.officer(bureau, "human_resources", "3302")
        yield Cast(town, works, li, clerk, both, office, stranger, town.person("王新"), _claims(li, clerk))


def _claims(li: Someone, clerk: Someone) -> dict[str, BODY]:
    def put(title: str, **facts: Any) -> BODY:
        return li.submit(study(**facts), title)

    found = {"open": put("焊接工艺培训", date="2026-03-02"), "late": put("补报的研修", date="2025-04-02"),
             "other": put("数控编程培训", date="2026-05-02", days="3")}
    for state, act, body in (("returned", "return", {"words": "证书看不清", "reason": "evidence_unclear"}),
                             ("refused", "refusal", {"words": "不是本人的"}), ("approved", "approval", {})):
        found[state] = clerk.act(put(f"{state} 的培训", date="2026-02-0" + str(len(found))), act, body)
    revoked = clerk.act(put("作废的培训", date="2026-01-09"), "approval", {})
    found["revoked"] = clerk.act(revoked, "revocation", {"basis": "falsified", "words": "材料不实"})
    return found


def with_pages(town: Town) -> Town:
    """The same town, with everything that is looked at in a browser."""
    town.app = create_app(town.house, blueprints=[
            log_routes(town.house.register), page_routes(), statement_routes(), verification_routes()])
    return town


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app on this machine, as long as it is looked at."""
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=4)

    def close() -> None:
        for one in (*server.active_channels.values(), server):
            one.close()
        server.task_dispatcher.shutdown()

    loop = threading.Thread(target=server.run, daemon=True)
    loop.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(close)  # By its own loop: it might just be asking after what another closes.
        loop.join()


class Browser:
    """A browser without scripts: it follows links, fills in forms and presses their buttons."""

    def __init__(self, town: Town, someone: Someone | None = None) -> None:
        self.client: FlaskClient = town.client()
        if someone is not None:
            answer = self.client.post("/login", data={"token": someone.token}, headers=HERE)
            assert answer.status_code == 303, answer.get_data(as_text=True)

    def get(self, address: str, status: int = 200) -> Read:
        """Open an address."""
        answer = self.client.get(address, headers=HERE, follow_redirects=True)
        assert answer.status_code == status, (address, answer.status_code, Read(answer).text[-600:])
        return Read(answer)

    def json(self, address: str) -> Any:
        """Open the data beside a page."""
        answer = self.client.get(address)
        assert answer.is_json, (address, answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer.get_json()

    def press(self, page: Read, button: str, status: int = 200, **typed: Any) -> Read:
        """Press a button of a form of a page, after typing something into its fields."""
        answer = self.send(page, button, **typed)
        assert answer.status_code == status, (button, answer.status_code, Read(answer).text[-600:])
        return Read(answer)

    def send(self, page: Read, button: str, headers: dict[str, str] | None = None, **typed: Any) -> TestResponse:
        form, pressed = page.form_with(button)
        sent = {**form.fields, **pressed.named, **{name.replace("__", "."): one for name, one in typed.items()}}
        return self.client.post(pressed.address or form.address, data=sent, headers={**HERE, **(headers or {})},
                                follow_redirects=True)


@dataclass
class Button:
    words: str
    named: dict[str, str]
    address: str | None


class Form:
    def __init__(self, address: str) -> None:
        self.address = address
        self.fields: dict[str, Any] = {}
        self.buttons: list[Button] = []

    def put(self, name: str, value: str) -> None:
        """A field that is there several times is sent several times."""
        held = self.fields.get(name)
        self.fields[name] = value if held is None else [*(held if isinstance(held, list) else [held]), value]


class Read(HTMLParser):
    """A page as it is read: its words, links and forms, and whether each tag that was opened is closed in order."""

    VOID = frozenset({"meta", "link", "input", "img", "rect", "br"})

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.status, self.address = answer.status_code, answer.request.path
        self.query = answer.request.query_string.decode()
        self.source = answer.get_data(as_text=True)
        self.words: list[str] = []
        self.open: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._button: Button | None = None
        self.feed(self.source)
        assert self.open == [], self.open

    @property
    def text(self) -> str:
        """Its words on one line."""
        return re.sub(r"\s+", " ", " ".join(self.words))

    def form_with(self, button: str) -> tuple[Form, Button]:
        """The form that has a button of these words."""
        for form in self.forms:
            for one in form.buttons:
                if one.words.strip() == button:
                    return form, one
        raise AssertionError(f"{self.address} has no {button}; {[b.words for f in self.forms for b in f.buttons]}")

    def buttons(self) -> set[str]:
        """The words of every button and of every link that looks like one."""
        return {one.words.strip() for form in self.forms for one in form.buttons} | {words for words, _ in self.links}

    def link(self, words: str) -> str:
        """Where a link of these words leads."""
        return next(address for said, address in self.links if words in said)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.append((tag, told))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "form":
            self._form = Form(told["action"])
            self.forms.append(self._form)
        elif tag == "a":
            assert not re.match(r"/[^?#]*//", told["href"]), f"{self.address}: {told['href']} leaves something out"
            self.links.append(("", told["href"]))
        elif self._form is not None:
            self._field(tag, told)

    def _field(self, tag: str, told: dict[str, str]) -> None:
        assert self._form is not None
        if tag == "button":
            named = {told["name"]: told.get("value", "")} if "name" in told else {}
            self._button = Button("", named, told.get("formaction"))
            self._form.buttons.append(self._button)
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and ("selected" in told or self._select not in self._form.fields):
            self._form.fields[self._select] = told.get("value", "")
        elif tag == "textarea":
            self._form.fields[told["name"]] = ""
            self._select = told["name"]
        elif tag == "input" and ("checked" in told or told.get("type") not in ("file", "checkbox")):
            self._form.put(told["name"], told.get("value", ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.open)
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._select = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self._button is not None:
            self._button.words += data
        elif "a" in self.open and self.links:
            self.links[-1] = (self.links[-1][0] + data, self.links[-1][1])
        elif self.open and self.open[-1] == "textarea" and self._form is not None and self._select:
            self._form.fields[self._select] += data
