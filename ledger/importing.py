"""Imports, run: a file is taken in once for ever, its rows are written in an act, and both end together (P 14).

    batch = open_import(ledger, command, actor=actor)           # or the receipt of the first that took the file
    act = open_act(ledger, kind="import", ...)                  # what was accepted, as `ledger.acts` writes it
    close_import(ledger, batch.batch, command, actor=actor)     # every row takes force, and the counts say what became

What may be done is decided in `ledger.streams.imports`, and its refusals come out as they are. Whoever brings a file
that is known is refused as `file_imported` with its receipt, also where both came at once and the other was faster.

`tests/ledger/test_importing.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import ImportId, file_name
from ledger.ledger import Deciding, Ledger, Loaded
from ledger.stores.append import NameTaken, Receipt
from ledger.streams import actor as actors
from ledger.streams import imports
from ledger.streams.act import Act
from ledger.streams.decision import Decision
from ledger.streams.imports import (
    AbandonImport,
    CloseImport,
    Import,
    OpenImport,
    ReconcileImport,
)
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, StreamId


def open_import(ledger: Ledger, command: OpenImport, *, actor: ActorId) -> Import | Refusal:
    """Take a file in, or say what became of it when it was taken in before."""

    def decision() -> Deciding:
        hand, batch = _hand(ledger, actor), _import(ledger, command.batch)
        known = ledger.find(file_name(command.system, command.file_sha256))
        same = None if known is None else _import(ledger, ImportId(known))
        decided = imports.decide_import_opening(
            batch.state, command, None if same is None else same.state, _present(hand))
        guards = (*hand.guards, *(() if same is None else same.guards))
        return Deciding(decided, {StreamId(command.batch): batch.version}, guards)

    try:
        opened = ledger.decide(decision, by=_by(ledger, actor, command.role))
    except NameTaken:  # Another came with the same file and was faster: now it is known.
        again = decision().drafts
        if isinstance(again, Refusal):
            return again
        raise
    if isinstance(opened, Refusal):
        return opened
    state = _import(ledger, command.batch).state
    assert state is not None, "what was just opened is there"
    return state


def close_import(ledger: Ledger, batch: ImportId, command: CloseImport, *, actor: ActorId) -> Receipt | Refusal:
    """Say what became of every row, and put those that were accepted in force with it."""

    def decide(known: Import | None, act: Act | None, by: Actor) -> Decision:
        return imports.decide_import_closing(known, command, act, by)

    return _upon(ledger, batch, command.role, actor, decide, act=command.act)


def abandon_import(ledger: Ledger, batch: ImportId, command: AbandonImport, *, actor: ActorId) -> Receipt | Refusal:
    """Give it up: its file may come again."""
    return _upon(ledger, batch, command.role, actor,
                 lambda known, _, by: imports.decide_import_abandonment(known, command, by))


def reconcile_import(
    ledger: Ledger, batch: ImportId, command: ReconcileImport, *, actor: ActorId
) -> Receipt | Refusal:
    """Record how it compares with a later snapshot."""
    return _upon(ledger, batch, command.role, actor,
                 lambda known, _, by: imports.decide_reconciliation(known, command, by))


def _upon(
    ledger: Ledger, batch: ImportId, role: str, actor: ActorId,
    decide: Callable[[Import | None, Act | None, Actor], Decision], *, act: str | None = None,
) -> Receipt | Refusal:
    def decision() -> Deciding:
        hand, known = _hand(ledger, actor), _import(ledger, batch)
        versions = {StreamId(batch): known.version}
        rows = None
        if act is not None:
            rows, versions[StreamId(act)] = ledger.load_act(act)
        return Deciding(decide(known.state, rows, _present(hand)), versions, hand.guards)

    return ledger.decide(decision, by=_by(ledger, actor, role))


def _hand(ledger: Ledger, actor: ActorId) -> Loaded[Actor]:
    return ledger.load_free(actor, actors.evolve)


def _import(ledger: Ledger, batch: ImportId) -> Loaded[Import]:
    return ledger.load_free(batch, imports.evolve)


def _present(hand: Loaded[Actor]) -> Actor:
    assert hand.state is not None, "whoever acts was appointed"
    return hand.state


def _by(ledger: Ledger, actor: ActorId, role: str) -> By:
    return By(actor=actor, role=role, organisation=_present(_hand(ledger, actor)).organisation)
