"""Which claims wait for somebody, and for whom each of some claims waits: open work, asked for by its claims.

`tests/api/test_claim_lists.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.vocabulary import LOCAL
from projections.files.projection import HOLDS
from projections.files.reader import Reader
from projections.reach import reaches
from projections.tables.stood import HAD_ENDED, stood_of_each
from projections.wanted import Waiting

_LIMITS: Final = ("sector", "unit")
"""What limits a scope, beside the region, as the list of claims has it."""

_IS_CLAIM: Final = "work.id >= 'clm_' AND work.id < 'clm`'"  # The character that follows the underscore.
_WAITS: Final = "to_position IS NULL AND from_position <= :as_of"
_FIELDS: Final = ("id, kind, role, region, sector, category, unit, person, event, since_at, holder, studied, papers")
_EACH: Final = f"SELECT {_FIELDS} FROM work WHERE id IN (SELECT value FROM json_each(:claims)) AND {HOLDS}"


class Held(NamedTuple):
    """For whom it waits, whose it is in particular, and that it waited on a day already. None: it is all the same."""

    role: str | None
    holder: str | None
    since: date | None

    def conditions(self, values: dict[str, Any]) -> list[str]:
        """Say in SQL what a row of open work must have."""
        parts = []
        for name, value in (("role", self.role), ("holder", self.holder)):
            if value is not None:
                parts.append(f"work.{name} = :{name}")
                values[name] = value
        if self.since is not None:
            parts.append("work.since_at < :before")
            values["before"] = int(datetime.combine(self.since + timedelta(days=1), time(), LOCAL).timestamp()) * 10**6
        return parts


def read_held(
    reader: Reader, scopes: Sequence[Scope], person: str | None, held: Held, *, as_of: int
) -> list[str]:
    """Every claim that waits so, of one person or within scopes."""
    values: dict[str, Any] = {"as_of": as_of, "person": person}
    reached = [f"({reaches(number, scope, values, limits=_LIMITS)})" for number, scope in enumerate(scopes)]
    whose = "work.person = :person" if person is not None else f"({' OR '.join(reached) or '0'})"
    narrowed = " AND ".join([_IS_CLAIM, whose, *held.conditions(values)])
    query = " UNION ".join(f"SELECT work.id FROM {source} WHERE {stood} AND {narrowed}" for source, stood in (
        ("work", _WAITS), (stood_of_each("work", "role"), HAD_ENDED)))
    return [claim for claim, in reader.rows(query, values)]


def read_waiting(reader: Reader, claims: Iterable[str], *, as_of: int) -> dict[str, Waiting]:
    """For whom each of these claims waits, and since when; of those that wait for nobody, nothing."""
    rows = reader.rows(_EACH, {"claims": json.dumps(list(claims)), "as_of": as_of})
    return {one.id: one for one in map(Waiting._make, rows)}
