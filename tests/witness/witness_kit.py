"""A log that can be grown and forked at will, and a witness of it, for the tests of witnesses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import hash_leaf, prove_consistency, root_of
from ledger.proof.notes import format_note, sign
from ledger.proof.policy import Policy, trust
from ledger.witnessing.request import Request, format_request
from ledger.witnessing.state import State
from ledger.witnessing.witness import Witness

NOW = 1_780_000_000
ORIGIN = "log.example/xueshi"
LOG_KEY = SigningKey(ORIGIN, b"\1" * 32)
WITNESS_KEY = SigningKey("witness.example/1", b"\2" * 32)
POLICY: Policy = trust(LOG_KEY.public())


@dataclass
class FakeLog:
    """Leaves in memory, and what a log says of them."""

    key: SigningKey = LOG_KEY
    leaves: list[bytes] = field(default_factory=list)

    def grown(self, count: int, word: str = "event") -> FakeLog:
        """The same history and `count` more events; another `word` is another history."""
        start = len(self.leaves)
        return FakeLog(self.key, [*self.leaves, *(f"{word} {start + n}".encode() for n in range(count))])

    @property
    def size(self) -> int:
        return len(self.leaves)

    def root(self, size: int | None = None) -> bytes:
        hashes = [hash_leaf(leaf) for leaf in self.leaves[:size]]
        return Frontier().append(hashes)[0].root()

    def text(self) -> bytes:
        return format_checkpoint(Checkpoint(self.key.name, self.size, self.root()))

    def note(self) -> bytes:
        return format_note(self.text(), [sign(self.text(), self.key)])

    def proof(self, old: int) -> tuple[bytes, ...]:
        return tuple(prove_consistency(old, self.size, self))

    def body(self, old: int) -> bytes:
        """What it sends to a witness that is at `old`."""
        return format_request(Request(old, self.proof(old), self.note()))

    def read_hashes(self, subtrees: object) -> list[bytes]:
        assert isinstance(subtrees, list | tuple)
        return [root_of([hash_leaf(leaf) for leaf in self.leaves[index << level:(index + 1) << level]])
                for level, index in subtrees]


def witness_in(folder: Path, *, clock: Iterator[int] | None = None) -> Witness:
    """A witness of the log, with a memory of its own, which is made where there is none."""
    path = folder / "witness.db"
    state = State(path) if path.exists() else State.create(path)
    return Witness(WITNESS_KEY, state, lambda: [LOG_KEY.public()], lambda: NOW if clock is None else next(clock))
