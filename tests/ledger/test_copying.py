"""A log is copied whole, from one store to another; one that was stopped goes on, a strange target is left."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from ledger_kit import drop_triggers, fill, settle_file, small_house

from ledger.copies.copying import CopyDiffers, OtherContent, copy
from ledger.copies.sides import TABLES, in_file, in_postgres
from ledger.fsck.checker import fsck


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A log with every kind of row: sealed parts, names, requests, tiles of two levels' make, checkpoints."""
    house = small_house(tmp_path / "house")
    fill(house.store, 600)
    house.signer().checkpoint()
    path = settle_file(house)
    with closing(sqlite3.connect(path)) as connection:
        rows = [(24_000 + number % 3, bytes([number]) * 32, b"f" * 32, 201, number + 1, 1) for number in range(50)]
        connection.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("INSERT INTO request_filters VALUES (24000, ?)", (b"\0\xff" * 500,))
        connection.commit()
    return path


class Stopped(Exception):
    """The copy is stopped here."""


def stopping(after: int) -> object:
    calls = itertools.count(1)

    def progress(_done: int, _total: int) -> None:
        if next(calls) == after:
            raise Stopped

    return progress


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.copies.copying.PORTION", 100)


def test_into_postgres_and_back_every_row_of_every_table_is_the_same(
    file: Path, postgres: str, tmp_path: Path, small_portions: None
) -> None:
    with in_file(file) as source, in_postgres(postgres, "ledger", writing=True) as there:
        digests = copy(source, there)
        assert {table.name for table in TABLES if digests[table.name].rows} == {table.name for table in TABLES}
    back = tmp_path / "back.db"
    with in_postgres(postgres, "ledger") as source, in_file(back, writing=True) as there:
        assert copy(source, there) == digests
    one, other = fsck(file, processes=1), fsck(back, processes=1)
    assert one.holds and one == other


def test_no_table_of_the_store_is_left_out(file: Path, postgres: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in tables}
    assert {table.name: list(table.columns) for table in TABLES} == columns
    with psycopg.connect(postgres) as server:
        found = server.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'ledger'")
        assert {name for (name,) in found} == tables | {"turn", "migrations", "archives"}


@pytest.mark.parametrize("after", [1, 3, 7, 15, 20, 24])
def test_a_copy_that_was_stopped_goes_on_where_it_was(
    file: Path, postgres: str, small_portions: None, after: int
) -> None:
    with in_file(file) as source, in_postgres(postgres, "ledger", writing=True) as there:
        with pytest.raises(Stopped):
            copy(source, there, stopping(after))  # type: ignore[arg-type]
        standing = there.count(TABLES[0])
        written: list[str] = []
        write = there.write
        there.write = lambda table, rows: (written.extend([table.name] * len(rows)), write(table, rows))[1]  # type: ignore[method-assign,assignment,func-returns-value]
        digests = copy(source, there)
    assert written.count("events") == digests["events"].rows - standing


def changed(side: Path | str, statement: str) -> None:
    if isinstance(side, Path):
        with closing(sqlite3.connect(side)) as connection:
            drop_triggers(connection)
            connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(side, autocommit=True) as server:
        server.execute("SET search_path TO ledger")
        for table in ("events", "sealed", "streams", "tiles", "checkpoints"):
            server.execute(f"ALTER TABLE {table} DISABLE TRIGGER stays")  # type: ignore[arg-type]
        server.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("statement", [
    "INSERT INTO events VALUES (1, 'another ledger')", "INSERT INTO names VALUES ('n', 'k', 'h', 'o', NULL, 1, NULL)",
    "INSERT INTO requests VALUES (1, 'k', 'f', 201, 1, 1)", "INSERT INTO streams VALUES ('zzz', 1, 1)",
])
def test_a_target_that_holds_anything_else_is_refused_and_left_as_it_is(
    file: Path, postgres: str, statement: str
) -> None:
    changed(postgres, statement)
    with in_file(file) as source, in_postgres(postgres, "ledger", writing=True) as there:
        before = [there.digest(table) for table in TABLES]
        with pytest.raises(OtherContent, match="请换一个空的数据库"):
            copy(source, there)
        assert [there.digest(table) for table in TABLES] == before


@pytest.mark.parametrize("statement", [
    "UPDATE events SET leaf = 'x' WHERE position = 2", "UPDATE sealed SET salt = 'x' WHERE position = 1",
    "UPDATE tiles SET root = 'x'",
    "UPDATE names SET holder = 'x' WHERE name = (SELECT name FROM names ORDER BY name LIMIT 1)",
    "UPDATE checkpoints SET size = 1 WHERE serial = 1", "UPDATE requests SET first = 99 WHERE first = 1",
    "DELETE FROM names WHERE name = (SELECT name FROM names ORDER BY name LIMIT 1)",
])
def test_what_differs_anywhere_after_the_copy_is_named(file: Path, postgres: str, statement: str) -> None:
    with in_file(file) as source, in_postgres(postgres, "ledger", writing=True) as there:
        copy(source, there)
        changed(postgres, statement)
        with pytest.raises((CopyDiffers, OtherContent), match=statement.replace("DELETE FROM", "UPDATE").split()[1]):
            copy(source, there)
