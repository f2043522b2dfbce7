"""The golden log of Tessera: every checkpoint, tile, bundle and proof of it is reproduced byte for byte."""

from __future__ import annotations

import base64

import pytest
from tlog_vectors import (
    CONSISTENCY_10_TO_15,
    GOLDEN,
    GOLDEN_ORIGIN,
    GOLDEN_SKEY,
    GOLDEN_VKEY,
    INCLUSION_6_IN_15,
    WITNESS_LINE,
    WORDS,
    Tree,
    entries_in,
    golden_note,
    hashes_of,
)

from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import parse_skey, parse_vkey
from ledger.proof.merkle import (
    check_consistency,
    check_inclusion,
    hash_leaves,
    prove_consistency,
    prove_inclusion,
)
from ledger.proof.notes import format_note, sign
from ledger.proof.policy import believe, trust
from ledger.proof.tiles import ENTRIES, Tile, TileHashes, encode_entries, format_tile_path

LEAVES = hash_leaves(WORDS)
KEY = parse_skey(GOLDEN_SKEY)


def root(size: int) -> bytes:
    return base64.b64decode(GOLDEN[size][0])


@pytest.mark.parametrize("size", GOLDEN)
def test_every_published_checkpoint_is_reproduced_byte_for_byte(size: int) -> None:
    text = format_checkpoint(Checkpoint(GOLDEN_ORIGIN, size, Tree(LEAVES[:size]).frontier.root()))

    assert format_note(text, [sign(text, KEY)]) == golden_note(size)


@pytest.mark.parametrize("size", GOLDEN)
def test_every_published_checkpoint_is_believed(size: int) -> None:
    for lines in ((), (WITNESS_LINE,)):
        believed = believe(golden_note(size, *lines), trust(parse_vkey(GOLDEN_VKEY)))
        assert believed.checkpoint == Checkpoint(GOLDEN_ORIGIN, size, root(size))


@pytest.mark.parametrize("size", range(1, 16))
def test_its_tiles_and_entry_bundles_are_those_published(size: int) -> None:
    [(tile, data)] = Tree(LEAVES[:size]).tiles.items()
    bundle = Tile(ENTRIES, 0, size)

    assert format_tile_path(tile) == f"tile/0/000.p/{size}"
    assert data == b"".join(LEAVES[:size])
    assert entries_in(encode_entries(WORDS[:size])) == WORDS[:size]
    if size == 2:
        assert format_tile_path(bundle) == "tile/entries/000.p/2"
        assert encode_entries(WORDS[:2]).hex() == "0003" "6f6e65" "0003" "74776f"
        assert data[:4].hex() == "d0d7360a" and data[30:36].hex() == "f9e9" "ab1ab7f0"


def test_the_derived_proofs_are_reproduced() -> None:
    hashes = TileHashes(Tree(LEAVES), 15)

    assert prove_inclusion(6, 15, hashes) == hashes_of(INCLUSION_6_IN_15)
    assert prove_consistency(10, 15, hashes) == hashes_of(CONSISTENCY_10_TO_15)


def test_every_word_is_in_every_later_checkpoint_and_each_extends_the_ones_before() -> None:
    for size in GOLDEN:
        hashes = TileHashes(Tree(LEAVES[:size]), size)
        for index in range(size):
            check_inclusion(LEAVES[index], index, size, prove_inclusion(index, size, hashes), root(size))
        for old in (old for old in GOLDEN if old <= size):
            check_consistency(old, size, prove_consistency(old, size, hashes), root(old), root(size))
