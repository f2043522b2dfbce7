"""The Merkle tree of RFC 6962 over SHA-256: hashes, roots, and proofs made and checked side by side.

The tree knows nothing of storage: a generator asks a `HashReader` for the hashes of complete subtrees. The
checkers are the loops of RFC 9162 2.1.3.2 and 2.1.4.2 and share no arithmetic with the generators, so that
each can convict the other. Leaves are counted from 0 and called `index`, as C2SP does.

`tests/ledger/proof/test_merkle.py` holds the published vectors; `test_merkle_tampering.py` grows a tree to
100 leaves.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Protocol

from ledger.errors import LedgerError

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

_LEAF: Final = b"\x00"   # RFC 6962 2.1: two prefixes, so that no inner node can be passed off as a leaf.
_NODE: Final = b"\x01"
_PAIRS: Final = struct.Struct(f"{2 * HASH_SIZE}s").iter_unpack


class HashReader(Protocol):
    """Reads hashes of complete subtrees: (level, index) covers leaves index·2^level to (index+1)·2^level -
    1.
    """

    def read_hashes(self, subtrees: Sequence[tuple[int, int]]) -> list[bytes]: ...


class OutOfTree(LedgerError):
    """A proof was asked for a leaf or a size that the tree does not have."""

    code: ClassVar[str] = "out_of_tree"

    def __init__(self, *, asked: int, size: int) -> None:
        self.asked, self.size = asked, size
        super().__init__(
            f"日志共 {size} 条，无法为 {asked} 出具证明。请核对编号（从 0 起）与大小，或等日志增长后再试。"
        )


class Unprovable(LedgerError):
    """The proof does not lead from the leaf to the root. Both roots are kept: they are evidence.

    `computed` is what the hashes lead to as far as they go, also when some are missing or left over.
    """

    code: ClassVar[str] = "unprovable"

    def __init__(self, *, index: int, size: int, expected: bytes, computed: bytes, reason: str) -> None:
        self.index, self.size, self.expected, self.computed = index, size, expected, computed
        super().__init__(
            f"第 {index} 号叶（从 0 起，日志共 {size} 条）未被证明：{reason}；"
            f"证明推得 {computed.hex()}，检查点记载 {expected.hex()}。"
            "内容、证明、检查点三者至少有一处不是原件：请保留现有文件作为证据，并向登记机构重新索取。"
        )


class Inconsistent(LedgerError):
    """The newer tree is not shown to extend the older one. The four roots are kept: two of them may be
    signed.

    `computed_old` and `computed_new` are None when the proof has no hash to start from.
    """

    code: ClassVar[str] = "inconsistent"

    def __init__(
        self, *, old_size: int, new_size: int, old_root: bytes, new_root: bytes,
        computed_old: bytes | None, computed_new: bytes | None, reason: str,
    ) -> None:
        self.old_size, self.new_size, self.old_root, self.new_root = old_size, new_size, old_root, new_root
        self.computed_old, self.computed_new = computed_old, computed_new
        super().__init__(
            f"大小 {new_size} 的日志（根 {new_root.hex()}）"
            f"未被证明是大小 {old_size} 的日志（根 {old_root.hex()}）的延续："
            f"{reason}；证明推得旧根 {_hex(computed_old)}、新根 {_hex(computed_new)}。"
            "若两个检查点的签名都有效，则历史可能被改写：请保留两个检查点与本证明作为证据，并通知监督方。"
        )


def hash_leaf(data: bytes) -> bytes:
    """The hash of one leaf: of the stored bytes as they are, never of a re-serialisation."""
    return hashlib.sha256(_LEAF + data).digest()


def hash_leaves(leaves: Iterable[bytes]) -> list[bytes]:
    """`hash_leaf` of many."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + data).digest() for data in leaves]


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(_NODE + left + right).digest()


def hash_pairs(hashes: Sequence[bytes]) -> list[bytes]:
    """The next level up; an odd last hash is promoted as it is, which gives the split of RFC 6962 2.1.

    This loop is most of what an append costs: names are local and the prefix a constant of the code for that
    reason.
    """
    sha256 = hashlib.sha256
    pairs = iter(hashes)
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    if len(hashes) & 1:
        above.append(hashes[-1])
    return above


def hash_row(row: bytes) -> list[bytes]:
    """`hash_pairs` of an even number of hashes that stand one after another: a pair is cut out as one."""
    sha256 = hashlib.sha256
    return [sha256(b"\x01" + pair).digest() for (pair,) in _PAIRS(row)]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over equal complete subtrees of which the last may be ragged; by levels.
    """
    while len(hashes) > 1:
        hashes = hash_pairs(hashes)
    return hashes[0] if hashes else EMPTY_ROOT


def prove_inclusion(index: int, size: int, reader: HashReader) -> list[bytes]:
    """The path of RFC 6962 2.1.1: the leaf's sibling first, the root's child last."""
    if not 0 <= index < size:
        raise OutOfTree(asked=index, size=size)
    start, end, siblings = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return read_ranges(siblings[::-1], reader)


def check_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `Unprovable` unless `proof` leads from the leaf to `root`. The loop is RFC 9162 2.1.3.2.

    The size is only as true as the checkpoint that carries it: some sizes share the shape of a path, so the
    signature over size and root together is what binds it.
    """
    computed = leaf_hash

    def fail(reason: str) -> Unprovable:
        return Unprovable(index=index, size=size, expected=root, computed=computed, reason=reason)

    if not 0 <= index < size:
        raise fail("编号不在日志之内")
    if any(len(sibling) != HASH_SIZE for sibling in proof):
        raise fail("证明里有不是 32 字节的哈希")
    node, last = index, size - 1
    for used, sibling in enumerate(proof):
        if last == 0:
            raise fail(f"证明多出 {len(proof) - used} 个哈希")
        if node & 1 or node == last:
            computed = hash_node(sibling, computed)
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            computed = hash_node(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise fail("证明缺少哈希")
    if computed != root:
        raise fail("推得的根与检查点不同")


def prove_consistency(old_size: int, new_size: int, reader: HashReader) -> list[bytes]:
    """The proof of RFC 6962 2.1.2 that the tree only grew; empty from size 0 and between equal sizes."""
    if not 0 <= old_size <= new_size:
        raise OutOfTree(asked=old_size, size=new_size)
    if old_size == 0:
        return []
    start, end, parts = 0, new_size, []
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    if start != 0:   # From 0 the part is the old tree itself, whose root the checker already has.
        parts.append((start, end))
    return read_ranges(parts[::-1], reader)


def check_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Raise `Inconsistent` unless `proof` shows that the new tree extends the old (RFC 9162 2.1.4.2)."""
    old: bytes | None = None
    new: bytes | None = None

    def fail(reason: str) -> Inconsistent:
        return Inconsistent(old_size=old_size, new_size=new_size, old_root=old_root, new_root=new_root,
                            computed_old=old, computed_new=new, reason=reason)

    if not 0 <= old_size <= new_size:
        raise fail("旧的大小超过新的大小")
    if any(len(part) != HASH_SIZE for part in proof):
        raise fail("证明里有不是 32 字节的哈希")
    if old_size in (0, new_size):
        if proof:
            raise fail("大小相同或自空日志起，证明应为空")
        if old_size == 0 and old_root != EMPTY_ROOT:   # tlog-witness: every tree extends the empty one.
            raise fail("空日志的根应为 SHA256(\"\")")
        if old_size == new_size and old_root != new_root:
            raise fail("同一大小有两个不同的根")
        return
    parts = list(proof)
    if old_size & (old_size - 1) == 0:
        parts.insert(0, old_root)
    if not parts:
        raise fail("证明缺少哈希")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = parts[0]
    for used, part in enumerate(parts[1:], start=1):
        if last == 0:
            raise fail(f"证明多出 {len(parts) - used} 个哈希")
        if node & 1 or node == last:
            old, new = hash_node(part, old), hash_node(part, new)
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            new = hash_node(new, part)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise fail("证明缺少哈希")
    if old != old_root:
        raise fail("推得的旧根与旧检查点不同")
    if new != new_root:
        raise fail("推得的新根与新检查点不同")


def _split(width: int) -> int:
    """The largest power of two below `width` (RFC 6962 2.1)."""
    return 1 << (width - 1).bit_length() - 1


def read_ranges(ranges: Sequence[tuple[int, int]], reader: HashReader) -> list[bytes]:
    """The root of each range of leaves, from one call to the reader."""
    covers = [_complete_subtrees(start, end) for start, end in ranges]
    hashes = iter(reader.read_hashes([subtree for cover in covers for subtree in cover]))
    roots = []
    for cover in covers:
        *lefts, root = [next(hashes) for _ in cover]
        for left in reversed(lefts):
            root = hash_node(left, root)
        roots.append(root)
    return roots


def _complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Cover a range that starts at a multiple of its own width with complete subtrees, the largest first."""
    cover = []
    while start < end:
        level = (end - start).bit_length() - 1
        cover.append((level, start >> level))
        start += 1 << level
    return cover


def _hex(root: bytes | None) -> str:
    return "（无）" if root is None else root.hex()
