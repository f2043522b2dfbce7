"""Where somebody wanted to go before a login came between, and whether that is a place of ours.

A login is asked for under an address that names it (`/login?to=…`), and so does each step on the way: the code, the
choice of a role; a provider's detour keeps it in a cookie of that detour. It is only ever a page of this house that can
be read: an address of anyone else's, of a form that was sent or of nothing at all counts as none, and one begins at the
workbench. So nobody is led elsewhere by an address that begins like ours (open redirect, CWE-601).

`tests/console/test_after_login.py` shows it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

HOME: Final = "/home"
"""Where everybody begins: the workbench."""

LOGIN: Final = "/login"
TO: Final = "to"
COOKIE: Final = "xueshi_wanted"

_MOST: Final = 2_000
_WAYS_IN: Final = ("page.login", "page.logout", "page.password", "page.factor.at_login")
_ROOMS: Final = ("page", "statement_pages")


def login() -> str:
    """The login, which knows what was asked for: the page itself, or the page that a form would have come back to."""
    return on_the_way(LOGIN, place_of(request.full_path.rstrip("?")))


def on_the_way(step: str, place: str | None) -> str:
    """A step on the way to a place, by its address; without a place, the step alone."""
    return step if place is None else f"{step}?{urlencode({TO: place}, quote_via=quote, safe='/')}"


def named() -> str | None:
    """The place that this step's own address names, if it is one."""
    return place_of(request.args.get(TO, ""))


def place_of(address: str) -> str | None:
    """An address if it is a page of this house that can be read; None for anything else."""
    if not 0 < len(address) <= _MOST or not address.isprintable() or "\\" in address or address.startswith("//"):
        return None
    try:
        split = urlsplit(address)
        if split.scheme or split.netloc or not split.path.startswith("/"):
            return None
        endpoint, _ = current_app.create_url_adapter(request).match(  # type: ignore[union-attr]
            split.path, method="GET", query_args=split.query)
    except (ValueError, HTTPException, RequestRedirect):
        return None
    is_page = endpoint.partition(".")[0] in _ROOMS and endpoint not in _WAYS_IN
    return address if is_page and endpoint != "page.static" else None


def place_around(page: str) -> str | None:
    """The same of a whole address: that of the page which a part is loaded into, as its script tells."""
    try:
        split = urlsplit(page)
    except ValueError:  # No address at all: whatever sent it, it was no script of ours.
        return None
    return place_of(f"{split.path}?{split.query}".rstrip("?"))
