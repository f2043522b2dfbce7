"""The PostgreSQL store itself: what its tables refuse, who else may write, and what is said when it cannot be used."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fault_child import said, start
from hash_only_checker import check_postgres
from msgspec.structs import replace
from postgres_kit import Server, running, sweep
from store_kit import BY, closed_under_load, event, name, one, open_postgres, outcome_of, request, stream

from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.person import Identity, PersonRegistered
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.stores import postgres_connections
from ledger.stores.append import Append, Receipt, StoreFailed, StreamMoved
from ledger.stores.errors import BadConninfo, NotDurable, Unreadable
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_arrays import Bigint, Bigints, Bytes, Texts
from ledger.stores.postgres_connections import READERS_MAX, connect
from ledger.stores.postgres_target import Target
from ledger.stores.recorder import StoredCheckpoint
from ledger.vocabulary import PersonId
from tests.children import ended
from tests.waiting import until

NEVER_CHANGED = ["events", "sealed", "streams", "tiles", "checkpoints"]
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'"""  # The database itself comes by, too, and tidies up.


@pytest.fixture
def store(postgres: str) -> Iterator[PostgresRecorder]:
    store = open_postgres(postgres)
    yield store
    store.close()


@pytest.fixture
def full(store: PostgresRecorder) -> PostgresRecorder:
    """A store with something in every table that must never change."""
    store.append(Append(tuple(event(number, sealed=b"x") for number in range(300)), names=(name("c", 1),)))
    store.save_checkpoint(StoredCheckpoint(300, b"note"))
    return store


@pytest.fixture
def beside(postgres: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the database's owner, past everything of ours."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


def ask(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return connection.execute(query).fetchall()  # type: ignore[arg-type]


def at_once(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody was left waiting"


# What never changes, and what outlasts a loss of power


@pytest.mark.parametrize("table", [*NEVER_CHANGED, "turn"])
@pytest.mark.parametrize("change", [
    "DELETE FROM {table}", "UPDATE {table} SET {column} = {column}", "TRUNCATE {table}",
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}",
])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_row_of_the_log_can_be_neither_changed_nor_deleted_nor_swept_away(
    full: PostgresRecorder, beside: psycopg.Connection[Any], table: str, change: str, role: str
) -> None:
    beside.execute("SET search_path = ledger")
    beside.execute(f"SET session_replication_role = {role}")  # "replica" leaves out all ordinary triggers.
    column = beside.execute(f"SELECT * FROM {table}").description[-1].name  # type: ignore[index]
    key = ", ".join(each for (each,) in ask(beside, (
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        f"WHERE i.indrelid = '{table}'::regclass AND i.indisprimary")))
    before = ask(beside, f"SELECT * FROM {table} ORDER BY 1, 2" if table != "turn" else "SELECT * FROM turn")
    assert before

    with pytest.raises(psycopg.errors.RestrictViolation, match="never"):
        beside.execute(change.format(table=table, column=column, key=key))  # type: ignore[arg-type]

    assert ask(beside, f"SELECT * FROM {table} ORDER BY 1, 2" if table != "turn" else "SELECT * FROM turn") == before


@pytest.mark.parametrize(("set_by_the_owner", "used"), [
    ("off", "on"), ("local", "on"), ("remote_write", "on"), ("on", "on"), ("remote_apply", "remote_apply"),
])
def test_every_commit_waits_for_the_disk_whatever_the_database_is_set_to(
    postgres: str, beside: psycopg.Connection[Any], set_by_the_owner: str, used: str
) -> None:
    database = ask(beside, "SELECT current_database()")[0][0]
    beside.execute(f"ALTER DATABASE {database} SET synchronous_commit = '{set_by_the_owner}'")
    store = open_postgres(postgres)
    store.append(one(1))

    assert store._line.connection is not None
    assert store._line.connection.execute("SHOW synchronous_commit").fetchone() == (used,)
    store.close()


def test_a_server_that_does_not_wait_for_the_disk_is_refused() -> None:
    with running(settings={"fsync": "off"}) as server, pytest.raises(NotDurable) as refused:
        open_postgres(server.new_database())

    assert refused.value.code == "store_not_durable"
    assert "fsync" in str(refused.value)


def test_a_reading_connection_cannot_write(full: PostgresRecorder) -> None:
    with pytest.raises(Unreadable, match="read-only"), full.datastore.readers.borrowed() as connection:
        connection.execute(b"INSERT INTO ledger.turn VALUES (false)")


def test_columns_arrive_as_they_were_sent(postgres: str) -> None:
    sent = {
        "bigint[]": (Bigints, [[], [0], [1, -1, 2**63 - 1, -(2**63)]]),
        "bytea[]": (Bytes, [[], [b""], [b"\0", bytes(range(256)), b"x" * 70_000]]),
        "text[]": (Texts, [[], [""], ["学时", None, "a'b\"c\\{},", None]]),
    }
    with connect(Target(postgres, "ledger")) as connection:
        for kind, (form, columns) in sent.items():
            for column in columns:
                query = f"SELECT $1::{kind}, cardinality($1::{kind})".encode()
                row = connection.execute(query, (form(column),), binary=True).fetchone()  # type: ignore[operator]
                assert row == (column, len(column))
        assert connection.execute(b"SELECT $1", (Bigint(-5),), binary=True).fetchone() == (-5,)


# Several processes


def test_processes_that_write_at_once_make_one_log_without_a_gap(postgres: str) -> None:
    """The first two make the same requests under the same keys, the third its own."""
    children = [start(postgres, threads, 20, first=first) for threads, first in ((16, 0), (16, 0), (8, 100))]
    outputs = [said(child.communicate(timeout=100)[0]) for child in children]

    checked = check_postgres(postgres)
    assert [lines[-1] for lines in outputs] == [["over"]] * 3
    done = [(number, line) for number, lines in enumerate(outputs) for line in lines if line[0] == "done"]
    new = [(child, line[3], line[4]) for child, line in done if not line[5]]
    assert len(done) == (16 + 16 + 8) * 20
    assert len(new) == (16 + 8) * 20
    assert sorted(position for _, first, events in new for position in range(first, first + events)) == list(
        range(1, len(checked.leaves) + 1))
    for lines in outputs:
        for _, size, root in (line for line in lines if line[0] == "root"):
            assert checked.root(size).hex() == root


def test_two_that_race_for_each_version_win_it_in_both_orders(postgres: str) -> None:
    """Each has its own connection and its own idea of where the log ends; neither starves."""
    stores, won = [open_postgres(postgres), open_postgres(postgres)], Counter[int]()
    start_together = threading.Barrier(2)

    def race(number: int) -> None:
        for version in range(1, 151):
            start_together.wait(60)
            outcome = outcome_of(stores[number], one("x", version))
            if isinstance(outcome, Receipt):
                assert outcome.first == version
                won[number] += 1
            else:
                assert isinstance(outcome, StreamMoved)
                assert outcome.actual == version

    at_once(lambda: race(0), lambda: race(1))

    assert won[0] + won[1] == 150
    assert min(won.values()) >= 15
    assert stores[0].frontier() == stores[1].frontier()
    for store in stores:
        store.close()
    check_postgres(postgres)


def test_what_one_appended_the_other_builds_on_far_behind_or_not(postgres: str) -> None:
    """Few leaves of another process come along with the look-up; more than 512 are read by their tiles."""
    mine, theirs = open_postgres(postgres), open_postgres(postgres)
    number = 0
    for behind in (1, 3, 200, 511, 512, 513, 700, 2, 5_000):
        mine.append(one(f"mine-{behind}"))
        while behind:
            events = min(behind, 2_000)
            theirs.append(Append(tuple(event(number + each) for each in range(events))))
            number, behind = number + events, behind - events
    mine.append(one("last"))

    mine.close()
    theirs.close()
    check_postgres(postgres)


@pytest.mark.parametrize("upkeep", ["ANALYZE ledger.events", "VACUUM ledger.events", "REINDEX INDEX CONCURRENTLY {}",
                                    "CREATE INDEX CONCURRENTLY other ON ledger.events (length(leaf))"])
def test_upkeep_of_the_tables_does_not_stop_appends(postgres: str, upkeep: str) -> None:
    store = open_postgres(postgres)
    store.append(Append(tuple(event(number) for number in range(2_000))))
    stop, slowest = threading.Event(), [0.0]

    def keep_up() -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            for _ in range(3):
                connection.execute("DROP INDEX IF EXISTS ledger.other")
                connection.execute(upkeep.format("ledger.events_pkey"))  # type: ignore[arg-type]
        stop.set()

    def write() -> None:
        number = 0
        while not stop.is_set() or number < 50:
            begin = time.monotonic()
            store.append(one(f"n{number}"))
            slowest[0] = max(slowest[0], time.monotonic() - begin)
            number += 1

    at_once(keep_up, write)

    assert slowest[0] < 5
    store.close()
    check_postgres(postgres)


def test_appends_go_on_while_the_lock_that_upkeep_takes_is_held(
    store: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    """The lock of ANALYZE, VACUUM and CREATE INDEX CONCURRENTLY, for as long as it takes."""
    store.append(one("before"))
    with beside.transaction():
        beside.execute("LOCK TABLE ledger.events, ledger.streams, ledger.turn IN SHARE UPDATE EXCLUSIVE MODE")
        for number in range(20):
            assert store.append(one(number)).first == number + 2


def test_whoever_keeps_the_log_locked_is_waited_for_so_long_and_no_longer(
    postgres: str, beside: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_connections._SETTINGS, "lock_timeout", "300ms")
    store = open_postgres(postgres)
    store.append(one(1))
    with beside.transaction():
        beside.execute("SELECT FROM ledger.turn FOR UPDATE")
        lost = outcome_of(store, one(2, request=request("k")))

    assert isinstance(lost, StoreFailed)
    assert "本次未写入" in str(lost)
    assert store.append(one(2, request=request("k"))).first == 2
    assert not store.append(one(3)).replayed
    store.close()


# Opening


@pytest.mark.parametrize("address", [
    "postgresql://xueshi:pass-word-7@127.0.0.1:port/db", "postgresql://xueshi:pass@word-7@127.0.0.1/db",
    "nonsense pass-word-7", "postgresql://xueshi:pass-word-7@127.0.0.1/db?pass-word-7=1",
])
def test_an_address_that_cannot_be_read_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(BadConninfo) as refused:
        open_postgres(address)

    assert "word-7" not in "".join(traceback.format_exception(refused.value))
    assert "postgresql://" in str(refused.value), "the form it should have stands in the text"


def test_no_password_stands_in_any_message_log_line_or_repr(
    postgres: str, postgres_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vault = Vault(tmp_path / "vault.sqlite", FileMasterKey.create(tmp_path / "master.key"))
    ledger = Ledger.in_postgres(postgres, vault)
    ledger.store.append(one(1))
    readers = ledger.store.datastore.readers  # type: ignore[attr-defined]
    shown = [repr(each) for each in (ledger, ledger.env, ledger.store, readers, readers.target, vars(readers),
                                     vars(ledger.store), vars(ledger.factory))]
    wrong = [postgres.replace("xueshi:", "nobody:"), postgres_server.conninfo("nowhere"),
             postgres_server.conninfo("postgres", port=1), postgres.replace("127.0.0.1", "host.invalid"),
             postgres.replace("postgresql://", "postgresql://a@"),
             f"postgresql://xueshi:12/{postgres_server.password}@127.0.0.1/db"]
    for address in wrong:
        with pytest.raises(LedgerError) as refused:
            Ledger.in_postgres(address, vault)
        shown += [*traceback.format_exception(refused.value), repr(vars(refused.value))]
    ledger.close()
    vault.close()

    for text in [*shown, caplog.text]:
        assert postgres_server.password not in text


def test_no_name_stands_in_any_file_of_the_database_and_yet_it_is_given_back(
    postgres: str, postgres_server: Server, tmp_path: Path, beside: psycopg.Connection[Any]
) -> None:
    vault = Vault(tmp_path / "vault.sqlite", FileMasterKey.create(tmp_path / "master.key"))
    ledger = Ledger.in_postgres(postgres, vault)
    identity = Identity(name="欧陽探針", name_normalised="欧阳探针", id_kind="resident_id",
                        id_number="330203198001010013", phone="13800138000")
    [[first]] = ask(beside, "SELECT pg_walfile_name(pg_current_wal_lsn())")

    ledger.record([Draft(PersonRegistered(person=PersonId("per_canary")), identity)], by=BY)
    for number in "14", "15", "16":  # In the log of writes the head of a page may stand in the midst of one of them.
        other = replace(identity, id_number=f"3302031980010100{number}")
        ledger.record([Draft(PersonRegistered(person=PersonId(f"per_canary{number}")), other)], by=BY)

    beside.execute("CHECKPOINT")
    [[number, last]] = ask(beside, "SELECT oid, pg_walfile_name(pg_current_wal_lsn()) FROM pg_database "
                                   "WHERE datname = current_database()")
    base, log = postgres_server.data / "base" / str(number), postgres_server.data / "pg_wal"
    table, writes = (b"".join(file.read_bytes() for file in files if file.is_file()) for files in (
        base.iterdir(), [file for file in log.iterdir() if first <= file.name <= last]))
    assert b"person.registered/1" in table and b"person.registered/1" in writes
    content = table + writes
    for word in ("欧陽探針", "欧阳探针", "330203198001010013", "13800138000"):
        assert word.encode() not in content
    assert ledger.opened(ledger.read()[0]) == identity
    assert ledger.find(identity.id_name()) == "per_canary"
    ledger.close()
    vault.close()


def test_a_user_without_rights_is_told_which_are_missing(postgres_server: Server, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
        connection.execute("GRANT USAGE ON SCHEMA ledger TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO reader")
    store = open_postgres(postgres.replace(f"xueshi:{postgres_server.password}", "reader:reader"))

    lost = outcome_of(store, one(1))

    assert isinstance(lost, StoreFailed)
    assert "没有写入账本的权限" in str(lost)
    assert store.size() == 0
    store.close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")


# Failing and closing


def test_after_a_failure_the_waiting_are_told_and_the_next_append_works(
    store: PostgresRecorder, postgres: str, beside: psycopg.Connection[Any]
) -> None:
    store.append(Append(tuple(event(number) for number in range(250))))
    beside.execute("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN RAISE EXCEPTION 'no tiles today'; END $$")
    beside.execute("CREATE TRIGGER broken BEFORE INSERT ON ledger.tiles FOR EACH ROW EXECUTE FUNCTION broken()")
    outcomes: list[Receipt | LedgerError] = []

    at_once(*(lambda n=n: outcomes.append(outcome_of(store, one(f"t{n}"))) for n in range(24)))  # type: ignore[misc]

    failed = [outcome for outcome in outcomes if isinstance(outcome, StoreFailed)]
    assert len(failed) == len({id(error) for error in failed}), "an exception of one's own for each"
    assert store.size() == 250 + 24 - len(failed) < 256
    assert all("no tiles today" in str(error) and "本次未写入" in str(error) for error in failed)

    beside.execute("DROP TRIGGER broken ON ledger.tiles")
    for number in range(20):
        store.append(one(f"after-{number}"))
    check_postgres(postgres)


def test_a_copy_that_lost_its_turn_refuses_to_write_and_hangs_nobody(
    store: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    beside.execute("ALTER TABLE ledger.turn DISABLE TRIGGER ALL")
    beside.execute("DELETE FROM ledger.turn")

    with pytest.raises(StoreFailed, match="不完整"):
        store.append(one(1))

    assert store.size() == 0


def test_an_event_beyond_the_end_stops_appends_and_is_called_damage(
    store: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    """What stands where nothing may stand yet is neither written over nor taken for a lost race for ever."""
    store.append(one(1))
    beside.execute("INSERT INTO ledger.streams VALUES ('clm_00000002', 1, 77)")

    lost = outcome_of(store, one(2, 1))
    assert isinstance(lost, StreamMoved), "the index says that it is there"
    beside.execute("INSERT INTO ledger.sealed VALUES (2, '', '')")
    lost = outcome_of(store, Append((event(3, sealed=b"x"),)))

    assert isinstance(lost, StoreFailed)
    assert "已损坏" in str(lost)
    assert "xueshi fsck" in str(lost)


def test_closing_under_load_answers_everyone(store: PostgresRecorder, postgres: str) -> None:
    acknowledged = closed_under_load(store, 16)

    assert acknowledged == set(range(1, len(check_postgres(postgres).leaves) + 1))


def test_a_closed_store_says_so_to_readers_and_writers_and_leaves_no_session(
    store: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    store.append(one(1))
    store.wake_on_commit(lambda: None)
    store.close()
    store.close()

    with pytest.raises(Unreadable, match="closed"):
        store.size()
    with pytest.raises(StoreFailed):
        store.append(one(2))
    with pytest.raises(StoreFailed):
        store.save_checkpoint(StoredCheckpoint(1, b"note"))
    until(lambda: ask(beside, OTHERS) == [(0,)])


# Reading connections


def test_many_threads_that_read_share_a_few_connections(
    full: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    most, done = [0], threading.Event()

    def read() -> None:
        for after in range(40):
            assert len(full.leaves(after, 200)) == 200

    def count() -> None:
        while not done.is_set():
            most[0] = max(most[0], ask(beside, OTHERS)[0][0])

    counting = threading.Thread(target=count)
    counting.start()
    at_once(*[read] * 40)
    done.set()
    counting.join(60)

    assert 1 <= most[0] <= READERS_MAX + 1, "and one that writes"


def test_readers_whose_connections_were_all_ended_read_on(
    full: PostgresRecorder, beside: psycopg.Connection[Any]
) -> None:
    at_once(*[lambda: full.leaves(0, 300)] * 8)
    ask(beside, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()")

    for _ in range(12):
        assert (full.size(), len(full.leaves(0, 400))) == (300, 300)
        assert full.frontier().size == 300
    assert full.append(one("after")).first == 301


def test_a_writer_whose_connection_was_ended_writes_on_as_if_nothing_was(
    store: PostgresRecorder, postgres: str, beside: psycopg.Connection[Any]
) -> None:
    for number in range(30):
        assert store.append(one(number)).first == number + 1
        if number % 3 == 0:
            ask(beside, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        "WHERE application_name LIKE 'xueshi ledger%'")
    check_postgres(postgres)


def test_names_are_read_while_others_change_them_as_one_picture(store: PostgresRecorder) -> None:
    store.append(Append(tuple(event(n) for n in range(600)), names=tuple(name(str(n), n) for n in range(600))))

    found = store.names()
    first = next(found)
    store.append(Append((event("more"),), names=(name("more", "more"),)))
    rest = list(found)

    assert {held.reservation for held in (first, *rest)} == {name(str(n), n) for n in range(600)}
    assert len(list(store.names())) == 601


def test_what_no_text_of_the_database_holds_is_no_stream(store: PostgresRecorder) -> None:
    assert (store.stream("clm_\0"), store.version("clm_\0")) == ([], 0)
    assert store.leaves(2**63 - 1, 1_000) == []
    assert store.version(stream("' OR true --")) == 0


def test_a_store_is_not_carried_over_a_fork(full: PostgresRecorder) -> None:
    """Two processes on one connection would read each other's answers."""
    full.size()

    def child() -> None:
        with pytest.raises(AssertionError):
            full.size()

    assert ended(child) == 0
    assert full.size() == 300


def test_whoever_starts_the_tests_and_is_killed_leaves_no_server_and_no_folder_behind() -> None:
    code = """
import sys
from postgres_kit import running
with running() as server:
    print(server.port, server.folder, flush=True)
    sys.stdin.read()
"""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env={**os.environ, "PYTHONPATH": path})
    assert child.stdout is not None and child.stdin is not None
    port, folder = child.stdout.readline().decode().split()
    child.kill()
    child.communicate()

    def refuses() -> bool:
        try:
            psycopg.connect(f"postgresql://xueshi:x@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return "refused" in str(error)
        return False

    until(refuses)
    sweep(Path(folder).parent)
    assert not Path(folder).exists()
