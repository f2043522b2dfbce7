"""A helper that proves and judges hand-overs: what it opens, and what it is asked.

It opens the log and the keys as its service did, reads both and writes neither. Its service's words are told when it is
begun; it does not look for settings of its own. `tests/province/test_beforehand.py` shows it.
"""

from __future__ import annotations

import gc
import os
import signal
from typing import Final, NamedTuple

import structlog

from api import logs
from api.cases.faults import BadFields
from api.cases.hand_over_beforehand import Order, Read
from api.cases.hand_over_beforehand import read as read_with
from api.cases.import_records import Around
from api.folder import folder_of
from api.helpers import Helpers
from api.register import open_stores
from api.settings import Settings
from ledger.errors import LedgerError
from ledger.fsck_pool import begin as begun
from ledger.ledger import Ledger
from policies.archive import Archive


class _Open(NamedTuple):
    ledger: Ledger
    archive: Archive


_OPEN: Final[list[_Open]] = []  # One, of a process that was begun.


def helpers(settings: Settings) -> Helpers:
    """What a service asks."""
    return Helpers(begin, (settings,), processes=min(settings.helpers, os.cpu_count() or 1))


def begin(settings: Settings) -> None:
    """Open what is read. It ends with its service, which alone is told to stop, and is on no core of it."""
    begun()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    logs.configure(settings.log_level, settings.log_format)
    _OPEN.append(_Open(open_stores(settings).ledger, Archive(folder_of(settings).rulebooks)))
    gc.collect()
    gc.freeze()


def read(order: Order) -> Read | None:
    """Prove and judge a file; None where anything keeps it from that: whoever asked does it anew, and tells what."""
    ledger, archive = _OPEN[0]
    try:
        return read_with(Around(ledger, archive, ledger.vault.secret("requests"), order.origin, order.now, None), order)
    except (LedgerError, BadFields):
        return None
    except Exception as error:  # A bug would be told where it is done anew; that it was one of ours is told here.
        structlog.get_logger().error("helper_failed", exc_info=error)
        return None
    finally:
        gc.collect()
