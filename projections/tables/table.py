"""What a table of a projection is: its columns, its key, and what it is looked up by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

LASTED: Final = "length(to_position - from_position)"
"""Of how many digits the number of positions is for which a row held, in SQL: that is what an index can be made of."""


class Table(NamedTuple):
    """One table: its columns, its key, and what it is looked up by."""

    columns: Mapping[str, type]
    pk: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    sparse: tuple[str, ...] = ()  # Columns that few rows have a value in, looked up by it: only those are indexed.
    dated: bool = True  # Its rows say between which positions they hold.
    found_by: tuple[str, ...] = ()  # The beginning of a long key that few rows share: indexed instead of all of it.
    goes_on: tuple[str, ...] = ()  # What alters in a row that goes on: what it was before is known from the rest.
    holding: tuple[tuple[str, ...], ...] = ()  # What those that hold are looked up by: few do, where much is done with.
    few: tuple[tuple[tuple[str, ...], str], ...] = ()  # What the rows of a condition are looked up by: no other query
    #   sees their index, which of rows that many want would be a slower way than to read them as they lie.
    stood: tuple[str, ...] = ()  # What those that hold no longer are looked up by, as of a position: `stood.py`.

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


def key_index(name: str, table: Table) -> str:
    """Make the index by which rows of a key are found, if it is not there."""
    columns, kind = (table.found_by, "INDEX") if table.found_by else (table.pk, "UNIQUE INDEX")
    return f"CREATE {kind} IF NOT EXISTS {index_name(name, ('key',))} ON {name} ({', '.join(columns)})"


def _stood_index(name: str, columns: Sequence[str]) -> str:
    """Make the index by which `stood.py` finds rows, if it is not there: the first column is looked up exactly."""
    first, *others = columns
    found_by = ", ".join((first, LASTED, "to_position", "from_position", *others))
    return (f"CREATE INDEX IF NOT EXISTS {index_name(name, ('stood',))} ON {name} ({found_by}) "
            "WHERE to_position IS NOT NULL")


def indexes_of(name: str, table: Table) -> list[str]:
    """Make the indexes of a table that are not there."""
    wanted = [(columns, "") for columns in table.indexes]
    wanted += [((column,), f" WHERE {column} IS NOT NULL") for column in table.sparse]
    wanted += [(columns, " WHERE to_position IS NULL") for columns in table.holding]
    wanted += [(columns, f" WHERE {condition}") for columns, condition in table.few]
    return [*([key_index(name, table)] if table.dated else []),
            *([_stood_index(name, table.stood)] if table.stood else []),
            *(f"CREATE INDEX IF NOT EXISTS {index_name(name, columns)} ON {name} ({', '.join(columns)}){where}"
              for columns, where in wanted)]


def condition(names: Sequence[str]) -> str:
    """Say that some columns have the values that are bound."""
    return " AND ".join(f"{name} = ?" for name in names)


def getter(names: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Take some values of a row, always as a tuple."""
    if len(names) == 1:
        only = names[0]
        return lambda values: (values[only],)
    return itemgetter(*names)
