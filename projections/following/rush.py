"""Whether so much comes in that what compares answers waits for a calmer moment, and for how long at most.

Findings and differences are kept up in processes that also answer, a little behind the log. While hundreds of events
come each second they take the interpreter from those who record, and look at the same people again and again, whom one
look a little later would do for. So they wait until it is calmer, but no longer than `WAITS_MS`.

`tests/projections/test_rush.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

RUSH_A_SECOND: Final = 200
"""So many events a second make a rush: a sixth of what two cores record."""
WAITS_MS: Final = 20_000
"""So long a rush holds up what is due, then it is done once in its midst."""
_OVER_MS: Final = 1_000


class Rush:
    """Told again and again how long the log is by whoever has something to do that may wait."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._since: tuple[int, int] | None = None
        self._is_on = False
        self._held_since: int | None = None

    def holds_up(self, size: int) -> bool:
        """Say whether what is due waits, now that the log is so long."""
        now = self._clock()
        if self._since is None:
            self._since = now, size
        elif (passed := now - self._since[0]) >= _OVER_MS * 1_000_000:
            self._is_on = (size - self._since[1]) * 1_000_000_000 >= RUSH_A_SECOND * passed
            self._since = now, size
        if not self._is_on:
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = now
        if now - self._held_since < WAITS_MS * 1_000_000:
            return True
        self._held_since = None
        return False
