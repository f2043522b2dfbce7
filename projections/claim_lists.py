"""Claims listed: of a person, or of all that were submitted where an office's scopes reach, the newest first.

A claim is listed where it was submitted, which is where its offices stay when the person moves (AMB-28). What an
account has done with a claim is asked of the timeline: a step of it is among the things that were its hand; whom a
claim waits for, and since when, is asked of the open work.

`tests/api/test_claim_lists.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.events.actor import Scope
from ledger.ids import first_after
from ledger.vocabulary import LOCAL
from projections.entries import IS_RARE
from projections.entries_reading import Version, read_each
from projections.holding import Held, read_held, read_waiting
from projections.pages import Page, paged
from projections.reach import reaches
from projections.timeline import DONE, ROOM
from projections.wanted import Waiting

if TYPE_CHECKING:
    from projections.opened import Files

_SIGHTS: Final = ("sector", "unit")
"""What limits a scope, beside the region; its category is left aside, as of a person's whole record."""

_DISTRICT: Final = 6
"""So many digits has the smallest place."""

LATE: Final = "late"
FLAGS: Final = (LATE, "by_analogy", "late_filing", "override")
"""What sets a claim apart: it was submitted in a later year than its study is of, or its ruling says so."""

COUNTED_MOST: Final = 1_000
"""So many are counted; of more it is said that there are more."""

_EARLY_MS: Final = 3_600_000
"""Ids are in the order of their births. Who makes one need not be the host that records it, and clocks differ."""

_STOOD: Final = "CASE WHEN v.from_position <= :as_of THEN {} END"
"""What was decided by then: of a row that went on later, nothing was."""

_RARE: Final = frozenset({"returned", "withdrawn", "refused", "frozen", "revoked"})
"""How a claim may stand of which a province has few, so that these are read first (`IS_RARE`)."""

# Of a person their claims are read first; of an area the places, in the order of the list (CROSS keeps it so).
_BY_PLACE: Final = "matters m {} JOIN claims v ON v.claim = m.claim"
_BY_STATUS: Final = "claims v INDEXED BY idx_claims_status_claim CROSS JOIN matters m ON m.claim = v.claim"
_LISTED: Final = (
    "SELECT m.claim, m.region, m.sector, m.unit FROM {} "
    "JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event "
    "WHERE v.since_position <= :as_of AND (v.to_position IS NULL OR v.to_position > :as_of) AND {} "
    "ORDER BY {} {} LIMIT :limit"
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
    person: str | None = None
    sector: str | None = None
    route: str | None = None
    flag: str | None = None        # One of `FLAGS`.
    role: str | None = None        # For whom it waits: the role whose step is due, or its claimant;
    holder: str | None = None      # whose it is in particular;
    waits_since: date | None = None  # and it waited on this day already.
    is_oldest_first: bool = False

    @property
    def held(self) -> Held | None:
        """Of what waits: for whom; None: whether it waits is all the same."""
        held = Held(self.role, self.holder, self.waits_since)
        return held if any(held) else None

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
        if self.route is not None:
            parts.append("json_extract(s.study, '$.route') = :route")
            values["route"] = self.route
        if self.flag == LATE:
            parts.append("substr(json_extract(s.study, '$.evidence_on'), 1, 4) < substr(v.submitted_on, 1, 4)")
        elif self.flag is not None:
            parts.append(f"EXISTS (SELECT 1 FROM json_each({_STOOD.format('d.flags')}) WHERE value = :flag)")
            values["flag"] = self.flag
        for column in ("m.unit", "m.sector", "v.person"):
            name = column[2:]
            if (value := getattr(self, name)) is not None:
                parts.append(f"{column} = :{name}")
                values[name] = value
        if self.region is not None:
            parts.append(_in_order("m.region >= :region AND m.region < :beyond", self.region))
            values |= {"region": self.region, "beyond": f"{self.region}:"}
        for name, how, day in (("first", ">=", self.first), ("last", "<=", self.last)):
            if day is not None:
                parts.append(f"v.submitted_on {how} :{name}")
                values[name] = day.isoformat()
        return parts


class Listed(NamedTuple):
    """A claim as it stood, where it was submitted, and whom it waited for."""

    version: Version
    region: str
    sector: str
    unit: str
    waiting: Waiting | None


def claims_within(
    files: Files, scopes: Iterable[Scope], wanted: Wanted, *, as_of: int | None = None, after: str | None = None,
    limit: int = 50,
) -> Page[Listed]:
    """Which claims were submitted within scopes, the newest first unless asked otherwise."""
    return _read(files, _Within(tuple(scopes), None), wanted, as_of, after, limit)


def claims_of_person(
    files: Files, person: str, wanted: Wanted, *, as_of: int | None = None, after: str | None = None, limit: int = 50
) -> Page[Listed]:
    """The claims of one person, wherever they were submitted, the newest first unless asked otherwise."""
    return _read(files, _Within((), person), wanted, as_of, after, limit)


def count_within(
    files: Files, scopes: Iterable[Scope], wanted: Wanted, *, as_of: int, most: int = COUNTED_MOST
) -> int:
    """How many such claims there are, up to one more than are counted."""
    query, values, at = _asked(files, _Within(tuple(scopes), None), wanted, as_of, None)
    reader, _ = files.file("entries", at)
    counted = f"SELECT count(*) FROM ({query})"  # In the order of the list, which a large area is read in.
    return int(next(iter(reader.rows(counted, {**values, "limit": most + 1})))[0])


class _Within(NamedTuple):
    """Whose claims may be on the list: those within scopes, or those of one person."""

    scopes: tuple[Scope, ...]
    person: str | None

    def conditions(self, values: dict[str, Any]) -> str:
        if self.person is not None:
            values["own"] = self.person
            return "v.person = :own"
        reached = [f"({_in_order(reaches(number, scope, values, limits=_SIGHTS, table='m'), scope.region)})"
                   for number, scope in enumerate(self.scopes)]
        return f"({' OR '.join(reached) or '0'})"


def _over(files: Files, wanted: Wanted, at: int) -> datetime | None:
    """When every claim had been made that is on the list: by its position, and by the last day that is asked for."""
    moments = [] if (then := files.reflects(at)["as_of_time"]) is None else [datetime.fromisoformat(then)]
    if wanted.last is not None:
        moments.append(datetime.combine(wanted.last, time.max, LOCAL))
    return min(moments, default=None)


def _asked(
    files: Files, within: _Within, wanted: Wanted, as_of: int | None, after: str | None
) -> tuple[str, dict[str, Any], int]:
    """What is asked in SQL, with its values but for the limit, and as of which position."""
    _, at = files.file("entries", as_of)
    values: dict[str, Any] = {"as_of": at}
    parts = [within.conditions(values), *wanted.conditions(values)]
    is_few = within.person is not None or wanted.held is not None or wanted.person is not None
    by_status = not is_few and wanted.status in _RARE
    claim, source = ("v.claim", _BY_STATUS) if by_status else ("m.claim", _BY_PLACE.format("" if is_few else "CROSS"))
    if by_status:
        parts += ["v.status = :status", f"v.{IS_RARE}"]  # The second names the index, to SQLite word for word.
    if (over := _over(files, wanted, at)) is not None:  # Else all since is passed over first.
        parts.append(f"{claim} < :unborn")
        values["unborn"] = first_after("claim", now_ms=max(0, int(over.timestamp() * 1_000) + _EARLY_MS))
    if after is not None:
        parts.append(f"{claim} {'>' if wanted.is_oldest_first else '<'} :after")
        values["after"] = after
    if wanted.officer is not None:
        timeline, _ = files.file("timeline", at)
        done = timeline.rows(_DONE_BY, {"room": ROOM, "who": wanted.officer, "as_of": at, "done": DONE})
        values["did"] = json.dumps([event for event, in done])
        parts.append("EXISTS (SELECT 1 FROM json_each(v.events) e WHERE e.value <= :as_of "
                     "AND e.value IN (SELECT value FROM json_each(:did)))")
    if wanted.held is not None:
        work, _ = files.file("work", at)
        values["held"] = json.dumps(read_held(work, within.scopes, within.person, wanted.held, as_of=at))
        parts.append("m.claim IN (SELECT value FROM json_each(:held))")
    return _LISTED.format(source, " AND ".join(parts), claim,
                          "ASC" if wanted.is_oldest_first else "DESC"), values, at


def _read(
    files: Files, within: _Within, wanted: Wanted, as_of: int | None, after: str | None, limit: int
) -> Page[Listed]:
    query, values, at = _asked(files, within, wanted, as_of, after)
    reader, _ = files.file("entries", at)
    rows = list(reader.rows(query, {**values, "limit": limit + 1}))
    claims = [row[0] for row in rows]
    stood = {one.claim: one for one in read_each(reader, claims, at)}
    work, _ = files.file("work", at)
    waiting = read_waiting(work, claims, as_of=at)
    return paged([Listed(stood[claim], region, sector, unit, waiting.get(claim))
                  for claim, region, sector, unit in rows], limit, at, lambda one: (one.version.claim,))
