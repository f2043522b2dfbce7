"""Rulings of every distinct code, computed once: the law compiled for bulk work.

A code is the discrete part of an entry: layer, major, filing distance and shape. `compile_law` runs the interpreter on
each code and keeps what the fold of a year needs as parallel columns of integers; nothing in a table is computed any
other way. `fold_codes` does over columns what `year.fold` does over rulings, beside it in meaning and tested equal.

`tests/policies/test_tables.py` holds the two together on random histories.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from policies.assess import UNRULED, Fact, Ruling, assess
from policies.law import BY_EXAM, CATEGORIES, Law, Layer

NO_CAP: Final = -1
STATUSES: Final = ("ruled", "manual", "refused", "unruled")


class Code(NamedTuple):
    """One distinct case of an entry, before any law has looked at it."""

    interval: int
    region: str
    sector: str
    major: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Tables:
    """Columns by code. Immutable; known by the digest of the rulebooks and of what they gave."""

    digest: str
    rulings: tuple[Ruling, ...]      # The reasons, to be written when asked for.
    status: array[int]               # Index into `STATUSES`.
    assessed: array[int]             # Hundredths.
    category: array[int]             # 0 professional, 1 sector public, 2 general public.
    bucket: array[int]               # Number of the cap's bucket.
    cap: array[int]                  # Hundredths, or NO_CAP.
    by_exam: array[int]              # 0 or 1.
    class_: array[int]               # Number of the class, 0 for none.
    credit: array[int]               # Hundredths that it brings to another category besides.
    credited: array[int]             # That category.
    classes: tuple[tuple[str, str] | None, ...]


def compile_law(law: Law, codes: Iterable[Code]) -> Tables:
    """The tables of these codes under a law. Same rulebooks and same codes give the same tables and digest."""
    layers: dict[tuple[int, str, str, str | None], Layer] = {}
    rulings: list[Ruling] = []
    for code in codes:
        place = code[:4]
        layer = layers.get(place)
        if layer is None:
            layer = layers[place] = law.layer(*place)
        rulings.append(assess(layer, code.fact))
    buckets: dict[str | None, int] = {None: 0}
    classes: dict[tuple[str, str] | None, int] = {None: 0}
    columns = {
        "status": array("q", [STATUSES.index(ruling.status) for ruling in rulings]),
        "assessed": array("q", [ruling.assessed for ruling in rulings]),
        "category": array("q", [ruling.category for ruling in rulings]),
        "bucket": array("q", [buckets.setdefault(ruling.bucket, len(buckets)) for ruling in rulings]),
        "cap": array("q", [NO_CAP if ruling.cap is None else ruling.cap for ruling in rulings]),
        "by_exam": array("q", [int(ruling.by_exam) for ruling in rulings]),
        "class_": array("q", [classes.setdefault(ruling.class_, len(classes)) for ruling in rulings]),
        "credit": array("q", [ruling.credit.hours_centi if ruling.credit else 0 for ruling in rulings]),
        "credited": array("q", [CATEGORIES.index(one.credit.category) if one.credit else 0 for one in rulings]),
    }
    seal = sha256("\n".join(f"{book.id} {book.digest}" for book in law.books).encode())
    for column in columns.values():
        seal.update(column.tobytes())
    return Tables(digest=seal.hexdigest(), rulings=tuple(rulings), classes=tuple(classes), **columns)


class CodedSums(NamedTuple):
    """What one year of one person holds."""

    by_category: list[int]
    exam: list[int]                  # One number; a list so that it can be added to.
    unruled: list[int]               # Bits of categories that hold an unruled entry.
    by_class: dict[int, int]


def fold_codes(
    tables: Tables, codes: Sequence[int], days: Sequence[int], years: Sequence[int],
    occasions: Sequence[int], outputs: Sequence[int],
) -> tuple[list[int], dict[int, CodedSums]]:
    """Duplicates, caps, sums of one person over columns; keys are numbers, 0 for none. Registration order given."""
    assessed, status = tables.assessed, tables.status
    lost = set[int]()
    for keys in (occasions, outputs):
        best: dict[int, int] = {}
        for place, key in enumerate(keys):
            if key and status[codes[place]] < 2:
                kept = best.setdefault(key, place)
                if kept != place:
                    loser = place
                    if assessed[codes[place]] > assessed[codes[kept]]:
                        best[key], loser = place, kept
                    lost.add(loser)
    counted = [0] * len(codes)
    sums: dict[int, CodedSums] = {}
    used: dict[tuple[int, int], int] = {}
    for place in sorted(range(len(codes)), key=days.__getitem__):
        code, year = codes[place], years[place]
        of_year = sums.setdefault(year, CodedSums([0] * len(CATEGORIES), [0], [0], {}))
        if STATUSES[status[code]] == UNRULED:
            of_year.unruled[0] |= 1 << tables.category[code] | (BY_EXAM if tables.by_exam[code] else 0)
        if status[code] >= 2 or place in lost:
            continue
        hours = assessed[code]
        if tables.cap[code] != NO_CAP:
            bucket = (tables.bucket[code], year)
            hours = min(hours, tables.cap[code] - used.get(bucket, 0))
            used[bucket] = used.get(bucket, 0) + hours
        counted[place] = hours
        of_year.by_category[tables.category[code]] += hours
        of_year.exam[0] += hours * tables.by_exam[code]
        of_year.by_category[tables.credited[code]] += tables.credit[code]
        if tables.class_[code]:
            of_year.by_class[tables.class_[code]] = of_year.by_class.get(tables.class_[code], 0) + hours
    return counted, sums
