"""What a replay names by codes, in the words that people use: rulebooks by their documents, requirements, sectors.

A report brings its names with it (`projections.replay.names`); of one that brings none, and of a rulebook that is not
kept here, the code is shown. `tests/api/test_replay_names.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policies.words import base_vocabulary

_NO_CLAUSE: Final = {None: "没有细则规定", "manual": "主管部门确认"}


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one report, or one question, brings."""

    documents: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    minimums: Mapping[str, str] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Names:
        """The names that a report tells; before format 4 it told none."""
        return cls(**told.get("names", {}))

    def book(self, name: str) -> str:
        """A rulebook by its document; two encodings of one document stand with their ids."""
        document = self.documents.get(name)
        if document is None:
            return name
        return document if list(self.documents.values()).count(document) == 1 else f"{document} {name}"

    def clause(self, clause: str | None) -> str:
        """A clause with its document, or why there is none."""
        if clause in _NO_CLAUSE:
            return _NO_CLAUSE[clause]
        book, _, article = str(clause).partition(" ")
        return f"{self.book(book)} {article}".rstrip()

    def minimum(self, minimum: str) -> str:
        """A requirement in words, and whose it is."""
        book, _, name = minimum.partition(" ")
        known = base_vocabulary().minimums.get(name)
        return f"{known.name if known else self.minimums.get(name, name)}（{self.book(book)}）"

    def sector(self, code: str) -> str:
        """A sector in words."""
        return base_vocabulary().sectors.get(code) or self.sectors.get(code, code) or "（无归属）"


NO_NAMES: Final = Names()
