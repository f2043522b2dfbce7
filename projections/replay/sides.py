"""One law over everyone: the coded ledger read by its words, compiled, judged.

Who judges is an *engine*: this process (`judge_both`), or workers of a cluster (`cluster.py`). An engine is handed
columns and tables and gives columns back; no report can tell which one it was.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.law import Law
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled, compile_over
from projections.replay.gathered import Gathered, read_under
from projections.replay.kernel import replay
from projections.replay.replayed import EXAM, Replayed

Progress = Callable[[str, int, int], None]
Engine = Callable[[Coded, Sequence[Compiled], Progress], tuple[Replayed, ...]]


@dataclass(frozen=True, slots=True)
class Side:
    """One law over everyone."""

    coded: Coded
    compiled: Compiled
    replayed: Replayed
    total: NDArray[np.int64]    # By year row.


def judge_both(
    coded: Coded, compiled: Sequence[Compiled], progress: Progress, rooms: Sequence[Replayed | None] = (),
) -> tuple[Replayed, ...]:
    """Judge everyone here; under a second law anew those alone whom the two do not treat alike.

    `rooms`: one for each law, where there are any; machine code writes into them.
    """
    found: list[Replayed] = []
    for law, out in zip(compiled, rooms or (None,) * len(compiled), strict=True):
        progress("judge", len(found), len(compiled))
        found.append(replay(coded, law, out=out, known=(compiled[0], found[0]) if found else None))
    return tuple(found)


def sides(
    gathered: Gathered, old: Law, new: Law, engine: Engine = judge_both,
    progress: Progress = lambda step, done, total: None,
) -> tuple[Side, Side]:
    """Judge everyone under two laws, the second compiled with the numbers of the first."""
    coded = read_under(gathered, old), read_under(gathered, new)
    first = compile_over(old, coded[0])
    compiled = first, compile_over(new, coded[1], first)
    one, two = engine(coded[0], compiled, progress)
    return _side(coded[0], compiled[0], one), _side(coded[1], compiled[1], two)


def _side(coded: Coded, compiled: Compiled, replayed: Replayed) -> Side:
    return Side(coded, compiled, replayed, replayed.sums[:, :EXAM].sum(axis=1, dtype=np.int64))
