"""Leases: one of several has it, another takes over when its holder is gone, however it went."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from postgres_kit import Server

from ledger.lease import FileLease, Lease, LeaseUnreachable, PostgresLease
from tests.children import ended
from tests.waiting import until

HOLDER = """
import sys
from pathlib import Path
from ledger.lease import FileLease, PostgresLease
kind, where = sys.argv[1:]
lease = FileLease(Path(where)) if kind == "file" else PostgresLease(where, "signer")
print(lease.try_take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["file", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """What kind of lease, and what it is taken on."""
    is_file = request.param == "file"
    return request.param, str(tmp_path / "signer.lock") if is_file else request.getfixturevalue("postgres")


@pytest.fixture
def new_lease(where: tuple[str, str]) -> Iterator[Callable[[], Lease]]:
    made: list[Lease] = []

    def make() -> Lease:
        kind, place = where
        made.append(FileLease(Path(place)) if kind == "file" else PostgresLease(place, "signer"))
        return made[-1]

    yield make
    for lease in made:
        lease.release()


def holder(kind: str, place: str) -> subprocess.Popen[bytes]:
    """A process that has taken it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    process = subprocess.Popen([sys.executable, "-c", HOLDER, kind, place], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"True\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=60)


def test_one_has_it_and_the_other_gets_it_when_it_is_given_back(new_lease: Callable[[], Lease]) -> None:
    first, second = new_lease(), new_lease()

    assert not first.holds()
    assert first.try_take()
    assert first.try_take(), "taking what one holds changes nothing"
    assert not second.try_take()
    assert (first.holds(), second.holds()) == (True, False)

    first.release()
    first.release()
    assert not first.holds()
    assert second.try_take()
    assert not first.try_take()


def test_of_many_that_try_at_once_one_gets_it(new_lease: Callable[[], Lease]) -> None:
    leases = [new_lease() for _ in range(12)]
    start, got = threading.Barrier(12), list[bool]()

    def try_it(lease: Lease) -> None:
        start.wait(60)
        got.append(lease.try_take())

    threads = [threading.Thread(target=try_it, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(got) == [False] * 11 + [True]
    assert sum(lease.holds() for lease in leases) == 1


def test_when_the_holder_is_killed_another_takes_over(
    where: tuple[str, str], new_lease: Callable[[], Lease]
) -> None:
    process, lease = holder(*where), new_lease()
    assert not lease.try_take()

    process.kill()
    end(process)

    until(lease.try_take)
    assert lease.holds()


def test_a_holder_that_is_stopped_for_a_while_keeps_it(where: tuple[str, str], new_lease: Callable[[], Lease]) -> None:
    """Nothing expires by the clock: who was only slow would come back and do it beside another."""
    process, lease = holder(*where), new_lease()
    process.send_signal(19)  # SIGSTOP

    time.sleep(0.3)
    assert not lease.try_take()

    process.send_signal(18)  # SIGCONT
    end(process)
    until(lease.try_take)


def test_whoever_was_forked_from_the_holder_does_not_hold(new_lease: Callable[[], Lease], tmp_path: Path) -> None:
    lease = FileLease(tmp_path / "fork.lock")
    assert lease.try_take()
    assert ended(lease.holds) == 0
    assert lease.holds()
    lease.release()


def test_a_lock_file_that_was_replaced_is_held_by_nobody_who_had_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "signer.lock"
    first, second = FileLease(path), FileLease(path)
    assert first.try_take()
    path.unlink()

    assert not first.holds()
    assert second.try_take()
    assert not first.try_take()
    second.release()


def test_a_lock_file_in_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LeaseUnreachable, match="nowhere"):
        FileLease(tmp_path / "nowhere" / "lock").try_take()


# In a database


def test_whose_session_was_ended_knows_it_at_the_next_look(postgres: str) -> None:
    first, second = PostgresLease(postgres, "signer"), PostgresLease(postgres, "signer")
    assert first.try_take()

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")

    until(second.try_take)
    assert not first.holds()
    assert not first.try_take()
    second.release()
    assert first.try_take(), "and may have it again when it is free"
    first.release()


def test_leases_of_other_names_and_other_databases_are_other_leases(postgres: str, postgres_server: Server) -> None:
    other = postgres_server.new_database()
    leases = [PostgresLease(postgres, "signer"), PostgresLease(postgres, "access"), PostgresLease(other, "signer")]

    assert [lease.try_take() for lease in leases] == [True] * 3
    for lease in leases:
        lease.release()
    postgres_server.drop_database(other)


def test_while_the_database_is_away_nobody_holds_and_nobody_fails(postgres_server: Server) -> None:
    lease = PostgresLease(postgres_server.conninfo("postgres", port=1), "signer")

    assert not lease.try_take()
    assert not lease.holds()
    lease.release()
