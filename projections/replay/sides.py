"""One law over everyone: the coded ledger read by its words, compiled, judged.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.law import Law
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled, compile_over
from projections.replay.gathered import Gathered, read_under
from projections.replay.kernel import replay
from projections.replay.replayed import EXAM, Replayed


@dataclass(frozen=True, slots=True)
class Side:
    """One law over everyone."""

    coded: Coded
    compiled: Compiled
    replayed: Replayed
    total: NDArray[np.int64]    # By year row.


def side(gathered: Gathered, law: Law, beside: Side | None = None) -> Side:
    """Judge everyone under a law; where another is known already, anew those whom the two do not treat alike."""
    coded = read_under(gathered, law)
    if beside is None:
        compiled = compile_over(law, coded)
        replayed = replay(coded, compiled)
    else:
        compiled = compile_over(law, coded, beside.compiled)
        replayed = replay(coded, compiled, known=(beside.compiled, beside.replayed))
    return Side(coded, compiled, replayed, replayed.sums[:, :EXAM].sum(axis=1, dtype=np.int64))
