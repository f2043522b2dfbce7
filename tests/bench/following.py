"""How far behind the log the answers are while 2,000 events a second come in, and how fast a projection is built.

An event is late by the time from its acknowledged commit until every projection has it. The writer keeps to a timetable
in 32 threads, as requests would come; whoever waits for a commit of its own process is woken, so nothing is polled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from api import logs
from ledger.ledger import Ledger
from ledger.stores.append import Append
from ledger.vault import FileMasterKey, Vault
from projections.answers import projections
from projections.entries import Entries
from projections.file import ProjectionFile
from projections.follower import Follower, read_batch
from tests.bench import Figure, Race
from tests.bench.claims import approved, encoded, submitted

A_SECOND = 2_000
SECONDS = 6
THREADS = 32
MOST_MS = 50


def rows() -> Iterator[Race | Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger.in_file(folder / "ledger.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))
        follower = Follower(ledger, folder / "answers", projections())
        follower.start()
        late, rate = _lags(ledger, follower)
        yield Figure("events a second that came in while the answers followed", rate, "events/s")
        for percent in (50, 99):
            value = late[len(late) * percent // 100] // 1_000
            yield Figure(f"an event's delay until every projection has it, p{percent}", value, "µs", MOST_MS * 1_000)
        follower.stop()
        events = ledger.store.size()
        yield Race("a projection of claims built from the log", "events", events,
                   lambda path: _build(ledger, path), rounds=3,
                   fresh=(lambda: folder / f"{time.monotonic_ns()}.db", lambda: None))
        ledger.close()


def _lags(ledger: Ledger, follower: Follower) -> tuple[list[int], float]:
    """Nanoseconds that each append's events were late, in order of size."""
    count = A_SECOND * SECONDS // 2
    appends = []
    for _ in range(count):
        claim = submitted()
        appends.append(Append((encoded(claim), encoded(approved(claim), 2))))
    committed: list[tuple[int, int]] = []
    begin = time.perf_counter_ns() + 200_000_000
    step = 1_000_000_000 // (A_SECOND // 2)

    def write(number: int) -> None:
        for place in range(number, count, THREADS):
            wait = begin + place * step - time.perf_counter_ns()
            if wait > 0:
                time.sleep(wait / 1_000_000_000)  # not hours: seconds
            positions = ledger.store.append(appends[place]).positions
            committed.append((positions[-1], time.perf_counter_ns()))

    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def watch() -> None:
        names = [projection.name for projection in projections()]
        while not done.is_set() or seen[-1][0] < 2 * count:
            with follower._moved:
                follower._moved.wait(0.1)
            seen.append((min(follower.position(name) for name in names), time.perf_counter_ns()))

    watching = threading.Thread(target=watch)
    watching.start()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter_ns() - begin
    done.set()
    watching.join()
    late, at = [], 0
    for position, when in sorted(committed):
        while seen[at][0] < position:
            at += 1
        late.append(max(0, seen[at][1] - when))
    return sorted(late), 2 * count * 1_000_000_000 // took


def _build(ledger: Ledger, path: Path) -> None:
    file = ProjectionFile(Entries(), path)
    while batch := read_batch(ledger, file.position):
        file.apply(batch, ledger)
    file.connection.close()
