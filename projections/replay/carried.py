"""Whom two laws treat alike: their results under the one are carried over to the other, and nobody judges them twice.

An amendment touches few. Whoever has only entries that are worth the same under both laws, and in every year the same
requirements, comes out the same. Of somebody who belonged only where nothing differs that is known at once; of others
it is one look at each entry instead of a judgement. Both laws have to be compiled with the same numbers
(`compile_over(..., after=...)`), and a law with deadlines is asked in full.

`tests/projections/replay/test_kernel.py` holds it against judging everyone.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from projections.replay.coded import Coded
from projections.replay.compiled import NONE, Compiled
from projections.replay.replayed import Replayed


def carry(
    coded: Coded, old: Compiled, new: Compiled, known: Replayed, out: Replayed, stretch_of: NDArray[np.uint16],
    edges: NDArray[np.int32], first_day: int,
) -> NDArray[np.bool_]:
    """Carry over everything, and say of whom it holds; `edges` are those of both laws, `stretch_of` numbers days."""
    width = known.sums.shape[1]
    out.sums[:, :width], out.sums[:, width:] = known.sums, 0
    for name in ("counted", "unruled", "verdict", "minimums"):
        np.copyto(getattr(out, name), getattr(known, name))
    alike = np.zeros(len(coded.people), dtype=np.bool_)
    same_cells, same_dues = _same_cells(len(coded.cases), old, new, edges), _same_dues(old, new)
    _compare(
        coded.first_entry, coded.case, coded.day, coded.first_year_row, coded.first_year, coded.standing,
        coded.first_belonging, coded.belonging, _touched(coded, same_cells, same_dues), stretch_of, first_day,
        len(coded.cases), same_cells.ravel(), same_dues.ravel(), same_dues.shape[1], new.dues.first_year, alike,
    )
    return alike


def _same_cells(cases: int, old: Compiled, new: Compiled, edges: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Stretches of both laws by cases: whether a case is worth the same under both. Stretches first: a day has one."""
    begins = np.append(np.int32(0), edges)
    columns = []
    for compiled in (old, new):
        stretch = np.searchsorted(compiled.edges, begins, side="right")
        columns.append(compiled.table.reshape(cases, len(compiled.edges) + 1)[:, stretch].T)
    return np.array(columns[0] == columns[1], order="C")


def _same_dues(old: Compiled, new: Compiled) -> NDArray[np.bool_]:
    """Zones by years: whether the same is required."""
    asked = [np.array(_signatures(compiled), dtype=object)[compiled.dues.of] for compiled in (old, new)]
    return np.asarray(asked[0] == asked[1], dtype=np.bool_)


def _touched(coded: Coded, same_cells: NDArray[np.bool_], same_dues: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The zones in which anything differs; all of them, if it does where nobody belongs."""
    touched = np.array(~same_dues.all(axis=1))
    number = {zone: at for at, zone in enumerate(coded.zones)}
    for case in np.flatnonzero(~same_cells.all(axis=0)).tolist():
        zone = number.get(coded.cases[case].zone)
        if zone is None or coded.zones[zone].region == "":
            return np.ones(len(coded.zones), dtype=np.bool_)
        touched[zone] = True
    return touched


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
def _compare(
    first_entry: Any, case: Any, day: Any, first_year_row: Any, first_year: Any, standing: Any, first_belonging: Any,
    belonging: Any, touched: Any, stretch_of: Any, first_day: int, cases: int, same_cell: Any, same_due: Any,
    due_years: int, due_year: int, alike: Any,
) -> None:
    for person in prange(len(first_year)):
        is_same, is_touched = True, first_belonging[person] == first_belonging[person + 1]
        for one in range(first_belonging[person], first_belonging[person + 1]):
            is_touched |= touched[belonging[np.uint64(one)]]
        if is_touched:
            row_0 = first_year_row[person]
            for row in range(row_0, first_year_row[person + 1]):
                zone = np.int64(standing[np.uint64(row)])
                if zone >= 0:
                    this_year = np.int64(first_year[person]) + row - row_0
                    is_same &= same_due[zone * due_years + this_year - due_year]
            for entry in range(first_entry[person], first_entry[person + 1]):
                at = np.uint64(entry)
                stretch = np.uint64(stretch_of[np.uint64(day[at] - first_day)])
                is_same &= same_cell[stretch * np.uint64(cases) + np.uint64(case[at])]
        alike[person] = is_same
