"""The kernel in machine code: person by person, each column read once, on all cores.

A ruling is packed into one number, so that an entry costs one look into one small table; a requirement names the place
among a year's laid-out sums of what fills it. So most is done without a branch that a processor could guess wrong. What
a person's buckets have taken lies in a scratch of years by buckets, small enough to be cleared for each.

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
NEVER: Final = np.iinfo(np.int32).max
NO_LIMIT: Final = 1 << 30
_ALL_MET: Final = 0x55555555  # Two bits each, and the lower is that of MET.

# A packed ruling: hours, then bits. Those with a class or a credit are looked up in full.
_HOURS: Final = 0xFFFFFFFF
_COUNTS, _EXAM, _MORE = 1 << 32, 33, 1 << 34
_CATEGORY: Final = 35
_UNRULED: Final = 40
_NUMBER: Final = 48

def pack(compiled: Compiled) -> NDArray[np.int64]:
    """The table of cells with each ruling in one number; the ruling's own number above all."""
    rulings = compiled.rulings
    more = (rulings.class_ > 0) | (rulings.credit > 0)
    packed = (
        rulings.hours.astype(np.int64) | rulings.counts * np.int64(_COUNTS)
        | rulings.by_exam.astype(np.int64) << _EXAM | more * np.int64(_MORE)
        | rulings.category.astype(np.int64) << _CATEGORY | rulings.unruled.astype(np.int64) << _UNRULED
        | np.arange(len(rulings.hours), dtype=np.int64) << _NUMBER
    )
    assert len(packed) < 1 << 15, "a ruling's number has fifteen bits"
    table = np.zeros(len(compiled.table), dtype=np.int64)
    known = compiled.table != NONE
    table[known] = packed[compiled.table[known]]
    return table


def _fills(compiled: Compiled) -> NDArray[np.uint8]:
    """For each requirement the place of what fills it in `held`: sums by mask, hours by exam, then the classes."""
    dues = compiled.dues
    assert dues.mask.max(initial=0) <= 1 << EXAM, "hours by exam fill a requirement alone"
    return np.where(dues.class_ > 0, (1 << EXAM) + dues.class_, dues.mask).astype(np.uint8)


def _plain_lists(compiled: Compiled) -> NDArray[np.bool_]:
    """Which lists ask for so many hours in the year itself, and nothing else."""
    dues = compiled.dues
    special = np.cumsum([0, *((dues.cycle != 0) | (dues.percent != NONE))])
    return np.asarray(special[dues.first[1:]] == special[dues.first[:-1]])


def _cycle_firsts(compiled: Compiled) -> NDArray[np.int64]:
    """For each requirement and year the first year of the cycle, so that nobody divides; personal ones aside."""
    dues = compiled.dues
    years = np.arange(dues.first_year, dues.first_year + dues.of.shape[1])
    start, length = dues.cycle_start.astype(np.int64)[:, None], dues.cycle_years.astype(np.int64)[:, None]
    rolling = np.where(years < start + length, start, years - length + 1)
    fixed = start + (years - start) // length * length
    return np.where(dues.cycle[:, None] == ROLLING, rolling, fixed).ravel()


def replay_fast(coded: Coded, compiled: Compiled, out: Replayed) -> Replayed:
    """Judge everyone, into the room that is given."""
    rulings, dues = compiled.rulings, compiled.dues
    table, late = pack(compiled), _late(coded, compiled)
    lost = np.zeros(coded.entries if len(coded.keyed) else 0, dtype=np.bool_)
    span = int(np.diff(coded.first_year_row).max(initial=0))
    edges = np.append(compiled.edges, np.int32(NEVER))
    if len(coded.keyed):
        _lose(coded.group, coded.keyed, coded.case, coded.day, late, edges, len(compiled.deadlines), table, lost)
    _judge(
        coded.first_entry, coded.case, coded.day, coded.year, late, coded.first_year_row, coded.first_year,
        coded.standing, coded.first_belonging, coded.belonging, coded.belongs_from, lost,
        edges, len(compiled.deadlines), table, np.where(rulings.cap == NONE, np.int32(NO_LIMIT), rulings.cap),
        rulings.bucket.astype(np.int64), rulings.class_, rulings.credited, rulings.credit,
        max(1, compiled.buckets), max(1, span),
        dues.first, _plain_lists(compiled), _fills(compiled), dues.mask, dues.need, dues.base, dues.percent, dues.cycle,
        dues.cycle_years, dues.cycle_start, _cycle_firsts(compiled), dues.family, dues.of.ravel(), dues.of.shape[1],
        dues.first_year, compiled.starts,
        out.counted, out.sums.reshape(-1), EXAM + len(compiled.classes), out.unruled, out.verdict, out.minimums,
    )
    return out


def _late(coded: Coded, compiled: Compiled) -> NDArray[np.uint8]:
    """Which deadlines each entry missed, a bit each; nothing where no clause sets one."""
    many = len(compiled.deadlines)
    if not many:
        return np.zeros(0, dtype=np.uint8)
    return (cells_of(coded, compiled.edges, compiled.deadlines) & ((1 << many) - 1)).astype(np.uint8)


@njit(inline="always")
def _cell(case: Any, stretch: Any, stretches: int, late: Any, deadlines: int, at: Any) -> Any:
    cell = np.uint64(case) * np.uint64(stretches) + np.uint64(stretch)
    return cell if deadlines == 0 else (cell << np.uint64(deadlines)) | np.uint64(late[at])


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
            ruling = table[_cell(case[at], stretch, len(edges), late, deadlines, at)]
            if ruling & _COUNTS:
                hours = ruling & _HOURS
                if hours > most:
                    if best >= 0:
                        lost[best] = True
                    best, most = at, hours
                else:
                    lost[at] = True


@njit(inline="always")
def _hold(sums: Any, start: Any, width: Any, held: Any) -> None:
    """Lay out what a year holds: every set of the three categories, what was earned by exam, the classes."""
    one, two, three = sums[start], sums[start + np.uint64(1)], sums[start + np.uint64(2)]
    held[1], held[2], held[3], held[4] = one, two, one + two, three
    held[5], held[6], held[7] = one + three, two + three, one + two + three
    for column in range(EXAM, width):
        held[(1 << EXAM) - EXAM + column] = sums[start + np.uint64(column)]


@njit(inline="always")
def _have(sums: Any, start: Any, fills: Any) -> Any:
    """What one year brings to a requirement over several."""
    if fills >= 1 << EXAM:
        return sums[start + np.uint64(fills - (1 << EXAM) + EXAM)]
    one, two, three = fills & 1, fills >> 1 & 1, fills >> 2 & 1
    return sums[start] * one + sums[start + np.uint64(1)] * two + sums[start + np.uint64(2)] * three


@njit(inline="always")
def _first_of_cycle(kind: Any, start: Any, length: Any, year: Any) -> Any:
    """The first year of the cycle in which a year lies."""
    if kind == ROLLING:
        return start if year < start + length else year - length + 1
    return start + (year - start) // length * length


@njit(inline="always")
def _own_start(first: Any, last: Any, belonging: Any, belongs_from: Any, within: Any, start: Any) -> Any:
    """Where a person's own cycle starts: with the first belonging within the family's scope, if that is later."""
    for one in range(first, last):
        if within[belonging[one]]:
            return max(start, np.int64(belongs_from[one]))
    return start


@njit(parallel=True, cache=True, nogil=True)
def _judge(
    first_entry: Any, case: Any, day: Any, year: Any, late: Any, first_year_row: Any, first_year: Any, standing: Any,
    first_belonging: Any, belonging: Any, belongs_from: Any, lost: Any,
    edges: Any, deadlines: int, table: Any, cap: Any, bucket: Any, class_: Any, credited: Any, credit: Any,
    buckets: int, span: int,
    due_first: Any, is_plain: Any, fills: Any, mask: Any, need: Any, base: Any, percent: Any, cycle: Any,
    cycle_years: Any, cycle_start: Any, cycle_first: Any, family: Any, due_of: Any, due_years: int,
    due_year: int, starts: Any, counted: Any, sums: Any, width: int, unruled: Any, verdict: Any, minimums: Any,
) -> None:
    people, stretches, has_lost = len(first_year), len(edges), len(lost) > 0
    for chunk in prange(CHUNKS):
        used = np.zeros(span * buckets, dtype=np.int32)
        held = np.zeros((1 << EXAM) - EXAM + width, dtype=np.int32)
        for person in range(people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS):
            row_0, row_1, year_0 = first_year_row[person], first_year_row[person + 1], np.int64(first_year[person])
            for one in range(row_0 * width, row_1 * width):
                sums[np.uint64(one)] = 0
            for row in range(row_0, row_1):
                unruled[np.uint64(row)] = 0
            for one in range((row_1 - row_0) * buckets):
                used[np.uint64(one)] = 0
            stretch, until = 0, edges[0]
            for entry in range(first_entry[person], first_entry[person + 1]):
                at = np.uint64(entry)
                while day[at] >= until:
                    stretch += 1
                    until = edges[np.uint64(stretch)]
                ruling = table[_cell(case[at], stretch, stretches, late, deadlines, at)]
                offset = np.int64(year[at]) - year_0
                if not ruling & _COUNTS:
                    counted[at] = 0
                    unruled[np.uint64(row_0 + offset)] |= np.uint8(ruling >> _UNRULED & 0xFF)
                    continue
                if has_lost and lost[at]:
                    counted[at] = 0
                    continue
                number = np.uint64(ruling >> _NUMBER)
                took = np.uint64(offset * buckets + bucket[number])  # The bucket of what has no cap is never full.
                hours = min(np.int32(ruling & _HOURS), np.int32(cap[number] - used[took]))
                used[took] += hours
                start = (row_0 + offset) * width
                counted[at] = hours
                sums[np.uint64(start + (ruling >> _CATEGORY & 3))] += hours
                sums[np.uint64(start + EXAM)] += hours & -np.int32(ruling >> _EXAM & 1)
                if ruling & _MORE:
                    if class_[number] > 0:
                        sums[np.uint64(start + EXAM + class_[number])] += hours
                    sums[np.uint64(start + credited[number])] += credit[number]
            for row in range(row_0, row_1):
                at = np.uint64(row)
                if standing[at] < 0:
                    verdict[at], minimums[at] = UNKNOWN, 0
                    continue
                this_year = year_0 + row - row_0
                which = np.uint64(due_of[np.uint64(standing[at] * due_years + this_year - due_year)])
                first, last = due_first[which], due_first[which + np.uint64(1)]
                open_ = unruled[at]
                _hold(sums, np.uint64(row * width), width, held)
                stand = np.uint32(0)
                if is_plain[which] and not open_:
                    for each in range(first, last):
                        asked = np.uint64(each)
                        stand |= np.uint32(held[fills[asked]] >= need[asked]) << np.uint32(HOW_BITS * (each - first))
                    minimums[at] = stand
                    passed = PASSED if last > first else UNKNOWN
                    verdict[at] = passed if stand == _ALL_MET & ((1 << HOW_BITS * (last - first)) - 1) else FAILED
                    continue
                any_short, any_met, any_undetermined = False, False, False
                for due in range(first, last):
                    if cycle[due] != 0:
                        begin = cycle_first[np.uint64(due * due_years + this_year - due_year)]
                        if cycle[due] == PERSONAL:
                            own = _own_start(first_belonging[person], first_belonging[person + 1], belonging,
                                             belongs_from, starts[family[due]], np.int64(cycle_start[due]))
                            begin = _first_of_cycle(PERSONAL, own, np.int64(cycle_years[due]), this_year)
                        have, unknown = 0, np.uint8(0)
                        for earlier in range(max(row_0, row - (this_year - begin)), row + 1):
                            have += _have(sums, np.uint64(earlier * width), fills[due])
                            unknown |= unruled[np.uint64(earlier)]
                        if have >= need[due]:
                            how = MET
                        elif this_year < begin + cycle_years[due] - 1:
                            how = IN_PROGRESS
                        else:
                            how = UNDETERMINED if unknown & mask[due] else SHORT
                    else:
                        wanted = np.int64(need[due])
                        if percent[due] >= 0:
                            wanted = -(-np.int64(held[base[due]]) * percent[due] // 100)
                        short = UNDETERMINED if open_ & mask[due] else SHORT
                        how = MET if held[fills[due]] >= wanted else short
                    any_short |= how == SHORT
                    any_met |= how == MET
                    any_undetermined |= how == UNDETERMINED
                    stand |= np.uint32(how << HOW_BITS * (due - first))
                minimums[at] = stand
                passed = PASSED if any_met and not any_undetermined else UNKNOWN
                verdict[at] = FAILED if any_short else passed
