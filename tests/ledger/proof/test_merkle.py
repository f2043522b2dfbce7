"""The tree of RFC 6962: published vectors, and the recursive definition of the RFC as the judge of everything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import (
    CONSISTENCY_6_TO_8,
    INCLUSION_0_IN_8,
    LEAF_OF_L123456,
    LEAF_OF_NOTHING,
    LEAVES,
    NODE_OF_N123_N456,
    ROOTS,
    Tree,
    hashes_of,
    numbered_leaves,
)

from ledger.proof.merkle import (
    EMPTY_ROOT,
    Inconsistent,
    OutOfTree,
    Unprovable,
    check_consistency,
    check_inclusion,
    hash_leaf,
    hash_leaves,
    hash_node,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.proof.tiles import TileHashes


@cache
def defined_root(start: int, end: int) -> bytes:
    """MTH of RFC 6962 2.1 over the numbered leaves, as it is written there."""
    if end - start == 1:
        return numbered_leaves(300)[start]
    split = 1
    while split * 2 < end - start:
        split *= 2
    left, right = defined_root(start, start + split), defined_root(start + split, end)
    return hashlib.sha256(b"\x01" + left + right).digest()


class Definition:
    """A reader of hashes that follows the definition and knows no tiles."""

    def read_hashes(self, subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
        return [defined_root(index << level, (index + 1) << level) for level, index in subtrees]


def test_leaves_and_nodes_hash_as_published() -> None:
    assert hash_leaf(b"").hex() == LEAF_OF_NOTHING
    assert hash_leaf(b"L123456").hex() == LEAF_OF_L123456
    assert hash_node(b"N123", b"N456").hex() == NODE_OF_N123_N456
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_as_published(size: int) -> None:
    leaf_hashes = hash_leaves(LEAVES[:size])

    assert root_of(leaf_hashes).hex() == ROOTS[size]
    assert Tree(leaf_hashes).frontier.root().hex() == ROOTS[size]


def test_proofs_are_as_published() -> None:
    tree = Tree(hash_leaves(LEAVES))
    hashes = TileHashes(tree, 8)
    inclusion, consistency = prove_inclusion(0, 8, hashes), prove_consistency(6, 8, hashes)

    assert inclusion == hashes_of(INCLUSION_0_IN_8)
    assert consistency == hashes_of(CONSISTENCY_6_TO_8)
    check_inclusion(hash_leaf(LEAVES[0]), 0, 8, inclusion, bytes.fromhex(ROOTS[8]))
    check_consistency(6, 8, consistency, bytes.fromhex(ROOTS[6]), bytes.fromhex(ROOTS[8]))


def test_the_fast_root_is_the_defined_root() -> None:
    for size in range(1, 301):
        assert root_of(numbered_leaves(300)[:size]) == defined_root(0, size)


def test_a_proof_needs_only_the_hashes_of_complete_subtrees() -> None:
    tree = Tree(numbered_leaves(300))
    for size in (1, 2, 3, 255, 256, 257, 299, 300):
        tiles = TileHashes(Tree(numbered_leaves(300)[:size]), size)
        for index in range(0, size, 7):
            proof = prove_inclusion(index, size, Definition())
            assert proof == prove_inclusion(index, size, tiles)
            check_inclusion(numbered_leaves(300)[index], index, size, proof, defined_root(0, size))
        for old in range(1, size, 7):
            proof = prove_consistency(old, size, Definition())
            assert proof == prove_consistency(old, size, tiles)
            check_consistency(old, size, proof, defined_root(0, old), defined_root(0, size))
    assert tree.reads == 0


@settings(derandomize=True, deadline=None)
@given(st.data())
def test_whatever_is_proved_is_believed(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    root = defined_root(0, size)

    check_inclusion(numbered_leaves(300)[index], index, size, prove_inclusion(index, size, Definition()), root)
    old_root = defined_root(0, old) if old else EMPTY_ROOT
    check_consistency(old, size, prove_consistency(old, size, Definition()), old_root, root)


def test_every_tree_extends_the_empty_one_and_no_other_root_is_empty() -> None:
    root = defined_root(0, 5)

    check_consistency(0, 5, [], EMPTY_ROOT, root)
    check_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    for old_size, new_size, proof, old_root in [
        (0, 5, [], root), (0, 5, [root], EMPTY_ROOT), (0, 0, [], root), (6, 5, [], root), (-1, 5, [], root),
    ]:
        with pytest.raises(Inconsistent):
            check_consistency(old_size, new_size, proof, old_root, root)


def test_one_size_with_two_roots_is_inconsistent_and_both_are_kept() -> None:
    first, second = defined_root(0, 5), defined_root(1, 6)

    with pytest.raises(Inconsistent) as caught:
        check_consistency(5, 5, [], first, second)
    assert (caught.value.old_root, caught.value.new_root) == (first, second)
    assert first.hex() in str(caught.value) and second.hex() in str(caught.value)
    assert caught.value.code == "inconsistent"


def test_a_failed_proof_keeps_both_roots() -> None:
    proof = prove_inclusion(3, 5, Definition())

    with pytest.raises(Unprovable) as caught:
        check_inclusion(hash_leaf(b"forged"), 3, 5, proof, defined_root(0, 5))
    assert caught.value.expected == defined_root(0, 5)
    assert caught.value.computed not in (defined_root(0, 5), hash_leaf(b"forged"))
    assert caught.value.code == "unprovable"
    for shown in ("第 3 号", caught.value.expected.hex(), caught.value.computed.hex(), "请保留"):
        assert shown in str(caught.value)


def test_a_path_that_ends_in_the_right_root_of_another_size_is_refused() -> None:
    """These lead exactly to the roots given; only counting the levels of the size convicts them."""
    leaves, node, roots = numbered_leaves(8), defined_root, [defined_root(0, size) for size in range(1, 9)]

    with pytest.raises(Unprovable, match="多出 1 个"):    # The path of leaf 3 of 4, said to be leaf 1 of 2.
        check_inclusion(leaves[3], 1, 2, [leaves[2], node(0, 2)], roots[3])
    with pytest.raises(Unprovable, match="缺少"):         # The path of leaf 1 of 2, said to be leaf 1 of 4.
        check_inclusion(leaves[1], 1, 4, [leaves[0]], roots[1])
    with pytest.raises(Inconsistent, match="多出 1 个"):  # From 7 to 8, said to be from 3 to 4.
        check_consistency(3, 4, [leaves[6], leaves[7], node(4, 6), node(0, 4)], roots[6], roots[7])
    with pytest.raises(Inconsistent, match="缺少"):       # From 2 to 4, said to be from 2 to 8.
        check_consistency(2, 8, [node(2, 4)], roots[1], roots[3])
    with pytest.raises(Inconsistent, match="缺少"):       # Of 3 the proof would have to give the first hash, too.
        check_consistency(3, 5, [], roots[2], roots[4])


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33), bytes(64)])
def test_a_hash_of_another_length_is_named(value: bytes) -> None:
    with pytest.raises(Unprovable, match="不是 32 字节"):
        check_inclusion(hash_leaf(b""), 0, 2, [value], defined_root(0, 2))
    with pytest.raises(Inconsistent, match="不是 32 字节"):
        check_consistency(1, 2, [value], defined_root(0, 1), defined_root(0, 2))


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_no_proof_is_given_or_believed_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(OutOfTree, match="日志共"):
        prove_inclusion(index, size, Definition())
    with pytest.raises(Unprovable):
        check_inclusion(hash_leaf(b""), index, size, [], hash_leaf(b""))
    with pytest.raises(OutOfTree):
        prove_consistency(size + 1, size, Definition())


@pytest.mark.parametrize(("old_size", "new_size"), [(6, 5), (-1, 5), (1, 0)])
def test_no_growth_is_proved_or_believed_from_a_size_that_is_no_earlier_one(old_size: int, new_size: int) -> None:
    with pytest.raises(OutOfTree):
        prove_consistency(old_size, new_size, Definition())
    with pytest.raises(Inconsistent, match="旧的大小超过新的大小"):
        check_consistency(old_size, new_size, [], defined_root(0, 5), defined_root(0, 5))
