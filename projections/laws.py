"""Rulebooks as answers: which were enacted, from which position they are known, in force from which day.

The text of the law stands elsewhere and is cited by digest. That a rulebook was superseded is shown; what is in force
on a day is read from the rulebooks themselves (`policies.law`), which say what they supersede.

`tests/projections/test_laws.py` shows it.
"""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from ledger.events.rulebook import RulebookEnacted, RulebookSuperseded
from projections.file import Reader
from projections.projection import HOLDS, Effect, Projection, Rows, Table


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


def _enacted(rows: Rows, effect: Effect) -> None:
    event: RulebookEnacted = effect.event
    version = f"{event.family}/{event.in_force_from.isoformat()}"
    rows.insert("rulebooks", {
        "event": effect.recorded, "rulebook": event.rulebook,
        "id": version if event.revision == 1 else f"{version}.{event.revision}",
        "family": event.family, "in_force_from": event.in_force_from.isoformat(), "revision": event.revision,
        "digest": event.digest, "document": event.document, "from_position": effect.position,
    })


def _superseded(rows: Rows, effect: Effect) -> None:
    event: RulebookSuperseded = effect.event
    rows.begin("supersessions", effect.position, {
        "rulebook": event.rulebook, "superseded_by": event.by_rulebook, "last_day": event.last_day.isoformat(),
        "event": effect.recorded,
    })


class Laws(Projection):
    """The fold."""

    name: ClassVar = "laws"
    version: ClassVar = 1
    tables: ClassVar = {
        "rulebooks": Table(
            {"event": int, "rulebook": str, "id": str, "family": str, "in_force_from": str, "revision": int,
             "digest": str, "document": str, "from_position": int}, ("event",), dated=False),
        "supersessions": Table({"rulebook": str, "superseded_by": str, "last_day": str, "event": int},
                               ("rulebook", "from_position")),
    }
    handlers: ClassVar = {RulebookEnacted: _enacted, RulebookSuperseded: _superseded}


_RULEBOOKS: Final = (
    "SELECT r.id, r.family, r.in_force_from, r.revision, r.digest, r.document, r.event, r.from_position, "
    "s.superseded_by, s.last_day FROM rulebooks r LEFT JOIN ("
    f"SELECT rulebook, superseded_by, last_day FROM supersessions WHERE {HOLDS}"
    ") s ON s.rulebook = r.rulebook WHERE r.from_position <= :as_of ORDER BY r.id"
)


def read_rulebooks(reader: Reader, as_of: int) -> list[Enacted]:
    """Every rulebook that had been enacted by a position, by id."""
    return [Enacted._make(row) for row in reader.rows(_RULEBOOKS, {"as_of": as_of})]
