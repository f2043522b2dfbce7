"""Proofs out of the ledger's own tree: of one event, and that one size extends another.

A `.tlog-proof` bundle carries the event's leaf in its `extra` line, so that one file is enough to check: the leaf is
not taken on trust, its hash is what the proof leads from.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ledger.errors import LedgerError
from ledger.proof.bundle import Bundle, format_bundle
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import prove_consistency, prove_inclusion
from ledger.proof.notes import parse_note
from ledger.proof.tiles import TileHashes
from ledger.stores.recorder import AppendingRecorder

_TILES: Final = 64       # Half a megabyte,
_HASHES: Final = 16_384  # and as much again.


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
    return Prover(store, note).prove(position)


class Prover:
    """Proves one event after another under one checkpoint: what their paths share is read and hashed once."""

    def __init__(self, store: AppendingRecorder, note: bytes) -> None:
        self._store, self._note = store, note
        self._size = parse_checkpoint(parse_note(note)[0]).size
        self._hashes = _Remembering(store, self._size)

    def prove(self, position: int) -> bytes:
        """The bundle of an event."""
        if not 1 <= position <= self._store.size():
            raise NoSuchEvent(position, self._store.size())
        if position > self._size:
            raise NotYetSigned(position, self._size)
        hashes = prove_inclusion(position - 1, self._size, self._hashes)
        (leaf,) = self._store.leaves(position - 1, 1)
        return format_bundle(Bundle(index=position - 1, hashes=tuple(hashes), checkpoint=self._note, extra=leaf))


class _Remembering:
    """The hashes of a tree, and its last tiles, of which neighbours need the same: never more than so many."""

    def __init__(self, store: AppendingRecorder, size: int) -> None:
        self.read_tile = lru_cache(_TILES)(store.read_tile)
        self._read = lru_cache(_HASHES)(self._asked)
        self._tiles = TileHashes(self, size)

    def read_hashes(self, subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self._read(*one) for one in subtrees]

    def _asked(self, level: int, index: int) -> bytes:
        (found,) = self._tiles.read_hashes([(level, index)])
        return found


def prove_growth(store: AppendingRecorder, old_size: int, new_size: int) -> list[bytes]:
    """The hashes that prove that the log at one size extends it at another."""
    return prove_consistency(old_size, new_size, TileHashes(store, new_size))
