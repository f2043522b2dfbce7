"""The tree of a completeness map: what is made by halves and by buckets is the tree of the definition."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.proof.map_proof import EMPTY, bit_of, hash_entry, hash_fork
from ledger.proof.map_tree import (
    BUCKET_BITS,
    BUCKETS,
    ONE,
    VOID,
    Entry,
    Subtree,
    above,
    bucket_of,
    join,
    keys_below,
    subtree,
    way_to,
)

SHORT = st.binary(min_size=3, max_size=3).map(lambda start: start + bytes(29))  # Many share their first bits.
KEYS = st.sets(st.binary(min_size=32, max_size=32) | SHORT, max_size=40)
NEIGHBOURS = {bytes([7, 7, number << 5]) + bytes(29) for number in range(8)}  # All in one bucket.


def entries_of(keys: set[bytes]) -> list[Entry]:
    return sorted(Entry(key, hashlib.sha256(key).digest()) for key in keys)


def defined(entries: list[Entry], depth: int = 0) -> bytes:
    if len(entries) < 2:
        return hash_entry(*entries[0]) if entries else EMPTY
    return hash_fork(*(
        defined([entry for entry in entries if bit_of(entry.key, depth) == bit], depth + 1) for bit in (0, 1)))


def in_buckets(entries: list[Entry]) -> dict[int, Subtree]:
    """The tree as whoever keeps it does: buckets, then each place above them."""
    nodes: dict[int, Subtree] = {}
    for entry in entries:
        bucket = bucket_of(entry.key)
        nodes[bucket] = subtree([one for one in entries if bucket_of(one.key) == bucket], BUCKET_BITS)
    places = sorted(nodes)
    while places and places[0] > 1:
        places = above(places)
        for place in places:
            nodes[place] = join(nodes.get(2 * place, VOID), nodes.get(2 * place + 1, VOID))
    return nodes


@settings(derandomize=True, max_examples=200, deadline=None)
@given(KEYS)
def test_at_once_or_by_buckets_it_is_the_tree_of_the_definition(keys: set[bytes]) -> None:
    entries = entries_of(keys)

    assert subtree(entries).hash == defined(entries)
    assert in_buckets(entries).get(1, VOID).hash == defined(entries)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(KEYS, st.binary(min_size=32, max_size=32))
@example(NEIGHBOURS, bytes(32))
def test_the_way_to_a_key_leads_back_to_the_root(keys: set[bytes], stranger: bytes) -> None:
    entries = entries_of(keys)
    nodes = in_buckets(entries)

    def kept(place: int) -> Subtree:
        assert place < 2 * BUCKETS, "nothing is kept of what lies below a bucket"
        return nodes.get(place, VOID)

    def below(place: int) -> list[Entry]:
        assert place >= BUCKETS or kept(place).holds <= ONE, "what lies below many is not read"
        first, past = keys_below(place)
        return [entry for entry in entries if first <= entry.key and (past is None or entry.key < past)]

    for key in {*keys, stranger}:
        way = way_to(key, kept, below)
        computed = EMPTY if way.found is None else hash_entry(*way.found)
        for depth, sibling in zip(range(len(way.siblings) - 1, -1, -1), way.siblings, strict=True):
            computed = hash_fork(sibling, computed) if bit_of(key, depth) else hash_fork(computed, sibling)
        assert computed == defined(entries)
        assert (way.found is not None and way.found.key == key) == (key in keys)


@pytest.mark.parametrize("place", [1, 2, 3, 5, BUCKETS, BUCKETS + 1, 2 * BUCKETS - 1])
def test_a_place_names_the_keys_below_it(place: int) -> None:
    first, past = keys_below(place)
    chosen = random.Random(place)
    for _ in range(200):
        key = chosen.randbytes(2) + bytes(30)
        bucket = bucket_of(key)
        is_below = bucket >> (bucket.bit_length() - place.bit_length()) == place
        assert is_below == (first <= key and (past is None or key < past))


def test_two_keys_that_differ_in_the_last_bit_alone_stand_256_levels_deep() -> None:
    keys = {bytes(32), bytes(31) + b"\x01"}

    way = way_to(bytes(32), lambda place: in_buckets(entries_of(keys)).get(place, VOID), lambda _: entries_of(keys))

    assert len(way.siblings) == 256
    assert way.siblings[1:] == (EMPTY,) * 255
