"""Whether so much comes in that what compares answers goes slowly, and how slowly: for the sake of whoever records.

Findings and differences are kept up in processes that also answer, a little behind the log. While hundreds of events
come each second they would take the interpreter from those who record; so they go on in small pieces then, with a rest
after each, and fall behind for as long as the rush lasts. To hold them up for a while and then do all at once, as they
did, was one long piece of work in its midst, and the slowest answers of that while were those beside it.

`tests/projections/test_rush.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

RUSH_A_SECOND: Final = 200
"""So many events a second make a rush: a sixth of what two cores record."""
REST: Final = 9
"""In a rush a piece of work is followed by a rest so many times as long: it takes a tenth of one core."""
LEAST_MS: Final = 20
"""So long a rest is at least: where hardly anything is to be done, it is not looked for all the time either."""
_OVER_MS: Final = 1_000


class Rush:
    """Told again and again how long the log is by whoever has something to do that may wait."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._since: tuple[int, int] | None = None
        self._is_on = False

    def is_on(self, size: int) -> bool:
        """Say whether there is a rush, now that the log is so long."""
        now = self._clock()
        if self._since is None:
            self._since = now, size
        elif (passed := now - self._since[0]) >= _OVER_MS * 1_000_000:
            self._is_on = (size - self._since[1]) * 1_000_000_000 >= RUSH_A_SECOND * passed
            self._since = now, size
        return self._is_on


def rest_s(took_ns: int) -> float:
    """How long to rest in a rush after a piece of work that took so long."""
    return max(LEAST_MS * 1_000_000, took_ns * REST) / 1_000_000_000  # not hours: seconds
