"""The statement file has one spelling: what is parsed is written again as the same bytes, all else is refused."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.offline.statement_file import (
    SEPARATOR,
    MalformedStatement,
    digest_of,
    format_statement,
    looks_like_statement,
    parse_statement,
)
from ledger.proof.bundle import HEADER

BUNDLE = f"{HEADER}\nindex 0\n\nnote\n".encode()
FINE = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
LINES = st.lists(st.text(FINE, max_size=12), max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))


@settings(derandomize=True)
@given(LINES.filter(lambda text: text and f"\n{SEPARATOR}\n" not in f"\n{text}"))
def test_what_was_written_is_read_and_written_again_as_the_same_bytes(text: str) -> None:
    data = format_statement(text, BUNDLE)

    parts = parse_statement(data)

    assert parts == (text.encode(), BUNDLE, None)
    assert format_statement(parts.text.decode(), parts.bundle) == data
    assert digest_of(text) == hashlib.sha256(parts.text).hexdigest()
    assert looks_like_statement(data)


@settings(derandomize=True, max_examples=300)
@given(st.binary(max_size=80) | st.lists(st.sampled_from(
    [b"a", "明".encode(), b"\n", b"\r", f"{SEPARATOR}\n".encode(), SEPARATOR.encode(), HEADER.encode(), b" ", BUNDLE]
), max_size=9).map(b"".join))
def test_whatever_is_read_has_one_spelling(data: bytes) -> None:
    try:
        parts = parse_statement(data)
    except MalformedStatement:
        return
    assert format_statement(parts.text.decode(), parts.bundle) == data


def test_the_spelling_of_a_name_is_kept() -> None:
    decomposed, composed = "e\u0301\n", "\u00e9\n"

    assert parse_statement(format_statement(decomposed, BUNDLE)).text == decomposed.encode()
    assert digest_of(decomposed) != digest_of(composed)


def test_the_separators_words_may_stand_within_a_line() -> None:
    text = f"见 {SEPARATOR} 以下\n{SEPARATOR} \n"

    assert parse_statement(format_statement(text, BUNDLE)).text == text.encode()


@pytest.mark.parametrize(("text", "where"), [
    ("", "正文：为空"),
    ("no end", "正文：为空，或末行没有换行符"),
    ("一\n二\r\n", "第 2 行：有不可见的控制字符 U+000D"),
    ("一\t二\n", "第 1 行：有不可见的控制字符 U+0009"),
    ("一\n\n\x00\n", "第 3 行：有不可见的控制字符 U+0000"),
    ("\x7f\n", "U+007F"), ("\x85\n", "U+0085"), ("\u202e24\n", "U+202E"), ("\u2066\n", "U+2066"),
    ("\u200f\n", "U+200F"), ("\u2028\n", "U+2028"), ("\ufeff一\n", "U+FEFF"), ("\ud800\n", "U+D800"),
    (f"{SEPARATOR}\n", "只能出现一次"), (f"一\n{SEPARATOR}\n二\n", "只能出现一次"),
])
def test_a_text_that_could_be_read_in_two_ways_is_refused_and_the_line_named(text: str, where: str) -> None:
    for refuse in (lambda: digest_of(text), lambda: format_statement(text, BUNDLE)):
        with pytest.raises(MalformedStatement) as caught:
            refuse()
        assert where in str(caught.value)
        assert not any("\ud800" <= char <= "\udfff" for char in str(caught.value))


@pytest.mark.parametrize(("data", "where"), [
    (b"", "没有分隔行"),
    ("一\n".encode() + BUNDLE, "没有分隔行"),
    (f"一\n{SEPARATOR} \n".encode() + BUNDLE, "没有分隔行"),
    (f"一\n{SEPARATOR}\r\n".encode() + BUNDLE, "没有分隔行"),
    (f"一 {SEPARATOR}\n".encode() + BUNDLE, "没有分隔行"),
    (f"一\n{SEPARATOR}\n{SEPARATOR}\n".encode() + BUNDLE, "有 2 个分隔行"),
    (f"一\n{SEPARATOR}\n".encode() + BUNDLE + f"{SEPARATOR}\n".encode(), "有 2 个分隔行"),
    (f"{SEPARATOR}\n".encode() + BUNDLE, "为空"),
    (f"一\n{SEPARATOR}\n".encode(), "分隔行之后应为"),
    (f"一\n{SEPARATOR}\n\n".encode() + BUNDLE, "分隔行之后应为"),
    (f"一\n{SEPARATOR}\n{HEADER}".encode(), "分隔行之后应为"),
    ("一\n二".encode() + b"\xff" + f"\n{SEPARATOR}\n".encode() + BUNDLE, "正文第 2 行"),
])
def test_a_file_of_another_form_is_refused_and_the_place_named(data: bytes, where: str) -> None:
    with pytest.raises(MalformedStatement) as caught:
        parse_statement(data)
    assert where in str(caught.value)
