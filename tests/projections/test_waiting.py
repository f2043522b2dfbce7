"""What an act holds waits until it is closed, block by block, in whatever pieces it is written, and comes out once."""

from __future__ import annotations

import random
import sqlite3

from projections.tables import waiting
from projections.tables.rows import Rows
from projections.tables.waiting import Waiting


def file() -> tuple[sqlite3.Connection, Rows]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE withheld (act TEXT, block INTEGER, PRIMARY KEY (act, block)) STRICT")
    return connection, Rows(connection, {waiting.NAME: waiting.TABLE}, begun=lambda: None, remembered=10)


def there(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return connection.execute("SELECT act, block FROM withheld ORDER BY act, block").fetchall()


def test_what_waits_comes_out_once_and_in_order_whatever_was_written_when() -> None:
    chosen = random.Random(8)
    for _ in range(200):
        connection, rows = file()
        waits, wanted = Waiting(connection, rows), dict[str, list[int]]()
        for step in range(1, 60):
            act, block = chosen.choice("abc"), step // 4
            what = chosen.choice(("add", "add", "add", "write", "end", "begin anew"))
            if what == "add":
                waits.add(act, block)
                if block not in wanted.setdefault(act, []):
                    wanted[act].append(block)
            elif what == "write":
                rows.write()
            elif what == "end":
                assert list(waits.take_out(act)) == wanted.pop(act, [])
            else:  # As the next process finds it.
                rows.write()
                waits = Waiting(connection, rows)
        rows.write()
        assert there(connection) == sorted((act, block) for act, blocks in wanted.items() for block in blocks)


def test_an_act_that_held_nothing_here_has_nothing_written() -> None:
    connection, rows = file()
    waits = Waiting(connection, rows)
    waits.add("open", 1)
    assert not waits.take_out("another")
    assert rows.gathered == 1
    assert not there(connection)


def test_what_was_gathered_and_is_taken_back_waits_no_more() -> None:
    connection, rows = file()
    waits = Waiting(connection, rows)
    waits.add("act", 1)
    rows.write()
    waits.add("act", 2)
    rows.forget()
    waits.forget()
    assert list(waits.take_out("act")) == [1]
    rows.write()
    assert not there(connection)
