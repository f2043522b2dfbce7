"""Each sentence of the texts has its place: a row of its rulebook, or a reason why it decides nothing.

`coverage.toml` lists the sentences in order. `problems` says which have no place, which place is not there, and which
claims to decide nothing although it names a number of hours.

`tests/policies/test_coverage.py` shows it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.form import read_form
from policies.rulebook import Rulebook
from policies.soundness import fold, quotes_of
from policies.words import HERE

FILE: Final = HERE / "coverage.toml"
KINDS: Final = ("clause", "condition", "minimum", "application", "registrar", "steps", "duty", "consequence")
"""The tables of a rulebook in which a sentence can have its place."""

NOTHING: Final = ("narrative", "authority", "scope", "in_force", "words")
"""Why a sentence has no row: it tells, it names who interprets, it is in the head of the file, it names our words."""

_END: Final = re.compile(r"(?<=[。；;])")
_HOURS: Final = re.compile(r"\d+个?学时|\d+%")


@dataclass(frozen=True, slots=True)
class Place:
    """One sentence and where it stands."""

    text: str
    sentence: str
    places: tuple[str, ...]
    because: str | None
    shown_by: str


def sentences(text: str) -> list[str]:
    """The sentences of a text without white space, each with its closing mark."""
    return [part for part in _END.split(fold(text)) if part]


def read_coverage() -> list[Place]:
    """The rows of the coverage file."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["sentence"]
    return [
        Place(row["text"], row["begins"], tuple(row.get("places", ())), row.get("because"), row["shown_by"])
        for row in rows
    ]


def rows_quoting(book: Rulebook) -> Iterator[tuple[str, str]]:
    """Every row of a rulebook that quotes its text: its place and the folded quote."""
    plain, _ = read_form(book.id, book.source)
    for kind in KINDS:
        table: Any = plain.get(kind, [])
        for row in table if isinstance(table, list) else [table]:
            assert isinstance(row, Mapping)
            for _, quote in quotes_of(row):
                yield f"{kind} {row['article']}", fold(quote)


def places_in(quoting: Iterable[tuple[str, str]], sentence: str) -> set[str]:
    """The rows whose words this sentence holds, or that hold all of this sentence."""
    return {place for place, quote in quoting if touches(quote, sentence)}


def touches(quote: str, sentence: str) -> bool:
    """Whether a quote and a sentence, both folded, share words.

    A quote may be a part of a sentence, hold all of it, or run over its end into the next.
    """
    return quote in sentence or sentence in quote or any(
        part in sentence for part in _END.split(quote) if len(part) > 6
    )


def problems(books: Iterable[Rulebook], coverage: Iterable[Place]) -> Iterator[str]:
    """What is wrong with the coverage of these rulebooks' texts."""
    rows: dict[str, list[Place]] = {}
    for row in coverage:
        rows.setdefault(row.text, []).append(row)
    for book in books:
        assert book.text is not None and book.text_name is not None
        told, found = rows.get(book.text_name, []), sentences(book.text)
        if len(told) != len(found):
            yield f"{book.text_name}：原文 {len(found)} 句，coverage.toml 有 {len(told)} 句"
        quoting = list(rows_quoting(book))
        for place, sentence in zip(told, found, strict=False):
            yield from _row_problems(book.text_name, quoting, place, sentence)


def _row_problems(text: str, quoting: Iterable[tuple[str, str]], row: Place, sentence: str) -> Iterator[str]:
    here = f"{text}“{sentence[:24]}…”"
    if not sentence.startswith(fold(row.sentence)):
        yield f"{here}：coverage.toml 里这一行写的是“{row.sentence[:24]}”"
        return
    held = places_in(quoting, sentence)
    for place in row.places:
        if place not in held:
            yield f"{here}：细则里没有引用这句话的 {place}；有 {'、'.join(sorted(held)) or '（无）'}"
    if bool(row.places) == (row.because is not None):
        yield f"{here}：places 与 because 应恰有一个"
    if row.because is not None and row.because.split("：")[0] not in NOTHING:
        yield f"{here}：because 应以 {'、'.join(NOTHING)} 之一开头"
    if row.because is not None and _HOURS.search(sentence):
        yield f"{here}：这句话有学时数，不能没有位置"
