"""What tables of rows have in common: where rows are written, many in one statement, and how they are looked for.

`tests/projections/test_rows.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, cast

from projections.tables.table import Table, condition, index_name

_TOGETHER: Final = (64, 8, 1)
"""So many rows go into one statement: with each statement the interpreter is let go of, and waited for."""

# sqlite3 looks for an adapter of each None in three places and then binds it as it is; this one it finds in the first.
sqlite3.register_adapter(type(None), cast(Callable[[None], None], {}.get))

Row: TypeAlias = list[Any]
Former: TypeAlias = Callable[[str], Any]
"""Gives a column of a row as it was."""
Changed: TypeAlias = Mapping[str, Any] | Callable[[Former], Mapping[str, Any]]


class File(NamedTuple):
    """Where rows are written."""

    connection: sqlite3.Connection
    begun: Callable[[], object]
    remembered: int

    def write(self, statement: str, values: Sequence[Any] = ()) -> None:
        self.begun()
        self.connection.execute(statement, values)

    def write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.begun()
        self.connection.executemany(statement, rows)

    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.begun()
        row, written = f"({', '.join('?' * len(columns))})", 0
        for together in _TOGETHER:
            ends = len(rows) - (len(rows) - written) % together
            if ends > written:
                self.connection.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * together)}",
                    (_in_one(rows[at:at + together]) for at in range(written, ends, together)))
                written = ends


def _in_one(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The values of some rows after one another: a list that grows by a row takes half as long as a chain of them."""
    values: list[Any] = []
    for row in rows:
        values += row
    return values


class Base:
    """A table's own statements."""

    def __init__(self, file: File, name: str, table: Table) -> None:
        self._file, self._name, self._table = file, name, table
        self._names = tuple(table.every_column)
        self._at = {column: number for number, column in enumerate(self._names)}
        self._served: set[tuple[str, ...]] = set()
        self._searches: dict[tuple[str, ...], str] = {}

    def _search(self, key: Mapping[str, Any], also: str = "") -> list[Row]:
        """The rows of any key, from the file alone."""
        names = (*key, also)
        query = self._searches.get(names)
        if query is None:
            self._serve({*key, "to_position"})
            query = self._searches[names] = (
                f"SELECT {', '.join(self._names)} FROM {self._name} WHERE {condition(tuple(key))}{also}")
        return [list(row) for row in self._file.connection.execute(query, tuple(key.values()))]

    def _serve(self, columns: set[str]) -> None:
        """See to it that an index which is declared for such a search is there: a file that is being made has none."""
        served = [index for index in self._table.indexes if columns.issuperset(index)]
        if served and (index := max(served, key=len)) not in self._served:
            name = index_name(self._name, index)
            self._file.write(f"CREATE INDEX IF NOT EXISTS {name} ON {self._name} ({', '.join(index)})")
            self._served.add(index)

    def _taken(self, rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> list[tuple[Any, ...]]:
        at = self._at
        return [tuple([row[at[column]] for column in columns]) for row in rows]

    def _entered(self, values: Mapping[str, Any]) -> Row:
        assert self._at.keys() >= values.keys(), f"{self._name} has no such column"
        return [values.get(name) for name in self._names]
