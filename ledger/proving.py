"""Proofs out of the ledger's own tree: of one event, and that one size extends another.

A `.tlog-proof` bundle carries the event's leaf in its `extra` line, so that one file is enough to check: the leaf is
not taken on trust, its hash is what the proof leads from.
"""

from __future__ import annotations

from ledger.errors import LedgerError
from ledger.proof.bundle import Bundle, format_bundle
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import prove_consistency, prove_inclusion
from ledger.proof.notes import parse_note
from ledger.proof.tiles import TileHashes
from ledger.stores.recorder import AppendingRecorder


class NotYetSigned(LedgerError):
    """No checkpoint holds the event yet."""

    code = "not_yet_signed"

    def __init__(self, position: int, size: int) -> None:
        self.position, self.size = position, size
        super().__init__(
            f"事件 {position} 尚未被检查点包含（最近的检查点有 {size} 条）。请稍候片刻，或先签发新的检查点。"
        )


class NoSuchEvent(LedgerError):
    """The log is not that long."""

    code = "no_such_event"

    def __init__(self, position: int, size: int) -> None:
        self.position, self.size = position, size
        super().__init__(f"没有事件 {position}：日志共 {size} 条，编号从 1 起。")


def prove_event(store: AppendingRecorder, position: int, note: bytes) -> bytes:
    """A bundle that proves an event under a signed checkpoint; positions count from 1, indexes from 0."""
    checkpoint = parse_checkpoint(parse_note(note)[0])
    if not 1 <= position <= store.size():
        raise NoSuchEvent(position, store.size())
    if position > checkpoint.size:
        raise NotYetSigned(position, checkpoint.size)
    hashes = prove_inclusion(position - 1, checkpoint.size, TileHashes(store, checkpoint.size))
    (leaf,) = store.leaves(position - 1, 1)
    return format_bundle(Bundle(index=position - 1, hashes=tuple(hashes), checkpoint=note, extra=leaf))


def prove_growth(store: AppendingRecorder, old_size: int, new_size: int) -> list[bytes]:
    """The hashes that prove that the log at one size extends it at another."""
    return prove_consistency(old_size, new_size, TileHashes(store, new_size))
