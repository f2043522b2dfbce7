"""The kernel in machine code: some hundred years of people at a time, each column read once, on all cores.

Nearly all is done over rows of a small scratch, without a branch that a processor could guess wrong: entries one after
the other, whosever they are; then sums, questions and verdicts of all these years at once. What is left to be asked
one by one are cycles and parts in per cent. `packed.py` has the tables and says how they are meant.

Of two laws the second is judged for those alone whom it does not treat as the first did (`carried.py`).

`kernel.py` says what this does, in another way; `tests/projections/replay/test_kernel.py` holds the two together.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from projections.replay.carried import Alike, alike_of, compare
from projections.replay.coded import Coded
from projections.replay.compiled import NONE, PERSONAL, Compiled
from projections.replay.packed import ANSWERS, FIRST, LOW, OPEN, Columns, Packed, columns_of, pack
from projections.replay.replayed import EXAM, FAILED, IN_PROGRESS, PASSED, UNDETERMINED, UNKNOWN, Replayed

CHUNKS: Final = 256  # Pieces of work: many more than cores, so that none waits for another's last piece.
_BY_EXAM: Final = 1 << EXAM
_LAID_OUT: Final = _BY_EXAM + 1


class _Block(NamedTuple):
    """The scratch of one piece of work. Years lie side by side, whosever they are; people in runs without a gap."""

    run_first: NDArray[np.int64]    # The first person of each run, ...
    run_last: NDArray[np.int64]     # ... the one after the last, ...
    run_row: NDArray[np.int64]      # ... and where their years begin in the scratch.
    held: NDArray[np.int32]         # The columns: what years have taken, summed up as it comes.
    laid: NDArray[np.int32]         # The years laid out: every set of categories, hours by exam, the classes.
    open: NDArray[np.int32]         # What holds an unruled entry.
    list: NDArray[np.int32]         # Which list of requirements judges the year.
    place: NDArray[np.int64]        # Where it stands among all.
    person: NDArray[np.int64]       # Whose year it is, ...
    before: NDArray[np.int32]       # ... and how many of theirs stand before it.
    answers: NDArray[np.int32]
    stands: NDArray[np.uint32]      # How the requirements stand.
    todo: NDArray[np.int64]         # Years with requirements that are asked one by one.


def replay_fast(
    coded: Coded, compiled: Compiled, out: Replayed, known: tuple[Compiled, Replayed] | None = None
) -> Replayed:
    """Judge everyone, into the room that is given; whoever comes out as under a known law by what it came to."""
    assert out.sums.flags.f_contiguous, "a sum of all years lies in one piece"
    lost = np.zeros(coded.entries if len(coded.keyed) else 0, dtype=np.bool_)
    columns, law = columns_of(coded, compiled, lost), pack(coded, compiled)
    if len(lost):
        _lose(columns, law, coded.group, coded.keyed, compiled.rulings.counts, compiled.rulings.hours)
    if known is None or known[0].deadlines or compiled.deadlines:
        _judge_all(columns, law, out._replace(sums=out.sums.T))
    else:
        laws = alike_of(coded, known[0], compiled)
        _judge_others(columns, law, laws, known[1]._replace(sums=known[1].sums.T), out._replace(sums=out.sums.T))
    return out


@njit(parallel=True, cache=True, nogil=True)
def _judge_all(columns: Columns, law: Packed, out: Replayed) -> None:
    people = len(columns.first_year)
    for chunk in prange(CHUNKS):
        begin, end = people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS
        _judge_some(columns, law, out, begin, end, np.zeros(0, dtype=np.bool_))


@njit(parallel=True, cache=True, nogil=True)
def _judge_others(columns: Columns, law: Packed, laws: Alike, known: Replayed, out: Replayed) -> None:
    people = len(columns.first_year)
    for chunk in prange(CHUNKS):
        begin, end = people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS
        alike = np.zeros(end - begin, dtype=np.bool_)
        compare(columns, laws, begin, end, alike)
        _carry(columns, known, out, begin, end)
        _judge_some(columns, law, out, begin, end, alike)


@njit(cache=True, nogil=True)
def _carry(columns: Columns, known: Replayed, out: Replayed, begin: int, end: int) -> None:
    """Copy what these people came to under the known law; whoever it does not hold for is judged later, over it."""
    first, last = columns.first_entry[begin], columns.first_entry[end]
    out.counted[first:last] = known.counted[first:last]
    first, last = columns.first_year_row[begin], columns.first_year_row[end]
    for at in range(len(out.sums)):
        if at < len(known.sums):
            out.sums[at, first:last] = known.sums[at, first:last]
        else:
            out.sums[at, first:last] = 0   # A class that the known law does not have.
    out.unruled[first:last] = known.unruled[first:last]
    out.verdict[first:last] = known.verdict[first:last]
    out.minimums[first:last] = known.minimums[first:last]


@njit(cache=True, nogil=True)
def _judge_some(columns: Columns, law: Packed, out: Replayed, begin: Any, end: Any, alike: Any) -> None:
    """Judge these people, block by block, but for those who are passed over."""
    height, classes = law.height, len(out.sums) - EXAM - 1
    numbers, longs = np.zeros((4, height), np.int32), np.zeros((6, height), np.int64)
    block = _Block(
        longs[0], longs[1], longs[2], np.zeros(law.columns * height, np.int32),
        np.zeros((_LAID_OUT + classes) * height, np.int32), numbers[0], numbers[1], longs[3], longs[4], numbers[2],
        numbers[3], np.zeros(height, np.uint32), longs[5],
    )
    rows, person = columns.first_year_row, begin
    while person < end:
        runs, filled, until = 0, 0, -1
        while person < end:
            years = rows[np.uint64(person + 1)] - rows[np.uint64(person)]
            if filled + years > height:
                break
            if years == 0:   # Nothing of theirs could be judged.
                until += until == person
            elif not (len(alike) and alike[np.uint64(person - begin)]):
                if until != person:
                    block.run_first[runs], block.run_row[runs] = person, filled
                    runs += 1
                until = person + 1
                block.run_last[runs - 1] = until
                filled += years
            person += 1
        if filled:
            _judge_block(columns, law, out, block, runs, filled)


@njit(cache=True, nogil=True)
def _judge_block(columns: Columns, law: Packed, out: Replayed, block: _Block, runs: int, filled: int) -> None:
    block.held[:] = 0
    _take(columns, law, block, out.counted, runs)
    _find_lists(columns, law, block, runs)
    _lay_out(law, block, filled, len(out.sums))
    _ask(law, block, filled)
    _ask_alone(columns, law, block, _stand(law, block, filled))
    _write(law, block, out, runs, filled)


@njit(cache=True, nogil=True)
def _take(columns: Columns, law: Packed, block: _Block, counted: Any, runs: int) -> None:
    """Let the columns of their years take entries, in order, each as much as it still may hold."""
    case, day, row, late, lost = columns.case, columns.day, columns.row, columns.late, columns.lost
    stretch_at, number, gain, credit, held = law.stretch_at, law.number, law.gain, law.credit, block.held
    has_late, has_lost, cases = len(late) > 0, len(lost) > 0, np.int32(law.cases)
    first_entry, run_first, run_last = columns.first_entry, block.run_first, block.run_last
    for run in range(runs):
        first_row = np.int32(columns.first_year_row[run_first[run]] - block.run_row[run])
        for entry in range(first_entry[run_first[run]], first_entry[run_last[run]]):
            at = np.uint64(entry)
            cell = stretch_at[np.uint64(day[at] - FIRST)] + case[at]
            if has_late:
                cell += np.int32(late[at]) * cases
            ruling = np.uint64(number[np.uint64(cell)])
            year = np.uint64(row[at] - first_row)
            column = year + np.uint64(gain[ruling + np.uint64(2)])
            before = held[column]
            hours = min(gain[ruling], gain[ruling + np.uint64(1)] - before)
            if has_lost:
                hours &= np.int32(lost[at]) - np.int32(1)   # Unpredictable, so without a branch.
            held[column] = before + hours
            counted[at] = max(hours, np.int32(0))           # What is there and unruled brings no hours.
            if law.has_second:
                held[year + np.uint64(gain[ruling + np.uint64(3)])] += hours
            if law.has_credit:
                brought = credit[ruling]
                if has_lost:
                    brought &= np.int32(lost[at]) - np.int32(1)
                held[year + np.uint64(credit[ruling + np.uint64(1)])] += brought


@njit(cache=True, nogil=True)
def _find_lists(columns: Columns, law: Packed, block: _Block, runs: int) -> None:
    """Which list of requirements judges each year: of who stands nowhere the first, which is empty."""
    rows, first_year, standing, due_of = columns.first_year_row, columns.first_year, columns.standing, law.due_of
    lists, places, whose, before, years = block.list, block.place, block.person, block.before, law.due_years
    year_row = 0
    for run in range(runs):
        for person in range(block.run_first[run], block.run_last[run]):
            at, until = rows[np.uint64(person)], rows[np.uint64(person + 1)]
            year, begin = np.int64(first_year[np.uint64(person)]) - law.due_year - at, at
            while at < until:   # No `for`: setting one up costs more than the few years that most people have.
                zone = np.int64(standing[np.uint64(at)])
                stands, one = np.int64(zone >= 0), np.uint64(year_row)
                lists[one] = due_of[np.uint64((zone * years + year + at) * stands)] * np.int32(stands)
                places[one], whose[one], before[one] = at, person, at - begin
                at += 1
                year_row += 1


@njit(cache=True, nogil=True)
def _add(into: Any, more: Any) -> None:
    for at in range(len(into)):
        into[at] += more[at]


@njit(cache=True, nogil=True)
def _lay_out(law: Packed, block: _Block, filled: int, sums: int) -> None:
    """Lay out the years: every set of the three categories, what was earned by exam, the classes; and what is open."""
    height, held, laid, open_ = law.height, block.held, block.laid, block.open[:filled]
    for sum_ in range(sums):
        row = (1 << sum_ if sum_ < EXAM else _BY_EXAM + sum_ - EXAM) * height   # A category: the set of itself.
        laid[row:row + filled] = 0
        for at in range(law.sum_first[sum_], law.sum_first[sum_ + 1]):
            _add(laid[row:row + filled], held[law.sum_columns[at]:law.sum_columns[at] + filled])
    for both, one, other in ((3, 1, 2), (5, 1, 4), (6, 2, 4), (7, 3, 4)):
        row = both * height
        laid[row:row + filled] = laid[one * height:one * height + filled]
        _add(laid[row:row + filled], laid[other * height:other * height + filled])
    open_[:] = 0
    for column in range(len(law.open_columns)):
        unruled, bits = held[law.open_columns[column]:law.open_columns[column] + filled], law.open_bits[column]
        for at in range(filled):
            open_[at] |= bits if unruled[at] != 0 else np.int32(0)


@njit(cache=True, nogil=True)
def _question(answers: Any, have: Any, need: Any, bit: Any) -> None:
    for at in range(len(answers)):
        answers[at] |= bit if have[at] >= need else np.int32(0)


@njit(cache=True, nogil=True)
def _ask(law: Packed, block: _Block, filled: int) -> None:
    """Ask every question of every year, and look up which requirements of the year's list are met by the answers."""
    answers, stands, lists, met = block.answers[:filled], block.stands[:filled], block.list, law.met
    tables = np.uint64(law.tables)
    for at in range(filled):   # The last table: it has no question.
        stands[at] = met[((np.uint64(lists[at]) + np.uint64(1)) * tables - np.uint64(1)) << np.uint64(ANSWERS)]
    for table in range(law.tables - 1):
        answers[:] = 0
        for question in range(table * ANSWERS, min(table * ANSWERS + ANSWERS, len(law.asked_row))):
            row = law.asked_row[question]
            _question(answers, block.laid[row:row + filled], law.asked_need[question],
                      np.int32(1) << np.int32(question - table * ANSWERS))
        for at in range(filled):
            which = np.uint64(lists[at]) * tables + np.uint64(table)
            stands[at] |= met[which << np.uint64(ANSWERS) | np.uint64(answers[at])]


@njit(cache=True, nogil=True)
def _stand(law: Packed, block: _Block, filled: int) -> Any:
    """Mark as open what an unruled entry might still meet; returns how many years have something to be asked alone."""
    lists, stands, open_, todo = block.list, block.stands, block.open, block.todo
    blocked, first_alone = law.blocked, law.first_alone
    many = np.int64(0)
    for year in range(filled):
        at = np.uint64(year)
        which, stand = np.uint64(lists[at]), stands[at]
        may = blocked[which * np.uint64(OPEN) + np.uint64(open_[at])]
        stands[at] = stand | (may & ~stand) * np.uint32(UNDETERMINED)
        todo[np.uint64(many)] = year
        many += np.int64(first_alone[which + np.uint64(1)] > first_alone[which])
    return many


@njit(cache=True, nogil=True)
def _ask_alone(columns: Columns, law: Packed, block: _Block, many: Any) -> None:
    """Judge by cycles and parts in per cent the years that have any."""
    todo, lists, whose, before, stands = block.todo, block.list, block.person, block.before, block.stands
    laid, open_, first_alone, alone, percent = block.laid, block.open, law.first_alone, law.alone, law.percent
    cycle, cycle_years, cycle_first, first_year = law.cycle, law.cycle_years, law.cycle_first, columns.first_year
    for one in range(many):
        at = todo[np.uint64(one)]
        which, person, years = np.uint64(lists[np.uint64(at)]), whose[np.uint64(at)], np.int64(before[np.uint64(at)])
        year = np.int64(first_year[np.uint64(person)]) + years
        stand = stands[np.uint64(at)]
        for other in range(first_alone[which], first_alone[which + np.uint64(1)]):
            due = np.uint64(alone[np.uint64(other)])
            row, need, is_over = law.row[due] + at, law.need[due], True
            have, unknown = np.int64(laid[np.uint64(row)]), np.uint32(open_[np.uint64(at)])
            if percent[due] == NONE:
                length, begin = cycle_years[due], cycle_first[due * np.uint64(law.due_years)
                                                              + np.uint64(year - law.due_year)]
                if cycle[due] == PERSONAL:
                    own = _own_start(columns.first_belonging[person], columns.first_belonging[person + 1],
                                     columns.belonging, columns.belongs_from, law.starts[law.family[due]],
                                     law.cycle_start[due])
                    begin = own + (year - own) // length * length
                reaches = min(years, year - begin)
                for back in range(1, length):   # The same number of steps for everyone: nothing to predict.
                    within = np.int64(back <= reaches)
                    have += np.int64(laid[np.uint64(row - back * within)]) * within
                    unknown |= np.uint32(open_[np.uint64(at - back * within)]) & np.uint32(-within)
                if begin > year:
                    have, unknown = np.int64(0), np.uint32(0)
                is_over = year >= begin + length - 1
            else:
                need = -(-np.int64(laid[np.uint64(law.base[due] + at)]) * percent[due] // 100)
            is_met = np.uint32(have >= need)
            short = np.uint32(UNDETERMINED) * np.uint32(unknown & law.mask[due] != 0)
            if not is_over:
                short = np.uint32(IN_PROGRESS)
            stand |= (is_met | short * (is_met ^ np.uint32(1))) << np.uint32(law.place[due])
        stands[np.uint64(at)] = stand


@njit(cache=True, nogil=True)
def _own_start(first: Any, last: Any, belonging: Any, belongs_from: Any, within: Any, start: Any) -> Any:
    """Where a person's own cycle starts: when they first belonged within the family's scope, if that is later."""
    for one in range(first, last):
        if within[belonging[one]]:
            return max(start, np.int64(belongs_from[one]))
    return start


@njit(cache=True, nogil=True)
def _write(law: Packed, block: _Block, out: Replayed, runs: int, filled: int) -> None:
    """Write down sums, what is open, requirements and verdict."""
    places, stands, lists, open_, laid = block.place, block.stands, block.list, block.open, block.laid
    for sum_ in range(len(out.sums)):
        row = (1 << sum_ if sum_ < EXAM else _BY_EXAM + sum_ - EXAM) * law.height   # As laid out above.
        sums = out.sums[sum_]
        if runs == 1:
            sums[places[0]:places[0] + filled] = laid[row:row + filled]
        else:
            for at in range(filled):
                sums[np.uint64(places[at])] = laid[np.uint64(row + at)]
    for year in range(filled):
        one, place = np.uint64(year), np.uint64(places[year])
        stand = stands[one]
        low, high = stand & np.uint32(LOW), stand >> np.uint32(1) & np.uint32(LOW)
        passes = np.int8(PASSED) if ((low & ~high) != 0) & ((low & high) == 0) else np.int8(UNKNOWN)
        out.verdict[place] = passes if low | high == np.uint32(LOW) else np.int8(FAILED)
        out.minimums[place] = stand & law.judged[np.uint64(lists[one])]
        out.unruled[place] = np.uint8(open_[one])


@njit(cache=True)
def _lose(columns: Columns, law: Packed, group: Any, keyed: Any, counts: Any, hours: Any) -> None:
    """Of each group the most hours are kept, the first registered on a tie."""
    for one in range(len(group) - 1):
        best, most = -1, -1
        for place in range(group[one], group[one + 1]):
            at = keyed[place]
            cell = law.stretch_at[columns.day[at] - FIRST] + columns.case[at]
            if len(columns.late):
                cell += np.int32(columns.late[at]) * np.int32(law.cases)
            ruling = law.number[cell] // 4
            if counts[ruling]:
                if hours[ruling] > most:
                    if best >= 0:
                        columns.lost[best] = True
                    best, most = at, hours[ruling]
                else:
                    columns.lost[at] = True
