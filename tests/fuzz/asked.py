"""A whole request as anybody may write it: address, questions, header fields, cookies, body, as one input.

    POST /v1/claims?dry_run=true
    Authorization: Bearer {token}
                                      (an empty line, and what follows is the body)

The service behind the sockets reads it, with a register in which somebody has a claim: whatever it says, it knows what
it says, and has not broken. `{token}`, `{session}` and the like are put in when it is read: they differ each time.
"""

from __future__ import annotations

import atexit
import io
import itertools
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from flask import Flask
from werkzeug.test import run_wsgi_app

from tests.api.house_kit import Someone, Town, house_in_2026, study
from tests.console.console_kit import Browser, with_pages
from tests.memory_kit import temporary

_FIELD: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): ?([^\r\n\0]*)")
_SEEN: Final = bytes(range(0x21, 0x7f)).decode()
_PUT_IN: Final = re.compile(rb"\{([a-z]+)\}")


class Refused(Exception):
    """What the service answered, by its code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Place(NamedTuple):
    """The service, what stands in for what, and another address for each request: nobody is told to come later."""

    app: Flask
    names: Mapping[bytes, bytes]
    addresses: Iterator[int]


@cache
def _place() -> Place:
    held = ExitStack()
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-", dir=temporary())))
    atexit.register(held.close)  # After the folder's own, and so before it: the house is closed while it is there.
    town = with_pages(held.enter_context(house_in_2026(folder / "data")))
    works = town.unit("甬江机械厂", "330203", "industry")
    rules = town.officer(town.unit("市政策处", "330200", "general"), "policy_office", "33")
    li = town.person("李明")
    town.belongs(li, works, "2020-01-01")
    claim = li.submit(study())
    names = {"li": li.id, "token": str(li.token), "claim": claim["claim"]}
    names |= _session(town, "session", "key", li, "/claims/new?route=paper")
    names |= _session(town, "office", "officekey", rules, "/rules/proposals/new")
    return Place(town.app, {name.encode(): value.encode() for name, value in names.items()}, itertools.count())


def _session(town: Town, session: str, key: str, someone: Someone, form: str) -> dict[str, str]:
    """The cookie of somebody who is logged in, and the key that a form of theirs bears."""
    shown = Browser(town, someone).client.get(form)
    found = re.search(r'name="key" value="([^"]+)"', shown.get_data(as_text=True))
    assert found is not None
    return {session: shown.request.headers["Cookie"], key: found[1]}


def request(data: bytes) -> object:
    """Ask it; a refusal bears its code."""
    place = _place()
    status, kind, body = _answer(place, _PUT_IN.sub(lambda one: place.names.get(one[1], one[0]), data))
    assert status < 500, (status, body[:2_000])
    if kind == "application/problem+json":
        raise Refused(json.loads(body)["code"])
    return status


def _answer(place: Place, asked: bytes) -> tuple[int, str, bytes]:
    head, _, body = asked.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    number = next(place.addresses)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method.decode("latin-1").upper() or "GET", "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(b"/" + path.lstrip(b"/")).decode("latin-1"),
        "QUERY_STRING": quote(query, safe=_SEEN),  # Both servers refuse an address with other bytes.
        "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(body)),
    }
    for field in filter(None, map(_FIELD.fullmatch, lines)):
        name, value = field[1].decode().upper().replace("-", "_"), field[2].decode("latin-1")
        if name not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):  # The server reads these: `request_head`.
            environ[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    answered, status, headers = run_wsgi_app(place.app.wsgi_app, environ, buffered=True)
    return int(status.split()[0]), str(headers.get("Content-Type", "")).partition(";")[0], b"".join(answered)
