"""Tiles and entry bundles: one path a tile, exact lengths, and hashes read from them."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import Tree, bundles_of, entries_in, numbered_leaves, tiles_of

from ledger.proof.merkle import OutOfTree, Unprovable, check_inclusion, prove_inclusion, root_of
from ledger.proof.tiles import (
    ENTRIES,
    EntryTooLarge,
    MalformedTile,
    Tile,
    TileHashes,
    encode_entries,
    format_tile_path,
    parse_tile_path,
    tile_at,
)

TILES = st.builds(
    Tile, st.one_of(st.just(ENTRIES), st.integers(0, 63)), st.one_of(st.integers(0, 2000), st.integers(0, 2**63 - 1)),
    st.integers(1, 256),
)


@pytest.mark.parametrize(("path", "tile"), [
    ("tile/15/x123/x456/789.p/41", Tile(15, 123_456_789, 41)),
    ("tile/15/x455/667", Tile(15, 455_667)),
    ("tile/entries/x123/x456/789", Tile(ENTRIES, 123_456_789)),
    ("tile/0/x001/x234/067", Tile(0, 1_234_067)),
    ("tile/entries/000.p/2", Tile(ENTRIES, 0, 2)),
    ("tile/63/000.p/255", Tile(63, 0, 255)),
    ("tile/4/001.p/5", Tile(4, 1, 5)),                          # The published paths of sumdb, without the height
    ("tile/3/x123/x456/078", Tile(3, 123_456_078)),             # that it puts in front.
    ("tile/1/x003/x057/500", Tile(1, 3_057_500)),
    ("tile/0/x009/x223/x372/x036/x854/x775/807", Tile(0, 2**63 - 1)),
])
def test_published_paths_are_read_and_written(path: str, tile: Tile) -> None:
    assert parse_tile_path(path) == tile
    assert format_tile_path(tile) == path


@pytest.mark.parametrize("path", [
    *(f"tile/0/{number}" for number in ("001/002", "x001/0002", "x001/002.p/256", "x001")),
    "tile/64/000", "tile/00/000", "tile/-1/000", "tile/0/x000/001", "tile/0/000.p/0", "tile/0/000.p/01",
    "tile/0/000.p/", "tile/0/1", "tile/0/0000", "tile/0/000/", "/tile/0/000", "tile/0/000\n", "tile/0/٠٠٠",
    "tile/data/000", "tile/entries/../000", "tile/0/X001/002", "", "tile/0/x009/x223/x372/x036/x854/x775/808",
    "tile/0/" + "x999/" * 7 + "999", "tile/0/" + "x999/" * 9999 + "999",
    "tile/4/0/001.p/5", "tile/3/5/x123/x456/078", "tile/1/data/x003/x057/500",   # Paths of sumdb are not ours,
    "tile/3/5/123/456/078", "tile/3/-1/123/456/078",                              # good or bad.
])
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(MalformedTile) as caught:
        parse_tile_path(path)
    assert caught.value.code == "tile_malformed"
    assert len(str(caught.value)) < 300


@settings(derandomize=True, deadline=None)
@given(TILES)
def test_every_tile_has_one_path(tile: Tile) -> None:
    assert parse_tile_path(format_tile_path(tile)) == tile


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"tile/(entries|[0-9]{1,3})/[x0-9/]{0,20}(\.p/[0-9]{1,4})?"), st.from_regex(
    r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,2}[0-9]{3}(\.p/[0-9]{1,3})?", fullmatch=True)))
def test_any_text_is_a_canonical_path_or_refused(path: str) -> None:
    try:
        tile = parse_tile_path(path)
    except MalformedTile:
        return
    assert format_tile_path(tile) == path


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 200_000))
def test_the_tiles_of_a_size_are_those_that_hold_something(size: int) -> None:
    tiles = list(tiles_of(size))

    assert len(set(tiles)) == len(tiles)
    assert sum(tile.width for tile in tiles if tile.level == 0) == size
    assert sum(tile.width for tile in bundles_of(size)) == size
    for tile in tiles:
        assert tile_at(size, tile.level, tile.index) == tile
        assert tile_at(size, tile.level, tile.index + 1) in {None, *tiles}
    assert [tile.width for tile in bundles_of(size)] == [tile.width for tile in tiles if tile.level == 0]


@pytest.mark.parametrize("level", [ENTRIES, 0, 1])
def test_after_the_last_full_tile_stands_none(level: int) -> None:
    size = 256 ** (max(level, 0) + 1)

    assert tile_at(size, level, 0) == Tile(level, 0, 256)
    assert tile_at(size, level, 1) is None


def test_the_hash_of_every_complete_subtree_is_read_from_tiles() -> None:
    leaves = numbered_leaves(66_500)
    hashes = TileHashes(Tree(leaves), len(leaves))
    for level in range(17):
        for index in {0, 1, (len(leaves) >> level) // 2, (len(leaves) >> level) - 1}:
            if 0 <= index < len(leaves) >> level:
                assert hashes.read_hashes([(level, index)]) == [root_of(leaves[index << level:(index + 1) << level])]
    for level, index in [(17, 0), (0, 66_500), (8, 259), (16, 1), (0, -1)]:
        with pytest.raises(OutOfTree):
            hashes.read_hashes([(level, index)])


def test_a_proof_reads_each_tile_once() -> None:
    leaves = numbered_leaves(66_500)
    tree = Tree(leaves)
    prove_inclusion(300, 66_500, TileHashes(tree, 66_500))

    assert tree.reads <= 3 + 2   # One tile a level for the leaf's side, the partial ones for the right edge.


class Damaged(NamedTuple):
    """A reader that serves one tile otherwise."""

    tree: Tree
    tile: Tile
    data: bytes

    def read_tile(self, tile: Tile) -> bytes:
        return self.data if tile == self.tile else self.tree.read_tile(tile)


def test_a_damaged_tile_is_named_by_its_length_or_convicted_by_the_root() -> None:
    tree, leaves = Tree(numbered_leaves(600)), numbered_leaves(600)
    for tile in (Tile(0, 1), Tile(0, 2, 88)):
        data = tree.tiles[tile]
        for cut in (b"", data[:-1], data[:-32], data + b"\0", data + data[:32]):
            with pytest.raises(MalformedTile, match=format_tile_path(tile)):
                prove_inclusion(300, 600, TileHashes(Damaged(tree, tile, cut), 600))
        for place in range(0, len(data), 32):
            if tile == Tile(0, 1) and place == 32 * (300 - 256):
                continue   # The leaf itself: the checker hashes its own.
            flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
            proof = prove_inclusion(300, 600, TileHashes(Damaged(tree, tile, flipped), 600))
            with pytest.raises(Unprovable):
                check_inclusion(leaves[300], 300, 600, proof, root_of(leaves))


@settings(derandomize=True, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entries_are_read_as_they_were_written(entries: list[bytes]) -> None:
    assert entries_in(encode_entries(entries)) == entries


def test_entries_may_be_empty_or_65535_bytes_and_no_longer() -> None:
    longest = b"x" * 65_535

    assert entries_in(encode_entries([b"", longest])) == [b"", longest]
    with pytest.raises(EntryTooLarge, match="第 1 条记录有 65536 字节") as caught:
        encode_entries([b"", longest + b"x"])
    assert caught.value.code == "entry_too_large"


