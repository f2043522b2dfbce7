"""Durable, proven appends against the library's own recorder without proof, and what stands beside them on PyPI."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import umadb
from eventsourcing.sqlite import SQLiteApplicationRecorder
from pymerkle import SqliteTree

from ledger.stores.sqlite import SQLiteRecorder
from tests.bench import Figure, Race
from tests.bench.claims import as_stored, batches, in_threads, library_store, our_store

LEAF = os.urandom(600)


def rows() -> Iterator[Race | Figure]:
    with our_store() as ours, library_store() as library:
        yield _race(ours, library, "appends, synchronous=FULL, 64 threads, one event each", 64, 6_400, 1, 4.0)
        yield _race(ours, library, "the same, one thread", 1, 500, 1, 0.75)
        yield _race(ours, library, "batches of 1,000 events", 1, 30, 1_000, 0.65)
        for threads, count in ((1, 500), (64, 6_400)):
            took = sorted(in_threads(threads, ours.append, batches(count, 1)))
            for percent in (50, 99):
                micros = took[len(took) * percent // 100] // 1_000
                yield Figure(f"append latency, {threads} at a time, p{percent}", micros, "µs")
        yield Figure("disk, all tables, a submitted claim with 150 sealed bytes", _disk(ours), "bytes/event")
    yield from _others()


def _race(ours: SQLiteRecorder, library: SQLiteApplicationRecorder,
          name: str, threads: int, count: int, size: int, least: float) -> Race:
    return Race(
        name, "events", count * size,
        lambda appends: in_threads(threads, ours.append, appends),
        lambda stored: in_threads(threads, library.insert_events, stored),
        "eventsourcing", least, 5,
        fresh=(lambda: batches(count, size), lambda: list(map(as_stored, batches(count, size)))),
    )


def _disk(ours: SQLiteRecorder) -> int:
    file = Path(ours.datastore.pool.db_name)
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return file.stat().st_size // ours.size()


def _others() -> Iterator[Race]:
    with TemporaryDirectory() as folder:
        tree = SqliteTree(str(Path(folder) / "pymerkle.db"))
        yield Race("beside them: pymerkle on SQLite, one leaf at a time", "leaves", 300,
                   lambda: [tree.append_entry(LEAF) for _ in range(300)], rounds=3)
    with _umadb() as client:
        yield Race("beside them: umadb's server, no proof, one at a time", "events", 300,
                   lambda: [client.append([umadb.Event("claim", LEAF)]) for _ in range(300)], rounds=3)
        yield Race("beside them: umadb's server, batches of 1,000", "events", 20_000,
                   lambda: [client.append([umadb.Event("claim", LEAF)] * 1_000) for _ in range(20)], rounds=3)


@contextmanager
def _umadb() -> Iterator[umadb.Client]:
    """A server on a free port of loopback, for as long as it is asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    program = "import sys, umadb; umadb.run_server_from_args(sys.argv)"
    with TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, "-c", program, "--listen", address, "--db-path", f"{folder}/uma.db"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield _connected(f"http://{address}")
        finally:
            server.terminate()
            server.wait()


def _connected(url: str) -> umadb.Client:
    for attempt in range(50):
        try:
            client = umadb.Client(url)
            client.head()
            return client
        except Exception:
            if attempt == 49:
                raise
            time.sleep(0.1)  # not hours: seconds
    raise AssertionError
