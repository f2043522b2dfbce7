"""One proof for many leaves, and that the tree only grew: what a ledger hands over to another at intervals.

The tree at `size` is walked from the left. A subtree that holds none of the leaves and lies wholly before or wholly
past `base` is one hash of the proof; whatever else is not a leaf is split in two (RFC 6962 2.1). So the checker comes
to the root at `size` from the leaves that it was given and the hashes in the order of the walk, and to the root at
`base` on its way, since every subtree that ends there is its own: inclusion of all leaves and consistency in one.
A run of leaves without a gap costs no hash, and a path that many leaves share stands once.

`tests/ledger/proof/test_multiproof.py` grows a tree and tries every set of leaves of the small ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import ClassVar, NamedTuple

from ledger.proof.merkle import EMPTY_ROOT, HASH_SIZE, HashReader, OutOfTree, hash_node, read_ranges, root_of
from ledger.proof.text import Malformed


class MalformedMultiproof(Malformed):
    """The hashes are not those that this walk asks for: too few, too many, or not hashes."""

    code: ClassVar[str] = "multiproof_malformed"


class Roots(NamedTuple):
    """What the leaves and the hashes lead to: the root of the whole tree, and of what stood at `base`.

    `grown`: the proof of RFC 6962 2.1.2 that the one grew from the other, for whoever has neither leaves nor hashes.
    """

    root: bytes
    base: bytes
    grown: tuple[bytes, ...] = ()


def prove_many(indexes: Sequence[int], base: int, size: int, reader: HashReader) -> list[bytes]:
    """The hashes beside these leaves, which are in order and each once, from the left to the right of the tree."""
    if not 0 <= base <= size or (indexes and not 0 <= indexes[0] <= indexes[-1] < size):
        raise OutOfTree(asked=max([base, *indexes[-1:]]), size=size)
    return read_ranges(list(_gaps(indexes, base, 0, size)), reader) if size else []


def _gaps(indexes: Sequence[int], base: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    first = bisect_left(indexes, start)
    if (first == len(indexes) or indexes[first] >= end) and not start < base < end:
        yield start, end
    elif end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        yield from _gaps(indexes, base, start, middle)
        yield from _gaps(indexes, base, middle, end)


def check_many(indexes: Sequence[int], leaf_hashes: Sequence[bytes], base: int, size: int,
               proof: Sequence[bytes]) -> Roots:
    """Where leaves and proof lead; raises MalformedMultiproof. Whether that is what was signed the caller compares."""
    assert len(indexes) == len(leaf_hashes), "each leaf has a place"
    if not 0 <= base <= size:
        raise MalformedMultiproof("合并证明", f"起点 {base} 不在 0 到日志大小 {size} 之间")
    if any(one >= other for one, other in pairwise(indexes)) or (
            indexes and not 0 <= indexes[0] <= indexes[-1] < size):
        raise MalformedMultiproof("合并证明", f"叶的编号没有从小到大各写一次，或不在大小 {size} 的日志之内")
    if any(len(one) != HASH_SIZE for one in proof):
        raise MalformedMultiproof("合并证明", "有不是 32 字节的哈希")
    if size == 0:
        roots, used = Roots(EMPTY_ROOT, EMPTY_ROOT), 0
    else:
        walk = _Walk(indexes, leaf_hashes, base, proof)
        root, at_base = walk.fold(0, size, 0, len(indexes))
        roots, used = Roots(root, EMPTY_ROOT if at_base is None else at_base, tuple(walk.grown)), walk.used
    if used != len(proof):
        raise MalformedMultiproof("合并证明", f"多出 {len(proof) - used} 个哈希")
    return roots


class _Walk:
    """The checker's way through the tree, and how many hashes it has used."""

    def __init__(self, indexes: Sequence[int], hashes: Sequence[bytes], base: int, proof: Sequence[bytes]) -> None:
        self._indexes, self._hashes, self._base, self._proof = indexes, hashes, base, proof
        self.used = 0
        self.grown: list[bytes] = []

    def fold(self, start: int, end: int, first: int, last: int) -> tuple[bytes, bytes | None]:
        """The hash of a range whose leaves are those from `first` to `last`, and of its part before the base."""
        base, width = self._base, end - start
        is_astride = start < base < end
        if not is_astride and (first == last or last - first == width):
            if first == last:
                if self.used == len(self._proof):
                    raise MalformedMultiproof("合并证明", "缺少哈希")
                found = self._proof[self.used]
                self.used += 1
            else:  # Nothing is missing here: level by level, which is twice as fast.
                found = root_of(self._hashes[first:last])
            return found, found if end <= base else None
        middle = start + (1 << (width - 1).bit_length() - 1)
        cut = bisect_left(self._indexes, middle, first, last)
        left, before_left = self.fold(start, middle, first, cut)
        right, before_right = self.fold(middle, end, cut, last)
        found = hash_node(left, right)
        if not is_astride:
            return found, found if end <= base else None
        if base == middle and start != 0:   # From 0 it is the old tree itself.
            self.grown.append(left)
        self.grown.append(right if base <= middle else left)
        if before_left is None or before_right is None:
            return found, before_left
        return found, hash_node(before_left, before_right)
