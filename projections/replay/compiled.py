"""A law compiled over the cases of a coded ledger: the interpreter asked once for each, its answers as columns.

Only what was observed is interpreted: the cases that stand in the ledger, in the stretches of dates between two changes
of the law in which they stand, claimed in time or late where some clause sets a deadline. The requirements are asked
once for each zone and year in which somebody stood. Nothing in a table is computed in any other way, so bulk and
explanation cannot disagree here; what is done with the tables exists twice (`policies.year` and the kernel).

`tests/projections/replay/test_kernel.py` shows it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from policies.assess import UNRULED, Fact, Ruling, assess
from policies.law import BY_EXAM, CATEGORIES, Due, Law
from policies.places import last_day
from policies.rulebook import ClaimWithin
from projections.replay.coded import NOT_SUBMITTED, NOWHERE, Coded

NONE: Final = -1
DUES_MOST: Final = 16
"""Requirements of one zone and year: two bits each, in one number."""

FIXED, PERSONAL, ROLLING = range(1, 4)
_KINDS: Final = {"fixed": FIXED, "personal_start": PERSONAL, "rolling": ROLLING}

Ints = NDArray[np.int32]
_Word = TypeVar("_Word", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rulings:
    """What each ruling gives: columns by number. Equal gains are one ruling here, whoever gave them."""

    counts: NDArray[np.bool_]
    category: NDArray[np.int8]
    hours: Ints
    cap: Ints                   # NONE: no cap.
    bucket: Ints                # 0: none.
    by_exam: NDArray[np.bool_]
    class_: NDArray[np.int8]    # 0: none.
    credited: NDArray[np.int8]  # The category that it brings hours to besides.
    credit: Ints
    unruled: NDArray[np.uint8]  # Bits of what it might fill; 0 where it is ruled.


@dataclass(frozen=True, slots=True)
class Dues:
    """Requirements in lists; the list of a zone and a year is one number."""

    lists: tuple[tuple[Due, ...], ...]
    first: NDArray[np.int64]    # Where each list begins among the columns.
    mask: NDArray[np.uint8]
    base: NDArray[np.uint8]
    class_: NDArray[np.int8]
    need: Ints
    percent: Ints               # NONE: absolute.
    cycle: NDArray[np.int8]     # 0: none; else its kind.
    cycle_years: NDArray[np.int16]
    cycle_start: NDArray[np.int16]
    family: NDArray[np.int8]    # Whose personal start counts; NONE: nobody's.
    of: Ints                    # zones by years: the list's number.
    first_year: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A law over one coded ledger."""

    law: Law
    edges: Ints                 # Days on which the law changes.
    deadlines: tuple[ClaimWithin, ...]
    table: Ints                 # cases x stretches x lateness: the ruling's number, NONE where nothing was observed.
    reasons: tuple[Ruling, ...]  # One ruling, with its reasons, of each number of `exact`.
    exact: Ints                 # As `table`: the number of the very ruling, for whoever asks why.
    rulings: Rulings
    buckets: int
    classes: tuple[tuple[str, str] | None, ...]
    dues: Dues
    starts: NDArray[np.bool_]   # families x zones: whether the zone lies within the family's scope.
    bucket_names: tuple[str | None, ...]

    def for_the_kernel(self) -> Compiled:
        """The same without words and reasons: all that the kernel reads of it, and small enough to be sent along."""
        dues = replace(self.dues, lists=((),) * len(self.dues.lists))
        return replace(self, law=Law(()), reasons=(), exact=self.exact[:0], dues=dues)


def compile_over(law: Law, coded: Coded, after: Compiled | None = None) -> Compiled:
    """Ask the interpreter everything that this ledger will need.

    `after`: a law compiled over it before, whose numbers of rulings, buckets and classes mean the same here.
    """
    deadlines = tuple(dict.fromkeys(clause.claim_within for book in law.books for clause in book.clauses
                                    if clause.claim_within is not None)) if len(coded.submitted) else ()
    edges = np.array(law.edges, dtype=np.int32)
    cells = cells_of(coded, edges, deadlines)
    width = (len(edges) + 1) << len(deadlines)
    observed = np.flatnonzero(np.bincount(cells, minlength=len(coded.cases) * width))
    sample = _samples(cells, len(coded.cases) * width) if deadlines else None
    exact = np.full(len(coded.cases) * width, NONE, dtype=np.int32)
    reasons: list[Ruling] = []
    for cell in observed.tolist():
        case = coded.cases[cell // width]
        layer = law.layer((cell % width) >> len(deadlines), *case.zone)
        claim = None
        if sample is not None:
            at = int(sample[cell])
            if coded.submitted[at] != NOT_SUBMITTED:
                claim = (date.fromordinal(int(coded.day[at])), date.fromordinal(int(coded.submitted[at])))
        exact[cell] = len(reasons)
        reasons.append(assess(layer, Fact(case.values, case.major, case.lead, claim)))
    classes: dict[tuple[str, str] | None, int] = _numbered((None,) if after is None else after.classes)
    buckets: dict[str | None, int] = _numbered((None,) if after is None else after.bucket_names)
    gains: dict[tuple[int, ...], int] = {} if after is None else _numbered(_gains(after.rulings))
    numbers = np.array([gains.setdefault(gain(ruling, buckets, classes), len(gains)) for ruling in reasons] or [0],
                       dtype=np.int32)
    table = np.where(exact == NONE, np.int32(NONE), numbers[exact])
    columns = list(zip(*gains, strict=True)) or [()] * 10
    kinds = (np.bool_, np.int8, np.int32, np.int32, np.int32, np.bool_, np.int8, np.int8, np.int32, np.uint8)
    rulings = Rulings(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
    families = sorted({book.family for book in law.books if any(
        minimum.cycle is not None and minimum.cycle.kind == "personal_start" for minimum in book.minimums)})
    dues = _dues(law, coded, classes, families)
    starts = np.array([[any(book.family == family and book.scope.holds(*zone) for book in law.books)
                        for zone in coded.zones] for family in families],
                      dtype=np.bool_).reshape(len(families), len(coded.zones))
    return Compiled(law, edges, deadlines, table, tuple(reasons), exact, rulings, len(buckets), tuple(classes), dues,
                    starts, tuple(buckets))


def _numbered(words: Iterable[_Word]) -> dict[_Word, int]:
    return {word: at for at, word in enumerate(words)}


def _gains(rulings: Rulings) -> Iterable[tuple[int, ...]]:
    """What `gain` said of each ruling."""
    columns = (getattr(rulings, column.name).tolist() for column in fields(Rulings))
    return zip(*columns, strict=True)


def cells_of(coded: Coded, edges: Ints, deadlines: tuple[ClaimWithin, ...]) -> NDArray[np.int64]:
    """The cell of the table for each entry: its case, the stretch of dates it lies in, which deadlines it missed."""
    cells = coded.case.astype(np.int64) * (len(edges) + 1) + np.searchsorted(edges, coded.day, side="right")
    for deadline in deadlines:
        late = (coded.submitted > _last_claim_days(deadline, coded.day)) & (coded.submitted != NOT_SUBMITTED)
        cells = cells << 1 | late
    return cells


def _samples(cells: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """One entry of each cell: what is early or late is so for all of them, and by how much moves no hour."""
    sample = np.full(size, NONE, dtype=np.int64)
    sample[cells[::-1]] = np.arange(len(cells))[::-1]
    return sample


def _last_claim_days(deadline: ClaimWithin, days: Ints) -> Ints:
    """The last day on which an occasion of each day may be claimed, as `policies.assess` has it."""
    distinct, at = np.unique(days, return_inverse=True)
    last = []
    for day in map(date.fromordinal, distinct.tolist()):
        if deadline.december_until is not None and day.month == 12:
            last.append(date.fromisoformat(f"{day.year + 1}-{deadline.december_until}").toordinal())
        else:
            last.append((day + timedelta(days=deadline.days)).toordinal())
    return np.array(last, dtype=np.int32)[at]


def gain(
    ruling: Ruling, buckets: dict[str | None, int], classes: dict[tuple[str, str] | None, int]
) -> tuple[int, ...]:
    """What the kernel takes of a ruling, in the order of `Rulings`; buckets and classes by number."""
    credit = ruling.credit
    unruled = 1 << ruling.category | (BY_EXAM if ruling.by_exam else 0) if ruling.status == UNRULED else 0
    return (
        ruling.counts, ruling.category, ruling.assessed, NONE if ruling.cap is None else ruling.cap,
        buckets.setdefault(ruling.bucket, len(buckets)), ruling.by_exam,
        classes.setdefault(ruling.class_, len(classes)),
        0 if credit is None else CATEGORIES.index(credit.category), 0 if credit is None else credit.hours_centi,
        unruled,
    )


def _dues(
    law: Law, coded: Coded, classes: dict[tuple[str, str] | None, int], families: list[str]
) -> Dues:
    first_year, last_year = _span(coded)
    of = np.zeros((len(coded.zones), max(0, last_year - first_year + 1)), dtype=np.int32)
    lists: dict[tuple[Due, ...], int] = {(): 0}
    for zone, year in _stood(coded):
        due = law.due(last_day(year), *coded.zones[zone], year)
        of[zone, year - first_year] = lists.setdefault(due, len(lists))
    assert max(map(len, lists)) <= DUES_MOST, "each requirement has its two bits"
    flat = [due for one in lists for due in one]
    return Dues(
        tuple(lists), np.cumsum([0, *(len(one) for one in lists)], dtype=np.int64),
        np.array([due.mask for due in flat], dtype=np.uint8), np.array([due.base for due in flat], dtype=np.uint8),
        np.array([0 if due.class_ is None else classes.setdefault(due.class_, len(classes)) for due in flat],
                 dtype=np.int8),
        np.array([due.need if due.percent is None else 0 for due in flat], dtype=np.int32),
        np.array([NONE if due.percent is None else due.percent for due in flat], dtype=np.int32),
        np.array([0 if due.cycle is None else _KINDS[due.cycle.kind] for due in flat], dtype=np.int8),
        np.array([1 if due.cycle is None else due.cycle.years for due in flat], dtype=np.int16),
        np.array([0 if due.cycle is None else due.cycle.start for due in flat], dtype=np.int16),
        np.array([families.index(due.rulebook.family) if due.cycle is not None and due.cycle.kind == "personal_start"
                  else NONE for due in flat], dtype=np.int8),
        of, first_year,
    )


def _span(coded: Coded) -> tuple[int, int]:
    """The first and the last year that has a row."""
    rows = np.diff(coded.first_year_row)
    has = rows > 0
    if not has.any():
        return 0, -1
    return int(coded.first_year[has].min()), int((coded.first_year[has] + rows[has]).max()) - 1


def _stood(coded: Coded) -> list[tuple[int, int]]:
    """Every zone and year in which somebody stood on 31 December."""
    years = year_of_row(coded)
    stood = coded.standing != NOWHERE
    pairs = np.unique(years[stood].astype(np.int64) << 32 | coded.standing[stood])
    return [(pair & 0xFFFF_FFFF, pair >> 32) for pair in pairs.tolist()]


def year_of_row(coded: Coded) -> Ints:
    """The year of each row."""
    rows = np.diff(coded.first_year_row)
    start = np.repeat(coded.first_year.astype(np.int32), rows)
    return start + (np.arange(coded.years) - np.repeat(coded.first_year_row[:-1], rows)).astype(np.int32)
