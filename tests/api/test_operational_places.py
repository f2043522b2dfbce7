"""Operational tables are the same in a file and in a database: column for column, and where several write at once."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from api.operational import (
    accounts,
    claim_drafts,
    event_notes,
    jobs,
    opened_papers,
    operations,
    second_factor,
    study_sessions,
)
from api.operational.accounts import Accounts, Try
from api.operational.operations import Operations
from api.operational.place import STEPS
from ledger.errors import LedgerError
from ledger.stores.postgres_portable import PortableDatabase
from ledger.stores.postgres_schema import migrate

if TYPE_CHECKING:
    from tests.postgres_kit import Server

NOW = 1_795_000_000_000_000
_KINDS = {"TEXT": "text", "BLOB": "bytea", "INTEGER": "bigint"}


def test_each_table_of_the_file_is_a_table_of_the_schema_column_for_column(operational_database: str) -> None:
    migrate(operational_database, "alike", STEPS)
    with sqlite3.connect(":memory:") as file:
        for module in (operations, accounts, claim_drafts, opened_papers, event_notes, study_sessions, jobs,
                       second_factor):
            file.executescript(module.SCHEMA)
        file.execute(operations.NAMED)
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        here = {table: [(name, _KINDS[kind], bool(needed or key))
                        for _, name, kind, needed, _, key in file.execute(f"PRAGMA table_info({table})")]
                for table in tables}
        keys = {table: {name for _, name, *_, key in file.execute(f"PRAGMA table_info({table})") if key}
                for table in tables}
    with psycopg.connect(operational_database) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns "
            "WHERE table_schema = 'alike' AND table_name <> 'migrations' ORDER BY table_name, ordinal_position")
        there: dict[str, list[tuple[str, str, bool]]] = {}
        for table, *column in columns:
            there.setdefault(table, []).append((column[0], column[1], column[2]))
        held: dict[str, set[str]] = {}
        for table, name in connection.execute(
                "SELECT t.table_name, k.column_name FROM information_schema.table_constraints t "
                "JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name) "
                "WHERE t.table_schema = 'alike' AND constraint_type = 'PRIMARY KEY' AND t.table_name <> 'migrations'"):
            held.setdefault(table, set()).add(name)

    assert there == here
    assert held == keys


def test_what_one_host_withdraws_opens_nothing_on_another(operational_database: str) -> None:
    migrate(operational_database, "two_hosts", STEPS)
    one, other = (PortableDatabase(operational_database, "two_hosts") for _ in range(2))
    here, there = Operations(one, b"key"), Operations(other, b"key")

    first = here.issue("per_li", request=b"1", now=2)
    assert there.find(first, now=3) is not None
    second = there.issue("per_li", request=b"2", now=4)

    assert here.find(first, now=5) is None and here.find(second, now=5) is not None
    one.close()
    other.close()


def test_many_attempts_at_once_on_several_hosts_are_counted_as_many(operational_database: str) -> None:
    migrate(operational_database, "attempts", STEPS)
    places = [PortableDatabase(operational_database, "attempts") for _ in range(2)]
    doors = [Accounts(place, b"k" * 32) for place in places]
    start, waits = threading.Barrier(12), list[int]()

    def knock(door: Accounts) -> None:
        start.wait(60)
        waits.append(door.begin(Try("acr_a", "203.0.113.7"), now=NOW))

    threads = [threading.Thread(target=knock, args=(doors[number % 2],)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(waits)[:4] == [0] * 4
    assert all(wait > 0 for wait in sorted(waits)[4:]) and len(waits) == 12
    for place in places:
        place.close()


def test_a_change_that_breaks_off_leaves_nothing_and_the_next_one_goes_on(operational_database: str) -> None:
    migrate(operational_database, "broken", STEPS)
    place = PortableDatabase(operational_database, "broken")
    opened = Operations(place, b"key")

    with pytest.raises(RuntimeError, match="halfway"), opened._writing() as file:
        file.execute("INSERT INTO sign_on VALUES (?, ?, ?)", (b"browser", None, 1))
        raise RuntimeError("halfway")

    assert opened.finish_sign_on("browser", now=0) is None
    assert opened.find(opened.issue("per_li", request=b"1", now=2), now=3) is not None
    place.close()


def test_a_connection_that_was_ended_is_replaced_and_a_server_that_is_away_is_said_to_be(
    postgres_server: Server, tmp_path: Path
) -> None:
    conninfo = postgres_server.new_database(migrated=False)
    migrate(conninfo, "operations", STEPS)
    place = PortableDatabase(conninfo, "operations")
    opened = Operations(place, b"key")
    token = opened.issue("per_li", request=b"1", now=2)
    with postgres_server.connect("postgres") as connection:
        connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
                           [conninfo.rpartition("/")[2]])

    assert opened.find(token, now=3) is not None
    postgres_server.drop_database(conninfo)
    with pytest.raises(LedgerError, match="没有这个数据库"):
        opened.find(token, now=3)
    place.close()
