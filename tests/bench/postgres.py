"""The ledger in PostgreSQL against the library's own PostgreSQL recorder on the same server, and against SQLite.

The server is a private one, made for the run, with fsync on and otherwise as it comes. The library gets a connection
for each thread, sortable text ids and ready-made bytes, as in the other benchmarks.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from ledger.envelope import decode
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_reading import LedgerPostgresDatastore
from ledger.stores.recorder import AppendingRecorder
from tests.bench import Figure, Race
from tests.bench.claims import as_stored, batches, in_threads, our_store
from tests.postgres_kit import NotRunnable, running

THREADS = 16
EVENTS = 50_000
PEER = "eventsourcing on PostgreSQL"


def rows() -> Iterator[Race | Figure]:
    try:
        server = running(place=Path(tempfile.gettempdir()))  # On a disk: what is measured is durable.
        started = server.__enter__()
    except NotRunnable as reason:
        print(f"postgres: {reason}")
        return
    try:
        yield from _one_process(started.new_database())
        yield from _two_processes(started.new_database())
        yield from _reading(started.new_database())
    finally:
        server.__exit__(None, None, None)


@contextmanager
def ours_in(conninfo: str) -> Iterator[PostgresRecorder]:
    recorder = PostgresRecorder(LedgerPostgresDatastore(conninfo, schema="ledger"))
    recorder.create_table()
    try:
        yield recorder
    finally:
        recorder.close()


@contextmanager
def library_in(conninfo: str) -> Iterator[PostgresApplicationRecorder]:
    """The library's recorder in the same database, a connection for each thread."""
    given = conninfo_to_dict(conninfo)
    datastore = PostgresDatastore(
        dbname=str(given["dbname"]), host=str(given["host"]), port=str(given["port"]), user=str(given["user"]),
        password=str(given["password"]), pool_size=THREADS, originator_id_type="text", connect_timeout=60)
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    try:
        yield recorder
    finally:
        datastore.close()


def _one_process(conninfo: str) -> Iterator[Race | Figure]:
    with ours_in(conninfo) as ours, library_in(conninfo) as library:
        for name, threads, count, size, least in (
            ("PostgreSQL: 16 threads, one durable, proven event each", THREADS, 3_200, 1, 7.0),
            ("the same, one thread", 1, 400, 1, None),
            ("PostgreSQL: batches of 1,000 events", 1, 20, 1_000, 2.0),
        ):
            yield Race(
                name, "events", count * size,
                partial(in_threads, threads, ours.append), partial(in_threads, threads, library.insert_events),
                PEER, least, 5, fresh=(partial(batches, count, size), partial(_stored, count, size)))
        for threads, count in ((1, 400), (THREADS, 3_200)):
            took = sorted(in_threads(threads, ours.append, batches(count, 1)))
            for percent in (50, 99):
                micros = took[len(took) * percent // 100] // 1_000
                yield Figure(f"PostgreSQL: append latency, {threads} at a time, p{percent}", micros, "µs")


def _stored(count: int, size: int) -> list[Any]:
    return list(map(as_stored, batches(count, size)))


# Two processes


class Pair:
    """Two processes that write to one log, each from 16 threads; what they will write is made before they are timed."""

    def __init__(self, write: Callable[[Connection, str], None], conninfo: str, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._count, self._lines = count, []
        self._processes = []
        for _ in range(2):
            mine, theirs = context.Pipe()
            process = context.Process(target=write, args=(theirs, conninfo))
            process.start()
            self._lines.append(mine)
            self._processes.append(process)

    def tell(self, words: object) -> None:
        for line in self._lines:
            line.send(words)
        for line in self._lines:
            assert line.recv() == "done"

    def prepare(self) -> Callable[[], None]:
        """What makes a round: everything is encoded, nothing is written yet."""
        self.tell(self._count)
        return partial(self.tell, "go")

    def close(self) -> None:
        self.tell(None)
        for process in self._processes:
            process.join()


def write_ours(line: Connection, conninfo: str) -> None:
    with ours_in(conninfo) as ours:
        _serve(line, ours.append, lambda count: batches(count, 1))


def write_library(line: Connection, conninfo: str) -> None:
    with library_in(conninfo) as library:
        _serve(line, library.insert_events, lambda count: _stored(count, 1))


def _serve(line: Connection, work: Callable[[Any], object], make: Callable[[int], list[Any]]) -> None:
    items: list[Any] = []
    while (words := line.recv()) is not None:
        if words == "go":
            in_threads(THREADS, work, items)
        else:
            items = make(words)
        line.send("done")
    line.send("done")


def _two_processes(conninfo: str) -> Iterator[Race]:
    count = 1_600
    with library_in(conninfo):  # Its tables are there before two processes look for them.
        pairs = [Pair(write, conninfo, count) for write in (write_ours, write_library)]
        try:
            yield Race(
                "PostgreSQL: two processes, 16 threads each, one event each", "events", 2 * count, _go, _go, PEER, 2.0,
                5, fresh=(pairs[0].prepare, pairs[1].prepare))
        finally:
            for pair in pairs:
                pair.close()


def _go(go: Callable[[], None]) -> None:
    go()


# Reading


def _reading(conninfo: str) -> Iterator[Race]:
    with ours_in(conninfo) as ours, our_store() as beside:
        for recorder in (ours, beside):
            for append in batches(EVENTS // 1_000, 1_000):
                recorder.append(append)
        yield Race("PostgreSQL: the log read into typed events", "events", EVENTS,
                   partial(_read, ours), partial(_read, beside), "the same from SQLite", 0.5)


def _read(recorder: AppendingRecorder) -> int:
    read = 0
    while leaves := recorder.leaves(read, 2_000):
        for leaf in leaves:
            decode(leaf)
        read += len(leaves)
    assert read == EVENTS
    return read
