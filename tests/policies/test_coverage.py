"""Every sentence of the five texts has its place in a rulebook, or a stated reason why it decides nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policies.cases import read_cases
from policies.coverage import Place, problems, read_coverage, rows_quoting, sentences
from policies.shelf import SHIPPED, shipped

ROOT = Path(__file__).parents[2]
BOOKS = shipped().books
ROWS = read_coverage()
YEARLY = next(at for at, row in enumerate(ROWS) if "minimum 第八条" in row.places)


def test_no_sentence_is_without_its_place() -> None:
    assert list(problems(BOOKS, ROWS)) == []


def test_the_sentences_of_a_text_are_the_whole_text() -> None:
    for book in BOOKS:
        assert book.text is not None
        assert "".join(sentences(book.text)) == "".join(book.text.split())


def test_every_row_that_quotes_a_text_is_the_place_of_one_of_its_sentences() -> None:
    for book in BOOKS:
        placed = {place for row in ROWS if row.text == book.text_name for place in row.places}
        assert {place for place, _ in rows_quoting(book)} - placed == set()


def test_what_shows_a_sentence_is_there() -> None:
    names = {case.name for book in BOOKS for case in read_cases(SHIPPED / f"{book.id}.cases.toml")}
    for row in ROWS:
        kind, _, name = row.shown_by.partition("：")
        assert name in names if kind == "case" else (ROOT / row.shown_by).is_file(), row


def test_sentences_that_give_hours_are_shown_by_a_case() -> None:
    for row in ROWS:
        if any(place.startswith(("clause", "minimum", "condition", "application")) for place in row.places):
            assert row.shown_by.startswith("case："), row


def changed(at: int, **values: object) -> list[Place]:
    return [replace(row, **values) if place == at else row for place, row in enumerate(ROWS)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS[1:], "coverage.toml 有"),
        (changed(5, sentence="别的话"), "这一行写的是"),
        (changed(YEARLY, places=(), because="narrative：x"), "有学时数"),
    ],
)
def test_a_sentence_without_its_place_is_found(rows: list[Place], said: str) -> None:
    assert any(said in problem for problem in problems(BOOKS, rows))
