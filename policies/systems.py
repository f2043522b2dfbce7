"""Who brings in what another system registered: read from the rulebooks' registrar tables, like every other office.

P 14 lets departments of every level keep systems of their own and has them brought into the province's. So it is the
departments that register somewhere, and those whom a rulebook names beside them (R 8), who bring in what was registered
there. A system does nothing of itself, and a unit keeps none.

`tests/policies/test_systems.py` shows it.
"""

from __future__ import annotations

from datetime import date

from policies.authority import GENERAL, SYSTEM, UNIT
from policies.law import Law


def importing_roles(law: Law, day: date, region: str, sector: str | None) -> tuple[str, ...]:
    """Say in which roles records of a place are brought in; of no sector, those that every sector has."""
    layer = law.layer(law.interval(day.toordinal()), region, sector or GENERAL, None)
    return tuple(dict.fromkeys(
        role for book in layer.books for row in book.registrars
        if not {SYSTEM, UNIT} & set(row.offices) for role in row.offices))
