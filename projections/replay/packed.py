"""A coded ledger and a law as machine code takes them: plain columns of numbers, and small tables to look into.

An entry is looked up twice: its day, case and lateness say which ruling it has, the ruling what it brings. Whatever is
brought goes into one *column* of its year: a column for each bucket, and one for each category, class and way of
earning of what has no cap. So one addition both fills a cap and sums; only of a bucket that is filled with different
things is there a second one. What holds an unruled entry is a column too, of which only matters whether it is empty.

A requirement is a question about one sum. Each distinct question is asked of many years at once; for each list of
requirements a table says what eight answers mean together. Cycles and parts in per cent are left to be asked alone.

`tests/projections/replay/test_kernel.py` shows it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from policies.facts import FIRST_DAY, LAST_DAY
from projections.replay.coded import Coded
from projections.replay.compiled import NONE, ROLLING, Compiled, Rulings, cells_of
from projections.replay.replayed import EXAM, HOW_BITS, IN_PROGRESS, MET, SHORT, UNDETERMINED

FIRST: Final = FIRST_DAY.toordinal()
UNCAPPED: Final = 1 << 30   # No year holds as many hundredths: ten million hours.
LOW: Final = 0x55555555     # Of two bits each the lower one.
ANSWERS: Final = 8          # Questions whose answers one table takes together.
OPEN: Final = 1 << EXAM + 1
"""How many ways there are of what an unruled entry might fill: three categories, and hours by exam."""

_BY_EXAM_ROW: Final = 1 << EXAM   # Rows of a laid-out year: every set of the three categories, by exam, the classes.
_HEIGHT: Final = 384              # Years at once: their columns fit into the nearest memory, ...
_SCRATCH: Final = 6_144           # ... or at least into the next one, where a law has many columns.
_NOTHING: Final = 0               # Keys of columns: what goes nowhere, then what is unruled, then what counts.

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]


class Columns(NamedTuple):
    """The coded ledger, as far as machine code reads it."""

    first_entry: Longs
    case: Ints
    day: Ints
    row: Ints
    late: NDArray[np.uint8]      # Which deadlines each entry missed, a bit each; empty where no clause sets one.
    lost: NDArray[np.bool_]      # Which entries lose to another; empty where none share anything.
    first_year_row: Longs
    first_year: NDArray[np.int16]
    standing: NDArray[np.signedinteger[Any]]
    first_belonging: Longs
    belonging: NDArray[np.signedinteger[Any]]
    belongs_from: NDArray[np.int16]


class Packed(NamedTuple):
    """A law in tables. Whatever names a row of the scratch does so by where the row begins in it."""

    height: int                  # Years of people at once: how long a row of the scratch is.
    columns: int

    cases: int
    stretch_at: Ints             # By day since FIRST: where its stretch begins among `number`.
    number: Ints                 # By stretch, lateness, case: four times the number of the ruling.
    gain: Ints                   # Four a ruling: what it brings, the most its column holds, its column, a second one.
    credit: Ints                 # Two to four of `gain`: other hours that it brings, and their column.
    has_second: bool
    has_credit: bool

    sum_first: Longs             # Where each sum's columns begin in `sum_columns`; sums in the order of `Replayed`.
    sum_columns: Longs
    open_columns: Longs
    open_bits: Ints              # What an entry in each of them might fill.

    asked_row: Longs             # Questions: which sum has to reach ...
    asked_need: Ints             # ... how much.
    tables: int                  # So many tables of `ANSWERS` questions a list.
    met: NDArray[np.uint32]      # lists x tables x answers: two bits a requirement; where none stands, neither.
    blocked: NDArray[np.uint32]  # lists x what is open: whether a requirement that is not met may yet be.
    judged: NDArray[np.uint32]   # By list: the bits that belong to a requirement.
    due_of: Ints                 # zones x years: the list.
    due_years: int
    due_year: int

    first_alone: Longs           # Where each list's requirements begin in `alone` that are asked one by one.
    alone: Longs
    place: Longs                 # By requirement: where its two bits stand.
    row: Longs
    need: Longs
    mask: NDArray[np.uint32]
    base: Longs                  # The sum of which it is a part, ...
    percent: Longs               # ... of so many in a hundred; NONE: it is a cycle.
    cycle: NDArray[np.int8]
    cycle_years: Longs
    cycle_start: Longs
    cycle_first: Longs           # requirements x years: where the cycle begins in which the year lies.
    family: Longs
    starts: NDArray[np.bool_]


def columns_of(coded: Coded, compiled: Compiled, lost: NDArray[np.bool_]) -> Columns:
    """The ledger's columns; what the law says of each entry beside its ruling stands in two of them."""
    many = len(compiled.deadlines)
    late = np.zeros(0, dtype=np.uint8)
    if many:
        late = (cells_of(coded, compiled.edges, compiled.deadlines) & ((1 << many) - 1)).astype(np.uint8)
    return Columns(
        coded.first_entry, coded.case, coded.day, coded.row, late, lost, coded.first_year_row, coded.first_year,
        coded.standing, coded.first_belonging, coded.belonging, coded.belongs_from,
    )


def stretches(edges: Ints) -> Ints:
    """The stretch between these edges in which each day lies that an entry can have."""
    days = np.arange(FIRST, LAST_DAY.toordinal() + 1)
    return np.searchsorted(edges, days, side="right").astype(np.int32)


def pack(coded: Coded, compiled: Compiled) -> Packed:
    """The tables of a law."""
    rulings, lateness = compiled.rulings, len(compiled.deadlines)
    width = (len(compiled.edges) + 1) << lateness
    cases = len(compiled.table) // width
    keys, own, second, credited = _columns_of_rulings(rulings)
    span = int(np.diff(coded.first_year_row).max(initial=1))
    height = max(span, min(_HEIGHT, max(_HEIGHT // 8, _SCRATCH // len(keys))))
    by_case = np.where(compiled.table == NONE, 0, compiled.table * 4).reshape(cases, width)
    worth = np.where(rulings.counts, rulings.hours, -(rulings.unruled > 0).astype(np.int32))  # -1: it is there.
    most = np.where(rulings.counts & (rulings.cap != NONE), rulings.cap, UNCAPPED)
    assert max(worth.max(initial=0), most.max(initial=0)) <= UNCAPPED, "hours have thirty bits"
    other = np.where(rulings.counts, rulings.credit, 0)
    gain = np.stack([worth, most, own * height, second * height], axis=1)
    credit = np.stack([other, credited * height, other, other], axis=1)   # As wide as `gain`: one place finds both.
    return Packed(
        height, len(keys), cases, stretches(compiled.edges) * np.int32(cases << lateness),
        by_case.T.astype(np.int32).ravel(), gain.astype(np.int32).ravel(), credit.astype(np.int32).ravel(),
        bool(second.any()), bool(other.any()), *_sums(keys, height, EXAM + len(compiled.classes)),
        *_lists(compiled, height), *_alone(compiled, height),
    )


def _columns_of_rulings(rulings: Rulings) -> tuple[list[int], Longs, Longs, Longs]:
    """What each column holds; by ruling its own column, a second one, that of its other hours; the first is none.

    A bucket that is filled with different things has a column that only says how full it is, and is summed in others.
    """
    kinds = 2 * EXAM * (int(rulings.class_.max(initial=0)) + 1)
    kind = _kind(rulings.category, rulings.by_exam, rulings.class_)
    is_capped = rulings.counts & (rulings.cap != NONE)
    bucket = np.where(is_capped, rulings.bucket.astype(np.int64) + 1, 0)
    filled = np.unique((bucket * kinds + kind)[is_capped]) // kinds
    of_many = np.unique(filled[1:][filled[1:] == filled[:-1]])   # Buckets that different things fill.
    is_of_many = is_capped & np.isin(bucket, of_many)
    counted = OPEN + bucket * kinds + kind
    beyond = OPEN + (int(bucket.max(initial=0)) + 1) * kinds
    own = np.where(rulings.counts, np.where(is_of_many, beyond + bucket, counted), rulings.unruled)
    second = np.where(is_of_many, OPEN + kind, _NOTHING)
    credit = np.where(rulings.counts & (rulings.credit > 0), OPEN + _kind(rulings.credited, False, 0), _NOTHING)
    keys, column = np.unique(np.concatenate([[_NOTHING], own, second, credit]), return_inverse=True)
    told = [_NOTHING if key >= beyond else key if key < OPEN else OPEN + (key - OPEN) % kinds for key in keys.tolist()]
    parts = np.split(column[1:].astype(np.int64), 3)
    return told, parts[0], parts[1], parts[2]


def _kind(category: Any, by_exam: Any, class_: Any) -> Longs:
    """What is brought: how it was earned, in which category, in which class, in one number."""
    return np.asarray((np.int64(class_) * EXAM + category) * 2 + by_exam, dtype=np.int64)


def _sums(keys: list[int], height: int, width: int) -> tuple[Longs, Longs, Longs, Ints]:
    """Which columns each sum is made of, and which say that something is open."""
    of: list[list[int]] = [[] for _ in range(width)]
    opens = [(at * height, key) for at, key in enumerate(keys) if _NOTHING < key < OPEN]
    for at, key in enumerate(keys):
        if key >= OPEN:
            rest, by_exam = divmod(key - OPEN, 2)
            class_, category = divmod(rest, EXAM)
            for sum_ in {category, *([EXAM] if by_exam else []), *([EXAM + class_] if class_ else [])}:
                of[sum_].append(at * height)
    flat = [column for columns in of for column in columns]
    return (
        np.cumsum([0, *map(len, of)], dtype=np.int64), np.array(flat, dtype=np.int64),
        np.array([column for column, _ in opens], dtype=np.int64),
        np.array([bits for _, bits in opens], dtype=np.int32),
    )


def _rows(compiled: Compiled) -> Longs:
    """By requirement the row of a laid-out year that fills it."""
    dues = compiled.dues
    assert dues.mask.max(initial=0) <= _BY_EXAM_ROW, "hours by exam fill a requirement alone"
    return np.where(dues.class_ > 0, _BY_EXAM_ROW + dues.class_.astype(np.int64), dues.mask)


def _lists(compiled: Compiled, height: int) -> tuple[Any, ...]:
    """The distinct questions, and for each list what their answers mean."""
    dues, rows = compiled.dues, _rows(compiled)
    assert (SHORT, MET, IN_PROGRESS, UNDETERMINED) == (0, 1, 2, 3), "a verdict is read from their bits"
    is_plain = _is_plain(compiled)
    asked = [(row, need) for row, need in zip(rows.tolist(), dues.need.tolist(), strict=True)]
    questions = {ask: at for at, ask in enumerate(dict.fromkeys(
        ask for ask, plain in zip(asked, is_plain.tolist(), strict=True) if plain))}
    lists, tables = len(dues.lists), -(-len(questions) // ANSWERS)
    met = np.zeros((lists, tables + 1, 1 << ANSWERS), dtype=np.uint32)   # The last table is asked nothing.
    blocked, judged = np.zeros((lists, OPEN), dtype=np.uint32), np.zeros(lists, dtype=np.uint32)
    answers, open_ = np.arange(1 << ANSWERS), np.arange(OPEN)
    for number, (begin, end) in enumerate(pairwise(dues.first.tolist())):
        judged[number] = (1 << HOW_BITS * (end - begin)) - 1
        met[number, tables] = ~judged[number] & np.uint32(LOW << 1)   # Nothing is short where nothing is required.
        for due in range(begin, end):
            place = HOW_BITS * (due - begin)
            if is_plain[due]:
                table, bit = divmod(questions[asked[due]], ANSWERS)
                met[number, table] |= ((answers >> bit & 1) << place).astype(np.uint32)
                blocked[number] |= (((open_ & dues.mask[due]) != 0) * (1 << place)).astype(np.uint32)
    return (
        np.array([row * height for row, _ in questions], dtype=np.int64),
        np.array([need for _, need in questions], dtype=np.int32), tables + 1, met.ravel(), blocked.ravel(), judged,
        dues.of.ravel(), dues.of.shape[1], dues.first_year,
    )


def _is_plain(compiled: Compiled) -> NDArray[np.bool_]:
    """Which requirements are questions about one year and a number of hours."""
    return np.asarray((compiled.dues.cycle == 0) & (compiled.dues.percent == NONE))


def _alone(compiled: Compiled, height: int) -> tuple[Any, ...]:
    """The other requirements, which are asked one by one."""
    dues = compiled.dues
    is_alone = ~_is_plain(compiled)
    begins = dues.first[:-1]
    list_of = np.repeat(np.arange(len(begins)), np.diff(dues.first))
    return (
        np.append(0, np.cumsum(is_alone))[dues.first].astype(np.int64), np.flatnonzero(is_alone).astype(np.int64),
        HOW_BITS * (np.arange(len(list_of)) - begins[list_of]), _rows(compiled) * height, dues.need.astype(np.int64),
        dues.mask.astype(np.uint32), dues.base.astype(np.int64) * height, dues.percent.astype(np.int64), dues.cycle,
        dues.cycle_years.astype(np.int64), dues.cycle_start.astype(np.int64), _cycle_firsts(compiled),
        dues.family.astype(np.int64), compiled.starts,
    )


def _cycle_firsts(compiled: Compiled) -> Longs:
    """For each requirement and year the first year of the cycle, so that nobody divides; personal ones aside."""
    dues = compiled.dues
    years = np.arange(dues.first_year, dues.first_year + dues.of.shape[1])
    start, length = dues.cycle_start.astype(np.int64)[:, None], dues.cycle_years.astype(np.int64)[:, None]
    rolling = np.where(years < start + length, start, years - length + 1)
    fixed = start + (years - start) // length * length
    return np.where(dues.cycle[:, None] == ROLLING, rolling, fixed).ravel()
