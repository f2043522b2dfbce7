"""Rows that held as of a position and hold no longer, found among all that ended since by how long they held.

An index of where rows end finds what held at a position only by reading all that ended since: a year later, a year of
the register. But a row that held for so many positions as have five digits, and did so at one position, ended within a
hundred thousand of it. So each number of digits is looked up apart, as far as rows of it reach, and of what is read a
good part did hold.

`tests/projections/test_stood.py` holds it against reading everything.
"""

from __future__ import annotations

from typing import Final

from projections.tables.table import LASTED, index_name
from projections.tables.values import every_value

_DIGITS: Final = range(1, 13)  # Of a log of a million million events.
_LONG: Final = f"(VALUES {', '.join(f'({digits}, {10 ** digits})' for digits in _DIGITS)}) AS long"

HAD_ENDED: Final = (
    f"{LASTED} = long.column1 AND to_position > :as_of AND to_position < :as_of + long.column2 "
    "AND from_position <= :as_of"
)
"""Say in SQL that a row of `stood` held as of a position and holds no longer."""


def stood(table: str) -> str:
    """Say in SQL where rows that hold no longer are read from; the first column that they are found by is given."""
    return f"{_LONG} CROSS JOIN {table} INDEXED BY {index_name(table, ('stood',))}"


def stood_of_each(table: str, first: str) -> str:
    """The same for every value that the first column has."""
    return (f"{every_value(table, first, 'to_position IS NOT NULL')} CROSS JOIN {stood(table)} "
            f"ON {table}.{first} = each.value")
