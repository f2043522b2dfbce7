"""The kernel in machine code: person by person, each column read once, on all cores.

A ruling is packed into one number, so that an entry costs one look into one small table. A person's buckets are kept
in a scratch of years by buckets that is never cleared: beside each value stands whose it is.

`kernel.py` says what this does, in another way; `tests/projections/replay/test_kernel.py` holds the two together.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from projections.replay.coded import Coded
from projections.replay.compiled import NONE, PERSONAL, ROLLING, Compiled, cells_of
from projections.replay.kernel import (
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
)

CHUNKS: Final = 256  # Pieces of work: many more than cores, so that none waits for another's last piece.

# A packed ruling: hours, then bits. Those with a cap, a class or a credit are looked up in full.
_HOURS_BITS: Final = 32
_COUNTS, _EXAM, _MORE = 1 << 32, 1 << 33, 1 << 34
_CATEGORY: Final = 35
_UNRULED: Final = 40
_NUMBER: Final = 48


def pack(compiled: Compiled) -> NDArray[np.int64]:
    """The table of cells with each ruling in one number; the ruling's own number above all."""
    rulings = compiled.rulings
    more = (rulings.cap != NONE) | (rulings.class_ > 0) | (rulings.credit > 0)
    packed = (
        rulings.hours.astype(np.int64) | rulings.counts * np.int64(_COUNTS) | rulings.by_exam * np.int64(_EXAM)
        | more * np.int64(_MORE) | rulings.category.astype(np.int64) << _CATEGORY
        | rulings.unruled.astype(np.int64) << _UNRULED | np.arange(len(rulings.hours), dtype=np.int64) << _NUMBER
    )
    assert len(packed) < 1 << 15, "a ruling's number has fifteen bits"
    table = np.zeros(len(compiled.table), dtype=np.int64)
    known = compiled.table != NONE
    table[known] = packed[compiled.table[known]]
    return table


def replay_fast(coded: Coded, compiled: Compiled) -> Replayed:
    """Judge everyone."""
    rulings, dues = compiled.rulings, compiled.dues
    table, late = pack(compiled), _late(coded, compiled)
    counted = np.empty(coded.entries, dtype=np.int32)
    sums = np.zeros((coded.years, EXAM + len(compiled.classes)), dtype=np.int32)
    unruled = np.zeros(coded.years, dtype=np.uint8)
    verdict = np.full(coded.years, UNKNOWN, dtype=np.int8)
    minimums = np.zeros(coded.years, dtype=np.uint32)
    lost = np.zeros(coded.entries if len(coded.keyed) else 0, dtype=np.bool_)
    span = int(np.diff(coded.first_year_row).max(initial=0))
    if len(coded.keyed):
        _lose(coded.group, coded.keyed, coded.case, coded.day, late, compiled.edges, len(compiled.deadlines), table,
              lost)
    _judge(
        coded.first_entry, coded.case, coded.day, coded.year, late, coded.first_year_row, coded.first_year,
        coded.standing, coded.first_belonging, coded.belonging, coded.belongs_from, lost,
        compiled.edges, len(compiled.deadlines), table, rulings.cap, rulings.bucket, rulings.class_, rulings.credited,
        rulings.credit, max(1, compiled.buckets), span,
        dues.first, dues.mask, dues.base, dues.class_, dues.need, dues.percent, dues.cycle, dues.cycle_years,
        dues.cycle_start, dues.family, dues.of, dues.first_year, compiled.starts,
        counted, sums, unruled, verdict, minimums,
    )
    return Replayed(counted, sums, unruled, verdict, minimums)


def _late(coded: Coded, compiled: Compiled) -> NDArray[np.uint8]:
    """Which deadlines each entry missed, a bit each; nothing where no clause sets one."""
    many = len(compiled.deadlines)
    if not many:
        return np.zeros(0, dtype=np.uint8)
    return (cells_of(coded, compiled.edges, compiled.deadlines) & ((1 << many) - 1)).astype(np.uint8)


@njit(inline="always")
def _cell(case: Any, stretch: Any, stretches: int, late: Any, deadlines: int, at: Any) -> Any:
    cell = case * stretches + stretch
    return cell if deadlines == 0 else (cell << deadlines) | late[at]


@njit(cache=True)
def _lose(
    group: Any, keyed: Any, case: Any, day: Any, late: Any, edges: Any, deadlines: int, table: Any, lost: Any
) -> None:
    """Of each group the most hours are kept, the first registered on a tie."""
    for one in range(len(group) - 1):
        best, most = -1, -1
        for place in range(group[one], group[one + 1]):
            at = keyed[place]
            stretch = np.searchsorted(edges, day[at], side="right")
            ruling = table[_cell(case[at], stretch, len(edges) + 1, late, deadlines, at)]
            if ruling & _COUNTS:
                hours = ruling & 0xFFFFFFFF
                if hours > most:
                    if best >= 0:
                        lost[best] = True
                    best, most = at, hours
                else:
                    lost[at] = True


@njit(inline="always")
def _have(sums: Any, row: Any, mask: Any, class_: Any) -> Any:
    if class_ > 0:
        return sums[row, EXAM + class_]
    if mask == 8:
        return sums[row, EXAM]
    have = 0
    for category in range(EXAM):
        if mask >> category & 1:
            have += sums[row, category]
    return have


@njit(parallel=True, cache=True, nogil=True)
def _judge(
    first_entry: Any, case: Any, day: Any, year: Any, late: Any, first_year_row: Any, first_year: Any, standing: Any,
    first_belonging: Any, belonging: Any, belongs_from: Any, lost: Any,
    edges: Any, deadlines: int, table: Any, cap: Any, bucket: Any, class_: Any, credited: Any, credit: Any,
    buckets: int, span: int,
    due_first: Any, due_mask: Any, due_base: Any, due_class: Any, due_need: Any, due_percent: Any, due_cycle: Any,
    cycle_years: Any, cycle_start: Any, due_family: Any, due_of: Any, due_year: int, starts: Any,
    counted: Any, sums: Any, unruled: Any, verdict: Any, minimums: Any,
) -> None:
    people = len(first_year)
    stretches, has_lost = len(edges) + 1, len(lost) > 0
    for chunk in prange(CHUNKS):
        used = np.zeros((max(1, span), buckets), dtype=np.int32)
        whose = np.full((max(1, span), buckets), -1, dtype=np.int32)
        for person in range(people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS):
            row_0 = first_year_row[person]
            year_0 = first_year[person]
            stretch = 0
            for at in range(first_entry[person], first_entry[person + 1]):
                while stretch < stretches - 1 and edges[stretch] <= day[at]:
                    stretch += 1
                ruling = table[_cell(case[at], stretch, stretches, late, deadlines, at)]
                offset = year[at] - year_0
                row = row_0 + offset
                if not ruling & _COUNTS:
                    counted[at] = 0
                    unruled[row] |= ruling >> _UNRULED & 0xFF
                    continue
                if has_lost and lost[at]:
                    counted[at] = 0
                    continue
                hours = ruling & 0xFFFFFFFF
                if ruling & _MORE:
                    number = ruling >> _NUMBER
                    if cap[number] >= 0:
                        one = bucket[number]
                        before = used[offset, one] if whose[offset, one] == person else 0
                        hours = min(hours, cap[number] - before)
                        used[offset, one] = before + hours
                        whose[offset, one] = person
                    if class_[number] > 0:
                        sums[row, EXAM + class_[number]] += hours
                    if credit[number] > 0:
                        sums[row, credited[number]] += credit[number]
                counted[at] = hours
                sums[row, ruling >> _CATEGORY & 3] += hours
                if ruling & _EXAM:
                    sums[row, EXAM] += hours
            for row in range(row_0, first_year_row[person + 1]):
                if standing[row] < 0:
                    continue
                this_year = year_0 + row - row_0
                which = due_of[standing[row], this_year - due_year]
                any_short = any_met = any_undetermined = False
                for due in range(due_first[which], due_first[which + 1]):
                    need = due_need[due]
                    begin, end = this_year, this_year
                    if due_cycle[due] != 0:
                        start, length = cycle_start[due], cycle_years[due]
                        if due_cycle[due] == PERSONAL:
                            for one in range(first_belonging[person], first_belonging[person + 1]):
                                if starts[due_family[due], belonging[one]]:
                                    start = max(start, belongs_from[one])
                                    break
                        if due_cycle[due] == ROLLING:
                            begin = start if this_year < start + length else this_year - length + 1
                        else:
                            begin = start + (this_year - start) // length * length
                        end = begin + length - 1
                    elif due_percent[due] >= 0:
                        need = -(-_have(sums, row, due_base[due], 0) * due_percent[due] // 100)
                    have, open_ = 0, 0
                    for earlier in range(max(row_0, row - (this_year - begin)), row + 1):
                        have += _have(sums, earlier, due_mask[due], due_class[due])
                        open_ |= unruled[earlier]
                    how = SHORT
                    if have >= need:
                        how = MET
                        any_met = True
                    elif this_year < end:
                        how = IN_PROGRESS
                    elif open_ & due_mask[due]:
                        how = UNDETERMINED
                        any_undetermined = True
                    else:
                        any_short = True
                    minimums[row] |= np.uint32(how << HOW_BITS * (due - due_first[which]))
                if any_short:
                    verdict[row] = FAILED
                elif any_met and not any_undetermined:
                    verdict[row] = PASSED
