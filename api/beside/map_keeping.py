"""The completeness map, kept near the head of the log beside a running house, so that no statement waits for it.

Every process has such a thread; whoever comes second finds nothing left to do. A failure is logged once until it goes
right again, and keeps nothing else from working: a statement tries for itself and says what is wrong.

`tests/api/test_statement_completeness.py` shows it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from ledger.maps.file import MapFile

_EVERY_S: Final = 1


@contextmanager
def kept_up(map_file: MapFile) -> Iterator[None]:
    """Have a thread read the log on into the map, until the end."""
    stopping = threading.Event()
    thread = threading.Thread(target=_keep, args=(map_file, stopping), name="map", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _keep(map_file: MapFile, stopping: threading.Event) -> None:
    failed = False
    while True:
        try:
            map_file.keep_up(stopping.is_set)
            failed = False
        except Exception as error:  # The log could not be read, or the disk is full: the next round may go well.
            if not failed:
                structlog.get_logger().error("map_failed", exc_info=error)
            failed = True
        if stopping.wait(_EVERY_S):
            return
