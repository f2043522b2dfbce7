"""Every value that a column has, one step of its index each: DISTINCT reads every row to find a hundred values.

`tests/projections/test_stood.py` shows it.
"""

from __future__ import annotations


def every_value(table: str, column: str, where: str = "1") -> str:
    """Give in SQL, as `each.value`, what a column has that an index begins with; of a partial one, its rows alone."""
    def least(more: str = "") -> str:
        return f"(SELECT min({column}) FROM {table} WHERE {where}{more})"

    return (f"(WITH RECURSIVE one(value) AS (SELECT {least()} UNION ALL "
            f"SELECT {least(f' AND {column} > one.value')} FROM one WHERE value IS NOT NULL) "
            "SELECT value FROM one WHERE value IS NOT NULL) AS each")
