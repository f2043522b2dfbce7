"""Whom two laws treat alike: their results under the one are carried over to the other, and nobody judges them twice.

An amendment touches few. Whoever has only entries that are worth the same under both laws, and in every year the same
requirements, comes out the same; that is one look at each entry, in machine code, instead of a judgement. Both laws
have to be compiled with the same numbers (`compile_over(..., after=...)`), and a law with deadlines is asked in full.

`tests/projections/replay/test_kernel.py` holds it against judging everyone.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from projections.replay.coded import Coded
from projections.replay.compiled import NONE, Compiled
from projections.replay.kernel import Replayed

CHUNKS: Final = 256


def carry(
    coded: Coded, old: Compiled, new: Compiled, known: Replayed, out: Replayed, stretch_of: NDArray[np.uint16],
    edges: NDArray[np.int32], first_day: int,
) -> NDArray[np.bool_]:
    """Carry over what is alike, and say of whom it is; `edges` are those of both laws, `stretch_of` numbers days."""
    alike = np.zeros(len(coded.people), dtype=np.bool_)
    _carry(
        coded.first_entry, coded.case, coded.day, coded.first_year_row, coded.first_year, coded.standing,
        stretch_of, first_day, len(coded.cases), _same_cells(len(coded.cases), old, new, edges),
        _same_dues(old, new).ravel(), new.dues.of.shape[1], new.dues.first_year,
        known.counted, known.sums.reshape(-1), known.sums.shape[1], known.unruled, known.verdict, known.minimums,
        out.counted, out.sums.reshape(-1), out.sums.shape[1], out.unruled, out.verdict, out.minimums, alike,
    )
    return alike


def _same_cells(cases: int, old: Compiled, new: Compiled, edges: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Stretches of both laws by cases: whether a case is worth the same under both. Stretches first: a day has one."""
    begins = np.append(np.int32(0), edges)
    columns = []
    for compiled in (old, new):
        stretch = np.searchsorted(compiled.edges, begins, side="right")
        columns.append(compiled.table.reshape(cases, len(compiled.edges) + 1)[:, stretch].T)
    return np.ascontiguousarray(columns[0] == columns[1]).ravel()


def _same_dues(old: Compiled, new: Compiled) -> NDArray[np.bool_]:
    """Zones by years: whether the same is required."""
    asked = [np.array(_signatures(compiled), dtype=object)[compiled.dues.of] for compiled in (old, new)]
    return np.asarray(asked[0] == asked[1], dtype=np.bool_)


def _signatures(compiled: Compiled) -> list[str]:
    """What each list of requirements says, whosever they are; the family of a personal start by the zones it holds."""
    dues, found = compiled.dues, []
    columns = (dues.mask, dues.base, dues.class_, dues.need, dues.percent, dues.cycle, dues.cycle_years,
               dues.cycle_start)
    for begin, end in zip(dues.first[:-1].tolist(), dues.first[1:].tolist(), strict=True):
        starts = [compiled.starts[family].tobytes() if family != NONE else b"" for family in dues.family[begin:end]]
        found.append(repr(([column[begin:end].tolist() for column in columns], starts)))
    return found


@njit(parallel=True, cache=True, nogil=True)
def _carry(
    first_entry: Any, case: Any, day: Any, first_year_row: Any, first_year: Any, standing: Any, stretch_of: Any,
    first_day: int, cases: int, same_cell: Any, same_due: Any, due_years: int, due_year: int,
    counted: Any, sums: Any, width: int, unruled: Any, verdict: Any, minimums: Any,
    counted_out: Any, sums_out: Any, width_out: int, unruled_out: Any, verdict_out: Any, minimums_out: Any, alike: Any,
) -> None:
    people = len(first_year)
    for chunk in prange(CHUNKS):
        for person in range(people * chunk // CHUNKS, people * (chunk + 1) // CHUNKS):
            row_0, row_1 = first_year_row[person], first_year_row[person + 1]
            is_same = True
            for row in range(row_0, row_1):
                zone = np.int64(standing[row])
                if zone >= 0:
                    this_year = np.int64(first_year[person]) + row - row_0
                    is_same &= same_due[zone * due_years + this_year - due_year]
            for entry in range(first_entry[person], first_entry[person + 1]):
                at = np.uint64(entry)
                stretch = np.uint64(stretch_of[np.uint64(day[at] - first_day)])
                is_same &= same_cell[stretch * np.uint64(cases) + np.uint64(case[at])]
            alike[person] = is_same
            if not is_same:
                continue
            for entry in range(first_entry[person], first_entry[person + 1]):
                counted_out[np.uint64(entry)] = counted[np.uint64(entry)]
            for row in range(row_0, row_1):
                at, begin, begin_out = np.uint64(row), np.uint64(row * width), np.uint64(row * width_out)
                for column in range(width):
                    sums_out[begin_out + np.uint64(column)] = sums[begin + np.uint64(column)]
                for column in range(width, width_out):
                    sums_out[begin_out + np.uint64(column)] = 0
                unruled_out[at], verdict_out[at], minimums_out[at] = unruled[at], verdict[at], minimums[at]
