"""The names of a log: the one it was opened under, and those under which it went on.

A name stands for one history. Where what was published under it can never be extended again, the log goes on under
another, and the first event under that says so (`log.continued/1`). So the last name in the log's own stream is its
name, and every checkpoint bears it. `tests/ledger/test_continuing.py` shows it.
"""

from __future__ import annotations

from ledger.envelope import decode
from ledger.events.log import LOG, LogContinued, LogOpened
from ledger.stores.recorder import AppendingRecorder


def names_of(store: AppendingRecorder) -> tuple[str, ...]:
    """Every name that a log has borne, the present one last; none of an empty log."""
    events = (decode(leaf).event for _, leaf in store.stream(LOG))
    return tuple(event.origin for event in events if isinstance(event, LogOpened | LogContinued))
