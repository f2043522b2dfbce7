"""What every replay rests on, as columns: what was registered, who belonged where, between which positions each holds.

Nothing here knows a law. What a law may weigh of an entry (all but its dates and keys) is a *statement*, numbered; one
text of each is kept, so that any law can read it with its own words. `projections.replay.reading` fills them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from projections.replay.coded import Zone

Columns = Mapping[str, NDArray[Any]]

ID_BYTES: Final = 26
APPROVED, FROZEN, REVOKED = 1, 2, 3

CLAIMS: Final[Mapping[str, Any]] = {
    "person": np.int32, "claim": f"S{ID_BYTES}", "status": np.int8, "statement": np.int32, "day": np.int32,
    "year": np.int16, "submitted": np.int32, "occasion": np.int32, "output": np.int32, "registered": np.int64,
    "registered_event": np.int64, "from_position": np.int64, "to_position": np.int64,
}
AFFILIATIONS: Final[Mapping[str, Any]] = {
    "person": np.int32, "starts": np.int32, "unit": np.int32, "zone": np.int32,
    "from_position": np.int64, "to_position": np.int64,
}
DEPARTURES: Final[Mapping[str, Any]] = {
    "person": np.int32, "unit": np.int32, "ends": np.int32, "from_position": np.int64, "to_position": np.int64,
}
TABLES: Final = ("claims", "affiliations", "departures")


class Statement(NamedTuple):
    """What a law may weigh of an entry: the text of one study that says it, and what an office confirmed of it."""

    study: str
    confirmed_centi: int | None
    document: str | None
    lead: int | None
    readable: bool             # Whether its dates and keys can be read at all.
    is_override: bool = False  # Whether it was confirmed where a row leaves room, and not where no row gives hours.


@dataclass(frozen=True, slots=True)
class Held:
    """Rows as of any position up to `position`, by person; people by id. A `to_position` of 0: it still holds."""

    position: int
    people: NDArray[np.bytes_]
    claims: Columns            # By person, day, registration.
    affiliations: Columns      # By person, first day.
    departures: Columns        # By person.
    statements: tuple[Statement, ...]
    zones: tuple[Zone, ...]
    units: tuple[str, ...]
