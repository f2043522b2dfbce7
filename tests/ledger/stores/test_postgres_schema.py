"""Tables by migrations: taken once, each whole or not at all, by a command and never by opening."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres_kit import Server
from store_kit import one, open_postgres

from ledger.stores import postgres_schema
from ledger.stores.errors import MigrationFailed, OtherEncoding, SchemaAhead, SchemaBehind, Unreadable
from ledger.stores.postgres_schema import Step, migrate, status, steps


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[str]:
    conninfo = postgres_server.new_database(migrated=False)
    yield conninfo
    postgres_server.drop_database(conninfo)


def rows(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def tables(conninfo: str) -> set[object]:
    return {name for (name,) in rows(
        conninfo, "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('ledger', 'access')")}


def test_opening_makes_no_table_and_says_what_does(empty: str) -> None:
    with pytest.raises(SchemaBehind) as refused:
        open_postgres(empty)

    assert refused.value.code == "schema_behind"
    assert "xueshi migrate" in str(refused.value)
    assert tables(empty) == set()


def test_a_database_that_could_not_hold_every_name_gets_no_table(postgres_server: Server) -> None:
    with postgres_server.connect("postgres") as connection:
        connection.execute("CREATE DATABASE bytes_only ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    conninfo = postgres_server.conninfo("bytes_only")
    try:
        with pytest.raises(OtherEncoding, match=r"SQL_ASCII.*--encoding UTF8") as refused:
            migrate(conninfo, "ledger")
        assert refused.value.code == "database_encoding" and tables(conninfo) == set()
    finally:
        postgres_server.drop_database(conninfo)


def test_a_migrated_schema_can_be_written_and_migrating_again_changes_nothing(empty: str) -> None:
    assert status(empty, "ledger").pending == steps()
    assert tables(empty) == set(), "looking changes nothing"

    assert migrate(empty, "ledger").pending == steps()
    store = open_postgres(empty)
    store.append(one(1))
    taken = rows(empty, "SELECT * FROM ledger.migrations ORDER BY number")

    assert migrate(empty, "ledger").pending == ()
    assert status(empty, "ledger") == ("ledger", len(steps()), ())
    assert rows(empty, "SELECT * FROM ledger.migrations ORDER BY number") == taken
    assert store.size() == 1
    store.close()


def test_the_two_logs_of_one_database_know_nothing_of_each_other(postgres: str) -> None:
    ledger, access = open_postgres(postgres), open_postgres(postgres, "access")
    ledger.append(one(1))

    assert (ledger.size(), access.size()) == (1, 0)
    assert access.append(one(1)).first == 1
    ledger.close()
    access.close()


def test_many_that_migrate_at_once_take_each_step_once(empty: str) -> None:
    start, wrong = threading.Barrier(6), list[BaseException]()

    def run() -> None:
        start.wait(60)
        try:
            migrate(empty, "ledger")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not wrong
    assert rows(empty, "SELECT number, name FROM ledger.migrations ORDER BY number") == [
        (step.number, step.name) for step in steps()]


def test_a_step_that_fails_leaves_nothing_and_those_before_it_stand(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Step(len(steps()) + 1, "broken", "CREATE TABLE {schema}.half (it int); SELECT 1 / 0;")
    after = Step(len(steps()) + 2, "after", "CREATE TABLE {schema}.later (it int);")
    taken = steps()
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: (*taken, broken, after))

    with pytest.raises(MigrationFailed, match="broken") as failed:
        migrate(empty, "ledger")

    assert failed.value.code == "migration_failed"
    assert {"ledger.half", "ledger.later"} & tables(empty) == set()
    assert status(empty, "ledger").pending == (broken, after)
    mended = broken._replace(script="CREATE TABLE {schema}.half (it int);")
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: (*taken, mended, after))
    migrate(empty, "ledger")
    assert {"ledger.half", "ledger.later"} <= tables(empty)


def test_a_schema_of_an_older_or_a_later_program_is_refused_by_name_and_left_alone(empty: str) -> None:
    migrate(empty, "ledger")
    newest = "WHERE number = (SELECT max(number) FROM ledger.migrations)"
    rows(empty, f"UPDATE ledger.migrations SET number = 900, beside = NULL {newest} RETURNING 1")
    for attempt in (lambda: open_postgres(empty), lambda: migrate(empty, "ledger"), lambda: status(empty, "ledger")):
        with pytest.raises(SchemaAhead, match="升级") as ahead:
            attempt()  # type: ignore[no-untyped-call]
        assert ahead.value.code == "schema_ahead"

    rows(empty, f"UPDATE ledger.migrations SET number = 0 {newest} RETURNING 1")
    with pytest.raises(SchemaBehind):
        open_postgres(empty)


def test_a_schema_in_which_something_else_lives_is_not_touched(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA ledger")
        connection.execute("CREATE TABLE ledger.events (mine int)")

    with pytest.raises(MigrationFailed):
        migrate(empty, "ledger")

    assert tables(empty) == {"ledger.events"}


def test_a_database_that_is_not_there_is_said_so(postgres_server: Server) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        migrate(postgres_server.conninfo("nowhere"), "ledger")


@pytest.mark.parametrize("schema", ["", "Ledger", 'a"b', "ledger; DROP", "1st", "x" * 40])
def test_a_schema_is_named_plainly(postgres: str, schema: str) -> None:
    with pytest.raises(ValueError, match="name of a schema"):
        migrate(postgres, schema)


def test_steps_are_files_numbered_without_a_gap() -> None:
    folder = Path(postgres_schema.__file__).with_name("migrations")

    assert [f"{step.number:04}_{step.name}.sql" for step in steps()] == sorted(file.name for file in folder.iterdir())


def test_beside_a_step_that_only_adds_an_older_program_goes_on_and_past_any_other_it_stops(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = steps()
    adds = Step(len(known) + 1, "adds", f"-- beside: {len(known)}\nCREATE TABLE {{schema}}.more (it int);")
    changes = Step(len(known) + 2, "changes", "CREATE TABLE {schema}.other (it int);")
    migrate(empty, "ledger")
    older = open_postgres(empty)
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: (*known, adds))
    migrate(empty, "ledger")
    newer = open_postgres(empty)
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: known)

    assert (older.append(one(1)).first, newer.append(one(2)).first) == (1, 2)
    open_postgres(empty).close()
    assert status(empty, "ledger").pending == ()

    monkeypatch.setattr(postgres_schema, "steps", lambda _package: (*known, adds, changes))
    migrate(empty, "ledger")
    monkeypatch.setattr(postgres_schema, "steps", lambda _package: known)
    with pytest.raises(SchemaAhead):
        open_postgres(empty)
    older.close()
    newer.close()
