"""The kernel in machine code: person by person, each column read once, on all cores.

A ruling is packed into one number, so that an entry costs one look into one small table. A year's sums are laid out
once by what may fill a requirement; four questions answer most lists of them, by one more table. So most is done
without a branch that a processor could guess wrong. What a person's buckets have taken lies in a scratch of years by
buckets, small enough to be cleared for each.

`kernel.py` says what this does, in another way; `tests/projections/replay/test_kernel.py` holds the two together.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from policies.facts import FIRST_DAY, LAST_DAY
from projections.replay.carried import carry
from projections.replay.coded import Coded
from projections.replay.compiled import NONE, PERSONAL, ROLLING, Compiled, cells_of
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
)

CHUNKS: Final = 256  # Pieces of work: many more than cores, so that none waits for another's last piece.
_FIRST: Final = FIRST_DAY.toordinal()
NEVER: Final = np.iinfo(np.int32).max

# A packed ruling, from below. Where nothing counts, what it might fill stands in the place of the hours.
_HOURS_BITS: Final = 24
_CAP_AT: Final = _HOURS_BITS
_BUCKET_AT: Final = _CAP_AT + _HOURS_BITS
_BUCKET_BITS: Final = 10
_SLOT_AT: Final = _BUCKET_AT + _BUCKET_BITS    # Category, and four more where it was earned by exam.
_COUNTS_AT, _MORE_AT, _HAS_CAP_AT = _SLOT_AT + 3, _SLOT_AT + 4, _SLOT_AT + 5
_HOURS: Final = (1 << _HOURS_BITS) - 1
_BUCKET: Final = (1 << _BUCKET_BITS) - 1
_SLOTS: Final = 8

# A packed requirement, from below: the hours, then these.
_FILLS_AT, _MASK_AT, _SPECIAL_AT = 32, 40, 48
_NEED: Final = (1 << _FILLS_AT) - 1
_ASKED: Final = 4
_LOW: Final = 0x55555555  # Of two bits each the lower one.


def pack(compiled: Compiled) -> NDArray[np.int64]:
    """The table of cells with each ruling in one number."""
    rulings = compiled.rulings
    has_cap = rulings.cap != NONE
    more = (rulings.class_ > 0) | (rulings.credit > 0)
    assert max(rulings.hours.max(initial=0), rulings.cap.max(initial=0)) < _HOURS, "hours have 24 bits"
    assert compiled.buckets <= _BUCKET, "buckets have ten bits"
    packed = np.where(rulings.counts, rulings.hours, rulings.unruled).astype(np.int64)
    for place, column in (
        (_CAP_AT, np.where(has_cap, rulings.cap, _HOURS)), (_BUCKET_AT, rulings.bucket),
        (_SLOT_AT, rulings.category + 4 * rulings.by_exam), (_COUNTS_AT, rulings.counts), (_MORE_AT, more),
        (_HAS_CAP_AT, has_cap),
    ):
        packed |= column.astype(np.int64) << place
    table = np.zeros(len(compiled.table), dtype=np.int64)
    known = compiled.table != NONE
    table[known] = packed[compiled.table[known]]
    return table


def pack_dues(compiled: Compiled) -> NDArray[np.int64]:
    """The requirements, each in one number: how many hours, and where in a laid-out year is what fills it."""
    dues = compiled.dues
    assert dues.mask.max(initial=0) <= 1 << EXAM, "hours by exam fill a requirement alone"
    assert (SHORT, MET, IN_PROGRESS, UNDETERMINED) == (0, 1, 2, 3), "a verdict is read from their bits"
    fills = np.where(dues.class_ > 0, (1 << EXAM) + dues.class_, dues.mask).astype(np.int64)
    special = ((dues.cycle != 0) | (dues.percent != NONE)).astype(np.int64)
    return np.asarray(dues.need.astype(np.int64) | fills << _FILLS_AT | dues.mask.astype(np.int64) << _MASK_AT
                      | special << _SPECIAL_AT)


class Lists(NamedTuple):
    """For each list of requirements four questions whose answers, eight bits, say how all plain ones stand."""

    asks: NDArray[np.int64]      # Four a list; those that are not needed are always met and never open.
    stand: NDArray[np.uint32]    # 256 a list: by which are met, and four bits higher which are open.
    special: NDArray[np.int64]   # Where each list's other requirements begin in `others`.
    others: NDArray[np.int64]    # Their numbers: cycles, parts in per cent, and what four questions do not hold.


def ask_lists(compiled: Compiled) -> Lists:
    """Equal requirements of several rulebooks are one question: of most lists four are enough."""
    packed, first = pack_dues(compiled), compiled.dues.first.tolist()
    asks = np.zeros((len(first) - 1, _ASKED), dtype=np.int64)
    stand = np.zeros((len(first) - 1, 1 << 2 * _ASKED), dtype=np.uint32)
    met = np.arange(1 << 2 * _ASKED)
    special, others = [0], []
    for number, (begin, end) in enumerate(pairwise(first)):
        questions: list[int] = []
        for due in range(begin, end):
            ask = int(packed[due])
            if ask >> _SPECIAL_AT or (ask not in questions and len(questions) == _ASKED):
                others.append(due)
                continue
            if ask not in questions:
                asks[number, len(questions)] = ask
                questions.append(ask)
            at = questions.index(ask)
            how = np.where(met >> at & 1, MET, np.where(met >> _ASKED + at & 1, UNDETERMINED, SHORT))
            stand[number] |= (how << HOW_BITS * (due - begin)).astype(np.uint32)
        special.append(len(others))
    return Lists(asks.ravel(), stand.ravel(), np.array(special, dtype=np.int64), np.array(others, dtype=np.int64))


def _cycle_firsts(compiled: Compiled) -> NDArray[np.int64]:
    """For each requirement and year the first year of the cycle, so that nobody divides; personal ones aside."""
    dues = compiled.dues
    years = np.arange(dues.first_year, dues.first_year + dues.of.shape[1])
    start, length = dues.cycle_start.astype(np.int64)[:, None], dues.cycle_years.astype(np.int64)[:, None]
    rolling = np.where(years < start + length, start, years - length + 1)
    fixed = start + (years - start) // length * length
    return np.where(dues.cycle[:, None] == ROLLING, rolling, fixed).ravel()


def replay_fast(
    coded: Coded, compiled: Compiled, out: Replayed, known: tuple[Compiled, Replayed] | None = None
) -> Replayed:
    """Judge everyone, into the room that is given; whoever comes out as under a known law by what it came to."""
    alike = np.zeros(0, dtype=np.bool_)
    if known is not None and not known[0].deadlines and not compiled.deadlines:
        edges = np.union1d(known[0].edges, compiled.edges).astype(np.int32)
        alike = carry(coded, known[0], compiled, known[1], out, _stretches(edges), edges, _FIRST)
        if alike.all():
            return out
    rulings, dues = compiled.rulings, compiled.dues
    table, late = pack(compiled), _late(coded, compiled)
    lost = np.zeros(coded.entries if len(coded.keyed) else 0, dtype=np.bool_)
    span = int(np.diff(coded.first_year_row).max(initial=0))
    edges = np.append(compiled.edges, np.int32(NEVER))
    if len(coded.keyed):
        _lose(coded.group, coded.keyed, coded.case, coded.day, late, edges, len(compiled.deadlines), table, lost)
    _judge(
        coded.first_entry, coded.case, coded.day, coded.year, late, coded.first_year_row, coded.first_year,
        coded.standing, coded.first_belonging, coded.belonging, coded.belongs_from, lost, alike,
        edges, len(compiled.deadlines), table, compiled.table, rulings.class_, rulings.credited, rulings.credit,
        max(1, compiled.buckets), max(1, span),
        dues.first, pack_dues(compiled), *ask_lists(compiled), dues.base, dues.percent, dues.cycle,
        dues.cycle_years, dues.cycle_start, _cycle_firsts(compiled), dues.family, dues.of.ravel(), dues.of.shape[1],
        dues.first_year, compiled.starts,
        out.counted, out.sums.reshape(-1), EXAM + len(compiled.classes), out.unruled, out.verdict, out.minimums,
    )
    return out


def _stretches(edges: NDArray[np.int32]) -> NDArray[np.uint16]:
    """The stretch between two changes of the law in which each day lies that an entry can have."""
    days = np.arange(_FIRST, LAST_DAY.toordinal() + 1)
    return np.searchsorted(edges, days, side="right").astype(np.uint16)


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
            if ruling >> _COUNTS_AT & 1:
                hours = ruling & _HOURS
                if hours > most:
                    if best >= 0:
                        lost[best] = True
                    best, most = at, hours
                else:
                    lost[at] = True


@njit(inline="always")
def _lay_out(took: Any, start: Any, classes: Any, sums: Any, row: Any, held: Any) -> None:
    """Lay out what a year holds: every set of the three categories, what was earned by exam, the classes."""
    by_one, by_two, by_three = (
        took[start + np.uint64(4)], took[start + np.uint64(5)], took[start + np.uint64(6)])
    one = took[start] + by_one
    two, three = took[start + np.uint64(1)] + by_two, took[start + np.uint64(2)] + by_three
    exam = by_one + by_two + by_three
    sums[row], sums[row + np.uint64(1)], sums[row + np.uint64(2)], sums[row + np.uint64(3)] = one, two, three, exam
    held[1], held[2], held[3], held[4] = one, two, one + two, three
    held[5], held[6], held[7], held[8] = one + three, two + three, one + two + three, exam
    for class_ in range(1, classes):
        hours = took[start + np.uint64(_SLOTS + class_)]
        sums[row + np.uint64(EXAM + class_)] = hours
        held[(1 << EXAM) + class_] = hours


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
    first_belonging: Any, belonging: Any, belongs_from: Any, lost: Any, alike: Any,
    edges: Any, deadlines: int, table: Any, numbers: Any, class_: Any, credited: Any, credit: Any,
    buckets: int, span: int,
    due_first: Any, asks: Any, questions: Any, answers: Any, special: Any, others: Any, base: Any, percent: Any,
    cycle: Any, cycle_years: Any, cycle_start: Any, cycle_first: Any, family: Any, due_of: Any, due_years: int,
    due_year: int, starts: Any, counted: Any, sums: Any, width: int, unruled: Any, verdict: Any, minimums: Any,
) -> None:
    people, stretches, has_lost, classes = len(first_year), len(edges), len(lost) > 0, width - EXAM
    has_alike = len(alike) > 0
    wide = _SLOTS + classes
    for chunk in prange(CHUNKS):
        used = np.zeros(span * buckets, dtype=np.int32)
        took = np.zeros(span * wide, dtype=np.int32)
        held = np.zeros((1 << EXAM) + max(1, classes), dtype=np.int32)
        for person in range(people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS):
            if has_alike and alike[person]:
                continue
            row_0, row_1, year_0 = first_year_row[person], first_year_row[person + 1], np.int64(first_year[person])
            for one in range((row_1 - row_0) * wide):
                took[np.uint64(one)] = 0
            for one in range((row_1 - row_0) * buckets):
                used[np.uint64(one)] = 0
            for row in range(row_0, row_1):
                unruled[np.uint64(row)] = 0
            stretch, until = 0, edges[0]
            for entry in range(first_entry[person], first_entry[person + 1]):
                at = np.uint64(entry)
                while day[at] >= until:
                    stretch += 1
                    until = edges[np.uint64(stretch)]
                cell = _cell(case[at], stretch, stretches, late, deadlines, at)
                ruling = table[cell]
                offset = np.int64(year[at]) - year_0
                counts = np.int32(ruling >> _COUNTS_AT & 1)  # Whether one does is anybody's guess: no branch.
                open_at = np.uint64(row_0 + offset)
                unruled[open_at] |= np.uint8(ruling) & np.uint8(counts - 1)
                if has_lost and lost[at]:
                    counts = np.int32(0)
                bucket = np.uint64(offset * buckets + (ruling >> _BUCKET_AT & _BUCKET))
                before = used[bucket]  # That of what has no cap is never filled.
                hours = min(np.int32(ruling & _HOURS), np.int32(ruling >> _CAP_AT & _HOURS) - before) & -counts
                used[bucket] = before + (hours & -np.int32(ruling >> _HAS_CAP_AT & 1))
                counted[at] = hours
                took[np.uint64(offset * wide + (ruling >> _SLOT_AT & 7))] += hours
                if ruling >> _MORE_AT & 1 and counts:
                    number = np.uint64(numbers[cell])
                    if class_[number] > 0:
                        took[np.uint64(offset * wide + _SLOTS + class_[number])] += hours
                    took[np.uint64(offset * wide + credited[number])] += credit[number]
            for row in range(row_0, row_1):
                at, start = np.uint64(row), np.uint64(row * width)
                _lay_out(took, np.uint64((row - row_0) * wide), classes, sums, start, held)
                if standing[at] < 0:
                    verdict[at], minimums[at] = UNKNOWN, 0
                    continue
                this_year = year_0 + row - row_0
                which = np.uint64(due_of[np.uint64(standing[at] * due_years + this_year - due_year)])
                first, last = due_first[which], due_first[which + np.uint64(1)]
                open_, answer = np.uint32(unruled[at]), np.uint64(0)
                for place in range(_ASKED):
                    asked = questions[which * np.uint64(_ASKED) + np.uint64(place)]
                    met = np.uint64(np.int64(held[np.uint64(asked >> _FILLS_AT & 0xFF)]) >= asked & _NEED)
                    blocked = np.uint64(open_ & np.uint32(asked >> _MASK_AT & 0xFF) != 0)
                    answer |= (met | blocked << np.uint64(_ASKED)) << np.uint64(place)
                stand = answers[which << np.uint64(2 * _ASKED) | answer]
                for other in range(special[which], special[which + np.uint64(1)]):
                    each = others[np.uint64(other)]
                    due = np.uint64(each)
                    asked = asks[due]
                    fills, mask = np.uint64(asked >> _FILLS_AT & 0xFF), np.uint32(asked >> _MASK_AT & 0xFF)
                    wanted, have, unknown, is_over = asked & _NEED, np.int64(held[fills]), open_, True
                    if asked >> _SPECIAL_AT:
                        if cycle[due] != 0:
                            begin = cycle_first[np.uint64(each * due_years + this_year - due_year)]
                            if cycle[due] == PERSONAL:
                                own = _own_start(first_belonging[person], first_belonging[person + 1], belonging,
                                                 belongs_from, starts[family[due]], np.int64(cycle_start[due]))
                                begin = _first_of_cycle(PERSONAL, own, np.int64(cycle_years[due]), this_year)
                            least = max(row_0, row - (this_year - begin))
                            for back in range(1, cycle_years[due]):  # As many steps for everyone: none is guessed.
                                within = np.int64(row - back >= least)
                                earlier = row - back * within
                                have += _have(sums, np.uint64(earlier * width), np.int64(fills)) * within
                                unknown |= np.uint32(unruled[np.uint64(earlier)]) & np.uint32(-within)
                            if begin > this_year:
                                have, unknown = np.int64(0), np.uint32(0)
                            is_over = this_year >= begin + cycle_years[due] - 1
                        else:
                            wanted = -(-np.int64(held[base[due]]) * percent[due] // 100)
                    is_met = np.uint32(have >= wanted)
                    short = np.uint32(UNDETERMINED) * np.uint32(unknown & mask != 0)
                    if not is_over:
                        short = np.uint32(IN_PROGRESS)
                    stand |= (is_met | short * (is_met ^ np.uint32(1))) << np.uint32(HOW_BITS * (each - first))
                minimums[at] = stand
                low, high = stand & np.uint32(_LOW), stand >> np.uint32(1) & np.uint32(_LOW)
                asked_all = (np.uint64(1) << np.uint64(HOW_BITS * (last - first))) - np.uint64(1)
                every = np.uint32(_LOW) & np.uint32(asked_all)
                passes = low & ~high != 0 and low & high == 0
                verdict[at] = FAILED if low | high != every else PASSED if passes else UNKNOWN
