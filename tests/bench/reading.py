"""Reading the log into typed events, rebuilding one aggregate, proofs, and the checker over a million events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from ledger.envelope import Encoded, decode
from ledger.events.base import Hand
from ledger.events.claim import (
    ClaimEndorsed,
    ClaimEvent,
    ClaimFrozen,
    ClaimReleased,
    ClaimReturned,
    ClaimRevised,
)
from ledger.fsck import fsck
from ledger.ledger import Ledger
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import generate_key
from ledger.proof.notes import format_note, sign
from ledger.proving import prove_event
from ledger.stores.append import Append
from ledger.stores.sqlite import SQLiteRecorder
from ledger.streams.claim import evolve
from ledger.vault import FileMasterKey, Vault
from tests.bench import Figure, Race
from tests.bench.claims import ACTOR, STUDY, approved, encoded, our_store, submitted

EVENTS = 50_000
MILLION = 1_000_000


class Claim(Aggregate):
    """The same claim as the library's decorated aggregate, with the same fields a leaf carries."""

    @event("Submitted")
    def __init__(self, **fields: Any) -> None:
        self.status = "under_review"
        self.study = fields

    @event("Moved")
    def move(self, to: str, **fields: Any) -> None:
        self.status = to
        self.last = fields


_BY = {"actor": "acr_01m2qk8r3e5t7w9x1y3z5b", "role": "registrar", "organisation": "unt_01m2qk8r3e5t7w9x1y3z5b",
       "correlation": "01m2qk8r3e5t7w9x1y3z5b"}
_SUBMITTED = {"person": "per_01m2qk8r3e5t7w9x1y3z5b", "unit": "unt_01m2qk8r3e5t7w9x1y3z5b",
              "category": "professional", "route": "advanced_seminar", "level": "municipal",
              "evidence_on": "2026-05-03", "starts": "2026-04-29", "ends": "2026-05-03", "days_half": 10,
              "organiser": "12330000470051232P", "steps": ["unit", "department"],
              "evidence": [{"kind": "certificate", "sha256": "ab" * 32}], "by": _BY}
_APPROVED = {"person": "per_01m2qk8r3e5t7w9x1y3z5b", "step": "department", "assessed_centi": 2400, "status": "ruled",
             "rulebook": "ningbo-industry/2019-01-01", "clauses": ["第六条（一）"], "by": _BY}


def rows() -> Iterator[Race | Figure]:
    yield from _reading()
    yield from _aggregates()
    yield from _checking()


def _reading() -> Iterator[Race]:
    with our_store() as ours, TemporaryDirectory() as folder:
        _fill(ours, EVENTS)
        library: Application[Any] = Application(env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "library.db")})
        for _ in range(EVENTS // 1_000):
            claims = [Claim(**_SUBMITTED) for _ in range(500)]
            for claim in claims:
                claim.move("registered", **_APPROVED)
            library.save(*claims)
        yield Race("the log read into typed events", "events", EVENTS,
                   lambda: _read(ours), lambda: _read_library(library), "eventsourcing's mapper", 8.0)
        library.close()


def _read(recorder: SQLiteRecorder) -> int:
    read = 0
    while leaves := recorder.leaves(read, 2_000):
        for leaf in leaves:
            decode(leaf)
        read += len(leaves)
    return read


def _read_library(library: Application[Any]) -> int:
    read = 0
    while found := library.recorder.select_notifications(read + 1, 2_000):
        for each in found:
            library.mapper.to_domain_event(each)
        read += len(found)
    return read


def _fill(recorder: SQLiteRecorder, events: int) -> None:
    while recorder.size() < events:
        batch: list[Encoded] = []
        for _ in range(500):
            claim = submitted()
            batch += [encoded(claim), encoded(approved(claim), 2)]
        recorder.append(Append(tuple(batch)))


def _life() -> list[ClaimEvent]:
    """Ten events of one claim: sent back twice, approved, held and released."""
    first = submitted()
    claim = {"claim": first.claim, "person": first.person}
    mended: list[ClaimEvent] = [
        ClaimReturned(**claim, step="unit"),
        ClaimRevised(**claim, study=STUDY, steps=first.steps, evidence=first.evidence),
    ]
    endorsed = ClaimEndorsed(**claim, step="unit", hand=Hand(actor=ACTOR))
    held: list[ClaimEvent] = [ClaimFrozen(**claim), ClaimReleased(**claim)]
    return [first, *mended, *mended, endorsed, approved(first), *held, held[0]]


def _aggregates() -> Iterator[Race]:
    with TemporaryDirectory() as folder:
        vault = Vault(Path(folder) / "people.db", FileMasterKey.create(Path(folder) / "master.key"))
        ledger = Ledger.in_file(Path(folder) / "ledger.db", vault)
        life = _life()
        assert len(life) == 10
        ledger.store.append(Append(tuple(encoded(each, version) for version, each in enumerate(life, 1))))
        library: Application[Any] = Application(env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "library.db")})
        theirs = Claim(**_SUBMITTED)
        for _ in range(9):
            theirs.move("registered", **_APPROVED)
        library.save(theirs)
        stream, times = life[0].stream, 500
        yield Race("an aggregate of 10 events, read from the store and rebuilt", "aggregates", times,
                   lambda: [ledger.load(stream, evolve) for _ in range(times)],
                   lambda: [library.repository.get(theirs.id) for _ in range(times)], "eventsourcing", 10.0)
        leaves = [leaf for _, leaf in ledger.store.stream(stream)]
        stored = library.recorder.select_events(theirs.id)
        yield Race("the same from bytes in memory", "aggregates", times,
                   lambda: [_fold(leaves) for _ in range(times)],
                   lambda: [_fold_library(library, stored) for _ in range(times)], "eventsourcing", 10.0)
        ledger.close()
        library.close()
        vault.close()


def _fold(leaves: list[bytes]) -> object:
    state = None
    for leaf in leaves:
        state = evolve(state, decode(leaf).event)
    return state


def _fold_library(library: Application[Any], stored: Any) -> object:
    state = None
    for each in stored:
        state = library.mapper.to_domain_event(each).mutate(state)
    return state


def _checking() -> Iterator[Race | Figure]:
    with our_store() as ours:
        _fill(ours, MILLION)
        path = Path(ours.datastore.pool.db_name)
        key = generate_key("bench.example/log")
        text = format_checkpoint(Checkpoint(key.name, MILLION, ours.frontier().root()))
        note = format_note(text, [sign(text, key)])
        took = []
        for number in range(200):
            begin = time.perf_counter_ns()
            bundle = prove_event(ours, number * 4_999 + 1, note)
            took.append(time.perf_counter_ns() - begin)
        took.sort()
        yield Figure("a proof in a log of a million, p50", took[100] // 1_000, "µs")
        yield Figure("a proof in a log of a million, p99", took[198] // 1_000, "µs")
        yield Figure("a .tlog-proof with its event", len(bundle), "bytes")
        report = fsck(path)
        assert report.holds and report.size == MILLION
        best = min(_seconds_of_fsck(path) for _ in range(3))
        yield Figure("fsck of a million events, everything re-read and re-hashed", best, "seconds", 2.5)


def _seconds_of_fsck(path: Path) -> float:
    begin = time.perf_counter()
    fsck(path)
    return time.perf_counter() - begin
