"""Cosignatures: a witness's time is part of what it signed."""

from __future__ import annotations

import base64

import pytest
from tlog_vectors import (
    C2SP_NOTE,
    COSIGNATURE_BLOB,
    COSIGNATURE_TIME,
    GOLDEN_VKEY,
    WITNESS_LINE,
    WITNESS_SKEY,
    WITNESS_TIME,
    WITNESS_VKEY,
    golden_note,
)

from ledger.proof.checkpoint import MalformedCheckpoint
from ledger.proof.cosignature import CosignatureVerifier, cosign, read_time
from ledger.proof.keys import COSIGNATURE, KeyUnsupported, parse_skey, parse_vkey
from ledger.proof.notes import (
    NoteVerifier,
    Signature,
    SignatureInvalid,
    format_note,
    format_signature,
    open_note,
    parse_note,
)

KEY = parse_skey(WITNESS_SKEY)
WITNESS = CosignatureVerifier(parse_vkey(WITNESS_VKEY))
TEXT, _ = parse_note(golden_note(15))


def test_the_published_blob_is_a_key_id_a_time_and_a_signature() -> None:
    blob = base64.b64decode(COSIGNATURE_BLOB)

    assert len(blob) == 4 + 8 + 64
    assert read_time(blob[4:]) == COSIGNATURE_TIME


def test_the_derived_cosignature_is_made_byte_for_byte_and_verified() -> None:
    signature = cosign(TEXT, KEY, WITNESS_TIME)

    assert format_signature(signature) == WITNESS_LINE
    opened = open_note(golden_note(15, WITNESS_LINE), [NoteVerifier(parse_vkey(GOLDEN_VKEY)), WITNESS])
    assert [each.name for each in opened.verified] == ["example.com/log/testdata", "Wit1"]
    assert read_time(opened.verified[1].signature) == WITNESS_TIME


def test_a_changed_time_is_refused() -> None:
    signed = cosign(TEXT, KEY, WITNESS_TIME)
    moved = Signature(signed.name, signed.key_id, (WITNESS_TIME + 1).to_bytes(8, "big") + signed.signature[8:])

    with pytest.raises(SignatureInvalid):
        open_note(format_note(TEXT, [moved]), [WITNESS])


def test_a_cosignature_covers_extension_lines() -> None:
    signed = cosign(TEXT + b"extension\n", KEY, WITNESS_TIME)

    assert open_note(format_note(TEXT + b"extension\n", [signed]), [WITNESS]).verified
    with pytest.raises(SignatureInvalid):
        open_note(format_note(TEXT, [signed]), [WITNESS])


def test_a_plain_signature_under_the_cosignature_key_is_refused() -> None:
    plain = KEY.sign(TEXT)
    for blob in (plain, bytes(8) + plain, plain + bytes(8), b"\xff" * 8 + KEY.sign(b"")):
        line = Signature("Wit1", WITNESS.key_id, blob)
        with pytest.raises(SignatureInvalid):
            open_note(format_note(TEXT, [line]), [WITNESS])


def test_a_time_past_the_largest_is_refused_even_when_it_is_signed() -> None:
    seconds = 2**63
    signed = KEY.sign(b"cosignature/v1\ntime %d\n" % seconds + TEXT)
    line = Signature("Wit1", WITNESS.key_id, seconds.to_bytes(8, "big") + signed)

    with pytest.raises(SignatureInvalid):
        open_note(format_note(TEXT, [line]), [WITNESS])
    for outside in (-1, seconds):
        with pytest.raises(MalformedCheckpoint, match="时钟"):
            cosign(TEXT, KEY, outside)
    assert read_time(cosign(TEXT, KEY, seconds - 1).signature) == seconds - 1


def test_a_witness_signs_checkpoints_only() -> None:
    text, _ = parse_note(C2SP_NOTE)

    with pytest.raises(MalformedCheckpoint):
        cosign(text, KEY, WITNESS_TIME)


def test_a_log_key_is_no_witness() -> None:
    with pytest.raises(KeyUnsupported, match="0x04"):
        CosignatureVerifier(parse_vkey(GOLDEN_VKEY))
    assert CosignatureVerifier(KEY.public(COSIGNATURE)).key_id == WITNESS.key_id
