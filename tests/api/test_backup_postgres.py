"""Backup and restore where the logs lie in PostgreSQL: of one moment, read row by row, accepted or taken back whole."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_kit import CLEAN, Ended, xueshi
from postgres_kit import Server
from used_kit import used

from api.cli import run as done
from api.register.register import open_register
from api.settings import Settings
from ledger.stores import postgres_schema
from tests.forked import PYTHON, run


class Place:
    """A register whose logs lie in a database of its own."""

    def __init__(self, folder: Path, conninfo: str) -> None:
        self.folder, self.conninfo = folder, conninfo

    def __call__(self, *arguments: str) -> Ended:
        return xueshi(self.folder, *arguments, XUESHI_DATABASE=self.conninfo)

    def told(self, *arguments: str) -> dict[str, Any]:
        ended = self(*arguments, "--json")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo, autocommit=True) as server:
            done = server.execute(statement)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []

    def schemas(self) -> set[str]:
        found = self.sql("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information|^public'")
        return {name for (name,) in found}

    def root(self) -> tuple[int, bytes]:
        register = open_register(Settings(data_folder=self.folder / "data", database=self.conninfo))
        try:
            return register.ledger.store.size(), register.ledger.store.frontier().root()
        finally:
            register.close()


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Place:
    """What each test has a copy of."""
    place = Place(tmp_path_factory.mktemp("pattern"), postgres_server.new_database())
    used(place.folder)
    assert place("move").returncode == 0
    assert place("log", "checkpoint").returncode == 0
    return place


@pytest.fixture
def place(pattern: Place, postgres_server: Server, tmp_path: Path) -> Iterator[Place]:
    conninfo = postgres_server.copy_of(pattern.conninfo)
    yield Place(shutil.copytree(pattern.folder, tmp_path / "place"), conninfo)
    postgres_server.drop_database(conninfo)


def lose(place: Place) -> None:
    place.sql("DROP SCHEMA ledger CASCADE")
    place.sql("DROP SCHEMA access CASCADE")


def add(place: Place, events: int) -> None:
    """Some more events, signed."""
    from api.register.register import SYSTEM
    from ledger.events.base import Draft
    from ledger.events.log import LOG, AccessAnchored

    register = open_register(Settings(data_folder=place.folder / "data", database=place.conninfo))
    for number in range(events):
        anchored = Draft(AccessAnchored(origin="x/y", size=number, root="x"))
        register.ledger.record([anchored], by=SYSTEM, versions={LOG: register.ledger.store.version(LOG)})
    register.signer.checkpoint()
    register.close()


def test_what_was_dumped_comes_back_with_the_same_root_and_is_signed_again(place: Place) -> None:
    before = place.root()
    told = place.told("backup", "copy")
    assert told["store"] == "postgresql" and told["ledger"]["size"] == before[0]
    assert {one["name"] for one in told["files"]} >= {"logs.dump", "ledger.checkpoint", "operations/operations.db"}
    assert place("backup", "--check", "copy").returncode == 0
    lose(place)
    restored = place("restore", "copy")
    assert restored.returncode == 0 and "可以登记和签发" in restored.stdout, restored.stdout + restored.stderr
    assert place.root() == before
    add(place, 3)
    assert place.root()[0] == before[0] + 3
    assert not (place.folder / "data" / ".restoring").exists()


def test_a_dump_that_an_older_program_made_is_brought_to_this_ones_tables(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.root()
    monkeypatch.setenv("XUESHI_DATABASE", place.conninfo)
    where = str(place.folder / "copy")
    with monkeypatch.context() as older:
        known = postgres_schema.steps()
        older.setattr(postgres_schema, "steps", lambda package="": known[:1])
        for schema in ("ledger", "access"):
            place.sql(f"DROP TABLE {schema}.archives")
            place.sql(f"DROP FUNCTION IF EXISTS {schema}.cut_access")
            place.sql(f"DELETE FROM {schema}.migrations WHERE number > 1")
        assert done(["backup", where, "--data", str(place.folder / "data"), "--json"]) == 0
    lose(place)
    restored = place("restore", "copy")
    assert restored.returncode == 0 and place.root() == before, restored.stdout + restored.stderr
    assert place("migrate", "--check").returncode == 0 and place("fsck").returncode == 0


def test_an_older_dump_is_behind_until_a_later_one_takes_its_place(place: Place) -> None:
    place.told("backup", "first")
    add(place, 5)
    after = place.root()
    place.told("backup", "second")
    lose(place)
    told = place.told("restore", "first")
    assert told["logs"]["ledger"]["standing"] == "behind" and told["logs"]["ledger"]["missing"] == 5
    assert "log_behind" in place("log", "checkpoint").stderr
    refused = place("restore", "second")
    assert refused.returncode == 1 and "register_present" in refused.stderr
    told = place.told("restore", "second", "--replace")
    assert told["logs"]["ledger"]["standing"] == "current"
    assert place.root() == after
    assert place("log", "checkpoint").returncode == 0
    asides = set(told["schemas_aside"])
    assert len(asides) == 2 and place.schemas() == {"ledger", "access"} | asides
    assert place("log", "continue-as", "localhost/x-2", "--why", "renamed").returncode == 0


def test_a_log_in_the_database_goes_on_under_another_name(place: Place) -> None:
    place.told("backup", "first")
    add(place, 2)
    lose(place)
    place.told("restore", "first")
    event = place.told("log", "continue-as", "localhost/xueshi-2")["ledger"]
    assert event["why"] == "log_behind" and event["seen_size"] == event["size"] + 2
    renamed = xueshi(place.folder, "log", "checkpoint", XUESHI_DATABASE=place.conninfo,
                     XUESHI_ORIGIN="localhost/xueshi-2")
    assert renamed.returncode == 0 and renamed.stdout.startswith("localhost/xueshi-2\n")


@pytest.mark.parametrize("how", ["damaged", "another log's"])
def test_what_is_refused_leaves_the_database_as_it_was(
    place: Place, how: str, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = place.root()
    place.told("backup", "copy")
    if how == "damaged":
        path = place.folder / "copy" / "logs.dump"
        data = path.read_bytes()
        path.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:])
        found = "logs.dump"
    else:
        other = Place(tmp_path_factory.mktemp("other"), postgres_server.new_database())
        used(other.folder, people=0)
        assert other("move").returncode == 0
        other.told("backup", str(place.folder / "strange"))
        shutil.rmtree(place.folder / "copy")
        (place.folder / "strange").rename(place.folder / "copy")
        found = "不可信"
    refused = place("restore", "copy", "--replace")
    assert refused.returncode == 1 and found in refused.stdout, refused.stdout + refused.stderr
    assert place.schemas() == {"ledger", "access"} and place.root() == before


def test_a_dump_whose_rows_were_changed_is_loaded_read_and_taken_back(place: Place) -> None:
    """Whoever can write the manifest anew can have changed a row before: reading the log finds it."""
    before = place.root()
    place.sql("ALTER TABLE ledger.sealed DISABLE TRIGGER stays")
    change = ("UPDATE ledger.sealed SET ciphertext = set_byte(ciphertext, 20, get_byte(ciphertext, 20) # 1) "
              "WHERE position = (SELECT min(position) FROM ledger.sealed)")
    place.sql(change)
    place.told("backup", "copy")
    place.sql(change)
    refused = place("restore", "copy", "--replace")
    assert refused.returncode == 1 and "sealed_mismatch" in refused.stdout, refused.stdout + refused.stderr
    assert place.schemas() == {"ledger", "access"} and place.root() == before


def test_killed_while_loading_nobody_opens_it_and_the_next_run_begins_with_what_was_there(place: Place) -> None:
    before = place.root()
    place.told("backup", "copy")
    script = (
        "import os, signal, sys, ledger.copies.dumping as d\n"
        "name = sys.argv[1]; real = getattr(d, name)\n"
        "def killed(*a, **k):\n"
        "    real(*a, **k); os.kill(os.getpid(), signal.SIGKILL)\n"
        "setattr(d, name, killed)\n"
        "from api.cli import main\n"
        "main(['restore', 'copy', '--replace'])\n"
    )
    for step in ("make_room", "load", "forget"):
        ended = run(
            [str(PYTHON), "-c", script, step], cwd=place.folder, env={**CLEAN, "XUESHI_DATABASE": place.conninfo})
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        closed = place("log", "show")
        assert closed.returncode == 3 and "restore_unfinished" in closed.stderr
    refused = place("restore", "copy")
    assert refused.returncode == 1 and "register_present" in refused.stderr, "what was there stands again"
    assert place.root() == before and place.schemas() == {"ledger", "access"}
    assert place("restore", "copy", "--replace").returncode == 0
    assert place.root() == before


def test_a_dump_and_files_are_not_taken_for_each_other(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    place.told("backup", "copy")
    files = xueshi(place.folder, "restore", "copy", "--data", "elsewhere")
    assert files.returncode == 2 and "XUESHI_DATABASE" in files.stderr
    other = tmp_path_factory.mktemp("files")
    used(other, people=0)
    assert xueshi(other, "backup", "copy").returncode == 0
    dump = place("restore", str(other / "copy"), "--replace")
    assert dump.returncode == 2 and "xueshi move" in dump.stderr


def test_no_password_is_told_or_left_anywhere(place: Place) -> None:
    password = place.conninfo.split(":")[2].split("@")[0]
    ended = place("backup", "copy")
    assert password not in ended.stdout + ended.stderr
    for path in (place.folder / "copy").rglob("*"):
        assert not path.is_file() or password.encode() not in path.read_bytes()
    wrong = xueshi(place.folder, "backup", "other", XUESHI_DATABASE=place.conninfo.replace(password, "no-" + password))
    assert wrong.returncode == 3 and password not in wrong.stdout + wrong.stderr
    assert not (place.folder / "other").exists()
