"""The frontier: the right edge of an append-only tree, which is all that appending and signing need of it.

It is an immutable value. An append gives a new frontier and the tiles that became full; the old one stays as
it was, so a transaction that fails has nothing to undo. It holds at most 255 hashes a level (the partial
tiles), and inner nodes are hashed when a tile is full, level by level over the whole batch: one node hash an
event, in the tightest loop there is.

`tests/ledger/proof/test_merkle_frontier.py` shows that any batches give the same root and the same tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ledger.proof.merkle import HASH_SIZE, hash_pairs, hash_row, root_of
from ledger.proof.text import Malformed
from ledger.proof.tiles import TILE_HEIGHT, TILE_SIZE, edge_widths, split_hashes


class FrontierMismatch(Malformed):
    """The hashes given are not the right edge of a tree of the size given."""

    code: ClassVar[str] = "frontier_mismatch"
    cure: ClassVar[str] = "请运行完整校验，从逐条记录重建树；在此之前不要签发检查点"


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that will never change again: 256 hashes as they are served, and the hash of the whole."""

    level: int
    index: int
    hashes: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves by its right edge: `edge[level]` is that level's partial tile, or empty."""

    size: int = 0
    edge: tuple[bytes, ...] = ()

    @classmethod
    def restore(cls, size: int, edge: Sequence[bytes]) -> Frontier:
        """Take up a stored edge. Its widths are checked here, its hashes by comparing `root()` with a checkpoint."""
        lengths = [len(hashes) for hashes in edge]
        expected = [HASH_SIZE * width for width in edge_widths(size)]
        if lengths != expected:
            raise FrontierMismatch(f"大小为 {size} 的树", f"右缘各层为 {lengths} 字节，应为 {expected} 字节")
        return cls(size, tuple(edge))

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Frontier, list[FullTile]]:
        """The frontier after these leaves, and every tile they complete, by level."""
        edge: list[bytes] = []
        full: list[FullTile] = []
        arriving, level = b"".join(leaf_hashes), 0
        assert len(arriving) == HASH_SIZE * len(leaf_hashes), "a leaf hash is 32 bytes"
        while arriving or level < len(self.edge):
            row = self.edge[level] + arriving if level < len(self.edge) else arriving
            filled = len(row) - len(row) % TILE_SIZE
            roots = _roots_of(row[:filled]) if filled else []
            index = self.size >> TILE_HEIGHT * (level + 1)
            for number, root in enumerate(roots):
                start = number * TILE_SIZE
                full.append(FullTile(level, index + number, row[start:start + TILE_SIZE], root))
            edge.append(row[filled:])
            arriving, level = b"".join(roots), level + 1
        return Frontier(self.size + len(leaf_hashes), tuple(edge)), full

    def root(self) -> bytes:
        """The root at this size: at most 255 node hashes a level, nothing read."""
        ragged: list[bytes] = []   # What stands right of a level's complete subtrees: the root of all below.
        for hashes in self.edge:
            row = split_hashes(hashes) + ragged
            ragged = [root_of(row)] if row else []
        return root_of(ragged)


def _roots_of(row: bytes) -> list[bytes]:
    """The hash of each full tile in a row of full tiles."""
    hashes = hash_row(row)
    for _ in range(TILE_HEIGHT - 1):
        hashes = hash_pairs(hashes)
    return hashes
