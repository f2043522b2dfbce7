"""What a statement says, as values: what `projections.statement.reading` reads and every other dress of it is made of.

`tests/projections/test_statement_reading.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """Where the person belonged."""

    starts: str
    ends: str | None
    place: str           # The region in words, as far as it has any.
    region: str
    sector: str          # In words, as it stands there.
    major: str | None
    unit: str
    event: int


class Cited(NamedTuple):
    """A rulebook with its sign; `is_basis` unless it was only cited when something was decided."""

    sign: str
    id: str
    digest: str | None
    is_basis: bool


class Need(NamedTuple):
    """One requirement of a year, and how far it is reached."""

    words: str
    name: str
    span: tuple[int, int] | None
    need: str
    short: str | None
    have: str | None
    is_open: bool
    sign: str
    rulebook: str
    article: str


class YearLine(NamedTuple):
    """One side of a year; `side` is empty where both are the same."""

    year: int
    side: str
    professional: str
    sector_public: str
    general_public: str
    total: str
    met: bool | None
    needs: tuple[Need, ...]


class EntryLine(NamedTuple):
    """One study, with the notes under it by their names."""

    number: int
    year: int
    category: str
    route: str
    day: str
    quantity: str
    assessed: str
    counted: str
    status: str
    notes: Mapping[str, str]
    rulebook: str | None          # What the decision cited, and its clauses; nothing where a person confirmed it.
    clauses: str


class Statement(NamedTuple):
    """All that a statement says."""

    fields: Mapping[str, str]     # Those of one value: 姓名, 证件, 单位, 核验码 and so on.
    places: tuple[Place, ...]
    books: tuple[Cited, ...]
    law: str
    years: tuple[YearLine, ...]
    differences: tuple[str, ...]
    entries: tuple[EntryLine, ...]
    remarks: tuple[str, ...]
    closings: tuple[str, ...] = ()  # Of each year that was closed, that it was, and what was decided since.
