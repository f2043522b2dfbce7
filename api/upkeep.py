"""How far each projection is and what keeps it.

Numbers and names of ours only: they tell how large the log is, which its checkpoint tells anyone, and nothing of
people. `tests/api/test_upkeep.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.house import House
from projections.differences.queue import DifferencesFile
from projections.findings.findings_file import FindingsFile
from projections.following.track import Lag


def upkeep(house: House) -> dict[str, Any]:
    """Every projection with its position, what it is behind, how far a build is, and what it cannot take."""
    lags = {**house.follower.lag(), DifferencesFile.name: house.differing.lag(),
            FindingsFile.name: house.detecting.lag()}
    return {
        "log_size": house.ledger.store.size(),
        "items": [{"name": name, **_told(lag)} for name, lag in lags.items()],
    }


def _told(lag: Lag) -> dict[str, Any]:
    failure = lag.failure
    return {
        "position": lag.position,
        "behind": max(0, lag.behind),
        "building": None if lag.building is None else lag.building._asdict(),
        "failure": None if failure is None else {"position": failure.position, "because": failure.because},
    }
