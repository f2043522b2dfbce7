"""Trees of up to 100 leaves; every proof holds, and none survives a changed bit, index, size or length.

What an inclusion proof does not bind is the size by itself: two sizes may give a leaf a path of the same turns, and
then one root serves both. The signed checkpoint binds size and root together; the last test shows the exact limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from tlog_vectors import Tree, numbered_leaves

from ledger.proof.merkle import (
    HASH_SIZE,
    Inconsistent,
    Unprovable,
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from ledger.proof.tiles import TileHashes

SIZES = range(1, 101)
ROOTS = [root_of(numbered_leaves(100)[:size]) for size in range(101)]
HASHES = {size: TileHashes(Tree(numbered_leaves(100)[:size]), size) for size in SIZES}

SHAPES = [*range(1, 18), 31, 32, 33, 63, 64, 65, 100]
"""Sizes of every kind of tree: all the small ones, and larger ones around powers of two."""

EVERY_BIT = [(byte, bit) for byte in range(HASH_SIZE) for bit in range(8)]
EVERY_BYTE = [(byte, byte % 8) for byte in range(HASH_SIZE)]
EIGHT_BYTES = EVERY_BYTE[::4]


def changed(hashes: Sequence[bytes], bits: Sequence[tuple[int, int]]) -> Iterable[list[bytes]]:
    """The hashes with one bit flipped, in each of them, at each of the places."""
    for place, value in enumerate(hashes):
        for byte, bit in bits:
            flipped = value[:byte] + bytes([value[byte] ^ 1 << bit]) + value[byte + 1:]
            yield [*hashes[:place], flipped, *hashes[place + 1:]]


def reshaped(hashes: Sequence[bytes]) -> Iterable[list[bytes]]:
    """The hashes with one missing, one too many, one cut short, two exchanged."""
    for place in range(len(hashes)):
        yield [*hashes[:place], *hashes[place + 1:]]
        yield [*hashes[:place], hashes[place][:-1], *hashes[place + 1:]]
        yield [*hashes[:place], hashes[place], *hashes[place:]]
    for place in range(len(hashes) - 1):
        yield [*hashes[:place], hashes[place + 1], hashes[place], *hashes[place + 2:]]
    yield [*hashes, ROOTS[1]]
    yield [ROOTS[1], *hashes]


def near(size: int) -> set[int]:
    """Other sizes that are easily taken for this one: neighbours, halves and doubles, powers of two."""
    likely = {size - 2, size - 1, size + 1, size + 2, size // 2, size * 2, 1, 64, 100, 1 << size.bit_length()}
    return {other for other in likely if 1 <= other <= 100 and other != size}


def refused(check: Callable[..., None], error: type[Exception], *arguments: object) -> None:
    try:
        check(*arguments)
    except error:
        return
    pytest.fail(f"believed: {check.__name__}{arguments}")


def attack_inclusion(size: int, bits: Sequence[tuple[int, int]]) -> int:
    leaves, attacks = numbered_leaves(100)[:size], 0
    for index, leaf in enumerate(leaves):
        proof = prove_inclusion(index, size, HASHES[size])
        check_inclusion(leaf, index, size, proof, ROOTS[size])
        for forged in [*changed(proof, bits), *reshaped(proof)]:
            refused(check_inclusion, Unprovable, leaf, index, size, forged, ROOTS[size])
            attacks += 1
        for [forged_leaf] in changed([leaf], bits):
            refused(check_inclusion, Unprovable, forged_leaf, index, size, proof, ROOTS[size])
        for [forged_root] in changed([ROOTS[size]], bits):
            refused(check_inclusion, Unprovable, leaf, index, size, proof, forged_root)
        for other in range(-1, size + 2):
            if other != index:
                refused(check_inclusion, Unprovable, leaf, other, size, proof, ROOTS[size])
        for other in near(size):
            refused(check_inclusion, Unprovable, leaf, index, other, proof, ROOTS[other])
    return attacks


def attack_consistency(size: int, bits: Sequence[tuple[int, int]]) -> int:
    attacks = 0
    for old in range(1, size):
        proof = prove_consistency(old, size, HASHES[size])
        check_consistency(old, size, proof, ROOTS[old], ROOTS[size])
        for forged in [*changed(proof, bits), *reshaped(proof)]:
            refused(check_consistency, Inconsistent, old, size, forged, ROOTS[old], ROOTS[size])
            attacks += 1
        for [forged_root] in changed([ROOTS[old]], bits):
            refused(check_consistency, Inconsistent, old, size, proof, forged_root, ROOTS[size])
        for [forged_root] in changed([ROOTS[size]], bits):
            refused(check_consistency, Inconsistent, old, size, proof, ROOTS[old], forged_root)
        for other in near(old):
            refused(check_consistency, Inconsistent, other, size, proof, ROOTS[other], ROOTS[size])
        for other in near(size):
            refused(check_consistency, Inconsistent, old, other, proof, ROOTS[old], ROOTS[other])
    return attacks


@pytest.mark.parametrize("size", SHAPES)
def test_every_leaf_is_proved_and_no_forged_inclusion_is_believed(size: int) -> None:
    assert attack_inclusion(size, EVERY_BYTE if size < 32 else EIGHT_BYTES) >= size


@pytest.mark.parametrize("size", SHAPES)
def test_every_growth_is_proved_and_no_forged_consistency_is_believed(size: int) -> None:
    assert attack_consistency(size, EVERY_BYTE if size < 32 else EIGHT_BYTES) >= size - 1


@pytest.mark.torture
@pytest.mark.parametrize("size", SIZES)
def test_no_single_bit_of_any_proof_may_change(size: int) -> None:
    attack_inclusion(size, EVERY_BIT)
    attack_consistency(size, EVERY_BIT)


def turns(index: int, size: int) -> str:
    """The way from the leaf to the root as RFC 6962 splits: which side each sibling stands on."""
    path, start, end = "", 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        path, start, end = ("R" + path, start, middle) if index < middle else ("L" + path, middle, end)
    return path


def test_a_wrong_size_under_one_root_is_refused_unless_the_path_has_the_same_turns() -> None:
    shared = 0
    for size in SIZES:
        for index in range(size):
            proof = prove_inclusion(index, size, HASHES[size])
            for other in range(index + 1, 101, 3):
                try:
                    check_inclusion(numbered_leaves(100)[index], index, other, proof, ROOTS[size])
                except Unprovable:
                    assert turns(index, size) != turns(index, other)
                else:
                    assert turns(index, size) == turns(index, other)
                    shared += size != other
    assert shared   # The limit is real: only the signature over size and root together closes it.
