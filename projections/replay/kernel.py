"""The kernel: hours for every entry, totals and verdict for every year of everyone, under one compiled law.

It does what `policies.year` does for one person: duplicates, caps in order of date and registration, sums,
requirements, cycles, verdict. This is its form over whole columns, with numpy; where numba is installed
(`xueshi-ledger[fast]`) the same is done person by person in machine code (`kernel_fast.py`). Three forms of one thing
are held together by `tests/projections/replay/test_kernel.py`, and by a sample of real people at each replay.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

from projections.replay.coded import NOWHERE, Coded
from projections.replay.compiled import NONE, PERSONAL, ROLLING, Compiled, cells_of, year_of_row
from projections.replay.replayed import (
    EXAM,
    FAILED,
    HOW_BITS,
    IN_PROGRESS,
    MET,
    PASSED,
    SHORT,
    UNDETERMINED,
    UNKNOWN,
    Replayed,
    room,
)

HAS_FAST: Final = find_spec("numba") is not None
WORTH_LOADING: Final = 500_000  # Entries: numpy is done with fewer before numba is loaded (0.3 s).
Ints = NDArray[np.int32]


def replay(
    coded: Coded, compiled: Compiled, *, fast: bool | None = None, out: Replayed | None = None,
    known: tuple[Compiled, Replayed] | None = None,
) -> Replayed:
    """Judge everyone; in machine code, unless told how, where there are many; into the room handed in, if any is.

    `known`: what another law came to, after which this one was compiled: who is treated alike need not be judged twice.
    """
    if fast or (fast is None and HAS_FAST and coded.entries >= WORTH_LOADING):
        from projections.replay.kernel_fast import replay_fast

        return replay_fast(coded, compiled, room(coded, compiled) if out is None else out, known)
    numbers = compiled.table[cells_of(coded, compiled.edges, compiled.deadlines)]
    counted, sums, unruled = _fold(coded, compiled, numbers)
    return Replayed(counted, sums, unruled, *_judge(coded, compiled, sums, unruled))


def lost(coded: Coded, numbers: Ints, compiled: Compiled) -> NDArray[np.bool_]:
    """Which entries lose to another of their group: the most hours are kept, the first registered on a tie."""
    found = np.zeros(coded.entries, dtype=np.bool_)
    ruling = numbers[coded.keyed]
    counts = compiled.rulings.counts[ruling]
    worth = np.where(counts, compiled.rulings.hours[ruling], NONE)
    group = np.repeat(np.arange(len(coded.group) - 1), np.diff(coded.group))
    order = np.lexsort((np.arange(len(worth)), -worth, group))  # Of each group the one that is kept comes first.
    kept = np.zeros(len(worth), dtype=np.bool_)
    kept[order[coded.group[:-1]]] = True
    found[coded.keyed[counts & ~kept]] = True
    return found


def _fold(coded: Coded, compiled: Compiled, numbers: Ints) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    rulings = compiled.rulings
    row = coded.row.astype(np.int64)
    counts = rulings.counts[numbers] & ~lost(coded, numbers, compiled)
    counted = np.where(counts, rulings.hours[numbers], 0)
    _cap(counted, row, numbers, compiled)
    sums = np.zeros((coded.years, EXAM + len(compiled.classes)), dtype=np.int32, order="F")
    np.add.at(sums, (row, rulings.category[numbers].astype(np.int64)), counted)
    for by, hours in ((rulings.by_exam, None), (rulings.credit > 0, rulings.credit), (rulings.class_ > 0, None)):
        some = np.flatnonzero(by[numbers] & counts)
        ruling = numbers[some]
        column = rulings.credited[ruling].astype(np.int64)
        if hours is None:
            column = np.where(by is rulings.by_exam, EXAM, EXAM + rulings.class_[ruling].astype(np.int64))
        np.add.at(sums, (row[some], column), counted[some] if hours is None else hours[ruling])
    unruled = np.zeros(coded.years, dtype=np.uint8)
    some = np.flatnonzero(rulings.unruled[numbers])
    np.bitwise_or.at(unruled, row[some], rulings.unruled[numbers[some]])
    return counted, sums, unruled


def _cap(counted: Ints, row: NDArray[np.int64], numbers: Ints, compiled: Compiled) -> None:
    """Let each bucket of each year take no more than its cap, in the order of the entries; in place."""
    rulings = compiled.rulings
    some = np.flatnonzero(rulings.cap[numbers] != NONE)  # What does not count brings nothing into its bucket.
    bucket = row[some] * compiled.buckets + rulings.bucket[numbers[some]]
    order = np.argsort(bucket, kind="stable")
    some, bucket = some[order], bucket[order]
    until = np.cumsum(counted[some], dtype=np.int64)
    first = np.flatnonzero(np.diff(bucket, prepend=NONE))
    before_all = np.repeat(until[first] - counted[some[first]], np.diff(first, append=len(some)))
    until -= before_all
    cap = rulings.cap[numbers[some]]  # Rows of one bucket name one cap (`policies.soundness`).
    counted[some] = np.minimum(until, cap) - np.minimum(until - counted[some], cap)


def _judge(
    coded: Coded, compiled: Compiled, sums: Ints, unruled: NDArray[np.uint8]
) -> tuple[NDArray[np.int8], NDArray[np.uint32]]:
    dues = compiled.dues
    minimums = np.zeros(coded.years, dtype=np.uint32)
    verdict = np.full(coded.years, UNKNOWN, dtype=np.int8)
    years = year_of_row(coded)
    lists = np.zeros(coded.years, dtype=np.int32)
    stands = coded.standing != NOWHERE
    lists[stands] = dues.of[coded.standing[stands], years[stands] - dues.first_year]
    order = np.argsort(lists, kind="stable")
    edges = np.searchsorted(lists[order], np.arange(len(dues.lists) + 1))
    for number in range(1, len(dues.lists)):
        rows = order[edges[number]:edges[number + 1]]
        if not len(rows):
            continue
        held, unknown, packed = sums[rows], unruled[rows], np.zeros(len(rows), dtype=np.uint32)
        met_all, undetermined, any_met = (np.zeros(len(rows), dtype=np.bool_) for _ in range(3))
        met_all[:] = True
        for at in range(int(dues.first[number]), int(dues.first[number + 1])):
            if dues.cycle[at]:
                how = _cycle(coded, compiled, sums, unruled, at, rows, years[rows])
            else:
                have, need = _have(held, int(dues.mask[at]), int(dues.class_[at])), dues.need[at]
                if dues.percent[at] != NONE:
                    need = -(-_have(held, int(dues.base[at]), 0) * dues.percent[at] // 100)
                open_ = (unknown & dues.mask[at]) != 0
                how = np.where(have >= need, MET, np.where(open_, UNDETERMINED, SHORT))
            packed |= (how << HOW_BITS * (at - int(dues.first[number]))).astype(np.uint32)
            met_all &= how != SHORT
            undetermined |= how == UNDETERMINED
            any_met |= how == MET
        minimums[rows] = packed
        verdict[rows] = np.where(~met_all, FAILED, np.where(any_met & ~undetermined, PASSED, UNKNOWN))
    return verdict, minimums


def _have(sums: Ints, mask: int, class_: int) -> NDArray[np.int64]:
    """The hours of some categories, or of a class, or by exam."""
    if class_:
        return sums[:, EXAM + class_].astype(np.int64)
    if mask == 1 << EXAM:
        return sums[:, EXAM].astype(np.int64)
    found = np.zeros(len(sums), dtype=np.int64)
    for at in range(EXAM):
        if mask >> at & 1:
            found += sums[:, at]
    return found


def _cycle(
    coded: Coded, compiled: Compiled, sums: Ints, unruled: NDArray[np.uint8], at: int, rows: NDArray[np.int64],
    years: Ints,
) -> NDArray[np.int64]:
    """A requirement over several years: met once reached, judged when the last year of the cycle is over."""
    dues = compiled.dues
    kind, length = int(dues.cycle[at]), int(dues.cycle_years[at])
    owner = np.searchsorted(coded.first_year_row, rows, side="right") - 1
    start = np.full(len(rows), dues.cycle_start[at], dtype=np.int64)
    if kind == PERSONAL:
        start = np.maximum(start, own_starts(coded, compiled, int(dues.family[at]))[owner])
    if kind == ROLLING:
        first = np.where(years < start + length, start, years - length + 1)
    else:
        first = start + (years - start) // length * length
    last = first + length - 1
    begins = coded.first_year_row[owner]
    have, open_ = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.uint8)
    back = int((years - first).max())
    for step in range(back + 1):
        within = (years - step >= first) & (rows - step >= begins)
        earlier = rows[within] - step
        have[within] += _have(sums[earlier], int(dues.mask[at]), int(dues.class_[at]))
        open_[within] |= unruled[earlier]
    short = np.where((open_ & dues.mask[at]) != 0, UNDETERMINED, SHORT)
    return np.where(have >= dues.need[at], MET, np.where(years < last, IN_PROGRESS, short))


def own_starts(coded: Coded, compiled: Compiled, family: int) -> NDArray[np.int64]:
    """For each person the first year in which they lie within a family's scope; 0 where they never do."""
    starts = np.zeros(len(coded.people), dtype=np.int64)
    within = np.flatnonzero(compiled.starts[family][coded.belonging])[::-1]
    owner = np.repeat(np.arange(len(coded.people)), np.diff(coded.first_belonging))
    starts[owner[within]] = coded.belongs_from[within]  # Backwards: the first of them is written last.
    return starts
