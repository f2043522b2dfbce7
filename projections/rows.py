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
from dataclasses import dataclass
from itertools import chain
from mmap import mmap
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias, cast

_SLOTS: Final = 1 << 24
_MANY: Final = 1_000
"""So many rows are written in the order of their identities: at random, each would be at another place of the index."""
_TOGETHER: Final = (64, 8, 1)
"""So many rows go into one statement: with each statement the interpreter is let go of, and waited for."""

# sqlite3 looks for an adapter of each None in three places and then binds it as it is; this one it finds in the first.
sqlite3.register_adapter(type(None), cast(Callable[[None], None], {}.get))

Row: TypeAlias = list[Any]
_UNKNOWN: Final[Row] = []
Identity: TypeAlias = Any
"""The value of the one column, or the values of several."""
Former: TypeAlias = Callable[[str], Any]
"""Gives a column of a row as it was."""
Plan: TypeAlias = tuple[tuple[str, int], ...] | None
"""What a row of an identity must have besides; None for a key that does not name the identity."""
Changed: TypeAlias = Mapping[str, Any] | Callable[[Former], Mapping[str, Any]]


class Table(NamedTuple):
    """One table: its columns, its key, and what it is looked up by."""

    columns: Mapping[str, type]
    pk: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    dated: bool = True  # Its rows say between which positions they hold.

    @property
    def every_column(self) -> dict[str, type]:
        """Its columns, in order, with the two positions if it has them."""
        return {**self.columns, **({"from_position": int, "to_position": int} if self.dated else {})}

    def places(self, *names: str) -> tuple[int, ...]:
        """Say which values of a row are those of some columns."""
        columns = list(self.every_column)
        return tuple(map(columns.index, names))


def index_name(table: str, columns: Sequence[str]) -> str:
    """What an index is called."""
    return f"idx_{table}_{'_'.join(columns)}"


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
        file = _File(connection, begun, remembered)
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


class _File(NamedTuple):
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
                    (tuple(chain.from_iterable(rows[at:at + together])) for at in range(written, ends, together)))
                written = ends


class _Base:
    """A table's own statements."""

    def __init__(self, file: _File, name: str, table: Table) -> None:
        self._file, self._name, self._table = file, name, table
        self._names = tuple(table.every_column)
        self._at = {column: number for number, column in enumerate(self._names)}
        self._served: set[tuple[str, ...]] = set()

    def _search(self, key: Mapping[str, Any], condition: str = "") -> list[Row]:
        """The rows of any key, from the file alone."""
        self._serve({*key, "to_position"})
        query = f"SELECT {', '.join(self._names)} FROM {self._name} WHERE {_condition(tuple(key))}{condition}"
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


@dataclass
class _OfPart:
    """Rows that were gathered, as far as they were looked at, by the values of some columns."""

    part: Callable[[Any], tuple[Any, ...]]
    found: dict[tuple[Any, ...], list[Identity]]
    looked_at: int = 0


class Lasting(_Base):
    """A table whose rows stand for ever, each under a key of its own."""

    def __init__(self, file: _File, name: str, table: Table) -> None:
        super().__init__(file, name, table)
        self._values, self._key = _getter(self._names), _getter(table.pk)
        self._key_at = _getter(self._table.places(*table.pk))
        self.forget()

    def enter(self, row: Sequence[Any]) -> None:
        """Enter a row as it is, every value of it. A second one of its key is for SQLite to refuse."""
        self.fresh.append(row)

    def begin(self, position: int, values: Mapping[str, Any]) -> None:
        self.insert({**values, "from_position": position})

    def insert(self, values: Mapping[str, Any]) -> None:
        self.enter(self._values(values) if len(values) == len(self._names) else self._entered(values))

    def end(self, position: int, key: Mapping[str, Any]) -> None:
        raise AssertionError(f"the rows of {self._name} do not end")

    def change(self, position: int, key: Mapping[str, Any], values: Changed) -> bool:
        raise AssertionError(f"the rows of {self._name} do not change")

    def remove(self, key: Mapping[str, Any]) -> None:
        self.write()
        self._serve(set(key))
        self._file.write(f"DELETE FROM {self._name} WHERE {_condition(tuple(key))}", tuple(key.values()))

    def drop_fresh(self, column: str, value: Any) -> list[Sequence[Any]]:
        """Let rows of a value never have been entered, of those that are not in the file; gives them in order."""
        at = self._at[column]
        dropped = [row for row in self.fresh if row[at] == value]
        if dropped:
            kept = [row for row in self.fresh if row[at] != value]
            self.forget()
            self.fresh += kept
        return dropped

    def now(self, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if tuple(key) == self._table.pk and (found := self._fresh_one(self._key(key))) is not None:
            return self._taken([found], columns)
        self.write()
        return self._taken(self._search(key), columns)

    def _fresh_one(self, key: Any) -> Sequence[Any] | None:
        for row in self.fresh[len(self._by_key):]:  # Few tables are looked up by key, and those seldom.
            self._by_key[self._key_at(row)] = row
        return self._by_key.get(key)

    @property
    def waits(self) -> bool:
        return bool(self.fresh)

    def write(self) -> None:
        if self.fresh:
            self._file.insert_all(self._name, self._names, self.fresh)
            self.forget()

    def forget(self) -> None:
        self.fresh: list[Sequence[Any]] = []
        self._by_key: dict[Any, Sequence[Any]] = {}


class Dated(_Base):
    """A table whose rows hold between positions; of one identity one holds at a time.

    In memory a row has one value more than columns: its number in the file, 0 until it is there.
    """

    def __init__(self, file: _File, name: str, table: Table, *, is_new: bool) -> None:
        super().__init__(file, name, table)
        columns = tuple(column for column in table.pk if column not in ("from_position", "to_position"))
        self._identity_columns, self._is_one = columns, len(columns) == 1
        self._identity = itemgetter(*columns)
        self._identity_at = itemgetter(*(self._at[column] for column in columns))
        self._values = _getter(tuple(table.columns))
        self._from, self._to, self._number = self._at["from_position"], self._at["to_position"], len(self._names)
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._update = f"UPDATE {name} SET to_position = ? WHERE rowid = ?"
        self._delete = f"DELETE FROM {name} WHERE rowid = ?"
        self._numbered = (*self._names, "rowid")
        self._select = (
            f"SELECT {', '.join(self._numbered)} FROM {name} WHERE {_condition(columns)} AND to_position IS NULL"
        )
        # By hash, whether an identity was let go of that held; None where any may hold in the file.
        # Anonymous memory, of which only the pages that are touched are had: there are many tables, and few grow large.
        self._let_go_of: mmap | None = mmap(-1, _SLOTS) if is_new else None
        self._clear()

    def _clear(self) -> None:
        self.fresh: list[Row] = []  # Those that are not in the file.
        self._holding: dict[Identity, Row | None] = {}  # Of an identity the row that holds, None where none does;
        self._earlier: dict[Identity, Row | None] = {}  # here those that were not asked for of late.
        self._of_part: dict[tuple[str, ...], _OfPart] = {}  # Of those, by some columns of their identities.
        self._ended: list[tuple[int, int]] = []
        self._dropped: list[tuple[int]] = []
        self._last: int | None = None  # The highest number in the file, once it was looked up.

    # What handlers do, by identity

    def holds(self, identity: Identity) -> Row | None:
        """Give the row that holds, for looking at."""
        row = self._holding.get(identity, _UNKNOWN)
        return self._found_again(identity) if row is _UNKNOWN else row

    def hold(self, identity: Identity, row: Row) -> None:
        """Let a row hold: every value, the position, None."""
        assert self._holding.get(identity) is None, f"{self._name}: what holds is ended first"
        row.append(0)
        self._holding[identity] = row
        self.fresh.append(row)

    def succeed(self, identity: Identity, position: int) -> Row | None:
        """Let the row that holds be followed by one like it, which is given to be altered; None where none holds."""
        former = self.holds(identity)
        if former is None or (former[self._from] == position and not former[self._number]):
            return former
        row = former.copy()
        row[self._from], row[self._number] = position, 0
        self._close(position, former)
        self._holding[identity] = row
        self.fresh.append(row)
        return row

    def cease(self, identity: Identity, position: int) -> None:
        """Let the row that holds hold no longer, if there is one."""
        row = self.holds(identity)
        if row is not None:
            self._close(position, row)
            self._holding[identity] = None

    def _close(self, position: int, row: Row) -> None:
        number = row[self._number]
        if not number:
            row[self._to] = position
        elif row[self._from] == position:
            self._dropped.append((number,))
        else:
            self._ended.append((position, number))

    # The same, by any key

    def begin(self, position: int, values: Mapping[str, Any]) -> None:
        if len(values) != len(self._table.columns):
            self.insert({**values, "from_position": position})
            return
        self.hold(self._identity(values), [*self._values(values), position, None])

    def insert(self, values: Mapping[str, Any]) -> None:
        row = self._entered(values)
        if row[self._to] is None:
            self.hold(self._identity(values), row)
        else:
            self.fresh.append([*row, 0])

    def end(self, position: int, key: Mapping[str, Any]) -> None:
        for row in self._found(key):
            self.cease(self._identity_at(row), position)

    def change(self, position: int, key: Mapping[str, Any], values: Changed) -> bool:
        found = self._found(key)
        if not found:
            return False
        at, former = self._at, found[0].copy()
        changed = values(lambda name: former[at[name]]) if callable(values) else values
        for row in found:
            self.cease(self._identity_at(row), position)
        for name, value in changed.items():
            former[at[name]] = value
        former[self._from], former[self._to] = position, None
        del former[self._number]
        self.hold(self._identity_at(former), former)
        return True

    def remove(self, key: Mapping[str, Any]) -> None:
        raise AssertionError(f"the rows of {self._name} say where they held")

    def now(self, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return self._taken(self._found(key), columns)

    # What holds

    def _found(self, key: Mapping[str, Any]) -> list[Row]:
        """The rows of a key that hold."""
        try:
            plan = self._plans[tuple(key)]
        except KeyError:
            plan = self._plans[tuple(key)] = self._plan(tuple(key))
        if plan is None:
            return self._sought(key)
        row = self.holds(self._identity(key))
        return [] if row is None or any(row[at] != key[name] for name, at in plan) else [row]

    def _plan(self, names: tuple[str, ...]) -> Plan:
        if not set(self._identity_columns) <= set(names):
            return None
        return tuple((name, self._at[name]) for name in names if name not in self._identity_columns)

    def _sought(self, key: Mapping[str, Any]) -> list[Row]:
        """The rows of a key that does not name the identity."""
        names = tuple(key)
        if set(names) <= set(self._identity_columns):  # What never changes in a row: it may be as it was written.
            identities = set(self._fresh_of(names, tuple(key.values())))
            identities.update(map(self._identity_at, self._search(key, " AND to_position IS NULL")))
            return [row for row in map(self.holds, sorted(identities)) if row is not None]
        self.write()
        found = (self.holds(self._identity_at(row)) for row in self._search(key, " AND to_position IS NULL"))
        return [row for row in found if row is not None]

    def _fresh_of(self, names: tuple[str, ...], values: tuple[Any, ...]) -> list[Identity]:
        """The identities of rows that are not in the file, by some of their columns."""
        of_part = self._of_part.get(names)
        if of_part is None:
            of_part = self._of_part[names] = _OfPart(_getter(self._table.places(*names)), {})
        for row in self.fresh[of_part.looked_at:]:
            of_part.found.setdefault(of_part.part(row), []).append(self._identity_at(row))
        of_part.looked_at = len(self.fresh)
        return of_part.found.get(values, [])

    def _found_again(self, identity: Identity) -> Row | None:
        """The row that holds of an identity that was not asked for of late."""
        if identity in self._earlier:
            row = self._earlier.pop(identity)
        elif self._let_go_of is not None and not self._let_go_of[hash(identity) % _SLOTS]:
            row = None
        else:
            row = self._read(identity)
        self._holding[identity] = row
        return row

    def _read(self, identity: Identity) -> Row | None:
        values = (identity,) if self._is_one else identity
        assert None not in values, f"{self._name}: nothing equals a key that is missing"
        row = self._file.connection.execute(self._select, values).fetchone()
        return None if row is None else list(row)

    # Writing

    @property
    def waits(self) -> bool:
        return bool(self.fresh or self._ended or self._dropped)

    def write(self) -> None:
        if self._dropped:
            self._file.write_all(self._delete, self._dropped)
            self._dropped = []
        if self._ended:
            self._file.write_all(self._update, self._ended)
            self._ended = []
        if self.fresh:
            self._file.insert_all(self._name, self._numbered, self._numbered_now())
            self.fresh, self._of_part = [], {}
        if len(self._holding) > self._file.remembered:
            self._age()

    def _numbered_now(self) -> list[Row]:
        """What is to be entered, each under its number; what would hold nowhere is left out."""
        if self._last is None:
            self._last = self._file.connection.execute(f"SELECT max(rowid) FROM {self._name}").fetchone()[0] or 0
        first, to, number = self._from, self._to, self._number
        rows = [row for row in self.fresh if row[first] != row[to]]
        if len(rows) > _MANY:
            rows.sort(key=self._identity_at)
        for last, row in enumerate(rows, self._last + 1):
            row[number] = last
        self._last += len(rows)
        return rows

    def _age(self) -> None:
        """Let go of what nobody has asked for of late; it is in the file."""
        if self._let_go_of is not None:
            for identity, row in self._earlier.items():
                if row is not None:
                    self._let_go_of[hash(identity) % _SLOTS] = 1
        self._holding, self._earlier = {}, self._holding

    def forget(self) -> None:
        self._let_go_of = None
        self._clear()


def _condition(names: Sequence[str]) -> str:
    return " AND ".join(f"{name} = ?" for name in names)


def _getter(names: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Take some values of a row, always as a tuple."""
    if len(names) == 1:
        only = names[0]
        return lambda values: (values[only],)
    return itemgetter(*names)
