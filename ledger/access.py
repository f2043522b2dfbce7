"""The access log: who saw whose personal data, and for what purpose. A second log of the same make, with its own name.

It stands apart from the ledger because reading is not a fact about hours and has a retention of its own (six months at
least). Once a day its checkpoint is recorded in the ledger, so that it cannot quietly change either.

`tests/ledger/test_access.py` shows it.
"""

from __future__ import annotations

from ledger.envelope import decode
from ledger.events.act import LOG, AccessAnchored, AccessRecorded
from ledger.events.base import By, Draft
from ledger.ids import new_id
from ledger.ledger import Ledger
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.signer import Signer
from ledger.stores.append import Receipt

ANCHOR_EVERY_US = 24 * 3600 * 1_000_000


def record_access(
    log: Ledger, *, by: By, subject: str, purpose: str, what: tuple[str, ...], route: str | None, now_ms: int
) -> Receipt:
    """Record that someone is about to see something; durable before they see it."""
    access = new_id("access", now_ms=now_ms)
    event = AccessRecorded(
        access=access, reader=by.actor, subject=subject, purpose=purpose, what=what, route=route
    )
    return log.record([Draft(event)], by=by)


def anchor_access(ledger: Ledger, signer: Signer, *, by: By, now: int) -> Receipt | None:
    """Record the access log's checkpoint in the ledger, once a day and only when it has grown."""
    events = [decode(leaf) for _, leaf in ledger.store.stream(LOG)]
    anchors = [envelope for envelope in events if isinstance(envelope.event, AccessAnchored)]
    if anchors and now - anchors[-1].recorded_at < ANCHOR_EVERY_US:
        return None
    checkpoint = parse_checkpoint(parse_note(signer.checkpoint())[0])
    last: AccessAnchored | None = anchors[-1].event if anchors else None
    if checkpoint.root == EMPTY_ROOT or (last is not None and last.size == checkpoint.size):
        return None
    anchored = AccessAnchored(origin=checkpoint.origin, size=checkpoint.size, root=encode_base64(checkpoint.root))
    return ledger.record([Draft(anchored)], by=by, versions={LOG: len(events)})
