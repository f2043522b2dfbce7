"""Looks at what is somebody's, recorded before anybody sees it: the one way from a use case into the access log.

`tests/api/test_looked.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable

from api.house import House
from ledger.access.log import record_accesses
from ledger.events.base import By
from ledger.stores.append import EVENTS_MAX


def record_looks(
    house: House, by: By, subjects: Iterable[str], purpose: str, *, what: tuple[str, ...], route: str
) -> None:
    """Record that somebody is about to see something of each of these, once; of nobody nothing. Raises NotCoded."""
    everyone = tuple(dict.fromkeys(subjects))
    for first in range(0, len(everyone), EVENTS_MAX):
        record_accesses(house.register.access, by=by, subjects=everyone[first:first + EVENTS_MAX], purpose=purpose,
                        what=what, route=route, now_ms=house.now // 1_000)
