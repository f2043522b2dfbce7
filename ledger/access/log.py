"""The access log: who saw whose personal data, and for what purpose. A second log of the same make, with its own name.

It stands apart from the ledger because reading is not a fact about hours and has a retention of its own (six months at
least). Once a day its checkpoint is recorded in the ledger, so that it cannot quietly change either, even by whoever
holds its signing key.

It says who, whose, what for and what, in ids and codes. Words would be personal data in a place where nothing is sealed
and from which nobody can be forgotten, so they are refused.

Whether it still bears the recorded checkpoints out is read from the stored rows, as the checker reads them
(`ledger.fsck.source`), for nothing of a log that was tampered with may be taken for granted.

`tests/ledger/test_access.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from ledger.envelope import Malformed, decode
from ledger.errors import LedgerError
from ledger.events.access import AccessRecorded
from ledger.events.base import By, Draft
from ledger.events.log import LOG, AccessAnchored, LogEvent
from ledger.fsck.source import Source, View
from ledger.ids import kind_of, new_ids
from ledger.ledger import Ledger
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TILE_WIDTH
from ledger.signing.signer import Signer
from ledger.stores.append import Receipt
from ledger.stores.tree import read_frontier

_Said = TypeVar("_Said", bound=LogEvent)

ANCHOR_EVERY_US: Final = 24 * 3600 * 1_000_000
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class NotCoded(LedgerError):
    """An access that would be recorded in words, which might name someone. They are not repeated."""

    code = "access_not_coded"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(
            f"查阅记录的 {field} 须为编号或小写英文代码（如 complaint_review），不能是文字：查阅日志中不得有个人信息。"
        )


def record_accesses(
    log: Ledger, *, by: By, subjects: Iterable[str], purpose: str, what: tuple[str, ...], route: str | None, now_ms: int
) -> Receipt:
    """Record that someone is about to see something, durable before they see it; raises NotCoded.

    Each subject has a stream of its own: what is on a list was seen of everyone on it.
    """
    seen = list(subjects)
    _demand_codes(seen, purpose, what)
    return log.record([
        Draft(AccessRecorded(access=access, reader=by.actor, subject=subject, purpose=purpose, what=what, route=route))
        for access, subject in zip(new_ids("access", len(seen), now_ms=now_ms), seen, strict=True)
    ], by=by)


def anchor_access(ledger: Ledger, signer: Signer, *, by: By, now: int) -> Receipt | None:
    """Record the access log's checkpoint in the ledger, once a day and only when it has grown.

    While the clock is days behind what was recorded there are no days to count: each full tile is recorded then.
    """
    events = [decode(leaf) for _, leaf in ledger.store.stream(LOG)]
    anchors = [envelope for envelope in events if isinstance(envelope.event, AccessAnchored)]
    since = now - anchors[-1].recorded_at if anchors else ANCHOR_EVERY_US
    if abs(since) < ANCHOR_EVERY_US:
        return None
    checkpoint = parse_checkpoint(parse_note(signer.checkpoint())[0])
    last: AccessAnchored | None = anchors[-1].event if anchors else None
    grown = checkpoint.size - (last.size if last is not None else 0)
    if checkpoint.root == EMPTY_ROOT or grown < (1 if since > 0 else TILE_WIDTH):
        return None
    anchored = AccessAnchored(origin=checkpoint.origin, size=checkpoint.size, root=encode_base64(checkpoint.root))
    return ledger.record([Draft(anchored)], by=by, versions={LOG: len(events)})


class BrokenAnchor(NamedTuple):
    """A checkpoint that the ledger recorded at a position, and that the access log as it is does not lead to."""

    position: int
    size: int


def broken_anchors(ledger: Source, log: Source) -> list[BrokenAnchor]:
    """Hold an access log against all that the ledger recorded of it: it may have been rewritten, or cut back.

    The ledger is read first, so that a log in use has grown at least as far as what is recorded of it.
    """
    with ledger.one_moment() as view:
        anchors = list(said_in(view, AccessAnchored))
    with log.one_moment() as view:
        size = view.size()
        return [BrokenAnchor(position, anchor.size) for position, anchor in anchors
                if anchor.size > size or _root_at(view, anchor.size) != anchor.root]


def said_in(view: View, kind: type[_Said]) -> Iterator[tuple[int, _Said]]:
    """What a stored ledger says of its access log; a value that cannot be read, which may be anything, says nothing."""
    for position, in view.rows(f"SELECT position FROM streams WHERE stream = '{LOG}' ORDER BY position"):
        leaf = view.leaf(position)
        with suppress(Malformed):
            if isinstance(leaf, bytes) and isinstance(event := decode(leaf).event, kind):
                yield position, event


def _root_at(view: View, size: int) -> str | None:
    with suppress(LedgerError):
        return encode_base64(read_frontier(view.tree(), size).root())
    return None


def _demand_codes(subjects: Iterable[str], purpose: str, what: tuple[str, ...]) -> None:
    try:
        for subject in subjects:
            kind_of(subject)
    except ValueError:
        raise NotCoded("subject") from None  # The cause would carry along what was given.
    for field, code in (("purpose", purpose), *(("what", each) for each in what)):
        if not _CODE.fullmatch(code):
            raise NotCoded(field)
