"""Some of the log, as whoever takes events takes them: each read once for all, and only where somebody cares.

`tests/projections/test_making.py` shows how rows of an act are read when it ends.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from ledger.envelope import Envelope, act_in, decode, wire_type_in
from ledger.stores.recorder import AppendingRecorder
from projections.files.projection import Effect
from projections.tables.waiting import BLOCK

EVENTS_AT_ONCE: Final = 1_000
_AT_HAND_MOST: Final = 4_000  # Events, of some two kilobytes, as long as the batch is taken; one part of a hand-over.


class Log(Protocol):
    """The log as whoever follows it needs it: without a key that opens what is sealed."""

    @property
    def store(self) -> AppendingRecorder:
        """Where its leaves are."""


class Held(NamedTuple):
    """Rows of an act in one block of the log: none of them has an effect before the act is closed."""

    block: int
    act: str
    kinds: set[bytes]


class Batch:
    """Leaves that follow one another. Whoever takes them reads the events that it cares about, each of them once."""

    def __init__(self, after: int, leaves: Sequence[bytes]) -> None:
        self.after, self.leaves = after, leaves
        self.kinds = [wire_type_in(leaf) for leaf in leaves]
        self.every_kind = frozenset(self.kinds)
        self.acts = [act_in(leaf) for leaf in leaves]
        self.held = _held(self)
        self._envelopes: list[Envelope | None] = [None] * len(leaves)
        self._effects: list[Effect | None] = [None] * len(leaves)
        self._at_hand: dict[int, Batch] = {}

    @property
    def position(self) -> int:
        """Where it ends."""
        return self.after + len(self.leaves)

    @property
    def free(self) -> Iterator[tuple[int, bytes]]:
        """The places and kinds of the events that take effect where they stand."""
        told = enumerate(zip(self.kinds, self.acts, strict=True))
        return ((place, kind) for place, (kind, act) in told if act is None)

    def envelope(self, place: int) -> Envelope:
        """Read one of them; the first is 0."""
        envelope = self._envelopes[place]
        if envelope is None:
            envelope = self._envelopes[place] = decode(self.leaves[place])
        return envelope

    def effect(self, place: int) -> Effect:
        """Give the effect of one of them, which is the same for all who take it: that it has when no act holds it."""
        effect = self._effects[place]
        if effect is None:
            envelope, position = self.envelope(place), self.after + place + 1
            effect = self._effects[place] = Effect(position, position, envelope, envelope.event)
        return effect

    def rows_of(
        self, ledger: Log, act: str, block: int, kinds: Container[bytes]
    ) -> Iterator[tuple[int, bytes, Envelope]]:
        """The rows of an act that ends in this batch, of some kinds and in one block, read once for all who take it."""
        there, row_of = self._block(ledger, block), act.encode()
        for place, (kind, held_by) in enumerate(zip(there.kinds, there.acts, strict=True)):
            if held_by == row_of and kind in kinds:
                yield there.after + place + 1, kind, there.envelope(place)

    def _block(self, ledger: Log, block: int) -> Batch:
        found = self._at_hand.get(block)
        if found is None:
            if (len(self._at_hand) + 1) * BLOCK > _AT_HAND_MOST:
                self._at_hand.clear()
            after = block * BLOCK
            leaves = ledger.store.leaves(after, min(BLOCK, self.position - after))
            found = self._at_hand[block] = Batch(after, leaves)
        return found

    def parts(self, size: int) -> Iterator[Batch]:
        """Give the same, so many events at a time."""
        return (Batch(self.after + at, self.leaves[at:at + size]) for at in range(0, len(self.leaves), size))


def _held(batch: Batch) -> list[Held]:
    """What of a batch are rows of acts: of which, where, and of which kinds."""
    found: dict[tuple[int, bytes], set[bytes]] = {}
    for at, (kind, act) in enumerate(zip(batch.kinds, batch.acts, strict=True), batch.after):
        if act is not None:
            found.setdefault((at // BLOCK, act), set()).add(kind)
    return [Held(block, act.decode(), kinds) for (block, act), kinds in found.items()]


def read_batch(ledger: Log, after: int, limit: int = EVENTS_AT_ONCE) -> Batch | None:
    """Read the events past a position; None when there are none."""
    leaves = ledger.store.leaves(after, limit)
    if not leaves:
        return None
    return Batch(after, leaves)
