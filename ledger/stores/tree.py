"""The tree as stores keep it: full tiles as rows, everything ragged read from what stands below it."""

from __future__ import annotations

from typing import Final, Protocol

from ledger.proof.frontier import Frontier
from ledger.proof.merkle import HASH_SIZE, hash_leaves
from ledger.proof.text import NUMBER_MAX
from ledger.proof.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, Tile, edge_widths, encode_entries, format_tile_path
from ledger.stores.errors import AbsentTile

_CAUGHT_UP_MOST: Final = 256  # To read it anew takes as many leaves, and as many roots of tiles for each level above.


class StoredTree(Protocol):
    """What a store reads for the tree, all in one view of the data."""

    def leaves(self, first: int, last: int) -> list[bytes]: ...

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]: ...

    def full_tile(self, level: int, number: int) -> bytes | None: ...


def read_tile(tree: StoredTree, tile: Tile) -> bytes:
    """The bytes of a tile or entry bundle as wide as asked; raises AbsentTile."""
    if (tile.index + 1) << TILE_HEIGHT * (max(tile.level, 0) + 1) > NUMBER_MAX:  # No log has it, no store can count it.
        raise AbsentTile(format_tile_path(tile))
    if tile.level == ENTRIES:
        first = tile.index * TILE_WIDTH
        found = tree.leaves(first + 1, first + tile.width)
        if len(found) != tile.width:
            raise AbsentTile(format_tile_path(tile))
        return encode_entries(found)
    if tile.width == TILE_WIDTH and (full := tree.full_tile(tile.level, tile.index)) is not None:
        return full
    hashes = _row(tree, tile.level, tile.index * TILE_WIDTH, tile.width)
    if tile.width == TILE_WIDTH or len(hashes) != tile.width:
        raise AbsentTile(format_tile_path(tile))
    return b"".join(hashes)


def read_frontier(tree: StoredTree, size: int) -> Frontier:
    """The right edge at a size, from leaves and tile roots."""
    edge = []
    for level, width in enumerate(edge_widths(size)):
        first = (size >> TILE_HEIGHT * level) - width
        edge.append(b"".join(_row(tree, level, first, width)))
    return Frontier.restore(size, edge)


def caught_up(tree: StoredTree, before: Frontier, size: int) -> Frontier:
    """The right edge at a size, of which an earlier one is known: what stands never changes, so few leaves make it."""
    if before.size and 0 <= size - before.size <= _CAUGHT_UP_MOST:
        return before.append(hash_leaves(tree.leaves(before.size + 1, size)))[0]
    return read_frontier(tree, size)


def _row(tree: StoredTree, level: int, first: int, width: int) -> list[bytes]:
    if width == 0:
        return []
    if level == 0:
        full = tree.full_tile(0, first >> TILE_HEIGHT)  # Of a full tile the hashes stand, wherever bodies are.
        if full is not None:
            return [full[at:at + HASH_SIZE] for at in range(0, width * HASH_SIZE, HASH_SIZE)]
        return hash_leaves(tree.leaves(first + 1, first + width))
    return tree.tile_roots(level - 1, first, first + width - 1)
