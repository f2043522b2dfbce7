"""Key lines: the published ones are read and written, and no changed byte goes unnoticed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import (
    C2SP_VKEY,
    ENOCH_VKEY,
    GOLDEN_SKEY,
    GOLDEN_VKEY,
    PETER_SKEY,
    PETER_VKEY,
    VKEY_OF_WRONG_ALGORITHM,
    VKEY_OF_WRONG_LENGTH,
    WITNESS_SKEY,
    WITNESS_VKEY,
)

from ledger.errors import LedgerError
from ledger.proof.keys import (
    COSIGNATURE,
    ED25519,
    KeyUnsupported,
    MalformedKey,
    PublicKey,
    SigningKey,
    format_skey,
    format_vkey,
    generate_key,
    is_key_name,
    parse_skey,
    parse_vkey,
)
from ledger.proof.text import encode_base64

NAMES = st.text(min_size=1, max_size=20).filter(is_key_name)


@pytest.mark.parametrize("line", [PETER_VKEY, ENOCH_VKEY, C2SP_VKEY, GOLDEN_VKEY, WITNESS_VKEY])
def test_published_public_keys_are_read_and_written(line: str) -> None:
    assert format_vkey(parse_vkey(line)) == line
    assert parse_vkey(line.encode()) == parse_vkey(line)


@pytest.mark.parametrize(("secret", "public", "algorithm"), [
    (PETER_SKEY, PETER_VKEY, ED25519), (GOLDEN_SKEY, GOLDEN_VKEY, ED25519), (WITNESS_SKEY, WITNESS_VKEY, COSIGNATURE),
])
def test_published_secret_keys_give_their_public_keys(secret: str, public: str, algorithm: int) -> None:
    assert format_skey(parse_skey(secret)) == secret
    assert format_vkey(parse_skey(secret).public(algorithm)) == public


def test_the_key_of_enoch_is_that_of_32_zero_bytes() -> None:
    assert format_vkey(SigningKey("EnochRoot", bytes(32)).public()) == ENOCH_VKEY


def test_one_key_has_another_id_for_each_use() -> None:
    key = parse_skey(WITNESS_SKEY)

    assert key.public(ED25519).key_id.hex() == "55ee4561"
    assert key.public(COSIGNATURE).key_id.hex() == "9b3fb2d5"
    assert format_vkey(key.public(ED25519)).startswith("Wit1+55ee4561+AVhZ")


def test_the_published_bad_keys_are_refused_for_what_is_wrong_with_them() -> None:
    with pytest.raises(MalformedKey):
        parse_vkey(VKEY_OF_WRONG_LENGTH)   # Its base64 is not canonical either, which is found first.
    for length in (31, 33):
        blob = bytes([ED25519]) + bytes(length)
        key_id = hashlib.sha256(b"name\n" + blob).hexdigest()[:8]
        with pytest.raises(MalformedKey, match=f"公钥长 {length} 字节"):
            parse_vkey(f"name+{key_id}+{encode_base64(blob)}")
    with pytest.raises(KeyUnsupported, match="0x65") as caught:
        parse_vkey(VKEY_OF_WRONG_ALGORITHM)
    assert caught.value.code == "key_algorithm_unsupported"


@pytest.mark.parametrize("line", [
    "", "+", "++", PETER_VKEY + "\n", PETER_VKEY + " ", " " + PETER_VKEY, PETER_VKEY.replace("c74f", "C74F"),
    PETER_VKEY.replace("+c7", "+"), PETER_VKEY.replace("+c7", "+0c7"), PETER_VKEY.replace("+ARpc", "+"),
    PETER_VKEY.replace("Peter", ""), PETER_VKEY.replace("Peter", "Peter "), PETER_VKEY.replace("Peter", "Peter\u3000"),
    PETER_VKEY.replace("Peter", "Pe+ter"), PETER_VKEY[:-1], PETER_VKEY + "=", "PeterNeumann+c74f20a3+", PETER_SKEY,
    b"\xff" + PETER_VKEY.encode(), "\ud800" + PETER_VKEY, "n+00000000+AA==",
])
def test_other_lines_are_refused(line: str | bytes) -> None:
    with pytest.raises(MalformedKey) as caught:
        parse_vkey(line)
    assert caught.value.code == "key_malformed" and "重新索取" in str(caught.value)


@pytest.mark.parametrize("line", [
    "", GOLDEN_VKEY, GOLDEN_SKEY + "\n", GOLDEN_SKEY[:-1], GOLDEN_SKEY.replace("33d7", "33d8"),
    GOLDEN_SKEY.replace("PRIVATE", "private"), GOLDEN_SKEY.replace("+AeymY", "+BeymY"), b"\xff", GOLDEN_SKEY[:-4],
    GOLDEN_SKEY + "=", GOLDEN_SKEY.replace("example", "exbmple"),
])
def test_a_bad_secret_line_is_refused_and_never_repeated(line: str | bytes) -> None:
    with pytest.raises((MalformedKey, KeyUnsupported)) as caught:
        parse_skey(line)
    assert "mY/SZAX0jZcJ8enZ5FY1Dz" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_signing_key_does_not_show_its_seed() -> None:
    key = parse_skey(GOLDEN_SKEY)

    assert repr(key) == "SigningKey(name='example.com/log/testdata')"
    assert key.seed.hex() not in str(key) and repr(key.seed) not in str(key)


def test_generated_keys_differ_and_are_written_and_read() -> None:
    first, second = generate_key("宁波.example/账"), generate_key("宁波.example/账")

    assert first.seed != second.seed
    assert parse_skey(format_skey(first)) == first
    assert parse_vkey(format_vkey(first.public())) == first.public()


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\x00", "a\u00a0b", "a\u2028", "\ud800", "a\n"])
def test_a_key_has_a_name_that_cannot_end_its_field(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(MalformedKey, match="名称"):
        generate_key(name)
    with pytest.raises(MalformedKey, match="名称"):
        PublicKey(name, ED25519, bytes(32))


def test_a_seed_is_32_bytes() -> None:
    with pytest.raises(MalformedKey, match="32 字节"):
        SigningKey("name", bytes(31))


@settings(derandomize=True, deadline=None)
@given(NAMES, st.sampled_from([ED25519, COSIGNATURE]), st.binary(min_size=32, max_size=32))
def test_every_public_key_is_read_as_it_was_written(name: str, algorithm: int, key: bytes) -> None:
    public = PublicKey(name, algorithm, key)

    assert parse_vkey(format_vkey(public)) == public
    assert parse_vkey(format_vkey(public).encode()) == public


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.from_regex(r"[a-z]{0,3}\+[0-9a-f]{7,9}\+[A-Za-z0-9+/=]{0,50}")))
def test_any_line_is_refused_with_our_error(line: str | bytes) -> None:
    with pytest.raises(LedgerError):
        parse_vkey(line)
    with pytest.raises(LedgerError):
        parse_skey(line)
    prefixed = "PRIVATE+KEY+" + line if isinstance(line, str) else b"PRIVATE+KEY+" + line
    with pytest.raises(LedgerError):
        parse_skey(prefixed)
