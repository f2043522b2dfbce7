"""Everything left to chance, from one seed: two streams, so that what happens does not hang on how it is sealed.

None of it is secret. Whoever knows the seed knows every key of a person in the demo, whose people do not exist; the
keys that guard the register (master key, signing keys, tokens) are made like those of any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from ledger.ids import new_id, new_verify_code
from ledger.vocabulary import StreamId

_Thing = TypeVar("_Thing")


class Dice:
    """Chance by a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(f"xueshi demo, what happens, {seed}")  # noqa: S311  A history, not a key.
        self._bytes = Random(f"xueshi demo, how it is sealed, {seed}")  # noqa: S311  Of people who are not.
        self.random = self._bytes.randbytes

    def id(self, kind: str, at: int) -> StreamId:
        """An id of one kind, made at a time in microseconds."""
        return new_id(kind, now_ms=at // 1_000, randbits=self._bytes.getrandbits)

    def verify_code(self) -> str:
        """A verify code."""
        return new_verify_code(randbits=self._bytes.getrandbits)

    def digest(self) -> str:
        """The SHA-256 of a file that nobody has."""
        return self._bytes.randbytes(32).hex()

    def below(self, count: int) -> int:
        """A whole number from 0 up to but not including `count`."""
        return int(self._chance.random() * count)  # A third of the time of `randrange`.

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._chance.random() * (high - low + 1))

    def happens(self, per_mille: int) -> bool:
        """Whether something happens that does so many times in a thousand."""
        return self._chance.random() * 1_000 < per_mille

    def one_of(self, things: Sequence[_Thing]) -> _Thing:
        """One of several things."""
        return things[int(self._chance.random() * len(things))]

    def shuffled(self, things: Sequence[_Thing]) -> list[_Thing]:
        """The same things in another order."""
        mixed = list(things)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self._chance.random() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def digest_of(text: str) -> str:
    """The SHA-256 of a file that everyone in one class has: the notice, the schedule."""
    return hashlib.sha256(text.encode()).hexdigest()
