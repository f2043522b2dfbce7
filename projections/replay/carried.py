"""Whom two laws treat alike: their results under the one are carried over to the other, and nobody judges them twice.

An amendment touches few. Whoever has only entries that are worth the same under both laws, and in every year the same
requirements, comes out the same. Of somebody who belonged only where nothing differs that is known at once; of others
it is one look at each entry instead of a judgement. Both laws have to be compiled with the same numbers
(`compile_over(..., after=...)`), and a law with deadlines is asked in full.

`tests/projections/replay/test_kernel.py` holds it against judging everyone.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from projections.replay.coded import Coded
from projections.replay.compiled import NONE, Compiled
from projections.replay.packed import FIRST, Columns, stretches


class Alike(NamedTuple):
    """What two laws have in common, in tables."""

    stretch_at: NDArray[np.int32]   # By day since FIRST: where the stretch of both laws begins among `cell`.
    cell: NDArray[np.bool_]         # By stretch and case: whether it is worth the same.
    due: NDArray[np.bool_]          # By zone and year: whether the same is required.
    due_years: int
    due_year: int
    touched: NDArray[np.bool_]      # By zone: whether anything differs there.


def alike_of(coded: Coded, old: Compiled, new: Compiled) -> Alike:
    """The tables of two laws, neither of which has deadlines."""
    edges = np.union1d(old.edges, new.edges).astype(np.int32)
    cases = len(coded.cases)
    cells, dues = _same_cells(cases, old, new, edges), _same_dues(old, new)
    return Alike(stretches(edges) * np.int32(cases), cells.ravel(), dues.ravel(), dues.shape[1], new.dues.first_year,
                 _touched(coded, cells, dues))


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


@njit(cache=True, nogil=True)
def compare(columns: Columns, laws: Alike, begin: Any, end: Any, alike: Any) -> None:
    """Say of each of these people whether they are treated alike; the first of them stands first in `alike`."""
    belonging, standing, case, day = columns.belonging, columns.standing, columns.case, columns.day
    for person in range(begin, end):
        is_same = True
        last_belonging = columns.first_belonging[person + 1]
        is_touched = columns.first_belonging[person] == last_belonging
        for one in range(columns.first_belonging[person], last_belonging):
            is_touched |= laws.touched[belonging[np.uint64(one)]]
        if is_touched:
            row_0 = columns.first_year_row[person]
            for row in range(row_0, columns.first_year_row[person + 1]):
                zone = np.int64(standing[np.uint64(row)])
                if zone >= 0:
                    year = np.int64(columns.first_year[person]) + row - row_0
                    is_same &= laws.due[np.uint64(zone * laws.due_years + year - laws.due_year)]
            for entry in range(columns.first_entry[person], columns.first_entry[person + 1]):
                at = np.uint64(entry)
                is_same &= laws.cell[np.uint64(laws.stretch_at[np.uint64(day[at] - FIRST)] + case[at])]
        alike[person - begin] = is_same
