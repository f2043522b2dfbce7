"""Signed notes: published signatures made and checked, and each rule of opening."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import (
    C2SP_NOTE,
    C2SP_VKEY,
    ENOCH_LINE,
    ENOCH_VKEY,
    NOTE_TEXT,
    PETER_LINE,
    PETER_SKEY,
    PETER_VKEY,
    WITNESS_VKEY,
)

from ledger.errors import LedgerError
from ledger.proof.keys import KeyUnsupported, SigningKey, generate_key, parse_skey, parse_vkey
from ledger.proof.notes import (
    KeyAmbiguous,
    MalformedNote,
    NoteUnverified,
    NoteVerifier,
    Signature,
    SignatureInvalid,
    format_note,
    format_signature,
    open_note,
    parse_note,
    parse_signature,
    sign,
)

PETER, ENOCH = NoteVerifier(parse_vkey(PETER_VKEY)), NoteVerifier(parse_vkey(ENOCH_VKEY))
PETER_SIGNS, ENOCH_SIGNS = parse_skey(PETER_SKEY), SigningKey("EnochRoot", bytes(32))
SIGNED = NOTE_TEXT + f"\n{PETER_LINE}{ENOCH_LINE}".encode()
STRANGER = "— stranger AAAAAAE=\n"


def note(*lines: str, text: bytes = NOTE_TEXT) -> bytes:
    return text + f"\n{''.join(lines)}".encode()


def test_published_signatures_are_made_byte_for_byte() -> None:
    peter, enoch = sign(NOTE_TEXT, PETER_SIGNS), sign(NOTE_TEXT, ENOCH_SIGNS)

    assert format_signature(peter) == PETER_LINE
    assert format_signature(enoch) == ENOCH_LINE
    assert format_note(NOTE_TEXT, [peter, enoch]) == SIGNED


def test_published_notes_are_opened() -> None:
    opened = open_note(SIGNED, [PETER, ENOCH])

    assert opened.text == NOTE_TEXT
    assert [signature.name for signature in opened.verified] == ["PeterNeumann", "EnochRoot"]
    assert opened.unverified == ()
    assert open_note(C2SP_NOTE, [NoteVerifier(parse_vkey(C2SP_VKEY))]).text == b"This is an example message.\n"


def test_unknown_signers_are_carried_and_mean_nothing() -> None:
    opened = open_note(note(STRANGER, PETER_LINE, ENOCH_LINE, STRANGER), [PETER])

    assert [signature.name for signature in opened.verified] == ["PeterNeumann"]
    assert [signature.name for signature in opened.unverified] == ["stranger", "EnochRoot"]   # Once each.


def test_a_key_of_the_same_name_with_another_id_is_unknown() -> None:
    other = generate_key("PeterNeumann")
    opened = open_note(note(PETER_LINE, format_signature(sign(NOTE_TEXT, other))), [PETER])

    assert len(opened.verified) == len(opened.unverified) == 1


def test_one_failing_known_key_refuses_the_whole_note() -> None:
    forged = format_signature(Signature("EnochRoot", ENOCH.key_id, bytes(64)))
    for lines in ([PETER_LINE, forged], [forged, PETER_LINE], [forged]):
        with pytest.raises(SignatureInvalid, match="EnochRoot") as caught:
            open_note(note(*lines), [PETER, ENOCH])
        assert caught.value.code == "signature_invalid" and caught.value.message == note(*lines)
        assert "保留原件" in str(caught.value)
    assert open_note(note(PETER_LINE, forged), [PETER]).verified   # Whoever does not know the key is not bound by it.


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_known_key_with_a_signature_of_another_length_fails(length: int) -> None:
    forged = format_signature(Signature("PeterNeumann", PETER.key_id, bytes(length)))

    with pytest.raises(SignatureInvalid):
        open_note(note(forged), [PETER])


def test_a_repeated_signature_is_ignored_after_the_first() -> None:
    forged = format_signature(Signature("PeterNeumann", PETER.key_id, bytes(64)))

    assert len(open_note(note(PETER_LINE, PETER_LINE, forged), [PETER]).verified) == 1
    with pytest.raises(SignatureInvalid):
        open_note(note(forged, PETER_LINE), [PETER])


def test_a_note_without_a_known_signer_is_unverified() -> None:
    for verifiers in ([], [NoteVerifier(parse_vkey(C2SP_VKEY))]):
        with pytest.raises(NoteUnverified, match="PeterNeumann") as caught:
            open_note(SIGNED, verifiers)
        assert caught.value.code == "note_unverified" and caught.value.message == SIGNED
        assert "EnochRoot" in str(caught.value) and "请核对所用公钥" in str(caught.value)


def test_two_verifiers_of_one_name_and_id_are_ambiguous() -> None:
    with pytest.raises(KeyAmbiguous, match="c74f20a3") as caught:
        open_note(SIGNED, [PETER, ENOCH, PETER])
    assert caught.value.code == "key_ambiguous"


def test_a_cosignature_key_does_not_verify_plain_signatures() -> None:
    with pytest.raises(KeyUnsupported, match="0x04"):
        NoteVerifier(parse_vkey(WITNESS_VKEY))


def test_a_hundred_signatures_are_read_and_one_more_is_malformed() -> None:
    lines = [f"— stranger{number} AAAAAAE=\n" for number in range(99)]

    assert len(open_note(note(*lines, PETER_LINE), [PETER]).unverified) == 99
    for more in ([STRANGER], [PETER_LINE], lines):   # Repetitions count.
        with pytest.raises(MalformedNote, match="100"):
            open_note(note(*lines, PETER_LINE, *more), [PETER])


def test_the_last_blank_line_ends_the_text() -> None:
    text = "第一段\n\n— stranger AAAAAAE=\n\n".encode()
    message = format_note(text, [sign(text, PETER_SIGNS)])

    assert open_note(message, [PETER]).text == text


@pytest.mark.parametrize("message", [
    b"", b"\n", b"\n\n", NOTE_TEXT, NOTE_TEXT + b"\n", SIGNED[:-1], SIGNED + b"\n", SIGNED + b"x", SIGNED + b"x\n",
    SIGNED.replace(b"\n", b"\r\n"), SIGNED.replace(b"problem", b"pro\tblem"),
    SIGNED.replace(b"problem", b"pro\xffblem"),
    SIGNED + b"\0", NOTE_TEXT + PETER_LINE.encode(), b"\xef\xbb\xbf" + NOTE_TEXT,
    note(PETER_LINE.replace("— ", "—")), note(PETER_LINE.replace("— ", "- ")), note(PETER_LINE.replace("— ", "—  ")),
    note(PETER_LINE.replace("— PeterNeumann", "—")), note(PETER_LINE.replace("PeterNeumann", "Peter+")),
    note(PETER_LINE.replace("=", "")), note(PETER_LINE.replace("AM=", "AN=")), note(PETER_LINE.replace("\n", " \n")),
    note("— stranger\n"), note("— stranger \n"), note("— stranger AAAAAA==\n"), note("— stranger AAAA\n"),
    note("— strange\u3000r AAAAAAE=\n"), note("— stranger AAAA AAE=\n"),
])
def test_malformed_notes_are_refused(message: bytes) -> None:
    with pytest.raises(MalformedNote) as caught:
        open_note(message, [PETER])
    assert caught.value.code == "note_malformed" and "重新索取" in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"no newline", b"a\r\n", b"\xff\n", b"a\0\n"])
def test_nothing_is_signed_that_could_not_be_opened(text: bytes) -> None:
    with pytest.raises(MalformedNote):
        sign(text, PETER_SIGNS)
    with pytest.raises(MalformedNote):
        format_note(text, [sign(NOTE_TEXT, PETER_SIGNS)])


def test_a_note_has_between_one_and_a_hundred_signatures() -> None:
    for count in (0, 101):
        with pytest.raises(MalformedNote, match=f"有 {count} 行"):
            format_note(NOTE_TEXT, [sign(NOTE_TEXT, PETER_SIGNS)] * count)
    for count in (1, 100):
        assert len(parse_note(format_note(NOTE_TEXT, [sign(NOTE_TEXT, PETER_SIGNS)] * count))[1]) == count


@pytest.mark.parametrize("message", [PETER_LINE.encode(), NOTE_TEXT, NOTE_TEXT + b"\n"])
def test_a_text_alone_and_signatures_alone_are_no_note(message: bytes) -> None:
    with pytest.raises(MalformedNote, match="正文之后没有空行和签名"):
        parse_note(message)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32) if c != 10]))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(TEXTS, st.lists(st.binary(min_size=1, max_size=80), max_size=5))
def test_every_note_is_read_as_it_was_written(text: str, blobs: list[bytes]) -> None:
    body = f"{text}\n".encode()
    strangers = [Signature("陌生人", b"\0\1\2\3", blob) for blob in blobs]
    message = format_note(body, [*strangers, sign(body, PETER_SIGNS)])

    assert parse_note(message) == (body, [*strangers, sign(body, PETER_SIGNS)])
    assert open_note(message, [PETER]).text == body


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode), st.text("\n— aA=", max_size=40).map(str.encode)))
def test_any_bytes_are_refused_with_our_error(message: bytes) -> None:
    with pytest.raises(LedgerError):
        open_note(message, [PETER])


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.text("— aAQ=", max_size=24), st.from_regex(r"— [a-z]{1,4} [A-Za-z0-9+/]{7}=", fullmatch=True)))
def test_any_signature_line_prints_as_it_stood_or_is_refused(line: str) -> None:
    try:
        signature = parse_signature(line)
    except MalformedNote:
        return
    assert format_signature(signature) == f"{line}\n"
