"""Reading the log into typed events, rebuilding one aggregate, proofs, and the checker over a million events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Transcoding

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
from ledger.fsck.checker import fsck
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import generate_key
from ledger.proof.notes import format_note, sign
from ledger.proving import prove_event
from ledger.stores.append import Append
from ledger.stores.sqlite import SQLiteRecorder
from ledger.streams.claim import evolve
from tests.bench import Figure, Race
from tests.bench.claims import ACTOR, STUDY, UNIT, approved, encoded, our_store, submitted

EVENTS = 50_000
MILLION = 1_000_000


class DateAsISO(Transcoding):
    """The library carries dates only when told how: a typed event holds dates, not their text."""

    type = date
    name = "date_iso"

    def encode(self, obj: date) -> str:
        return obj.isoformat()

    def decode(self, data: str) -> date:
        return date.fromisoformat(data)


class Register(Application[Any]):
    """The library's application for the same claims."""

    def register_transcodings(self, transcoder: Any) -> None:
        super().register_transcodings(transcoder)
        transcoder.register(DateAsISO())


class Claim(Aggregate):
    """The same claim as the library's decorated aggregate, with the fields of our leaf, by name and typed."""

    @event("Submitted")
    def __init__(
        self, person: str, unit: str, region: str, sector: str, category: str, route: str, level: str,
        evidence_on: date, starts: date, ends: date, days_half: int, organiser: str, steps: list[str],
        evidence: list[dict[str, str]], actor: str, role: str, organisation: str, correlation: str,
    ) -> None:
        self.status, self.person, self.unit = "under_review", person, unit
        self.region, self.sector, self.category, self.route, self.level = region, sector, category, route, level
        self.evidence_on, self.starts, self.ends, self.days_half = evidence_on, starts, ends, days_half
        self.organiser, self.steps, self.evidence = organiser, steps, evidence

    @event("Approved")
    def approve(
        self, person: str, step: str, assessed_centi: int, status: str, rulebook: str, clauses: list[str],
        actor: str, role: str, organisation: str, correlation: str,
    ) -> None:
        self.status, self.assessed_centi, self.rulebook, self.clauses = "approved", assessed_centi, rulebook, clauses


_BY = {"actor": ACTOR, "role": "registrar", "organisation": UNIT, "correlation": "01m2qk8r3e5t7w9x1y3z5b"}
_SUBMITTED: dict[str, Any] = {
    "person": "per_01m2qk8r3e5t7w9x1y3z5b", "unit": UNIT, "region": "330203", "sector": "industry",
    "category": "professional", "route": STUDY.route, "level": STUDY.level, "evidence_on": STUDY.evidence_on,
    "starts": STUDY.starts, "ends": STUDY.ends, "days_half": STUDY.days_half, "organiser": STUDY.organiser,
    "steps": ["unit", "department"], "evidence": [{"kind": "certificate", "sha256": "ab" * 32}], **_BY}
_APPROVED: dict[str, Any] = {
    "person": "per_01m2qk8r3e5t7w9x1y3z5b", "step": "department", "assessed_centi": 2400, "status": "ruled",
    "rulebook": "ningbo-industry/2019-01-01", "clauses": ["第六条（一）"], **_BY}


def rows() -> Iterator[Race | Figure]:
    yield from _reading()
    yield from _aggregates()
    yield from _checking()


def _reading() -> Iterator[Race]:
    with our_store() as ours, TemporaryDirectory() as folder:
        _fill(ours, EVENTS)
        library = Register(env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "library.db")})
        for _ in range(EVENTS // 1_000):
            claims = [Claim(**_SUBMITTED) for _ in range(500)]
            for claim in claims:
                claim.approve(**_APPROVED)
            library.save(*claims)
        yield Race("the log read into typed events, from the database on", "events", EVENTS,
                   lambda: _read(ours), lambda: _read_library(library), "eventsourcing", 8.0)
        leaves, stored = ours.leaves(0, EVENTS), library.recorder.select_notifications(1, EVENTS)
        yield Race("the same, the mapper alone", "events", EVENTS, lambda: deque(map(decode, leaves), 0),
                   lambda: deque(map(library.mapper.to_domain_event, stored), 0), "eventsourcing's mapper")
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
        library = Register(env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "library.db")})
        theirs = Claim(**_SUBMITTED)
        for _ in range(9):
            theirs.approve(**_APPROVED)
        library.save(theirs)
        stream, times = life[0].stream, 500
        yield Race("an aggregate of 10 events, read from the store and rebuilt", "aggregates", times,
                   lambda: [ledger.load(stream, evolve) for _ in range(times)],
                   lambda: [library.repository.get(theirs.id) for _ in range(times)], "eventsourcing", 10.0)
        leaves = [leaf for _, leaf in ledger.store.stream(stream)]
        stored = library.recorder.select_events(theirs.id)
        yield Race("the same from bytes in memory", "aggregates", times,
                   lambda: [_fold(leaves) for _ in range(times)],
                   lambda: [_fold_library(library, stored) for _ in range(times)], "eventsourcing")
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
