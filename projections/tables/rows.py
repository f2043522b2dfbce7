"""Rows that say where in the log they hold, as handlers begin, change and end them.

What is done to rows is gathered and written in one go, `write`: a row that begins and ends in between is written once,
what holds is found without asking SQLite, and one statement takes many rows. Rows that hold are remembered beyond that,
those of each table that were asked for last; every other one is read again when it is asked for.

Handlers of few events say what happens by names of columns, through `Rows`; those of events that come by the million
name a table, `dated` or `lasting`, and its rows' values by their places: no dictionary is built to be taken apart.

A table is looked up by its identity (its key but for the position) or by anything else. By anything else SQLite is
asked, once what was gathered is written, with the help of whichever index the table declares for it.

`tests/projections/test_rows.py` holds it against the same done in SQL at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from projections.tables.dated import Dated
from projections.tables.gathered import Changed, File
from projections.tables.lasting import Lasting
from projections.tables.table import Table


class Rows:
    """Writes rows that hold from a position on. Names of tables and columns are our own words; values are bound.

    So many as are `remembered` of each table are, at least, and twice as many at most. `is_new`: the tables are empty,
    so what is not remembered and was never let go of does not hold. `begun` is called before anything is written, so
    that whoever keeps the file begins a transaction then.
    """

    def __init__(
        self, connection: sqlite3.Connection, tables: Mapping[str, Table], *, begun: Callable[[], object],
        remembered: int, is_new: bool = False,
    ) -> None:
        file = File(connection, begun, remembered)
        self._connection = connection
        self.dated: Final = {name: Dated(file, name, table, is_new=is_new)
                             for name, table in tables.items() if table.dated}
        self.lasting: Final = {name: Lasting(file, name, table) for name, table in tables.items() if not table.dated}
        self._tables: dict[str, Dated | Lasting] = {**self.dated, **self.lasting}

    @property
    def connection(self) -> sqlite3.Connection:
        """The file itself, with everything that was gathered in it. What is changed there is found there."""
        self.write()
        self.forget()
        return self._connection

    @property
    def gathered(self) -> int:
        """How many rows wait to be written."""
        return sum(len(table.fresh) for table in self._tables.values())

    @property
    def is_written(self) -> bool:
        """Say whether nothing waits to be written."""
        return not any(table.waits for table in self._tables.values())

    def begin(self, table: str, position: int, values: Mapping[str, Any]) -> None:
        """Let a row hold from here on."""
        self._tables[table].begin(position, values)

    def insert(self, table: str, values: Mapping[str, Any]) -> None:
        """Enter a row as it is."""
        self._tables[table].insert(values)

    def end(self, table: str, position: int, key: Mapping[str, Any]) -> None:
        """Let the rows of a key hold no longer from here on."""
        self._tables[table].end(position, key)

    def now(self, table: str, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Give what holds now; of a table without positions, every row of the key."""
        return self._tables[table].now(columns, key)

    def change(self, table: str, position: int, key: Mapping[str, Any], values: Changed) -> bool:
        """Let the row of a key hold with other values from here on; False where there is none.

        `values` may be a function of the row as it was.
        """
        return self._tables[table].change(position, key, values)

    def remove(self, table: str, key: Mapping[str, Any]) -> None:
        """Take the rows of a key out of a table without positions."""
        self._tables[table].remove(key)

    def write(self) -> None:
        """Write what was gathered; whoever keeps the file commits."""
        for table in self._tables.values():
            table.write()

    def forget(self) -> None:
        """Remember nothing, neither what was written nor what was not."""
        for table in self._tables.values():
            table.forget()
