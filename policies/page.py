"""A rulebook as people read it: the official text, sentence by sentence, with its machine rows beside.

A row stands beside each sentence that gives it, never elsewhere. `page_forms.py` prints what is laid out here.

`tests/policies/test_rulebook_page.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from policies.coverage import sentences, touches
from policies.form import read_form
from policies.reading_words import reading_in_words
from policies.render import Row, rows_of, shared_rows
from policies.rulebook import Reading, Rulebook
from policies.soundness import fold

_NUMBER: Final = "[一二三四五六七八九十]+"
_STARTS: Final = re.compile(rf"^\s*\**(?:第{_NUMBER}[章条]|[（(]{_NUMBER}[)）])", re.MULTILINE)
ARTICLE: Final = re.compile(rf"^(第{_NUMBER}[章条])")
_ITEM: Final = re.compile(rf"^[（(]({_NUMBER})[)）]")
_FIRST: Final = re.compile(r"^\s*\**第一[章条]", re.MULTILINE)
_BLANK: Final = re.compile(r"\n[ \t\u3000]*\n\s*")
_MARKS: Final = str.maketrans("", "", "*#")      # One text was published with Markdown's marks in it.


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence, cut where a chapter or an article begins, and the rows that it gives."""

    pieces: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A rulebook laid out."""

    book: Rulebook
    passages: tuple[Passage, ...]

    @property
    def title(self) -> str:
        """Document number and name."""
        return f"{self.book.document}《{self.book.title}》"

    @property
    def readings(self) -> tuple[Reading, ...]:
        """How the text is read, in the words of whoever reads it."""
        return tuple(map(reading_in_words, self.book.readings))

    @property
    def state(self) -> str | None:
        """What a reader must know before anything else."""
        if self.book.draft:
            return "草案：为检验格式而写，未施行，不参与任何认定"
        return "停用：保留在册，不参与任何认定" if self.book.off else None

    def facts(self) -> Iterator[tuple[str, str]]:
        """The head of the file."""
        book = self.book
        yield "细则", book.id
        yield "发文", "、".join(book.issuers)
        until = f"，至 {book.in_force_to} 止" if book.in_force_to is not None else ""
        yield "施行", f"自 {book.in_force_from} 起{until}；年度要求从 {book.first_year_judged} 年判起"
        if book.legal_basis:
            yield "依据", "、".join(book.legal_basis)
        yield "摘要", f"sha256:{book.digest}"


def page_of(book: Rulebook) -> Page:
    """Set the rows beside the sentences that give them; a draft without a text shows its quotes instead."""
    rows = rows_of(book)
    if book.text is None:
        plain, _ = read_form(book.id, book.source)
        quotes = dict.fromkeys(str(row["quote"]) for row in _quoted(plain))
        return Page(book, tuple(Passage((one,), tuple(row for row in rows if one in row.quotes)) for one in quotes))
    shared, starts, at, passages = shared_rows(book), _starts(book.text), 0, []
    for sentence in sentences(book.text):
        held = [row for row in rows if any(touches(fold(quote), sentence) for quote in row.quotes)]
        seen = {index for row in held for index in row.covers}
        held = [row for row in held if row.kind != "condition" or row.readings or not _told(row, held)]
        held += [row for row in shared if (not seen or row.kind == "cap") and not seen.issuperset(row.covers)
                 and touches(fold(row.quotes[0]), sentence)]
        cuts = [0, *(start - at for start in starts if at < start < at + len(sentence)), len(sentence)]
        pieces = [ARTICLE.sub(r"\1 ", sentence[first:last].translate(_MARKS))
                  for first, last in pairwise(cuts)]
        passages.append(Passage(tuple(piece for piece in pieces if piece.strip("-")), tuple(held)))
        at += len(sentence)
    return Page(book, tuple(passages))


def begun(page: Page) -> list[tuple[str | None, ...]]:
    """Of each piece of each passage the chapter, article or item that begins with it, named as clauses name it."""
    seen: set[str] = set()
    found, article = [], ""
    for passage in page.passages:
        names: list[str | None] = []
        for piece in passage.pieces:
            if (begins := ARTICLE.match(piece)) is not None:
                name = begins[1]
                article = name if name.endswith("条") else ""
            else:
                item = _ITEM.match(piece)
                name = f"{article}（{item[1]}）" if item is not None and article else ""
            names.append(name if name and name not in seen else None)  # Of two lists of an article the first is meant.
            seen.add(name)
        found.append(tuple(names))
    return found


def _told(condition: Row, rows: Iterable[Row]) -> bool:
    """Whether a clause of the same sentence has said it already."""
    return any(row.kind == "clause" and row.words.endswith(condition.words) for row in rows)


def _quoted(plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("clause", "condition", "minimum", "relief", "make_up", "duty", "consequence"):
        yield from plain.get(name, ())


def _starts(text: str) -> list[int]:
    """Where, in the text without white space, a chapter, an article, an item or a paragraph of the letter begins."""
    first = _FIRST.search(text)
    letter = len(text) if first is None else first.start()   # Inside articles, blank lines fall where pages broke.
    found = [one.start() for one in _STARTS.finditer(text)] + [one.end() for one in _BLANK.finditer(text, 0, letter)]
    return sorted({len(fold(text[:start])) for start in found})


def as_json_page(book: Rulebook) -> dict[str, Any]:
    """The page for programs."""
    page = page_of(book)
    return {
        "rulebook": book.id, "document": book.document, "title": book.title, "draft": book.draft, "off": book.off,
        "in_force_from": book.in_force_from.isoformat(), "digest": book.digest,
        "sentences": [
            {"text": "".join(one.pieces),
             "rows": [{"kind": row.kind, "article": row.article, "words": row.words, "readings": row.readings}
                      for row in one.rows]}
            for one in page.passages
        ],
        "readings": [
            {"id": one.id, "question": one.question, "chosen": one.chosen, "reason": one.reason,
             "alternatives": one.alternatives, "parameter": one.parameter}
            for one in book.readings
        ],
    }
