"""What a completeness map commits to: presence and absence are shown, and whatever is changed is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.proof.map_proof import (
    EMPTY,
    Absence,
    MalformedMapProof,
    MapUnproven,
    Named,
    Presence,
    begin_chain,
    bit_of,
    check_absence,
    check_presence,
    extend_chain,
    format_presence,
    hash_entry,
    hash_fork,
    hash_value,
    parse_presence,
)
from ledger.proof.merkle import hash_leaf, hash_node


def digest(*words: object) -> bytes:
    return hashlib.sha256(repr(words).encode()).digest()


PEOPLE = [f"per_{number}" for number in range(9)]
SIZE = 90


def events_of(person: str) -> tuple[Named, ...]:
    number = PEOPLE.index(person)
    return tuple(Named(10 * place + number + 1, digest("leaf", person, place)) for place in range(number % 4 + 1))


def value_of(person: str, events: tuple[Named, ...]) -> bytes:
    chain = begin_chain(person)
    for position, leaf_hash in events:
        chain = extend_chain(chain, position, leaf_hash)
    return hash_value(digest("blind", person), len(events), chain)


ENTRIES = {digest("key", person): value_of(person, events_of(person)) for person in PEOPLE}


def built(entries: dict[bytes, bytes], depth: int = 0) -> bytes:
    """The definition, word for word."""
    if not entries:
        return EMPTY
    if len(entries) == 1:
        ((key, value),) = entries.items()
        return hash_entry(key, value)
    return hash_fork(*(built(half, depth + 1) for half in halves(entries, depth)))


def halves(entries: dict[bytes, bytes], depth: int) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    sides: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for key, value in entries.items():
        sides[bit_of(key, depth)][key] = value
    return sides


def way(entries: dict[bytes, bytes], key: bytes) -> tuple[tuple[bytes, ...], dict[bytes, bytes]]:
    siblings: list[bytes] = []
    while len(entries) > 1:
        depth = len(siblings)
        sides, side = halves(entries, depth), bit_of(key, depth)
        siblings.append(built(sides[1 - side], depth + 1))
        entries = sides[side]
    return tuple(reversed(siblings)), entries


ROOT = built(ENTRIES)


def presence(person: str) -> Presence:
    key = digest("key", person)
    return Presence(key, digest("blind", person), way(ENTRIES, key)[0], events_of(person))


def absence(number: int) -> Absence:
    key = digest("stranger", number)
    siblings, found = way(ENTRIES, key)
    return Absence(key, siblings, next(iter(found.items()), None))


def refused(proof: Presence, person: str = PEOPLE[3], root: bytes = ROOT, size: int = SIZE) -> None:
    with pytest.raises(MapUnproven) as caught:
        check_presence(root, size, person, proof)
    assert caught.value.root == root and "完整性未被证明" in str(caught.value)


@pytest.mark.parametrize("person", PEOPLE)
def test_everyone_in_the_map_is_shown_to_be_there_with_all_their_events(person: str) -> None:
    check_presence(ROOT, SIZE, person, presence(person))


def test_whoever_is_not_in_it_is_shown_not_to_be_beside_nobody_and_beside_somebody() -> None:
    proofs = [absence(number) for number in range(60)]

    for proof in proofs:
        check_absence(ROOT, proof)
    assert {proof.other is None for proof in proofs} == {True, False}
    check_absence(EMPTY, Absence(digest("anyone"), (), None))


def test_nobody_who_is_in_the_map_can_be_shown_to_be_absent() -> None:
    for person in PEOPLE:
        key = digest("key", person)
        siblings, found = way(ENTRIES, key)
        for other in (None, next(iter(found.items())), (digest("stranger"), digest("value"))):
            with pytest.raises(MapUnproven):
                check_absence(ROOT, Absence(key, siblings, other))
    far = absence(0)
    elsewhere = next(one for one in map(absence, range(60)) if one.other is not None and one.other != far.other)
    with pytest.raises(MapUnproven):
        check_absence(ROOT, replace(elsewhere, key=bytes(255 - byte for byte in elsewhere.key)))


def test_an_event_left_out_added_moved_or_exchanged_is_found() -> None:
    proof = presence(PEOPLE[3])
    first, second, third, fourth = proof.events
    extra = Named(60, digest("extra"))
    for events in (
        (first, second, third), (second, third, fourth), (first, third, fourth), (), (*proof.events, extra),
        (second, first, third, fourth), (first, first, second, third, fourth), (first, second, third, extra),
        (first._replace(position=first.position + 1), second, third, fourth),
        (first._replace(leaf_hash=digest("x")), second, third, fourth),
    ):
        refused(replace(proof, events=events))


def test_the_proof_of_one_person_shows_nothing_of_another() -> None:
    for person in PEOPLE:
        if person != PEOPLE[3]:
            refused(presence(person))
            refused(presence(PEOPLE[3]), person)
            refused(replace(presence(PEOPLE[3]), key=digest("key", person)))


def test_a_proof_goes_with_its_own_map_alone() -> None:
    others = {key: value for key, value in ENTRIES.items() if key != digest("key", PEOPLE[0])}

    refused(presence(PEOPLE[3]), root=built(others))
    refused(presence(PEOPLE[3]), size=presence(PEOPLE[3]).events[-1].position - 1)


def test_whatever_hash_is_changed_left_out_or_put_in_is_found() -> None:
    proof = presence(PEOPLE[3])
    siblings = proof.siblings
    for place in range(len(siblings)):
        refused(replace(proof, siblings=siblings[:place] + siblings[place + 1:]))
        refused(replace(proof, siblings=(*siblings[:place], EMPTY, *siblings[place:])))
        refused(replace(proof, siblings=(*siblings[:place], digest("x"), *siblings[place + 1:])))
        refused(replace(proof, siblings=(*siblings[:place], siblings[place][:31], *siblings[place + 1:])))
    refused(replace(proof, siblings=(*siblings, *[EMPTY] * 257)))
    for changed in (replace(proof, key=proof.key[:31]), replace(proof, blind=b""), replace(proof, blind=digest("x"))):
        refused(changed)


def test_a_map_that_was_made_of_what_no_log_holds_shows_nothing() -> None:
    """Whoever makes the map may be the liar: the root is theirs, and the way leads to it."""
    honest = presence(PEOPLE[3])
    first, key, blind = honest.events[0], honest.key, honest.blind
    for lie in (
        Presence(key, blind, (), (first, first)),
        Presence(key, blind, (), (first._replace(leaf_hash=b"short"),)),
        Presence(key, blind, (), ()),
        Presence(key, b"short", (), (first,)),
        Presence(key[:31], blind, (), (first,)),
        Presence(key, blind, (b"short",), (first,)),
        Presence(key, blind, (EMPTY,) * 257, (first,)),
    ):
        refused(lie, root=root_of(lie))
    deepest = Presence(key, blind, (EMPTY,) * 256, (first,))
    check_presence(root_of(deepest), SIZE, PEOPLE[3], parse_presence(format_presence(deepest)))


def root_of(proof: Presence) -> bytes:
    """Where a proof leads, whatever it says."""
    chain = begin_chain(PEOPLE[3])
    for position, leaf_hash in proof.events:
        chain = extend_chain(chain, position, leaf_hash)
    root = hash_entry(proof.key, hash_value(proof.blind, len(proof.events), chain))
    for above, sibling in enumerate(proof.siblings):
        depth = min(len(proof.siblings) - 1 - above, 255)
        root = hash_fork(sibling, root) if bit_of(proof.key, depth) else hash_fork(root, sibling)
    return root


def test_an_entry_beside_shows_the_absence_of_those_alone_who_would_stand_there() -> None:
    proof = next(one for one in map(absence, range(60)) if one.other is not None and len(one.siblings) > 1)
    last = len(proof.siblings) - 1
    turned = bytearray(proof.key)
    turned[last >> 3] ^= 0x80 >> (last & 7)  # All the way beside it, and away at the last fork.

    for key in (bytes(turned), proof.key[:31]):
        with pytest.raises(MapUnproven):
            check_absence(ROOT, replace(proof, key=key))


def test_no_hash_of_the_map_is_a_hash_of_the_log() -> None:
    one, other = digest(1), digest(2)

    assert hash_fork(one, other) != hash_node(one, other)
    assert hash_entry(one, other) != hash_leaf(one + other)
    assert len({hash_fork(one, other), hash_entry(one, other), extend_chain(one, 1, other),
                hash_value(one, 1, other), begin_chain("per_1")}) == 5


def test_the_hashes_are_those_of_the_description() -> None:
    key, blind, leaf = digest("key"), digest("blind"), digest("leaf")
    chain = hashlib.sha256(b"\x05per_1").digest()
    chain = hashlib.sha256(b"\x06" + chain + bytes(6) + b"\x01\x02" + leaf).digest()
    value = hashlib.sha256(b"\x04" + blind + bytes(7) + b"\x01" + chain).digest()
    root = hashlib.sha256(b"\x02" + key + value).digest()

    check_presence(root, 258, "per_1", Presence(key, blind, (), (Named(258, leaf),)))
    left, right = b"\x00" * 32, b"\x80" + bytes(31)
    forked = hashlib.sha256(b"\x03" + hash_entry(left, value) + hash_entry(right, value)).digest()
    assert built({left: value, right: value}) == forked


# As text


def flips(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place * 5 % 8
        yield bytes(changed)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_proof_is_written_and_read_again(person: str) -> None:
    proof = presence(person)

    assert parse_presence(format_presence(proof)) == proof


def test_every_changed_byte_and_every_cut_is_found() -> None:
    data = format_presence(presence(PEOPLE[3]))

    for changed in (*flips(data), *(data[:end] for end in range(len(data)))):
        with pytest.raises(LedgerError):
            check_presence(ROOT, SIZE, PEOPLE[3], parse_presence(changed))


MISSPELT: list[Callable[[bytes], bytes]] = [
    lambda line: b"", lambda line: line * 2, lambda line: line + b"\n", lambda line: line.upper(),
    lambda line: line.replace(b" ", b"  "), lambda line: line.replace(b" ", b" 0"),
    lambda line: line.replace(b"=", b""), lambda line: line.replace(b"\n", b" \n"),
    lambda line: line.replace(b"\n", b"\r\n"),
]


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(MISSPELT)), max_size=2))
def test_whatever_is_read_has_one_spelling(changes: list[tuple[int, Callable[[bytes], bytes]]]) -> None:
    lines = format_presence(presence(PEOPLE[3])).splitlines(keepends=True)
    for number, change in changes:
        lines[number % len(lines)] = change(lines[number % len(lines)])
    data = b"".join(lines)

    try:
        proof = parse_presence(data)
    except MalformedMapProof:
        return
    assert format_presence(proof) == data


@pytest.mark.parametrize(("changed", "words"), [
    (b"xueshi-map/2\n", "首行应为 xueshi-map/1"),
    (b"xueshi-map/1\n", "key 行：应有这一行，却是 ''"),
    (b"xueshi-map/1\nkey AA==\n", "解码后为 1 字节，应为 32 字节"),
    (format_presence(presence(PEOPLE[0])).replace(b"event 1 ", b"event 01 "), "不得有前导零"),
    (format_presence(presence(PEOPLE[0])) + b"event\n", "不是十进制非负整数"),
    (format_presence(presence(PEOPLE[0])) + b"more\n", "event 行：应有这一行，却是 'more'"),
    (format_presence(replace(presence(PEOPLE[0]), siblings=(EMPTY,) * 257)), "路径有 257 个哈希，最多 256 个"),
])
def test_what_is_wrong_with_a_text_is_named(changed: bytes, words: str) -> None:
    with pytest.raises(MalformedMapProof) as caught:
        parse_presence(changed)
    assert words in str(caught.value)
