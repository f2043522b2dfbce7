"""Rulebooks as answers: which were proposed, refused and enacted, from which position they are known, in force from
which day; what was announced that they would change.

The text of the law stands elsewhere and is cited by digest. That a rulebook was superseded is shown; what is in force
on a day is read from the rulebooks themselves (`policies.law`), which say what they supersede. An impact report may be
of a rulebook that was never enacted.

`tests/projections/test_laws.py` shows it.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from ledger.events.rulebook import (
    ImpactReportRecorded,
    ProposalEnded,
    ProposalRefused,
    ProposalWithdrawn,
    RulebookEnacted,
    RulebookProposed,
    RulebookSuperseded,
)
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.files.reader import Reader


class Enacted(NamedTuple):
    """One revision of one version of a rulebook, as enacted by an event."""

    id: str
    family: str
    in_force_from: str
    revision: int
    digest: str
    document: str
    event: int
    from_position: int
    superseded_by: str | None
    last_day: str | None


class Proposed(NamedTuple):
    """A revision that somebody put forward, and how that ended, if it had by then without its being enacted."""

    id: str
    rulebook: str
    digest: str
    document: str
    actor: str
    event: int
    recorded_at: int
    ended: str | None       # refused or withdrawn,
    ended_event: int | None  # by the event that says why.
    ended_by: str | None
    ended_at: int | None


class ImpactReport(NamedTuple):
    """A replay's report of what a rulebook would change, recorded by an event."""

    rulebook: str
    rulebook_digest: str
    digest: str               # Of report.json.
    under: tuple[str, ...]
    against: tuple[str, ...]
    log_size: int
    root: str
    region: str | None        # What it was narrowed to, and its sums with it.
    sector: str | None
    impact: dict[str, int]    # `ledger.events.rulebook.Impact`.
    event: int
    recorded_at: int


def _enacted(rows: Rows, effect: Effect) -> None:
    event: RulebookEnacted = effect.event
    version = f"{event.family}/{event.in_force_from.isoformat()}"
    rows.insert("rulebooks", {
        "event": effect.recorded, "rulebook": event.rulebook,
        "id": version if event.revision == 1 else f"{version}.{event.revision}",
        "family": event.family, "in_force_from": event.in_force_from.isoformat(), "revision": event.revision,
        "digest": event.digest, "document": event.document, "from_position": effect.position,
    })


def _proposed(rows: Rows, effect: Effect) -> None:
    event: RulebookProposed = effect.event
    version = f"{event.family}/{event.in_force_from.isoformat()}"
    rows.insert("proposals", {
        "event": effect.recorded, "rulebook": event.rulebook,
        "id": version if event.revision == 1 else f"{version}.{event.revision}", "digest": event.digest,
        "document": event.document, "actor": event.hand.actor, "recorded_at": effect.envelope.recorded_at,
        "from_position": effect.position,
    })


def _ended(rows: Rows, effect: Effect) -> None:
    event: ProposalEnded = effect.event
    rows.insert("proposal_ends", {
        "event": effect.recorded, "rulebook": event.rulebook, "digest": event.digest,
        "ended": "refused" if isinstance(event, ProposalRefused) else "withdrawn",
        "actor": effect.envelope.by.actor, "recorded_at": effect.envelope.recorded_at,
        "from_position": effect.position,
    })


def _superseded(rows: Rows, effect: Effect) -> None:
    event: RulebookSuperseded = effect.event
    rows.begin("supersessions", effect.position, {
        "rulebook": event.rulebook, "superseded_by": event.by_rulebook, "last_day": event.last_day.isoformat(),
        "event": effect.recorded,
    })


def _reported(rows: Rows, effect: Effect) -> None:
    event: ImpactReportRecorded = effect.event
    rows.insert("impact_reports", {
        "event": effect.recorded, "rulebook": event.rulebook, "rulebook_digest": event.rulebook_digest,
        "digest": event.digest, "under": json.dumps(event.under), "against": json.dumps(event.against),
        "log_size": event.log_size, "root": event.root, "region": event.region, "sector": event.sector,
        "impact": msgspec.json.encode(event.impact).decode(),
        "recorded_at": effect.envelope.recorded_at, "from_position": effect.position,
    })


class Laws(Projection):
    """The fold."""

    name: ClassVar = "laws"
    version: ClassVar = 5  # 3 knew no proposals, 4 none that was refused.
    tables: ClassVar = {
        "rulebooks": Table(
            {"event": int, "rulebook": str, "id": str, "family": str, "in_force_from": str, "revision": int,
             "digest": str, "document": str, "from_position": int}, ("event",), dated=False),
        "proposals": Table(
            {"event": int, "rulebook": str, "id": str, "digest": str, "document": str, "actor": str,
             "recorded_at": int, "from_position": int}, ("event",), dated=False),
        "proposal_ends": Table(
            {"event": int, "rulebook": str, "digest": str, "ended": str, "actor": str, "recorded_at": int,
             "from_position": int}, ("event",), dated=False),
        "supersessions": Table({"rulebook": str, "superseded_by": str, "last_day": str, "event": int},
                               ("rulebook", "from_position")),
        "impact_reports": Table(
            {"event": int, "rulebook": str, "rulebook_digest": str, "digest": str, "under": str, "against": str,
             "log_size": int, "root": str, "region": str, "sector": str, "impact": str, "recorded_at": int,
             "from_position": int}, ("event",), dated=False),
    }
    handlers: ClassVar = {
        RulebookProposed: _proposed, ProposalRefused: _ended, ProposalWithdrawn: _ended, RulebookEnacted: _enacted,
        RulebookSuperseded: _superseded, ImpactReportRecorded: _reported,
    }


_RULEBOOKS: Final = (
    "SELECT r.id, r.family, r.in_force_from, r.revision, r.digest, r.document, r.event, r.from_position, "
    "s.superseded_by, s.last_day FROM rulebooks r LEFT JOIN ("
    f"SELECT rulebook, superseded_by, last_day FROM supersessions WHERE {HOLDS}"
    ") s ON s.rulebook = r.rulebook WHERE r.from_position <= :as_of ORDER BY r.id"
)


def read_rulebooks(reader: Reader, as_of: int) -> list[Enacted]:
    """Every rulebook that had been enacted by a position, by id."""
    return [Enacted._make(row) for row in reader.rows(_RULEBOOKS, {"as_of": as_of})]


_PROPOSALS: Final = (
    "SELECT p.id, p.rulebook, p.digest, p.document, p.actor, p.event, p.recorded_at, e.ended, e.event, e.actor, "
    # The same bytes are proposed anew only after the end of the proposal before: the first end after one is its own.
    "e.recorded_at FROM proposals p LEFT JOIN proposal_ends e ON e.event = ("
    "SELECT min(event) FROM proposal_ends WHERE rulebook = p.rulebook AND digest = p.digest AND event > p.event "
    "AND from_position <= :as_of) "
    "WHERE p.from_position <= :as_of AND (:digest IS NULL OR p.digest = :digest) ORDER BY p.event"
)


def read_proposals(reader: Reader, as_of: int, digest: str | None = None) -> list[Proposed]:
    """What had been proposed by a position and what had become of it by then, oldest first: all, or of one digest."""
    return [Proposed._make(row) for row in reader.rows(_PROPOSALS, {"as_of": as_of, "digest": digest})]


_REPORTS: Final = (
    f"SELECT {', '.join(ImpactReport._fields)} FROM impact_reports WHERE from_position <= :as_of "
    "AND (:rulebook IS NULL OR rulebook = :rulebook) AND (:digest IS NULL OR digest = :digest) ORDER BY event"
)


def read_impact_reports(
    reader: Reader, as_of: int, *, rulebook: str | None = None, digest: str | None = None
) -> list[ImpactReport]:
    """The reports that had been recorded by a position, oldest first: all, of a rulebook's version, or one."""
    rows = reader.rows(_REPORTS, {"as_of": as_of, "rulebook": rulebook, "digest": digest})
    return [_report(row) for row in rows]


def _report(row: tuple[Any, ...]) -> ImpactReport:
    found = ImpactReport._make(row)
    return found._replace(under=tuple(json.loads(row[3])), against=tuple(json.loads(row[4])),
                          impact=json.loads(row[ImpactReport._fields.index("impact")]))
