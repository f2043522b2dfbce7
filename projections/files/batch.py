"""Some of the log, as whoever takes events takes them: each read once for all, and only where somebody cares.

`tests/projections/test_making.py` shows how rows of an act are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from ledger.envelope import Envelope, decode, wire_type_in
from ledger.stores.recorder import AppendingRecorder
from projections.files.projection import Effect

EVENTS_AT_ONCE: Final = 1_000
AGAIN_AT_ONCE: Final = 500
_AT_HAND_MOST: Final = 4_000  # Events, of some two kilobytes, as long as the batch is taken; one part of a hand-over.


class Log(Protocol):
    """The log as whoever follows it needs it: without a key that opens what is sealed."""

    @property
    def store(self) -> AppendingRecorder:
        """Where its leaves are."""


class Batch:
    """Leaves that follow one another. Whoever takes them reads the events that it cares about, each of them once."""

    def __init__(self, after: int, leaves: Sequence[bytes]) -> None:
        self.after, self.leaves = after, leaves
        self.kinds = [wire_type_in(leaf) for leaf in leaves]
        self.every_kind = frozenset(self.kinds)
        self._envelopes: list[Envelope | None] = [None] * len(leaves)
        self._effects: list[Effect | None] = [None] * len(leaves)
        self._at_hand: dict[int, tuple[int, bytes, Envelope]] = {}

    @property
    def position(self) -> int:
        """Where it ends."""
        return self.after + len(self.leaves)

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

    def again(self, ledger: Log, positions: Sequence[int]) -> list[tuple[int, bytes, Envelope]]:
        """Read rows of an act that ends in this batch: once for all who take it, unless they are very many."""
        at_hand = self._at_hand
        missing = [position for position in positions if position not in at_hand]
        if missing:
            if len(at_hand) + len(missing) > _AT_HAND_MOST:
                at_hand.clear()
                missing = list(positions)
            at_hand.update((row[0], row) for row in read_again(ledger, missing))
        return [at_hand[position] for position in positions]

    def parts(self, size: int) -> Iterator[Batch]:
        """Give the same, so many events at a time."""
        return (Batch(self.after + at, self.leaves[at:at + size]) for at in range(0, len(self.leaves), size))


def read_batch(ledger: Log, after: int, limit: int = EVENTS_AT_ONCE) -> Batch | None:
    """Read the events past a position; None when there are none."""
    leaves = ledger.store.leaves(after, limit)
    if not leaves:
        return None
    return Batch(after, leaves)


def read_again(ledger: Log, positions: Sequence[int]) -> Iterator[tuple[int, bytes, Envelope]]:
    """Read events that stand close together, as the rows of an act nearly always do, at once."""
    first, last = positions[0], positions[-1]
    together = last - first < 2 * AGAIN_AT_ONCE
    for position in positions:
        if position == first or not together:
            batch = Batch(position - 1, ledger.store.leaves(position - 1, last - first + 1 if together else 1))
        place = position - 1 - batch.after
        yield position, batch.kinds[place], batch.envelope(place)
