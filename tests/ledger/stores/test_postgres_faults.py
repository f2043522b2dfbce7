"""Bad days with PostgreSQL: the line is cut in a commit, the server falls and rises, a writer dies, the disk is full.

Each time nothing acknowledged is lost, nothing is half, there is one order and one root, and whoever asked is told
clearly; asked again under its own key, each request is answered if it was done and done if it was not.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
import signing_child
from cutting_proxy import Cut, CuttingProxy
from fault_child import planned, said, start
from fault_kit import check_after
from hash_only_checker import check_postgres
from postgres_kit import NotRunnable, Server, running, small_disk
from store_kit import crowd, event, one, open_postgres, outcome_of, request, stream

from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.signing.signer import create_signing_key
from ledger.stores import postgres as postgres_store
from ledger.stores.append import Append, Receipt, StoreFailed
from ledger.stores.errors import Unreadable
from ledger.stores.postgres import PostgresRecorder
from tests.waiting import until


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that may fall without anyone else noticing."""
    try:
        server = running()
        started = server.__enter__()
    except NotRunnable as reason:
        pytest.skip(str(reason))
    yield started
    server.__exit__(None, None, None)


@pytest.fixture
def own(own_server: Server) -> str:
    """A database of that server."""
    own_server.stop()  # Where the test before failed, it may be down or not.
    own_server.start()
    return own_server.new_database()


# The line is cut


@pytest.fixture
def proxy(postgres_server: Server) -> Iterator[CuttingProxy]:
    with CuttingProxy(postgres_server.port) as proxy:
        yield proxy


def through(conninfo: str, proxy: CuttingProxy) -> str:
    """The same database by way of the proxy, without encryption, whose pieces are none of ours."""
    head, _, database = conninfo.rpartition("/")
    return f"{head.rpartition(':')[0]}:{proxy.port}/{database}?sslmode=disable"


ANY, WRITE = b"", b"claim.withdrawn/1"


WAYS = product(Cut, (ANY, WRITE), (False, True), (False, True))
"""How the line is cut, at what, with a key or without, alone or beside another."""


def half(way: tuple[Cut, bytes, bool, bool]) -> Any:
    """Every two of them meet in half of the ways; the other half is exhaustive."""
    how, at, keyed, is_locked = way
    words = (how.name.lower(), "in the commit" if at else "in the look-up", "with key" if keyed else "without key",
             "beside another" if is_locked else "alone")
    is_usual = (bool(at) + keyed + is_locked) % 2
    return pytest.param(*way, id="-".join(words), marks=() if is_usual else pytest.mark.torture)


@pytest.mark.parametrize(("how", "at", "keyed", "is_locked"), [half(way) for way in WAYS])
def test_cut_in_the_middle_of_an_append_it_is_done_exactly_once_and_said_so(
    postgres: str, proxy: CuttingProxy, how: Cut, at: bytes, keyed: bool, is_locked: bool
) -> None:
    """Also without a key: whether a batch stands is read from its leaves."""
    store = open_postgres(through(postgres, proxy))
    store.append(one("before"))
    if is_locked:
        store._contended_until = time.monotonic() + 60
    append = Append(tuple(event(number) for number in range(300)), request=request("k") if keyed else None)

    proxy.cut(how, at)
    receipt = store.append(append)

    assert proxy.cuts == 1
    assert receipt.positions == range(2, 302)
    assert not receipt.replayed
    assert store.append(one("after")).first == 302
    store.close()
    assert len(check_postgres(postgres).leaves) == 302


def test_a_crowd_whose_line_is_cut_again_and_again_is_told_the_truth(postgres: str, proxy: CuttingProxy) -> None:
    store, rng = open_postgres(through(postgres, proxy)), random.Random(5)
    for round_ in range(12):
        proxy.cut(rng.choice(list(Cut)), rng.choice((ANY, WRITE)))
        outcomes = crowd(store, [one(f"{round_}-{number}") for number in range(24)])
        assert all(isinstance(outcome, Receipt) and not outcome.replayed for outcome in outcomes)
    store.close()

    assert proxy.cuts == 12
    assert len(check_postgres(postgres).leaves) == 12 * 24


@pytest.mark.parametrize("asked", [b"synchronous_commit", b"pg_terminate_backend"], ids=["being made", "being asked"])
@pytest.mark.parametrize("how", [Cut.UNSENT, Cut.UNANSWERED], ids=lambda how: how.name.lower())
def test_cut_again_while_it_finds_out_what_became_of_a_batch_it_goes_on_to_find_out(
    postgres: str, proxy: CuttingProxy, how: Cut, asked: bytes
) -> None:
    """As when a server falls, rises, and falls once more."""
    store = open_postgres(through(postgres, proxy))
    store.append(one("before"))

    proxy.cut(how, WRITE, then=(Cut.UNSENT, asked))
    receipt = store.append(one("after"))

    assert proxy.cuts == 2
    assert (receipt.first, receipt.replayed) == (2, False)
    store.close()
    assert len(check_postgres(postgres).leaves) == 2


def test_what_the_server_gets_after_it_was_given_up_is_not_carried_out(postgres: str, proxy: CuttingProxy) -> None:
    """The request waits somewhere on the way. It must not come to life when its repetition was judged and answered."""
    store = open_postgres(through(postgres, proxy))
    store.append(one(1))
    proxy.cut(Cut.LATE, WRITE)

    assert store.append(one(1, 2)).first == 2

    time.sleep(1)
    assert (store.size(), store.version(stream(1))) == (2, 2)
    store.close()
    check_postgres(postgres)


@pytest.mark.parametrize("how", [Cut.UNSENT, Cut.UNANSWERED], ids=lambda how: how.name.lower())
def test_without_any_answer_the_caller_is_told_to_ask_again_by_key_and_then_learns_the_truth(
    postgres: str, proxy: CuttingProxy, how: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is cut in the middle of the commit and does not come back in time."""
    monkeypatch.setattr(postgres_store, "RECONNECT_S", 0.5)
    store = open_postgres(through(postgres, proxy))
    store.append(one("before"))
    proxy.cut(how, WRITE, for_good=True)

    lost = outcome_of(store, one("lost", request=request("k")))

    assert isinstance(lost, StoreFailed)
    assert "尚不确定" in str(lost)
    assert "Idempotency-Key" in str(lost)
    proxy.lets_in = True
    again = store.append(one("lost", request=request("k")))
    assert (again.first, again.replayed) == (2, how is Cut.UNANSWERED)
    store.close()
    check_postgres(postgres)


def test_while_the_server_is_away_nobody_hangs_and_all_is_well_when_it_is_back(
    own_server: Server, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_store, "RECONNECT_S", 0.3)
    monkeypatch.setattr("ledger.stores.postgres_connections.READ_AGAIN_S", 0.3)
    store = open_postgres(own)
    store.append(one(1))
    assert store.size() == 1
    own_server.stop()
    begin = time.monotonic()

    lost = outcome_of(store, one(2))
    with pytest.raises(Unreadable) as unread:
        store.size()

    assert time.monotonic() - begin < 10  # Not as long as it would try by itself.
    assert isinstance(lost, StoreFailed)
    assert "本次未写入" in str(lost)
    assert "请检查数据库服务器" in str(unread.value)
    own_server.start()
    assert store.size() == 1
    assert store.append(one(2)).first == 2
    store.close()


# The server falls and rises, writers die


def fall_and_rise(server: Server, conninfo: str, *, seed: int, rounds: int, how: signal.Signals) -> None:
    rng = random.Random(seed)
    child, away = start(conninfo, 16, 10_000), 0.0
    first = written_by(child).readline()
    for _ in range(rounds):
        time.sleep(rng.uniform(0.5, 1.0))
        gone = time.monotonic()
        server.stop(how)
        time.sleep(rng.uniform(0.0, 0.2))
        server.start()
        away = max(away, time.monotonic() - gone)
    time.sleep(0.5)
    child.kill()
    output = first + written_by(child).read()
    child.communicate(timeout=60)
    wait_for_the_dead(conninfo)
    lines = said(output)
    failed = {line[-1] for line in lines if line[0] in ("failed", "unopened")}
    soon = away < postgres_store.RECONNECT_S / 2  # On a busy machine a server may take long to come back.
    assert failed <= ({"store_unreadable"} if soon else {"store_unreadable", "store_failed"}), "whoever writes waits"
    assert check_after(conninfo, lines, threads=16).leaves


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT], ids=["as if the power had failed", "in good order"])
def test_a_server_that_falls_and_rises_under_load_loses_nothing_acknowledged(
    own_server: Server, own: str, how: signal.Signals
) -> None:
    fall_and_rise(own_server, own, seed=1, rounds=2, how=how)


@pytest.mark.torture
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_server_that_falls_again_and_again(own_server: Server, own: str, seed: int) -> None:
    fall_and_rise(own_server, own, seed=seed, rounds=10, how=signal.SIGQUIT)


def written_by(child: subprocess.Popen[bytes]) -> IO[bytes]:
    assert child.stdout is not None
    return child.stdout


def kill_writers(conninfo: str, *, seed: int, rounds: int) -> None:
    """Two processes write the same ledger; both are killed, and the next two go on."""
    rng = random.Random(seed)
    for round_ in range(rounds):
        children = [start(conninfo, 16, 10_000) for _ in range(2)]
        # Every other round at least one of them has written something; in the others they may die while they connect.
        first = written_by(children[0]).readline() if round_ % 2 == 0 else b""
        time.sleep(rng.uniform(0.1 if first else 0.6, 1.2))
        for child in children:
            child.send_signal(signal.SIGKILL)
        outputs = [written_by(child).read() for child in children]
        outputs[0] = first + outputs[0]
        for child in children:
            child.communicate(timeout=60)
        wait_for_the_dead(conninfo)
        check_after(conninfo, [line for output in outputs for line in said(output)], threads=16)
    assert check_postgres(conninfo).leaves


def wait_for_the_dead(conninfo: str) -> None:
    """The server finishes the statement that it is at before it notices that nobody waits for it."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                                 "AND pid <> pg_backend_pid() AND backend_type = 'client backend'").fetchone():
            time.sleep(0.01)


def test_writers_killed_in_the_middle_leave_nothing_half_and_no_lock(postgres: str) -> None:
    kill_writers(postgres, seed=1, rounds=2)


@pytest.mark.torture
@pytest.mark.timeout(1_800)
def test_writers_killed_again_and_again(postgres: str) -> None:
    kill_writers(postgres, seed=2, rounds=25)


# Two signers


class Signing:
    """A process that signs whenever it has the lease, and how often it said so."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        self.process = subprocess.Popen(
            [sys.executable, signing_child.__file__, conninfo, str(folder)], stdout=subprocess.PIPE, env=environment)
        self.signed: list[tuple[int, str]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            _, size, root = json.loads(line)
            self.signed.append((size, root))

    def kill(self) -> None:
        self.process.kill()
        self._reading.join(60)
        self.process.communicate(timeout=60)


def who_signs(signers: list[Signing]) -> int:
    """Which of them says something new."""
    before = [len(each.signed) for each in signers]

    def signing() -> list[int]:
        return [place for place, each in enumerate(signers) if len(each.signed) > before[place] + 1]

    return until(signing, "nobody signs")[0]


def test_of_two_signers_one_signs_and_the_other_takes_over_when_it_is_killed_or_cut_off(
    postgres: str, tmp_path: Path
) -> None:
    create_signing_key(tmp_path, signing_child.ORIGIN)
    store = open_postgres(postgres)
    store.append(one("first"))
    signers, said_so = [Signing(postgres, tmp_path) for _ in range(2)], list[tuple[int, str]]()
    try:
        for round_ in range(6):
            for number in range(20):
                store.append(one(f"{round_}-{number}"))
            place = who_signs(signers)
            if round_ % 2:
                with psycopg.connect(postgres, autocommit=True) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'")
            else:
                signers[place].kill()
                assert who_signs(signers) == 1 - place, "the other has it now"
                said_so += signers[place].signed
                signers[place] = Signing(postgres, tmp_path)
    finally:
        for each in signers:
            each.kill()
            said_so += each.signed

    checked = check_postgres(postgres)
    kept = [parse_checkpoint(parse_note(note)[0]) for _, note in store.checkpoints()]
    assert len(kept) >= 6
    assert [each.size for each in kept] == sorted({each.size for each in kept}), "each extends the one before"
    assert {(each.size, each.root.hex()) for each in kept} >= set(said_so)
    assert all(checked.root(size).hex() == root for size, root in said_so)
    store.close()


# No room


def fill(store: PostgresRecorder) -> tuple[int, StoreFailed]:
    """Append until there is no room; how many were acknowledged, and what was said then."""
    number = 0
    while isinstance(outcome := outcome_of(store, planned(0, number)), Receipt):
        number += 1
        assert number < 20_000
    assert isinstance(outcome, StoreFailed)
    return number, outcome


def test_a_full_disk_is_said_with_its_cure_and_after_it_is_cleared_writing_goes_on(own_server: Server) -> None:
    with small_disk(own_server, "16m") as disk:
        with own_server.connect("postgres") as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
            conninfo = own_server.new_database()
            database = conninfo.rpartition("/")[2]
            connection.execute(f"ALTER DATABASE {database} SET TABLESPACE small".encode())
        store = open_postgres(conninfo)
        begin = store.append(Append(tuple(event(f"first-{n}") for n in range(300)))).events
        pages = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize // 8_192 - 150
        with psycopg.connect(conninfo, autocommit=True) as connection:  # Something else that takes up the disk.
            connection.execute("CREATE TABLE other (words text)")
            connection.execute("ALTER TABLE other ALTER COLUMN words SET STORAGE PLAIN")
            connection.execute(f"INSERT INTO other SELECT repeat('x', 7000) FROM generate_series(1, {pages})".encode())
        number, lost = fill(store)

        assert "磁盘已满" in str(lost)
        assert "本次未写入" in str(lost)
        for _ in range(3):
            assert isinstance(outcome_of(store, planned(0, number)), StoreFailed), "and again, without getting worse"
        assert store.version(stream(f"0-{number}-0")) == 0
        assert len(check_postgres(conninfo).leaves) > begin, "all that was acknowledged is there, and nothing half"

        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("DROP TABLE other")
        assert not store.append(planned(0, number)).replayed
        store.close()
        check_after(conninfo, [["done", 0, at, *where(conninfo, at), False] for at in range(number + 1)], threads=1)
        own_server.drop_database(conninfo)
        with own_server.connect("postgres") as connection:
            connection.execute("DROP TABLESPACE small")


def where(conninfo: str, number: int) -> tuple[int, int]:
    """Where a planned append stands."""
    events = planned(0, number).events
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT position FROM ledger.streams WHERE stream = %s", (events[0].stream,)).fetchone()
    assert row is not None
    return row[0], len(events)


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_a_disk_full_under_the_servers_own_journal_stops_it_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then the server itself goes down; what was acknowledged is there when it has room and is started again."""
    monkeypatch.setattr(postgres_store, "RECONNECT_S", 1.0)
    holder = Path(tempfile.mkdtemp(prefix="xueshi-disk-", dir="/tmp"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", str(holder)], check=False)
    if mounted.returncode:
        holder.rmdir()
        pytest.skip("mounting a small disk needs root")
    try:
        shutil.chown(holder, "postgres", "postgres")
        with running(data=holder / "data", settings={"max_wal_size": "1GB", "checkpoint_timeout": "1h"}) as server:
            conninfo = server.new_database()
            store = open_postgres(conninfo)
            number, lost = fill(store)
            assert "尚不确定" in str(lost) or "本次未写入" in str(lost)
            store.close()
            server.stop()
            subprocess.run(["mount", "-o", "remount,size=600m", str(holder)], check=True)
            server.start()
            check_after(conninfo, [["done", 0, at, *where(conninfo, at), False] for at in range(number)], threads=1)
    finally:
        subprocess.run(["umount", "--lazy", str(holder)], check=True)
        holder.rmdir()
