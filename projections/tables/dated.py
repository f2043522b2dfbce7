"""Tables whose rows hold between positions: those that hold are remembered, those that begin and end are gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from mmap import mmap
from operator import itemgetter
from typing import Any, Final, TypeAlias

from projections.tables.gathered import Base, Changed, File, Row
from projections.tables.parts import SLOTS, OfPart, slots
from projections.tables.table import Table, condition, getter, index_name, key_index

_MANY: Final = 1_000
"""So many rows are written in the order of their identities: at random, each would be at another place of the index."""

_UNKNOWN: Final[Row] = []
Identity: TypeAlias = Any
"""The value of the one column, or the values of several."""
Plan: TypeAlias = tuple[tuple[str, int], ...] | None
"""What a row of an identity must have besides; None for a key that does not name the identity."""


class Dated(Base):
    """A table whose rows hold between positions; of one identity one holds at a time.

    A row that holds has, in memory, its number in the file where the file has nothing: in the place of the position at
    which it ends. So no row is longer than its columns, and SQLite numbers what is entered by itself, in order.
    """

    def __init__(self, file: File, name: str, table: Table, *, is_new: bool) -> None:
        super().__init__(file, name, table)
        columns = tuple(column for column in table.pk if column not in ("from_position", "to_position"))
        self._identity_columns, self._is_one = columns, len(columns) == 1
        self._identity = itemgetter(*columns)
        self._identity_at = itemgetter(*(self._at[column] for column in columns))
        self._values = getter(tuple(table.columns))
        self._from, self._to = self._at["from_position"], self._at["to_position"]
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._update = f"UPDATE {name} SET to_position = ? WHERE rowid = ?"
        goes_on = (*table.goes_on, "from_position")
        self._go_on = f"UPDATE {name} SET {', '.join(f'{column} = ?' for column in goes_on)} WHERE rowid = ?"
        self._gone_on_as = itemgetter(*(self._at[column] for column in (*goes_on, "to_position")))
        self._delete = f"DELETE FROM {name} WHERE rowid = ?"
        numbered = ("rowid" if column == "to_position" else column for column in self._names)
        self._select = f"SELECT {', '.join(numbered)} FROM {name} WHERE {condition(columns)} AND to_position IS NULL"
        # By hash, whether an identity was let go of that held; None where any may hold in the file.
        self._let_go_of: mmap | None = slots() if is_new else None
        self._is_empty = is_new  # The file holds nothing of it yet.
        self._clear()

    def _clear(self) -> None:
        self.fresh: list[Row] = []  # Those that are not in the file.
        self._is_nowhere = False    # Some of them hold nowhere.
        self._holding: dict[Identity, Row | None] = {}  # Of an identity the row that holds, None where none does;
        self._earlier: dict[Identity, Row | None] = {}  # here those that were not asked for of late.
        self._of_part: dict[tuple[str, ...], OfPart] = {}  # Of those, by some columns of their identities.
        self._gone_on: dict[int, Row] = {}  # By their numbers in the file.
        self._ended: list[tuple[int, int]] = []
        self._dropped: list[tuple[int]] = []
        self._last: int | None = None  # The highest number in the file, once it was looked up.
        self._keyed: bool | None = None  # Whether the file has an index of identities, once that was looked up.

    # What handlers do, by identity

    def holds(self, identity: Identity) -> Row | None:
        """Give the row that holds, for looking at."""
        row = self._holding.get(identity, _UNKNOWN)
        return self._found_again(identity) if row is _UNKNOWN else row

    def hold(self, identity: Identity, row: Row) -> None:
        """Let a row hold: every value, the position, None."""
        assert self._holding.get(identity) is None, f"{self._name}: what holds is ended first"
        self._holding[identity] = row
        self.fresh.append(row)

    def succeed(self, identity: Identity, position: int) -> Row | None:
        """Let the row that holds be followed by one like it, which is given to be altered; None where none holds."""
        former = self._holding.get(identity, _UNKNOWN)
        if former is _UNKNOWN:
            former = self._found_again(identity)
        if former is None:
            return None
        first, to = self._from, self._to
        is_fresh = former[to] is None
        if is_fresh and former[first] == position:
            return former
        row = former.copy()
        row[first], row[to] = position, None
        if is_fresh:
            former[to] = position
        else:
            self._close(position, former)
        self._holding[identity] = row
        self.fresh.append(row)
        return row

    def go_on(self, identity: Identity, position: int) -> Row | None:
        """Let the row that holds hold from here on only, altered in what goes on; None where none holds.

        What it was before is known from what it is now, by whoever reads the table.
        """
        row = self.holds(identity)
        if row is None:
            return None
        if (number := row[self._to]) is not None:
            self._gone_on[number] = row
        row[self._from] = position
        return row

    def cease(self, identity: Identity, position: int) -> None:
        """Let the row that holds hold no longer, if there is one."""
        row = self.holds(identity)
        if row is not None:
            self._close(position, row)
            self._holding[identity] = None

    def _close(self, position: int, row: Row) -> None:
        number = row[self._to]
        if number is None:
            row[self._to] = position
            self._is_nowhere |= row[self._from] == position
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
            self._is_nowhere |= row[self._from] == row[self._to]
            self.fresh.append(row)

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
            of_part, values = self._part_of(names), tuple(key.values())
            identities = set(map(self._identity_at, of_part.gathered(self.fresh, values)))
            if of_part.may_be_written(values):
                identities.update(map(self._identity_at, self._search(key, " AND to_position IS NULL")))
            return [row for row in map(self.holds, sorted(identities)) if row is not None]
        self.write()
        found = (self.holds(self._identity_at(row)) for row in self._search(key, " AND to_position IS NULL"))
        return [row for row in found if row is not None]

    def _part_of(self, names: tuple[str, ...]) -> OfPart:
        of_part = self._of_part.get(names)
        if of_part is None:
            part = getter(self._table.places(*names))
            of_part = self._of_part[names] = OfPart(part, is_new=self._is_empty)
        return of_part

    def _found_again(self, identity: Identity) -> Row | None:
        """The row that holds of an identity that was not asked for of late."""
        if identity in self._earlier:
            row = self._earlier.pop(identity)
        elif self._let_go_of is not None and not self._let_go_of[hash(identity) % SLOTS]:
            row = None
        else:
            row = self._read(identity)
        self._holding[identity] = row
        return row

    def _read(self, identity: Identity) -> Row | None:
        values = (identity,) if self._is_one else identity
        assert None not in values, f"{self._name}: nothing equals a key that is missing"
        if not self._is_keyed():
            self._make_key()
        row = self._file.connection.execute(self._select, values).fetchone()
        return None if row is None else list(row)

    def _serve(self, columns: set[str]) -> None:
        """See to it that what is looked for by the beginning of the key is found by it: otherwise that comes last."""
        if self._identity_columns[0] not in columns:
            super()._serve(columns)
        elif not self._is_keyed():
            self._make_key()

    def _make_key(self) -> None:
        self._file.write(key_index(self._name, self._table))
        self._keyed = True

    def _is_keyed(self) -> bool:
        """Say whether the file has an index of identities; then rows are best entered in their order."""
        if self._keyed is None:
            query = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?"
            index = index_name(self._name, ("key",))
            self._keyed = self._file.connection.execute(query, (index,)).fetchone() is not None
        return self._keyed

    # Writing

    @property
    def waits(self) -> bool:
        return bool(self.fresh or self._gone_on or self._ended or self._dropped)

    def write(self) -> None:
        if self._gone_on:
            self._file.write_all(self._go_on, list(map(self._gone_on_as, self._gone_on.values())))
            self._gone_on = {}
        if self._dropped:
            self._file.write_all(self._delete, self._dropped)
            self._dropped, self._last = [], None  # The last may be among them, and its number is given again.
        if self._ended:
            self._file.write_all(self._update, self._ended)
            self._ended = []
        if self.fresh:
            self._enter()
            for of_part in self._of_part.values():
                of_part.write(self.fresh)
            self.fresh, self._is_empty, self._is_nowhere = [], False, False
        if len(self._holding) > self._file.remembered:
            self._age()

    def _enter(self) -> None:
        """Enter what is new, and number what of it holds; what would hold nowhere is left out."""
        if self._last is None:
            self._last = self._file.connection.execute(f"SELECT max(rowid) FROM {self._name}").fetchone()[0] or 0
        first, to = self._from, self._to
        rows = [row for row in self.fresh if row[first] != row[to]] if self._is_nowhere else self.fresh
        if len(rows) > _MANY and self._is_keyed():
            rows.sort(key=self._identity_at)
        self._file.insert_all(self._name, self._names, rows)
        for number, row in enumerate(rows, self._last + 1):
            if row[to] is None:
                row[to] = number
        self._last += len(rows)

    def _age(self) -> None:
        """Let go of what nobody has asked for of late; it is in the file."""
        if (let_go_of := self._let_go_of) is not None:
            for identity, row in self._earlier.items():
                if row is not None:
                    let_go_of[hash(identity) % SLOTS] = 1
        self._holding, self._earlier = {}, self._holding

    def forget(self) -> None:
        self._let_go_of, self._is_empty = None, False
        self._clear()
