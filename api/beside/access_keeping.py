"""How long it is kept who looked at whose data: what is past its time leaves the access log, hourly a bounded portion.

What goes is recorded in the ledger first and goes an hour later, so that a backup that is being made holds what it
says. In PostgreSQL a service that does not own the tables may do it by a function of their owner's
(`ledger.access.pruning`); where it may not even call that, a command of the owner's has to.
`tests/api/test_access_keeping.py` shows it.
"""

from __future__ import annotations

from contextlib import suppress

import structlog

from api.register.register import SYSTEM, Register
from ledger.access.pruning import AT_ONCE, Pruned, goes_by_itself, prune
from ledger.stores.append import Conflict
from projections import looks


def keep_for(register: Register, *, months: int, now: int, at_once: bool = False) -> Pruned | None:
    """Let go what is older; `at_once`: all of it, and not an hour later. None where it is not to be done just now."""
    if not at_once and not goes_by_itself(register.access):
        return None
    done: Pruned | None = None
    with suppress(Conflict):  # Somebody wrote to the log's own stream just then: the next hour is soon enough.
        done = prune(register.ledger, register.access, months=months, now=now, by=SYSTEM,
                     most=None if at_once else AT_ONCE, waits=not at_once)
    if done is not None and done.cut:
        looks.drop(register.access, register.folder.projections, done.upto - done.left)
        if not at_once:  # A command tells it in words of its own, and its standard output is for them.
            structlog.get_logger().info("access_pruned", entries=done.cut, left=done.left)
    return done
