"""Entries of the access log leave it when their time is over; every root and every proof of what stays go on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ledger_kit import BY, LI, Clock, house_policy, open_house, settle
from postgres_kit import SCHEMAS, USER, Server

from ledger.access import pruning as access_pruning
from ledger.access.log import anchor_access, broken_anchors, record_accesses
from ledger.access.pruning import _NOBODY as NOBODY
from ledger.access.pruning import MONTHS_LEAST, TooShort, goes_by_itself, last_pruned, month_before, prune
from ledger.envelope import Envelope, decode, encode
from ledger.errors import LedgerError
from ledger.events.access import AccessCut, AccessRecorded
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessPruned
from ledger.fsck.checker import Report, fsck
from ledger.fsck.postgres import PostgresSource
from ledger.fsck.source import SQLiteSource
from ledger.ledger import Ledger
from ledger.offline.verify import verify_file
from ledger.proof.merkle import hash_leaf
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TILE_WIDTH
from ledger.proving import prove_event
from ledger.signing.signer import Signer, create_signing_key
from ledger.stores import postgres_schema
from ledger.stores.postgres_schema import migrate
from ledger.vocabulary import StreamId

ORIGIN = "register.example/access"
BEGAN = int(datetime(2023, 1, 15, 8, tzinfo=UTC).timestamp())


class Looked:
    """A ledger and the log of who looked, both under one clock, some days further each time."""

    def __init__(self, folder: Path, conninfo: str = "") -> None:
        self.clock, self.conninfo = Clock(BEGAN), conninfo
        self.house, self.log = (open_house(folder / name, self.clock) for name in ("house", "log"))
        if conninfo:
            for house, schema in ((self.house, "ledger"), (self.log, "access")):
                house.ledger.close()
                house.ledger = Ledger.in_postgres(conninfo, house.vault, schema=schema)
                house.store.clock = self.clock
        create_signing_key(folder / "log", ORIGIN, name="access")
        self.signer = Signer(self.log.store, origin=ORIGIN, folder=self.log.folder, name="access")
        settle(self.house)

    @property
    def now(self) -> int:
        return self.clock.ns // 1_000

    def look(self, times: int) -> None:
        record_accesses(self.log.ledger, by=BY, subjects=[LI] * times, purpose="annual_review", what=("years",),
                        route="years", now_ms=self.now // 1_000)
        anchor_access(self.house.ledger, self.signer, by=BY, now=self.now)

    def later(self, days: int) -> None:
        self.clock.ns += days * 86_400_000_000_000

    def prune(self, months: int = 12, most: int | None = None) -> access_pruning.Pruned:
        return prune(self.house.ledger, self.log.ledger, months=months, now=self.now, by=BY, most=most)

    def check(self, cut_upto: int) -> Report:
        if self.conninfo:
            return fsck(PostgresSource(self.conninfo, "access"), policy=house_policy(self.log.folder, "access"),
                        published=self.signer.published(), processes=1, cut_upto=cut_upto)
        copy = self.log.folder / "copy.db"
        copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.log.file)) as here, closing(sqlite3.connect(copy)) as there:
            here.backup(there)
        return fsck(copy, policy=house_policy(self.log.folder, "access"),
                    published=self.signer.published(), processes=1, cut_upto=cut_upto)

    def close(self) -> None:
        for house in (self.house, self.log):
            house.close()

    def kinds(self) -> list[type]:
        return [type(one.envelope.event) for one in self.log.ledger.read(0, 10_000)]


@pytest.fixture
def looked(tmp_path: Path) -> Iterator[Looked]:
    made = Looked(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> None:
    for name in ("house", "log"):
        (tmp_path / name).mkdir()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_pruning, "PORTION", TILE_WIDTH)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def grown(looked: Looked) -> None:
    """Two years of looks: 300 in January 2023, then 300 half a year later, and 300 in January 2025."""
    for days in (182, 549, 1):
        looked.look(300)
        looked.later(days)
    looked.look(1)


def test_what_is_past_its_time_is_gone_and_the_tree_stands_as_it_stood(looked: Looked) -> None:
    grown(looked)
    before = looked.log.store.frontier().root()
    roots = [looked.log.store.frontier(size).root() for size in (1, 255, 256, 300, 512, 601, 900)]

    done = looked.prune()

    assert (done.upto, done.cut, done.left) == (512, 512, 0), "full tiles of what is older than a year"
    assert looked.kinds()[:512] == [AccessCut] * 512 and set(looked.kinds()[512:]) == {AccessRecorded}
    assert looked.log.store.frontier().root() == before
    assert [looked.log.store.frontier(size).root() for size in (1, 255, 256, 300, 512, 601, 900)] == roots
    assert broken_anchors(SQLiteSource(looked.house.file), SQLiteSource(looked.log.file)) == []
    assert looked.check(512).holds, looked.check(512).problems
    file = prove_event(looked.log.store, 700, looked.signer.checkpoint())
    assert verify_file(write(looked.log.folder / "one.tlog-proof", file), house_policy(looked.log.folder, "access"))


SERVICE = "CREATE ROLE looks_service LOGIN PASSWORD 'looks'"
READS_AND_WRITES = ("GRANT USAGE ON SCHEMA {0} TO looks_service",
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO looks_service")


def as_service(server: Server, conninfo: str, *, may_cut: bool) -> str:
    """The same database as somebody sees it who owns none of its tables."""
    with psycopg.connect(conninfo, autocommit=True) as owner:
        with suppress(psycopg.errors.DuplicateObject):
            owner.execute(SERVICE)
        for schema in SCHEMAS:
            for line in READS_AND_WRITES:
                owner.execute(line.format(schema))
        if may_cut:
            for schema in SCHEMAS:
                owner.execute(f"GRANT EXECUTE ON FUNCTION {schema}.cut_access TO looks_service")
    return conninfo.replace(f"{USER}:{server.password}", "looks_service:looks")


def test_a_service_that_owns_no_table_takes_them_out_of_a_database_and_every_root_stays(
    tmp_path: Path, postgres_server: Server
) -> None:
    looked = Looked(tmp_path, as_service(postgres_server, postgres_server.new_database(), may_cut=True))
    grown(looked)
    root = looked.log.store.frontier().root()
    assert goes_by_itself(looked.log.ledger)

    assert looked.prune().cut == 512
    assert looked.kinds()[:512] == [AccessCut] * 512 and looked.log.store.frontier().root() == root
    assert looked.check(512).holds and not looked.check(256).holds
    looked.look(1)
    with pytest.raises(LedgerError), looked.log.store.changing() as change:
        change.move_out([(600, b"")])  # It may call one function, and is no owner for that.
    looked.close()


def test_without_the_right_to_call_it_a_service_leaves_it_to_the_owner_who_has_it(
    tmp_path: Path, postgres_server: Server
) -> None:
    conninfo = postgres_server.new_database()
    looked = Looked(tmp_path, as_service(postgres_server, conninfo, may_cut=False))
    assert not goes_by_itself(looked.log.ledger)
    with closing(Ledger.in_postgres(conninfo, looked.log.vault, schema="access")) as owned:
        assert goes_by_itself(owned)
    looked.close()


WRONG: dict[str, Callable[[AccessCut, Envelope], tuple[Any, str, int, int]]] = {
    "another hash": lambda cut, was: (
        AccessCut(access=cut.access, leaf_hash=encode_base64(bytes(32))), was.stream, was.version, was.recorded_at),
    "another time": lambda cut, was: (cut, was.stream, was.version, was.recorded_at + 1),
    "another version": lambda cut, was: (cut, was.stream, was.version + 1, was.recorded_at),
    "another stream": lambda cut, was: (
        AccessCut(access="acc_" + "0" * 22, leaf_hash=cut.leaf_hash), "acc_" + "0" * 22, was.version, was.recorded_at),
}


def test_the_function_believes_nobody_and_takes_out_nothing_else(tmp_path: Path, postgres_server: Server) -> None:
    conninfo = as_service(postgres_server, postgres_server.new_database(), may_cut=True)
    looked = Looked(tmp_path, conninfo)
    looked.look(2)
    looked.clock.ns = time.time_ns() - 30 * 86_400_000_000_000  # Younger than half a year by the server's own clock.
    looked.look(1)

    def tried(at: int, wrong: str = "", schema: str = "access") -> int:
        store = looked.house.store if schema == "ledger" else looked.log.store
        (leaf,) = store.leaves(at - 1, 1)
        was = decode(leaf)
        cut = AccessCut(access=was.stream, leaf_hash=encode_base64(hash_leaf(leaf)))
        event, stream, version, recorded_at = WRONG[wrong](cut, was) if wrong else (
            cut, was.stream, was.version, was.recorded_at)
        put = encode(StreamId(stream), version, Draft(event), NOBODY, None).leaf(recorded_at)
        with psycopg.connect(conninfo) as service:
            row = service.execute(f"SELECT {schema}.cut_access(%s, %s)", ([at], [put])).fetchone()
        assert row is not None
        return int(row[0])

    with pytest.raises(psycopg.errors.RestrictViolation):
        tried(2)  # The ledger has not recorded that it goes.
    looked.house.ledger.record([Draft(AccessPruned(origin=ORIGIN, upto=3, before=looked.now, months=12))], by=BY,
                               versions={LOG: looked.house.store.version(LOG)})
    for wrong in WRONG:
        with pytest.raises(psycopg.errors.RestrictViolation):
            tried(2, wrong)
    for at, schema in ((3, "access"), (1, "ledger")):
        with pytest.raises(psycopg.errors.RestrictViolation):
            tried(at, schema=schema)
    with psycopg.connect(conninfo) as service, pytest.raises(psycopg.errors.RestrictViolation):
        service.execute("SELECT access.cut_access(%s, %s)", ([1, 2], [b"[]"]))
    assert tried(2) == 1, "and what is as it has to be goes"
    assert looked.kinds() == [AccessRecorded, AccessCut, AccessRecorded]
    looked.close()


def test_a_service_that_wrote_before_the_step_may_call_it_after_and_strangers_may_not(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    conninfo = postgres_server.new_database(migrated=False)
    known = postgres_schema.steps()
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: known[:2])
    for schema in SCHEMAS:
        migrate(conninfo, schema)
    service = as_service(postgres_server, conninfo, may_cut=False)
    monkeypatch.undo()
    for schema in SCHEMAS:
        migrate(conninfo, schema)
    with monkeypatch.context() as older:  # A program that knows nothing of the step goes on beside it.
        older.setattr(postgres_schema, "steps", lambda _package: known[:2])
        assert postgres_schema.status(conninfo, "access").pending == ()

    with psycopg.connect(service) as connection:
        assert connection.execute("SELECT has_function_privilege('access.cut_access(bigint[],bytea[])', 'execute')"
                                  ).fetchone() == (True,)
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT has_function_privilege('public', 'access.cut_access(bigint[],bytea[])', "
                                  "'execute')").fetchone() == (False,)


def test_nothing_of_whom_or_what_for_is_left_in_the_file(looked: Looked) -> None:
    grown(looked)
    looked.prune()
    looked.log.close()

    with closing(sqlite3.connect(looked.log.file)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        left = file.execute("SELECT count(*) FROM events WHERE position <= 512 AND instr(leaf, ?)",
                            (LI.encode(),)).fetchone()[0]
    assert left == 0
    assert looked.log.file.read_bytes().count(LI.encode()) == 2 * (901 - 512), "as subject and among the subjects"


def test_the_ledger_says_first_what_is_to_go_and_what_is_killed_goes_on(looked: Looked) -> None:
    grown(looked)
    one = looked.prune(most=1)
    assert (one.cut, one.left) == (TILE_WIDTH, TILE_WIDTH)
    recorded = last_pruned(looked.house.ledger)
    assert recorded is not None and recorded[1].upto == 512 and recorded[1].months == 12
    assert looked.check(512).holds

    events = looked.house.store.size()
    assert looked.prune().cut == TILE_WIDTH
    assert looked.prune() == (512, 0, 0, recorded[1].before)
    assert looked.house.store.size() == events, "it was said once"


def test_a_service_says_so_once_a_day_and_what_it_said_goes_the_next_time(looked: Looked) -> None:
    grown(looked)

    def hourly(months: int) -> access_pruning.Pruned:
        return prune(looked.house.ledger, looked.log.ledger, months=months, now=looked.now, by=BY, waits=True)

    assert hourly(23) == (0, 0, 0, 0) and last_pruned(looked.house.ledger) is not None
    assert hourly(23).cut == 256
    events = looked.house.store.size()
    assert hourly(12).cut == 0 and looked.house.store.size() == events, "more is due, and was said today"
    looked.later(1)
    assert hourly(12).cut == 0 and looked.house.store.size() == events + 1
    assert hourly(12).cut == 256


def test_an_entry_that_went_without_a_word_is_found(looked: Looked) -> None:
    grown(looked)
    looked.prune()

    report = looked.check(256)
    assert {one.code for one in report.problems} == {"tile_mismatch"}
    assert min(one.position for one in report.problems if one.position) == 257
    assert not looked.check(0).holds


def test_a_hash_that_is_not_the_one_that_stood_there_is_found(looked: Looked) -> None:
    grown(looked)
    looked.prune()
    with closing(sqlite3.connect(looked.log.file)) as file:
        file.execute("DROP TRIGGER events_stay_as_they_are")
        (leaf,) = file.execute("SELECT leaf FROM events WHERE position = 7").fetchone()
        at = leaf.index(b'"leaf_hash":"') + 13
        file.execute("UPDATE events SET leaf = ? WHERE position = 7",
                     (leaf[:at] + (b"A" if leaf[at:at + 1] != b"A" else b"B") + leaf[at + 1:],))
        file.commit()
    assert [one.position for one in looked.check(512).problems] == [7]


def test_nothing_younger_than_the_law_lets_go_whatever_is_asked_for(looked: Looked) -> None:
    grown(looked)
    for months in (0, 1, MONTHS_LEAST - 1, -40):
        with pytest.raises(TooShort):
            looked.prune(months)

    done = looked.prune(MONTHS_LEAST)
    assert done.upto == 512 and AccessCut not in looked.kinds()[600:]


def test_a_clock_that_jumps_ahead_takes_nothing_with_it(looked: Looked) -> None:
    """What the ledger held fast last is a day old at most: a year that nobody lived through is not believed."""
    grown(looked)
    looked.later(3_650)

    assert looked.prune(24).upto == 256, "as of the last root that was recorded, and a day"


def test_what_no_root_in_the_ledger_holds_fast_stays(looked: Looked) -> None:
    looked.look(200)
    record_accesses(looked.log.ledger, by=BY, subjects=[LI] * 400, purpose="annual_review", what=("years",),
                    route="years", now_ms=looked.now // 1_000)
    looked.later(4_000)
    assert looked.prune().upto == 0 and last_pruned(looked.house.ledger) is None
    looked.look(1)
    assert looked.prune().upto == 512


def test_a_month_before_is_the_same_day_or_the_last_of_a_shorter_month() -> None:
    def at(*when: int) -> int:
        return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000

    assert month_before(at(2026, 8, 31, 9, 30), 6) == at(2026, 2, 28, 9, 30)
    assert month_before(at(2024, 8, 31), 6) == at(2024, 2, 29)
    assert month_before(at(2026, 1, 15), 36) == at(2023, 1, 15)
    assert month_before(at(2026, 12, 1), 12) == at(2025, 12, 1)


def test_what_went_is_said_in_the_ledger_for_everyone_to_read(looked: Looked) -> None:
    grown(looked)
    looked.prune()
    found = [one.envelope.event for one in looked.house.ledger.read(0, 10_000)
             if isinstance(one.envelope.event, AccessPruned)]
    assert [(one.origin, one.upto, one.months) for one in found] == [(ORIGIN, 512, 12)]


