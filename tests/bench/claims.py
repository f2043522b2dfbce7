"""What the ledger's benchmarks write: claims as they come in practice, for us and, with the same fields, for the peers.

This module yields no rows. The library gets its best case too: the same sortable text ids that we give ourselves
(random ids halve its rate), and states that are ready-made bytes, so that neither side pays for its mapper. Both write
the same facts: what we seal beside a leaf, the library holds in its state.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from ledger.envelope import Encoded, SealedPart, encode
from ledger.events.base import By, Draft, Event
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.study import Evidence, Ruling, Study
from ledger.ids import new_id
from ledger.stores.append import Append, RequestKey
from ledger.stores.sqlite import LedgerDatastore, SQLiteRecorder
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, RulebookId, StreamId, UnitId

ACTOR = ActorId("acr_01m2qk8r3e5t7w9x1y3z5b")
UNIT = UnitId("unt_01m2qk8r3e5t7w9x1y3z5b")
BY = By(actor=ACTOR, role="registrar", organisation=UNIT, correlation="01m2qk8r3e5t7w9x1y3z5b")
STUDY = Study(
    category=Category.PROFESSIONAL, route="advanced_seminar", level="municipal", evidence_on=date(2026, 5, 3),
    starts=date(2026, 4, 29), ends=date(2026, 5, 3), days_half=10, organiser="12330000470051232P",
)
RULING = Ruling(
    assessed_centi=2400, status="ruled", rulebook=RulebookId("ningbo-industry/2019-01-01"), clauses=("第六条（一）",),
)


def rows() -> Iterator[Any]:
    """Nothing of its own."""
    yield from ()


def submitted() -> ClaimSubmitted:
    """A claim of someone, with one certificate."""
    now_ms = time.time_ns() // 1_000_000
    return ClaimSubmitted(
        claim=ClaimId(new_id("claim", now_ms=now_ms)), person=PersonId(new_id("person", now_ms=now_ms)), unit=UNIT,
        region="330203", sector="industry", study=STUDY, steps=("unit", "department"),
        evidence=(Evidence(kind="certificate", sha256=os.urandom(32).hex()),),
    )


def approved(claim: ClaimSubmitted) -> ClaimApproved:
    """The same claim, decided."""
    return ClaimApproved(claim=claim.claim, person=claim.person, step="department", ruling=RULING)


def encoded(event: Event, version: int = 1) -> Encoded:
    """An event ready for the sequencer; a submitted one with 150 bytes sealed beside it, as titles and numbers take."""
    part = SealedPart(os.urandom(16), os.urandom(150)) if isinstance(event, ClaimSubmitted) else None
    return encode(event.stream, version, Draft(event), BY, part)


def batches(count: int, size: int, *, keyed: bool = False) -> list[Append]:
    """So many appends of so many new claims."""
    return [
        Append(tuple(encoded(submitted()) for _ in range(size)),
               request=RequestKey(os.urandom(32), os.urandom(32)) if keyed else None)
        for _ in range(count)
    ]


def as_stored(append: Append) -> list[StoredEvent]:
    """The same bytes for the library's recorder."""
    return [StoredEvent(originator_id=event.stream, originator_version=event.version, topic="claim.submitted/1",
                        state=event.leaf(1_795_000_000_000_000) + b"".join(event.sealed or ()))
            for event in append.events]


@contextmanager
def our_store() -> Iterator[SQLiteRecorder]:
    """A ledger in a new file."""
    with TemporaryDirectory() as folder:
        recorder = SQLiteRecorder(LedgerDatastore(str(Path(folder) / "ledger.db")))
        recorder.create_table()
        try:
            yield recorder
        finally:
            recorder.close()


@contextmanager
def library_store() -> Iterator[SQLiteApplicationRecorder]:
    """The library's recorder in a new file, as it comes: WAL, synchronous FULL by SQLite's own default."""
    with TemporaryDirectory() as folder:
        datastore = SQLiteDatastore(str(Path(folder) / "library.db"), originator_id_type="text", pool_timeout=60.0)
        recorder = SQLiteApplicationRecorder(datastore)
        recorder.create_table()
        try:
            yield recorder
        finally:
            datastore.close()


def in_threads(threads: int, work: Callable[[Any], object], items: list[Any]) -> list[int]:
    """Share out the items among threads; gives the nanoseconds that each call took."""
    took: list[list[int]] = [[] for _ in range(threads)]

    def run(number: int) -> None:
        for item in items[number::threads]:
            begin = time.perf_counter_ns()
            work(item)
            took[number].append(time.perf_counter_ns() - begin)

    running = [Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return [each for one in took for each in one]


def stream_of(claim: ClaimSubmitted) -> StreamId:
    """The stream of a claim."""
    return StreamId(claim.claim)
