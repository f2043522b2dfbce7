"""What a table of a projection is: its columns, its key, and what it is looked up by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple


class Table(NamedTuple):
    """One table: its columns, its key, and what it is looked up by."""

    columns: Mapping[str, type]
    pk: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    sparse: tuple[str, ...] = ()  # Columns that few rows have a value in, looked up by it: only those are indexed.
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


def unique_index(name: str, table: Table) -> str:
    """Make the index of a table's key, if it is not there."""
    key = ", ".join(table.pk)
    return f"CREATE UNIQUE INDEX IF NOT EXISTS {index_name(name, ('key',))} ON {name} ({key})"


def condition(names: Sequence[str]) -> str:
    """Say that some columns have the values that are bound."""
    return " AND ".join(f"{name} = ?" for name in names)


def getter(names: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Take some values of a row, always as a tuple."""
    if len(names) == 1:
        only = names[0]
        return lambda values: (values[only],)
    return itemgetter(*names)
