"""What a form carries unseen: a key that only this browser was given, and the version of what it is about.

The key is new for each form that is shown and bound to the session by an HMAC. So no other site can make one up (on top
of SameSite=Strict and Sec-Fetch-Site), and a form that is sent twice is done once: the key is its Idempotency-Key too.
`tests/console/test_screen.py` shows it.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final
from urllib.parse import urlencode

from flask import request

from api.cases.doing import Asked
from api.house import House
from api.operational.callers import Caller
from api.operational.claim_drafts import Turn
from api.whole import whole
from ledger.stores.append import RequestKey

KEY: Final = "key"
VERSION: Final = "version"
TURN: Final = "turn"
"""Counted by the script of a form that is saved as it is typed; without a script a page sends nothing by itself."""

FACTOR: Final = "factor_code"
"""A code of a second factor, asked for on the way: no part of what is sent."""

_RANDOM_CHARS: Final = 22


def issue_key(house: House, session: str) -> str:
    """Make the key of one form of one session."""
    random = secrets.token_urlsafe(16)
    return random + _bound(house, session, random)


def is_ours(house: House, session: str, key: str) -> bool:
    """Say whether a key was issued to this session."""
    random, mac = key[:_RANDOM_CHARS], key[_RANDOM_CHARS:]
    return hmac.compare_digest(mac.encode(), _bound(house, session, random).encode())


def asked(house: House, caller: Caller, *, dry_run: bool = False, leaving_out: tuple[str, ...] = ()) -> Asked:
    """How what was sent is asked for: under the form's key, upon the version that it was about.

    Of a secret not even an HMAC is kept: it is left out of what says whether the same was sent again.
    """
    if dry_run:
        return Asked(dry_run=True, trace=caller.trace)
    place = f"{caller.scope}\0console {request.path}\0{request.form[KEY]}"
    content = urlencode([(name, value) for name, value in request.form.items(multi=True)
                         if name not in (KEY, FACTOR, *leaving_out)])
    key = RequestKey(hmac.digest(house.request_key, place.encode(), "sha256"),
                     hmac.digest(house.request_key, content.encode(), "sha256"))
    return Asked(key, version(), trace=caller.trace)


def version() -> int | None:
    """The version of what a form is about; None of what is new."""
    return whole(request.form.get(VERSION, ""), 10)


def turn() -> Turn:
    """Which page sends, and as its how-manieth sending."""
    return Turn(request.form[KEY][:_RANDOM_CHARS], whole(request.form.get(TURN, ""), 10) or 0)


def _bound(house: House, session: str, random: str) -> str:
    return hmac.digest(house.cursor_key, b"form\0" + session.encode() + b"\0" + random.encode(), "sha256").hex()[:32]
