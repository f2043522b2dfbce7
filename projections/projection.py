"""What a projection is: a fold over the log with a name and a version, whose rows say where in the log they hold.

A projection declares its tables and, for each event it cares about, what that does to them. It sees events in the order
in which they take effect: the rows of a larger act all at the position where the act is closed, those of an open or an
abandoned act never. `projections/file.py` keeps it, `projections/follower.py` feeds it.

Rows that have changed are not overwritten. Each holds in `[from_position, to_position)`, and `to_position` is null
while it holds; so "as of" is a plain read. A row that would hold nowhere (begun and ended at one position) is not kept.

`tests/projections/test_people.py` and its neighbours show it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple

from sqlite_utils import Database

from ledger.envelope import Envelope
from ledger.events.base import Event

HOLDS: Final = "from_position <= :as_of AND (to_position IS NULL OR to_position > :as_of)"
"""The condition under which a row holds as of a position."""


class Effect(NamedTuple):
    """An event where it takes effect."""

    position: int  # From here on it counts.
    recorded: int  # Here it stands; earlier than `position` where it is a row of a larger act.
    envelope: Envelope

    @property
    def event(self) -> Any:
        """The event itself."""
        return self.envelope.event


class Table(NamedTuple):
    """One table: its columns, its key, and what it is looked up by."""

    columns: Mapping[str, type]
    pk: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    dated: bool = True  # Its rows say between which positions they hold.


class Rows:
    """Writes rows that hold from a position on. Names of tables and columns are our own words; values are bound."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def begin(self, table: str, position: int, values: Mapping[str, Any]) -> None:
        """Let a row hold from here on."""
        self.insert(table, {**values, "from_position": position})

    def insert(self, table: str, values: Mapping[str, Any]) -> None:
        """Enter a row as it is."""
        self.connection.execute(_insert(table, tuple(values)), tuple(values.values()))

    def end(self, table: str, position: int, key: Mapping[str, Any]) -> None:
        """Let the rows of a key hold no longer from here on."""
        names, values = tuple(key), tuple(key.values())
        ended = self.connection.execute(_end(table, names), (position, *values, position))
        if ended.rowcount:
            return
        self.connection.execute(_drop(table, names), (*values, position))

    def now(self, table: str, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Give what holds now."""
        return self.connection.execute(_now(table, tuple(columns), tuple(key)), tuple(key.values())).fetchall()

    def change(self, table: str, position: int, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Let the row of a key hold with other values from here on; False where there is none."""
        cursor = self.connection.execute(_now(table, ("*",), tuple(key)), tuple(key.values()))
        found = cursor.fetchone()
        if found is None:
            return False
        names = [column[0] for column in cursor.description]
        former = {name: value for name, value in zip(names, found, strict=True) if name != "to_position"}
        self.end(table, position, key)
        self.begin(table, position, {**former, **values})
        return True


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


@cache
def _end(table: str, key: tuple[str, ...]) -> str:
    return f"UPDATE {table} SET to_position = ? WHERE {_of(key)} AND to_position IS NULL AND from_position < ?"


@cache
def _drop(table: str, key: tuple[str, ...]) -> str:
    return f"DELETE FROM {table} WHERE {_of(key)} AND to_position IS NULL AND from_position = ?"


@cache
def _now(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {_of(key)} AND to_position IS NULL"


def _of(key: tuple[str, ...]) -> str:
    return " AND ".join(f"{name} = ?" for name in key)


Handler = Callable[[Rows, Effect], None]


class Projection:
    """A fold. Raising the version is how one changes one's mind: the follower builds it anew beside the old one."""

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[Mapping[str, Table]]
    handlers: ClassVar[Mapping[type[Event], Handler]]

    def create(self, db: Database) -> None:
        """Make the tables in a new file."""
        for name, table in self.tables.items():
            columns = dict(table.columns)
            if table.dated:
                columns |= {"from_position": int, "to_position": int}
            db.table(name).create(columns, pk=table.pk, strict=True)
            for index in table.indexes:
                db.table(name).create_index(index)

    def cares_about(self, event: Event) -> bool:
        """Say whether an event changes anything here."""
        return type(event) in self.handlers

    def apply(self, connection: sqlite3.Connection, effects: Iterable[Effect]) -> None:
        """Take events in the order in which they take effect; the caller holds the transaction."""
        rows, handlers = Rows(connection), self.handlers
        for effect in effects:
            handler = handlers.get(type(effect.envelope.event))
            if handler is not None:
                handler(rows, effect)
