"""Somebody is let in: at once, or, where a second factor is theirs or demanded of them, only halfway.

Whoever is halfway has a cookie that opens nothing but the page which asks for the code
(`api.console.door.factor_page`); a session begins when it was given. So no way in leads past it: not a password, not a
token, not a sign-on.

`tests/api/test_http_second_factor.py` shows it.
"""

from __future__ import annotations

import secrets
from typing import Final

import structlog
from flask import Response, current_app, request

from api.cases.factor_shown import after_first
from api.console.cookies import SESSION, is_over_tls, of_host, of_path
from api.console.wanted import HOME, on_the_way
from api.house import House
from api.operational.callers import Caller
from api.operational.operations import SESSION_SECONDS
from api.operational.second_factor import HALFWAY_S

HALFWAY: Final = "xueshi_halfway"
CODE: Final = "/login/code"
"""Where a second factor is asked for, and the only place where its cookie is sent."""


def way_on(found: Caller, place: str | None, *, by_provider: bool = False) -> tuple[str, bool]:
    """Where somebody who has shown a first factor goes on to, and whether they are in."""
    is_in = after_first(_house(), found.id, by_provider=by_provider) == "in"
    return (place or HOME, True) if is_in else (on_the_way(CODE, place), False)


def opened(response: Response, found: Caller, *, is_in: bool, by_provider: bool = False) -> Response:
    """Begin with an answer what somebody has come to: a session, or the way to one."""
    house = _house()
    if is_in:
        return let_in(response, found, shown=by_provider and house.factors.rule.sign_on_counts)
    structlog.contextvars.bind_contextvars(actor=found.id)
    browser = secrets.token_urlsafe(32)
    house.factors.set_out(browser, found.id, now=house.now)
    response.set_cookie(of_path(HALFWAY), browser, max_age=HALFWAY_S, path=CODE, httponly=True, samesite="Strict",
                        secure=is_over_tls())
    return response


def let_in(response: Response, found: Caller, *, shown: bool = False) -> Response:
    """Begin a session with an answer. `shown`: with a second factor."""
    house = _house()
    structlog.contextvars.bind_contextvars(actor=found.id)
    session = house.operations.begin_session(found.id, request=secrets.token_bytes(32), now=house.now, shown=shown)
    response.set_cookie(of_host(SESSION), session, max_age=SESSION_SECONDS, httponly=True, samesite="Strict",
                        secure=is_over_tls())
    return response


def halfway() -> str:
    """What the browser sent of being halfway; nothing where it sent none."""
    return request.cookies.get(of_path(HALFWAY), "")


def arrived(response: Response) -> Response:
    """Forget that a browser was halfway."""
    response.delete_cookie(of_path(HALFWAY), path=CODE, httponly=True, samesite="Strict", secure=is_over_tls())
    return response


def _house() -> House:
    found: House = current_app.extensions["house"]
    return found
