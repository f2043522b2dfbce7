"""One proof for many leaves leads to the root and to the older one, and elsewhere once a bit of it is changed."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from tlog_vectors import Tree, numbered_leaves

from ledger.proof.merkle import OutOfTree, prove_consistency, root_of
from ledger.proof.multiproof import MalformedMultiproof, check_many, prove_many
from ledger.proof.tiles import TileHashes

LEAVES = numbered_leaves(300)


def root(size: int) -> bytes:
    return root_of(LEAVES[:size])


def tree(size: int) -> TileHashes:
    return TileHashes(Tree(LEAVES[:size]), size)


def test_every_set_of_leaves_of_a_small_tree_leads_to_both_roots() -> None:
    for size in range(8):
        for base in range(size + 1):
            for count in range(size + 1):
                for indexes in combinations(range(size), count):
                    proof = prove_many(indexes, base, size, tree(size))
                    found = check_many(indexes, [LEAVES[one] for one in indexes], base, size, proof)

                    grown = tuple(prove_consistency(base, size, tree(size)))
                    assert found == (root(size), root(base), grown), (size, base, indexes)


def test_a_run_without_a_gap_costs_little_and_a_changed_bit_leads_elsewhere() -> None:
    size, base = 300, 133
    indexes = sorted({3, *range(base, size), 77})
    hashes = [LEAVES[one] for one in indexes]
    proof = prove_many(indexes, base, size, tree(size))

    grown = tuple(prove_consistency(base, size, tree(size)))
    assert len(proof) < 20 and check_many(indexes, hashes, base, size, proof) == (root(size), root(base), grown)
    for number in range(len(proof)):
        bent = [*proof]
        bent[number] = bytes([bent[number][0] ^ 1]) + bent[number][1:]
        assert check_many(indexes, hashes, base, size, bent).root != root(size)
    for number in random.Random(1).sample(range(len(hashes)), 20):
        bent = [*hashes]
        bent[number] = bytes([bent[number][0] ^ 1]) + bent[number][1:]
        assert check_many(indexes, bent, base, size, proof).root != root(size)
    assert check_many([2, *indexes[1:]], hashes, base, size, proof).root != root(size)


@pytest.mark.parametrize("bend", [lambda proof: proof[:-1], lambda proof: [*proof, proof[0]],
                                  lambda proof: [proof[0][:31], *proof[1:]]])
def test_hashes_that_are_missing_left_over_or_cut_are_refused(bend: object) -> None:
    proof = prove_many([5], 8, 21, tree(21))
    assert callable(bend)
    with pytest.raises(MalformedMultiproof):
        check_many([5], [LEAVES[5]], 8, 21, bend(proof))


@pytest.mark.parametrize("indexes", [[5, 5], [6, 5], [-1, 5], [5, 21]])
def test_places_that_are_none_or_out_of_order_are_refused(indexes: list[int]) -> None:
    with pytest.raises(MalformedMultiproof, match="编号没有从小到大"):
        check_many(indexes, [LEAVES[5]] * 2, 8, 21, [])
    with pytest.raises(OutOfTree):
        prove_many([21], 8, 21, tree(21))


@pytest.mark.parametrize("base", [-1, 22])
def test_what_stood_before_the_log_or_after_it_is_refused(base: int) -> None:
    with pytest.raises(MalformedMultiproof, match=f"起点 {base} 不在"):
        check_many([5], [LEAVES[5]], base, 21, [])
    with pytest.raises(OutOfTree):
        prove_many([5], base, 21, tree(21))
