"""The tree of a completeness map, made: subtrees over sorted entries, joined, and the way from one of them to the root.

A subtree is what it holds (nothing, one entry, more) and its hash: one entry is its own leaf however high it stands, so
joining must know which of the three each side is. A bucket is all entries whose keys begin with the same two bytes; it
is hashed whole, the 16 levels above it are kept by whoever makes the map (`ledger.maps.file`), by place: the root is 1,
the children of a place are twice it and one more.

`ledger.proof.map_proof` says what the hashes are, `tests/ledger/proof/test_map_tree.py` holds this to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from ledger.proof.map_proof import EMPTY, KEY_BITS, bit_of, hash_entry, hash_fork

BUCKET_BITS: Final = 16
BUCKETS: Final = 1 << BUCKET_BITS  # Of a million people some fifteen share one.
NOTHING, ONE, MORE = 0, 1, 2


class Subtree(NamedTuple):
    """What a part of the tree holds, and its hash."""

    holds: int
    hash: bytes


class Entry(NamedTuple):
    """A person's entry as it stands in the tree."""

    key: bytes
    value: bytes


VOID: Final = Subtree(NOTHING, EMPTY)
Kept = Callable[[int], Subtree]
"""Gives what is kept of a place above the buckets, or of a bucket."""


def join(left: Subtree, right: Subtree) -> Subtree:
    """The subtree of two halves."""
    if left.holds + right.holds <= ONE:
        return left if left.holds else right
    return Subtree(MORE, hash_fork(left.hash, right.hash))


def subtree(entries: Sequence[Entry], depth: int = 0) -> Subtree:
    """The subtree of entries in order of their keys, which are equal up to this depth."""
    if not entries:
        return VOID
    if len(entries) == 1:
        return Subtree(ONE, hash_entry(*entries[0]))
    assert depth < KEY_BITS, "no key stands twice"
    middle = _middle(entries, depth)
    return join(subtree(entries[:middle], depth + 1), subtree(entries[middle:], depth + 1))


def bucket_of(key: bytes) -> int:
    """The place of a key's bucket."""
    return BUCKETS | int.from_bytes(key[:2], "big")


def above(places: Iterable[int]) -> list[int]:
    """The places right above these, each once, in order."""
    return sorted({place >> 1 for place in places})


class Way(NamedTuple):
    """The way to a key: what stands beside it, leaf side first, and the entry at its end, if there is one."""

    siblings: tuple[bytes, ...]
    found: Entry | None


def way_to(key: bytes, kept: Kept, entries_below: Callable[[int], Sequence[Entry]]) -> Way:
    """Go from the root to where a key stands or would stand; `entries_below` gives what a place holds, in order."""
    place, depth, siblings = 1, 0, []
    while depth < BUCKET_BITS and kept(place).holds == MORE:
        child = place << 1 | bit_of(key, depth)
        siblings.append(kept(child ^ 1).hash)
        place, depth = child, depth + 1
    entries = entries_below(place)
    while len(entries) > 1:
        middle = _middle(entries, depth)
        halves = entries[:middle], entries[middle:]
        side = bit_of(key, depth)
        siblings.append(subtree(halves[1 - side], depth + 1).hash)
        entries, depth = halves[side], depth + 1
    return Way(tuple(reversed(siblings)), entries[0] if entries else None)


def keys_below(place: int) -> tuple[bytes, bytes | None]:
    """The first key that a place may hold, and the first one past it; None where no key lies past it."""
    depth = place.bit_length() - 1
    number, shift = place - (1 << depth), BUCKET_BITS - depth
    first, past = number << shift, (number + 1) << shift
    return first.to_bytes(2, "big"), past.to_bytes(2, "big") if past < BUCKETS else None


def _middle(entries: Sequence[Entry], depth: int) -> int:
    """How many entries have a 0 at this depth: they stand first."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if bit_of(entries[middle].key, depth):
            high = middle
        else:
            low = middle + 1
    return low
