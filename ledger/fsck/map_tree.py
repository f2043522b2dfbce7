"""The auditor's own tree over the entries of a map: in memory, and made otherwise than the one it checks.

Leaves lie in 65,536 lists by the first two bytes of their keys, above them an array of hashes; how many leaves stand
below a place is counted, since a lone one stands for its subtree however high. A root costs what has changed since the
last one.
`tests/ledger/test_fsck_map.py` holds it to the definition in `ledger.proof.map_proof`.
"""

from __future__ import annotations

from typing import Final

from ledger.proof.map_proof import EMPTY, bit_of, hash_fork

_DEPTH: Final = 16
_WIDTH: Final = 1 << _DEPTH


class Tree:
    """Leaves by key, and the root over them."""

    def __init__(self) -> None:
        self._leaves: dict[int, dict[bytes, bytes]] = {}
        self._hashes = [EMPTY] * (2 * _WIDTH)
        self._counts = [0] * (2 * _WIDTH)
        self._stale: set[int] = set()

    def copied(self) -> Tree:
        """The same tree, to be changed apart from this one."""
        other = Tree()
        other._leaves = {place: dict(leaves) for place, leaves in self._leaves.items()}
        other._hashes, other._counts, other._stale = self._hashes[:], self._counts[:], set(self._stale)
        return other

    def put(self, key: bytes, leaf: bytes | None) -> None:
        """Let a leaf stand under a key, or none."""
        place = _WIDTH + int.from_bytes(key[:2], "big")
        leaves = self._leaves.setdefault(place, {})
        if leaf is None:
            leaves.pop(key, None)
        else:
            leaves[key] = leaf
        self._stale.add(place)

    def root(self) -> bytes:
        """The root over what stands now."""
        stale = self._stale
        for place in stale:
            leaves = self._leaves[place]
            self._counts[place] = len(leaves)
            self._hashes[place] = _folded(leaves, _DEPTH)
        for _ in range(_DEPTH):
            stale = {place >> 1 for place in stale}
            for place in stale:
                self._fork(place)
        self._stale = set()
        return self._hashes[1]

    def _fork(self, place: int) -> None:
        left, right = 2 * place, 2 * place + 1
        counts, hashes = self._counts, self._hashes
        counts[place] = counts[left] + counts[right]
        if counts[place] > 1:
            hashes[place] = hash_fork(hashes[left], hashes[right])
        else:
            hashes[place] = hashes[left] if counts[left] else hashes[right]

    def root_if(self, key: bytes, leaf: bytes | None) -> bytes:
        """The root if another leaf stood under one key, or none; nothing is changed."""
        assert not self._stale, "what has changed is hashed first"
        place = _WIDTH + int.from_bytes(key[:2], "big")
        former = self._leaves.get(place, {}).get(key)
        self.put(key, leaf)
        found = self.root()
        self.put(key, former)
        self.root()
        return found


def _folded(leaves: dict[bytes, bytes], depth: int) -> bytes:
    """The subtree of leaves whose keys agree up to a depth."""
    if len(leaves) < 2:
        return next(iter(leaves.values()), EMPTY)
    halves: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for key, leaf in leaves.items():
        halves[bit_of(key, depth)][key] = leaf
    return hash_fork(_folded(halves[0], depth + 1), _folded(halves[1], depth + 1))
