"""What a replay comes to, in columns: hours by entry; sums, verdict and each requirement by person and year.

`kernel.py` and `kernel_fast.py` write it, `carried.py` copies what two laws have in common.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from projections.replay.coded import Coded
from projections.replay.compiled import Compiled

Ints = NDArray[np.int32]

EXAM: Final = 3     # The column of sums after the three categories; then come the classes.
UNKNOWN, FAILED, PASSED = -1, 0, 1
SHORT, MET, IN_PROGRESS, UNDETERMINED = range(4)
HOW_BITS: Final = 2
_PAGE: Final = 4_096


class Replayed(NamedTuple):
    """What a replay came to."""

    counted: Ints                  # By entry: hundredths that count.
    sums: Ints                     # By year row: the categories, hours by exam, the classes. Each sum in one piece.
    unruled: NDArray[np.uint8]     # By year row: what holds an unruled entry.
    verdict: NDArray[np.int8]      # By year row: PASSED, FAILED or UNKNOWN.
    minimums: NDArray[np.uint32]   # By year row: how each requirement of its list stands; two bits each, lowest first.

    def touched(self) -> Self:
        """The same room, after the machine was made to give its memory: by then it is not whoever writes that waits."""
        for column in self:
            column.T.reshape(-1)[::_PAGE // column.itemsize] = 0
        return self


def room(coded: Coded, compiled: Compiled) -> Replayed:
    """Room for a replay, to be handed in again: a page of memory that is new costs more than all that is done on it."""
    rows = coded.years
    return Replayed(
        np.empty(coded.entries, dtype=np.int32), np.empty((rows, EXAM + len(compiled.classes)), np.int32, order="F"),
        np.empty(rows, dtype=np.uint8), np.empty(rows, dtype=np.int8), np.empty(rows, dtype=np.uint32),
    )
