"""A long document is set in a process of its own: the same bytes, and a clear word where that breaks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.paper import documents, typesetting
from api.paper.documents import Document, Section, Table, set_as_pdf
from api.paper.typesetting import PdfImpossible

FONTS = Path("/usr/share/fonts/opentype/noto")
pytestmark = pytest.mark.skipif(not FONTS.is_dir(), reason="needs fonts-noto-cjk; see `sh tests/setup-system.sh`")
STRANGE = "表 \U0001F9FF"
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def listing(word: str = "学时认定") -> Document:
    table = Table(("事件", "事项"), [(1, word), (2, word)], frozenset({0}))
    return Document("经过", "cas_1", [Section("一", table=table)])


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_ROWS_HERE", 1)


def test_it_is_the_same_to_the_byte_wherever_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    here = set_as_pdf(listing(), AT)
    monkeypatch.setattr(documents, "_ROWS_HERE", 1)
    monkeypatch.setattr(documents, "typeset", None)  # Nobody sets it here.
    assert set_as_pdf(listing(), AT) == here and here.startswith(b"%PDF")


def test_what_the_font_lacks_is_told_in_the_same_words(apart: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PdfImpossible) as beside:
        set_as_pdf(listing(STRANGE), AT)
    monkeypatch.undo()
    with pytest.raises(PdfImpossible) as here:
        set_as_pdf(listing(STRANGE), AT)
    assert str(beside.value) == str(here.value)


def test_a_process_that_is_killed_or_does_not_begin_makes_no_pdf_and_says_so(
    apart: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nkill -9 $$\n")
    dying.chmod(0o755)
    for child, words in ((str(dying), "中途退出（-9）"), (str(tmp_path / "none"), "没有排完")):
        monkeypatch.setattr(sys, "executable", child)
        with pytest.raises(PdfImpossible, match=words):
            set_as_pdf(listing(), AT)
    assert typesetting._ONE_APART.acquire(blocking=False), "the next one is not kept waiting"
    typesetting._ONE_APART.release()


def test_a_template_that_names_what_nobody_gave_it_is_our_bug_and_no_lack_of_a_font() -> None:
    with pytest.raises(Exception, match='does not contain key "sheets"') as caught:
        typesetting.typeset("statement.typ", {"at": [2026, 3, 1, 8, 0, 0]}, AT)
    assert not isinstance(caught.value, PdfImpossible)
