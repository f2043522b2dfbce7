"""Checkpoints: one spelling each, extension lines kept, nothing said that no log can say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import GOLDEN, GOLDEN_ORIGIN

from ledger.proof.checkpoint import Checkpoint, MalformedCheckpoint, format_checkpoint, parse_checkpoint
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.text import NUMBER_MAX, encode_base64

ROOT = GOLDEN[15][0]
PLAIN = f"{GOLDEN_ORIGIN}\n15\n{ROOT}\n"


def test_a_checkpoint_is_three_lines() -> None:
    checkpoint = parse_checkpoint(PLAIN.encode())

    assert (checkpoint.origin, checkpoint.size, checkpoint.extensions) == (GOLDEN_ORIGIN, 15, ())
    assert encode_base64(checkpoint.root) == ROOT
    assert format_checkpoint(checkpoint) == PLAIN.encode()


def test_extension_lines_are_kept_as_they_stand() -> None:
    text = f"{PLAIN}任意 扩展\n- \n".encode()

    assert parse_checkpoint(text).extensions == ("任意 扩展", "- ")
    assert format_checkpoint(parse_checkpoint(text)) == text


@pytest.mark.parametrize("text", [
    "", "\n", "\n\n\n", GOLDEN_ORIGIN + "\n", f"{GOLDEN_ORIGIN}\n15\n", PLAIN[:-1], PLAIN + "\n", PLAIN + "x",
    "\n" + PLAIN,
    PLAIN.replace("15", "015"), PLAIN.replace("15", "+15"), PLAIN.replace("15", "-15"), PLAIN.replace("15", " 15"),
    PLAIN.replace("15", "1 5"), PLAIN.replace("15", "15 "), PLAIN.replace("15", "0xf"), PLAIN.replace("15", ""),
    PLAIN.replace("\n15\n", f"\n{2**63}\n"), PLAIN.replace("15", "9" * 5000), PLAIN.replace("\n15\n", "\n0\n"),
    PLAIN.replace("=\n", "\n"), PLAIN.replace("cs=", "ct="), PLAIN.replace("cs=", ""), PLAIN.replace("cs=", "c=="),
    PLAIN.replace("\n", "\r\n"), PLAIN.replace("15", "１５"), PLAIN.replace("log/", "log /"),
    PLAIN.replace("log/", "lo+g/"),
    PLAIN.replace("testdata", "testdata/"), PLAIN.replace("example", "https://example"), PLAIN.replace("log", "l\0g"),
])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint) as caught:
        parse_checkpoint(text.encode())
    assert caught.value.code == "checkpoint_malformed" and len(str(caught.value)) < 300


@pytest.mark.parametrize("values", [
    {"origin": ""}, {"origin": "a b"}, {"size": -1}, {"size": NUMBER_MAX + 1}, {"root": b""}, {"root": bytes(33)},
    {"size": 0}, {"extensions": ("",)}, {"extensions": ("a\nb",)},
])
def test_no_checkpoint_is_made_that_could_not_be_read(values: dict[str, object]) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint(**({"origin": "log.example", "size": 1, "root": bytes(32)} | values))   # type: ignore[arg-type]


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint("log.example", 0, EMPTY_ROOT)

    assert parse_checkpoint(format_checkpoint(empty)) == empty


@settings(derandomize=True, deadline=None)
@given(st.integers(1, NUMBER_MAX), st.binary(min_size=32, max_size=32),
       st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1), max_size=3))
def test_every_checkpoint_is_read_as_it_was_written(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint("登记.example/log", size, root, tuple(extensions))

    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.binary(), st.text("a0\n=", max_size=20).map(str.encode)))
def test_any_bytes_are_refused_with_our_error(text: bytes) -> None:
    with pytest.raises(MalformedCheckpoint):
        parse_checkpoint(text)
