"""A file is what its bytes say: whole or not, of a kind that is taken or not, and never more than a paper needs."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.evidence.types import JPEG, OFD, PARTS_MOST, PDF, PNG, type_of
from ledger.errors import Refusal
from tests.api import paper_kit as kit

WHOLE = {PDF: kit.PDF, JPEG: kit.JPEG, PNG: kit.png(), OFD: kit.ofd({"Doc_0/Document.xml": b"<doc/>"})}


def code(content: bytes) -> str:
    found = type_of(content)
    return found.code if isinstance(found, Refusal) else found


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_is_known_by_its_content(kind: str) -> None:
    assert type_of(WHOLE[kind]) == kind


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_was_cut_off_anywhere_is_taken_for_nothing(kind: str) -> None:
    whole = WHOLE[kind].rstrip(b"\n")
    for end in range(len(whole)):
        assert code(whole[:end]) in ("evidence_broken", "evidence_type_unknown"), end


@pytest.mark.parametrize("content", [
    b"", b"MZ\x90\x00", b"<html><script>", b"\x7fELF", b"GIF89a", b"#!/bin/sh\n", "证书".encode(), b" %PDF-1.7",
])
def test_what_is_none_of_the_four_is_not_taken(content: bytes) -> None:
    assert code(content) == "evidence_type_unknown"


def test_a_picture_of_more_points_than_any_paper_has_is_not_taken() -> None:
    assert code(kit.png(20_000, 20_000)) == "evidence_unpacks"
    large = kit.JPEG.replace(b"\x00\x10\x00\x20", b"\xff\xff\xff\xff")
    assert code(large) == "evidence_unpacks"


def test_a_picture_with_something_hidden_behind_it_or_changed_in_it_is_broken() -> None:
    assert code(kit.png() + b"PK\x03\x04") == "evidence_broken"
    changed = bytearray(kit.png())
    changed[20] ^= 1
    assert code(bytes(changed)) == "evidence_broken"


def test_an_archive_that_unpacks_into_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = kit.ofd({f"p{number}": b"\0" * (30 << 20) for number in range(4)})

    assert len(bomb) < 1 << 20
    assert code(bomb) == "evidence_unpacks"


def test_an_archive_of_too_many_parts_is_refused() -> None:
    assert code(kit.ofd({f"p{number}": b"" for number in range(PARTS_MOST)})) == "evidence_unpacks"


def test_an_archive_that_says_it_holds_less_than_it_does_is_broken() -> None:
    packed = bytearray(kit.ofd({"page": b"\0" * 100_000}))
    for place in range(len(packed) - 3):
        if packed[place:place + 4] == (100_000).to_bytes(4, "little"):
            packed[place:place + 4] = (10).to_bytes(4, "little")
    assert code(bytes(packed)) == "evidence_broken"


@pytest.mark.parametrize("name", ["../etc/passwd", "Doc/../../a", "/etc/passwd", "C:/a", "Doc\\a"])
def test_an_archive_whose_parts_would_lie_outside_it_is_broken(name: str) -> None:
    assert code(kit.ofd({name: b"-"})) == "evidence_broken"


def test_an_archive_that_is_no_ofd_is_not_taken() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert code(packed.getvalue()) == "evidence_type_unknown"


@settings(derandomize=True, max_examples=200, deadline=None)
@given(kind=st.sampled_from(sorted(WHOLE)), at=st.integers(0, 400), byte=st.integers(0, 255),
       more=st.binary(max_size=40))
def test_no_bytes_whatever_break_the_reader(kind: str, at: int, byte: int, more: bytes) -> None:
    changed = bytearray(WHOLE[kind])
    changed[at % len(changed)] = byte
    found = type_of(bytes(changed) + more)
    assert found == kind or isinstance(found, Refusal)
