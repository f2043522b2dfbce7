"""The projections brought to the log's head for whoever asks them without a service: `catch_up(ledger, folder, tell)`.

`tests/api/test_findings_run_command.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledger.ledger import Ledger
from projections.answers import projections
from projections.errors import AlreadyFollowed
from projections.following.follower import Follower

_LOOK_MS: Final = 50


def catch_up(ledger: Ledger, folder: Path, tell: Callable[[int, int], None]) -> None:
    """Follow until the log's head of now, telling how far it is; where another process follows, it is up to that."""
    follower = Follower(ledger, folder, projections())
    with suppress(AlreadyFollowed):
        follower.start()
        try:
            size = ledger.store.size()
            while not follower.wait_for(size, 0):
                if failures := follower.failures():
                    raise failures[0]
                tell(min(lag.position or (lag.building.done if lag.building else 0)
                         for lag in follower.lag().values()), size)
                time.sleep(_LOOK_MS / 1_000)  # not hours: seconds
        finally:
            follower.stop()
