"""What people have done about findings: in whose hand each is until when, what was decided upon which facts.

What a pattern finds stands in another file (`found.py`), which may be deleted and made again; this one is folded from
the log alone. A decision counts where its facts are those that are found now: whoever joins the two compares digests.

`tests/projections/findings/test_decided.py` shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.finding import (
    FindingEvent,
    FindingGiven,
    FindingLinked,
    FindingReferred,
    FindingRuledOut,
    FindingSubstantiated,
    FindingTakenUp,
)
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table

if TYPE_CHECKING:
    from projections.opened import Files

_LISTS: Final = ("cases", "events", "persons", "actors", "organisers")


class Decided(NamedTuple):
    """What was done about a finding."""

    finding: str
    pattern: str              # With its version, as it was when something was last done; so is whom it concerned.
    region: str
    sector: str | None
    status: str               # ruled_out, substantiated, referred; pending: nothing was decided.
    decided_on: str | None    # The digest of the facts for which that holds.
    owner: str | None         # In whose hand it is, or who decided.
    due: str | None           # None: it is in nobody's hand.
    referred_to: str | None
    cases: tuple[str, ...]
    events: tuple[int, ...]   # Of its own stream.
    persons: tuple[str, ...]
    actors: tuple[str, ...]
    organisers: tuple[str, ...]

    def standing(self, facts_sha256: str | None) -> str:
        """Say what it comes to on the facts that are found now; None: nothing is found any more, so it holds."""
        return self.status if facts_sha256 in (None, self.decided_on) else "pending"


def _did(**values: Any) -> Any:
    """Give the handler of an event after which these hold; a value may be a function of the event."""

    def handle(rows: Rows, effect: Effect) -> None:
        _become(rows, effect, {name: one(effect.event) if callable(one) else one for name, one in values.items()})

    return handle


def _decide(status: str, **more: Any) -> Any:
    return _did(status=status, decided_on=lambda event: event.upon.facts_sha256,
                owner=lambda event: event.hand.actor, due=None, **more)


def _linked(rows: Rows, effect: Effect) -> None:
    known = rows.now("decided", ("cases",), {"finding": effect.event.finding})
    cases = [*json.loads(known[0][0] if known else "[]"), effect.event.case]
    _become(rows, effect, {"cases": json.dumps(cases)})
    rows.insert("linked", {"case_id": effect.event.case, "finding": effect.event.finding})


def _become(rows: Rows, effect: Effect, values: dict[str, Any]) -> None:
    event: FindingEvent = effect.event
    upon, named = event.upon, {"finding": event.finding}
    of_now = {"pattern": upon.pattern, "region": upon.region, "sector": upon.sector,
              "persons": json.dumps(upon.persons), "actors": json.dumps(upon.actors),
              "organisers": json.dumps(upon.organisers)}
    if not rows.change("decided", effect.position, named, lambda former: {
            **of_now, **values, "events": f"{former('events')[:-1]}, {effect.recorded}]"}):
        rows.begin("decided", effect.position, {
            **named, "status": "pending", "decided_on": None, "owner": None, "due": None, "referred_to": None,
            "cases": "[]", "events": json.dumps([effect.recorded]), **of_now, **values})


class Decisions(Projection):
    """The fold."""

    name: ClassVar = "decided"
    version: ClassVar = 1
    tables: ClassVar = {
        "decided": Table(
            dict.fromkeys(Decided._fields, str), ("finding", "from_position"), (("owner",),)),
        "linked": Table({"case_id": str, "finding": str}, ("case_id", "finding"), dated=False),
    }
    handlers: ClassVar = {
        FindingTakenUp: _did(owner=lambda event: event.hand.actor, due=lambda event: event.due.isoformat()),
        FindingGiven: _did(owner=lambda event: event.to, due=lambda event: event.due.isoformat()),
        FindingRuledOut: _decide("ruled_out"),
        FindingSubstantiated: _decide("substantiated"),
        FindingReferred: _decide("referred", referred_to=lambda event: event.to),
        FindingLinked: _linked,
    }


# Reading

def decided_of(files: Files, finding: str, *, as_of: int | None = None) -> Decided | None:
    """What was done about one finding; None: nothing."""
    found = _ask(files, "finding = :key", finding, as_of)
    return found[0] if found else None


def decided_by_case(files: Files, case: str) -> list[Decided]:
    """The findings that are looked into in a case."""
    return _ask(files, "finding IN (SELECT finding FROM linked WHERE case_id = :key)", case, None)


def _ask(files: Files, wanted: str, key: str, as_of: int | None) -> list[Decided]:
    reader, at = files.file("decided", as_of)
    query = f"SELECT {', '.join(Decided._fields)} FROM decided WHERE {wanted} AND {HOLDS} ORDER BY finding"
    return [read_decided(row) for row in reader.rows(query, {"as_of": at, "key": key})]


def read_decided(row: tuple[Any, ...]) -> Decided:
    """Read a row of its columns."""
    return Decided._make(
        tuple(json.loads(cell)) if name in _LISTS else cell for name, cell in zip(Decided._fields, row, strict=True))
