"""Units as answers: found by what they are or were called, or by their credit code; and those within scopes.

Names, codes and places of units are public facts. A unit is where it now is, under the name it now has; by a name that
it had before it is found too, since people look for what they remember.

`tests/projections/test_units_found.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import Scope
from projections.files.projection import HOLDS
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from projections.opened import Files


class Listed(NamedTuple):
    """A unit in a list."""

    unit: str
    credit_code: str
    status: str
    name: str
    region: str
    sector: str
    event: int     # With which it was registered.


def _newest(table: str) -> str:
    return f"(SELECT MAX(event) FROM {table} WHERE unit = u.unit AND from_position <= :as_of)"


_UNITS: Final = (
    "SELECT u.unit AS unit, u.credit_code AS credit_code, u.status AS status, n.name AS name, s.region AS region, "
    f"s.sector AS sector, u.event AS event FROM (SELECT * FROM units WHERE {HOLDS}) u "
    f"JOIN unit_names n ON n.event = {_newest('unit_names')} JOIN unit_seats s ON s.event = {_newest('unit_seats')}"
)
_CALLED: Final = (
    "(:text = '' OR listed.credit_code = :code OR listed.unit IN "
    "(SELECT unit FROM unit_names WHERE from_position <= :as_of AND instr(name, :text)))"
)
_SIGHTS: Final = ("sector", "unit")


def units_found(
    files: Files, text: str, *, scopes: Iterable[Scope] | None = None, status: str | None = None,
    as_of: int | None = None, after: str = "", limit: int = 50,
) -> Page[Listed]:
    """Units that are or were called so, or have this code, in the order of registration; all of them for no text."""
    reader, at = files.file("people", as_of)
    values: dict[str, Any] = {"as_of": at, "text": text, "code": text.upper(), "status": status, "after": after,
                              "limit": limit + 1}
    query = (f"SELECT * FROM ({_UNITS}) listed WHERE {_CALLED} AND {_within(scopes, values)} "
             "AND (:status IS NULL OR listed.status = :status) AND listed.unit > :after "
             "ORDER BY listed.unit LIMIT :limit")
    found = [Listed._make(row) for row in reader.rows(query, values)]
    return paged(found, limit, at, lambda one: (one.unit,))


def units_counted(
    files: Files, text: str, *, scopes: Iterable[Scope] | None = None, as_of: int | None = None
) -> dict[str, int]:
    """How many of them there are of each status."""
    reader, at = files.file("people", as_of)
    values: dict[str, Any] = {"as_of": at, "text": text, "code": text.upper()}
    query = (f"SELECT listed.status, COUNT(*) FROM ({_UNITS}) listed WHERE {_CALLED} AND {_within(scopes, values)} "
             "GROUP BY listed.status")
    return dict(reader.rows(query, values))


def _within(scopes: Iterable[Scope] | None, values: dict[str, Any]) -> str:
    if scopes is None:
        return "1"
    reached = [f"({reaches(number, scope, values, limits=_SIGHTS, table='listed')})"
               for number, scope in enumerate(scopes)]
    return f"({' OR '.join(reached) or '0'})"
