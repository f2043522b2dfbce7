"""Proof bundles: written, read, and verified by one who holds the log's key and the event."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import (
    GOLDEN_VKEY,
    INCLUSION_6_IN_15,
    PETER_VKEY,
    WITNESS_LINE,
    WITNESS_TIME,
    WITNESS_VKEY,
    WORDS,
    golden_note,
    hashes_of,
)

from ledger.errors import LedgerError
from ledger.proof.bundle import Bundle, MalformedBundle, format_bundle, parse_bundle, verify_bundle
from ledger.proof.keys import parse_vkey
from ledger.proof.merkle import Unprovable, hash_leaf
from ledger.proof.notes import NoteUnverified
from ledger.proof.policy import QuorumUnmet, parse_policy, trust

NOTE = golden_note(15, WITNESS_LINE)
BUNDLE = Bundle(6, tuple(hashes_of(INCLUSION_6_IN_15)), NOTE)
FILE = ("c2sp.org/tlog-proof@v1\nindex 6\n" + INCLUSION_6_IN_15.replace(" ", "\n") + "\n\n").encode() + NOTE
WITNESSED = parse_policy(f"log {GOLDEN_VKEY}\nwitness w {WITNESS_VKEY}\nquorum w\n".encode())


def test_a_bundle_is_written_as_the_format_says() -> None:
    assert format_bundle(BUNDLE) == FILE
    assert parse_bundle(FILE) == BUNDLE


def test_a_bundle_proves_its_event() -> None:
    believed = verify_bundle(parse_bundle(FILE), hash_leaf(b"seven"), WITNESSED)

    assert believed.checkpoint.size == 15 and believed.seen == {"w": WITNESS_TIME}
    assert verify_bundle(BUNDLE, hash_leaf(b"seven"), trust(parse_vkey(GOLDEN_VKEY))).seen == {}


@pytest.mark.parametrize("word", [word for word in WORDS if word != b"seven"])
def test_a_bundle_proves_no_other_event(word: bytes) -> None:
    with pytest.raises(Unprovable) as caught:
        verify_bundle(BUNDLE, hash_leaf(word), WITNESSED)
    assert (caught.value.index, caught.value.size) == (6, 15)


def test_signatures_and_quorum_are_checked_before_the_path() -> None:
    forged = Bundle(6, (), NOTE)

    with pytest.raises(NoteUnverified):
        verify_bundle(forged, hash_leaf(b"seven"), trust(parse_vkey(PETER_VKEY)))
    with pytest.raises(QuorumUnmet):
        verify_bundle(Bundle(6, (), golden_note(15)), hash_leaf(b"seven"), WITNESSED)
    with pytest.raises(Unprovable):
        verify_bundle(forged, hash_leaf(b"seven"), WITNESSED)


def test_a_path_to_an_older_root_is_refused_under_a_newer_checkpoint() -> None:
    for size in (8, 10):
        with pytest.raises(Unprovable):
            bundle = Bundle(6, BUNDLE.hashes, golden_note(size))
            verify_bundle(bundle, hash_leaf(b"seven"), trust(parse_vkey(GOLDEN_VKEY)))


HEAD, REST = b"c2sp.org/tlog-proof@v1\n", FILE.split(b"\n", 1)[1]


@pytest.mark.parametrize("data", [
    b"", b"\n", HEAD, HEAD + b"\n", HEAD + b"index 6\n", HEAD + b"index 6\n\n", HEAD + b"index 6\n" + NOTE, REST, NOTE,
    FILE[:-1], FILE.replace(b"\n", b"\r\n"), FILE.replace(b"@v1", b"@v2"), b"\n" + FILE, b" " + FILE, FILE + b"\0",
    FILE.replace(b"index 6", b"index 06"), FILE.replace(b"index 6", b"index  6"), FILE.replace(b"index 6", b"index"),
    FILE.replace(b"index 6", b"index -6"), FILE.replace(b"index 6", b"index 9223372036854775808"),
    FILE.replace(b"index 6\n", b"6\n"), FILE.replace(b"index 6\n", b""),
    FILE.replace(b"index 6\n", b"index 6\nindex 6\n"),
    HEAD + b"extra \n" + REST, HEAD + b"extra\n" + REST, HEAD + b"extra QQ\n" + REST, HEAD + b"extra QR==\n" + REST,
    HEAD + b"extra QQ==\nextra QQ==\n" + REST, FILE.replace(b"\nyc", b"\nextra QQ==\nyc"),
    FILE.replace(b"\nyc", b"\n yc"),
    FILE.replace(b"cY4=", b"cY5="), FILE.replace(b"cY4=", b""), FILE.replace(b"cY4=", b"cY4=cY4="),
    FILE.replace(b"index 6\n", b"index 6\n" + (b"A" * 43 + b"=\n") * 60),
])
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedBundle) as caught:
        parse_bundle(data)
    assert caught.value.code == "bundle_malformed" and len(str(caught.value)) < 300


def test_a_path_of_63_hashes_is_read_and_one_of_64_is_not() -> None:
    long = Bundle(6, (b"h" * 32,) * 63, NOTE)

    assert parse_bundle(format_bundle(long)) == long
    with pytest.raises(MalformedBundle, match="有 64 个哈希，最多 63 个"):
        parse_bundle(format_bundle(Bundle(6, (b"h" * 32,) * 64, NOTE)))


def test_extra_data_is_carried() -> None:
    bundle = Bundle(0, (), NOTE, extra="附加".encode())

    assert format_bundle(bundle).startswith(HEAD + b"extra 6ZmE5Yqg\nindex 0\n\nexample.com/")
    assert parse_bundle(format_bundle(bundle)) == bundle


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=50))
def test_every_bundle_is_read_as_it_was_written(index: int, hashes: list[bytes], extra: bytes) -> None:
    bundle = Bundle(index, tuple(hashes), NOTE, extra)

    assert parse_bundle(format_bundle(bundle)) == bundle


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.binary(), st.binary().map(lambda data: HEAD + data),
                 st.text("index 06\nA=", max_size=99).map(lambda text: HEAD + text.encode()),
                 st.builds(lambda at, byte: FILE[:at] + bytes([byte]) + FILE[at + 1:],
                           st.integers(0, len(FILE) - 1), st.integers(0, 255))))
def test_any_bytes_print_as_they_stood_or_are_refused_with_our_error(data: bytes) -> None:
    try:
        bundle = parse_bundle(data)
    except LedgerError:
        return
    assert format_bundle(bundle) == data
