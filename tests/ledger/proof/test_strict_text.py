"""Strict text: one spelling each, and messages that say what, where and what to do."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.proof.text import (
    NUMBER_MAX,
    Malformed,
    decode_base64,
    encode_base64,
    parse_decimal,
    read_text,
    show,
)


@pytest.mark.parametrize("text", [
    "", "00", "01", "+1", "-0", "-1", "1.0", "1e3", " 1", "1 ", "1\n", "0x10", "1_000", "１", "٣", "²", str(2**63),
    "9" * 19, "9" * 5000,
])
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match=r"^第 2 行：") as caught:
        parse_decimal(text, "第 2 行", Malformed)
    assert len(str(caught.value)) < 250


@settings(derandomize=True)
@given(st.integers(0, NUMBER_MAX))
def test_every_number_up_to_the_largest_is_read(number: int) -> None:
    assert parse_decimal(str(number), "", Malformed) == number


@pytest.mark.parametrize("text", [
    "QQ", "QQ=", "QQ===", "QR==", "QUJ=", "QUI", " QQ==", "QQ==\n", "Q Q=", "QQ==QQ==", "-_==", "-___", "=", "ＱＱ==",
    "QQ=\0",
])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="base64"):
        decode_base64(text, "某处", Malformed)


@settings(derandomize=True)
@given(st.binary(max_size=80))
def test_base64_is_read_as_it_was_written(data: bytes) -> None:
    assert decode_base64(encode_base64(data), "", Malformed, length=len(data)) == data
    with pytest.raises(Malformed, match=f"应为 {len(data) + 1} 字节"):
        decode_base64(encode_base64(data), "", Malformed, length=len(data) + 1)


@settings(derandomize=True)
@given(st.text("ABQRw9+/=-_ \n", max_size=12))
def test_what_is_read_as_base64_prints_as_it_stood(text: str) -> None:
    try:
        data = decode_base64(text, "", Malformed)
    except Malformed:
        return
    assert base64.b64encode(data).decode() == text


@pytest.mark.parametrize(("data", "found"), [
    (b"a\r\nb\n", "第 1 行有控制字符"), (b"a\nb\tc\n", "第 2 行有控制字符"), (b"\0\n", "控制字符"),
    (b"\n\t\n", "第 2 行有控制字符"),
    (b"a\x1f\n", "控制字符"), (b"a", "截断"), (b"", "截断"), (b"ab\xff\n", "第 2 字节起不是 UTF-8"),
    (b"\xed\xa0\x80\n", "UTF-8"), (b"\xc0\x8a", "UTF-8"), ("中".encode()[:2], "UTF-8"),
])
def test_bytes_that_are_not_plain_text_are_named(data: bytes, found: str) -> None:
    with pytest.raises(Malformed, match=found) as caught:
        read_text(data, "某文件", Malformed)
    assert str(caught.value).startswith("某文件：") and str(caught.value).endswith("。")
    assert isinstance(caught.value, LedgerError) and caught.value.code == "malformed"


def test_what_is_shown_is_escaped_and_short() -> None:
    assert show("甲\x1b[31m") == r"'甲\x1b[31m'"
    assert show(b"\xff") == r"'\\xff'" and show("甲".encode()) == "'甲'"
    assert len(show("长" * 10_000)) < 100
    assert show("x" * 58) == repr("x" * 58)  # Sixty with its quotes: nothing is cut.
