"""Single sign-on: somebody says at a provider who they are, and is let in as the account that they linked before.

No login makes an account: a professional registers themselves and is matched (W 4), a department's account is allotted
by the office above (W 5, R 8). Whoever holds an account links it, once, from a session of theirs. What a sign-on is
known by on its way (state, nonce, verifier) is derived from a secret that only the browser has which began it, so that
what another browser brings, or brings twice, opens nothing.

`tests/api/test_sign_on.py` shows it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

import structlog

from api.house import House
from api.operational.callers import Caller
from api.outside.provider import Asked, Identity, NotProven, Provider, ProviderAway
from ledger.errors import Refusal
from ledger.ids import PREFIXES

_NOT_PROVEN: Final = {
    "declined": "sign_on_declined", "code": "sign_on_code_unfit", "answer": "sign_on_answer_unfit",
    "signature": "sign_on_signature_unfit", "issuer": "sign_on_issuer_differs", "audience": "sign_on_audience_differs",
    "nonce": "sign_on_nonce_differs", "expired": "sign_on_expired", "strength": "sign_on_too_weak",
}


class Begun(NamedTuple):
    """Where to send a browser, and what it is to bring back."""

    address: str
    browser: str


class Let(NamedTuple):
    """Who was let in, and whether they have just linked themselves."""

    caller: Caller
    linked: bool


def begin(house: House, provider: Provider, session: str | None) -> Begun | Refusal:
    """Send a browser to the provider: to log in, or, of somebody who is logged in, to be linked."""
    browser = secrets.token_urlsafe(32)
    try:
        address = provider.address(_asked(house, browser))
    except ProviderAway as away:
        return _away(away)
    house.operations.begin_sign_on(browser, session, now=house.now)
    return Begun(address, browser)


def finish(house: House, provider: Provider, sent: Mapping[str, str], browser: str) -> Let | Refusal:
    """Let whoever came back in, or link them, or say why not."""
    asked = _asked(house, browser)
    if not hmac.compare_digest(sent.get("state", "").encode(), asked.state.encode()):
        return Refusal.because("sign_on_unknown")
    begun = house.operations.finish_sign_on(browser, now=house.now)
    if begun is None:
        return Refusal.because("sign_on_unknown")
    try:
        identity = provider.identity(sent, asked, now_s=house.now // 1_000_000)
    except NotProven as wrong:
        return Refusal.because(_NOT_PROVEN[wrong.why])
    except ProviderAway as away:
        return _away(away)
    return _let_in(house, identity) if begun.session is None else _link(house, begun.session, identity)


def _let_in(house: House, identity: Identity) -> Let | Refusal:
    holder = house.operations.linked(*identity)
    return Refusal.because("sign_on_not_linked") if holder is None else Let(_caller(holder), linked=False)


def _link(house: House, session: bytes, identity: Identity) -> Let | Refusal:
    holder = house.operations.link(session, *identity, now=house.now)
    if not holder:
        return Refusal.because("sign_on_unknown" if holder is None else "sign_on_taken")
    return Let(_caller(holder), linked=True)


def _asked(house: House, browser: str) -> Asked:
    return Asked(*(house.operations.derived(what, browser) for what in Asked._fields))


def _caller(holder: str) -> Caller:
    return Caller("person" if holder.startswith(PREFIXES["person"]) else "actor", holder)


def _away(away: ProviderAway) -> Refusal:
    structlog.get_logger().warning("provider_away", why=away.why)
    return Refusal.because("sign_on_away")
