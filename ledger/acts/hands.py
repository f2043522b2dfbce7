"""The hand that writes a larger act: an account as it stands, and what it decides of a record and of its act at once.

A record (a class, an import, a case) and its act begin and end in one append each: so neither ever stands open without
the other. `tests/ledger/test_rosters.py` and `tests/ledger/test_importing.py` show it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ledger.errors import Refusal
from ledger.events.base import By
from ledger.ledger import Deciding, Ledger
from ledger.reading import Loaded
from ledger.stores.append import Receipt
from ledger.streams import actor as actors
from ledger.streams.act import Act
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, StreamId

_State = TypeVar("_State")


def hand_of(ledger: Ledger, actor: ActorId) -> Loaded[Actor]:
    """Read an account, with what an append names when it rests on it."""
    return ledger.load_free(actor, actors.evolve)


def present(hand: Loaded[Actor]) -> Actor:
    """Give the account that was read."""
    assert hand.state is not None, "whoever acts was appointed"
    return hand.state


def by_hand(ledger: Ledger, actor: ActorId, role: str) -> By:
    """Name an account in an event, for the organisation it acts for."""
    return By(actor=actor, role=role, organisation=present(hand_of(ledger, actor)).organisation)


def decide_upon(
    ledger: Ledger, record: str, evolve: Callable[[_State | None, Any], _State], actor: ActorId, role: str,
    decide: Callable[[_State | None, Act | None, Actor], Decision], *, act: str | None = None,
) -> Receipt | Refusal:
    """Decide of a record and, where one is named, of its act."""

    def decision() -> Deciding:
        hand, known = hand_of(ledger, actor), ledger.load_free(record, evolve)
        versions, rows = {StreamId(record): known.version}, None
        if act is not None:
            rows, versions[StreamId(act)] = ledger.load_act(act)
        return Deciding(decide(known.state, rows, present(hand)), versions, hand.guards)

    return ledger.decide(decision, by=by_hand(ledger, actor, role))
