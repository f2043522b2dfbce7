"""Scopes in SQL: whether what an account may act upon reaches a row.

`tests/projections/test_work.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ledger.events.actor import Scope

LIMITS: Final = ("role", "sector", "category", "unit")
"""What a scope may limit, beside the region."""


def reaches(
    number: int, scope: Scope, values: dict[str, Any], *, limits: Iterable[str] = LIMITS, table: str = "work"
) -> str:
    """Say in SQL whether a scope reaches a row: every limit it sets must be met (`ledger.streams.standing`)."""
    # Codes are digits, so every code with this prefix lies between the prefix and the prefix with a colon.
    parts = [f"{table}.region >= :region{number} AND {table}.region < :beyond{number}"]
    values |= {f"region{number}": scope.region, f"beyond{number}": f"{scope.region}:"}
    for name in limits:
        if (limit := getattr(scope, name)) is not None:
            parts.append(f"{table}.{name} = :{name}{number}")
            values[f"{name}{number}"] = limit
    return " AND ".join(parts)
