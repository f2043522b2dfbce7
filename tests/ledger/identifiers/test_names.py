"""Names: kept as they came, compared in one form, marked where a character was lost, masked where shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.identifiers import names
from ledger.identifiers.errors import BadName
from ledger.identifiers.names import parse


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("王伟", "王伟"),
        ("王　伟", "王伟"),
        ("王 伟", "王伟"),
        (" 张 小 三 ", "张小三"),
        ("欧阳 娜娜", "欧阳娜娜"),
        ("𬍛𫖯", "𬍛𫖯"),                          # Extensions of four bytes.
        ("王\U00031350", "王\U00031350"),          # Newer than Python's tables.
        ("〇一", "〇一"),
        ("买买提•阿不都", "买买提·阿不都"),
        ("买买提．阿不都", "买买提·阿不都"),
        ("买买提‧阿不都", "买买提·阿不都"),
        ("买买提・阿不都", "买买提·阿不都"),
        ("买买提.阿不都", "买买提·阿不都"),
        ("买买提 · 阿不都", "买买提·阿不都"),
        ("John  Smith", "John Smith"),
        ("J. Smith", "J. Smith"),
        ("Jose\u0301", "José"),
        ("O’Neill", "O’Neill"),
    ],
)
def test_padding_goes_middle_dots_become_one_and_the_name_is_certain(raw: str, normalised: str) -> None:
    name = parse(raw)
    assert (name.raw, name.normalised, name.uncertain) == (raw, normalised, False)


@pytest.mark.parametrize(
    "raw",
    ["王\ue000", "王\U000f0001", "王?", "王？", "王□", "王\ufffd", "张*三", "王zhe", "王(zhe)", "张三2",
     "买买提··阿不都", "·阿不都", "阿里木 江买"],
)
def test_a_name_with_a_lost_or_added_character_is_kept_and_marked(raw: str) -> None:
    name = parse(raw)
    assert name.uncertain
    assert name.raw == raw


@pytest.mark.parametrize(("one", "other"), [("昇", "升"), ("喆", "哲"), ("Ａ", "A"), ("①", "1"), ("頼", "賴")])
def test_variants_and_compatibility_forms_are_different_names(one: str, other: str) -> None:
    assert parse(f"王{one}").normalised != parse(f"王{other}").normalised


@pytest.mark.parametrize(
    ("raw", "reason", "position"),
    [
        ("", "empty", None),
        (" 　", "empty", None),
        ("···", "empty", None),
        ("123", "empty", None),
        ("王\n伟", "control_character", 2),
        ("王伟\t", "control_character", 3),
        ("\u202e王伟", "control_character", 1),
        ("王\u200b伟", "control_character", 2),
        ("王\ud800", "control_character", 2),
        ("王\uffff", "control_character", 2),
        ("阿" * 61, "length", None),
    ],
)
def test_refused_are_controls_nothing_and_too_much(raw: str, reason: str, position: int | None) -> None:
    with pytest.raises(BadName) as caught:
        parse(raw)
    assert (caught.value.reason, caught.value.position) == (reason, position)


def test_sixty_characters_and_one_are_names() -> None:
    assert len(parse("阿" * 60).normalised) == 60
    assert parse("王").normalised == "王"


@pytest.mark.parametrize(
    ("raw", "mask"),
    [
        ("王", "*"),
        ("王伟", "王*"),
        ("张小三", "张*三"),
        ("欧阳娜娜", "欧**娜"),
        ("𬍛小𫖯", "𬍛*𫖯"),
        ("买买提·阿不都", "买**·***"),
        ("John Smith", "J*** *****"),
        ("Jean-Paul", "J***-****"),
        ("J. Smith", "J* *****"),
        ("王\ue000", "王*"),
    ],
)
def test_masks_show_a_first_character_and_the_last_of_an_undivided_chinese_name(raw: str, mask: str) -> None:
    assert parse(raw).mask() == mask


texts = st.text(max_size=80) | st.text(alphabet="王伟娜·•. 　-?□\ue000ab", max_size=12)


@settings(derandomize=True, max_examples=500)
@given(texts)
def test_a_normalised_name_stays_as_it_is_and_is_nfc_within_bounds(raw: str) -> None:
    try:
        name = parse(raw)
    except BadName:
        return
    assert 1 <= len(name.normalised) <= names.LONGEST
    assert unicodedata.is_normalized("NFC", name.normalised)
    assert parse(name.normalised).normalised == name.normalised


@settings(derandomize=True, max_examples=500)
@given(texts)
def test_no_mask_shows_more_than_two_characters_or_more_than_half_of_a_short_name(raw: str) -> None:
    try:
        name = parse(raw)
    except BadName:
        return
    masked = name.mask()
    assert len(masked) == len(name.normalised)
    shown = [char for char in masked if char not in "*· -"]
    assert len(shown) <= (0 if len(masked) == 1 else 1 if len(masked) == 2 else 2)


def test_a_plain_chinese_character_is_a_name_as_it_stands() -> None:
    """These are read without being looked at one by one: nothing in their range is changed by NFC, or doubtful."""
    for point in range(0x4E00, 0xA000):
        char = chr(point)
        name = names.parse(char * 2)
        assert name.normalised == unicodedata.normalize("NFC", char * 2) and not name.uncertain, hex(point)
        assert names.parse(f" {char} ").normalised == char, "as it would be read with something to be mended"
