"""Appends under idempotency keys, when a million and when twenty million keys of thirteen months are kept."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator

from ledger.stores.append import Append
from ledger.stores.requests import MONTHS_KEPT, month_of
from ledger.stores.sqlite import SQLiteRecorder
from tests.bench import Race
from tests.bench.claims import batches, in_threads, our_store

FEW, MANY = 1_000_000, 20_000_000
SHARE = 50_000


def rows() -> Iterator[Race]:
    with our_store() as many, our_store() as few:
        for store, keys in ((many, MANY), (few, FEW)):
            _fill(store, keys)
        yield Race(
            "appends with keys, 64 threads: 20 million kept against 1 million", "events", 6_400,
            lambda appends: in_threads(64, many.append, appends), lambda appends: in_threads(64, few.append, appends),
            "1 million keys", 0.8, 7, fresh=(_fresh, _fresh),
        )


def _fresh() -> list[Append]:
    return batches(6_400, 1, keyed=True)


def _fill(store: SQLiteRecorder, keys: int) -> None:
    """Write the keys as thirteen months of use would have left them, then tidy as the service does."""
    store.append(batches(1, 1)[0])
    now = time.time_ns() // 1_000
    connection = sqlite3.connect(store.datastore.pool.db_name, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    for month in range(month_of(now) - MONTHS_KEPT + 1, month_of(now) + 1):
        count = keys // MONTHS_KEPT
        print(f"keys: {count:,} of month {month}", file=sys.stderr, flush=True)
        chosen = sorted(os.urandom(32) for _ in range(count))
        for start in range(0, count, SHARE):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO requests VALUES (?, ?, ?, 201, 1, 1)",
                                   [(month, key, key[:16] * 2) for key in chosen[start:start + SHARE]])
            connection.execute("COMMIT")
    connection.close()
    store.tidy_requests(now)
