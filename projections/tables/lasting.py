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
        self._key_at = getter(self._table.places(*table.pk))
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
        self.write()
        self._serve(set(key))
        self._file.write(f"DELETE FROM {self._name} WHERE {condition(tuple(key))}", tuple(key.values()))

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
        # Enters a row as it is, every value of it. A second one of its key is for SQLite to refuse.
        self.enter: Callable[[Sequence[Any]], None] = self.fresh.append
        self._by_key: dict[Any, Sequence[Any]] = {}
