"""Tables whose rows stand for ever, each under a key of its own: what happened once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from projections.tables.gathered import Base, Changed, File
from projections.tables.table import Table, condition, getter


class Lasting(Base):
    """A table whose rows stand for ever, each under a key of its own."""

    def __init__(self, file: File, name: str, table: Table) -> None:
        super().__init__(file, name, table)
        self._values, self._key = getter(self._names), getter(table.pk)
        self._key_at, self._first_at = getter(self._table.places(*table.pk)), self._at[table.pk[0]]
        self._looked_through = 0
        self.forget()

    def begin(self, position: int, values: Mapping[str, Any]) -> None:
        self.insert({**values, "from_position": position})

    def insert(self, values: Mapping[str, Any]) -> None:
        self.enter(self._values(values) if len(values) == len(self._names) else self._entered(values))

    def end(self, position: int, key: Mapping[str, Any]) -> None:
        raise AssertionError(f"the rows of {self._name} do not end")

    def change(self, position: int, key: Mapping[str, Any], values: Changed) -> bool:
        raise AssertionError(f"the rows of {self._name} do not change")

    def remove(self, key: Mapping[str, Any]) -> None:
        """By the first column of its own key what waits is found too; what is in the file goes before that comes."""
        if (first := self._table.pk[0]) not in key:
            self.write()
            self._remove_all(tuple(key), [tuple(key.values())])
            return
        self._removed.setdefault(tuple(key), []).append(tuple(key.values()))
        for row in self._waiting_with(key[first]):
            if all(row[self._at[name]] == value for name, value in key.items()):
                self._gone.add(id(row))

    def _waiting_with(self, first: Any) -> Sequence[Sequence[Any]]:
        for row in self.fresh[self._looked_through:]:
            self._by_first.setdefault(row[self._first_at], []).append(row)
        self._looked_through = len(self.fresh)
        return self._by_first.get(first, ())

    def drop_fresh(self, column: str, value: Any) -> list[Sequence[Any]]:
        """Let rows of a value never have been entered, of those that are not in the file; gives them in order."""
        self._let_go_of_gone()
        at = self._at[column]
        dropped = [row for row in self.fresh if row[at] == value]
        if dropped:
            self._wait_for([row for row in self.fresh if row[at] != value])
        return dropped

    def _let_go_of_gone(self) -> None:
        if self._gone:
            self._wait_for([row for row in self.fresh if id(row) not in self._gone])

    def now(self, columns: Sequence[str], key: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if tuple(key) == self._table.pk and (found := self._fresh_one(self._key(key))) is not None:
            return self._taken([found], columns)
        self.write()
        return self._taken(self._search(key), columns)

    def _fresh_one(self, key: Any) -> Sequence[Any] | None:
        self._let_go_of_gone()
        for row in self.fresh[len(self._by_key):]:  # Few tables are looked up by key, and those seldom.
            self._by_key[self._key_at(row)] = row
        return self._by_key.get(key)

    @property
    def waits(self) -> bool:
        return bool(self.fresh or self._removed)

    def write(self) -> None:
        if not self.waits:
            return
        for names, removed in self._removed.items():
            self._remove_all(names, removed)
        self._let_go_of_gone()
        if self.fresh:
            self._file.insert_all(self._name, self._names, self.fresh)
        self.forget()

    def _remove_all(self, names: tuple[str, ...], values: Sequence[tuple[Any, ...]]) -> None:
        self._serve(set(names))
        self._file.write_all(f"DELETE FROM {self._name} WHERE {condition(names)}", values)

    def forget(self) -> None:
        self._removed: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._wait_for([])

    def _wait_for(self, rows: list[Sequence[Any]]) -> None:
        """Let these wait to be written, and no others."""
        self.fresh: list[Sequence[Any]] = rows
        # Enters a row as it is, every value of it. A second one of its key is for SQLite to refuse.
        self.enter: Callable[[Sequence[Any]], None] = self.fresh.append
        self._by_key: dict[Any, Sequence[Any]] = {}
        self._by_first: dict[Any, list[Sequence[Any]]] = {}
        self._gone: set[int] = set()
        self._looked_through = 0
