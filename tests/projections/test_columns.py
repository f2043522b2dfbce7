"""Columns: a Chinese character is two wide, lines break where they may, and no character is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.statement.columns import Column, fill, heads, row, visible, width, wrap


@pytest.mark.parametrize(("text", "columns"), [
    ("", 0), ("abc", 3), ("学时", 4), ("（一）", 6), ("e\u0301", 1), ("\U00020000", 2), ("ＡＢ", 4), ("第 2 名", 7),
])
def test_width_counts_what_a_terminal_shows(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(fill(text, 9)) == width(fill(text, 9, right=True)) == 9


@pytest.mark.parametrize(("text", "columns", "lines"), [
    ("学时登记情况表", 6, ["学时登", "记情况", "表"]),
    ("论文、译文", 6, ["论文、", "译文"]),
    ("论文论、译文", 6, ["论文", "论、译", "文"]),       # A comma stays with what it follows,
    ("论文（译）文", 6, ["论文", "（译）", "文"]),        # an opening bracket with what follows it.
    ("abc defgh", 6, ["abc", "defgh"]),
    ("abcdefgh", 3, ["abc", "def", "gh"]),
    ("字abc", 3, ["字", "abc"]),
    ("一\n\n二", 4, ["一", "", "二"]),
    ("", 4, [""]),
])
def test_lines_break_where_they_may(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines


TEXTS = st.text(st.sampled_from("学时ab1 ，。（）“·—\u0301\U00020000-"), max_size=60)


@settings(derandomize=True, max_examples=400)
@given(TEXTS, st.integers(2, 30))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, columns: int) -> None:
    lines = wrap(text, columns)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= columns for line in lines)


def test_cells_that_wrap_stay_in_their_columns() -> None:
    table = (Column("途径", 6), Column("学时", 4, True), Column("要求", 8))

    assert heads(table) == ["途径    学时  要求", "------  ----  --------"]
    assert row(("论文、译文", "19.6", "甲\n乙"), table) == ["论文、  19.6  甲", "译文          乙"]


@settings(derandomize=True)
@given(st.text())
def test_free_text_becomes_one_line_that_hides_nothing(text: str) -> None:
    shown = visible(text)

    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown
    assert ("\u202e" in text) <= ("\ufffd" in shown)
