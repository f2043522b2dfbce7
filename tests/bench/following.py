"""How far behind the log the answers are while 5,000 events a second come in, and how fast projections are built.

An event is late by the time from its acknowledged commit until every projection has it, as whoever answers sees it;
that is looked at each millisecond. The writer keeps to a timetable in 32 threads, as requests would come. What follows
is by then in a process of its own (`projections.following.apart`), as in a service under such a load. The latest ones
used to be those of the first tenth of a second, and of one after a moment without any: the process looked again only
then. What is left is the round itself, what came before it began (rounds begin 20 ms apart) and what it shares the
cores with. What was written ahead is carried over beside the rounds: 2 to 4 ms of a processor, most often as much again
of the disk.

A build is measured twice. Against the library's own way, one process each, over claims: its notifications, its mapper
and a row in the transaction of its tracking record, as its manual has it; one table where ours are three. And as
`xueshi rebuild` does it, on every core, over the events of a demo.

Two cores give 20 µs an event for 100,000 events a second. By the processor time of all processes, in turns with what
stood before and under a load of 9, an event took 54.7 where it had taken 58.2: the collector of cycles went over every
row that was remembered once more at the end, and marks lay in shared memory. Alone on a core, in one process, 31 are

     2.4    reading 0.65, kinds 0.35, decoding and handing over 1.4; a second process does it again
    15.7    handlers: traces 5.8, duplicates 2.9, entries 2.7, work 2.2, timeline 1.2, people 0.6, others 0.1; or a
            claim submitted 17, approved 13, endorsed 11. Looking up what was last touched thousands of events ago,
            which is in no cache, is a sixth of it
     7.9    entering rows, 0.1 a value: claims of traces 1.5, work 1.1, lines 1.1, steps 1.0, entries' claims 1.0
     4.9    indexes: lines 1.4, traces 2.0 of twenty, keys 0.6, work 0.6

so no part by itself is the way to 20. The 296,000 events of a demo are 1.7 million rows, 5.7 an event (7.1 before: a
claim that is decided goes on as the row that it had, in traces and in entries).
Rows and bytes an event, in the file and in its indexes:

    timeline.lines     1.60 rows    93 +  63    each party of an event, found by whom it was
    work.work          0.56        107 +  28    each step that waited
    traces.step        0.53         87 +  53    each decision
    duplicates.keys    0.49         61 +  48    each thing that a claim may share, indexed while it is made
    traces.paper       0.44         70 +  45    each paper, found by its digest
    traces.claim       0.39        123 +  66    each claim, with what the patterns compare (1.28 before, in two tables)
    entries.claims     0.39         53 +  27    each claim, and what followed its decision (0.90 rows before)
    entries.studies    0.38         57          what it says, as JSON
    duplicates.claims  0.38         89 +  15    where it was made, and everything that it may share
    entries.decisions  0.35         43          what was decided of it
    sixty others       0.18

The second process needs 0.5 s of a processor to start, 2 µs an event of this log, a fifth of it for sqlite-utils, a
fifth for structlog.

What was tried and gained nothing: columns of a piece that hold nothing found by turning it around; a row without them;
one statement a row, or 2 to 32, or 200 instead of 64; 4,000 or 10,000 rows in a piece instead of 50,000; 200,000 rows
remembered instead of 50,000 (10,000 cost a tenth); what has ended not remembered; a row that begins looked up once
instead of twice; memory from the C library, in huge pages (a seventh dearer); pages of 16 KiB; no journal; leaves
decoded many at once, as lines; traces alone in a process, since whole files divide no more evenly.
Not done: duplicates read from the papers of traces, which would save 0.9 rows an event, but one paper shown as a
certificate and as a notice is one row there and two things here, and what is shown again keeps its first kind there;
keys found by digest alone, since a notice that ten thousand people show would be looked through for each of them;
parties of a timeline as numbers, which would be looked up for each event that is followed; a forked process, which
begins at once, with SQLite's locks of the one it came from.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import msgspec
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Mapper, Tracking, UUIDAsHex
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore, SQLiteTrackingRecorder

from api.commands.rebuild import elsewhere
from api.demo.history import Told
from api.demo.making import make
from api.register.register import open_register
from api.settings import load
from api.telling import logs
from ledger.events.claim import ClaimSubmitted
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.stores.append import Append
from projections.answers import projections
from projections.entries import Entries
from projections.files.file import ProjectionFile
from projections.files.projection import Projection
from projections.files.reader import Reader
from projections.files.rebuilding import fill, rebuild_all
from projections.following.apart import Apart
from projections.following.standby import Standby
from projections.laws import Laws
from projections.people import People
from projections.work import Work
from tests.bench import Figure, Race
from tests.bench.claims import approved, encoded, submitted
from tests.bench.replay import Recorded

A_SECOND = 5_000
SECONDS = 6
THREADS = 32
MOST_MS = 50
LOOK_MS = 1

BUILT = 4_000
PEOPLE = 5_000
LEAST_A_SECOND = 100_000


def rows() -> Iterator[Race | Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        yield from _following(Path(name))
    with TemporaryDirectory() as name:
        yield from _against_the_library(Path(name))
    with TemporaryDirectory() as name:
        yield from _on_every_core(Path(name))


def _ledger(folder: Path) -> Ledger:
    return Ledger.in_file(folder / "ledger.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))


# Following


def _following(folder: Path) -> Iterator[Figure]:
    ledger = _ledger(folder)
    told = {"ledger": str(folder / "ledger.db"), "database": "", "answers": str(folder / "answers"),
            "log_level": "warning", "log_format": "auto"}
    apart = Apart([sys.executable, "-P", "-m", "api.beside.following"], json.dumps(told).encode())
    standby = Standby(ledger, folder / "answers", projections(), apart=apart)
    standby.start()
    ledger.store.append(Append((encoded(submitted()),)))
    standby.wait_for(1)  # Each file is there.
    while not apart.follows:
        _lags(ledger, folder, 1)
    used = _used_ms(folder)
    late, rate = _lags(ledger, folder, SECONDS)
    used = _used_ms(folder) - used
    yield Figure("events a second that came in while the answers followed", rate, "events/s")
    for percent in (50, 99):
        value = late[len(late) * percent // 100] // 1_000
        yield Figure(f"an event's delay until every projection has it, p{percent}", value, "µs", MOST_MS * 1_000)
    yield Figure("the same, the follower's processor time an event", used * 1_000 // (A_SECOND * SECONDS), "µs")
    standby.stop()
    ledger.close()


def _used_ms(folder: Path) -> int:
    """What the process that follows has used of a processor."""
    process = (folder / "answers" / "follower.lock").read_text().split()[0]
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) * 1_000 // os.sysconf("SC_CLK_TCK")


def _lags(ledger: Ledger, folder: Path, seconds: int) -> tuple[list[int], float]:
    """Nanoseconds that each append's events were late, in order of size."""
    count, before = A_SECOND * seconds // 2, ledger.store.size()
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
        readers = [Reader(projection, folder / "answers") for projection in projections()]
        while not done.is_set() or seen[-1][0] < before + 2 * count:
            seen.append((min(reader.position() for reader in readers), time.perf_counter_ns()))
            time.sleep(LOOK_MS / 1_000)  # not hours: seconds

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


# Building, against the library


def _against_the_library(folder: Path) -> Iterator[Race]:
    ledger = _ledger(folder)
    claims = [submitted() for _ in range(BUILT // 2)]
    for at in range(0, len(claims), 500):
        ledger.store.append(Append(tuple(
            event for claim in claims[at:at + 500] for event in (encoded(claim), encoded(approved(claim), 2)))))
    recorder, mapper = _library(folder / "library.db", claims)
    yield Race(
        "a projection of claims built from the log", "events", BUILT, lambda path: _build(ledger, path),
        lambda path: _library_builds(recorder, mapper, path), "eventsourcing, a row and its tracking record", rounds=3,
        fresh=(partial(_new_path, folder), partial(_new_path, folder)))
    ledger.close()


def _new_path(folder: Path) -> Path:
    return folder / f"{time.monotonic_ns()}.db"


def _build(ledger: Ledger, path: Path) -> None:
    file = ProjectionFile(Entries(), path, made=True)
    fill([file], ledger, BUILT, lambda done, total: None)
    file.finish()
    file.close()


def _library(path: Path, claims: Sequence[ClaimSubmitted]) -> tuple[SQLiteApplicationRecorder, Mapper[UUID]]:
    """The library's recorder with the same facts, as its own events."""
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
    recorder.create_table()
    transcoder = JSONTranscoder()
    for one in (UUIDAsHex(), DatetimeAsISO()):
        transcoder.register(one)
    mapper: Mapper[UUID] = Mapper(transcoder)
    recorder.insert_events([
        mapper.to_stored_event(Recorded(
            originator_id=stream, originator_version=version, timestamp=Recorded.create_timestamp(),
            kind=type(event).__name__, body=json.loads(msgspec.json.encode(event))))
        for claim in claims for stream in (uuid4(),) for version, event in enumerate((claim, approved(claim)), 1)])
    return recorder, mapper


class _View(SQLiteTrackingRecorder):
    """The library's way: a row of one's own and how far one is, in one transaction."""

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(),
                "CREATE TABLE IF NOT EXISTS claims (claim TEXT PRIMARY KEY, kind TEXT)"]

    def take(self, claim: str, kind: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (claim, kind))


def _library_builds(recorder: SQLiteApplicationRecorder, mapper: Mapper[UUID], path: Path) -> None:
    datastore = SQLiteDatastore(str(path))
    view = _View(datastore)
    view.create_table()
    start = 1
    while found := recorder.select_notifications(start, 1_000):
        for one in found:
            event = mapper.to_domain_event(one)
            view.take(str(event.originator_id), event.kind, Tracking("claims", one.id))
        start = found[-1].id + 1
    assert start == BUILT + 1
    datastore.close()


# Building, on every core


def _on_every_core(folder: Path) -> Iterator[Figure]:
    data = folder / "data"
    make(data, Told(people=PEOPLE, first_year=2019, last_year=2023, seed=1))
    for words, wanted, least in (
        ("people, work, entries and laws made from the log of a demo", (People(), Work(), Entries(), Laws()), None),
        ("every projection made from it", projections(), LEAST_A_SECOND),
    ):
        used = _processor_ns()
        rate, events = _rate(data, wanted)
        yield Figure(words, rate, "events/s", least=least)
        used = (_processor_ns() - used) // events
        yield Figure("the same, processor time of all processes an event", used / 1_000, "µs")


def _processor_ns() -> int:
    """What this process and those that it has waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return int(sum(one.ru_utime + one.ru_stime for one in used) * 1_000_000_000)  # not hours: seconds


def _rate(data: Path, wanted: Sequence[Projection]) -> tuple[float, int]:
    """Events a second, and how many there were."""
    register = open_register(load({"data_folder": data}))
    try:
        answers = data / f"answers-{time.monotonic_ns()}"
        began = time.perf_counter_ns()
        made = rebuild_all(register.ledger, answers, wanted, lambda *_: None, elsewhere=partial(elsewhere, data))
        events = min(made.values())
        return events * 1_000_000_000 // (time.perf_counter_ns() - began), events
    finally:
        register.close()
