"""The coded ledger: every registered entry as a few small numbers, ordered by person, attribution date, registration.

Nothing here knows a law. An entry's *case* is all of it that any law may weigh (where its person belonged on that day,
route, level, quantity, how long before its start it was filed), numbered; equal cases are many. What depends on the law
(which version rules a day, what a case is worth under it) is resolved when a law is asked: `compiled.py`.

Columns of one length lie side by side, so that a replay reads them straight through. The few entries that share an
occasion or an output with another stand once more, by group and in the order of registration.

`tests/projections/replay/test_kernel.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

NOWHERE: Final = -1
NOT_SUBMITTED: Final = 0
LEAD_MOST: Final = 366  # More days before its start is as good as so many.

Ints = NDArray[np.int32]


class Zone(NamedTuple):
    """Where somebody may belong, as far as a scope asks."""

    region: str
    sector: str
    major: str | None


class Case(NamedTuple):
    """What a law may weigh of an entry, but for dates."""

    zone: Zone
    values: Mapping[str, Any]
    major: str | None
    lead: int | None


@dataclass(frozen=True, slots=True)
class Coded:
    """The columns. Lengths: E entries, P people, Y years of people, B belongings, K keyed entries in G groups."""

    people: tuple[str, ...]
    zones: tuple[Zone, ...]
    cases: tuple[Case, ...]

    first_entry: NDArray[np.int64]   # P + 1: where each person's entries begin.
    case: Ints                       # E
    day: Ints                        # E: ordinal of the attribution date.
    row: Ints                        # E: the row of the year that it is attributed to.
    submitted: Ints                  # E, or none at all: ordinal of the day on which its person claimed it.
    place: Ints                      # E, or none at all: its number among the person's entries as they were registered.

    first_year_row: NDArray[np.int64]   # P + 1: where each person's years begin.
    first_year: NDArray[np.int16]       # P
    standing: NDArray[np.signedinteger]   # Y: the zone on 31 December, or NOWHERE.

    first_belonging: NDArray[np.int64]  # P + 1
    belonging: NDArray[np.signedinteger]  # B: zones in order of time.
    belongs_from: NDArray[np.int16]     # B: the year in which each begins.

    group: NDArray[np.int64]         # G + 1: where each group of keyed entries begins.
    keyed: NDArray[np.int64]         # K: entries, by group and in the order of registration.

    @property
    def entries(self) -> int:
        """How many entries."""
        return len(self.day)

    @property
    def years(self) -> int:
        """How many years of people."""
        return len(self.standing)
