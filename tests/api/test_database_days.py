"""A service whose database is full, cut off, crowded, or of another password: told with a cure, and over by itself.

What was acknowledged stands, nothing is half; whoever is refused is told when to come back, in Chinese, without the
address or the password; once the database is well again nobody need restart anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ledger.stores import postgres as postgres_store
from ledger.stores import postgres_connections
from tests.api.house_kit import BODY, Town, house_in, resident_id
from tests.postgres_kit import Server, running, small_disk
from tests.waiting import until

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server that has room for few."""
    with running(settings={"max_connections": "40", "superuser_reserved_connections": "3"}) as server:
        yield server


@pytest.fixture
def database(small: Server) -> Iterator[str]:
    conninfo = small.new_database()
    yield conninfo
    small.drop_database(conninfo)


@pytest.fixture
def town(small: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Whoever waits for the database waits a second, and not fifteen."""
    monkeypatch.setattr(postgres_store, "RECONNECT_S", 1.0)
    monkeypatch.setattr(postgres_connections, "READ_AGAIN_S", 1.0)
    with house_in(tmp_path / "data", database=database) as town:
        yield town


class Asking:
    """Somebody who looks, and others who register one after the other."""

    def __init__(self, town: Town) -> None:
        self.town, self.person = town, town.person()
        self.done = self.tried = 0

    def reads(self) -> Any:
        return self.person.get(f"/v1/persons/{self.person.id}/years")

    def writes(self) -> Any:
        self.tried += 1
        answer = self.town.nobody.post("/v1/persons", {
            "name": "王芳", "id_kind": "resident_id", "id_number": resident_id(300 + self.tried)})
        self.done += answer.status_code == 201
        return answer

    def is_well(self, before: int) -> None:
        """It goes on by itself, and of what was refused nothing stands."""
        assert self.reads().status_code == 200
        assert self.writes().status_code == 201
        assert self.town.house.settled() is None
        assert self.town.house.ledger.store.size() - before == self.done


def refused(answer: Any, server: Server, *words: str) -> BODY:
    told: BODY = answer.get_json()
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, told
    assert all(one in told["detail"] for one in words), told
    assert server.password not in str(told) and "127.0.0.1" not in str(told)
    return told


def cut(server: Server, database: str) -> None:
    """End every session of a database."""
    with server.connect("postgres") as beside:
        cut_by(beside, database)


def cut_by(beside: psycopg.Connection[Any], database: str) -> None:
    beside.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                   [database.rpartition("/")[2]])


@contextmanager
def other_password(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with server.connect("postgres") as beside:
        beside.execute("ALTER ROLE xueshi PASSWORD 'another'")
        try:
            yield beside
        finally:
            beside.execute(sql.SQL("ALTER ROLE xueshi PASSWORD {}").format(sql.Literal(server.password)))


@contextmanager
def crowded(server: Server, database: str) -> Iterator[None]:
    """Somebody else has every connection that there is."""
    with ExitStack() as crowd:
        cut(server, database)
        for _ in range(100):
            try:
                crowd.enter_context(server.connect("postgres"))
            except psycopg.OperationalError:
                break
        yield


def test_sessions_that_are_ended_and_a_database_that_begins_read_only_are_told_nobody(
    small: Server, database: str, town: Town
) -> None:
    asking = Asking(town)
    before = town.house.ledger.store.size()
    for _ in range(3):
        cut(small, database)
        assert asking.reads().status_code == 200
        cut(small, database)
        assert asking.writes().status_code == 201
    with small.connect("postgres") as beside:
        name = sql.Identifier(database.rpartition("/")[2])
        beside.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        cut(small, database)
        assert asking.writes().status_code == 201, "our sessions say for themselves what they do"
        beside.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))
    asking.is_well(before)


def test_another_password_is_told_with_its_cure_until_it_is_the_old_one_again(
    small: Server, database: str, town: Town
) -> None:
    asking = Asking(town)
    before = town.house.ledger.store.size()
    with other_password(small) as beside:
        assert asking.writes().status_code == 201, "a session that stands goes on"
        cut_by(beside, database)
        refused(asking.writes(), small)
        refused(asking.reads(), small)
    asking.is_well(before)


def test_where_somebody_else_has_every_connection_both_are_refused_until_there_is_one(
    small: Server, database: str, town: Town
) -> None:
    asking = Asking(town)
    before = town.house.ledger.store.size()
    with crowded(small, database):
        refused(asking.writes(), small)
        seen = asking.reads()
        if seen.status_code != 200:  # Whoever polls may have kept a connection before the last was taken.
            refused(seen, small)
    asking.is_well(before)


def test_on_a_full_disk_reading_goes_on_and_nothing_is_half(small: Server, tmp_path: Path) -> None:
    with small_disk(small, "24m") as disk:
        with small.connect("postgres") as beside:
            beside.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
            conninfo = small.new_database()
            beside.execute(f"ALTER DATABASE {conninfo.rpartition('/')[2]} SET TABLESPACE small".encode())
        with house_in(tmp_path / "data", database=conninfo) as town:
            asking = Asking(town)
            before = town.house.ledger.store.size()
            with psycopg.connect(conninfo, autocommit=True) as other:
                other.execute("CREATE TABLE other (words text)")
                other.execute("ALTER TABLE other ALTER COLUMN words SET STORAGE PLAIN")
                pages = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize // 8_192
                for some in (pages - 100, 50, 20, *[1] * 100):
                    try:
                        other.execute(f"INSERT INTO other SELECT repeat('x', 7000) FROM generate_series(1, {some})"
                                      .encode())
                    except psycopg.errors.DiskFull:
                        break
                answers = [asking.writes() for _ in range(60)]
                full = [one for one in answers if one.status_code != 201]
                assert full
                for one in full:
                    refused(one, small, "磁盘")
                assert asking.reads().status_code == 200
                assert town.nobody.get("/log/checkpoint").status_code == 200
                other.execute("DROP TABLE other")
            asking.is_well(before)
        small.drop_database(conninfo)
        with small.connect("postgres") as beside:
            beside.execute("DROP TABLESPACE small")


@contextmanager
def on_a_disk_of(size: str) -> Iterator[Path]:
    """A folder on a disk of its own, which the caller may make larger."""
    holder = Path(tempfile.mkdtemp(prefix="xueshi-disk-", dir="/tmp"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(holder)], check=False).returncode:
        holder.rmdir()
        pytest.skip("mounting a small disk needs root")
    try:
        shutil.chown(holder, "postgres", "postgres")
        yield holder
    finally:
        subprocess.run(["umount", "--lazy", str(holder)], check=True)
        holder.rmdir()


def test_with_no_room_for_its_own_journal_the_database_stops_and_the_service_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading stops with it, unlike where a table lacks room: the server is down until somebody gives it room."""
    monkeypatch.setattr(postgres_store, "RECONNECT_S", 1.0)
    monkeypatch.setattr(postgres_connections, "READ_AGAIN_S", 1.0)
    roomy = {"max_wal_size": "1GB", "checkpoint_timeout": "1h", "shared_buffers": "16MB"}
    with on_a_disk_of("130m") as disk, running(data=disk / "data", settings=roomy) as server:
        conninfo = server.new_database()
        with house_in(tmp_path / "data", database=conninfo) as town:
            asking = Asking(town)
            before = town.house.ledger.store.size()
            assert asking.writes().status_code == 201
            with server.connect("postgres") as other, pytest.raises(psycopg.OperationalError):
                while True:
                    other.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))")
            until(lambda: "database system is shut down" in server.log() and is_down(server), server.log)
            for _ in range(3):
                refused(asking.writes(), server)
                refused(asking.reads(), server)
            for path in ("/log/checkpoint", "/livez"):
                assert town.nobody.get(path).status_code == 200, "what was signed lies beside the database"
            subprocess.run(["mount", "-o", "remount,size=600m", str(disk)], check=True)
            server.stop()
            server.start()
            asking.is_well(before)


def is_down(server: Server) -> bool:
    try:
        server.connect("postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return True
    return False
