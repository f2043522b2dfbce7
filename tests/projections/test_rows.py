"""Rows that are gathered come out as if each had been written at once, in whatever pieces they are written."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.tables.rows import Rows
from projections.tables.table import Table

TABLES = {
    "held": Table({"name": str, "kind": str, "worth": int}, ("name", "from_position"),
                  (("kind",), ("to_position", "worth")), goes_on=("worth",)),
    "pairs": Table({"name": str, "kind": str, "worth": int}, ("name", "kind", "from_position")),
    "said": Table({"event": int, "name": str}, ("event",), (("name",),), dated=False),
    "shown": Table({"name": str, "kind": str, "event": int}, ("name", "kind", "event"), (("kind",),), dated=False),
}

(WORTH,) = TABLES["held"].places("worth")


class AtOnce:
    """The same in SQL, each step written as it is made: slow and plain."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def begin(self, table: str, position: int, values: Mapping[str, Any]) -> None:
        self.insert(table, {**values, "from_position": position})

    def insert(self, table: str, values: Mapping[str, Any]) -> None:
        marks = ", ".join("?" * len(values))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))

    def end(self, table: str, position: int, key: Mapping[str, Any]) -> None:
        condition = f"{' AND '.join(f'{name} = ?' for name in key)} AND to_position IS NULL"
        values = (position, *key.values())
        self.connection.execute(f"DELETE FROM {table} WHERE from_position = ? AND {condition}", values)
        self.connection.execute(f"UPDATE {table} SET to_position = ? WHERE {condition}", values)

    def remove(self, table: str, key: Mapping[str, Any]) -> None:
        condition = " AND ".join(f"{name} = ?" for name in key)
        self.connection.execute(f"DELETE FROM {table} WHERE {condition}", tuple(key.values()))

    def now(self, table: str, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        condition = " AND ".join([*(f"{name} = ?" for name in key), *(["to_position IS NULL"] * TABLES[table].dated)])
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE {condition}"
        return self.connection.execute(query, tuple(key.values())).fetchall()

    def change(
        self, table: str, position: int, key: Mapping[str, Any],
        values: Mapping[str, Any] | Callable[[Callable[[str], Any]], Mapping[str, Any]],
    ) -> bool:
        names = tuple(TABLES[table].columns)
        found = self.now(table, names, key)
        if not found:
            return False
        former = dict(zip(names, found[0], strict=True))
        made = values(former.__getitem__) if callable(values) else values
        self.end(table, position, key)
        self.begin(table, position, {**former, **made})
        return True


def made(connection: sqlite3.Connection) -> sqlite3.Connection:
    for name, table in TABLES.items():
        columns = ", ".join(f"{one} {'TEXT' if of is str else 'INTEGER'}" for one, of in table.every_column.items())
        key = "" if table.dated else f", PRIMARY KEY ({', '.join(table.pk)})"  # As in a file that is being made.
        connection.execute(f"CREATE TABLE {name} ({columns}{key}) STRICT")
    return connection


def everything(connection: sqlite3.Connection) -> list[Any]:
    return [sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in TABLES]


STEPS = (
    "begin", "end", "change", "change_by", "hold", "cease", "succeed", "go_on", "end_kind", "end_both", "pair",
    "end_pair", "say", "show", "take_back", "take_back_kind", "take_back_both", "ask", "write", "forget",
)
Step = tuple[str, str, str, int]
step = st.tuples(st.sampled_from(STEPS), st.sampled_from("abcd"), st.sampled_from("xy"), st.integers(0, 2))


def do(rows: Any, position: int, one: Step) -> Any:
    """One step of a handler; what it was told."""
    what, name, kind, worth = one
    if what == "begin":  # As handlers do: who may hold is ended first.
        rows.end("held", position, {"name": name})
        return rows.begin("held", position, {"name": name, "kind": kind, "worth": worth})
    if what == "end":
        return rows.end("held", position, {"name": name})
    if what == "change":
        return rows.change("held", position, {"name": name}, {"worth": worth})
    if what == "change_by":
        return rows.change("held", position, {"name": name}, lambda former: {"worth": former("worth") + worth})
    if what in ("hold", "cease", "succeed", "go_on"):
        return by_place(rows, position, one) if isinstance(rows, Rows) else by_name(rows, position, one)
    if what == "end_kind":
        return rows.end("held", position, {"kind": kind})
    if what == "end_both":
        return rows.end("held", position, {"kind": kind, "name": name})
    if what == "pair":
        rows.end("pairs", position, {"kind": kind, "name": name})
        return rows.begin("pairs", position, {"name": name, "kind": kind, "worth": worth})
    if what == "end_pair":
        return rows.end("pairs", position, {"name": name})
    if what == "show":
        key = {"name": name, "kind": kind, "event": worth}
        return None if rows.now("shown", ("event",), key) else rows.insert("shown", key)
    if what in ("take_back", "take_back_both"):
        return rows.remove("shown", {"name": name, **({"kind": kind} if what == "take_back_both" else {})})
    if what == "take_back_kind":
        return rows.remove("shown", {"kind": kind})
    if what == "say":
        return rows.insert("said", {"event": position * 1_000 + len(rows.now("said", ("event",), {"name": name})),
                                    "name": name + str(position % 2)})
    return (sorted(rows.now("held", ("name", "worth"), {"kind": kind})), rows.now("held", ("worth",), {"name": name}),
            sorted(rows.now("said", ("event",), {"name": name + "1"})), rows.now("said", ("name",), {"event": worth}))


def by_place(rows: Rows, position: int, one: Step) -> Any:
    """As handlers of events that come by the million do it."""
    what, name, kind, worth = one
    held = rows.dated["held"]
    if what in ("succeed", "go_on"):
        row = held.succeed(name, position) if what == "succeed" else held.go_on(name, position)
        if row is not None:
            row[WORTH] += worth
        return row is not None
    held.cease(name, position)
    if what == "hold":
        held.hold(name, [name, kind, worth, position, None])
    return held.holds(name) is not None


def by_name(rows: AtOnce, position: int, one: Step) -> Any:
    what, name, kind, worth = one
    if what == "go_on":
        query = "UPDATE held SET worth = worth + ?, from_position = ? WHERE name = ? AND to_position IS NULL"
        return rows.connection.execute(query, (worth, position, name)).rowcount == 1
    if what == "succeed":
        return rows.change("held", position, {"name": name}, lambda former: {"worth": former("worth") + worth})
    rows.end("held", position, {"name": name})
    if what == "hold":
        rows.begin("held", position, {"name": name, "kind": kind, "worth": worth})
    return what == "hold"


def check(history: Sequence[tuple[int, list[Step]]], *, remembered: int) -> None:
    """Do the same twice, gathered and at once."""
    gathered, plain = (made(sqlite3.connect(":memory:", isolation_level=None)) for _ in range(2))
    begun: list[int] = []
    rows = Rows(gathered, TABLES, begun=lambda: begun.append(1), remembered=remembered, is_new=True)
    at_once = AtOnce(plain)
    position = 0
    for further, steps in history:
        position += further
        for one in steps:
            if one[0] == "write":
                rows.write()
            elif one[0] == "forget":
                rows.write()
                rows.forget()
            elif one[0] != "say" or not rows.now("said", ("event",), {"event": position * 1_000}):
                assert do(rows, position, one) == do(at_once, position, one), one
    rows.write()
    assert everything(gathered) == everything(plain)
    assert begun or not any(everything(plain))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.lists(step, min_size=1, max_size=4)), min_size=1, max_size=40),
       st.integers(0, 3))
def test_what_is_gathered_comes_out_as_if_written_at_once(history: Any, remembered: int) -> None:
    check(history, remembered=remembered)


@pytest.mark.torture
def test_ten_thousand_steps_that_are_gathered_come_out_as_if_written_at_once() -> None:
    rng = random.Random(20261121)
    history = [(1, [(rng.choice(STEPS[:-1]), rng.choice("abcdefgh"), rng.choice("xy"), rng.randrange(3))
                    for _ in range(3)]) for _ in range(3_400)]
    check(history, remembered=3)


def test_a_row_that_begins_and_ends_before_it_is_written_is_written_once() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    for position in range(1, 101):
        rows.end("held", position, {"name": "a"})
        rows.begin("held", position, {"name": "a", "kind": "x", "worth": position})
    before = connection.total_changes
    rows.write()

    assert connection.total_changes - before == 100, "each version is entered, none is put right afterwards"


def test_a_row_that_goes_on_before_it_is_written_is_written_once_and_one_that_was_written_is_altered() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})
    for position in (2, 3):
        row = rows.dated["held"].go_on("a", position)
        assert row is not None
        row[WORTH] = position
        before = connection.total_changes
        rows.write()
        assert connection.total_changes - before == 1
        assert connection.execute("SELECT * FROM held").fetchall() == [("a", "x", position, position, None)]


def test_what_was_let_go_of_is_found_again() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=1, is_new=True)
    for position, name in enumerate("abcdefgh", 1):
        rows.begin("held", position, {"name": name, "kind": "x", "worth": 1})
        rows.write()

    assert rows.change("held", 9, {"name": "a"}, {"worth": 2})
    rows.write()
    query = "SELECT from_position, to_position, worth FROM held WHERE name = 'a' ORDER BY 1"
    assert connection.execute(query).fetchall() == [(1, 9, 1), (9, None, 2)]


def test_the_number_of_a_row_that_was_taken_out_is_given_again_and_the_right_row_ends() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})
    rows.begin("held", 2, {"name": "b", "kind": "x", "worth": 2})
    rows.write()
    rows.end("held", 2, {"name": "b"})  # It holds nowhere, and was the last in the file.
    rows.begin("held", 3, {"name": "c", "kind": "x", "worth": 3})
    rows.write()
    rows.end("held", 4, {"name": "c"})
    rows.write()

    query = "SELECT name, from_position, to_position FROM held ORDER BY from_position"
    assert connection.execute(query).fetchall() == [("a", 1, None), ("c", 3, 4)]


def test_identities_have_no_index_until_one_is_looked_for() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=1, is_new=True)

    def keys() -> list[tuple[str, str]]:
        query = ("SELECT m.name, i.name FROM sqlite_master m, pragma_index_list(m.name) i "
                 "WHERE m.type = 'table' AND m.name NOT IN ('said', 'shown') ORDER BY 1")
        return connection.execute(query).fetchall()

    for position, name in enumerate("abcdefgh", 1):
        rows.begin("held", position, {"name": name, "kind": "x", "worth": 1})
        rows.begin("pairs", position, {"name": name, "kind": "x", "worth": 1})
        rows.write()
    assert keys() == [], "rows are entered as they come"

    assert rows.now("held", ("worth",), {"name": "a"}) == [(1,)]
    assert keys() == [("held", "idx_held_key")]
    assert rows.now("pairs", ("kind",), {"name": "a"}) == [("x",)]
    assert keys() == [("held", "idx_held_key"), ("pairs", "idx_pairs_key")], "the beginning of a key serves as well"


def test_of_what_a_new_file_was_never_given_it_is_not_asked() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    asked: list[str] = []
    connection.set_trace_callback(lambda statement: asked.append(statement) if "SELECT name" in statement else None)
    assert rows.now("pairs", ("kind",), {"name": "a"}) == []
    rows.begin("pairs", 1, {"name": "a", "kind": "x", "worth": 1})
    assert rows.now("pairs", ("kind",), {"name": "a"}) == [("x",)]
    rows.write()
    assert rows.now("pairs", ("kind",), {"name": "b"}) == [] and asked == []

    rows.begin("pairs", 2, {"name": "a", "kind": "y", "worth": 1})
    assert rows.now("pairs", ("kind",), {"name": "a"}) == [("x",), ("y",)] and len(asked) == 1


def test_a_row_that_was_written_and_would_hold_nowhere_is_taken_out() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})
    rows.write()  # An act of many rows is written while all of them take effect at one position.
    rows.end("held", 1, {"name": "a"})
    rows.write()

    assert not any(everything(connection))


def test_a_second_row_of_one_key_is_refused() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.insert("said", {"event": 1, "name": "a"})

    with pytest.raises(sqlite3.IntegrityError):
        rows.insert("said", {"event": 1, "name": "b"})
        rows.write()


def test_an_index_that_a_search_needs_is_made_when_it_is_needed() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})
    rows.write()
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'idx%'"
    assert connection.execute(query).fetchall() == []

    assert rows.now("held", ("name",), {"kind": "x"}) == [("a",)]
    assert connection.execute(query).fetchall() == [("idx_held_kind",)]


def test_two_rows_of_one_identity_do_not_hold_at_once() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})

    with pytest.raises(AssertionError, match="ended first"):
        rows.begin("held", 2, {"name": "a", "kind": "x", "worth": 2})


def test_what_a_handler_changes_in_the_file_itself_is_found_there() -> None:
    connection = made(sqlite3.connect(":memory:", isolation_level=None))
    rows = Rows(connection, TABLES, begun=lambda: None, remembered=9, is_new=True)
    rows.begin("held", 1, {"name": "a", "kind": "x", "worth": 1})

    rows.connection.execute("UPDATE held SET worth = 9")

    assert rows.now("held", ("worth",), {"name": "a"}) == [(9,)]
