"""Claims listed: of a person, or of all that were submitted where an office's scopes reach, the newest first.

A claim is listed where it was submitted, which is where its offices stay when the person moves (AMB-28). What an
account has done with a claim is asked of the timeline: a step of it is among the things that were its hand.

`tests/api/test_claim_lists.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import Scope
from projections.entries_reading import Version, read_each
from projections.pages import Page, paged
from projections.reach import reaches
from projections.timeline import DONE, ROOM

if TYPE_CHECKING:
    from projections.opened import Files

_SIGHTS: Final = ("sector", "unit")
"""What limits a scope, beside the region; its category is left aside, as of a person's whole record."""

_DISTRICT: Final = 6
"""So many digits has the smallest place."""

_STOOD: Final = "CASE WHEN v.from_position <= :as_of THEN {} END"
"""What was decided by then: of a row that went on later, nothing was."""

# Of a person their claims are read first; of an area the places, in the order of the list (CROSS keeps it so).
_LISTED: Final = (
    "SELECT m.claim, m.region, m.sector, m.unit FROM matters m {} JOIN claims v ON v.claim = m.claim "
    "JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event "
    "WHERE v.since_position <= :as_of AND (v.to_position IS NULL OR v.to_position > :as_of) AND {} "
    "ORDER BY m.claim DESC LIMIT :limit"
)
_DONE_BY: Final = (
    "SELECT DISTINCT line >> :room FROM lines WHERE who = :who AND position <= :as_of AND side & :done"
)


def _in_order(where: str, region: str) -> str:
    """Of a large area read the claims in their order, and stop: by an index of places all would be put in order."""
    return where if len(region) >= _DISTRICT else where.replace("m.region", "+m.region")


class Wanted(NamedTuple):
    """Which claims, narrowed. None: it is all the same."""

    status: str | None = None
    year: int | None = None        # As decided, else as claimed, else that of the evidence.
    category: str | None = None
    unit: str | None = None
    region: str | None = None      # A prefix.
    officer: str | None = None     # Whose hand took any step of it.
    first: date | None = None      # Submitted on this day or later,
    last: date | None = None       # and on this one or before.

    def conditions(self, values: dict[str, Any]) -> list[str]:
        """Say in SQL what a claim must have."""
        parts = []
        if self.status is not None:
            parts.append(f"coalesce({_STOOD.format('v.status')}, 'under_review') = :status")
            values["status"] = self.status
        if self.year is not None:
            parts.append(f"coalesce({_STOOD.format('d.year')}, json_extract(s.study, '$.year'), "
                         "CAST(substr(json_extract(s.study, '$.evidence_on'), 1, 4) AS INTEGER)) = :year")
            values["year"] = self.year
        if self.category is not None:
            parts.append("json_extract(s.study, '$.category') = :category")
            values["category"] = self.category
        if self.unit is not None:
            parts.append("m.unit = :unit")
            values["unit"] = self.unit
        if self.region is not None:
            parts.append(_in_order("m.region >= :region AND m.region < :beyond", self.region))
            values |= {"region": self.region, "beyond": f"{self.region}:"}
        for name, how, day in (("first", ">=", self.first), ("last", "<=", self.last)):
            if day is not None:
                parts.append(f"v.submitted_on {how} :{name}")
                values[name] = day.isoformat()
        return parts


class Listed(NamedTuple):
    """A claim as it stood, and where it was submitted."""

    version: Version
    region: str
    sector: str
    unit: str


def claims_within(
    files: Files, scopes: Iterable[Scope], wanted: Wanted, *, as_of: int | None = None, after: str | None = None,
    limit: int = 50,
) -> Page[Listed]:
    """Which claims were submitted within scopes, the newest first."""
    values: dict[str, Any] = {}
    reached = [f"({_in_order(reaches(number, scope, values, limits=_SIGHTS, table='m'), scope.region)})"
               for number, scope in enumerate(scopes)]
    return _read(files, f"({' OR '.join(reached) or '0'})", wanted, values, as_of, after, limit)


def claims_of_person(
    files: Files, person: str, wanted: Wanted, *, as_of: int | None = None, after: str | None = None, limit: int = 50
) -> Page[Listed]:
    """The claims of one person, wherever they were submitted, the newest first."""
    return _read(files, "v.person = :person", wanted, {"person": person}, as_of, after, limit)


def _read(
    files: Files, whose: str, wanted: Wanted, values: dict[str, Any], as_of: int | None, after: str | None, limit: int
) -> Page[Listed]:
    reader, at = files.file("entries", as_of)
    values |= {"as_of": at, "limit": limit + 1}
    parts = [whose, *wanted.conditions(values)]
    if after is not None:
        parts.append("m.claim < :after")
        values["after"] = after
    if wanted.officer is not None:
        timeline, _ = files.file("timeline", at)
        done = timeline.rows(_DONE_BY, {"room": ROOM, "who": wanted.officer, "as_of": at, "done": DONE})
        values["did"] = json.dumps([event for event, in done])
        parts.append("EXISTS (SELECT 1 FROM json_each(v.events) e WHERE e.value <= :as_of "
                     "AND e.value IN (SELECT value FROM json_each(:did)))")
    rows = list(reader.rows(_LISTED.format("" if "person" in values else "CROSS", " AND ".join(parts)), values))
    stood = {one.claim: one for one in read_each(reader, [row[0] for row in rows], at)}
    return paged([Listed(stood[claim], region, sector, unit) for claim, region, sector, unit in rows], limit, at,
                 lambda one: (one.version.claim,))
