"""The frontier: any batches give the same root and the same tiles, and the old value outlives a failed transaction."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import Tree, numbered_leaves, partial_tiles, tiles_of

from ledger.proof.frontier import Frontier, FrontierMismatch
from ledger.proof.merkle import EMPTY_ROOT, root_of
from ledger.proof.tiles import Tile, edge_widths, split_hashes, tile_at

COUNT = 66_500   # Past 256 × 256, so that tiles of level 1 fill and level 2 opens.


def test_appending_one_by_one_gives_the_root_of_the_whole_at_every_size() -> None:
    leaves, frontier = numbered_leaves(600), Frontier()
    for size, leaf in enumerate(leaves):
        assert frontier.root() == root_of(leaves[:size])
        frontier, _ = frontier.append([leaf])
    assert frontier.size == 600


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.lists(st.integers(1, COUNT - 1), max_size=12))
def test_any_batches_give_the_same_root_and_the_same_tiles(cuts: list[int]) -> None:
    whole, parts = Tree(numbered_leaves(COUNT)), Tree(numbered_leaves(COUNT), batches=tuple(cuts))

    assert parts.frontier == whole.frontier
    assert parts.frontier.root() == root_of(numbered_leaves(COUNT))
    assert set(tiles_of(COUNT)) == set(whole.tiles)
    assert {tile: parts.tiles[tile] for tile in whole.tiles} == whole.tiles


def test_tiles_hold_the_hashes_of_the_level_below() -> None:
    tree, leaves = Tree(numbered_leaves(COUNT)), numbered_leaves(COUNT)

    for tile, data in tree.tiles.items():
        span = 256 ** tile.level
        for place, value in enumerate(split_hashes(data)):
            if place in (0, 1, 128, tile.width - 1):
                start = (tile.index * 256 + place) * span
                assert value == root_of(leaves[start:start + span])


def test_a_full_tile_carries_its_own_root_for_the_level_above() -> None:
    _, full = Frontier().append(numbered_leaves(COUNT))
    above = {tile.index: tile for tile in full if tile.level == 1}

    assert [len(tile.hashes) for tile in full] == [8192] * len(full)
    for tile in full:
        assert tile.root == root_of(split_hashes(tile.hashes))
        if tile.level == 0 and tile.index // 256 in above:
            assert split_hashes(above[tile.index // 256].hashes)[tile.index % 256] == tile.root


def test_an_append_leaves_the_old_frontier_as_it_was() -> None:
    before, _ = Frontier().append(numbered_leaves(300))
    size, edge, root = before.size, before.edge, before.root()

    after, _ = before.append(numbered_leaves(COUNT)[300:70_000])
    assert (before.size, before.edge, before.root()) == (size, edge, root)
    assert after.root() != root
    with pytest.raises(AttributeError):
        before.size = 1   # type: ignore[misc]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, COUNT])
def test_a_frontier_is_restored_from_its_edge(size: int) -> None:
    grown, _ = Frontier().append(numbered_leaves(COUNT)[:size])
    restored = Frontier.restore(size, list(grown.edge))

    assert restored == grown
    assert [len(hashes) // 32 for hashes in grown.edge] == edge_widths(size)
    assert partial_tiles(grown) == [
        (tile_at(size, level, size >> 8 * (level + 1)), hashes) for level, hashes in enumerate(grown.edge) if hashes
    ]
    assert restored.append(numbered_leaves(9))[0] == grown.append(numbered_leaves(9))[0]


def test_an_edge_of_another_size_is_refused_with_the_cure() -> None:
    grown, _ = Frontier().append(numbered_leaves(300))
    for size, edge in [
        (301, grown.edge), (299, grown.edge), (300, grown.edge[:1]), (300, (*grown.edge, b"")), (0, grown.edge),
        (300, (grown.edge[0][:-1], grown.edge[1])), (300, ()),
    ]:
        with pytest.raises(FrontierMismatch, match="完整校验") as caught:
            Frontier.restore(size, edge)
        assert caught.value.code == "frontier_mismatch"


def test_the_empty_frontier_has_the_root_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT
    assert Frontier().append([]) == (Frontier(), [])
    assert partial_tiles(Frontier()) == []


def test_the_shape_of_seventy_thousand_leaves_is_as_published() -> None:
    tiles = list(tiles_of(70_000))

    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
