"""Every bit of a checkpoint, a key line, a bundle, a tile and a bundle of entries is flipped, and the flip detected.

What the formats do not authenticate is said here to the byte: the payload of `extra`, the signature lines of keys
that the verifier does not know, and, as long as the quorum does not need it, the name and key id of a known
cosignature: with these changed the line is that of an unknown key, and the verifier reports one witness less.
"""

from __future__ import annotations

import pytest
from tlog_vectors import (
    GOLDEN_SKEY,
    GOLDEN_VKEY,
    INCLUSION_6_IN_15,
    WITNESS_LINE,
    WITNESS_TIME,
    WITNESS_VKEY,
    WORDS,
    flips,
    golden_note,
    hashes_of,
)

from ledger.errors import LedgerError
from ledger.proof.bundle import Bundle, format_bundle, parse_bundle, verify_bundle
from ledger.proof.keys import parse_skey, parse_vkey
from ledger.proof.merkle import hash_leaf, hash_leaves, root_of
from ledger.proof.policy import Policy, believe, parse_policy, trust
from ledger.proof.tiles import split_hashes

ALL = tuple(range(8))
BY_KEY = trust(parse_vkey(GOLDEN_VKEY))
BY_QUORUM = parse_policy(f"log {GOLDEN_VKEY}\nwitness w {WITNESS_VKEY}\nquorum w\n".encode())
BY_KEY_KNOWING_THE_WITNESS = parse_policy(f"log {GOLDEN_VKEY}\nwitness w {WITNESS_VKEY}\nquorum none\n".encode())
NOTE = golden_note(15, WITNESS_LINE)
LINE_START = NOTE.index(WITNESS_LINE.encode())
BUNDLE = Bundle(6, tuple(hashes_of(INCLUSION_6_IN_15)), NOTE, extra=b"not authenticated")


def accepted(message: bytes, policy: Policy) -> dict[str, int] | None:
    """The witnesses of the checkpoint as it was signed, or None when it is refused; another checkpoint is a failure."""
    try:
        believed = believe(message, policy)
    except LedgerError:
        return None
    assert believed.checkpoint == believe(NOTE, BY_KEY).checkpoint
    return believed.seen


def test_every_bit_of_a_checkpoint_with_its_log_signature_is_covered() -> None:
    for place, message in flips(golden_note(15), bits=ALL):
        assert accepted(message, BY_KEY) is None, place


def test_every_bit_of_a_witnessed_checkpoint_is_covered_when_the_quorum_needs_the_witness() -> None:
    for place, message in flips(NOTE, bits=ALL):
        assert accepted(message, BY_QUORUM) is None, place


def test_the_line_of_an_unknown_witness_is_not_covered_and_says_nothing() -> None:
    let_through = {place for place, message in flips(NOTE, bits=ALL) if accepted(message, BY_KEY) == {}}

    assert min(let_through) >= LINE_START + len("— ".encode())   # The mark of the line must stay,
    assert max(let_through) < len(NOTE) - 1                      # and its newline.
    assert len(let_through) > 64


def test_a_cosignature_that_the_quorum_does_not_need_is_true_or_not_reported() -> None:
    assert accepted(NOTE, BY_KEY_KNOWING_THE_WITNESS) == {"w": WITNESS_TIME}

    name_start = LINE_START + len("— ".encode())
    # Four bytes of key id are five base64 digits and a third of the sixth.
    key_id_end = name_start + len("Wit1 ") + 6
    for place, message in flips(NOTE, bits=ALL):
        seen = accepted(message, BY_KEY_KNOWING_THE_WITNESS)
        assert seen is None or (seen == {} and name_start <= place < key_id_end), place


def test_every_bit_of_a_public_key_line_is_covered() -> None:
    for line in (GOLDEN_VKEY, WITNESS_VKEY):
        for _, changed in flips(line.encode(), bits=ALL):
            with pytest.raises(LedgerError):
                parse_vkey(changed)


def test_every_bit_of_a_secret_key_line_is_covered() -> None:
    for _, changed in flips(GOLDEN_SKEY.encode(), bits=ALL):
        with pytest.raises(LedgerError):
            parse_skey(changed)


def test_every_bit_of_a_bundle_is_covered_but_those_of_its_extra_data() -> None:
    data = format_bundle(BUNDLE)
    payload = range(data.index(b"extra ") + 6, data.index(b"\nindex"))
    let_through = set()
    for place, changed in flips(data, bits=ALL):
        try:
            bundle = parse_bundle(changed)
            verify_bundle(bundle, hash_leaf(b"seven"), BY_QUORUM)
        except LedgerError:
            continue
        assert bundle.extra != BUNDLE.extra
        let_through.add(place)
    assert let_through == set(payload)


def test_every_bit_of_the_event_is_covered() -> None:
    for _, changed in flips(b"seven", bits=ALL):
        with pytest.raises(LedgerError):
            verify_bundle(BUNDLE, hash_leaf(changed), BY_QUORUM)


def test_every_bit_of_a_tile_is_covered_by_the_root() -> None:
    root = root_of(hash_leaves(WORDS))
    for _, changed in flips(b"".join(hash_leaves(WORDS)), bits=ALL):
        assert root_of(split_hashes(changed)) != root


def test_every_cut_of_a_note_or_bundle_is_detected() -> None:
    data = format_bundle(BUNDLE)
    for length in range(len(NOTE)):
        assert accepted(NOTE[:length], BY_QUORUM) is None
        assert (accepted(NOTE[:length], BY_KEY) == {}) == (length == LINE_START)   # Whole lines may be taken away.
    for length in range(len(data)):
        with pytest.raises(LedgerError):
            verify_bundle(parse_bundle(data[:length]), hash_leaf(b"seven"), BY_QUORUM)
