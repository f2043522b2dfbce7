"""Rows of an act wait until it is closed, in whatever pieces they are written, and come out once and in order."""

from __future__ import annotations

import random
import sqlite3

from projections.tables import waiting
from projections.tables.rows import Rows
from projections.tables.waiting import Waiting


def file() -> tuple[sqlite3.Connection, Rows]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE waiting (position INTEGER PRIMARY KEY, act TEXT) STRICT")
    return connection, Rows(connection, {waiting.NAME: waiting.TABLE}, begun=lambda: None, remembered=10)


def there(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT position, act FROM waiting ORDER BY position").fetchall()


def test_what_waits_comes_out_in_order_whatever_was_written_when() -> None:
    chosen = random.Random(8)
    for _ in range(200):
        connection, rows = file()
        waits, wanted = Waiting(connection, rows), dict[str, list[int]]()
        for position in range(1, 60):
            act = chosen.choice("abc")
            what = chosen.choice(("add", "add", "add", "write", "end", "begin anew"))
            if what == "add":
                waits.add(position, act)
                wanted.setdefault(act, []).append(position)
            elif what == "write":
                rows.write()
            elif what == "end":
                assert list(waits.take_out(act)) == wanted.pop(act, [])
            else:  # As the next process finds it.
                rows.write()
                waits = Waiting(connection, rows)
        rows.write()
        assert there(connection) == sorted((at, act) for act, positions in wanted.items() for at in positions)


def test_an_act_that_held_nothing_here_has_nothing_written() -> None:
    connection, rows = file()
    waits = Waiting(connection, rows)
    waits.add(1, "open")
    assert not waits.take_out("another")
    assert rows.gathered == 1
    assert not there(connection)


def test_what_was_gathered_and_is_taken_back_waits_no_more() -> None:
    connection, rows = file()
    waits = Waiting(connection, rows)
    waits.add(1, "act")
    rows.write()
    waits.add(2, "act")
    rows.forget()
    waits.forget()
    assert list(waits.take_out("act")) == [1]
    assert not there(connection)
