"""Who asks: a person, an actor, whoever installed the system, a reader of the log, or nobody we know.

A caller is only who; what they may do is asked of their standing in the ledger, and of the law, by the use case.
`tests/api/test_callers.py` shows it.
"""

from __future__ import annotations

import hmac
from typing import Final, Literal, NamedTuple

from api.operational.operations import Credential, Operations
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.ids import PREFIXES

Kind = Literal["nobody", "person", "actor", "founder", "reader"]

FOUNDER: Final = "founder"


class Opened(NamedTuple):
    """With what somebody was let in, and when a second factor was last shown with it; 0: never."""

    digest: bytes
    is_session: bool
    shown_at: int


class Caller(NamedTuple):
    """Who asks, and in which request."""

    kind: Kind
    id: str = ""       # `per_...` or `acr_...`; empty for the others.
    trace: str | None = None
    opened: Opened | None = None

    @property
    def scope(self) -> str:
        """What their idempotency keys are kept apart by."""
        return f"{self.kind}:{self.id}"

    def by(self, role: str, *, organisation: str | None = None) -> By:
        """Name them in an event."""
        return By(actor=self.id or self.kind, role=role, organisation=organisation, correlation=self.trace)


class Tokens(NamedTuple):
    """The tokens that lie in files, and those that were given out."""

    founder: str
    reader: str
    given: Operations

    def caller(self, token: str | None, *, now: int, trace: str | None = None) -> Caller | Refusal:
        """Say who bears a token; without one it is nobody, with an unknown one nobody at all."""
        if token is None:
            return Caller("nobody", trace=trace)
        if hmac.compare_digest(token.encode(), self.founder.encode()):
            return Caller("founder", trace=trace)
        if hmac.compare_digest(token.encode(), self.reader.encode()):
            return Caller("reader", trace=trace)
        found = self.given.find(token, now=now)
        if found is None or found.kind != "token":  # A session is a cookie's, which no other site can make us read.
            return Refusal.because("token_unknown")
        return caller_of(found, trace)


def caller_of(found: Credential, trace: str | None = None) -> Caller:
    """Whoever bears a token or a session."""
    kind: Kind = "person" if found.holder.startswith(PREFIXES["person"]) else "actor"
    return Caller(kind, found.holder, trace, Opened(found.digest, found.kind == "session", found.shown_at))
